"""The table of checks: each family's module has its functions and their entries; this joins them.

To add a check, write its function and its entry in a family's module; to add a family, one module
and one word here.
"""

from __future__ import annotations

from collections.abc import Collection

from zonebuild.checks import (
    addresses,
    alias,
    apex,
    caa,
    delegation,
    dname,
    dnssec,
    ds,
    glue,
    hostnames,
    mail,
    nameservers,
    owners,
    placeholders,
    rdata_ranges,
    reverse,
    rrset,
    services,
    soa_fields,
    spf,
    sshfp,
    svcb,
    targets,
    tlsa,
    ttls,
    txt,
    zonemd,
)
from zonebuild.checks.check import Check, Fact
from zonebuild.checks.limits import limit
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.checks.settings import NO_SETTINGS, Settings
from zonebuild.checks.site_wide import SITE_CHECKS
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Finding, Severity
from zonebuild.model import Zone

__all__ = ["ALL_CHECKS", "CHECKS", "Check", "Fact", "check_zone", "chosen"]

_FAMILIES = (
    apex, soa_fields, owners, hostnames, rrset, ttls, alias, dname,
    delegation, glue, ds, nameservers, addresses, targets, reverse,
    mail, spf, services, caa, tlsa, sshfp, svcb, txt, rdata_ranges, placeholders,
    dnssec, zonemd,
)  # fmt: skip

CHECKS: tuple[Check, ...] = tuple(check for family in _FAMILIES for check in family.CHECKS)
ALL_CHECKS: tuple[Check, ...] = (*CHECKS, *READER_CHECKS, *SITE_CHECKS)


def chosen(
    checks: Collection[Check] = CHECKS,
    *,
    switched_on: Collection[str] = (),
    least: Severity = Severity.WARNING,
) -> tuple[Check, ...]:
    """Return those of *checks* that are worth making.

    switched_on: names of checks that are made whatever they are, also those that are off.
    least: what weighs less is not made, unless it is switched on.
    """
    return tuple(
        check
        for check in checks
        if check.name in switched_on or (not check.is_off and check.severity >= least)
    )


_USUAL = chosen()


def check_zone(
    zone: Zone, checks: Collection[Check] = _USUAL, settings: Settings = NO_SETTINGS
) -> list[Finding]:
    """Return what *checks* find in *zone*, the first hundred of each and a count of the rest.

    zone: as `assemble` made it. settings: what the site wants of its zones.
    Columns are not worked out, severities are the usual ones.
    """
    survey = Survey(zone, settings)
    return limit(finding for check in checks for finding in check.findings(survey))
