"""What failed and what waits, by stage and zone: kept from run to run, told by the last task.

state/outcome.json holds it; `zonebuild status` prints it. A stage that deals with a zone says
what is wrong with it now, which replaces what it said before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding, Location, Note, Part, Severity, Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.plan import HELD
from zonebuild.report.json import finding_object, waiting_object

SITE = ("site", "")  # what is said of site.yaml
_LIMIT = 1 << 28  # octets
_SHOWN = 5  # zones in a headline
_MAX_UNTIL = 1 << 36  # seconds; a year that calendars know
_SEVERITIES = {severity.label: severity for severity in Severity}


class Report(NamedTuple):
    """What one stage has to say of one zone."""

    findings: tuple[Finding, ...] = ()
    waitings: tuple[Waiting, ...] = ()


class Outcome:
    """The reports of all stages. Only what is at least a warning is kept.

    is_lost: what earlier runs said is not known, so every stage has to say it again.
    """

    def __init__(self, reports: dict[tuple[str, str], Report] | None = None) -> None:
        self.is_lost = reports is None
        self._reports = dict(reports or {})
        self._before = {finding for report in self._reports.values() for finding in report.findings}
        self._is_changed = self.is_lost

    def is_known(self, finding: Finding) -> bool:
        """Return whether the last run had *finding*, too, so that it is no news."""
        return finding in self._before

    def put(self, stage: str, apex: str, report: Report, *, quiet: Iterable[Finding] = ()) -> None:
        """Replace what *stage* says of *apex*. quiet: warnings of it that are kept, but no news."""
        self._before.update(quiet)
        kept = tuple(f for f in report.findings if f.severity >= Severity.WARNING)
        report = Report(kept, report.waitings)
        if self._reports.get((stage, apex), Report()) == report:
            return
        self._is_changed = True
        self._reports[stage, apex] = report

    def forget(self, apexes: Iterable[str]) -> None:
        """Drop what is said of zones that are no more."""
        gone = set(apexes)
        for key in [key for key in self._reports if key[1] in gone]:
            del self._reports[key]
            self._is_changed = True

    def about(self, apex: str) -> Outcome:
        """Return what is said of one zone, and of site.yaml."""
        part = Outcome(
            {key: r for key, r in self._reports.items() if key[1] == apex or key == SITE}
        )
        part._before = self._before
        return part

    def zones(self) -> set[str]:
        """Return the zones of which anything is said."""
        return {apex for _, apex in self._reports}

    def has_site_error(self) -> bool:
        """Say whether site.yaml itself is wrong."""
        return _fails(self._reports.get(SITE, Report()))

    def has_check(self, check: str) -> bool:
        """Return whether anything that is reported is a finding of *check*."""
        return any(f.check == check for report in self._reports.values() for f in report.findings)

    def zones_with(self, check: str) -> set[str]:
        """Return the zones that have a finding of *check*."""
        found = self._reports.items()
        return {key[1] for key, report in found if any(f.check == check for f in report.findings)}

    def findings(self) -> list[Finding]:
        """Return all findings, the worst first, then by place."""
        found = {finding for report in self._reports.values() for finding in report.findings}
        return sorted(found, key=lambda f: (-f.severity, f.location, f.check, f.message))

    def news(self) -> list[Finding]:
        """Return what decides the exit code, and of the warnings those that the last run had not.

        Whoever gets exit code 1 gets its reason, however long a plan has been held.
        """
        return [f for f in self.findings() if _decides(f) or f not in self._before]

    def headline(self) -> str:
        """Return in one sentence what is wrong with which zones, "" where nothing is."""
        failed, held = self.failed_zones(), self.held_zones()
        if len(failed) + len(held) == 1:
            apex = (failed or held)[0]
            reports = [report for key, report in self._reports.items() if key[1] == apex]
            found = [f for report in reports for f in report.findings if _decides(f)]
            first = min(found, key=lambda f: (-f.severity, f.location)).message.partition("\n")[0]
            return f"{apex} failed: {first}" if failed and apex else first
        zones = [apex for apex in failed if apex]
        parts = ["the site as a whole failed"] if len(zones) < len(failed) else []
        parts += [_counted(zones, "failed", "failed")] if zones else []
        parts += [_counted(held, "is held", "are held")] if held else []
        return "; ".join(parts)

    def failed_zones(self) -> list[str]:
        """Return the zones with an error, sorted."""
        return sorted({apex for (_, apex), report in self._reports.items() if _fails(report)})

    def held_zones(self) -> list[str]:
        """Return the zones with a plan that is held, sorted."""
        return sorted({a for (_, a), report in self._reports.items() if a and _holds(report)})

    def waitings(self) -> list[Waiting]:
        """Return all that waits, the soonest first."""
        waiting = [each for report in self._reports.values() for each in report.waitings]
        return sorted(waiting, key=lambda w: (w.until is None, w.until or 0, w.what))

    def save(self, path: Path) -> None:
        """Write what is said to *path* if any of it changed. Errors: WriteError."""
        if self._is_changed:
            replace_file(path, _to_json(self._reports))
            self._is_changed = False


def _decides(finding: Finding) -> bool:
    """Return whether *finding* alone makes a run end with an exit code other than 0."""
    return finding.severity is Severity.ERROR or finding.check == HELD


def _counted(apexes: Sequence[str], one: str, many: str) -> str:
    count = f"1 zone {one}" if len(apexes) == 1 else f"{len(apexes)} zones {many}"
    more = f" and {len(apexes) - _SHOWN} more" if len(apexes) > _SHOWN else ""
    return f"{count}: {', '.join(apexes[:_SHOWN])}{more}"


def _fails(report: Report) -> bool:
    return any(finding.severity is Severity.ERROR for finding in report.findings)


def _holds(report: Report) -> bool:
    return any(finding.check == HELD for finding in report.findings)


def read_outcome(path: Path) -> Outcome:
    """Return what *path* keeps; one that is lost where there is no file that makes sense."""
    try:
        data = json.loads(read_outside(path, _LIMIT))
        return Outcome({(s, a): _report(r) for s, zones in data.items() for a, r in zones.items()})
    except (SourceError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Outcome()


def _to_json(reports: dict[tuple[str, str], Report]) -> bytes:
    stages: dict[str, dict[str, Any]] = {}
    for (stage, apex), report in sorted(reports.items()):
        if report != Report():
            stages.setdefault(stage, {})[apex] = {
                "findings": [_finding_object(finding) for finding in report.findings],
                "waiting": [waiting_object(waiting) for waiting in report.waitings],
            }
    return (json.dumps(stages, indent=1) + "\n").encode("ascii")


def _finding_object(finding: Finding) -> dict[str, Any]:
    """Return all of *finding*, so that the next run knows it again."""
    notes = [[*note.location, note.message] for note in finding.notes]
    part = None if finding.part is None else finding.part.value
    return {**finding_object(finding), "part": part, "notes": notes}


def _report(data: dict[str, Any]) -> Report:
    return Report(tuple(_findings(data["findings"])), tuple(_waitings(data["waiting"])))


def _findings(objects: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    for each in objects:
        where = Location(str(each["path"]), int(each["line"]), int(each["column"]))
        severity = _SEVERITIES[each["severity"]]
        notes = (
            Note(Location(str(p), int(line), int(column)), str(m))
            for p, line, column, m in each["notes"]
        )
        part = None if each["part"] is None else Part(each["part"])
        check, message = str(each["check"]), str(each["message"])
        yield Finding(where, severity, check, message, tuple(notes), part)


def _waitings(objects: Sequence[dict[str, Any]]) -> Iterator[Waiting]:
    for each in objects:
        until = None if each["until"] is None else int(each["until"])
        if until is not None and not 0 <= until < _MAX_UNTIL:
            raise ValueError(until)
        yield Waiting(str(each["what"]), str(each["why"]), until, str(each["way_on"]))
