"""`zonebuild backup`: the backups of a lineage's keys and chain, listed or restored."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.cli.keeper import with_keeper

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    line = "print the backups, the oldest first, by their time"
    command = actions.add_parser("list", help=line, description=line, allow_abbrev=False)
    command.add_argument("lineage", metavar="NAME", nargs="?", help="a lineage; none: all")
    line = "take the chain and the key of a backup as newly issued; keys that are lost come back"
    command = actions.add_parser("restore", help=line, description=line, allow_abbrev=False)
    command.add_argument("lineage", metavar="NAME", help="the lineage")
    text = "which one, as `list` prints it; default: the newest"
    command.add_argument("backup", metavar="BACKUP", nargs="?", help=text)


def run(options: argparse.Namespace) -> int:
    """List or restore: 0 done, 1 refused, 2 could not."""
    command = f"zonebuild backup {options.action}"
    if options.action == "list":
        return with_keeper(command, lambda keeper: _list(keeper, options.lineage))
    return with_keeper(command, lambda k: _restore(k, options.lineage, options.backup))


def _list(keeper: Keeper, lineage: str | None) -> int:
    for name in [lineage] if lineage else sorted(keeper.map.entries):
        for backup in keeper.store.backups(name):
            sys.stdout.write(f"{name} {backup.name}\n")
    return 0


def _restore(keeper: Keeper, lineage: str, name: str | None) -> int:
    known = keeper.store.backups(lineage)
    if name is None and not known:
        fail(f"there is no backup of {lineage}")
        return 1
    chosen = known[-1].name if name is None else name
    number = keeper.store.restore(lineage, chosen, keeper.now)
    what = f"chain {number:04}: `zonebuild export {lineage}` is next" if number else "keys alone"
    print(f"{lineage}: restored {chosen} as {what}")
    return 0
