"""What a run would do, without writing anything: every zone judged, every zone compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from zonebuild.builder.run import Run
from zonebuild.builder.whole_site import WholeSite
from zonebuild.builder.zone import Candidate, make_candidate
from zonebuild.compile import USUAL, Asked
from zonebuild.diagnostic import Finding, sort_findings

_LIMIT = 1 << 30  # octets of a built zone


class Judged(NamedTuple):
    """A zone as its sources make it now. zone: None where they make none."""

    apex: str
    candidate: Candidate
    findings: list[Finding]


def judge_zones(run: Run, asked: Asked = USUAL, whole: WholeSite | None = None) -> Iterator[Judged]:
    """Yield every zone of the site, judged from its sources alone, by apex.

    asked: which checks are made beside those that the zones' YAML asks for.
    whole: takes each zone, to judge them beside each other at the end.
    """
    for apex in sorted({*run.site.zones, *run.site.broken}):
        yield judge_zone(run, apex, asked, whole)


def judge_zone(run: Run, apex: str, asked: Asked = USUAL, whole: WholeSite | None = None) -> Judged:
    """Return the zone of *apex* judged from its sources alone; a machine's mistakes only warn."""
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    sources = run.reader.read(config)
    sources.findings += run.site.broken.get(apex, ())
    candidate = make_candidate(config, sources, run.reader, serial=1, good=None, asked=asked)
    if whole is not None:
        whole.take(config, sources, candidate.zone)
    findings = [*sources.findings, *candidate.findings, *candidate.quarantined]
    return Judged(apex, candidate, sort_findings(dict.fromkeys(findings)))
