"""One fragment, and what it includes, into records and findings.

The text is taken a piece at a time: `scan` finds the plain records of a piece, `entry` reads the
rest one by one, in the order of the file. With `fast=False` every entry is read the careful way;
a permanent test holds both to the same records.
"""

from __future__ import annotations

from bisect import bisect_left

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.model import Fragment, Leaks
from zonebuild.zonefile.lexer import read_entry
from zonebuild.zonefile.reading import Include, Reading, TooManyMistakes
from zonebuild.zonefile.scan import Piece, piece_end, scan_piece
from zonebuild.zonefile.scope import Scope
from zonebuild.zonefile.text import Source

__all__ = ["Include", "Source", "read_fragment"]

_MAX_PIECE = 1 << 20  # characters; a line so long is no plain record


def read_fragment(
    source: Source,
    *,
    apex: str,
    default_ttl: int | None = None,
    include: Include | None = None,
    fast: bool = True,
) -> Fragment:
    """Return the records and the findings of *source*, read alone.

    apex: absolute, lower case; the origin at its beginning.
    default_ttl: seconds, for records without TTL before the first `$TTL`; None: there is none.
    include: finds what `$INCLUDE` names; None refuses every `$INCLUDE`.
    fast: False reads every entry the careful way, for tests.
    Errors: none; what is wrong is a finding, and its entry gives no record.
    Spec: RFC 1035 section 5.
    """
    reading = Reading(include)
    read_text = _read_fast if fast else _read_carefully
    scope = Scope(reading, source, read_text, origin=apex, ttl=default_ttl)
    try:
        scope.read()
    except TooManyMistakes as stopped:
        where = Location(stopped.path, stopped.line)
        message = "too many mistakes: the rest was not read"
        finding = Finding(where, Severity.ERROR, "too-many-mistakes", message)
        reading.findings.append(finding)
    leaks = Leaks(
        scope.origin, scope.owner_key, scope.own_ttl, scope.own_origin_row, scope.default_ttl_row
    )
    records = reading.columns.finish()
    findings = tuple(reading.findings)
    return Fragment(source.path, records, findings, leaks, scope.ttl, reading.fast_records)


def _read_carefully(scope: Scope, text: str) -> None:
    _read_rest(scope, text, 0, len(text), 1)


def _read_one(scope: Scope, text: str, position: int, line: int) -> tuple[int, int]:
    """Read the entry at *position*; return where, and on which line, the next begins."""
    entry = read_entry(text, position, line)
    scope.take_entry(entry)
    return entry.end, entry.next_line


def _read_fast(scope: Scope, text: str) -> None:
    position, line = 0, 1
    while position < len(text):
        position, line = _read_piece(scope, text, position, line)


def _read_piece(scope: Scope, text: str, start: int, line: int) -> tuple[int, int]:
    """Read a piece of plain records and of stops; return where the next begins, and its line."""
    end = piece_end(text, start)
    if end - start > _MAX_PIECE:
        return _read_rest(scope, text, start, end, line)
    piece = scan_piece(text, start, end, line)
    count = len(piece.types)
    offsets = _Offsets(text, start, line)
    first = 0
    while first < count:
        following = bisect_left(piece.stops, first)
        stop = piece.stops[following] if following < len(piece.stops) else count
        first = scope.take_run(piece, first, stop)
        if first == count:
            break
        if _take_directive(scope, piece, first):
            first += 1
            continue
        begins = piece.lines[first]
        position, line = _read_one(scope, text, offsets.of(begins), begins)
        read, first = first, bisect_left(piece.lines, line, first + 1, count)
        if line > piece.next_line or (first - 1 > read and piece.line_behind(first - 1) > line):
            # The entry ends inside what the scan took for another: it has lost step.
            return _read_rest(scope, text, position, end, line)
    return end, piece.next_line


def _read_rest(scope: Scope, text: str, position: int, end: int, line: int) -> tuple[int, int]:
    """Read the careful way to *end* or a little beyond; return where, and on which line."""
    while position < end:
        position, line = _read_one(scope, text, position, line)
    return position, line


def _take_directive(scope: Scope, piece: Piece, index: int) -> bool:
    """Take the directive that fills the line of *index*; say whether there was one."""
    text = piece.others[index] + "\n"
    if not text.startswith("$") or "(" in text:
        return False
    scope.take_entry(read_entry(text, 0, piece.lines[index]))
    return True


class _Offsets:
    """Where lines begin, asked in rising order."""

    def __init__(self, text: str, offset: int, line: int) -> None:
        self.text, self.offset, self.line = text, offset, line

    def of(self, line: int) -> int:
        """Return the offset at which *line* begins."""
        while self.line < line:
            self.offset = self.text.index("\n", self.offset) + 1
            self.line += 1
        return self.offset
