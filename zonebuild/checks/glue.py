"""Addresses that a delegation needs beside it (RFC 9471)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import INFO, WARNING, Check, Fact
from zonebuild.checks.names import ancestors, is_below
from zonebuild.checks.place import BELOW_CUT, BELOW_DNAME
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part

MAX_REFERRAL = 512  # octets of a DNS message without EDNS (RFC 1035 section 4.2.1)
_ESCAPE = re.compile(r"\\(?:\d{3}|.)", re.ASCII)
_HEADER, _QUESTION, _RECORD, _POINTER = 12, 4, 10, 2  # octets; of a record without names, rdata
_IPV4, _IPV6 = 4, 16


def missing_sibling_glue(survey: Survey) -> Iterator[Fact]:
    """Find each NS at a cut whose target lies at or below another cut and has no address."""
    for row, target in survey.unaddressed[bits.NS]:
        cut, name = survey.owner(row), survey.names[target]
        if cut == survey.apex or name == cut or is_below(name, cut):
            continue
        other = _cut_of(survey, target)
        if other is not None:
            message = f"NS {name} of {cut} lies at or below another zone cut, {other}"
            mend = "and has no address here: add an A or AAAA record for it"
            yield Fact(row, f"{message}, {mend}", Part.RDATA)


def _cut_of(survey: Survey, target: int) -> str | None:
    """Return the zone cut that hides *target*, a name of the zone; None where none does."""
    name, place = survey.names[target], survey.places.of(target)
    if place & BELOW_DNAME:
        return None
    if place & BELOW_CUT:
        return survey.highest_holder(name, bits.NS_BIT)
    return name if survey.masks[target] & bits.NS_BIT and name != survey.apex else None


def referral_too_large(survey: Survey) -> Iterator[Fact]:
    """Find each delegation whose NS and glue do not fit into a message without EDNS.

    The question is the delegated name itself, the shortest there is. DS are not counted: whoever
    asks for them uses EDNS.
    """
    for owner, pairs in survey.once(Servers).by_owner.items():
        if owner != survey.apex_index:
            octets = _referral_octets(survey, owner, [target for _row, target in pairs])
            if octets > MAX_REFERRAL:
                message = f"a referral to {survey.names[owner]} takes {octets} octets"
                message += f", more than {MAX_REFERRAL}: name fewer servers, or with shorter names"
                yield Fact(pairs[0][0], message)


def _referral_octets(survey: Survey, owner: int, targets: list[int]) -> int:
    """Return the octets of a referral, its names compressed (RFC 1035 section 4.1.4)."""
    cut, known = survey.names[owner], set[str]()
    octets = _HEADER + _name_octets(cut, known) + _QUESTION
    for target in targets:
        octets += _POINTER + _RECORD + _name_octets(survey.names[target], known)
    for target in targets:
        if is_below(survey.names[target], cut) or target == owner:
            for address in survey.once(Servers).addresses.get(target, ()):
                octets += _POINTER + _RECORD + (_IPV6 if ":" in address.text else _IPV4)
    return octets


def _name_octets(name: str, known: set[str]) -> int:
    """Return what *name* takes behind the names that are *known*, and add it to them."""
    octets = 0
    for here, above in zip((name, *ancestors(name)), ancestors(name), strict=False):
        if here in known:
            return octets + _POINTER
        known.add(here)
        label = _ESCAPE.sub("x", here[: len(here) - len(above)])
        octets += len(label) + (above == ".")  # its length stands where its dot was
    return octets + 1


_NAMES = [f"ns{number:02}.a-provider-with-a-long-name-{number:02}.net." for number in range(13)]

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="missing-sibling-glue", numbers=("Z051",), severity=WARNING, refused_by="K",
        spec="RFC 9471 section 2.2", find=missing_sibling_glue, about=(bits.NS,),
        why="Resolvers must first find the other zone, and two that lean on each other are lost.",
        bad="sub NS ns.example.net.\nother NS ns.sub\n",
        good="sub NS ns.example.net.\nother NS ns.sub\nns.sub A 192.0.2.2\n",
    ),
    Check(
        name="referral-too-large", numbers=("Z067",), severity=INFO, refused_by="",
        spec="RFC 1912 section 2.8, RFC 1035 section 4.2.1", find=referral_too_large,
        about=(bits.NS,),
        why="Resolvers without EDNS ask again by TCP, at every step to the zone.",
        bad="".join(f"sub NS {name}\n" for name in _NAMES),
        good="".join(f"sub NS {name}\n" for name in _NAMES[:6]),
    ),
)
# fmt: on
