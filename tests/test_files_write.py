"""A file is wholly old or wholly new, and a failed batch leaves nothing behind."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zonebuild.files import write
from zonebuild.files.write import WriteBatch, WriteError, make_directory, replace_file, sweep


@pytest.fixture
def system_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The renames and fsyncs of a batch in order, each with the name of its file."""
    calls: list[tuple[str, str]] = []
    real_rename, real_sync = os.rename, write._sync

    def rename(source: Path, target: Path) -> None:
        calls.append(("rename", target.name))
        real_rename(source, target)

    def sync(path: Path, flags: int) -> None:
        calls.append(("fsync", path.name.rpartition(".")[0]))
        real_sync(path, flags)

    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(write, "_sync", sync)
    return calls


@contextmanager
def small_files() -> Iterator[None]:
    """Let no file grow past 1,000 octets: what a full disk looks like without one.

    No fixture: pytest's own report may go to a file that is larger.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_nothing_is_seen_before_commit(tmp_path: Path) -> None:
    replace_file(tmp_path / "z", b"old")
    with WriteBatch() as batch:
        batch.stage(tmp_path / "z", b"new")
        assert (tmp_path / "z").read_bytes() == b"old"
        batch.commit()
    assert contents(tmp_path) == {"z": b"new"}


def test_an_empty_batch_commits() -> None:
    with WriteBatch() as batch:
        batch.commit()


def test_leaving_without_commit_leaves_the_directory_as_it_was(tmp_path: Path) -> None:
    replace_file(tmp_path / "z", b"old")
    with WriteBatch() as batch:
        batch.stage(tmp_path / "z", b"new")
        batch.stage(tmp_path / "y", b"new")
    assert contents(tmp_path) == {"z": b"old"}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_the_mode_holds_from_the_first_octet(tmp_path: Path, mode: int) -> None:
    was = os.umask(0o022)
    try:
        with WriteBatch() as batch:
            batch.stage(tmp_path / "key", b"secret", mode)
            (staged,) = tmp_path.iterdir()
            assert stat.S_IMODE(staged.stat().st_mode) == mode
            batch.commit()
    finally:
        os.umask(was)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == mode


def test_the_mode_is_given_when_the_file_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = os.open

    def record(path: Path, flags: int, mode: int = 0o777) -> int:
        made.extend([mode] if flags & os.O_CREAT else [])
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", record)
    replace_file(tmp_path / "key", b"secret", 0o600)
    assert made == [0o600]


def test_all_reach_the_disk_before_one_is_renamed_and_each_directory_once_after(
    tmp_path: Path, system_calls: list[tuple[str, str]]
) -> None:
    (tmp_path / "a.d").mkdir()
    (tmp_path / "b.d").mkdir()
    with WriteBatch() as batch:
        for name in ("b.d/3", "a.d/1", "b.d/2"):
            batch.stage(tmp_path / name, b"x")
        batch.commit()
    temporary = ("fsync", f".zonebuild-tmp.{os.getpid()}")
    assert system_calls == [
        *[temporary] * 3,
        *[("rename", name) for name in "312"],
        ("fsync", "b"),
        ("fsync", "a"),
    ]


def test_a_name_that_fills_its_octets_can_be_written(tmp_path: Path) -> None:
    replace_file(tmp_path / ("x" * 255), b"zone")
    assert contents(tmp_path) == {"x" * 255: b"zone"}


def test_a_leftover_of_the_same_name_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover = f".zonebuild-tmp.{os.getpid()}.0"
    (tmp_path / leftover).write_bytes(b"half")
    monkeypatch.setattr(write, "_counter", iter(range(10)))
    replace_file(tmp_path / "z", b"new")
    assert contents(tmp_path) == {leftover: b"half", "z": b"new"}


def test_a_link_at_the_target_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "z").symlink_to("elsewhere")
    replace_file(tmp_path / "z", b"new")
    assert contents(tmp_path) == {"elsewhere": b"theirs", "z": b"new"}
    assert not (tmp_path / "z").is_symlink()


def test_a_file_that_cannot_be_staged_undoes_the_batch(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"old")
    with WriteBatch() as batch:
        batch.stage(tmp_path / "a", b"new")
        refused = pytest.raises(WriteError, match="b: cannot be written: file too large")
        with small_files(), refused as caught:
            batch.stage(tmp_path / "b", b"x" * 2000)
    assert caught.value.path == tmp_path / "b"
    assert contents(tmp_path) == {"a": b"old"}


def test_a_missing_directory_is_an_error_that_names_the_target(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught:
        replace_file(tmp_path / "none/z", b"x")
    assert (caught.value.path, caught.value.reason) == (
        tmp_path / "none/z",
        "no such file or directory",
    )


def test_a_rename_that_fails_leaves_the_earlier_new_and_the_later_old(tmp_path: Path) -> None:
    for name in "ac":
        replace_file(tmp_path / name, b"old")
    (tmp_path / "b").mkdir()
    with WriteBatch() as batch:
        for name in "abc":
            batch.stage(tmp_path / name, b"new")
        with pytest.raises(WriteError, match="b: cannot be written: is a directory"):
            batch.commit()
    (tmp_path / "b").rmdir()
    assert contents(tmp_path) == {"a": b"new", "c": b"old"}


@pytest.mark.parametrize("count", [1, 5])
def test_a_disk_error_at_fsync_renames_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with WriteBatch() as batch:
        for number in range(count):
            batch.stage(tmp_path / str(number), b"new")
        with pytest.raises(WriteError, match="0: cannot be written: input/output error"):
            batch.commit()
    assert contents(tmp_path) == {}


def test_a_file_system_without_directory_fsync_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    replace_file(tmp_path / "z", b"new")
    assert contents(tmp_path) == {"z": b"new"}


def test_many_files_need_few_descriptors(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, hard))
    try:
        with WriteBatch() as batch:
            for number in range(100):
                batch.stage(tmp_path / str(number), b"new")
            batch.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert contents(tmp_path) == {str(number): b"new" for number in range(100)}


def test_sweep_removes_leftovers_and_nothing_else(tmp_path: Path) -> None:
    for name in (".zonebuild-tmp.1.0", ".zonebuild-tmp.99.12", ".zonebuild-tmp.mine", "z"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".zonebuild-tmp.2.0").mkdir()
    (tmp_path / ".zonebuild-tmp.3.0").symlink_to("z")
    swept = sweep(tmp_path)
    assert [path.name for path in swept] == [".zonebuild-tmp.1.0", ".zonebuild-tmp.99.12"]
    assert {path.name for path in tmp_path.iterdir()} == {
        ".zonebuild-tmp.mine",
        ".zonebuild-tmp.2.0",
        ".zonebuild-tmp.3.0",
        "z",
    }


def test_sweep_knows_what_a_batch_leaves(tmp_path: Path) -> None:
    WriteBatch().stage(tmp_path / "z", b"half")
    assert len(sweep(tmp_path)) == 1
    assert contents(tmp_path) == {}


def test_a_directory_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none") == []


def test_a_file_in_place_of_the_directory_cannot_be_swept(tmp_path: Path) -> None:
    (tmp_path / "z").write_bytes(b"x")
    with pytest.raises(WriteError, match="not a directory"):
        sweep(tmp_path / "z")


def test_missing_directories_are_made_the_last_with_its_mode(tmp_path: Path) -> None:
    make_directory(tmp_path / "state/good/example.org", 0o700)
    assert stat.S_IMODE((tmp_path / "state/good/example.org").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) & 0o500 == 0o500


def test_a_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    make_directory(tmp_path / "keys", 0o700)
    make_directory(tmp_path / "keys", 0o755)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("obstacle", ["file", "dangling"])
def test_what_is_no_directory_is_an_error(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to("none")
    with pytest.raises(WriteError):
        make_directory(tmp_path / obstacle)


SMALL_DISK = """
import json, os, subprocess, sys
from pathlib import Path
from zonebuild.files.write import WriteBatch, WriteError, make_directory, replace_file, sweep
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=True)
replace_file(disk / "a", b"old")
def said(action):
    try:
        action()
    except WriteError as error:
        return error.reason
def fill():
    with WriteBatch() as batch:
        batch.stage(disk / "a", b"new")
        batch.stage(disk / "b", b"x" * 200_000)
        batch.commit()
full = said(fill)
(disk / ".zonebuild-tmp.1.1").write_bytes(b"")
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
read_only = [
    said(lambda: replace_file(disk / "a", b"new")),
    said(lambda: make_directory(disk / "state")),
    said(lambda: sweep(disk)),
]
print(json.dumps([full, read_only, sorted(os.listdir(disk)), (disk / "a").read_text()]))
"""


def test_a_full_and_a_read_only_disk_are_errors_that_leave_the_old(tmp_path: Path) -> None:
    """In a mount namespace of its own, so that nothing is to be unmounted."""
    child = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", SMALL_DISK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        timeout=60,
    )
    assert child.returncode == 0, child.stderr.decode()
    full, read_only, names, a = json.loads(child.stdout)
    assert full == "no space left on device"
    assert read_only == ["read-only file system"] * 3
    assert (names, a) == ([".zonebuild-tmp.1.1", "a"], "old")
