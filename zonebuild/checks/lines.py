"""The text of a zone's records: of chosen rows, and searched as a whole.

A block of the text has the records of one file under one origin; a large zone has thousands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from zonebuild.checks.usual import UNUSUAL
from zonebuild.model import Block, Records


class Lines:
    """The records of one zone as text, `OWNER TAB TTL TAB TYPE TAB RDATA` each."""

    def __init__(self, records: Records) -> None:
        """Look at *records*."""
        self._records = records
        self._searched: dict[re.Pattern[str], list[tuple[int, re.Match[str]]]] = {}

    @cached_property
    def _ends(self) -> list[int]:
        """The row behind the last of each block."""
        return [*(block.start for block in self._records.blocks[1:]), len(self._records)]

    def rdatas(self, rows: Sequence[int]) -> Iterator[tuple[int, str, str]]:
        """Yield row, origin and rdata text of *rows*, which must rise."""
        at, count, number = 0, len(rows), 0
        while at < count:
            number = bisect_right(self._ends, rows[at], number)
            block, end = self._records.blocks[number], self._ends[number]
            lines = block.text.split("\n")
            while at < count and rows[at] < end:
                yield rows[at], block.origin, lines[rows[at] - block.start].split("\t", 3)[3]
                at += 1

    def search(self, pattern: re.Pattern[str]) -> Sequence[tuple[int, re.Match[str]]]:
        """Return the row of each match of *pattern* in the zone's text, of one row at most one.

        pattern: it must match inside one line. Several checks may ask for the same; the text is
        searched once.
        """
        if pattern not in self._searched:
            found = self._search(pattern)
            self._searched[pattern] = [(row, match) for _block, row, match in found]
        return self._searched[pattern]

    def _search(self, pattern: re.Pattern[str]) -> Iterator[tuple[Block, int, re.Match[str]]]:
        for block in self._records.blocks:
            row, counted, last = block.start, 0, -1
            for match in pattern.finditer(block.text):
                row += block.text.count("\n", counted, match.start())
                counted = match.start()
                if row != last:
                    yield block, row, match
                    last = row

    @cached_property
    def unusual(self) -> dict[str, list[tuple[int, str, str]]]:
        """By mnemonic of a watched type: row, origin and rdata of what is not plainly right."""
        found: dict[str, list[tuple[int, str, str]]] = {}
        for block, row, match in self._search(UNUSUAL):
            begin, end = block.text.rfind("\n", 0, match.start()) + 1, match.end()
            # The match may lie inside a string, which is then of a record of another type.
            rdtype, rdata = block.text[begin : block.text.find("\n", end)].split("\t", 3)[2:]
            found.setdefault(rdtype, []).append((row, block.origin, rdata))
        return found
