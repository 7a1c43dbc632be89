"""Findings of one check by the thousand into the first hundred and a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from zonebuild.diagnostic import Finding

MAX_PLACES = 100  # of one check


def limit(findings: Iterable[Finding]) -> list[Finding]:
    """Return the first MAX_PLACES findings of each check, and one that counts its others.

    The one that counts stands at the place of the first that it counts, as bad as their worst.
    """
    kept: list[Finding] = []
    seen: Counter[str] = Counter()
    over: dict[str, Finding] = {}
    for finding in findings:
        seen[finding.check] += 1
        if seen[finding.check] <= MAX_PLACES:
            kept.append(finding)
            continue
        first = over.setdefault(finding.check, finding)
        if finding.severity > first.severity:
            over[finding.check] = replace(first, severity=finding.severity)
    return kept + [_rest(first, seen[check] - MAX_PLACES) for check, first in over.items()]


def _rest(first: Finding, count: int) -> Finding:
    return replace(first, message=f"and {count} more, from here on", notes=(), part=None)
