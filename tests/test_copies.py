"""Zones copied for programs that read them elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonebuild.builder.delivery.copies import Copied, copy_zones

APEX, OTHER = "a.test.", "b.test."


def zone(serial: int, address: str = "192.0.2.1") -> bytes:
    text = f"$ORIGIN a.test.\n@\t60\tSOA\tns h {serial} 1 1 1 1\n@\t60\tA\t{address}\n"
    return text.encode()


def copied(folder: Path, data: bytes, *, rising: bool = True) -> int | None:
    """Copy one zone; return the serial that its copy has."""
    (copy,) = copy_zones(folder, [(APEX, data)], wants_rising=rising).values()
    assert isinstance(copy, Copied), copy
    assert copy.file == folder / "a.test"
    return copy.serial


def test_a_copy_is_the_zone(tmp_path: Path) -> None:
    assert copied(tmp_path, zone(5), rising=False) == 5
    assert copied(tmp_path, zone(5, "192.0.2.2"), rising=False) == 5
    assert (tmp_path / "a.test").read_bytes() == zone(5, "192.0.2.2")


def test_an_equal_copy_is_not_written_again(tmp_path: Path) -> None:
    copied(tmp_path, zone(5))
    before = (tmp_path / "a.test").stat()
    assert copied(tmp_path, zone(5)) == 5
    assert (tmp_path / "a.test").stat() == before


@pytest.mark.parametrize(
    ("last", "now", "given"),
    [(5, 5, 6), (5, 9, 9), (5, 3, 6), (4294967295, 4294967295, 1), (4294967295, 2, 2)],
)
def test_a_change_has_a_greater_serial_where_that_is_wanted(
    tmp_path: Path, last: int, now: int, given: int
) -> None:
    copied(tmp_path, zone(last))
    assert copied(tmp_path, zone(now, "192.0.2.2")) == given
    assert (tmp_path / "a.test").read_bytes() == zone(given, "192.0.2.2")


def test_a_serial_that_was_raised_stays_while_the_content_does(tmp_path: Path) -> None:
    copied(tmp_path, zone(5))
    assert copied(tmp_path, zone(5, "192.0.2.2")) == 6
    assert copied(tmp_path, zone(5, "192.0.2.2")) == 6
    assert copied(tmp_path, zone(5, "192.0.2.3")) == 7


def test_a_folder_that_is_not_there_is_no_traceback(tmp_path: Path) -> None:
    (fault,) = copy_zones(tmp_path / "no", [(APEX, zone(5))], wants_rising=False).values()
    assert "cannot be written: no such file or directory" in str(fault)


def test_one_copy_that_cannot_be_made_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.test").mkdir()
    (tmp_path / "a.test/full").touch()
    zones = [(APEX, zone(5)), (OTHER, zone(6))]
    done = copy_zones(tmp_path, zones, wants_rising=False)
    assert isinstance(done[APEX], str)
    assert done[OTHER] == Copied(tmp_path / "b.test", 6)
    assert (tmp_path / "b.test").read_bytes() == zone(6)


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    copied(tmp_path, zone(5))
    (name,) = {path.name for path in tmp_path.iterdir()}
    from zonebuild.files import write

    leftover = tmp_path / f"{write._TEMPORARY}1.1"
    leftover.touch()
    copied(tmp_path, zone(6))
    assert [path.name for path in tmp_path.iterdir()] == [name]
