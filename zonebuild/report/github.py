"""Findings as workflow commands, which GitHub shows beside the lines of a change.

GitHub shows ten of each level for a step and drops the others without a word, so the tenth counts
what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.diagnostic import Finding, Severity
from zonebuild.report.told import Told

MAX_SHOWN = 10  # of a level

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def tell(told: Told, *, colour: bool = False) -> Iterator[str]:
    """Yield a command a finding, the worst first."""
    for severity in sorted(_COMMANDS, reverse=True):
        findings = [finding for finding in told.findings if finding.severity is severity]
        shown = len(findings) if len(findings) <= MAX_SHOWN else MAX_SHOWN - 1
        yield from map(_command, findings[:shown])
        if findings[shown:]:
            what = f"and {len(findings) - shown} more: zonebuild check lists them"
            yield f"::{_COMMANDS[severity]} title=zonebuild::{_data(what)}"


def _command(finding: Finding) -> str:
    path, line, column = finding.location
    title = f"zonebuild {finding.check}"
    places = {"file": path, "line": line, "col": column, "title": title}
    properties = ",".join(f"{name}={_property(str(v))}" for name, v in places.items() if v)
    notes = [f"{note.location}: {note.message}" for note in finding.notes]
    message = "\n".join([finding.message, *notes])
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(message)}"


def _data(text: str) -> str:
    """Return *text* as the message of a command: it ends with its line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return *text* as the value of a property: a comma or a colon would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
