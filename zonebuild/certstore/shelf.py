"""Where the parts of one lineage lie, and what they hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.folders import current, name_of, numbers
from zonebuild.certstore.pair import FULL, KEY, Pair, digest_of, read_key, read_pair
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory
from zonebuild.tlsa.material import MAX_OCTETS

ABSENT = "does not exist"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folders of a lineage. private: keys; public: for the builder; published: for hosts."""

    name: str
    private: Path
    public: Path
    published: Path
    backups: Path

    @property
    def key(self) -> Path:
        """The current key: the one that was exported last, or is to be first."""
        return self.private / "key.pem"

    @property
    def next(self) -> Path:
        """The key that is prepared to follow it."""
        return self.private / "next.pem"

    @property
    def issued(self) -> Path:
        """The numbered folders of what a CA issued."""
        return self.private / "issued"

    def newest(self) -> Pair | None:
        """Return what was issued last. Errors: StoreError where it is damaged."""
        return self.pair(self.issued, current(self.issued))

    def exported(self) -> Pair | None:
        """Return what hosts may fetch now. Errors: StoreError where it is damaged."""
        return self.pair(self.published, current(self.published))

    def pair(self, folder: Path, number: int) -> Pair | None:
        """Return the pair in a numbered folder, None for number 0. Errors: StoreError."""
        if not number:
            return None
        place = folder / name_of(number)
        full, key = read_file(place / FULL), read_file(place / KEY)
        if full is None or key is None:
            raise StoreError(f"{place} lacks {FULL} or {KEY}: restore a backup")
        try:
            return read_pair(full, key)
        except StoreError as error:
            raise StoreError(f"in {place} {error}: restore a backup") from error

    def next_number(self) -> int:
        """Return the number of the next chain; none is given twice."""
        return max([0, *numbers(self.issued), *numbers(self.published)]) + 1

    def find_key(self, digest: str) -> bytes | None:
        """Return the private key whose public part has that SHA-256, None where none has."""
        for path in self._keys():
            key = read_file(path)
            try:
                if key is not None and digest_of(read_key(key)) == digest:
                    return key
            except StoreError:  # one that is damaged is not the one that is looked for
                continue
        return None

    def _keys(self) -> Iterator[Path]:
        yield from (self.key, self.next)
        for folder in (self.issued, self.published):
            yield from (folder / name_of(n) / KEY for n in reversed(numbers(folder)))

    def open(self) -> None:
        """Make the folder of the keys where it is missing; refuse one that others can read.

        Errors: StoreError, WriteError.
        """
        for folder in (self.private.parent, self.private):
            make_directory(folder, 0o700)
            mode = stat.S_IMODE(os.stat(folder).st_mode)
            if mode & 0o077:
                raise StoreError(f"{folder} has mode {mode:04o}, and holds keys: want 0700")


def is_newest(shelf: Shelf, pair: Pair) -> bool:
    """Say whether *pair* is what was issued last; a damaged one is not."""
    try:
        return shelf.newest() == pair
    except StoreError:
        return False


def read_file(path: Path) -> bytes | None:
    """Return a file of the store, None where there is none. Errors: StoreError."""
    try:
        return read_outside(path, MAX_OCTETS)
    except SourceError as error:
        if error.reason == ABSENT:
            return None
        raise StoreError(f"{path} {error.reason}") from error
