"""How much findings weigh under each policy: `servers`, `default` or `strict`.

`servers` is for the first import of old zones: what BIND, Knot and NSD all load is no error, and
of that only what is made first of all is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from zonebuild.checks.check import Check
from zonebuild.checks.table import ALL_CHECKS, CHECKS
from zonebuild.diagnostic import Finding, Severity


def apply_policy(findings: Iterable[Finding], policy: str) -> list[Finding]:
    """Return *findings* with the severities that *policy* gives them.

    policy: one of POLICIES. Errors: KeyError for any other.
    """
    weigh = _WEIGHTS[policy]
    return [replace(finding, severity=weigh(finding)) for finding in findings]


_MOST = {check.name: check.servers for check in ALL_CHECKS}


def _by_servers(finding: Finding) -> Severity:
    return min(finding.severity, _MOST.get(finding.check, Severity.ERROR))


def _as_it_is(finding: Finding) -> Severity:
    return finding.severity


def _strictly(finding: Finding) -> Severity:
    return Severity.ERROR if finding.severity is Severity.WARNING else finding.severity


_WEIGHTS: dict[str, Callable[[Finding], Severity]] = {
    "servers": _by_servers,
    "default": _as_it_is,
    "strict": _strictly,
}
POLICIES = tuple(_WEIGHTS)

# What all three load, and `servers` tells all the same: each answers with other records than are
# written, or with a name that leads nowhere.
_TOLD_UNDER_SERVERS = frozenset({
    "cname-loop", "cname-target-missing", "data-below-cut", "dname-loop", "duplicate-record",
    "mx-target-is-alias", "mx-target-without-address", "occluded-glue", "rrset-ttl-mismatch",
    "srv-target-is-alias", "srv-target-without-address",
})  # fmt: skip
_UNDER_SERVERS = tuple(
    check for check in CHECKS if check.refused_by or check.name in _TOLD_UNDER_SERVERS
)


def made_under(policy: str, switched_on: Collection[str] = ()) -> tuple[Check, ...]:
    """Return the checks of a zone that *policy* has a use for.

    switched_on: names of checks that are wanted under any.
    """
    if policy != "servers":
        return CHECKS
    if not switched_on:
        return _UNDER_SERVERS
    return tuple(c for c in CHECKS if c in _UNDER_SERVERS or c.name in switched_on)
