"""What a run would do, without writing anything: every zone judged from its sources alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from zonebuild.builder.judging.whole_site import Look, WholeSite
from zonebuild.builder.making.zone import make_candidate
from zonebuild.builder.parallel import map_zones
from zonebuild.builder.run import Run
from zonebuild.checks.allow import Silenced
from zonebuild.compile import USUAL, Asked
from zonebuild.diagnostic import Finding, sort_findings


class Judged(NamedTuple):
    """What there is to say of a zone as its sources make it now.

    silenced: what people allow of it. records: how many it has. look: for the site as a whole.
    """

    apex: str
    findings: list[Finding]
    silenced: Sequence[Silenced]
    records: int
    look: Look


def judge_zones(run: Run, whole: WholeSite, asked: Asked = USUAL) -> Iterator[Judged]:
    """Yield every zone of the site, by apex.

    whole: keeps each zone, to judge them beside each other at the end.
    asked: which checks are made beside those that the zones' YAML asks for.
    """
    apexes = sorted({*run.site.zones, *run.site.broken})
    work = partial(judge_zone, run, whole, asked=asked)
    for judged in map_zones(work, apexes, in_child=run.leave_to_parent):
        whole.keep(judged.apex, judged.look)
        yield judged


def judge_zone(run: Run, whole: WholeSite, apex: str, *, asked: Asked = USUAL) -> Judged:
    """Return the zone of *apex* judged; a machine's mistakes only warn."""
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    sources = run.reader.read(config)
    sources.findings += run.site.broken.get(apex, ())
    candidate = make_candidate(config, sources, run.reader, serial=1, good=None, asked=asked)
    found = [*sources.findings, *candidate.findings, *candidate.quarantined]
    zone = candidate.zone
    records = len(zone.records) if zone else 0
    look = whole.look_at(config, sources, zone)
    return Judged(apex, sort_findings(dict.fromkeys(found)), candidate.silenced, records, look)
