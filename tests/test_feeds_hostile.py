"""A jail with full write access to its feed changes nothing but what it is allowed to."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sites import DAY, NOW, SITE, SmallSite
from zonebuild.files.feed import MARKER, read_feed

VALUES = ["gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01", "A" * 43]
ZONE, OWNER = "a.example", "_acme-challenge.a.example"
SECRET = "the secret of another file"
ALLOWED = {f'{OWNER}. 60 TXT "{value}"' for value in VALUES}


def line(owner: str = OWNER, value: str = VALUES[0]) -> str:
    return f'{owner}. 60 IN TXT "{value}"\n'


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    small = SmallSite(tmp_path / "site", [], SITE + "feeds: {box: box}\n")
    small.add_zone(ZONE, yaml="acme: {box: [a.example]}\nsshfp: {box: [www.a.example]}\n")
    small.add_zone("b.example")
    small.write(f"box/{MARKER}", "")
    (tmp_path / "secret").write_text(SECRET)
    small.run()
    return small


def assert_only_allowed(site: SmallSite, before: set[str]) -> None:
    assert before <= site.records(ZONE)
    assert site.records(ZONE) - before <= ALLOWED


# -- things that lie there ------------------------------------------------------------------------


def _fifo(box: Path) -> None:
    os.mkfifo(box / OWNER)


def _socket(box: Path) -> None:
    here = Path.cwd()
    os.chdir(box)
    try:
        socket.socket(socket.AF_UNIX).bind(OWNER)
    finally:
        os.chdir(here)


def _link_to_secret(box: Path) -> None:
    (box / OWNER).symlink_to(box.parent.parent / "secret")


def _hard_link_to_secret(box: Path) -> None:
    os.link(box.parent.parent / "secret", box / OWNER)


def _link_to_token(box: Path) -> None:
    (box.parent / "token").write_text(line())
    (box / OWNER).symlink_to(box.parent / "token")


def _directory(box: Path) -> None:
    (box / OWNER).mkdir()
    (box / OWNER / OWNER).write_text(line())


def _device(box: Path) -> None:
    with contextlib.suppress(PermissionError):
        os.mknod(box / OWNER, 0o20666, os.makedev(1, 5))


def _sparse(box: Path) -> None:
    with (box / OWNER).open("wb") as file:
        file.truncate(1 << 40)


def _odd_names(box: Path) -> None:
    for name in ("\n", "a\nb", "..a", "-rf", "$(id)", "\x1b[2J", "é" * 100, "x" * 255, "%00", "\\"):
        (box / name).write_text(line())


def _unreadable(box: Path) -> None:
    (box / OWNER).write_text(line())
    (box / OWNER).chmod(0)


def _from_the_future(box: Path) -> None:
    (box / OWNER).write_text(SECRET)
    os.utime(box / OWNER, (NOW + 99 * DAY, NOW + 99 * DAY))


def _inner_directives(box: Path) -> None:
    (box / OWNER).write_text(f"$INCLUDE {box.parent.parent / 'secret'}\n{line()}")


LYING: list[Callable[[Path], None]] = [
    _fifo, _socket, _link_to_secret, _hard_link_to_secret, _link_to_token, _directory, _device,
    _sparse, _odd_names, _unreadable, _from_the_future, _inner_directives,
]  # fmt: skip


@pytest.mark.parametrize("lay", LYING, ids=lambda lay: lay.__name__.strip("_"))
def test_what_lies_in_a_feed_changes_no_zone_and_shows_no_file(
    site: SmallSite, lay: Callable[[Path], None]
) -> None:
    before = site.records(ZONE)
    lay(site.root / "box")
    run = site.run()
    assert run.code == 0
    assert_only_allowed(site, before)
    assert SECRET not in run.told
    assert "\x1b" not in run.told
    assert all(text.isprintable() for text in run.told.splitlines())


def test_a_link_in_place_of_the_feed_is_no_feed(site: SmallSite) -> None:
    elsewhere = site.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / MARKER).touch()
    (elsewhere / OWNER).write_text(line())
    site.forget("box")
    (site.root / "box").symlink_to(elsewhere)
    before = site.records(ZONE)
    assert "the feed is not there" in site.run().told
    assert site.records(ZONE) == before


def test_a_link_in_place_of_the_marker_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / MARKER).symlink_to("/etc/hostname")
    assert not read_feed(tmp_path, file_octets=10, most_files=10).is_there


def test_no_more_files_are_read_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / MARKER).touch()
    for number in range(25):
        (tmp_path / f"{number:02}").write_text("x")
    feed = read_feed(tmp_path, file_octets=10, most_files=10)
    assert [file.name for file in feed.files] == [f"{number:02}" for number in range(10)]
    assert feed.left == 15


def test_ten_thousand_wrong_files_are_counted_not_listed(site: SmallSite) -> None:
    for number in range(2000):
        (site.root / "box" / f"wrong{number}").touch()
    run = site.run()
    assert run.code == 0
    assert len(run.told.splitlines()) < 300
    assert "more, from here on" in run.told


# -- races ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def attacking(act: Callable[[random.Random], None], seed: int) -> Iterator[None]:
    """Let *act* be done again and again meanwhile."""
    over, chance = threading.Event(), random.Random(seed)
    acts = 0

    def loop() -> None:
        nonlocal acts
        while not over.is_set():
            with contextlib.suppress(OSError):
                act(chance)
            acts += 1

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert acts > 100


@pytest.mark.parametrize("seed", range(3))
def test_an_attacker_who_swaps_and_grows_files_meanwhile_gains_nothing(
    site: SmallSite, seed: int
) -> None:
    box, before = site.root / "box", site.records(ZONE)

    def act(chance: random.Random) -> None:
        place = box / chance.choice([OWNER, f"{OWNER}.0123456789abcdef", "www.a.example", "x"])
        new = box / ".new"
        new.unlink(missing_ok=True)
        kind = chance.randrange(7)
        if kind == 0:
            new.symlink_to(site.root.parent / "secret")
        elif kind == 1:
            os.mkfifo(new)
        elif kind == 2:
            new.write_text(line(value=chance.choice(VALUES)))
        elif kind == 3:
            new.write_text(SECRET * chance.randrange(1, 500))
        elif kind == 4:
            (box / MARKER).unlink(missing_ok=True)
        else:
            (box / MARKER).touch()
        if new.exists() or new.is_symlink():
            new.rename(place)
        with contextlib.suppress(OSError), open(place, "a", opener=_without_waiting) as file:
            file.write(chance.choice(["\n", "$ORIGIN .\n", '@ A 192.0.2.66\n"']))

    with attacking(act, seed):
        for moment in range(12):
            run = site.run(now=NOW + moment)
            assert run.code == 0
            assert SECRET not in run.told
            assert_only_allowed(site, before)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
