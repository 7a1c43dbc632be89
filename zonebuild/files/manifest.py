"""Remember which outputs the build wrote, so that prune removes those and nothing else.

The manifest is a text file: `SHA256 SP SP PATH` a line, sorted by path, the paths relative to
the site. An output whose content is no longer what the build wrote belongs to whoever wrote it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteError

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_LIMIT = 1 << 26  # octets
_OUTPUT = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class ManifestError(Exception):
    """A manifest that cannot be trusted. line: 1-based, 0 for the file as a whole."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}" if line else reason)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the build wrote. entries: path relative to the site, to its SHA-256 in hex."""

    entries: Mapping[str, str] = field(default_factory=dict)

    def with_entry(self, path: str, data: bytes) -> Manifest:
        """Return the manifest that also lists *path* with the content *data*."""
        return self.with_entries({path: digest(data)})

    def with_entries(self, entries: Mapping[str, str]) -> Manifest:
        """Return the manifest that also lists *entries*: path to SHA-256 in hex.

        Errors: ValueError for a path that leads out of the site or holds a line end.
        """
        for path in entries:
            if not _is_inside(path):
                raise ValueError(f"{path!r} is no path of an output")
        return Manifest({**self.entries, **entries})

    def without(self, paths: Iterable[str]) -> Manifest:
        """Return the manifest that does not list *paths*."""
        gone = set(paths)
        return Manifest({path: sha for path, sha in self.entries.items() if path not in gone})

    def to_bytes(self) -> bytes:
        """Return the manifest as its file has it."""
        lines = [f"{sha}  {path}\n" for path, sha in sorted(self.entries.items())]
        return os.fsencode("".join(lines))


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of the outputs that are no longer wanted, each part sorted by path.

    removed: by this prune. gone: by somebody else before. edited: kept, because their content
    is not what the build wrote. A manifest goes on `without` removed and gone.
    """

    removed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


def digest(data: bytes) -> str:
    """Return the SHA-256 of *data* in hex, as the manifest lists it."""
    return hashlib.sha256(data).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """Return the manifest kept in *path*, an empty one where there is no file yet.

    Errors: ManifestError.
    """
    if not os.path.lexists(path):
        return Manifest()
    try:
        return parse_manifest(read_outside(path, _LIMIT))
    except SourceError as error:
        raise ManifestError(0, error.reason) from error


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest that *data* writes.

    Errors: ManifestError with the first line that is wrong; half a manifest is none.
    """
    *lines, rest = os.fsdecode(data).split("\n")
    entries: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ManifestError(number, "want a SHA-256 in hex, two spaces, a path")
        sha, path = match.groups()
        if not _is_inside(path):
            raise ManifestError(number, "the path is not one inside the site")
        if path in entries:
            raise ManifestError(number, "the path is listed twice")
        entries[path] = sha
    if rest:
        raise ManifestError(len(lines) + 1, "the line is cut off, want a line feed at its end")
    return Manifest(entries)


def prune(root: Path, manifest: Manifest, keep: Collection[str]) -> Pruned:
    """Remove the outputs that *manifest* lists and *keep* does not want any more.

    root: the site. keep: paths relative to it.
    Only a regular file with the very content that is listed is removed.
    Errors: WriteError where the machine will not remove one.
    """
    parts: dict[str, list[str]] = {"removed": [], "gone": [], "edited": []}
    for path in sorted(set(manifest.entries).difference(keep)):
        parts[_prune_one(root / path, manifest.entries[path])].append(path)
    return Pruned(**{name: tuple(paths) for name, paths in parts.items()})


def _prune_one(path: Path, listed: str) -> str:
    """Remove *path* if its content is the listed one; return the part of `Pruned` it goes to."""
    try:
        found = _digest_at(path)
        if found != listed:
            return "edited"
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    except OSError as error:
        raise WriteError(path, error) from error
    return "removed"


def _digest_at(path: Path) -> str | None:
    """Return the SHA-256 of a regular file in hex, None for anything else."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    with open(os.open(path, _OUTPUT), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_inside(path: str) -> bool:
    """Say whether *path* is written as the manifest writes paths: relative, plain, one line."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts) and path.isprintable()
