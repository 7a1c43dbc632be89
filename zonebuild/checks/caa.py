"""Which CAs may issue certificates: CAA (RFC 8659)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.checks.texts import strings_of
from zonebuild.diagnostic import Part, quoted
from zonebuild.rdata.canonical import canonical_text

CAA = 257
_CRITICAL = 128
_LONGEST_SLIP = 300  # characters

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*+(?<!-))?"
_PARAMETER = r"[A-Za-z0-9]++[ \t]*=[ \t]*[!-:<-~]*+[ \t]*"
_ISSUER = re.compile(
    rf"[ \t]*(?P<issuer>{_LABEL}(?:\.{_LABEL})*)?[ \t]*"
    rf"(?:;[ \t]*(?:{_PARAMETER}(?:;[ \t]*{_PARAMETER})*)?)?"
)


class _Tag(NamedTuple):
    """What one tag takes, in words and as a pattern, and where it is defined."""

    wanted: str
    spec: str
    pattern: re.Pattern[str]


_ISSUE = 'a CA\'s domain and perhaps ";" and NAME=VALUE parameters, or ";" for no CA'
_URL = "a URL that begins with mailto:, http: or https:"
_TAGS: dict[str, _Tag] = {
    "issue": _Tag(_ISSUE, "RFC 8659 section 4.2", _ISSUER),
    "issuewild": _Tag(_ISSUE, "RFC 8659 section 4.3", _ISSUER),
    "issuemail": _Tag(_ISSUE, "RFC 9495 section 4", _ISSUER),
    "issuevmc": _Tag(_ISSUE, "RFC 8659 section 4.2", _ISSUER),
    "iodef": _Tag(
        _URL,
        "RFC 8659 section 4.4",
        re.compile(r"(?:mailto:[^@\s]+@[^@\s]+|https?://[^\s/]\S*)", re.IGNORECASE | re.ASCII),
    ),
    "contactemail": _Tag(
        "a mail address",
        "CA/Browser Forum Baseline Requirements A.1.1",
        re.compile(r"[^@\s]+@[^@\s]+"),
    ),
    "contactphone": _Tag(
        "a phone number",
        "CA/Browser Forum Baseline Requirements A.1.2",
        re.compile(r"[+\d][\d ().;=A-Za-z+-]*"),
    ),
}
_ISSUING = frozenset({"issue", "issuewild", "issuemail", "issuevmc"})

# Common slips in what names a CA, and what was meant.
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(slip, re.ASCII | re.IGNORECASE), meant)
    for slip, meant in (
        (r"\s*https?://(?:www\.)?([^/\s;]+)/*\s*", r"\1"),
        (r"\s*([^\s;]+)\.\s*", r"\1"),
        (r"\s*([^\s;]+)\.\s*;(.*)", r"\1;\2"),
        (r"(.*[^\s;])[\s;]+", r"\1"),
    )
)


class _Property(NamedTuple):
    """One CAA record. tag: in lower case; value: its escapes read."""

    flags: int
    tag: str
    value: str

    @property
    def issuer(self) -> str | None:
        """The CA that may issue, in lower case; "" for none, None where nobody can tell."""
        match = _ISSUER.fullmatch(self.value)
        return (match["issuer"] or "").lower() if match else None


@lru_cache(maxsize=1024)
def _property(rdata: str) -> _Property:
    flags, tag, value = canonical_text("CAA", rdata, ".").split(" ", 2)
    return _Property(int(flags), tag.lower(), "".join(strings_of(value)))


def _unusual(survey: Survey) -> list[tuple[int, _Property]]:
    """Return row and property of each CAA that is not plainly right."""
    return [(row, _property(rdata)) for row, _origin, rdata in survey.unusual(CAA)]


def _sets(survey: Survey) -> dict[int, list[tuple[int, _Property]]]:
    """Return the CAA sets by owner, without what a cut or a DNAME hides."""
    found: dict[int, list[tuple[int, _Property]]] = {}
    for row, _origin, rdata in survey.rdatas(survey.rows_of(CAA)):
        found.setdefault(survey.records.owners[row], []).append((row, _property(rdata)))
    return {owner: said for owner, said in found.items() if survey.is_ours(owner)}


def unknown_flags(survey: Survey) -> Iterator[Fact]:
    """Find each CAA with flags that mean nothing."""
    for row, said in survey.once(_unusual):
        if said.flags not in (0, _CRITICAL):
            message = f"CAA flags {said.flags} of {survey.owner(row)} mean nothing"
            yield Fact(row, f"{message}: write 0, or 128 for critical", Part.RDATA)


def unknown_tag(survey: Survey) -> Iterator[Fact]:
    """Find each CAA whose tag no CA knows."""
    for row, said in survey.once(_unusual):
        if said.tag not in _TAGS:
            near = get_close_matches(said.tag[:_LONGEST_SLIP], _TAGS, 1)
            mend = f"write {near[0]}" if near else f"they are {', '.join(_TAGS)}"
            follows = ", and being critical it forbids them all" if said.flags & _CRITICAL else ""
            message = f"CAA tag {quoted(said.tag)} of {survey.owner(row)} is none that CAs know"
            yield Fact(row, f"{message}{follows}: {mend}", Part.RDATA)


def wrong_value(survey: Survey) -> Iterator[Fact]:
    """Find each CAA whose value is not what its tag takes."""
    for row, said in survey.once(_unusual):
        tag = _TAGS.get(said.tag)
        if tag and not tag.pattern.fullmatch(said.value):
            meant = _meant(said.value) if said.tag in _ISSUING else _meant_url(said.value)
            mend = f"; write {quoted(meant, 255)}" if meant else ""
            message = f"CAA {said.tag} takes {tag.wanted}, not {quoted(said.value)}{mend}"
            yield Fact(row, f"{message} ({tag.spec})", Part.RDATA)


def _meant(value: str) -> str | None:
    """Return the value that was meant by a wrong one of _ISSUING, where that is plain."""
    for slip, replacement in _SLIPS if len(value) <= _LONGEST_SLIP else ():
        match = slip.fullmatch(value)
        meant = match.expand(replacement) if match else ""
        if meant and _ISSUER.fullmatch(meant):
            return meant
    return None


def _meant_url(value: str) -> str | None:
    meant = f"mailto:{value}"
    is_address = "/" not in value and ":" not in value
    return meant if is_address and _TAGS["iodef"].pattern.fullmatch(meant) else None


def none_and_issuer(survey: Survey) -> Iterator[Fact]:
    """Find each CAA for no CA beside one of the same tag that names a CA."""
    for rows in survey.rrsets.get(CAA, ()):
        properties = [(row, _property(survey.repeated_texts[row][1])) for row in rows]
        if len({said.tag for _row, said in properties}) == len(rows):
            continue
        none = [(row, said.tag) for row, said in properties if said.issuer == ""]
        named = {said.tag: row for row, said in properties if said.tag in _ISSUING and said.issuer}
        for row, tag in none if survey.is_ours(survey.records.owners[rows[0]]) else ():
            if tag in named:
                message = f'CAA {tag} ";" of {survey.owner(row)} forbids nothing'
                mend = "another CAA names a CA; remove one of them"
                notes = ((named[tag], "this CA may issue"),)
                yield Fact(row, f"{message}: {mend}", Part.RDATA, notes)


def without_issue(survey: Survey) -> Iterator[Fact]:
    """Find each CAA set that restricts no CA for certificates of hosts."""
    for owner, properties in survey.once(_sets).items():
        if not any(said.tag in ("issue", "issuewild") for _row, said in properties):
            message = f"CAA of {survey.names[owner]} has no issue, so every CA may issue"
            yield Fact(properties[0][0], f'{message}: add CAA 0 issue "…", or ";" for none')


def without_issuewild(survey: Survey) -> Iterator[Fact]:
    """Find each CAA set that lets its CAs issue for wildcards without saying so."""
    for owner, properties in survey.once(_sets).items():
        tags = {said.tag for _row, said in properties}
        issuing = [row for row, said in properties if said.tag == "issue" and said.issuer]
        if issuing and "issuewild" not in tags:
            message = f"CAA of {survey.names[owner]} has no issuewild, so issue holds for wildcards"
            yield Fact(issuing[0], f'{message}: add CAA 0 issuewild "…", or ";" for none')


def forbids_our_issuer(survey: Survey) -> Iterator[Fact]:
    """Find each CAA set that names CAs for hosts, and none that the site asks.

    A set for no CA at all (`issue ";"`) is meant so. Below the apex it weighs less: somebody else
    may run that host. Which wildcards the site wants is not known here: issuewild is not judged.
    """
    ours = {name.lower().rstrip(".") for name in survey.settings.issuers}
    for owner, properties in survey.once(_sets).items() if ours else ():
        reason = _refusal(properties, ours)
        if reason:
            row, what = reason
            asked = ", ".join(sorted(ours))
            message = f"CAA of {survey.names[owner]} {what}, so {quoted(asked)} may not issue"
            mend = f'add CAA 0 issue "{min(ours)}"' if "names" in what else "remove it"
            is_apex = owner == survey.apex_index
            severity = ERROR if is_apex else WARNING
            yield Fact(row, f"{message}: {mend}", Part.RDATA, severity=severity)


def _refusal(properties: list[tuple[int, _Property]], ours: set[str]) -> tuple[int, str] | None:
    """Return the row for which no CA of *ours* may issue, and what it does."""
    for row, said in properties:
        if said.tag not in _TAGS and said.flags & _CRITICAL:
            return row, f"has the critical tag {quoted(said.tag)}, which no CA knows"
    issuing = [(row, said.issuer) for row, said in properties if said.tag == "issue"]
    others = [(row, issuer) for row, issuer in issuing if issuer != ""]
    if not others or any(issuer in ours for _row, issuer in others):
        return None
    return others[0][0], "names only other CAs"


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="caa-flags", numbers=("Z087",), severity=WARNING, refused_by="",
        spec="RFC 8659 section 4.1", find=unknown_flags, about=(CAA,),
        why="Only 128, critical, has a meaning; 1 is an old misreading of it.",
        bad='@ CAA 1 issue "ca.example.net"\n',
        good='@ CAA 128 issue "ca.example.net"\n',
    ),
    Check(
        name="caa-unknown-tag", numbers=("Z087",), severity=WARNING, refused_by="",
        spec="RFC 8659 section 7.2", find=unknown_tag, about=(CAA,),
        why="CAs pass over it, or, where it is critical, refuse every certificate.",
        bad='@ CAA 0 issues "ca.example.net"\n',
        good='@ CAA 0 issue "ca.example.net"\n',
    ),
    Check(
        name="caa-value", numbers=("Z087",), severity=WARNING, refused_by="",
        spec="RFC 8659 section 4.2", find=wrong_value, about=(CAA,),
        why="What names no CA allows none: the next certificate is refused.",
        bad='@ CAA 0 issue "https://ca.example.net/"\n',
        good='@ CAA 0 issue "ca.example.net"\n',
    ),
    Check(
        name="caa-none-and-issuer", numbers=("Z087",), severity=WARNING, refused_by="",
        spec="RFC 8659 section 4.2", find=none_and_issuer, about=(CAA,),
        why="The CAs of a set add up: beside a name, \";\" forbids nothing.",
        bad='@ CAA 0 issue ";"\n@ CAA 0 issue "ca.example.net"\n',
        good='@ CAA 0 issue "ca.example.net"\n@ CAA 0 issuewild ";"\n',
    ),
    Check(
        name="caa-without-issue", numbers=("Z087",), severity=INFO, refused_by="",
        spec="RFC 8659 section 4.2", find=without_issue, about=(CAA,),
        why="CAA records that restrict no CA restrict nothing.",
        bad='@ CAA 0 iodef "mailto:hostmaster@example.org"\n',
        good='@ CAA 0 iodef "mailto:hostmaster@example.org"\n@ CAA 0 issue ";"\n',
    ),
    Check(
        name="caa-without-issuewild", numbers=("Z087",), severity=WARNING, refused_by="",
        is_off=True, spec="RFC 8659 section 4.3", find=without_issuewild, about=(CAA,),
        why="Whoever may issue for a host may issue for all hosts at once.",
        bad='@ CAA 0 issue "ca.example.net"\n',
        good='@ CAA 0 issue "ca.example.net"\n@ CAA 0 issuewild ";"\n',
    ),
    Check(
        name="caa-forbids-our-issuer", numbers=("Z088",), severity=ERROR, refused_by="",
        spec="RFC 8659 section 3", find=forbids_our_issuer, about=(CAA,),
        why="The CA that the site asks will refuse, most often at the next renewal.",
        bad='@ CAA 0 issue "other.example"\n',
        good='@ CAA 0 issue "ca.example.net"\n',
    ),
)
# fmt: on
