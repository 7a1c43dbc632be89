"""The difference of two zones as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zonebuild.diff import Effect, RRsetChange
from zonebuild.diff.inside import Part, differing_parts
from zonebuild.diff.rrsets import replacements
from zonebuild.model import Change, ZoneDiff
from zonebuild.report.diff_blocks import counted, effect_texts, owner_blocks
from zonebuild.report.text import paint, visible

MOST_CHANGES = 300  # of one zone that people are shown; the rest is counted

_LONG = 40  # characters of a value, from where on a line of its own says what differs in it
_AROUND = 12  # characters shown on each side of what differs
_SHOWN = 60  # characters shown of what differs
_GONE, _COME, _TTL, _SOA, _FAINT = "31", "32", "33", "35", "2"
_MARK, _UNMARK = "\x1b[7m", "\x1b[27m"

Spans = Sequence[tuple[int, int]]


def diff_lines(
    diff: ZoneDiff,
    effects: Iterable[Effect] = (),
    *,
    colour: bool = False,
    limit: int = MOST_CHANGES,
) -> Iterator[str]:
    """Yield a line a change: `-` gone, `+` new, `~` another TTL, `!` an SOA field.

    What differs inside a value is reversed in colour; without it a line `?` behind a long value
    tells it. What resolvers will see follows each owner. limit: changes that are shown.
    """
    blocks, left = owner_blocks(diff, effects, limit)
    for block in blocks:
        for field, old, new in block.soa:
            yield paint(f"! {diff.origin} SOA {field} {old} -> {new}", _SOA, colour)
        for change in block.changes:
            yield from rrset_lines(change, colour=colour)
        for text in effect_texts(diff, block):
            yield paint(f"    {text}", _FAINT, colour)
    if any(left):
        yield f"... and {counted(left)} more"


def rrset_lines(change: RRsetChange, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines of one RRset, each removed record before the one that takes its place."""
    for ttl in change.ttls:
        yield paint(f"~ {ttl.owner} {ttl.rdtype} TTL {ttl.old} -> {ttl.new}", _TTL, colour)
    for pair in replacements(change):
        old, new = map(_visible, pair)
        parts = differing_parts(old.rdata, new.rdata) if old and new else ()
        if old:
            yield _record_line("-", old, [(p.old_start, p.old_end) for p in parts], colour)
        if new:
            yield _record_line("+", new, [(p.new_start, p.new_end) for p in parts], colour)
        if old and new and not colour and max(len(old.rdata), len(new.rdata)) >= _LONG:
            yield from inside_lines(old.rdata, new.rdata, parts)


def _visible(change: Change | None) -> Change | None:
    return change and change._replace(owner=visible(change.owner), rdata=visible(change.rdata))


def _record_line(sign: str, change: Change, spans: Spans, colour: bool) -> str:
    owner, ttl, rdtype, rdata = change
    shown = _marked(rdata, spans) if colour else rdata
    return paint(f"{sign} {owner} {ttl} {rdtype} {shown}", _GONE if sign == "-" else _COME, colour)


def _marked(text: str, spans: Spans) -> str:
    """Return *text* with each of *spans* in reverse."""
    pieces, at = [], 0
    for start, end in spans:
        if start < end:
            pieces += [text[at:start], _MARK, text[start:end], _UNMARK]
            at = end
    return "".join([*pieces, text[at:]])


def inside_lines(old: str, new: str, parts: Iterable[Part]) -> Iterator[str]:
    """Yield a line `? …{-old-}{+new+}…` for each of *parts*, with what stands around it."""
    for part in parts:
        before = _end(old[: part.old_start])
        after = _beginning(old[part.old_end :], _AROUND)
        gone = _beginning(old[part.old_start : part.old_end], _SHOWN)
        come = _beginning(new[part.new_start : part.new_end], _SHOWN)
        marked = (f"{{-{gone}-}}" if gone else "") + (f"{{+{come}+}}" if come else "")
        yield f"? {before}{marked}{after}"


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def _end(text: str) -> str:
    return text if len(text) <= _AROUND else f"...{text[-_AROUND:]}"
