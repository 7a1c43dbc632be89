"""Freezes: until a given time what people change waits; what machines make does not.

state/frozen/NAME holds a zone's, state/frozen.site that of the whole site. A freeze that cannot
be read holds until somebody ends it: nothing thaws by accident.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.outcome import Outcome, Report
from zonebuild.builder.places import STATE, Places
from zonebuild.diagnostic import Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, remove_file, replace_file
from zonebuild.site.names import file_name, zone_name_from_file
from zonebuild.site.values import Wrong, parse_duration

FREEZE = "freeze"  # as a stage of the outcome
MAX_UNTIL = 1 << 36  # seconds; what the outcome keeps
FOLDER, SITE_FREEZE = f"{STATE}/frozen", f"{STATE}/frozen.site"
_LIMIT = 1 << 16  # octets
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_FILE = re.compile(r"until: (\S+)\nreason: ([^\n]+)\nwho: ([^\n]*)\n")


class Freeze(NamedTuple):
    """A time without changes by hand. until: Unix seconds, None: until somebody ends it."""

    until: int | None
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class Freezes:
    """The freezes in force. site: that of the whole site; zones: of single ones, by apex."""

    site: Freeze | None = None
    zones: dict[str, Freeze] = field(default_factory=dict)

    def of(self, apex: str) -> Freeze | None:
        """Return what *apex* waits for: the one that ends last."""
        found = [freeze for freeze in (self.site, self.zones.get(apex)) if freeze]
        return max(found, key=_end, default=None)

    def next_end(self) -> int:
        """Return when the first of them ends, Unix seconds, 0 where none does by itself."""
        everyone = [self.site, *self.zones.values()]
        return min((f.until for f in everyone if f is not None and f.until), default=0)


def _end(freeze: Freeze) -> int:
    return MAX_UNTIL if freeze.until is None else freeze.until


def freeze_paths(apex: str) -> list[str]:
    """Return the files that decide whether *apex* is frozen, relative to the site."""
    return [SITE_FREEZE, f"{FOLDER}/{file_name(apex)}"]


def freeze_place(places: Places, apex: str | None) -> Path:
    """Return the file of the freeze of *apex*, None for that of the whole site."""
    return places.root / (SITE_FREEZE if apex is None else f"{FOLDER}/{file_name(apex)}")


def read_freezes(places: Places, now: int) -> Freezes:
    """Return the freezes in force at *now*, Unix seconds."""
    zones = {}
    for name in _names(places.root / FOLDER):
        apex = zone_name_from_file(name)
        freeze = None if isinstance(apex, Wrong) else _read(freeze_place(places, apex), now)
        if isinstance(apex, str) and freeze is not None:
            zones[apex] = freeze
    return Freezes(_read(freeze_place(places, None), now), zones)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _read(path: Path, now: int) -> Freeze | None:
    try:
        text = read_outside(path, _LIMIT).decode("utf-8", "replace")
    except SourceError as error:
        return Freeze(None, f"{path.name} {error.reason}", "") if os.path.lexists(path) else None
    match = _FILE.fullmatch(text)
    until = _moment(match[1]) if match else None
    if match is None or until is None or until >= MAX_UNTIL or not match[2].isprintable():
        return Freeze(None, f"{path.name} is damaged, want lines until:, reason:, who:", "")
    return Freeze(until, match[2], match[3]) if now < until else None


def _moment(text: str) -> int | None:
    """Return the Unix seconds of an ISO 8601 date or time, in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def parse_until(text: str, now: int) -> int | Wrong:
    """Return the Unix seconds that *text* means: a date or time (UTC), or a duration from *now*."""
    if text.isascii() and text.isdigit():
        return Wrong("is a number, want a duration with its unit such as 2h, or a date")
    duration = parse_duration(text)
    until = _moment(text) if isinstance(duration, Wrong) else now + duration
    if until is None:
        return Wrong("is neither a time such as 2030-01-31T12:00Z nor a duration such as 2h or 3d")
    if until >= MAX_UNTIL:
        return Wrong("is too far away, want a time before the year 4000")
    return until if until > now else Wrong("is not in the future, want a later time")


def write_freeze(places: Places, apex: str | None, freeze: Freeze) -> None:
    """Keep *freeze*, which has an end, of one zone or, for None, of the site. Errors: WriteError.

    The caller holds the lock.
    """
    path = freeze_place(places, apex)
    until = datetime.fromtimestamp(freeze.until or 0, UTC).strftime(_TIME)
    make_directory(path.parent)
    replace_file(path, f"until: {until}\nreason: {freeze.reason}\nwho: {freeze.who}\n".encode())


def end_freeze(places: Places, apex: str | None) -> bool:
    """End the freeze of one zone or, for None, of the site; say whether there was one.

    The caller holds the lock. Errors: WriteError.
    """
    return remove_file(freeze_place(places, apex))


def tell_freezes(outcome: Outcome, freezes: Freezes, zones: Collection[str]) -> None:
    """Say in *outcome* what is frozen. zones: those of the site."""
    frozen: dict[str, Freeze | None] = dict.fromkeys(outcome.zones())
    frozen |= {apex: freeze for apex, freeze in freezes.zones.items() if apex in zones}
    frozen[""] = freezes.site
    for apex, freeze in frozen.items():
        waitings = () if freeze is None else (_waiting(apex, freeze),)
        outcome.put(FREEZE, apex, Report((), waitings))


def _waiting(apex: str, freeze: Freeze) -> Waiting:
    what = f"changes of {apex} by hand" if apex else "changes of every zone by hand"
    why = f"frozen: {freeze.reason}" + (f" ({freeze.who})" if freeze.who else "")
    return Waiting(what, why, freeze.until, f"zonebuild freeze --end {apex}".rstrip())
