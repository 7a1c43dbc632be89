"""`zonebuild lineage roll`: let the next key take its turn as soon as it is ready."""

from __future__ import annotations

import argparse

from zonebuild.cli.lineage_state import change_tracks
from zonebuild.tlsa.orders import ask_roll
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")


def run(options: argparse.Namespace) -> int:
    """Ask for it: 0 done, 1 there is no next key, 2 could not."""
    name = options.lineage
    code = change_tracks(name, "roll", _roll, units=("key",))
    if code == 0:
        print(f"{name}: the next request takes the next key, once every cache lists it")
    return code


def _roll(state: State) -> State | Wrong:
    if all(key.is_current or key.exported for key in state.keys):
        return Wrong("lists no next key yet: make one (`zonebuild lineage next`), and build")
    return ask_roll(state)
