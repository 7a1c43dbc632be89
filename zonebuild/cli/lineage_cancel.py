"""`zonebuild lineage cancel`: take back what `zonebuild lineage roll` asked for."""

from __future__ import annotations

import argparse

from zonebuild.cli.lineage_state import change_tracks
from zonebuild.tlsa.orders import cancel_roll
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.state import Order, State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")


def run(options: argparse.Namespace) -> int:
    """Take it back: 0 done, 1 nothing was asked for, 2 could not."""
    code = change_tracks(options.lineage, "cancel", _cancel, units=("key",))
    if code == 0:
        print(f"{options.lineage}: the next key stays published, and is not used")
    return code


def _cancel(state: State) -> State | Wrong:
    if state.order is Order.NONE:
        return Wrong("has not been asked to roll, or has done so: to go back, issue its old chain")
    return cancel_roll(state)
