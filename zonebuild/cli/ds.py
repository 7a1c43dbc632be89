"""`zonebuild ds`: the DS records that a zone's parent is to publish."""

from __future__ import annotations

import argparse
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.zonefile.entry import name_key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the zone."""
    parser.add_argument("name", metavar="NAME", help="the zone")


def run(options: argparse.Namespace) -> int:
    """Print the DS records of the zone's key."""
    from zonebuild.builder.remembered.kept import yaml_path
    from zonebuild.signers.local.disk import load_key
    from zonebuild.signers.local.errors import SigningError
    from zonebuild.signers.local.keys import ds_records

    apex = name_key(options.name, ".")
    if apex is None:
        return fail(f"{options.name!a} is not a domain name")
    root = Path.cwd()
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    try:
        key = load_key(root, apex)
    except SigningError as error:
        is_here = (root / yaml_path(apex)).exists()
        return fail(str(error) if is_here else f"{apex} is no zone of this site: {root}")
    for line in ds_records(apex, key):
        print(line)
    return 0
