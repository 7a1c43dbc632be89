"""The site as version control has it, in a folder of its own: git and subversion, read only.

The working copy is never touched and no network is needed for the base revision. From git come
the very octets that were committed: no filter, no attribute (`export-ignore`) has a say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

_DEADLINE = 300  # seconds a command may take
_LINK, _FILES = "120000", ("100644", "100755", "100664")  # git's modes
_QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_MACHINES = "extra"
_MEMORY = "/dev/shm"  # noqa: S108  a directory of random name and mode 0700 is made there
_ROOM = 1 << 30  # octets that must be free there


class VcsError(Exception):
    """The revision cannot be had; the text says which command failed, and how."""


class _Entry(NamedTuple):
    """One file of a git tree. path: relative to the site."""

    mode: str
    blob: str
    path: str


def find_vcs(root: Path) -> str | None:
    """Return "git" or "svn", whichever holds *root*, None where neither does."""
    for folder in (root, *root.resolve().parents):
        for name in ("svn", "git"):
            if (folder / f".{name}").exists():
                return name
    return None


@contextmanager
def checked_out(root: Path, revision: str | None = None) -> Iterator[Path]:
    """Give a temporary folder with the site at *root* as of *revision*, the base where None.

    What machines made is on both sides: it is not in version control.
    Errors: VcsError.
    """
    vcs = find_vcs(root)
    if vcs is None:
        raise VcsError(f"{root} is neither in a git nor in a subversion working copy")
    base, export = _KINDS[vcs]
    wanted = base if revision is None else revision
    if not wanted or wanted.startswith("-") or not wanted.isprintable():
        raise VcsError(f"{wanted!a} is no revision")
    with tempfile.TemporaryDirectory(prefix="zonebuild-", dir=_place_in_memory()) as folder:
        target = Path(folder) / "site"
        try:
            export(root, wanted, target)
            _add_missing(root / _MACHINES, target / _MACHINES)
        except OSError as error:
            raise VcsError(f"{wanted}: cannot be written out: {error.strerror}") from error
        yield target


def _place_in_memory() -> str | None:
    """Return where thousands of files can come and go without a disk; None: the usual place."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM else None


def _export_svn(root: Path, revision: str, target: Path) -> None:
    export = ["svn", "export", "--quiet", "--non-interactive", "--ignore-externals"]
    _run([*export, "-r", revision, ".", os.fspath(target)], root)


def _export_git(root: Path, revision: str, target: Path) -> None:
    """Write out the files that *revision* has below *root*, which may be inside a repository."""
    commit = f"{revision}^{{commit}}"
    found = _run(["git", "rev-parse", "--verify", "--end-of-options", commit], root)
    listing = _run(["git", "ls-tree", "-r", "-z", found.decode("ascii").strip()], root)
    entries = [_entry(line) for line in listing.split(b"\0") if line]
    target.mkdir()
    wanted = [e for e in entries if e.mode in (*_FILES, _LINK) and _is_inside(e.path)]
    # Links come last, so that no file is written through one.
    _write_blobs(root, sorted(wanted, key=lambda entry: entry.mode == _LINK), target)


def _entry(line: bytes) -> _Entry:
    """Return what a line of ls-tree says: `MODE TYPE BLOB TAB PATH`."""
    facts, _, path = line.partition(b"\t")
    mode, _, blob = facts.decode("ascii").split(" ")
    return _Entry(mode, blob, os.fsdecode(path))


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and not {"", ".", "..", ".git"}.intersection(path.split("/"))


def _write_blobs(root: Path, entries: Sequence[_Entry], target: Path) -> None:
    """Write the content of *entries* below *target*; it never is in memory as a whole."""
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as blobs:
        asked.writelines(f"{entry.blob}\n".encode() for entry in entries)
        asked.seek(0)
        _run(["git", "cat-file", "--batch"], root, given=asked, taken=blobs)
        blobs.seek(0)
        for folder in {os.path.dirname(entry.path) for entry in entries}:
            os.makedirs(target / folder, exist_ok=True)
        for entry in entries:
            _write_blob(entry, blobs, target / entry.path)


def _write_blob(entry: _Entry, blobs: BinaryIO, place: Path) -> None:
    header = blobs.readline().split()  # BLOB "blob" SIZE
    if len(header) != 3:
        raise VcsError(f"git cat-file --batch: {entry.path}: its content is missing")
    content = blobs.read(int(header[2]))
    blobs.read(1)
    if entry.mode == _LINK:
        place.symlink_to(os.fsdecode(content))
    else:
        place.write_bytes(content)


# Each kind's base revision, and what writes a revision out.
_KINDS: dict[str, tuple[str, Callable[[Path, str, Path], None]]] = {
    "git": ("HEAD", _export_git),
    "svn": ("BASE", _export_svn),
}


def _add_missing(fragments: Path, target: Path) -> None:
    """Give both sides the same machine-made fragments: they are not in version control."""
    for path in fragments.rglob("*"):
        place = target / path.relative_to(fragments)
        if path.is_file() and not path.is_symlink() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _run(
    command: Sequence[str],
    folder: Path,
    *,
    given: BinaryIO | int = subprocess.DEVNULL,
    taken: BinaryIO | int = subprocess.PIPE,
) -> bytes:
    """Run *command* in *folder*; return what it printed, where it is not taken by a file."""
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=given,
            stdout=taken,
            stderr=subprocess.PIPE,
            timeout=_DEADLINE,
            env={**os.environ, **_QUIET},
        )
    except subprocess.TimeoutExpired as error:
        raise VcsError(f"{shown}: no end after {_DEADLINE} s") from error
    except OSError as error:
        raise VcsError(f"{shown}: {error.strerror}") from error
    if done.returncode != 0:
        end = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise VcsError(f"{shown}: exit code {done.returncode}: {end}")
    return done.stdout or b""
