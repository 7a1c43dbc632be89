"""What people change in a zone, and whether that waits until somebody approves it.

A plan is the difference of the hand-written part of a zone and that part as it was last built.
Records that machines make are in neither, nor is the serial: the same edit is the same plan on
every machine, however its sources are laid out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from zonebuild.checks import bits
from zonebuild.checks.names import ancestors
from zonebuild.model import Change, Records, ZoneDiff

HELD = "plan-held"  # the check that a held plan is told under
SHOWN = 20  # lines of a plan that a message shows
CHECKSUM = re.compile(r"[0-9a-f]{32}")
_DIGITS = 32  # of SHA-256 in hex


@dataclass(frozen=True, slots=True)
class ZoneRails:
    """What holds the plan of one zone.

    share: percent of its records that may go or change at once.
    least_records: a smaller zone has no share.
    """

    share: int
    least_records: int


@dataclass(frozen=True, slots=True)
class SiteRails:
    """What holds the plans of many zones. zones_share: percent of all; least_zones: fewer never."""

    zones_share: int
    least_zones: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of what people write in one zone; false where there is none.

    checksum: 32 hex digits, of this very change.
    reasons: why it is held, each a clause that follows "it"; none: it is free.
    """

    diff: ZoneDiff
    checksum: str
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.diff)


class _Case(NamedTuple):
    """What a rail judges: a change, and both sides of it."""

    diff: ZoneDiff
    old: Records
    new: Records
    rails: ZoneRails


def make_plan(diff: ZoneDiff, old: Records, new: Records, rails: ZoneRails) -> Plan:
    """Return the plan that leads from *old* to *new*, both written by hand, and why it is held.

    diff: of the two.
    """
    case = _Case(diff, old, new, rails)
    reasons = (reason for rail in _RAILS for reason in rail(case)) if diff else ()
    return Plan(diff, plan_checksum(diff), tuple(reasons))


def plan_checksum(diff: ZoneDiff) -> str:
    """Return the checksum of the change *diff*: of its apex and of its `change_lines`."""
    return _checksum([f"zone {diff.origin}", *sorted(change_lines(diff))])


def set_checksum(checksums: Iterable[str]) -> str:
    """Return the one checksum of the plans of several zones, in whatever order."""
    return _checksum(["plans", *sorted(set(checksums))])


def _checksum(lines: Iterable[str]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]


def change_lines(diff: ZoneDiff) -> Iterator[str]:
    """Yield a line a change: `!` an SOA field, `-` gone, `+` new, `~` another TTL.

    Checksums of plans are made of these lines: another form of them undoes every approval.
    """
    for field, old, new in diff.soa:
        yield f"! {diff.origin} SOA {field} {old} -> {new}"
    for sign, changes in (("-", diff.removed), ("+", diff.added)):
        for owner, ttl, rdtype, rdata in changes:
            yield f"{sign} {owner} {ttl} {rdtype} {rdata}"
    for owner, rdtype, before, after in diff.ttl_changed:
        yield f"~ {owner} {rdtype} TTL {before} -> {after}"


def shown_lines(diff: ZoneDiff, limit: int = SHOWN) -> list[str]:
    """Return the first *limit* of the `change_lines`, and how many more there are."""
    lines = list(change_lines(diff))
    rest = len(lines) - limit
    return lines if rest <= 0 else [*lines[:limit], f"… and {rest} more changes"]


def reach_reason(changed: int, zones: int, rails: SiteRails) -> str:
    """Return why a change of *changed* of the site's *zones* is held, "" where it is not."""
    if changed < rails.least_zones or changed * 100 <= rails.zones_share * zones:
        return ""
    return f"comes with changes of {changed} of {zones} zones, more than {rails.zones_share} %"


# -- the rails -----------------------------------------------------------------------------------


def _share(case: _Case) -> Iterator[str]:
    """Hold what takes away too much: a record with other rdata counts, another TTL does not.

    Of the old records all count but the SOA.
    """
    number, gone = _records_beside_soa(case.old), len(case.diff.removed)
    share = case.rails.share
    if number >= case.rails.least_records and gone * 100 > share * number:
        yield f"removes or changes {gone} of {number} records, more than {share} %"


