"""One look: what changes a digest, what does not, and what others cannot make of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zonebuild.poll import look
from zonebuild.poll.look import Outside, look_at
from zonebuild.poll.stamp import Stamp, fits, plan_next, read_stamp, stamp_text


def seen(root: Path, *outside: Path) -> tuple[str, str]:
    found = look_at(str(root), str(root / ".zonebuild"), Outside(tuple(map(str, outside))))
    return found.inputs, found.outputs


def settled(root: Path) -> bool:
    return look_at(str(root), "").is_settled


def test_two_looks_see_the_same(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"z{number}").touch()
    assert seen(tmp_path) == seen(tmp_path)


def test_a_file_that_moves_to_the_next_directory_shows(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a/file").touch()
    before = seen(tmp_path)
    (tmp_path / "a/file").rename(tmp_path / "b/file")
    assert seen(tmp_path) != before


@pytest.mark.parametrize("top", ["unsigned", "signed", "state", "keys", "state/good"])
def test_outputs_are_told_from_inputs(tmp_path: Path, top: str) -> None:
    (tmp_path / top).mkdir(parents=True)
    before = seen(tmp_path)
    (tmp_path / top / "new").touch()
    after = seen(tmp_path)
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


@pytest.mark.parametrize("name", ["acme", "sshfp", "tlsa"])
def test_what_producers_make_is_an_output_and_what_scripts_make_is_none(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "extra" / "a.example"
    folder.mkdir(parents=True)
    before = look_at(str(tmp_path), "")
    (folder / name).write_text("x")
    made = look_at(str(tmp_path), "")
    assert made.inputs == before.inputs
    assert made.outputs != before.outputs
    (folder / "script").write_text("x")
    (tmp_path / "extra" / name).write_text("x")  # the flat layout's: a site's own
    last = look_at(str(tmp_path), "")
    assert last.inputs != made.inputs
    assert last.outputs == made.outputs


def test_links_fifos_and_loops_are_looked_at_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / os.fsdecode(b"octet\xff")).touch()
    before = seen(tmp_path)
    (tmp_path / "gone").unlink()
    (tmp_path / "gone").symlink_to("nowhen!")
    assert seen(tmp_path) != before


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A tree that is deeper than Python recurses, and than a path may be long."""
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # pytest could not


def test_a_very_deep_tree_is_looked_at(deep: Path) -> None:
    assert seen(deep) == seen(deep)
    assert seen(Path("/nowhere"), deep) == seen(Path("/nowhere"), deep)


def test_what_others_write_is_looked_at_within_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "MOST_OUTSIDE", 5)
    feed = tmp_path / "feed"
    feed.mkdir()
    for number in range(100):
        (feed / f"{number}").mkdir()
        (feed / f"{number}/x").touch()
    looked = Counter[str]()
    scandir = os.scandir

    def counting(path: str) -> Iterator[os.DirEntry[str]]:
        looked[path] += 1
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    seen(tmp_path / "none", feed)
    assert [path for path in looked if path.startswith(str(feed))] == [str(feed)]


def test_a_feed_that_is_another_directory_now_shows(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    feed.mkdir()
    before = seen(tmp_path / "none", feed)
    feed.rename(tmp_path / "old")
    assert seen(tmp_path / "none", feed) != before
    feed.mkdir()
    assert seen(tmp_path / "none", feed) != before


def test_only_what_changed_within_a_tick_is_unsettled(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not settled(tmp_path)
    found = os.stat(tmp_path / "file").st_ctime_ns
    for after, is_settled in ((look.TICK * 2, True), (-look.TICK // 2, False), (-(10**15), True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time_ns", lambda moment=found + after: moment)
            assert settled(tmp_path) is is_settled


INSTALLED: dict[str, Callable[[Path], object]] = {
    "installed": lambda top: (top / "new-1.dist-info").mkdir(),
    "upgraded": lambda top: (top / "old-1.dist-info").rename(top / "old-2.dist-info"),
    "replaced": lambda top: (top / "spare").rename(top / "old.py"),
    "removed": lambda top: (top / "old.py").unlink(),
}
CACHES: dict[str, Callable[[Path], object]] = {
    "hidden": lambda top: (top / ".pytest_cache").mkdir(),
    "compiled": lambda top: (top / "__pycache__").mkdir(),
}


@pytest.mark.parametrize("change", [*INSTALLED.values(), *CACHES.values()], ids=INSTALLED | CACHES)
def test_a_library_is_part_of_the_version_and_a_cache_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    (tmp_path / "old-1.dist-info").mkdir()
    for name in ("old.py", "spare"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path), str(tmp_path / "none.zip")])
    before = look.versions()
    change(tmp_path)
    assert (look.versions() != before) == (change in INSTALLED.values())


def test_what_a_signer_writes_is_an_output(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    signed = tmp_path / "signed"

    def at_signer() -> tuple[str, str]:
        found = look_at(str(tmp_path / "site"), "", Outside(signed=(str(signed),)))
        return found.inputs, found.outputs

    before = at_signer()
    signed.write_text("SOA")
    after = at_signer()
    assert (before[0], before[1] == after[1]) == (after[0], False)


# -- the stamp ----------------------------------------------------------------------------------

STAMP = Stamp("seen", 100, 200, Outside(("/feed",)))


@pytest.mark.parametrize(
    ("what", "now", "is_fresh"),
    [
        ("seen", 100, True),
        ("seen", 199, True),
        ("seen", 200, False),
        ("seen", 99, False),
        ("else", 150, False),
        ("", 150, False),
    ],
)
def test_a_stamp_fits_what_was_seen_until_something_is_due(
    what: str, now: int, is_fresh: bool
) -> None:
    assert fits(STAMP, what, now) is is_fresh


@pytest.mark.parametrize(
    "stamp", [STAMP, Stamp("", 0, 0), Stamp("a", 1, 2, Outside(("/b", "/c"), ("/d",)))]
)
def test_a_stamp_is_read_as_it_was_written(tmp_path: Path, stamp: Stamp) -> None:
    (tmp_path / "poll.stamp").write_text(stamp_text(stamp))
    assert read_stamp(str(tmp_path)) == stamp


def test_what_is_due_and_what_lies_outside_comes_from_the_stages(tmp_path: Path) -> None:
    lines = {
        "zones": "key\na.example.\0digest\x00500\0zones/a\0/site/primary/a",
        "dnsextra": "key\nfeeds\0digest\x00300\0/feed\0../beside\n\n\0\0x\0/no",
        "arrival": "key\na.example\0digest\x000\0unsigned/a\0/signed/a\0/feed",
        "gone": "key\nlate\0digest\x0050",
    }
    for stage, text in lines.items():
        (tmp_path / f"stamps.{stage}").write_text(text)
    wanted = Outside(read=("/beside", "/feed"), signed=("/signed/a",))
    assert plan_next(str(tmp_path), "/site", 200) == (200, wanted)
    (tmp_path / "stamps.gone").unlink()
    assert plan_next(str(tmp_path), "/site", 200) == (300, wanted)
    assert plan_next(str(tmp_path), "/site", -9999) == (-9999 + 3600, wanted)
