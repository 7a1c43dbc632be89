"""What each program was last given of each zone: state/handed, `PROGRAM APEX SHA-256` a line.

A zone whose content is the one that was given is not given again. Lost, all are given once more.
"""

from __future__ import annotations

import re
from pathlib import Path

from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file

_LINE = re.compile(r"(\w+) ([!-~]+) ([0-9a-f]{64})", re.ASCII)
_LIMIT = 1 << 28  # octets


class Handed:
    """The digests of what was given, by program and apex."""

    def __init__(self, path: Path) -> None:
        """Read what *path* keeps."""
        self._path = path
        self._digests = _read(path)
        self._is_changed = False

    def digest(self, kind: str, apex: str) -> str:
        """Return the digest (SHA-256, hexadecimal) of what *kind* was given, "" for nothing."""
        return self._digests.get((kind, apex), "")

    def put(self, kind: str, apex: str, digest: str) -> None:
        """Remember what *kind* was given of *apex*; "" forgets it."""
        if self.digest(kind, apex) == digest:
            return
        self._is_changed = True
        if digest:
            self._digests[kind, apex] = digest
        else:
            del self._digests[kind, apex]

    def forget(self, apex: str) -> None:
        """Forget all about *apex*."""
        for kind in {kind for kind, known in self._digests if known == apex}:
            self.put(kind, apex, "")

    def save(self) -> None:
        """Write what is known if any of it changed. Errors: WriteError."""
        if self._is_changed:
            lines = (f"{kind} {apex} {sha}\n" for (kind, apex), sha in self._digests.items())
            replace_file(self._path, "".join(sorted(lines)).encode("ascii"))
            self._is_changed = False


def _read(path: Path) -> dict[tuple[str, str], str]:
    try:
        text = read_outside(path, _LIMIT).decode("ascii", "replace")
    except SourceError:
        return {}
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    return {(match[1], match[2]): match[3] for match in matches if match}
