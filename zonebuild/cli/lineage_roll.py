"""`zonebuild lineage roll`: let another key take its turn.

Where TLSA records list the keys, the builder lets the next one as soon as it is ready. Where none
do, the store of keys makes a fresh one for the next request.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli.keeper import with_keeper
from zonebuild.cli.lineage_state import change_tracks
from zonebuild.tlsa.orders import ask_roll
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.state import State

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")


def run(options: argparse.Namespace) -> int:
    """Ask for it: 0 done, 1 there is no next key, or none can be made here, 2 could not."""
    name = options.lineage
    if _is_free(name):
        return with_keeper("zonebuild lineage roll", lambda keeper: _renew(keeper, name))
    code = change_tracks(name, "roll", _roll, units=("key",))
    if code == 0:
        print(f"{name}: the next request takes the next key, once every cache lists it")
    return code


def _is_free(name: str) -> bool:
    """Say whether the map has the lineage, and no TLSA record of it ever listed a key."""
    from zonebuild.builder.lineages.observation import kept_states
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import read_settings
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.site.tlsa_map import MAP_FILE, read_map
    from zonebuild.site.yaml import MAX_OCTETS

    if (name, "key") in kept_states(Path.cwd()):
        return False
    try:
        found, _ = read_map(
            read_outside(Path(MAP_FILE), MAX_OCTETS), read_settings(Path.cwd()).host
        )
    except (SourceError, SiteError):
        return False
    entry = found.entries.get(name) if found else None
    return entry is not None and "key" not in entry.lineage.units


def _renew(keeper: Keeper, name: str) -> int:
    keeper.renew_key(keeper.entry(name))
    print(f"{name}: the next request takes a fresh key; `zonebuild acme run --force {name}` is one")
    return 0


def _roll(state: State) -> State | Wrong:
    if all(key.is_current or key.exported for key in state.keys):
        return Wrong("lists no next key yet: make one (`zonebuild lineage next`), and build")
    return ask_roll(state)
