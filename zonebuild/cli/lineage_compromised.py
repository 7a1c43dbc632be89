"""`zonebuild lineage compromised`: a key is in wrong hands; which waits are now the shortest."""

from __future__ import annotations

import argparse

from zonebuild.cli.lineage_state import change_tracks, find_key
from zonebuild.tlsa.orders import note_compromised
from zonebuild.tlsa.parameters import UNITS, Wrong
from zonebuild.tlsa.state import State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage and the key."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")
    text = "the digest that its TLSA record has, or the first 8 digits or more of it"
    parser.add_argument("key", metavar="DIGEST", help=text)


def run(options: argparse.Namespace) -> int:
    """Remember it: 0 done, 1 no such key is listed, 2 could not."""
    name = options.lineage

    def change(state: State) -> State | Wrong:
        key = find_key(state, options.key)
        return key if isinstance(key, Wrong) else note_compromised(state, key.pin)

    code = change_tracks(name, "compromised", change, units=tuple(UNITS.values()))
    if code == 0:
        print(f"{name}: noted; `doit` goes on by it, `zonebuild status` tells what is waited for")
        print(
            "its record leaves with the last endpoint that shows it, and a thief can replay that "
            "record until its signature expires: have its certificate revoked, too"
        )
    return code
