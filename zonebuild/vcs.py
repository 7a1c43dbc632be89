"""The site as version control has it, in a folder of its own: git and subversion, read only.

The working copy is never touched and no network is needed for the base revision.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_DEADLINE = 300  # seconds a command may take
_BASE = {"git": "HEAD", "svn": "BASE"}


class VcsError(Exception):
    """The revision cannot be had; the text says which command failed, and how."""


def find_vcs(root: Path) -> str | None:
    """Return "git" or "svn", whichever holds *root*, None where neither does."""
    for folder in (root, *root.parents):
        for name in ("svn", "git"):
            if (folder / f".{name}").exists():
                return name
    return None


@contextmanager
def checked_out(root: Path, revision: str | None = None) -> Iterator[Path]:
    """Give a temporary folder with the site at *root* as of *revision*, the base where None.

    Errors: VcsError.
    """
    vcs = find_vcs(root)
    if vcs is None:
        raise VcsError(f"{root} is neither in a git nor in a subversion working copy")
    wanted = revision or _BASE[vcs]
    if wanted.startswith("-"):
        raise VcsError(f"{wanted!a} is no revision")
    with tempfile.TemporaryDirectory(prefix="zonebuild-") as folder:
        target = Path(folder) / "site"
        _EXPORTS[vcs](root, wanted, target)
        _add_missing(root / "extra", target / "extra")
        yield target


def _export_git(root: Path, revision: str, target: Path) -> None:
    archive = _run(["git", "archive", "--format=tar", f"{revision}:./"], root)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(target, filter=_inside)  # noqa: S202  each member is judged there


def _inside(member: tarfile.TarInfo, target: str) -> tarfile.TarInfo | None:
    """Leave out what would lead out of *target*: no source may be there anyway."""
    try:
        return tarfile.data_filter(member, target)
    except tarfile.FilterError:
        return None


def _export_svn(root: Path, revision: str, target: Path) -> None:
    _run(["svn", "export", "--quiet", "--non-interactive", "-r", revision, ".", str(target)], root)


_EXPORTS = {"git": _export_git, "svn": _export_svn}


def _add_missing(fragments: Path, target: Path) -> None:
    """Give both sides the same machine-made fragments: they are not in version control."""
    for path in fragments.rglob("*"):
        place = target / path.relative_to(fragments)
        if path.is_file() and not path.is_symlink() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _run(command: Sequence[str], folder: Path) -> bytes:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_DEADLINE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VcsError(f"{' '.join(command)}: {error}") from error
    if done.returncode != 0:
        end = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise VcsError(f"{' '.join(command)}: exit code {done.returncode}: {end}")
    return done.stdout
