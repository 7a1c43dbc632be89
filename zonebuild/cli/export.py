"""`zonebuild export`: what a CA issued into the publication folder, as far as TLSA records let it.

Exit codes: 0 done, or nothing to do, or it waits; 1 a lineage is refused; 2 could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonebuild.cli.keeper import with_keeper

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper, Turn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineages, and whether to tell also what waits."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="a lineage; none: all of the map")
    text = "also tell what is current and what waits"
    parser.add_argument("-v", "--verbose", action="store_true", help=text)


def run(options: argparse.Namespace) -> int:
    """Take from sources, make next keys, export; silent where nothing has changed."""
    is_wordy = options.verbose or bool(options.names)
    return with_keeper("zonebuild export", lambda keeper: _export(keeper, options.names, is_wordy))


def _export(keeper: Keeper, names: list[str], is_wordy: bool) -> int:
    from zonebuild.cli.site import print_findings

    code = 0
    for turn in keeper.export(names):
        sys.stdout.writelines(f"{turn.name}: {line}\n" for line in _lines(turn, is_wordy))
        if turn.findings:
            sys.stdout.flush()
            print_findings(turn.findings)
            code = 1
    return code


def _lines(turn: Turn, is_wordy: bool) -> Iterator[str]:
    from zonebuild.certstore import Outcome

    done = turn.export
    if turn.taken:
        yield f"took chain {turn.taken:04} from its source"
    if turn.is_next:
        yield "made the next key"
    if done.outcome is Outcome.EXPORTED:
        yield f"exported {done.number:04}"
    elif is_wordy:
        number = f" {done.number:04}" if done.number else ""
        yield f"{done.outcome.value}{number}{f': {done.why}' if done.why else ''}"
