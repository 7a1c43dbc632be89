"""`zonebuild clock`: whether the clock is trusted, and the word of a person that it is right."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from zonebuild.cli import fail

_PATIENCE = 60.0  # seconds to wait for a run that is under way


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the word of a person."""
    text = "the clock is right, whatever the last run shows: let the next run go on"
    parser.add_argument("--accept", action="store_true", help=text)


def run(options: argparse.Namespace) -> int:
    """Report or accept: 0 trusted, 1 distrusted, 2 could not run."""
    from zonebuild.builder.places import find_places
    from zonebuild.builder.remembered.clock import accept_clock, judge_now
    from zonebuild.clock import EARLIEST
    from zonebuild.files.lock import Lock, LockError
    from zonebuild.files.write import WriteError, make_directory
    from zonebuild.report.text import utc
    from zonebuild.site.names import ZONES_DIRECTORY

    root, now = Path.cwd(), int(time.time())
    places = find_places(root)
    if not (root / ZONES_DIRECTORY).is_dir():
        return fail(f"{root} is no site: it has no folder {ZONES_DIRECTORY}/")
    if options.accept and now < EARLIEST:
        return fail(f"{utc(now)} is before this program was made: set the clock right")
    if options.accept:
        try:
            make_directory(places.cache)
            with Lock(places.lock, command="zonebuild clock", wait=_PATIENCE):
                accept_clock(places, now)
        except (LockError, WriteError) as error:
            return fail(str(error))
        print(f"{utc(now)} is accepted: the next run goes on from there")
        return 0
    judged = judge_now(places, now)
    print(f"{utc(now)} is trusted" if judged.is_trusted else judged.text())
    return 0 if judged.is_trusted else 1
