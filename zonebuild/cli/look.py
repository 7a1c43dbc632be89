"""`zonebuild look`: ask name servers and endpoints what they show, now; the next build reads it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from zonebuild.cli import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the longest time that it may take."""
    text = "seconds after which what has not answered is left out (default: %(default)s)"
    parser.add_argument("--longest", type=float, default=20.0, metavar="SECONDS", help=text)


def run(options: argparse.Namespace) -> int:
    """Look: 0 done, or the map wants none; 2 it could not be."""
    from zonebuild.builder.lineages.observation import look_out
    from zonebuild.builder.places import SiteError, find_places
    from zonebuild.builder.remembered.clock import require_clock
    from zonebuild.files.write import WriteError

    root, now = Path.cwd(), int(time.time())
    try:
        require_clock(find_places(root), now)  # what is seen is kept with its time
        due = look_out(root, now=now, longest=options.longest, is_all=True)
    except (SiteError, WriteError) as error:
        return fail(str(error))
    if not due:
        print("nothing is looked at: tlsa-map.yaml has no `look: true`, or no lineage yet")
    return 0
