"""Comments that begin with `zonebuild:`, and the lines of the entry that each belongs to.

The text is searched for that word first, so that a file without it costs one look. Quoted strings
end with their line, so only parentheses join lines (RFC 1035 section 5.1).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from zonebuild.diagnostic import Location
from zonebuild.zonefile import Source
from zonebuild.zonefile.lexer import read_entry
from zonebuild.zonefile.reading import MAX_FINDINGS

MARK = "zonebuild:"
MAX_ALLOWS = 10_000  # of a file: names of checks in all its comments
_LONGEST = 400  # characters of a comment that are looked at

# Where something begins that matters, and what: first what may hold a semicolon or a parenthesis,
# an escape, a string, an open string.
_BEGINS = re.compile(r'[\\";()]')
_THING = re.compile(
    r'\\.?|"(?:[^"\\\n]|\\.)*+"|"[^\n]*+|(?P<comment>;[^\n]*+)|(?P<open>\()|(?P<close>\))'
)
_OURS = re.compile(r"[;\s]*zonebuild:\s*+(.*)", re.DOTALL)
_ALLOW = re.compile(r"allow=([A-Za-z0-9_-]+(?:,[A-Za-z0-9_-]+)*)(?:\s+(.*))?", re.DOTALL)


class Comment(NamedTuple):
    """A comment that is for us. first, last: the lines of the entry on which it stands.

    checks: the names that it allows, none where it does not say so. reason: "" where none is.
    """

    location: Location
    first: int
    last: int
    checks: tuple[str, ...]
    reason: str


def read_comments(source: Source) -> tuple[Comment, ...]:
    """Return the comments of *source* that begin with `zonebuild:`, in the order of the file."""
    if MARK not in source.text:
        return ()
    return _Scan(source).comments()


class _Span(NamedTuple):
    """An entry with parentheses. line, start: where it begins; end: offset of its end, so far."""

    line: int
    start: int
    end: int


class _Scan:
    """One pass over a text.

    opened: the entry whose ( is open, its end that of the line of the (. closed: the last that
    was closed, which goes on to the end of that line. waiting: comments of the one that is open.
    """

    def __init__(self, source: Source) -> None:
        self.path, self.text = source.path, source.text
        self.found: list[Comment] = []
        self.waiting: list[Comment] = []
        self.count = self.failures = 0
        self.position = self.counted = 0
        self.line = 1
        self.opened: _Span | None = None
        self.closed = _Span(0, 0, -1)

    def comments(self) -> tuple[Comment, ...]:
        """Return what is found, in the order of the text."""
        while self.count < MAX_ALLOWS and self.failures < MAX_FINDINGS:
            at = _BEGINS.search(self.text, self.position)
            match = at and _THING.match(self.text, at.start())
            if match is None:
                if self.opened is None:
                    break
                self._begin_anew(self.opened)
                continue
            self.position = match.end()
            if match["comment"]:
                self._take(match)
            elif match["open"]:
                self._open(match.start())
            elif match["close"]:
                self._close(match.start())
        return tuple(sorted(self.found, key=lambda comment: comment.location))

    def _line_of(self, offset: int) -> int:
        """Return the line of *offset*; asked in rising order."""
        self.line += self.text.count("\n", self.counted, offset)
        self.counted = offset
        return self.line

    def _begin_anew(self, opened: _Span) -> None:
        """Go on where the lexer does behind the entry that began at *opened*, which is none."""
        entry = read_entry(self.text, opened.start, opened.line)
        self._fail(entry.end, entry.next_line)

    def _fail(self, offset: int, line: int) -> None:
        """Go on at *offset*, on *line*, with nothing open; so many mistakes end the reading."""
        self.failures += 1
        self.opened, self.waiting = None, []
        self.position, self.counted, self.line = offset, offset, line

    def _open(self, offset: int) -> None:
        line = self._line_of(offset)
        if self.opened is not None:
            self._begin_anew(self.opened)  # an error, as in the lexer
        elif offset < self.closed.end:
            self.opened = self.closed
        else:
            start = self.text.rfind("\n", 0, offset) + 1
            self.opened = _Span(line, start, self._end_of_line(offset, self.closed))

    def _close(self, offset: int) -> None:
        opened, last = self.opened, self._line_of(offset)
        if opened is None:
            self._fail(self._end_of_line(offset, self.closed), last)
            return
        if self.waiting:
            entry = read_entry(self.text, opened.start, opened.line)
            if entry.error is not None and entry.end <= offset:
                self._fail(entry.end, entry.next_line)
                return
        self.closed = opened._replace(end=self._end_of_line(offset, opened))
        self.found += [comment._replace(last=last) for comment in self.waiting]
        self.opened, self.waiting = None, []

    def _end_of_line(self, offset: int, known: _Span) -> int:
        """Return where the line of *offset* ends: with *known*, a span before, if it still goes."""
        if offset < known.end:
            return known.end
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    def _first_line(self, offset: int, line: int) -> int:
        """Return where the entry began that goes on to *offset*, on *line*."""
        if offset >= self.closed.end:
            return line
        entry = read_entry(self.text, self.closed.start, self.closed.line)
        return self.closed.line if entry.error is None else line

    def _take(self, match: re.Match[str]) -> None:
        ours = _OURS.fullmatch(match[0][:_LONGEST])
        if ours is None:
            return
        line = self._line_of(match.start())
        column = match.start() - self.text.rfind("\n", 0, match.start())
        first = self.opened.line if self.opened else self._first_line(match.start(), line)
        checks, reason = _allowed(ours[1])
        comment = Comment(Location(self.path, line, column), first, line, checks, reason)
        self.count += max(len(checks), 1)
        (self.found if self.opened is None else self.waiting).append(comment)


def _allowed(text: str) -> tuple[tuple[str, ...], str]:
    """Return the checks that *text*, behind the mark, allows, and its reason."""
    match = _ALLOW.fullmatch(text.strip())
    if match is None:
        return (), ""
    # Sources are octets as characters; a reason is shown, so what is UTF-8 in it is read as that.
    reason = (match[2] or "").encode("latin-1", "replace").decode("utf-8", "replace")
    return tuple(dict.fromkeys(match[1].split(","))), reason.strip()
