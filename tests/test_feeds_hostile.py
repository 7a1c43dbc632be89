"""A jail with full write access to its feed changes nothing but what it is allowed to."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sites import DAY, NOW, SITE, SmallSite
from zonebuild.builder.machines.feed_reports import MOST_NEWS
from zonebuild.dropbox import MAX_NAME_VALUES, MAX_VALUES
from zonebuild.files.feed import MARKER, FeedLimits, Subject, read_feed

VALUES = ["gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01", "A" * 43]
ZONE, OWNER = "a.example", "_acme-challenge.a.example"
SECRET = "the secret of another file"
ALLOWED = {f'{OWNER}. 60 TXT "{value}"' for value in VALUES}


LIMITS = FeedLimits(file_octets=10, files=10, subject_files=4)


def by_letter(name: str) -> Subject | None:
    """Return the first letter of *name* as what a file is about."""
    return Subject(name[0]) if name[0].isalpha() else None


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
    assert not read_feed(tmp_path, LIMITS, by_letter).is_there


def test_no_more_files_are_read_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / MARKER).touch()
    for number in range(25):
        (tmp_path / f"{number:02}").write_text("x")
    feed = read_feed(tmp_path, LIMITS, lambda name: Subject(name))
    assert [file.name for file in feed.files] == [f"{number:02}" for number in range(10)]
    assert feed.left == 15


def test_the_newest_files_of_each_subject_are_read_and_strange_names_count_for_nothing(
    tmp_path: Path,
) -> None:
    for name in (MARKER, *(f"!{n}" for n in range(50)), *(f"a{n:02}" for n in range(40)), "z"):
        (tmp_path / name).write_text("x" * 11 if name == "a39" else "x")
        time.sleep(0.005)
    feed = read_feed(tmp_path, LIMITS, by_letter)
    assert [file.name for file in feed.files] == ["a36", "a37", "a38", "a39", "z"]
    assert (feed.strangers.number, feed.left) == (50, 36)
    assert str(feed.strangers) == '"!0", "!1", "!10" and 47 more'


def test_ten_thousand_wrong_files_are_one_warning(site: SmallSite) -> None:
    for number in range(2000):
        (site.root / "box" / f"wrong{number}").touch()
    run = site.run()
    assert run.code == 0
    assert len(run.told.splitlines()) <= MOST_NEWS + 2  # hosts may have such names
    assert "and 1997 more" in run.told


def test_names_that_sort_first_keep_no_honest_token_out(site: SmallSite) -> None:
    box = site.root / "box"
    for number in range(10_200):
        (box / f"!junk{number}").touch()
        (box / f"_acme-challenge.a{number}.example.org").touch()  # no zone of this site
    (box / OWNER).write_text(line())
    assert site.run().code == 0
    assert f'{OWNER}. 60 TXT "{VALUES[0]}"' in site.records(ZONE)


def test_many_files_of_one_allowed_name_keep_no_later_one_out(site: SmallSite) -> None:
    site.write(f"zones/{ZONE}.yaml", f"acme: {{box: [{ZONE}, www.{ZONE}]}}\n")
    for number in range(10_100):
        name = f"{OWNER}.{number:016x}"
        (site.root / "box" / name).write_text(line(value=f"{number:043}"))
    www = OWNER.replace("a.example", "www.a.example")
    (site.root / "box" / www).write_text(line(www))
    (site.root / "box" / f"{OWNER}.{1 << 60:016x}").write_text(line())
    assert site.run().code == 0
    built = site.records(ZONE)
    assert {f'{owner}. 60 TXT "{VALUES[0]}"' for owner in (OWNER, www)} <= built
    assert sum(record.startswith(OWNER) for record in built) == MAX_VALUES


def test_one_feed_takes_no_value_of_another(site: SmallSite) -> None:
    site.write("site.yaml", SITE + "feeds: {box: box, other: other}\n")
    site.write(f"zones/{ZONE}.yaml", f"acme: {{box: [{ZONE}], other: [{ZONE}]}}\n")
    site.write(f"other/{MARKER}", "")
    for number in range(40):
        site.write(f"box/{OWNER}.{number:016x}", line(value=f"{number:043}"))
    site.run()
    site.write(f"other/{OWNER}", line())
    site.run(now=NOW + 60)
    assert f'{OWNER}. 60 TXT "{VALUES[0]}"' in site.records(ZONE)


def test_account_labels_make_no_zone_large(site: SmallSite) -> None:
    for number in range(300):
        label = "".join("abcdefghijklmnop"[int(digit, 16)] for digit in f"{number:016x}")
        owner = f"_{label}.{OWNER}"
        values = "".join(line(owner, f"{number:020}-{n:022}") for n in range(16))
        site.write(f"box/{owner}", values)
    run = site.run()
    assert sum("_acme-challenge" in record for record in site.records(ZONE)) == MAX_NAME_VALUES
    assert f"more than {MAX_NAME_VALUES} values for {ZONE}." in run.told


@pytest.mark.parametrize("junk", ["!{}", "_acme-challenge.{}", "{}.a.example", OWNER + ".{:016x}"])
def test_other_junk_each_minute_is_not_mailed_each_minute(site: SmallSite, junk: str) -> None:
    mails = 0
    for minute in range(30):
        for path in (site.root / "box").iterdir():
            if path.name != MARKER:
                path.unlink()
        site.write(f"box/{junk.format(minute)}", "nonsense\n")
        run = site.run(now=NOW + 60 * minute)
        mails += bool(run.told)
        assert run.warnings  # `zonebuild status` has them all
    assert mails <= MOST_NEWS + 1
    site.write(f"box/{junk.format(99)}", "nonsense\n")
    assert site.run(now=NOW + DAY + 60).told  # another day


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
