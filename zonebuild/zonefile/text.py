"""Octets of a file into text that the readers can count on."""

from __future__ import annotations

from typing import NamedTuple

from zonebuild.diagnostic import Finding, Location, Severity

_BOM = b"\xef\xbb\xbf"


class Source(NamedTuple):
    """The text of a file, every line ending with a line feed.

    path: as messages name it. findings: what had to be mended.
    The octets are not kept: of a large file one copy is enough.
    """

    path: str
    text: str
    findings: tuple[Finding, ...] = ()


def decode_source(path: str, data: bytes) -> Source:
    """Return *data* as text, and say what had to be mended.

    Octets become the characters of the same number: what is not ASCII is judged where it stands,
    since a comment may hold anything.
    """
    findings = []
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
        message = "the file begins with a byte order mark, which BIND, Knot and NSD refuse"
        findings.append(Finding(Location(path, 1, 1), Severity.ERROR, "byte-order-mark", message))
    if b"\r\n" in data:
        line = data.count(b"\n", 0, data.index(b"\r\n")) + 1
        data = data.replace(b"\r\n", b"\n")
        message = "lines end with CR LF, which Knot refuses: read as LF"
        findings.append(Finding(Location(path, line), Severity.WARNING, "crlf", message))
    if data and not data.endswith(b"\n"):
        line = data.count(b"\n") + 1
        data += b"\n"
        message = "the last line does not end with a line feed: read as if it did"
        findings.append(Finding(Location(path, line), Severity.INFO, "no-final-newline", message))
    return Source(path, data.decode("latin-1"), tuple(findings))
