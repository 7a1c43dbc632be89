"""What is remembered of a large zone's last build, so that machines' records join it quickly.

It lies in the cache, and is only believed while the stamps of all that it tells of fit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from zonebuild.builder.making.placing import ruled_paths
from zonebuild.builder.places import UNSIGNED, Places
from zonebuild.builder.remembered.known_names import hand_digest, keep_names
from zonebuild.builder.remembered.stamps import is_fresh, make_stamp, program_key, read_stamp
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.model import Zone
from zonebuild.site.fragments import MACHINE_MADE
from zonebuild.site.names import file_name
from zonebuild.summary import Summary, summarise, summarise_rows
from zonebuild.zonefile.write import write_zone

_LIMIT = 1 << 20  # octets of what is remembered
_ZONE_LIMIT = 1 << 30  # octets of a built zone


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the zone in unsigned/ while it and its sources are as they were.

    hand: the digest of its hand-written part. digest: of all of it, SHA-256 in hex.
    ttl: seconds, for machines' records without one; None: there is none.
    parts: the paths of machines' fragments in order, each with its octets in the built zone.
    """

    hand: str
    digest: str
    ttl: int | None
    policy: str
    parts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a full build tells of a large zone that is right; `Memory` explains the last three.

    names: what people wrote. others: what machines wrote that are no producers of ours.
    """

    names: Summary
    others: Summary
    ttl: int | None
    policy: str
    parts: dict[str, int]


def learnt_from(zone: Zone, machine: Collection[str], policy: str) -> Learnt:
    """Return what is to be remembered of *zone*. machine: the paths of machines' fragments."""
    parts = dict.fromkeys((span.path for span in zone.spans if span.path in machine), 0)
    for path, text in write_zone(zone):
        if path in parts:
            parts[path] += len(text)
    written = max((span.end for span in zone.spans if span.path not in machine), default=0)
    ruled, start = ruled_paths(zone.apex), 0
    others: list[int] = []
    for span in zone.spans:
        if span.path in machine and span.path not in ruled:
            others += range(start, span.end)
        start = span.end
    names, ttl = summarise(zone, written), zone.spans[0].ttl
    return Learnt(names, summarise_rows(zone, others), ttl, policy, parts)


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
    keep_names(places.names(apex), hand, learnt.names)
    keep_names(places.other_names(apex), hand, learnt.others)
    memory = Memory(hand, digest, learnt.ttl, learnt.policy, learnt.parts)
    keep(places, apex, memory, inputs, since=since)


def keep(places: Places, apex: str, memory: Memory, inputs: Iterable[str], *, since: int) -> None:
    """Keep *memory* of the zone as it now stands. inputs, since: as for `learn`."""
    written = {path for path in inputs if not f"{path}/".startswith(MACHINE_MADE)}
    fixed = written.union(memory.parts) - set(ruled_paths(apex))
    sources = make_stamp(places.root, sorted(fixed), since=since)
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
        known = (told[name] for name in ("hand", "digest", "ttl", "policy", "parts"))
        memory = Memory(*known)
        is_ours = told["key"] == program_key()
    except (SourceError, ValueError, KeyError, TypeError):
        return None
    fits = is_ours and all(is_fresh(places.root, stamp, 0) for stamp in (sources, output))
    return memory if fits else None