def _emptied(case: _Case) -> Iterator[str]:
    apex = case.diff.origin
    if _has_content(case.old, apex) and not _has_content(case.new, apex):
        yield "leaves nothing but the SOA and the NS records of the apex"


def _apex_ns(case: _Case) -> Iterator[str]:
    if any(c.rdtype == "NS" and c.owner == case.diff.origin for c in _both(case.diff)):
        yield "changes the NS records of the apex"


def _ds(case: _Case) -> Iterator[str]:
    owners = list(dict.fromkeys(c.owner for c in _both(case.diff) if c.rdtype == "DS"))
    if owners:
        yield f"changes the DS records of {_few(owners)}"


def _mname(case: _Case) -> Iterator[str]:
    for field, old, new in case.diff.soa:
        if field == "mname":
            yield f"changes the primary server in the SOA from {old} to {new}"


def _hidden(case: _Case) -> Iterator[str]:
    """Hold a new NS or DNAME at or above names that answered until now (RFC 1034 4.2.1)."""
    apex, old_cuts = case.diff.origin, _cuts(case.old, case.diff.origin)
    new_cuts = {(c.owner, c.rdtype) for c in case.diff.added if _is_cut(c, apex)} - old_cuts
    hidden: dict[tuple[str, str], list[str]] = {}
    for owner in _owners(case.old) if new_cuts else ():
        above = [(name, rdtype) for name in ancestors(owner) for rdtype in ("NS", "DNAME")]
        found = next((cut for cut in above if cut in new_cuts), None)
        if found is not None and old_cuts.isdisjoint(above):
            hidden.setdefault(found, []).append(owner)
    for owner, rdtype in sorted(new_cuts):
        if rdtype == "NS" and _answers_at(case.old, owner) and (owner, "DNAME") not in old_cuts:
            hidden.setdefault((owner, rdtype), []).insert(0, owner)
    for (owner, rdtype), names in sorted(hidden.items()):
        yield f"hides {_few(names)} behind the new {rdtype} at {owner}"


_RAILS: tuple[Callable[[_Case], Iterator[str]], ...] = (
    _share, _emptied, _apex_ns, _ds, _mname, _hidden,
)  # fmt: skip


def _both(diff: ZoneDiff) -> tuple[Change, ...]:
    return diff.removed + diff.added


def _few(names: list[str]) -> str:
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def _records_beside_soa(records: Records) -> int:
    return len(records) - records.rdtypes.count(bits.SOA)


def _has_content(records: Records, apex: str) -> bool:
    """Say whether there is more than a SOA and the NS records of *apex*."""
    top = records.names.get(apex)
    rows = zip(records.rdtypes, records.owners, strict=True)
    return any(t != bits.SOA and not (t == bits.NS and owner == top) for t, owner in rows)


def _is_cut(change: Change, apex: str) -> bool:
    return change.rdtype == "DNAME" or (change.rdtype == "NS" and change.owner != apex)


def _cuts(records: Records, apex: str) -> set[tuple[str, str]]:
    """Return where *records* have a delegation or a DNAME, with its type."""
    names = records.name_list()
    kinds = {bits.NS: "NS", bits.DNAME: "DNAME"}
    rows = zip(records.rdtypes, records.owners, strict=True)
    cuts = {(names[owner], kinds[rdtype]) for rdtype, owner in rows if rdtype in kinds}
    return cuts - {(apex, "NS")}


def _owners(records: Records) -> list[str]:
    names = records.name_list()
    return [names[index] for index in dict.fromkeys(records.owners)]


def _answers_at(records: Records, owner: str) -> bool:
    """Say whether *owner* has a record that a delegation there would hide; a DS stays."""
    index = records.names.get(owner)
    rows = zip(records.rdtypes, records.owners, strict=True)
    kept = {rdtype for rdtype, at in rows if at == index}
    return index is not None and bits.NS not in kept and bool(kept - {bits.DS})
