"""`zonebuild lineage take`: the newest chain and key out of another ACME client's store."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from zonebuild.cli.keeper import with_keeper

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage, with `source:` in the map")


def run(options: argparse.Namespace) -> int:
    """Take it: 0 done, or it was known; 1 refused; 2 could not."""
    return with_keeper("zonebuild lineage take", lambda keeper: _take(keeper, options.lineage))


def _take(keeper: Keeper, name: str) -> int:
    number = keeper.take(keeper.entry(name))
    print(f"{name}: took chain {number:04}" if number else f"{name}: nothing new at its source")
    return 0
