"""Sources into a checked zone: read each alone, look for leaks, assemble, check, judge.

Pure: whoever calls it has read the files and decides what to do with the findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zonebuild.assemble import assemble, find_leaks
from zonebuild.checks.policy import apply_policy
from zonebuild.checks.table import check_zone
from zonebuild.diagnostic import Finding, sort_findings
from zonebuild.model import Fragment, Zone
from zonebuild.zonefile import Source, read_fragment
from zonebuild.zonefile.reader import Include


class Compiled(NamedTuple):
    """A zone and all that is to be said of it, sorted."""

    zone: Zone
    findings: list[Finding]


def compile_zone(
    apex: str,
    sources: Iterable[Source],
    *,
    default_ttl: int | None = None,
    include: Include | None = None,
    policy: str = "default",
) -> Compiled:
    """Return the zone that *sources* make in their order, and what is wrong with it.

    apex: absolute, lower case. default_ttl: seconds, where no `$TTL` holds; None: there is none.
    include: finds what `$INCLUDE` names. policy: `servers`, `default` or `strict`.
    """
    fragments = read_fragments(apex, sources, default_ttl=default_ttl, include=include)
    return judge_fragments(apex, fragments, policy=policy)


def read_fragments(
    apex: str, sources: Iterable[Source], *, default_ttl: int | None, include: Include | None
) -> list[Fragment]:
    """Return the fragments of *sources*; the last `$TTL` of the first governs the others.

    sources: may come one by one, so that no more than one text is in memory.
    """
    fragments: list[Fragment] = []
    for source in sources:
        fragments.append(read_fragment(source, apex=apex, default_ttl=default_ttl, include=include))
        del source  # its text may be large
        if len(fragments) == 1 and fragments[0].leaks.ttl is not None:
            default_ttl = fragments[0].leaks.ttl
    return fragments


def judge_fragments(
    apex: str, fragments: Sequence[Fragment], *, policy: str, written: int | None = None
) -> Compiled:
    """Return the zone that *fragments* make, taking over their records, and its findings.

    written: how many of them, from the first, people wrote: what leaks is looked for in these.
    """
    findings = [finding for fragment in fragments for finding in fragment.findings]
    findings += find_leaks(apex, fragments[:written])
    zone = assemble(apex, fragments)
    findings += check_zone(zone)
    return Compiled(zone, sort_findings(apply_policy(findings, policy)))
