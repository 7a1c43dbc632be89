"""What a run would do, without writing anything: every zone judged, every zone compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from zonebuild.builder.output import read_built
from zonebuild.builder.places import UNSIGNED
from zonebuild.builder.run import Run
from zonebuild.builder.zone import Candidate, make_candidate
from zonebuild.diagnostic import Finding, Severity, has_errors, sort_findings
from zonebuild.diff import diff_records
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Records, ZoneDiff
from zonebuild.site.names import file_name

_LIMIT = 1 << 30  # octets of a built zone


class Judged(NamedTuple):
    """A zone as its sources make it now. zone: None where they make none."""

    apex: str
    candidate: Candidate
    findings: list[Finding]


class Compared(NamedTuple):
    """What the sources change in a zone. diff: None where one side cannot be had, said in why."""

    apex: str
    diff: ZoneDiff | None
    why: str = ""


def judge_zones(run: Run) -> Iterator[Judged]:
    """Yield every zone of the site, judged from its sources alone, by apex."""
    for apex in sorted({*run.site.zones, *run.site.broken}):
        yield judge_zone(run, apex)


def judge_zone(run: Run, apex: str) -> Judged:
    """Return the zone of *apex* judged from its sources alone; a machine's mistakes only warn."""
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    sources = run.reader.read(config)
    sources.findings += run.site.broken.get(apex, ())
    candidate = make_candidate(config, sources, run.reader, serial=1, good=None)
    findings = [*sources.findings, *candidate.findings, *candidate.quarantined]
    return Judged(apex, candidate, sort_findings(dict.fromkeys(findings)))


def compare_zones(run: Run, base: Run | None) -> Iterator[Compared]:
    """Yield what the sources change in each zone that they change.

    base: the site as it was, for instance in version control; None compares with unsigned/.
    """
    apexes = {*run.site.zones, *run.site.broken}
    if base is not None:
        apexes |= {*base.site.zones, *base.site.broken}
    for apex in sorted(apexes):
        compared = _compare(run, base, apex)
        if compared.diff is None or compared.diff:
            yield compared


def _compare(run: Run, base: Run | None, apex: str) -> Compared:
    new = _records(run, apex)
    old = _built_records(run, apex) if base is None else _records(base, apex)
    if isinstance(old, str):
        return Compared(apex, None, f"before: {old}")
    if isinstance(new, str):
        return Compared(apex, None, f"now: {new}")
    why = "the zone is gone" if new is None else "the zone is new" if old is None else ""
    return Compared(apex, diff_records(apex, old or Records(), new or Records()), why)


def _records(run: Run, apex: str) -> Records | str | None:
    """Return the records that the sources make, None for no zone, a text where there are errors."""
    if apex not in run.site.zones and apex not in run.site.broken:
        return None
    judged = judge_zone(run, apex)
    if judged.candidate.zone is not None and not has_errors(judged.findings):
        return judged.candidate.zone.records
    first = next(f for f in judged.findings if f.severity is Severity.ERROR)
    return f"cannot be built: {first.location}: {first.message}"


def _built_records(run: Run, apex: str) -> Records | None:
    try:
        data = read_outside(run.places.unsigned(apex), _LIMIT)
    except SourceError:
        return None
    return read_built(f"{UNSIGNED}/{file_name(apex)}", data, apex)
