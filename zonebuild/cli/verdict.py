"""Findings into what is printed and the exit code, the same for files and for sites."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from zonebuild.checks.allow import Silenced
from zonebuild.cli import fail, wants_colour
from zonebuild.compile import Asked
from zonebuild.diagnostic import Finding, Severity, sort_findings
from zonebuild.files.write import WriteError
from zonebuild.report.told import FORMATS, Told, tell

FAIL_ON = {severity.label: severity for severity in (Severity.ERROR, Severity.WARNING)}

FillColumns = Callable[[Iterable[Finding]], list[Finding]]


class Wanted(NamedTuple):
    """How findings are told.

    is_verbose: also those that only inform, and what is allowed. fail_on: the least that fails.
    baseline: the file of what is known; save_baseline: the file to write it to; "": none.
    enabled: names of checks that are made though they are off.
    """

    form: str = "text"
    is_verbose: bool = False
    fail_on: Severity = Severity.ERROR
    baseline: str = ""
    save_baseline: str = ""
    enabled: frozenset[str] = frozenset()

    @property
    def asked(self) -> Asked:
        """Which checks are to be made."""
        return Asked(Severity.INFO if self.is_verbose else Severity.WARNING, self.enabled)


def tell_verdict(
    findings: Iterable[Finding],
    wanted: Wanted,
    *,
    records: int,
    silenced: Sequence[Silenced],
    fill_columns: FillColumns,
    out: TextIO | None = None,
) -> int:
    """Print what is to be told of *findings*; return 0, 1 where one fails, 2 for a bad baseline.

    out: standard output where it is None. fill_columns: works out their columns.
    """
    least = Severity.INFO if wanted.is_verbose else Severity.WARNING
    shown = [finding for finding in findings if finding.severity >= least]
    placed = sort_findings(fill_columns(shown))
    new = _beside_baseline(placed, wanted)
    if new is None:
        return 2
    allowed = _placed(silenced, fill_columns) if wanted.is_verbose else ()
    has_baseline = wanted.baseline or wanted.save_baseline
    told = Told(new, records, allowed, len(placed) - len(new) if has_baseline else None)
    _print(told, wanted.form, out if out is not None else sys.stdout)
    return 1 if any(finding.severity >= wanted.fail_on for finding in new) else 0


def _beside_baseline(findings: list[Finding], wanted: Wanted) -> list[Finding] | None:
    """Return those of *findings* that no baseline has, None (and a line said) if it is no use."""
    if not wanted.baseline and not wanted.save_baseline:
        return findings
    from zonebuild.builder.judging.baseline import (
        BaselineError,
        read_baseline,
        without_known,
        write_baseline,
    )

    try:
        known = read_baseline(Path(wanted.baseline)) if wanted.baseline else None
        if wanted.save_baseline:
            write_baseline(Path(wanted.save_baseline), findings)
    except (BaselineError, WriteError) as error:
        fail(str(error))
        return None
    return [] if known is None else without_known(findings, known)


def _placed(silenced: Sequence[Silenced], fill_columns: FillColumns) -> list[Silenced]:
    findings = fill_columns([finding for finding, _ in silenced])
    return [Silenced(f, old.reason) for f, old in zip(findings, silenced, strict=True)]


def _print(told: Told, form: str, out: TextIO) -> None:
    for line in tell(told, form, colour=wants_colour(out)):
        print(line, file=out)
    if FORMATS[form]:
        from zonebuild.report.text import summary_line

        print(summary_line(told), file=sys.stderr)
