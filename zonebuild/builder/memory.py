"""What is remembered of a large zone's last build, so that machines' records join it quickly.

It lies in the cache, and is only believed while the stamps of all that it tells of fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from zonebuild.builder.known_names import hand_digest, keep_names
from zonebuild.builder.places import UNSIGNED, Places
from zonebuild.builder.stamps import is_fresh, make_stamp, program_key, read_stamp
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.site.fragments import MACHINE_MADE
from zonebuild.site.names import file_name
from zonebuild.summary import Summary

_LIMIT = 1 << 20  # octets of what is remembered
_ZONE_LIMIT = 1 << 30  # octets of a built zone


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the zone in unsigned/ while it and its sources are as they were.

    hand: the digest of its hand-written part. digest: of all of it, SHA-256 in hex.
    ttl: seconds, for machines' records without one; None: there is none.
    """

    hand: str
    digest: str
    ttl: int | None
    policy: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a full build tells of a large zone that is right. ttl, policy: as of `Memory`."""

    names: Summary
    ttl: int | None
    policy: str


def _path_of_output(apex: str) -> str:
    return f"{UNSIGNED}/{file_name(apex)}"


def learn(
    places: Places, apex: str, learnt: Learnt, inputs: Iterable[str], digest: str, *, since: int
) -> None:
    """Keep what a full build told. inputs: of the zone. since: as for `make_stamp`.

    Errors: WriteError.
    """
    try:
        text = read_outside(places.unsigned(apex), _ZONE_LIMIT)
    except SourceError:
        return
    hand = hand_digest(text)
    keep_names(places, apex, hand, learnt.names)
    keep(places, apex, Memory(hand, digest, learnt.ttl, learnt.policy), inputs, since=since)


def keep(places: Places, apex: str, memory: Memory, inputs: Iterable[str], *, since: int) -> None:
    """Keep *memory* of the zone as it now stands. inputs, since: as for `learn`."""
    hand = [path for path in inputs if not f"{path}/".startswith(MACHINE_MADE)]
    sources = make_stamp(places.root, hand, since=since)
    output = make_stamp(places.root, [], [_path_of_output(apex)], since=since)
    told = {"key": program_key(), "sources": sources, "output": output, **asdict(memory)}
    path = places.memory(apex)
    make_directory(path.parent)
    replace_file(path, json.dumps(told).encode())


def recall(places: Places, apex: str) -> Memory | None:
    """Return what is known of the zone, None where anything that people write may have changed."""
    try:
        told = json.loads(read_outside(places.memory(apex), _LIMIT))
        sources, output = read_stamp(told["sources"]), read_stamp(told["output"])
        memory = Memory(told["hand"], told["digest"], told["ttl"], told["policy"])
        is_ours = told["key"] == program_key()
    except (SourceError, ValueError, KeyError, TypeError):
        return None
    fits = is_ours and all(is_fresh(places.root, stamp, 0) for stamp in (sources, output))
    return memory if fits else None
