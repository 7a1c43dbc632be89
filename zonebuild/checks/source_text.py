"""What the text of a file tells and its records do not: what a comment took away, and tabs.

Both are looked for by their letters, so that a file without them costs one look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from zonebuild.checks.limits import MAX_PLACES
from zonebuild.diagnostic import Finding, Location, Severity, quoted
from zonebuild.zonefile import Source

TAB, CAA_CUT = "tab", "caa-cut-at-semicolon"

# Behind the type: flags, a tag that names a CA, a value without quotes; then a comment that begins
# like a parameter (RFC 8659 section 4.2).
_CUT = re.compile(
    r"CAA[\s(]+\d{1,3}[\s(]+(issue(?:wild|mail|vmc)?)[\s(]+([^\s;\"()\\]+)"
    r"([ \t]*;[ \t]*[A-Za-z0-9]+[ \t]*=[^\n]*)",
    re.ASCII | re.IGNORECASE,
)
_TYPES = ("CAA", "caa")
_LONGEST = 255  # characters of a value that are shown


def text_findings(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the text of *source*; columns are worked out."""
    for at in islice(_cut_values(source.text), MAX_PLACES):
        yield _cut(source, at)
    tab = source.text.find("\t")
    if tab >= 0:
        message = "a tab, the first of this file: write spaces"
        yield Finding(_location(source, tab), Severity.WARNING, TAB, message)


def _location(source: Source, offset: int) -> Location:
    line = source.text.count("\n", 0, offset) + 1
    return Location(source.path, line, offset - source.text.rfind("\n", 0, offset))


def _cut_values(text: str) -> Iterator[re.Match[str]]:
    """Yield each CAA value of which a comment took the parameters, at most one of a line."""
    for written in _TYPES:
        at = text.find(written)
        while at >= 0:
            match = _CUT.match(text, at)
            if match and _is_type(text, at):
                yield match
            # Behind a match the line is a comment to its end, or was one before.
            at = text.find(written, match.end() if match else at + 1)


def _is_type(text: str, at: int) -> bool:
    """Say whether the word at *at* may be a type: no comment and no string begins before it."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return before[-1:] in (" ", "\t", "(") and not {";", '"'} & set(before)


def _cut(source: Source, match: re.Match[str]) -> Finding:
    tag, left, comment = match.groups()
    meant = f'"{left}{comment.rstrip()[:_LONGEST]}"'
    shown = "".join(c if c.isprintable() and c.isascii() else " " for c in meant)
    message = f"CAA {tag} is only {quoted(left)}: a ; outside of quotes begins a comment"
    where = _location(source, match.start(2))
    return Finding(where, Severity.ERROR, CAA_CUT, f"{message}; write {shown}")
