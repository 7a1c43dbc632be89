"""`$ORIGIN`, `$TTL`, `$INCLUDE` and `$GENERATE`: what an entry that begins with a dollar asks.

Spec: RFC 1035 section 5.1, RFC 2308 section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.rdata.canonical import MAX_TTL, seconds
from zonebuild.zonefile.entry import Problem, name_fault, name_key
from zonebuild.zonefile.lexer import Token


class Directive(NamedTuple):
    """A directive that was understood.

    kind: "$ORIGIN", "$TTL", "$INCLUDE" or "$GENERATE".
    name: for $ORIGIN the new origin, for $INCLUDE the file. ttl: seconds, for $TTL.
    origin: for $INCLUDE the origin that it gives to the file, None where it gives none.
    """

    kind: str
    name: str = ""
    ttl: int = 0
    origin: str | None = None


def read_directive(tokens: Sequence[Token], origin: str) -> tuple[Directive | None, list[Problem]]:
    """Return the directive that *tokens* make under *origin*, and what is wrong with it."""
    kind = tokens[0].text.upper()
    reader = _READERS.get(kind)
    if reader is None:
        known = ", ".join(_READERS)
        return None, [_problem("unknown-directive", tokens[0], "{} is not one of " + known)]
    return reader(tokens, origin)


def _problem(check: str, token: Token, message: str) -> Problem:
    return Problem(check, message.replace("{}", quoted(token.text), 1), token.line, token.column)


_Result = tuple[Directive | None, list[Problem]]


def _count(tokens: Sequence[Token], least: int, most: int, wanted: str) -> list[Problem]:
    if least <= len(tokens) - 1 <= most:
        return []
    return [_problem("bad-directive", tokens[0], f"{{}} wants {wanted}")]


def _origin(tokens: Sequence[Token], origin: str) -> _Result:
    problems = _count(tokens, 1, 1, "one name")
    if problems:
        return None, problems
    name, problems = _absolute_name(tokens[1], origin)
    return (Directive("$ORIGIN", name) if name else None), problems


def _absolute_name(token: Token, origin: str) -> tuple[str | None, list[Problem]]:
    name = name_key(token.text, origin)
    if name is None:
        fault = name_fault(token.text, origin)
        return None, [Problem("bad-name", fault, token.line, token.column)]
    if token.text == "@" or name == name_key(token.text, "."):
        return name, []
    message = (
        f"relative name {{}}: BIND reads {name}, NSD and Knot refuse it; "
        f"write {token.text}. or {name}"
    )
    dotted = name_key(f"{token.text}.", ".") or name
    # A name of this zone was surely meant: read so, what hangs on it brings no further errors.
    is_ours = dotted == origin or dotted.endswith(f".{origin}") or origin.endswith(f".{dotted}")
    return (dotted if is_ours else name), [_problem("relative-origin", token, message)]


def _ttl(tokens: Sequence[Token], origin: str) -> _Result:
    problems = _count(tokens, 1, 1, "one TTL")
    if problems:
        return None, problems
    value = seconds(tokens[1].text)
    if value is None or value > MAX_TTL:
        message = f"{{}} is no TTL from 0 to {MAX_TTL} seconds (RFC 2181 section 8)"
        return None, [_problem("bad-ttl", tokens[1], message)]
    return Directive("$TTL", ttl=value), []


def _include(tokens: Sequence[Token], origin: str) -> _Result:
    problems = _count(tokens, 1, 2, "a file and, if need be, an origin")
    if problems:
        return None, problems
    name = tokens[1].text[1:-1] if tokens[1].is_quoted else tokens[1].text
    given = None
    if len(tokens) == 3:
        given = name_key(tokens[2].text, origin)
        if given is None:
            fault = name_fault(tokens[2].text, origin)
            return None, [Problem("bad-name", fault, tokens[2].line, tokens[2].column)]
    return Directive("$INCLUDE", name, origin=given), []


def _generate(tokens: Sequence[Token], origin: str) -> _Result:
    return Directive("$GENERATE"), []


_READERS = {"$ORIGIN": _origin, "$TTL": _ttl, "$INCLUDE": _include, "$GENERATE": _generate}
