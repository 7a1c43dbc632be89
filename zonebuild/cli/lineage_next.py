"""`zonebuild lineage next`: make the key that is to follow."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.cli.keeper import with_keeper

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")


def run(options: argparse.Namespace) -> int:
    """Make it: 0 done, 1 there is one, 2 could not."""
    return with_keeper("zonebuild lineage next", lambda keeper: _next(keeper, options.lineage))


def _next(keeper: Keeper, name: str) -> int:
    entry = keeper.entry(name)
    public = keeper.store.shelf(name).public / "next.pub"
    if not keeper.prepare_next(entry):
        fail(f"{name} has a next key already: its public part is {public}")
        return 1
    print(f"{name}: made the next key; {public} is for the builder")
    return 0
