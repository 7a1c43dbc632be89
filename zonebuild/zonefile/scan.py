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
from itertools import accumulate, compress
from operator import not_

from zonebuild.rdata.canonical import MAX_TTL, TARGET_TOKEN, seconds
from zonebuild.rdata.grammar import FAST_TYPES, odd_ones

_Columns = list[Sequence[str]]
_TYPE_COLUMN, _RDATA_COLUMN, _ENCLOSED_COLUMN, _OTHER_COLUMN = 2, 3, 4, 5  # groups of _LINE

PIECE = 1 << 14  # characters

_WORD = r"!#-'*-:<-\[\]-~"  # printable ASCII but blank ; " ( ) and backslash
_QUOTED = r'"[ !#-\[\]-~]*+"'
_APART = rf'(?<![{_WORD}"]){_QUOTED}(?![{_WORD}"])'
_TYPES = "|".join([*FAST_TYPES, *(rdtype.lower() for rdtype in FAST_TYPES)])
_RDATA = "|".join(
    (
        rf"[\t {_WORD}]++",
        rf"(?:[{_WORD}]++[ \t]++){{0,2}}{_QUOTED}(?:[ \t]++{_QUOTED})*",
    )
)
_ENCLOSED = rf"[\t {_WORD}]*+\((?:[\t\n {_WORD}]++|{_APART}|;[^\n]*+)*\)"
_LINE = re.compile(
    rf"(@|[\w.*/-]*+)[ \t]++(?:(\d\w*+)[ \t]++)?(?:(?:IN|in)[ \t]++)?({_TYPES})[ \t]++"
    rf"(?:({_RDATA})|({_ENCLOSED}))[ \t]*+(?:;[^\n]*+)?\n|([^\n]*+)\n",
    re.ASCII,
)
_TOKEN = re.compile(r'"[^"]*+"|[^\s()";]++|;[^\n]*+')
NAMED = frozenset(TARGET_TOKEN) | {"SOA"}  # types whose rdata holds names, plain ones among them
_OWNER = re.compile(r"@|\.|(?:[\w*/-]{1,63}+(?:\.[\w*/-]{1,63}+)*\.?)?", re.ASCII)


@dataclass(slots=True)
class Piece:
    """The records and entries of a piece of text as columns; comments and blank lines are gone.

    types: the upper-case mnemonic of a plain record, "" for anything else, which is a stop.
    others: the line as it stands where it is no record, "" for records.
    lines: the 1-based source line on which each begins. next_line: the one behind the piece.
    more_lines: how many lines an item has behind its first, by its index, where it has any.
    longest_name: characters of the longest owner or rdata, in which there may be a name.
    stops: rising indices of what the careful way must read.
    """

    owners: Sequence[str]
    ttls: Sequence[str]
    types: Sequence[str]
    rdatas: Sequence[str]
    others: Sequence[str]
    lines: Sequence[int]
    next_line: int
    more_lines: dict[int, int]
    longest_name: int
    stops: list[int]

    def add_stops(self, indices: Sequence[int]) -> None:
        """Add *indices*, which rise and between which there is no stop."""
        place = bisect_left(self.stops, indices[0])
        self.stops[place:place] = indices

    def line_behind(self, index: int) -> int:
        """Return the line behind the last one of item *index*."""
        return self.lines[index] + 1 + self.more_lines.get(index, 0)


def piece_end(text: str, start: int) -> int:
    """Return the offset behind the line feed that ends the piece which begins at *start*."""
    return text.find("\n", start + PIECE) + 1 or len(text)


def scan_piece(text: str, start: int, end: int, line: int) -> Piece:
    """Return the columns of text[start:end], which begins on *line* and ends with a line feed."""
    next_line = line + text.count("\n", start, end)
    columns: _Columns = list(zip(*_LINE.findall(text, start, end), strict=True))
    count = len(columns[0])
    lines: Sequence[int] = range(line, next_line)
    if any(columns[_ENCLOSED_COLUMN]):
        lines = _join_entries(columns, line)
    others = columns[_OTHER_COLUMN]
    no_records = list(compress(range(count), map(not_, columns[_TYPE_COLUMN])))
    said_nothing = [i for i in no_records if not _is_entry(others[i])]
    if said_nothing:
        columns, lines = _without(said_nothing, columns, lines)
    return _piece(columns, lines, next_line) if lines else _nothing(next_line)


def _join_entries(columns: _Columns, line: int) -> Sequence[int]:
    """Put rdata in parentheses on one line, among the other rdata; return the lines of all."""
    enclosed, rdatas = columns[_ENCLOSED_COLUMN], list(columns[_RDATA_COLUMN])
    heights = [1] * len(rdatas)
    for i in compress(range(len(rdatas)), enclosed):
        rdatas[i] = _one_line(enclosed[i])
        heights[i] += enclosed[i].count("\n")
    columns[_RDATA_COLUMN] = rdatas
    return list(accumulate(heights, initial=line))


def _without(
    indices: Sequence[int], columns: _Columns, lines: Sequence[int]
) -> tuple[_Columns, Sequence[int]]:
    """Return the columns and the lines without *indices*: blank lines and comments."""
    wanted = bytearray(b"\1") * len(columns[0])
    for i in indices:
        wanted[i] = 0
    return [list(compress(column, wanted)) for column in columns], list(compress(lines, wanted))


def _nothing(next_line: int) -> Piece:
    return Piece((), (), (), (), (), (), next_line, {}, 0, [])


def _piece(columns: _Columns, lines: Sequence[int], next_line: int) -> Piece:
    owners, ttls, types, rdatas, enclosed, others = columns
    if not _TYPE_SET.issuperset(types):
        types = [rdtype.upper() for rdtype in types]
    more_lines = {i: enclosed[i].count("\n") for i in compress(range(len(types)), enclosed)}
    rdatas = _plain_spaces(rdatas)
    stops = set(compress(range(len(types)), others))
    stops |= _odd_rdata(types, rdatas) | _odd_owners(owners) | _odd_ttls(ttls)
    longest = max(max(map(len, owners)), max(map(len, rdatas)))
    return Piece(
        owners, ttls, types, rdatas, others, lines, next_line, more_lines, longest, sorted(stops)
    )


_TYPE_SET = frozenset(FAST_TYPES) | {""}


def _is_entry(other: str) -> bool:
    """Say whether *other* is more than blanks and a comment."""
    return other.lstrip(" \t")[:1] not in ("", ";")


def _plain_spaces(rdatas: Sequence[str]) -> Sequence[str]:
    """Return *rdatas* with one space between tokens, none at the end."""
    joined = "\n".join(rdatas)
    if " \n" in joined or "\t\n" in joined or joined[-1:] in (" ", "\t"):
        rdatas = list(map(str.rstrip, rdatas))
        joined = "\n".join(rdatas)
    for sign in ("\t", "  "):
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
