"""Put a token's file into the drop-box folder, and take it out again.

One file a token, so that an apex and its wildcard, and clients on several hosts, never touch each
other's; written beside and renamed into place, so that no reader sees half of one. Writers on one
host take turns by a lock on the folder itself: it leaves no file behind.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zonebuild.files.write import WriteError, remove_file, replace_file, sweep
from zonebuild.tokens.names import VALUE_PATTERN, Token, is_file_of

_MAX_OCTETS = 4096  # what the builder reads of a file
_MODE = 0o644  # the builder reads as another user
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_LOCK_SECONDS = 30.0
_LOCK_PAUSE = 0.02  # seconds
_NO_LOCKS_HERE = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


class FolderError(Exception):
    """The folder cannot be used. The text says which, why, and what to do where that is known."""


def add_token(folder: Path, token: Token) -> bool:
    """Make the token's file; return False where it was there already.

    A symbolic link of that name is replaced, never followed.
    Errors: FolderError.
    """
    path = folder / token.file_name
    content = f"{token.line}\n".encode("ascii")
    with _held(folder):
        if _content(path) == content and stat.S_IMODE(path.lstat().st_mode) == _MODE:
            return False
        _replace(path, content)
    return True


def remove_token(folder: Path, token: Token) -> bool:
    """Remove the token's file, and its line from a plain file; False where neither was there.

    Other values of the owner stay.
    Errors: FolderError.
    """
    with _held(folder):
        had_file = _remove(folder / token.file_name)
        had_line = _remove_line(folder / token.plain_file_name, token)
    return had_file or had_line


def tokens_of(folder: Path, owner: str, *, newer_than: float) -> tuple[Token, ...]:
    """Return the tokens of *owner* that lie in the folder, one a value, sorted.

    owner: absolute, lower case. newer_than: Unix time in seconds; older files are left out, as
    the builder may have dropped their values by age.
    Errors: FolderError.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if is_file_of(entry.name, owner))
    except (OSError, ValueError) as error:
        raise FolderError(_unopened(folder, error)) from error
    values: set[str] = set()
    for name in names:
        path = folder / name
        content = _content(path)
        if content is not None and _changed_at(path) > newer_than:
            values |= {match["value"].decode() for match in _any_line(owner).finditer(content)}
    return tuple(Token(owner, value) for value in sorted(values))


def has_token(folder: Path, token: Token) -> bool:
    """Say whether the token lies in the folder, in its own file or in a plain one."""
    plain = _content(folder / token.plain_file_name) or b""
    own = _content(folder / token.file_name) or b""
    line = _line_pattern(token)
    return bool(line.search(own) or line.search(plain))


def _changed_at(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def _remove_line(path: Path, token: Token) -> bool:
    content = _content(path)
    if content is None:
        return False
    lines = content.splitlines(keepends=True)
    pattern = _line_pattern(token)
    kept = [line for line in lines if not pattern.fullmatch(line)]
    if len(kept) == len(lines):
        return False
    if any(line.strip() for line in kept):
        _replace(path, b"".join(kept))
    else:
        _remove(path)
    return True


def _line_pattern(token: Token) -> re.Pattern[bytes]:
    """Return what the token's line may look like as simple hooks write it."""
    return _line(token.owner, re.escape(token.value))


def _any_line(owner: str) -> re.Pattern[bytes]:
    return _line(owner, VALUE_PATTERN)


def _line(owner: str, value: str) -> re.Pattern[bytes]:
    before = r"[ \t]+(?:[0-9]+[ \t]+)?(?:IN[ \t]+)?TXT[ \t]+"
    pattern = rf"^(?i:{re.escape(owner)}{before})(\"?)(?P<value>{value})\1[ \t\r]*(?:\n|\Z)"
    return re.compile(pattern.encode("ascii"), re.MULTILINE)


def _content(path: Path) -> bytes | None:
    """Return what a regular file of at most 4 KiB holds, None for anything else."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = os.read(descriptor, _MAX_OCTETS + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return content if len(content) <= _MAX_OCTETS else None


def _replace(path: Path, content: bytes) -> None:
    before = os.umask(0o022)
    try:
        replace_file(path, content, _MODE)
    except WriteError as error:
        raise FolderError(f"{str(path)!a} cannot be written: {error.reason}") from error
    finally:
        os.umask(before)


def _remove(path: Path) -> bool:
    try:
        return remove_file(path)
    except WriteError as error:
        raise FolderError(f"{str(path)!a} cannot be removed: {error.reason}") from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold *folder* against other writers on this host, and clear what a killed one left."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL in its name
        raise FolderError(_unopened(folder, error)) from error
    try:
        if _lock(descriptor, folder):
            _sweep(folder)
        yield
    finally:
        os.close(descriptor)


def _unopened(folder: Path, error: OSError | ValueError) -> str:
    reason = _reason(error) if isinstance(error, OSError) else "has an octet 0 in its name"
    hint = "name it with --dir or in ZONEBUILD_DNSEXTRA"
    return f"the drop-box {str(folder)!a} cannot be opened: {reason}; {hint}"


def _lock(descriptor: int, folder: Path) -> bool:
    """Take the lock; say False where the file system has none."""
    import fcntl

    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise FolderError(
                    f"the drop-box {str(folder)!a} is held by another zonebuild token "
                    f"for more than {_LOCK_SECONDS:.0f} s"
                ) from None
            time.sleep(_LOCK_PAUSE)
        except OSError as error:
            if error.errno in _NO_LOCKS_HERE:
                return False
            raise FolderError(f"{str(folder)!a} cannot be locked: {_reason(error)}") from error
        else:
            return True


def _sweep(folder: Path) -> None:
    try:
        sweep(folder)
    except WriteError:  # not ours to remove: another user's
        return


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown error").lower()
