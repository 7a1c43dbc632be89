"""Findings and differences as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zonebuild.diagnostic import Finding, Severity, Waiting

if TYPE_CHECKING:
    from zonebuild.report.told import Told

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def finding_lines(findings: Iterable[Finding], *, colour: bool = False) -> Iterator[str]:
    """Yield `path:line:column: severity: message [check]`, each note on a line behind it."""
    for finding in findings:
        label = paint(finding.severity.label, _COLOURS[finding.severity], colour)
        where, message = visible(str(finding.location)), visible(finding.message)
        yield f"{where}: {label}: {message} [{finding.check}]"
        for note in finding.notes:
            yield visible(f"{note.location}: note: {note.message}")


def visible(text: str) -> str:
    """Return foreign *text* on one line that does nothing to a terminal: file names can be odd."""
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return "".join(escaped)


def tell(told: Told, *, colour: bool = False) -> Iterator[str]:
    """Yield the findings, then what is allowed, each with its reason."""
    yield from finding_lines(told.findings, colour=colour)
    for finding, reason in told.silenced:
        where, message = visible(str(finding.location)), visible(finding.message)
        label = paint("allowed", "2", colour)
        yield f"{where}: {label}: {message} [{finding.check}]: {visible(reason)}"


def summary_line(told: Told) -> str:
    """Return the one line that counts what was found and what was read."""
    counts = [
        _count(told.count(Severity.ERROR), "error"),
        _count(told.count(Severity.WARNING), "warning"),
        _count(told.records, "record"),
    ]
    if told.known is not None:
        counts.append(f"{told.known} known before")
    return ", ".join(counts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def waiting_lines(waitings: Iterable[Waiting], *, colour: bool = False) -> Iterator[str]:
    """Yield what waits, why, until when and what brings it on, a paragraph each."""
    for waiting in waitings:
        yield f"{paint(waiting.what, '1', colour)}: {waiting.why}"
        if waiting.until is not None:
            yield f"    until {utc(waiting.until)}"
        yield f"    {waiting.way_on}"


def utc(moment: int) -> str:
    """Return Unix time *moment* (seconds) as people read it, in UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def paint(text: str, code: str, colour: bool) -> str:
    """Return *text* in the ANSI colour *code*, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
