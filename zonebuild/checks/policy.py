"""How much findings weigh under each policy: `servers`, `default` or `strict`.

`servers` is for the first import of old zones: what BIND, Knot and NSD all load is no error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from zonebuild.checks.table import ALL_CHECKS
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
