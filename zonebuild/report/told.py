"""What a check has to tell, and the formats that it is told in.

To add a format: one module here with `tell(told, colour=…)`, which yields lines, and its line in
FORMATS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from zonebuild.checks.allow import Silenced
from zonebuild.diagnostic import Finding, Severity

# The format, and whether a person reads along: then a line on standard error counts it all.
FORMATS: dict[str, bool] = {"text": True, "json": False, "github": True, "sarif": False}


@dataclass(frozen=True, slots=True)
class Told:
    """The findings of a check, sorted, with their columns.

    records: how many were read. silenced: what is allowed, where it is to be listed.
    known: how many findings the baseline has, which are not told again; None without a baseline.
    """

    findings: Sequence[Finding]
    records: int
    silenced: Sequence[Silenced] = ()
    known: int | None = None

    def count(self, severity: Severity) -> int:
        """Return how many findings are of *severity*."""
        return sum(finding.severity is severity for finding in self.findings)


def tell(told: Told, form: str, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines of *told* in the format *form*. Errors: KeyError for an unknown one."""
    if form not in FORMATS:
        raise KeyError(form)
    lines: Iterator[str] = import_module(f"zonebuild.report.{form}").tell(told, colour=colour)
    return lines
