"""Names that should be host names, and labels that look like something else (RFC 1123)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import compress

from zonebuild.checks import bits, forgotten_dots
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.hosts import LABEL, odd_signs, odd_targets
from zonebuild.checks.literals import address_meant
from zonebuild.checks.place import OUTSIDE
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.model import type_bit

_HOST_OWNERS = frozenset({bits.A, bits.AAAA, bits.MX})  # types whose owner is a host or a domain
_HOST_OWNER_BITS = bits.ADDRESS_BITS | type_bit(bits.MX)

_BELOW_APEX = re.compile(rf"(?:{LABEL}|\*)(?:\.(?:{LABEL}|\*))*")
_OUTER_HYPHEN = re.compile(r"-\.|(?:\A|\.)-")
_HOST = re.compile(rf"(?:{LABEL}\.)+|\.")
# Where the RFCs, or Active Directory, want addresses below an underscore; BIND knows them too.
_WANTED_UNDERSCORE = re.compile(r"gc\._msdcs|(?:.*\.)?_spf(?:_rate|_verify)?")

_WANTED_LABELS = "want letters, digits and inner hyphens"
_WILDCARD_INSIDE = ".*."
_MARKS = {mark: re.compile(re.escape(mark)) for mark in ("*", "--")}
_R_LDH = re.compile(r"(?:^|\.)(?!xn--)[^.]{2}--")


def owner_not_host_name(survey: Survey) -> Iterator[Fact]:
    """Find each owner of A, AAAA or MX that is no host name."""
    odd = [i for i in _with_odd_signs(survey) if not _is_host_owner(survey, i)]
    said = survey.name_servers if odd else ()  # the NS that names it is told
    odd = [i for i in odd if i not in said and not survey.places.of(i)]
    for owner, rows in survey.rows_at(odd).items():
        row = next(row for row in rows if survey.records.rdtypes[row] in _HOST_OWNERS)
        message = f"owner {survey.names[owner]} of {survey.type_of(row)} is not a host name"
        yield Fact(row, f"{message}: {_WANTED_LABELS}")


def _with_odd_signs(survey: Survey) -> list[int]:
    """Return the owners of hosts with more than letters, digits and hyphens between them."""
    wanted = {mask for mask in survey.kinds if mask & _HOST_OWNER_BITS}
    is_wanted = list(map(wanted.__contains__, survey.masks))
    names = list(compress(survey.names, is_wanted))
    signs = odd_signs("\n".join(["", *names]))
    if not signs:
        return []
    holders, odd = list(compress(range(len(is_wanted)), is_wanted)), set[int]()
    for sign in signs:
        has_sign = (
            [sign in name for name in names] if sign != "-" else map(_OUTER_HYPHEN.search, names)
        )
        odd.update(compress(holders, has_sign))
    return sorted(odd)


def _is_host_owner(survey: Survey, index: int) -> bool:
    name, apex = survey.names[index], survey.apex
    if index == survey.apex_index:
        return True
    below = name[:-1] if apex == "." else name[: -len(apex) - 1]
    return bool(_BELOW_APEX.fullmatch(below) or _WANTED_UNDERSCORE.fullmatch(below))


def target_not_host_name(survey: Survey) -> Iterator[Fact]:
    """Find each target of MX and SRV that no host can be called; addresses are found elsewhere."""
    odd = {i for i in odd_targets(survey) if not _HOST.fullmatch(survey.names[i])}
    for rdtype in (bits.MX, bits.SRV) if odd else ():
        for row, target in zip(*survey.pointing(rdtype), strict=True):
            if target in odd and not _is_said(survey, row, target):
                yield _bad_target(survey.type_of(row), row, survey.names[target])


def _is_said(survey: Survey, row: int, target: int) -> bool:
    """Say whether another check speaks of *target*, or of the owner of *row*."""
    if survey.places.of(survey.records.owners[row]) or address_meant(survey, row, target):
        return True
    if survey.masks[target]:
        return not survey.places.of(target) & OUTSIDE  # the owner there is no host name
    return survey.is_ours(target) and survey.source_of(target) is None


def _bad_target(rdtype: str, row: int, name: str) -> Fact:
    """Return the fact of a target; with an underscore it works in most places."""
    is_mild = _HOST.fullmatch(name.replace("_", "x")) is not None
    message = f"{rdtype} target {quoted(name, 255)} is not a host name: {_WANTED_LABELS}"
    return Fact(row, message, Part.RDATA, severity=WARNING if is_mild else ERROR)


def wildcard_inside_name(survey: Survey) -> Iterator[Fact]:
    """Find each owner with a label `*` that is not its first."""
    for owner, rows in survey.rows_at(_owners_with(survey, _WILDCARD_INSIDE)).items():
        message = f'owner {survey.names[owner]} has a "*" that is not its first label'
        yield Fact(rows[0], f"{message}: it stands for itself there and matches nothing else")


def reserved_hyphens(survey: Survey) -> Iterator[Fact]:
    """Find each owner with a label whose third and fourth characters are hyphens, `xn--` aside."""
    odd = [i for i in _owners_with(survey, "--") if _R_LDH.search(survey.names[i])]
    for owner, rows in survey.rows_at(odd).items():
        message = f'owner {survey.names[owner]} has a label with "--" in its third place'
        yield Fact(rows[0], f"{message}: such labels are reserved, only xn-- has a meaning")


def _owners_with(survey: Survey, sign: str) -> list[int]:
    """Return the names that own something, that nothing hides, and that have *sign* in them.

    sign: without letters. Where no text has an escape and no origin the sign, few rows are asked.
    """
    blocks, names, mark = survey.records.blocks, survey.names, sign.strip(".")
    if any("\\" in block.text or mark in block.origin for block in blocks):
        found = {i for i, name in enumerate(names) if sign in name and survey.masks[i]}
    elif any(mark in block.text for block in blocks):
        rows = [row for row, _match in survey.search(_MARKS[mark])]
        owners = {survey.records.owners[row] for row in rows}
        found = {i for i in owners if sign in names[i]}
    else:
        return []
    return [i for i in sorted(found) if not survey.places.of(i)]


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="owner-not-host-name", numbers=("Z110",), severity=WARNING, refused_by="",
        spec="RFC 1123 section 2.1, RFC 952", find=owner_not_host_name,
        about=(bits.A, bits.AAAA, bits.MX),
        why="Some resolvers, mail servers and libraries refuse to look such a host up.",
        bad="web_1 A 192.0.2.2\n", good="web-1 A 192.0.2.2\n",
    ),
    Check(
        name="target-not-host-name", numbers=("Z113",), severity=ERROR, refused_by="",
        spec="RFC 1123 section 2.1, RFC 5321 section 2.3.5, RFC 2782", find=target_not_host_name,
        about=(bits.MX, bits.SRV),
        why="Mail servers and clients refuse to look such a host up.",
        bad="@ MX 10 mail/1.example.net.\n", good="@ MX 10 mail-1.example.net.\n",
    ),
    Check(
        name="wildcard-inside-name", numbers=("Z114",), severity=WARNING, refused_by="",
        spec="RFC 4592 section 2.1.1", find=wildcard_inside_name,
        why="Only a first label `*` is a wildcard; elsewhere only an asterisk matches.",
        bad="a.*.b A 192.0.2.2\n", good="*.b A 192.0.2.2\n",
    ),
    Check(
        name="reserved-hyphens", numbers=("Z116",), severity=INFO, refused_by="",
        spec="RFC 5890 section 2.3.1", find=reserved_hyphens,
        why="Labels like `ab--` are kept for encodings to come; registries refuse them.",
        bad="ab--c A 192.0.2.2\n", good="xn--bcher-kva A 192.0.2.2\n",
    ),
    *forgotten_dots.CHECKS,
)
# fmt: on
