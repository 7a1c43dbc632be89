"""Whether the CAA sets of a zone let the accounts of the site have the certificates it asks for.

Spec: RFC 8657 (accounturi, validationmethods), RFC 8659 section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zonebuild.checks.caa import CAA
from zonebuild.checks.caa_rights import Applicant, closest, read_properties, why_not
from zonebuild.checks.check import ERROR, Check
from zonebuild.checks.outline import SiteFinding
from zonebuild.diagnostic import Finding, Note
from zonebuild.diagnostic import Location as Place
from zonebuild.model import Zone
from zonebuild.rdata.canonical import canonical_text

_NAME = "caa-forbids-our-account"


class Want(NamedTuple):
    """A name that a certificate is asked for. name: absolute, perhaps a wildcard's.

    at: where the site asks for it.
    """

    name: str
    applicant: Applicant
    at: Place


def judge_accounts(apex: str, zone: Zone, wants: Iterable[Want]) -> Iterator[SiteFinding]:
    """Yield a finding for each set of *zone* that does not allow one of *wants*, at its record."""
    records = zone.records
    rows = [row for row, rdtype in enumerate(records.rdtypes) if rdtype == CAA]
    texts: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for row, record in zip(rows, records.select(rows), strict=True):
        first.setdefault(record.owner, row)
        rdata = canonical_text("CAA", record.rdata, record.origin)
        texts.setdefault(record.owner, []).append(rdata)
    sets = {owner: read_properties(found) for owner, found in texts.items()}
    for want in wants:
        is_wildcard = want.name.startswith("*.")
        owner, properties = closest(want.name.removeprefix("*."), sets)
        why = why_not(properties, want.applicant, is_wildcard=is_wildcard)
        if why is not None:
            message = f"the CAA set does not allow a certificate for {want.name}: {why}"
            notes = (Note(want.at, "it is asked for here"),)
            place = records.location(first[owner])
            yield SiteFinding(apex, owner, Finding(place, ERROR, _NAME, message, notes))


# fmt: off
ACCOUNT_CHECKS: tuple[Check, ...] = (
    Check(
        name=_NAME, numbers=("Z088",), severity=ERROR, refused_by="",
        spec="RFC 8657, RFC 8659 section 3",
        why="The CA will refuse the site's own account, most often at the next renewal.",
    ),
)
# fmt: on
