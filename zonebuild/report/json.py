"""Findings and states as the JSON objects that design.md promises to scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonebuild.diagnostic import Finding, Severity, Waiting

if TYPE_CHECKING:
    from zonebuild.report.told import Told


def tell(told: Told, *, colour: bool = False) -> Iterator[str]:
    """Yield `{"findings": […], "summary": {…}}`; the findings come in the order given.

    Where it is asked for, what is allowed comes as `"allowed": […]`, each with its `reason`; the
    summary counts under `known` what a baseline knows.
    """
    summary = {
        "errors": told.count(Severity.ERROR),
        "warnings": told.count(Severity.WARNING),
        "records": told.records,
    }
    if told.known is not None:
        summary["known"] = told.known
    log: dict[str, object] = {"findings": [finding_object(finding) for finding in told.findings]}
    if told.silenced:
        log["allowed"] = [{**finding_object(f), "reason": reason} for f, reason in told.silenced]
    yield json.dumps({**log, "summary": summary}, indent=2)


def finding_object(finding: Finding) -> dict[str, object]:
    """Return *finding* as a JSON object."""
    path, line, column = finding.location
    return {
        "path": path,
        "line": line,
        "column": column,
        "severity": finding.severity.label,
        "check": finding.check,
        "message": finding.message,
    }


def waiting_object(waiting: Waiting) -> dict[str, object]:
    """Return *waiting* as a JSON object; `until` is Unix time in seconds, or null."""
    return {
        "what": waiting.what,
        "why": waiting.why,
        "until": waiting.until,
        "way_on": waiting.way_on,
    }
