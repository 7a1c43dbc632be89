"""The fast way: whole pieces of master-file text into columns of plain records.

One regular expression takes a piece of about 16 KB (what stays in the processor's cache: pieces
of 1 MB cost half as much again) and gives for each physical line, or parenthesised entry, either
a plain record or "something else". Columns are then judged as wholes. Whatever is not plain is
only named here, as a *stop*: the careful way (`entry`) reads it. So this module can be wrong in
one direction only, by leaving too much to the careful way.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from zonebuild.rdata.canonical import MAX_TTL, seconds
from zonebuild.rdata.grammar import FAST_TYPES, odd_ones

PIECE = 1 << 14  # characters

_WORD = r"!#-'*-:<-\[\]-~"  # printable ASCII but blank ; " ( ) and backslash
_QUOTED = r'"[ !#-\[\]-~]*+"'
_APART = rf'(?<![{_WORD}"]){_QUOTED}(?![{_WORD}"])'
_TYPES = "|".join([*FAST_TYPES, *(rdtype.lower() for rdtype in FAST_TYPES)])
_RDATA = "|".join(
    (
        rf"[\t {_WORD}]++",
        rf"(?:[{_WORD}]++[ \t]++){{0,2}}{_QUOTED}(?:[ \t]++{_QUOTED})*+",
        rf"[\t {_WORD}]*+\((?:[\t\n {_WORD}]++|{_APART}|;[^\n]*+)*+\)",
    )
)
_LINE = re.compile(
    rf"(@|[\w.*/-]*+)[ \t]++(?:(\d\w*+)[ \t]++)?(?:(?:IN|in)[ \t]++)?({_TYPES})[ \t]++"
    rf"({_RDATA})[ \t]*+(?:;[^\n]*+)?\n|([^\n]*+)\n",
    re.ASCII,
)
_TOKEN = re.compile(r'"[^"]*+"|[^\s()";]++|;[^\n]*+')
_OWNER = re.compile(r"@|\.|(?:[\w*/-]{1,63}+(?:\.[\w*/-]{1,63}+)*+\.?)?", re.ASCII)


@dataclass(slots=True)
class Piece:
    """The lines of a piece of text as columns.

    types: the upper-case mnemonic of a plain record, "" for anything else.
    others: the line as it stands where it is no record, "" for records.
    lines: the 1-based source line on which each begins. next_line: the one behind the piece.
    stops: rising indices of what the careful way must read; comments and blank lines are none.
    """

    owners: Sequence[str]
    ttls: Sequence[str]
    types: Sequence[str]
    rdatas: Sequence[str]
    others: Sequence[str]
    lines: Sequence[int]
    next_line: int
    stops: list[int]

    def add_stops(self, indices: Sequence[int]) -> None:
        """Add *indices*, which rise and between which there is no stop."""
        place = bisect_left(self.stops, indices[0])
        self.stops[place:place] = indices


def piece_end(text: str, start: int) -> int:
    """Return the offset behind the line feed that ends the piece which begins at *start*."""
    return text.find("\n", start + PIECE) + 1 or len(text)


def scan_piece(text: str, start: int, end: int, line: int) -> Piece:
    """Return the columns of text[start:end], which begins on *line* and ends with a line feed."""
    items = _LINE.findall(text, start, end)
    columns: tuple[Sequence[str], ...] = tuple(zip(*items, strict=True))
    owners, ttls, types, rdatas, others = columns
    if not _TYPE_SET.issuperset(types):
        types = tuple(rdtype.upper() for rdtype in types)
    next_line = line + text.count("\n", start, end)
    lines = _line_numbers(rdatas, line, next_line)
    rdatas = _plain_spaces(rdatas)
    stops = {i for i, other in enumerate(others) if other and _is_entry(other)}
    stops |= _odd_rdata(types, rdatas) | _odd_owners(owners) | _odd_ttls(ttls)
    return Piece(owners, ttls, types, rdatas, others, lines, next_line, sorted(stops))


_TYPE_SET = frozenset(FAST_TYPES) | {""}


def _is_entry(other: str) -> bool:
    """Say whether *other* is more than blanks and a comment."""
    return other.lstrip(" \t")[:1] not in ("", ";")


def _line_numbers(rdatas: Sequence[str], line: int, next_line: int) -> Sequence[int]:
    """Return the line on which each item begins; only a parenthesised one has several."""
    if len(rdatas) == next_line - line:
        return range(line, next_line)
    lines: list[int] = []
    first = 0
    for i in [i for i, rdata in enumerate(rdatas) if "\n" in rdata]:
        lines.extend(range(line, line + i - first + 1))
        line = lines[-1] + 1 + rdatas[i].count("\n")
        first = i + 1
    lines.extend(range(line, line + len(rdatas) - first))
    return lines


def _plain_spaces(rdatas: Sequence[str]) -> Sequence[str]:
    """Return *rdatas* with one space between tokens, without parentheses and comments."""
    joined = "\n".join(rdatas)
    if " \n" in joined or "\t\n" in joined or joined[-1:] in (" ", "\t"):
        rdatas = list(map(str.rstrip, rdatas))
        joined = "\n".join(rdatas)
    for sign in ("(", "\t", "  "):
        if sign in joined:
            rdatas = [_one_line(rdata) if sign in rdata else rdata for rdata in rdatas]
    return rdatas


def _one_line(rdata: str) -> str:
    return " ".join([token for token in _TOKEN.findall(rdata) if token[0] != ";"])


def _odd_rdata(types: Sequence[str], rdatas: Sequence[str]) -> set[int]:
    """Return the indices of records whose rdata is not plainly right."""
    by_type: dict[str, list[str]] = {rdtype: [] for rdtype in set(types)}
    add = {rdtype: column.append for rdtype, column in by_type.items()}
    for rdtype, rdata in zip(types, rdatas, strict=True):
        add[rdtype](rdata)
    by_type.pop("", None)
    odd: set[int] = set()
    for rdtype, column in by_type.items():
        wrong = odd_ones(rdtype, column)
        if wrong:
            indices = [i for i, other in enumerate(types) if other == rdtype]
            odd.update(indices[i] for i in wrong)
    return odd


def _odd_owners(owners: Sequence[str]) -> set[int]:
    """Return the indices of owners that are no names; the length of the whole is not judged."""
    joined = "\n".join(owners)
    if ".." in joined or "\n." in joined or joined[:1] == "." or max(map(len, owners)) > 63:
        return {i for i, owner in enumerate(owners) if not _OWNER.fullmatch(owner)}
    return set()


def _odd_ttls(ttls: Sequence[str]) -> set[int]:
    """Return the indices of TTLs that are none (RFC 2181 section 8)."""
    wrong = {ttl for ttl in set(ttls) if ttl and not _is_ttl(ttl)}
    return {i for i, ttl in enumerate(ttls) if ttl in wrong} if wrong else set()


def _is_ttl(text: str) -> bool:
    value = seconds(text)
    return value is not None and value <= MAX_TTL
