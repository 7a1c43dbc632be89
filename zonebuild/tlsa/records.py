"""The TLSA records that tracks make, their fragment, and the last guard before it is written.

Spec: RFC 6698 section 2.2 (presentation), RFC 7671 section 8 (a match under each combination).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.tlsa.clocks import rdatas_of, seen_at
from zonebuild.tlsa.parameters import unit_of
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Owner, State

_LINE = re.compile(r"(\S+)\t([0-9]{1,10})\tIN\tTLSA\t([0-3] [01] [0-2] [0-9a-f]+)", re.ASCII)


class TlsaRecord(NamedTuple):
    """One TLSA record. owner: absolute; ttl: seconds; rdata: canonical."""

    owner: str
    ttl: int
    rdata: str


@dataclass(frozen=True, slots=True)
class Track:
    """A track's state after its step, and what the map says of the owner that is looked at.

    owner: with the parameters of this track's unit only.
    """

    state: State
    owner: Owner


@dataclass(frozen=True, slots=True)
class Guarded:
    """The rdata to publish at an owner, and what is wrong there."""

    rdatas: frozenset[str]
    findings: tuple[Finding, ...] = ()


def guard(
    name: str, tracks: Sequence[Track], published: frozenset[str], location: Location
) -> Guarded:
    """Return what all *tracks* together list at the owner *name*.

    Where an endpoint serves what would not be listed, nothing of *published* (the TLSA rdata in the
    last built zone) is taken away, and that is an error. What is served without being known is
    never listed for that alone: whoever took over an endpoint would be vouched for.
    """
    wanted = frozenset[str]().union(*(_rdatas(name, track) for track in tracks))
    if not wanted:
        return Guarded(wanted)
    findings = [
        Finding(location, Severity.ERROR, "served-key-not-listed", message)
        for message in _unlisted(name, tracks, wanted)
    ]
    return Guarded(wanted | published, tuple(findings)) if findings else Guarded(wanted)


def _rdatas(name: str, track: Track) -> frozenset[str]:
    if name not in track.state.owners:
        return frozenset()
    return frozenset[str]().union(*(rdatas_of(key.pin, track.owner) for key in track.state.keys))


def _unlisted(name: str, tracks: Sequence[Track], wanted: frozenset[str]) -> list[str]:
    """Return a message for each pin that is served at *name* and would not be listed."""
    found = []
    for unit in sorted({track.state.unit for track in tracks}):
        same = [track for track in tracks if track.state.unit == unit]
        served = frozenset[str]().union(*(p for t in same for p in seen_at(name, t.state)))
        if not served:
            continue
        pins = {key.pin.name: key.pin for track in same for key in track.state.keys}
        combinations = {p for track in same for p in track.owner.parameters if unit_of(p) == unit}
        for each in sorted(served):
            pin = pins.get(each)
            if pin is None or not all(pin.rdata(p) in wanted for p in combinations):
                found.append(
                    f"an endpoint of {name} serves the {unit} {Pin(each)}, which no TLSA record "
                    "lists: clients that ask for those refuse it; put the exported certificate "
                    "there and restart its service"
                )
    return found


def fragment_text(records: Iterable[TlsaRecord]) -> str:
    """Return the fragment that *records* make, sorted."""
    return "".join(f"{r.owner}\t{r.ttl}\tIN\tTLSA\t{r.rdata}\n" for r in sorted(set(records)))


def read_fragment(text: str) -> list[TlsaRecord]:
    """Return the records of a fragment that `fragment_text` made; other lines are passed."""
    matches = filter(None, map(_LINE.fullmatch, text.split("\n")))
    return [TlsaRecord(match[1], int(match[2]), match[3]) for match in matches]
