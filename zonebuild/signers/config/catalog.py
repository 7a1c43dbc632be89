"""The catalog zone: what secondaries are to serve, told by a zone that they transfer.

A member's label is permanent: under another one, secondaries would drop what they hold of the zone
and begin anew. It is a hash of the name, and once given it is kept.

Spec: RFC 9432 sections 4.1 (version), 4.2 (members), 5.6 (labels), 7 (who leaves is removed).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from zonebuild.plan import SiteRails

DEFAULT_APEX = "catalog.invalid."
_SERIALS = 1 << 32
_LABEL_DIGITS = 32  # hexadecimal: 128 bits, no two of any number of zones are alike
_ORIGIN = re.compile(r"^\$ORIGIN (\S+)$", re.MULTILINE)
_SERIAL = re.compile(r"^@ 0 IN SOA \S+ \S+ (\d{1,10}) ", re.MULTILINE)
_MEMBER = re.compile(r"^([0-9a-z-]{1,63})\.zones 0 IN PTR (\S+\.)$", re.MULTILINE)
# Refresh, retry, expire and minimum; a secondary that lost its primary keeps its zones.
_TIMES = "3600 600 2147483646 0"


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog zone. apex: its own name. members: by apex, the label of each."""

    apex: str
    serial: int
    members: Mapping[str, str] = field(default_factory=dict)


class Step(NamedTuple):
    """From one catalog to the next.

    waiting: zones that are no members yet, as their primary does not serve them.
    held: a clause that says why *catalog* is still the old one; "" where it is the new one.
    """

    catalog: Catalog
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    held: str = ""


def member_label(apex: str) -> str:
    """Return the label of the member *apex* (absolute, lower case)."""
    return hashlib.sha256(apex.encode("ascii")).hexdigest()[:_LABEL_DIGITS]


def next_catalog(
    old: Catalog,
    zones: Collection[str],
    served: Collection[str],
    *,
    now: int,
    rails: SiteRails | None,
) -> Step:
    """Return the catalog that follows *old*.

    zones: what is to be served at last. served: what the primary serves already; only such a zone
        becomes a member, and one that is a member stays, since a primary may be restarting.
    now: Unix seconds; the serial follows the clock, so that a lost catalog never goes back.
    rails: how many members may change; None: as many as do.
    Spec: RFC 1982 section 3 for the serial.
    """
    wanted = set(zones)
    come = {zone for zone in wanted if zone in served or zone in old.members}
    added = tuple(sorted(come - old.members.keys()))
    removed = tuple(sorted(old.members.keys() - wanted))
    waiting = tuple(sorted(wanted - come))
    held = _held(old, len(added) + len(removed), rails)
    if held or not (added or removed or not old.serial):
        return Step(old, added, removed, waiting, held)
    members = {zone: old.members.get(zone) or member_label(zone) for zone in sorted(come)}
    return Step(Catalog(old.apex, _following(old.serial, now), members), added, removed, waiting)


def _held(old: Catalog, changes: int, rails: SiteRails | None) -> str:
    """Say why so many *changes* of members must not be, "" where they may; the first may."""
    known = len(old.members)
    if rails is None or not known:
        return ""
    if changes < max(rails.least_zones, 1) or changes * 100 <= rails.zones_share * known:
        return ""
    return f"{changes} of its {known} members would change, more than {rails.zones_share} %"


def _following(serial: int, now: int) -> int:
    clock = now % _SERIALS
    is_ahead = 0 < (clock - serial) % _SERIALS < _SERIALS // 2
    return clock if is_ahead or not serial else (serial + 1) % _SERIALS or 1


def write_catalog(catalog: Catalog) -> str:
    """Return the zone's text; `read_catalog` reads it."""
    lines = [
        f"$ORIGIN {catalog.apex}",
        f"@ 0 IN SOA invalid. invalid. {catalog.serial} {_TIMES}",
        "@ 0 IN NS invalid.",
        'version 0 IN TXT "2"',
    ]
    lines += [f"{label}.zones 0 IN PTR {apex}" for apex, label in sorted(catalog.members.items())]
    return "\n".join(lines) + "\n"


def read_catalog(text: str) -> Catalog | None:
    """Return what `write_catalog` wrote, None where *text* is nothing of the kind."""
    origin, serial = _ORIGIN.search(text), _SERIAL.search(text)
    if origin is None or serial is None or int(serial[1]) >= _SERIALS:
        return None
    members = {match[2]: match[1] for match in _MEMBER.finditer(text)}
    return Catalog(origin[1], int(serial[1]), members)
