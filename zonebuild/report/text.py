"""Findings and differences as lines that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.model import ZoneDiff

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


def summary_line(findings: Sequence[Finding], records: int) -> str:
    """Return the one line that counts what was found and what was read."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    return f"{_count(errors, 'error')}, {_count(warnings, 'warning')}, {_count(records, 'record')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def diff_lines(diff: ZoneDiff, *, colour: bool = False) -> Iterator[str]:
    """Yield a line a change: `-` gone, `+` new, `~` another TTL, `!` an SOA field."""
    for field, old, new in diff.soa:
        yield paint(f"! {diff.origin} SOA {field} {old} -> {new}", "35", colour)
    for change in diff.removed:
        yield paint(f"- {' '.join(map(str, change))}", "31", colour)
    for change in diff.added:
        yield paint(f"+ {' '.join(map(str, change))}", "32", colour)
    for ttl in diff.ttl_changed:
        line = f"~ {ttl.owner} {ttl.rdtype} TTL {ttl.old} -> {ttl.new}"
        yield paint(line, "33", colour)


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
