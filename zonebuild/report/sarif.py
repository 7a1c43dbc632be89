"""Findings as a SARIF log, for what shows them beside the code.

Spec: OASIS SARIF 2.1.0; sections are named where they decide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from zonebuild import __version__
from zonebuild.builder.judging.baseline import fingerprints
from zonebuild.checks.allow import Silenced
from zonebuild.checks.check import Check
from zonebuild.checks.explain import explain, find_check
from zonebuild.diagnostic import Finding, Location, Note, Severity
from zonebuild.report.told import Told

Object = dict[str, object]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"  # what relative URIs are relative to (section 3.14.14)
_FINGERPRINT = "zonebuildFinding/v1"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RFC = re.compile(r"RFC (\d+)(?: sections? (\d[\d.]*))?")


def tell(told: Told, *, colour: bool = False) -> Iterator[str]:
    """Yield the log, all of it in one piece."""
    yield json.dumps(_log(told), indent=2)


def _log(told: Told) -> Object:
    found = [*told.findings, *(silenced.finding for silenced in told.silenced)]
    rules = {name: index for index, name in enumerate(sorted({f.check for f in found}))}
    driver = {"name": "zonebuild", "version": __version__, "rules": list(map(_rule, rules))}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "Where zonebuild was started."}}},
        "columnKind": "unicodeCodePoints",
        "results": _results(found, told.silenced, rules),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> Object:
    """Return the rule of the check *name*; of those that have no page, no more than that."""
    check = find_check(name)
    if check is None:
        return {"id": name}
    rule: Object = {
        "id": name,
        "shortDescription": {"text": name.replace("-", " ")},
        "fullDescription": {"text": check.why},
        "help": {"text": "\n".join(explain(check))},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
    }
    uri = _help_uri(check)
    return rule if uri is None else {**rule, "helpUri": uri}


def _help_uri(check: Check) -> str | None:
    """Return where the standard says it, None where no RFC does."""
    found = _RFC.search(check.spec)
    if found is None:
        return None
    section = f"#section-{found[2].rstrip('.')}" if found[2] else ""
    return f"https://www.rfc-editor.org/rfc/rfc{found[1]}{section}"


def _results(
    found: Sequence[Finding], silenced: Sequence[Silenced], rules: dict[str, int]
) -> list[Object]:
    reasons = [None] * (len(found) - len(silenced)) + [each.reason for each in silenced]
    return [
        _result(finding, print_, rules[finding.check], reason)
        for finding, print_, reason in zip(found, fingerprints(found), reasons, strict=True)
    ]


def _result(finding: Finding, fingerprint: str, rule: int, reason: str | None) -> Object:
    result: Object = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _place(finding.location)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if finding.notes:
        result["relatedLocations"] = list(map(_related, dict.fromkeys(finding.notes)))
    if reason is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return result


def _related(note: Note) -> Object:
    return {"physicalLocation": _place(note.location), "message": {"text": note.message}}


def _place(where: Location) -> Object:
    """Return a physical location (section 3.29); no region means the whole file."""
    place: Object = {"artifactLocation": _artifact(where.path)}
    if where.line:
        column = {"startColumn": where.column} if where.column else {}
        place["region"] = {"startLine": where.line, **column}
    return place


def _artifact(path: str) -> Object:
    """Return where the file lies; a path from the root of the machine stays one."""
    uri = quote(path.removeprefix("./").encode("utf-8", "surrogateescape"))
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": _ROOT}
