"""Findings and differences as the JSON objects that design.md promises to scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.model import Change, ZoneDiff


def findings_json(findings: Sequence[Finding], records: int) -> str:
    """Return `{"findings": […], "summary": {…}}`; the findings come in the order given."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    summary = {"errors": errors, "warnings": warnings, "records": records}
    return _dump({"findings": [finding_object(f) for f in findings], "summary": summary})


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


def diff_json(diff: ZoneDiff) -> str:
    """Return the difference of two zones as a JSON object, in canonical order."""
    return _dump(diff_object(diff))


def diff_object(diff: ZoneDiff) -> dict[str, object]:
    """Return *diff* as a JSON object; of the SOA what changed beside the serial."""
    return {
        "origin": diff.origin,
        "added": [_change_object(change) for change in diff.added],
        "removed": [_change_object(change) for change in diff.removed],
        "ttl_changed": [
            {"owner": c.owner, "type": c.rdtype, "old": c.old, "new": c.new}
            for c in diff.ttl_changed
        ],
        "soa": {field: {"old": old, "new": new} for field, old, new in diff.soa},
    }


def _change_object(change: Change) -> dict[str, object]:
    owner, ttl, rdtype, rdata = change
    return {"owner": owner, "ttl": ttl, "type": rdtype, "rdata": rdata}


def waiting_object(waiting: Waiting) -> dict[str, object]:
    """Return *waiting* as a JSON object; `until` is Unix time in seconds, or null."""
    return {
        "what": waiting.what,
        "why": waiting.why,
        "until": waiting.until,
        "way_on": waiting.way_on,
    }


def _dump(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
