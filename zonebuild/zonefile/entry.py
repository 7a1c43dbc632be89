"""The careful way: the tokens of one entry into a record, or into what is wrong with them.

Spec: RFC 1035 section 5.1 (owner, TTL, class, type), RFC 2308 section 4 (TTL), RFC 2181 section
8 (TTL range), RFC 3597 section 5 (`TYPEn`, `CLASSn`, `\\#`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.rdata.canonical import MAX_TTL, is_usual, seconds
from zonebuild.rdata.forms import fault
from zonebuild.rdata.grammar import FAST_TYPES, is_plain
from zonebuild.rdata.types import type_mnemonic, type_number
from zonebuild.zonefile.lexer import Token, holds_quote

_CLASS = re.compile(r"IN|CH|HS|CS|ANY|NONE|CLASS\d+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\.")
_IN = ("IN", "CLASS1")
_WITH_PARAMETERS = ("SVCB", "HTTPS")


class Problem(NamedTuple):
    """What is wrong with an entry. line, column: 1-based.

    is_record: it is a record all the same.
    """

    check: str
    message: str
    line: int
    column: int
    is_record: bool = False


class Parts(NamedTuple):
    """The tokens of a record by what they say. ttl: seconds, None where none is written."""

    owner: Token | None
    ttl: int | None
    rdtype: str
    rdata: str
    first_rdata: Token


def split_record(tokens: Sequence[Token], *, is_indented: bool) -> Parts | Problem:
    """Return what the *tokens* of a record say; its rdata is not judged yet.

    is_indented: the entry begins with white space: its owner is the one before.
    """
    rest = list(tokens)
    owner = None if is_indented else rest.pop(0)
    ttl: int | None = None
    seen_class = False
    while rest:
        token = rest[0]
        if not seen_class and _CLASS.fullmatch(token.text):
            if token.text.upper() not in _IN:
                return _problem("wrong-class", token, "class {} is not IN")
            seen_class = True
        elif ttl is None and token.text[0].isdigit():
            ttl = seconds(token.text)
            if ttl is None or ttl > MAX_TTL:
                return _bad_ttl(token)
        else:
            return _typed(owner, ttl, rest)
        rest.pop(0)
    return _problem("missing-type", tokens[-1], "the entry ends behind {}: a type and its rdata")


def _bad_ttl(token: Token) -> Problem:
    wanted = f"a TTL is a number of seconds from 0 to {MAX_TTL}, or one like 1h30m"
    return _problem("bad-ttl", token, f"{{}} is no TTL: {wanted} (RFC 2181 section 8)")


def _problem(check: str, token: Token, message: str) -> Problem:
    return Problem(check, message.replace("{}", quoted(token.text), 1), token.line, token.column)


def _typed(owner: Token | None, ttl: int | None, rest: Sequence[Token]) -> Parts | Problem:
    token = rest[0]
    number = type_number(token.text)
    if number is None:
        return _problem("unknown-type", token, "{} is no type that a zone can hold")
    if len(rest) == 1 and number != 42:  # an APL list may be empty (RFC 3123 section 4)
        return _problem("rdata-syntax", token, "{} without rdata")
    rdata = " ".join(_without_blank(part) for part in rest[1:])
    parts = Parts(owner, ttl, type_mnemonic(number), rdata, rest[min(1, len(rest) - 1)])
    return (_glued_string(rest[1:]) if parts.rdtype not in _WITH_PARAMETERS else None) or parts


def _without_blank(token: Token) -> str:
    """Return the text of *token*, an escaped blank in a word as `\\032`: blanks part the tokens."""
    if token.is_quoted or "\\ " not in token.text:
        return token.text
    return _ESCAPED.sub(lambda match: "\\032" if match[0] == "\\ " else match[0], token.text)


def _glued_string(rdata: Sequence[Token]) -> Problem | None:
    """Return what to say of `key="value"`, which only service parameters are."""
    for token in rdata:
        if not token.is_quoted and holds_quote(token.text):
            return _problem("missing-space", token, 'no white space before the " in {}')
    return None


def rdata_problem(parts: Parts, origin: str) -> Problem | None:
    """Return what is wrong with the rdata of *parts*, None where it is right.

    origin: absolute; completes relative names.
    """
    if parts.rdtype in FAST_TYPES and is_plain(parts.rdtype, parts.rdata):
        if parts.rdtype in ("A", "AAAA", "TXT", "DS", "SSHFP", "TLSA", "CAA"):
            return None  # no name that the origin could make too long
        if len(parts.rdata) + len(origin) < 250:
            return None
    found = fault(parts.rdtype, parts.rdata, origin)
    if found is None:
        return None
    token = parts.first_rdata
    return Problem(found.check, found.message, token.line, token.column, found.is_record)


MAX_NAME = 255  # octets (RFC 1035 section 2.3.4); \DDD writes one in four characters
_PLAIN_NAME = re.compile(r"[\w*/-]{1,63}+(?:\.[\w*/-]{1,63}+)*\.?", re.ASCII)


def name_key(written: str, origin: str) -> str | None:
    """Return *written* absolute, lower case, in the usual spelling; None where it is no name.

    Spec: RFC 1035 sections 2.3.4 (63 octets a label, 255 a name) and 5.1 (escapes).
    """
    if written == "@":
        return origin
    if _PLAIN_NAME.fullmatch(written):
        ending = "" if written[-1] == "." else "." if origin == "." else f".{origin}"
        key = (written + ending).lower()
        return key if len(key) < MAX_NAME else None
    return _escaped_name(written, origin)


def _escaped_name(written: str, origin: str) -> str | None:
    from dns.exception import DNSException

    from zonebuild.rdata.canonical import normal_name

    if holds_quote(written) or len(written) > 4 * MAX_NAME:
        return None
    try:
        return normal_name(written, origin)
    except (DNSException, ValueError):
        return None


def usual_spelling(written: str, key: str) -> str:
    """Return *written*, a name whose `name_key` is *key*, with its escapes as they usually are.

    It stays relative unless its last character is an escaped dot: readers look for a dot there.
    """
    if is_usual(written):
        return written
    from_root = name_key(written, ".")
    if from_root is None or from_root in (key, "."):
        return key
    return key if from_root[-2] == "." else from_root[:-1]


def name_fault(written: str, origin: str) -> str:
    """Say why *written*, which `name_key` refuses, is no name."""
    labels = re.split(r"(?<!\\)\.", written.rstrip("."))
    long = next((label for label in labels if len(label) > 63 and "\\" not in label), None)
    if long is not None:
        return (
            f"label {quoted(long)} has {len(long)} octets, at most 63 fit (RFC 1035 section 2.3.4)"
        )
    if "" in labels:
        return f"name {quoted(written)} has an empty label (two dots, or one in front)"
    if len(written) + len(origin) >= MAX_NAME and (
        "\\" not in written or len(written) > 4 * MAX_NAME
    ):
        return f"name {quoted(written)} has more than 255 octets (RFC 1035 section 2.3.4)"
    return f"{quoted(written)} is not a domain name (RFC 1035 section 5.1)"
