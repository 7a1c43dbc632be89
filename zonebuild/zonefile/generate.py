"""`$GENERATE` into the lines that it stands for (BIND's directive; Knot and NSD have none).

`$GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE RDATA`, where `$` in OWNER and RDATA is the
number, `${OFFSET[,WIDTH[,BASE]]}` the number plus OFFSET in at least WIDTH digits of BASE (d, o,
x, X; n and N: nibbles in reverse with dots), and `\\$` or `$$` a dollar sign. RDATA of several
words stands in quotes, which are not part of it. Equal to BIND 9.18 by a differential test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.zonefile.entry import Parts, Problem, split_record
from zonebuild.zonefile.lexer import Token

MAX_STEPS = 65_536
_MAX_WIDTH = 126  # BIND's buffer
_MAX_NUMBER = 2**31 - 1  # BIND counts in C's int
_RANGE = re.compile(r"(\d{1,10})-(\d{1,10})(?:/(\d{1,10}))?", re.ASCII)
_PART = re.compile(r"(?P<escape>\\.)|(?P<dollar>\$\$)|\$\{(?P<modifier>[^}]*)\}|(?P<number>\$)")
_MODIFIER = re.compile(r"([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?", re.ASCII)


class _Span(NamedTuple):
    start: int
    stop: int
    step: int


class _Number(NamedTuple):
    """How the number is written. width: least characters, for nibbles with the dots."""

    offset: int = 0
    width: int = 0
    base: str = "d"

    def write(self, number: int) -> str:
        value = number + self.offset
        if self.base != "d":
            value &= 0xFFFF_FFFF
        if self.base in "nN":
            return _nibbles(value, self.width, self.base)
        return format(value, f"0{self.width}{self.base}")


def expand(tokens: Sequence[Token], *, room: int) -> str | Problem:
    """Return the lines, each with its line feed, that a `$GENERATE` entry stands for.

    tokens: all of the entry, the directive first. room: octets that the lines may take.
    Errors: a Problem for what BIND refuses, more than MAX_STEPS steps, or too much text.
    """
    if len(tokens) < 5 or tokens[-1].line != tokens[0].line:
        message = "$GENERATE wants START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE RDATA on one line"
        return Problem("bad-generate", message, tokens[0].line, tokens[0].column)
    span = _read_span(tokens[1])
    if isinstance(span, Problem):
        return span
    record = split_record(tokens[2:], is_indented=False)
    if isinstance(record, Problem):
        return record
    if tokens[-1] != record.first_rdata:
        message = f'write rdata of several words in quotes, as BIND wants it: "{record.rdata}"'
        return _problem(record.first_rdata, message)
    return _lines(tokens, record, span, room)


def _lines(tokens: Sequence[Token], record: Parts, span: _Span, room: int) -> str | Problem:
    owner = _split(tokens[2].text, span, dollar="\\$")
    rdata = _split(_without_quotes(record.first_rdata), span, dollar="$")
    for parts, token in ((owner, tokens[2]), (rdata, record.first_rdata)):
        if isinstance(parts, str):
            return _problem(token, parts)
    between = " ".join(token.text for token in tokens[3:-1])
    parts = [*owner, f" {between} ", *rdata, "\n"]
    numbers = range(span.start, span.stop + 1, span.step)
    if len(numbers) * sum(map(_longest, parts)) > room:
        return _problem(tokens[1], f"$GENERATE would make over {room} octets of text")
    return "".join(_write(part, number) for number in numbers for part in parts)


def _problem(token: Token, message: str) -> Problem:
    return Problem("bad-generate", message, token.line, token.column)


def _read_span(token: Token) -> _Span | Problem:
    match = _RANGE.fullmatch(token.text)
    if match is None:
        return _problem(token, f"{quoted(token.text)} is no range START-STOP[/STEP]")
    span = _Span(int(match[1]), int(match[2]), int(match[3] or 1))
    if max(span) > _MAX_NUMBER:
        return _problem(token, f"range {quoted(token.text)} goes over {_MAX_NUMBER}")
    if span.start > span.stop or span.step == 0:
        return _problem(token, f"range {quoted(token.text)} is empty")
    if (span.stop - span.start) // span.step + 1 > MAX_STEPS:
        return _problem(token, f"range {quoted(token.text)} has over {MAX_STEPS} steps")
    return span


def _without_quotes(token: Token) -> str:
    return token.text[1:-1].replace('\\"', '"') if token.is_quoted else token.text


def _split(text: str, span: _Span, *, dollar: str) -> list[str | _Number] | str:
    """Return the parts of *text*, or what is wrong with it.

    dollar: how a dollar sign is written; one in front of a line would begin a directive.
    """
    parts: list[str | _Number] = []
    position = offset = 0
    for match in _PART.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        if match["escape"]:
            parts.append(match["escape"])
        elif match["dollar"]:
            parts.append(dollar)
        else:
            number = _Number() if match["number"] else _modifier(match["modifier"])
            if number is None or text[match.end() - 1 : match.end() + 1] == "${":
                found = quoted(text[match.start() : match.end() + 10])
                return f"{found} is no ${{OFFSET,WIDTH,BASE}}"
            if not -_MAX_NUMBER <= number.offset <= _MAX_NUMBER - span.stop:
                return f"{quoted(match[0])} goes over {_MAX_NUMBER}"
            if match["number"] and offset:
                return f"a $ behind ${{{offset}}}: BIND adds {offset} to it, too; write ${{0}}"
            offset = number.offset
            parts.append(number)
    return [*parts, text[position:]]


def _modifier(text: str) -> _Number | None:
    match = _MODIFIER.fullmatch(text)
    if match is None or int(match[2] or 0) > _MAX_WIDTH:
        return None
    return _Number(int(match[1]), int(match[2] or 0), match[3] or "d")


def _longest(part: str | _Number) -> int:
    """Return the most octets that *part* takes; the longest number is 11 octal digits."""
    return len(part) if isinstance(part, str) else max(part.width, 16)


def _write(part: str | _Number, number: int) -> str:
    return part if isinstance(part, str) else part.write(number)


def _nibbles(value: int, width: int, base: str) -> str:
    """Return *value* as hex nibbles, the lowest first, with dots.

    width: counts digits and dots; an even one ends with a dot, as in BIND.
    """
    digits = format(value, "x" if base == "n" else "X")[::-1].ljust((width + 1) // 2, "0")
    return ".".join(digits) + ("." if width % 2 == 0 and width >= 2 * len(digits) else "")
