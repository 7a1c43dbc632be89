"""`zonebuild remove`: the only way a built zone leaves the site."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.site.names import SUFFIX, ZONES_DIRECTORY, file_name
from zonebuild.zonefile.entry import name_key

if TYPE_CHECKING:
    from zonebuild.builder.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the zone and what the parent says."""
    parser.add_argument("name", metavar="NAME", help="the zone")
    parser.add_argument(
        "--no-ds",
        action="store_true",
        help="the parent has no DS for it: I have looked (no server could be asked)",
    )


def run(options: argparse.Namespace) -> int:
    """Remove what was built for the zone: 0 done, 1 refused, 2 could not."""
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import open_run
    from zonebuild.files.manifest import ManifestError
    from zonebuild.files.write import WriteError

    apex = name_key(options.name, ".")
    if apex is None:
        return fail(f"{options.name!a} is not a domain name")
    root = Path.cwd()
    reason = _refusal(root, apex, has_looked=options.no_ds)
    if reason is not None:
        print(f"zonebuild: {apex} is not removed: {reason}", file=sys.stderr)
        return 1
    command = f"zonebuild remove {apex}"
    try:
        with open_run(root, now=int(time.time()), command=command, is_builder=True) as opened:
            return _remove(opened, apex)
    except (SiteError, WriteError, ManifestError) as error:
        return fail(str(error))


def _remove(run: Run, apex: str) -> int:
    """Take the zone away from the programs, then from here. Errors: WriteError; ManifestError."""
    from zonebuild.builder.delivery.handover import take_away
    from zonebuild.builder.making.removal import remove_zone

    config = run.orphans.get(apex)
    fault = take_away(run, config) if config is not None else ""
    if fault:
        print(f"zonebuild: {apex} is not removed: {fault}", file=sys.stderr)
        return 1
    removed = remove_zone(run, apex)
    for path in removed:
        print(f"removed {path}")
    if not removed and config is None:
        print(f"zonebuild: there is nothing of {apex} to remove", file=sys.stderr)
    return 0


def _refusal(root: Path, apex: str, *, has_looked: bool) -> str | None:
    """Say why the zone must stay, None where it may go."""
    yaml = f"{ZONES_DIRECTORY}/{file_name(apex)}{SUFFIX}"
    if os.path.lexists(root / yaml):
        return f"{yaml} is still there: it would be built again; remove that file first"
    if has_looked or not _is_signed(root, apex):
        return None
    from zonebuild.probe import has_ds

    answer = has_ds(apex)
    if answer is None:
        return (
            "it is signed, and no resolver says whether its parent has a DS; "
            "look yourself and say --no-ds"
        )
    if answer:
        return "its parent still has a DS: every validating resolver would call it bogus"
    return None


def _is_signed(root: Path, apex: str) -> bool:
    """Say whether the zone is signed here, or may be by a program that it was handed to."""
    from zonebuild.builder.places import find_places
    from zonebuild.builder.remembered.handed import Handed
    from zonebuild.site.signers import SIGNERS

    handed = Handed(find_places(root).handed)
    is_with_signer = any(handed.digest(signer.kind, apex) for signer in SIGNERS)
    return is_with_signer or os.path.lexists(root / "signed" / file_name(apex))
