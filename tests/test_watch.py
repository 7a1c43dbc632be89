"""A watch: awake when a file changes, one writer, gone when it is told so."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.polling import WATCH, PolledSite, environment_of_polls
from tests.repositories import IDENTITY, Git
from tests.sites import SITE
from zonebuild.poll.run import Poll, find_site
from zonebuild.poll.wake import Bell, Events, Place, places_of
from zonebuild.poll.watch import Pace, Watch

PATIENCE = 20  # seconds until a test gives up
PRIMARY = "primary/a.example"


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (*environment_of_polls().items(), *IDENTITY.items()):
        monkeypatch.setenv(name, value)


@pytest.fixture
def site(tmp_path: Path) -> PolledSite:
    made = PolledSite(tmp_path / "site", SITE + f"feeds: {{far: {tmp_path}/far}}\n")
    made.write("zones/a.example.yaml", 'acme: {far: ["*.a.example"]}\n')
    made.write("../far/.zonebuild-feed", "")
    made.settle()
    return made


class Watched:
    """A watch in a thread of its own, and the polls that it told."""

    def __init__(self, root: Path, pace: Pace) -> None:
        self.polls: list[Poll] = []
        self.watch = Watch(find_site(str(root)), tell=self.polls.append, pace=pace)
        self._thread = threading.Thread(target=self.watch.run, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        try:
            self.until(lambda: any(poll.is_done for poll in self.polls))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def builds(self) -> int:
        """How often `doit` was run."""
        return sum(poll.has_built for poll in self.polls)

    @property
    def text(self) -> str:
        """All that was told."""
        return "".join(poll.text for poll in self.polls)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.polls
            time.sleep(0.01)


@contextmanager
def watched(site: PolledSite, *, interval: float = 60, debounce: float = 0.05) -> Iterator[Watched]:
    with Watched(site.root, Pace(interval, debounce)) as watch:
        yield watch


def rename_over(site: PolledSite, path: str, text: str) -> None:
    site.write(f"{path}~", text).rename(site.root / path)


SAVES: dict[str, Callable[[PolledSite], object]] = {
    "in place": lambda site: site.append(PRIMARY, "new A 192.0.2.7\n"),
    "by renaming": lambda site: rename_over(site, PRIMARY, "new A 192.0.2.7\n"),
    "a new fragment": lambda site: site.write("extra/a.example/x", "new A 192.0.2.7\n"),
}


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_what_is_saved_is_built(site: PolledSite, save: Callable[[PolledSite], object]) -> None:
    with watched(site) as watch:
        save(site)
        watch.until(lambda: "new" in site.built("a.example"))
        assert watch.text == ""


def test_what_is_saved_by_renaming_again_and_again_is_built(site: PolledSite) -> None:
    with watched(site) as watch:
        for number in range(3):
            rename_over(site, PRIMARY, f"new{number} A 192.0.2.7\n")
            watch.until(lambda wanted=f"new{number}": wanted in site.built("a.example"))  # type: ignore[misc]


def test_many_changes_at_once_are_one_build(site: PolledSite) -> None:
    with watched(site, debounce=0.5) as watch:
        for number in range(20):
            site.append(PRIMARY, f"new{number} A 192.0.2.7\n")
        watch.until(lambda: "new19" in site.built("a.example"))
        watch.until(lambda: watch.builds > 0 and watch.polls[-1].is_done)
        assert watch.builds == 1


def test_its_own_builds_wake_it_for_no_other(site: PolledSite) -> None:
    with watched(site) as watch:
        site.append(PRIMARY, "new A 192.0.2.7\n")
        watch.until(lambda: watch.builds == 1)
        time.sleep(0.5)
        assert watch.builds == 1
        assert len(watch.polls) <= 3


def test_a_token_in_a_feed_is_built_and_so_is_one_after_the_mount_was_away(
    site: PolledSite,
) -> None:
    far, token = site.root / "../far", "k" * 43
    with watched(site) as watch:
        (far / "www.a.example").write_text(token + "\n")
        watch.until(lambda: watch.builds >= 1)
        far.rename(far.with_name("unmounted"))
        site.write("../far/.zonebuild-feed", "")  # another directory of that name
        before = watch.builds
        watch.until(lambda: watch.builds > before)
        time.sleep(0.2)
        before = watch.builds
        site.write("../far/mail.a.example", token + "\n")
        watch.until(lambda: watch.builds > before)


def test_a_site_that_is_away_is_told_once_and_built_when_it_is_back(site: PolledSite) -> None:
    with watched(site, interval=1) as watch:
        away = site.root.rename(site.root.with_name("away"))
        watch.until(lambda: "is no site" in watch.text)
        time.sleep(2)
        assert watch.text.count("is no site") == 1
        assert not site.root.exists()
        away.rename(site.root)
        site.append(PRIMARY, "new A 192.0.2.7\n")
        watch.until(lambda: "new" in site.built("a.example"))


def test_without_watchdog_it_looks_each_second(
    site: PolledSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchdog.events", None)
    with watched(site) as watch:
        assert "the package watchdog is not installed" in watch.text
        site.append(PRIMARY, "new A 192.0.2.7\n")
        watch.until(lambda: "new" in site.built("a.example"))
        assert watch.text.count("watchdog") == 1


def test_a_failing_site_is_not_built_without_end(site: PolledSite) -> None:
    with watched(site) as watch:
        site.write(PRIMARY, "www A 192.0.2.256\n")
        watch.until(lambda: "192.0.2.256" in watch.text)
        builds = watch.builds
        time.sleep(0.5)
        assert watch.builds <= builds + 1


def test_the_working_copy_is_updated_at_its_own_pace(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    repository.host.settle()
    with watched(repository.host, interval=1) as watch:
        repository.commit("new A 192.0.2.7\n")
        watch.until(lambda: "new" in repository.host.built("a.example"))


def test_the_repository_is_asked_at_once_on_demand(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    repository.host.settle()
    with watched(repository.host) as watch:
        repository.commit("new A 192.0.2.7\n")
        watch.watch.update_soon()
        watch.until(lambda: "new" in repository.host.built("a.example"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(site: PolledSite, number: signal.Signals) -> None:
    with site.start(*WATCH, "--debounce", "1") as process:
        site.append(PRIMARY, "new A 192.0.2.7\n")
        while "new" not in site.built("a.example"):
            time.sleep(0.01)
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE)[0] == ""
        assert process.returncode == 0


@pytest.mark.parametrize("arguments", [["--interval", "0"], ["--debounce", "x"], ["nowhere"]])
def test_bad_usage_is_2(site: PolledSite, arguments: list[str]) -> None:
    with site.start(*WATCH, *arguments) as process:
        assert process.wait(PATIENCE) == 2


# -- what wakes it ------------------------------------------------------------------------------


def test_a_bell_keeps_its_ring_and_hears_many_as_one() -> None:
    bell = Bell()
    assert not bell.wait(0)
    for _ in range(100_000):
        bell.ring()
    assert bell.wait(PATIENCE)
    assert not bell.wait(0)


def test_reading_wakes_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bell = Bell()
    events = Events(bell)
    events.follow([Place(str(tmp_path), with_below=True)])
    try:
        (tmp_path / "file").read_bytes()
        assert not bell.wait(0.2)
        (tmp_path / "file").write_text("x")
        assert bell.wait(PATIENCE)
    finally:
        events.close()


def test_a_directory_that_is_replaced_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    events = Events(Bell())
    events.follow([Place(str(folder), with_below=False)])
    assert not events.is_broken()
    folder.rmdir()
    assert events.is_broken()
    events.close()


def test_what_builds_write_is_not_watched(tmp_path: Path) -> None:
    for name in ("zones", "primary", "unsigned", "signed", "state", "keys", ".git", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "override.yaml").touch()
    root = str(tmp_path)
    found = places_of(root, f"{root}/cache", ["/far", f"{root}/override.yaml"])
    assert [place.path for place in found] == [root, f"{root}/primary", f"{root}/zones", "/", root]
