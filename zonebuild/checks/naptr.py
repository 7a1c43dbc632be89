"""NAPTR: flags, services, and the rule that rewrites a name (RFC 3403, RFC 3402 section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.ere import ere_fault
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.rdata.canonical import parse

if TYPE_CHECKING:
    from dns.rdtypes.IN import NAPTR

_NAPTR = 35
_NO_DELIMITER = frozenset("0123456789\\i")
_TOKEN = re.compile(r"\\.|.", re.DOTALL)
_GROUP = re.compile(r"\\.|\[\^?\]?[^\]]*\]|(\()", re.DOTALL)
_REFERENCE = re.compile(r"\\(.)", re.DOTALL)


class _Rule(NamedTuple):
    """The strings of a NAPTR, each octet a character."""

    flags: str
    services: str
    regexp: str
    replacement: str


def bad_naptr_regexp(survey: Survey) -> Iterator[Fact]:
    """Find each NAPTR whose regular expression is not `!ERE!REPLACEMENT!`, perhaps with an `i`."""
    for row, rule in _rules(survey):
        fault = regexp_fault(rule.regexp) if rule.regexp else None
        if fault:
            message = f"NAPTR regular expression {quoted(rule.regexp)} {fault}"
            yield Fact(row, f"{message}: write it like !^.*$!sip:info@example.org!", Part.RDATA)


def regexp_fault(regexp: str) -> str | None:
    """Say what is wrong with *regexp*, not empty, each octet a character; None where nothing is.

    Whether the expression itself is a POSIX one is the question of `naptr_regexp_not_posix`.
    Spec: RFC 3402 section 3.2.
    """
    delimiter = regexp[0]
    if delimiter in _NO_DELIMITER:
        return f"begins with {quoted(delimiter)}, which cannot be its delimiter"
    parts = _split(regexp)
    if len(parts) != 3:
        return f"has {len(parts)} delimiters {quoted(delimiter)}, want 3"
    matched, substitution, rest = parts
    if not matched:
        return "matches nothing: there is no expression between its delimiters"
    if rest.strip("i"):
        return f"ends with {quoted(rest)}: i is the only flag"
    groups = sum(1 for group in _GROUP.findall(matched) if group)
    wrong = [
        n for n in _REFERENCE.findall(substitution) if n.isdigit() and not 0 < int(n) <= groups
    ]
    return f"names the group {wrong[0]} of {groups}" if wrong else None


def _split(regexp: str) -> list[str]:
    """Return what stands between the delimiters of *regexp*, behind the first of them."""
    parts = [""]
    for token in _TOKEN.findall(regexp[1:]):
        if token == regexp[0]:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def naptr_regexp_not_posix(survey: Survey) -> Iterator[Fact]:
    """Find each NAPTR whose expression is none of POSIX, where all else of it is right."""
    for row, rule in _rules(survey):
        if not rule.regexp or regexp_fault(rule.regexp):
            continue
        matched = _split(rule.regexp)[0].replace(f"\\{rule.regexp[0]}", rule.regexp[0])
        fault = ere_fault(matched)
        if fault:
            what = "POSIX leaves undefined" if fault.is_undefined else "no library takes"
            message = f"NAPTR expression {quoted(matched)} {fault.said}, which {what}"
            mend = "write a POSIX extended regular expression"
            severity = WARNING if fault.is_undefined else ERROR
            yield Fact(row, f"{message}: {mend}", Part.RDATA, severity=severity)


def naptr_contradiction(survey: Survey) -> Iterator[Fact]:
    """Find each NAPTR whose flags, expression and replacement do not go together."""
    for row, rule in _rules(survey):
        for fault in _faults(rule):
            yield Fact(row, f"NAPTR {fault}", Part.RDATA)


def _faults(rule: _Rule) -> Iterator[str]:
    flags = rule.flags.lower()
    if flags.strip("saup") or len(flags) > 1:
        yield f"flags {quoted(rule.flags)}: write one of s, a, u and p, or nothing"
        return
    if rule.regexp and rule.replacement != ".":
        yield f'has an expression and the replacement {rule.replacement}: keep one, write . or ""'
    elif flags == "u" and not rule.regexp:
        yield 'flag "u" without an expression, which makes the URI: add one'
    elif flags in ("s", "a") and not rule.regexp and rule.replacement == ".":
        yield f"flag {quoted(flags)} without a name to go on with: put it in place of the final ."
    if re.search(r"[^!-~]", rule.services):
        yield f"services {quoted(rule.services)}: write them without blanks, like E2U+sip"


def _rules(survey: Survey) -> Iterator[tuple[int, _Rule]]:
    for row, origin, rdata in survey.rdatas(list(survey.rows_of(_NAPTR))):
        parsed = cast("NAPTR.NAPTR", parse("NAPTR", rdata, origin))
        flags, services, regexp = (
            octets.decode("latin-1") for octets in (parsed.flags, parsed.service, parsed.regexp)
        )
        yield row, _Rule(flags, services, regexp, parsed.replacement.to_text())


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="bad-naptr-regexp", numbers=("Z104",), severity=ERROR, refused_by="B",
        spec="RFC 3402 section 3.2, RFC 3403 section 4.1", find=bad_naptr_regexp, about=(_NAPTR,),
        why="BIND refuses it; clients drop the rule, and the number leads nowhere.",
        bad='ns NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org" .\n',
        good='ns NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .\n',
    ),
    Check(
        name="naptr-regexp-not-posix", numbers=("Z104",), severity=ERROR, refused_by="B",
        spec="RFC 3402 section 3.2, IEEE Std 1003.1 section 9.4", find=naptr_regexp_not_posix,
        about=(_NAPTR,),
        why="Clients whose library refuses the expression drop the rule; others match another way.",
        bad='ns NAPTR 100 10 "u" "E2U+sip" "!^\\\\+(\\\\d+)$!sip:\\\\1@example.org!" .\n',
        good='ns NAPTR 100 10 "u" "E2U+sip" "!^\\\\+([0-9]+)$!sip:\\\\1@example.org!" .\n',
    ),
    Check(
        name="naptr-contradiction", numbers=("Z104",), severity=ERROR, refused_by="",
        spec="RFC 3403 section 4.1, RFC 3404 section 4.3", find=naptr_contradiction,
        about=(_NAPTR,),
        why="Clients treat such a rule as if it was not there.",
        bad='ns NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" ns\n',
        good='ns NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .\n',
    ),
)
# fmt: on
