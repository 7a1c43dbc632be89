"""Whether CAA lets a CA issue for a name, for our account, by dns-01: sets in, a reason out.

Spec: RFC 8659 section 3 (the closest set counts), section 4.3 (issuewild); RFC 8657 (accounturi,
validationmethods).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_METHOD = "dns-01"
_KNOWN = frozenset({"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail"})
_CRITICAL = 128
_RDATA = re.compile(r'(\d{1,3}) ([A-Za-z0-9]+) (?:"((?:[^"\\]|\\.)*)"|(\S*))')
_ESCAPE = re.compile(r"\\(\d{3}|.)")


class Property(NamedTuple):
    """One CAA record. tag: lower case."""

    flags: int
    tag: str
    value: str


class Applicant(NamedTuple):
    """Who wants a certificate. identities: the CA's domains in CAA; account: its URL, or empty."""

    identities: Sequence[str]
    account: str


def read_properties(rdatas: Iterable[str]) -> list[Property]:
    """Return the CAA records of one owner; each in master-file text."""
    found = (_RDATA.fullmatch(rdata) for rdata in rdatas)
    return [
        Property(int(match[1]), match[2].lower(), _unescaped(match[3] or match[4] or ""))
        for match in found
        if match
    ]


def closest(name: str, sets: Mapping[str, Sequence[Property]]) -> tuple[str, Sequence[Property]]:
    """Return the owner and the set that counts for *name*, empty where there is none.

    name: absolute, without a wildcard's label.
    """
    while name:
        if sets.get(name):
            return name, sets[name]
        name = name.partition(".")[2]
    return "", ()


def why_not(
    properties: Sequence[Property], applicant: Applicant, *, is_wildcard: bool
) -> str | None:
    """Return why the set does not let *applicant* have a certificate, None where it does."""
    for each in properties:
        if each.flags & _CRITICAL and each.tag not in _KNOWN:
            return f"it has the critical property {each.tag}, which no CA knows"
    wild = [each for each in properties if each.tag == "issuewild"]
    issue = [each for each in properties if each.tag == "issue"]
    counted = wild if is_wildcard and wild else issue
    if not counted:
        return None
    ours = [each for each in counted if _issuer(each.value) in applicant.identities]
    if not ours:
        allowed = ", ".join(sorted({_issuer(each.value) or "nobody" for each in counted}))
        return f"it lets {allowed} issue, and not {' or '.join(applicant.identities)}"
    faults = [_fault(_parameters(each.value), applicant.account) for each in ours]
    return None if None in faults else faults[0]


def _fault(parameters: Mapping[str, str], account: str) -> str | None:
    methods = parameters.get("validationmethods")
    if methods is not None and _METHOD not in methods.split(","):
        return f"its validationmethods are {methods}, and {_METHOD} is not among them"
    uri = parameters.get("accounturi")
    if uri is not None and uri != account:
        ours = f"ours is {account}" if account else "we have no account there yet"
        return f"its accounturi is {uri}, and {ours}"
    return None


def _issuer(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _parameters(value: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in value.split(";")[1:])
    return {name.strip().lower(): text.strip() for name, sign, text in pairs if sign}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1])) if len(m[1]) == 3 else m[1], text)
