"""The column that a finding points at, worked out only when there is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from zonebuild.diagnostic import Finding, Part
from zonebuild.rdata.types import type_number
from zonebuild.zonefile.lexer import Entry, read_entry


def fill_columns(findings: Iterable[Finding], text_of: Callable[[str], str]) -> list[Finding]:
    """Return *findings* with their columns, as far as the text of their file tells them.

    text_of: from a finding's path to the text as it was read, "" where it is not to be had.
    """
    offsets: dict[str, list[int]] = {}
    filled = []
    for finding in findings:
        path, line, column = finding.location
        if finding.part is not None and line and not column:
            text = text_of(path)
            if path not in offsets:
                offsets[path] = line_offsets(text)
            column = _column(text, offsets[path], line, finding.part)
            finding = replace(finding, location=finding.location._replace(column=column))
        filled.append(finding)
    return filled


def line_offsets(text: str) -> list[int]:
    """Return the offset of each line of *text*, the first at index 0."""
    offsets = [0]
    while (end := text.find("\n", offsets[-1])) >= 0:
        offsets.append(end + 1)
    return offsets


def _column(text: str, offsets: list[int], line: int, part: Part) -> int:
    if line >= len(offsets):
        return 0
    return _part_column(read_entry(text, offsets[line - 1], line), part)


def _part_column(entry: Entry, part: Part) -> int:
    """Return the column of *part*; 1 where the entry does not write it (a blank owner)."""
    if not entry.tokens or (part is Part.OWNER and entry.is_indented):
        return 1
    if part is Part.OWNER:
        return entry.tokens[0].column
    first = 0 if entry.is_indented else 1
    for i, token in enumerate(entry.tokens[first:], first):
        if part is Part.TTL and token.text[0].isdigit():
            return token.column
        if type_number(token.text) is not None:
            after = entry.tokens[i + 1 : i + 2]
            return after[0].column if part is Part.RDATA and after else token.column
    return 1
