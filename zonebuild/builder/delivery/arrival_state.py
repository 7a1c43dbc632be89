"""What is remembered of zones on their way to their servers, and what is to be told of them.

state/arrivals holds it, a line for each zone and, indented, for each of its servers:

    example.org. 2026112801 1795858000 1
      ns1.example.org. (192.0.2.53) 120 2026112801 has the RRset

the serial that all must reach, since when, whether the signer's copy was found to be the built
zone; how many milliseconds the server took (`-`: it has not got there), its serial, what it said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.places import STATE, Places
from zonebuild.files.read import SourceError, read_outside
from zonebuild.probe.serials import Seen
from zonebuild.serial import is_newer

_ZONE = re.compile(r"(\S+) (\d{1,10}) (\d{1,12}) ([01])")
_SERVER = re.compile(r"  (\S+(?: \(\S+\))?) (\d{1,12}|-) (\d{1,10}|-) (.*)")
_LIMIT = 1 << 28  # octets
_TOLD = 5  # servers that a message names


class Lag(NamedTuple):
    """One server. milliseconds: it took to get there, None while it has not.

    serial: that it had last, None where it gave none. said: a clause that follows its name.
    """

    milliseconds: int | None
    serial: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One zone. serial: that of the signer's copy. since: Unix seconds, when it was first seen.

    is_same: whether the signer's copy was found to be the built zone. lags: by server.
    """

    serial: int
    since: int
    is_same: bool = False
    lags: Mapping[str, Lag] = field(default_factory=dict)

    @property
    def behind(self) -> dict[str, Lag]:
        """The servers that have not got there."""
        return {server: lag for server, lag in self.lags.items() if lag.milliseconds is None}

    @property
    def ahead(self) -> dict[str, Lag]:
        """The servers that have a newer serial than the signer: they will take nothing from it."""
        return {
            server: lag
            for server, lag in self.lags.items()
            if lag.serial is not None and is_newer(lag.serial, self.serial)
        }


def note_seen(before: Arrival, seen: Iterable[Seen], *, waited: int) -> Arrival:
    """Return *before* with what servers said; the lag of one that had arrived earlier stays.

    waited: milliseconds from `before.since` to the first question.
    """
    lags = {}
    for one in seen:
        name, known = str(one.server), before.lags.get(str(one.server))
        if one.after is None:
            took = None
        elif known is not None and known.milliseconds is not None:
            took = known.milliseconds
        else:
            took = waited + round(one.after * 1000)
        said = str(one.answer).removeprefix(f"{one.server} ")
        lags[name] = Lag(took, one.serial, " ".join(said.split()))
    return Arrival(before.serial, before.since, before.is_same, lags)


def shown(lags: Mapping[str, Lag]) -> str:
    """Return what each of the first servers of *lags* said, for a message."""
    parts = [
        f"{server} has serial {lag.serial}"
        if lag.serial is not None
        else f"{server} {lag.said or 'is silent'}"
        for server, lag in list(lags.items())[:_TOLD]
    ]
    more = len(lags) - _TOLD
    return "; ".join(parts) + (f" and {more} more" if more > 0 else "")


def slowest(arrivals: Mapping[str, Arrival]) -> tuple[str, str, int] | None:
    """Return the apex, the server and the milliseconds of the longest lag, None without any."""
    found = [
        (lag.milliseconds, apex, server)
        for apex, arrival in arrivals.items()
        for server, lag in arrival.lags.items()
        if lag.milliseconds is not None
    ]
    if not found:
        return None
    milliseconds, apex, server = max(found)
    return apex, server, milliseconds


def arrivals_text(arrivals: Mapping[str, Arrival]) -> str:
    """Return *arrivals* as their file has them."""
    return "".join(f"{line}\n" for line in _lines(arrivals))


def _lines(arrivals: Mapping[str, Arrival]) -> Iterator[str]:
    for apex, arrival in sorted(arrivals.items()):
        yield f"{apex} {arrival.serial} {arrival.since} {int(arrival.is_same)}"
        for server, (took, serial, said) in sorted(arrival.lags.items()):
            fields = ("-" if value is None else str(value) for value in (took, serial))
            yield f"  {server} {' '.join(fields)} {said}"


def read_arrivals(text: str) -> dict[str, Arrival]:
    """Return what *text* holds; what is damaged is forgotten, and so asked about again."""
    found: dict[str, Arrival] = {}
    lags: dict[str, Lag] = {}
    for line in text.splitlines():
        if zone := _ZONE.fullmatch(line):
            lags = {}
            found[zone[1]] = Arrival(int(zone[2]), int(zone[3]), zone[4] == "1", lags)
        elif server := _SERVER.fullmatch(line):
            took, serial = (None if word == "-" else int(word) for word in server.groups()[1:3])
            lags[server[1]] = Lag(took, serial, server[4])
    return found


def arrivals_file(places: Places) -> Path:
    """Return where arrivals are remembered."""
    return places.root / STATE / "arrivals"


def remembered(places: Places) -> dict[str, Arrival]:
    """Return what is remembered of the zones of a site; nothing where that is lost."""
    try:
        data = read_outside(arrivals_file(places), _LIMIT)
    except SourceError:
        return {}
    return read_arrivals(data.decode("utf-8", "replace"))


def lag_line(places: Places) -> str:
    """Return the line about the slowest server for `zonebuild status`, "" where none is known."""
    found = slowest(remembered(places))
    if found is None:
        return ""
    apex, server, milliseconds = found
    return f"slowest server: {server} had {apex} after {milliseconds / 1000:g} s"
