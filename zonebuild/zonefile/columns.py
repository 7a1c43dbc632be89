"""Records put one by one, or a run at a time, into the columns of `model.Records`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import compress

from zonebuild.model import Block, Fragment, Records
from zonebuild.rdata.canonical import (
    ONLY_NAMES,
    TARGET_TOKEN,
    generic_names,
    generic_text,
    seconds,
    target_of,
)
from zonebuild.rdata.types import COMMON, is_written_generically, type_number, written_type
from zonebuild.zonefile.run import Run

_BLOCK_LINES = 2000  # a block is split anew for each look at one of its records


class Columns:
    """A growing `Records`; `finish` returns it.

    Rows arrive under the origin and path that `place` told last.
    """

    def __init__(self) -> None:
        self.records = Records()
        self._origin = self._path = ""
        self._start = 0
        self._texts: list[str] = []
        self._lines = 0
        self._known_ttls: dict[str, int] = {}
        self._ttl_texts: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.records.owners)

    def place(self, path: str, origin: str) -> None:
        """Say where the next rows stand and what their relative names hang on."""
        if (path, origin) != (self._path, self._origin):
            self._flush()
            self._path, self._origin = path, origin

    def append(self, owner: str, key: str, *, ttl: int, rdtype: str, rdata: str, line: int) -> None:
        """Add one record. owner: as written; key: absolute, lower case; rdata: correct."""
        records = self.records
        number = type_number(rdtype) or 0
        if rdtype in ONLY_NAMES:
            rdata = generic_names(rdtype, rdata, self._origin)
        elif is_written_generically(rdtype):
            rdata = generic_text(rdtype, rdata, self._origin)
        target = target_of(rdtype, rdata, self._origin)
        if target is not None:
            records.target_rows.append(len(self))
            records.targets.append(self._intern(target))
        records.owners.append(self._intern(key))
        records.rdtypes.append(number)
        records.ttls.append(ttl)
        records.lines.append(line)
        self._add_text(f"{owner}\t{ttl}\t{written_type(number)}\t{rdata}", 1)

    def extend_run(
        self, run: Run, *, owner: str | None, origin: str, ttl: int | None, line: int | None
    ) -> None:
        """Add a run of plain records, a column at a time.

        owner: what a blank first owner inherits. ttl: seconds, for records without one.
        line: where all of them stand, None where each has its own.
        """
        row = len(self)
        records, names = self.records, self.records.names
        current = owner or ""
        written = [current := own or current for own in run.owners]
        seconds_of = self._seconds(run.ttls, ttl)
        ttls = [seconds_of[text] for text in run.ttls]
        keys = _absolute_keys(written, origin)
        setdefault = names.setdefault
        # fromlist takes half the time of extend
        records.owners.fromlist([setdefault(key, len(names)) for key in keys])
        records.rdtypes.fromlist(list(map(COMMON.__getitem__, run.types)))
        records.ttls.fromlist(ttls)
        records.lines.fromlist(list(run.lines) if line is None else [line] * len(ttls))
        self._add_targets(run, row, origin)
        ttl_texts = map(self._ttl_texts.__getitem__, ttls)
        columns = zip(written, ttl_texts, run.types, run.rdatas, strict=True)
        self._add_text("\n".join(map("\t".join, columns)), len(ttls))

    def _seconds(self, ttls: Sequence[str], default: int | None) -> dict[str, int]:
        """Return the seconds of each text in *ttls*; all of them are known to be TTLs."""
        known = self._known_ttls
        for text in set(ttls) - known.keys():
            known[text] = seconds(text) or 0
            self._ttl_texts[known[text]] = str(known[text])
        known[""] = default or 0
        self._ttl_texts[known[""]] = str(known[""])
        return known

    def _add_targets(self, run: Run, row: int, origin: str) -> None:
        """Add the names that the rdata of the run's records point at."""
        pointing = [rdtype in TARGET_TOKEN for rdtype in run.types]
        if not any(pointing):
            return
        names = self.records.names
        setdefault = names.setdefault
        pairs = compress(zip(run.types, run.rdatas, strict=True), pointing)
        targets = [
            rdata.split(" ", 2)[1] if rdtype == "HTTPS" else rdata.rpartition(" ")[2]
            for rdtype, rdata in pairs
        ]
        rows = compress(range(row, row + len(pointing)), pointing)
        self.records.target_rows.fromlist(list(rows))
        keys = _absolute_keys(targets, origin)
        self.records.targets.fromlist([setdefault(key, len(names)) for key in keys])

    def finish(self) -> Records:
        """Return the records; nothing may be added any more."""
        self._flush()
        return self.records

    def _intern(self, name: str) -> int:
        return self.records.names.setdefault(name, len(self.records.names))

    def _add_text(self, text: str, count: int) -> None:
        """Add *count* lines, joined: few long texts keep the memory of many short ones free."""
        self._texts.append(text)
        self._lines += count
        if self._lines >= _BLOCK_LINES:
            self._flush()

    def _flush(self) -> None:
        if self._texts:
            text = "\n".join(self._texts) + "\n"
            self.records.blocks.append(Block(self._start, self._origin, self._path, text))
            self._texts, self._lines = [], 0
        self._start = len(self)


def _absolute_keys(written: Sequence[str], origin: str) -> list[str]:
    """Return each name of *written*, none of which has an escape, absolute and in lower case."""
    suffix = "." if origin == "." else f".{origin}"
    keys = [name if name[-1] == "." else name + suffix for name in map(str.lower, written)]
    if "@" in written:
        at = "@" + suffix
        keys = [origin if key == at else key for key in keys]
    return keys


def edit_rows(fragment: Fragment, *, dropped: Collection[int], ttls: Mapping[int, int]) -> None:
    """Take the rows *dropped* out of the records of *fragment*, and give others another TTL.

    ttls: seconds, by row.
    """
    columns = Columns()
    for row, record in enumerate(fragment.records.iterate()):
        if row not in dropped:
            columns.place(record.path, record.origin)
            columns.append(
                record.owner,
                record.owner,
                ttl=ttls.get(row, record.ttl),
                rdtype=record.rdtype,
                rdata=record.rdata,
                line=record.line,
            )
    fragment.records = columns.finish()
