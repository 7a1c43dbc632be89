"""Fragments, each read alone, into one zone; and what joining the files would have changed.

The last `$TTL` of the head (SOA, apex NS) governs later fragments that have none: whoever reads
them passes it on. Wherever a plain concatenation would have given a record another owner, TTL or
origin, that is the error `leaked-state`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate

from zonebuild.diagnostic import Finding, Location, Note, Part, Severity
from zonebuild.model import OTHER_BIT, TYPE_BITS, Fragment, Records, Span, Zone, absolute
from zonebuild.rdata.canonical import canonical_text

_ONE_ORIGIN = "a."  # any but the root


def assemble(apex: str, fragments: Sequence[Fragment]) -> Zone:
    """Return the zone that *fragments* make in their order.

    apex: absolute, lower case. The columns of the fragments are taken over, not copied: the
    fragments hold no records any more.
    """
    ends = accumulate(len(fragment.records) for fragment in fragments)
    spans = tuple(Span(f.path, end, f.ttl) for f, end in zip(fragments, ends, strict=True))
    records = _join([fragment.records for fragment in fragments])
    for fragment in fragments:
        fragment.records = Records()
    masks, repeated = _type_masks(records)
    return Zone(apex, records, masks, repeated, spans)


def _join(parts: Sequence[Records]) -> Records:
    """Return the rows of *parts* in order; the name table of the largest part is taken over."""
    if len(parts) == 1:
        return parts[0]
    largest = max(parts, key=len, default=Records())
    names = largest.names
    joined = Records(names=names)
    for part in parts:
        row = len(joined)
        owners, targets = part.owners, part.targets
        if part is not largest:
            index = [names.setdefault(name, len(names)) for name in part.names]
            owners = array("I", [index[i] for i in owners])
            targets = array("I", [index[i] for i in targets])
        joined.owners += owners
        joined.targets += targets
        joined.target_rows += array("I", [row + i for i in part.target_rows])
        joined.rdtypes += part.rdtypes
        joined.ttls += part.ttls
        joined.lines += part.lines
        joined.blocks += [block._replace(start=row + block.start) for block in part.blocks]
    return joined


class _Bits(dict[int, int]):
    """The mask bit of each type; types that no check asks for share one."""

    def __missing__(self, rdtype: int) -> int:
        return OTHER_BIT


def _type_masks(records: Records) -> tuple[list[int], array[int]]:
    """Return the types at each name, and the rows whose type their owner had already."""
    masks = [0] * len(records.names)
    repeated = array("I")
    bits = map(_Bits(TYPE_BITS).__getitem__, records.rdtypes)
    for row, (owner, bit) in enumerate(zip(records.owners, bits, strict=True)):
        mask = masks[owner]
        if mask & bit:
            repeated.append(row)
        else:
            masks[owner] = mask | bit
    return masks, repeated


def find_leaks(apex: str, fragments: Sequence[Fragment]) -> Iterator[Finding]:
    """Yield what each fragment's records would have become behind the fragments before it.

    To be asked before `assemble` takes the records.
    """
    origin, ttl, source = apex, None, ""
    for fragment in fragments:
        leaks = fragment.leaks
        if origin != apex:
            yield from _origin_leak(fragment, origin, apex, source)
        if ttl is not None:
            yield from _ttl_leak(fragment, ttl, source)
        if leaks.own_origin_row is not None or leaks.origin != apex:
            origin, source = leaks.origin, fragment.path
        if leaks.ttl is not None:
            ttl, source = leaks.ttl, fragment.path


def _origin_leak(fragment: Fragment, origin: str, apex: str, source: str) -> Iterator[Finding]:
    """Find the first record that hangs on the apex, not on the origin left before it."""
    records, end = fragment.records, fragment.leaks.own_origin_row
    for row, text in _texts(records, len(records) if end is None else end):
        part = _relative_part(text)
        if part is not None:
            message = (
                f"a relative name: read under {apex}, where joined files would have "
                f"{origin} from {source}; begin this file with $ORIGIN, or end that one with "
                f"$ORIGIN {apex}"
            )
            note = Note(Location(source), f"leaves $ORIGIN {origin}")
            where = records.location(row)
            yield Finding(where, Severity.ERROR, "leaked-state", message, (note,), part)
            return


def _texts(records: Records, end: int) -> Iterator[tuple[int, str]]:
    """Yield the rows before *end*, each with its text."""
    for block in records.blocks:
        if block.start < end:
            texts = block.text.split("\n")[: min(len(block.text), end - block.start)]
            yield from enumerate(filter(None, texts), block.start)


def _relative_part(text: str) -> Part | None:
    """Return the part of a record's *text* that an origin completes, None where none does."""
    owner, _ttl, rdtype, rdata = text.split("\t", 3)
    if absolute(owner, _ONE_ORIGIN) != owner:
        return Part.OWNER
    one, other = (canonical_text(rdtype, rdata, origin) for origin in (_ONE_ORIGIN, "."))
    return None if one == other else Part.RDATA


def _ttl_leak(fragment: Fragment, ttl: int, source: str) -> Iterator[Finding]:
    row = fragment.leaks.default_ttl_row
    if row is None or row >= len(fragment.records) or fragment.records.ttls[row] == ttl:
        return
    message = (
        f"a record without TTL: read with {fragment.records.ttls[row]}, where joined files would "
        f"have {ttl} from {source}; write its TTL, or $TTL at the beginning of this file"
    )
    note = Note(Location(source), f"leaves $TTL {ttl}")
    where = fragment.records.location(row)
    yield Finding(where, Severity.ERROR, "leaked-state", message, (note,), Part.OWNER)
