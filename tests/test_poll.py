"""One poll: it builds what changed or is due, and nothing else; it tells what is news."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.polling import POLL, PolledSite, environment_of_polls
from tests.sites import DODO, SITE, environment
from zonebuild.builder.places import find_places
from zonebuild.poll import run as poll_run
from zonebuild.poll.run import find_site
from zonebuild.poll.turn import Turn

FEEDS = SITE + "feeds: {dnsextra: dnsextra, far: %s/far}\n"
ZONE = 'acme: {dnsextra: ["*.a.example"], far: ["*.a.example"]}\n'
BROKEN = "www A 192.0.2.1\nmail A 192.0.2.256\n"
HOUR = 3600


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of_polls().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def site(tmp_path: Path) -> PolledSite:
    return PolledSite(tmp_path / "site")


def test_the_first_poll_builds_and_says_nothing(site: PolledSite) -> None:
    done = site.poll()
    assert (done.code, done.text, done.has_built) == (0, "", True)
    assert "www" in site.built("a.example")


def test_the_next_poll_does_nothing(site: PolledSite) -> None:
    site.settle()
    before = site.outputs()
    done = site.poll()
    assert (done.code, done.text, done.has_built, done.is_done) == (0, "", False, True)
    assert site.outputs() == before


def edit_in_place_with_the_old_time(site: PolledSite) -> None:
    path = site.root / "primary/a.example"
    was = path.stat()
    path.write_text(path.read_text().replace("192.0.2.1", "192.0.2.9"))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def empty_the_output(site: PolledSite) -> None:
    path = site.root / "unsigned/a.example"
    path.write_text("x" * path.stat().st_size)


CHANGES: dict[str, Callable[[PolledSite], object]] = {
    "an edit in place that keeps size and time": edit_in_place_with_the_old_time,
    "a new zone": lambda site: site.add_zone("n.example"),
    "a zone that is gone": lambda site: site.forget("zones/a.example.yaml"),
    "site.yaml": lambda site: site.append("site.yaml", "# more\n"),
    "dodo.py": lambda site: site.append("dodo.py", "# more\n"),
    "a fragment": lambda site: site.write("extra/a.example/tlsa", ""),
    "an include": lambda site: site.write("include/new", ""),
    "an output that is gone": lambda site: site.forget("unsigned/a.example"),
    "an output that was edited": empty_the_output,
    "serials that are gone": lambda site: site.forget("state/serials"),
    "a cache that is gone": lambda site: site.forget(".zonebuild"),
    "a stamp that is cut off": lambda site: site.write(".zonebuild/poll.stamp", "a\n1\n2"),
    "an hour that has gone by": lambda site: setattr(site, "later", HOUR),
    "a clock an hour back": lambda site: setattr(site, "later", -HOUR),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_poll_builds_after(site: PolledSite, change: Callable[[PolledSite], object]) -> None:
    site.settle()
    change(site)
    assert site.poll().has_built


@pytest.mark.parametrize("feed", ["dnsextra", "../far"])
def test_a_poll_builds_after_a_change_in_a_feed(tmp_path: Path, feed: str) -> None:
    site = PolledSite(tmp_path / "site", FEEDS % tmp_path)
    site.write("zones/a.example.yaml", ZONE)
    for name in ("dnsextra", "../far"):
        site.write(f"{name}/.zonebuild-feed", "")
    site.settle()
    site.write(f"{feed}/www.a.example", "token")
    assert site.poll().has_built


@pytest.mark.parametrize("path", [".git/index", ".zonebuild/x", "state/poll.json", "zones/.idea/y"])
def test_what_is_no_source_makes_no_build(site: PolledSite, path: str) -> None:
    site.settle()
    site.write(path, "{}")
    assert not site.poll().has_built


def test_another_version_builds_again(site: PolledSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.settle()
    monkeypatch.setattr(poll_run, "versions", lambda: "another")
    assert site.poll().has_built


def test_another_site_yaml_builds_again(site: PolledSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.settle()
    monkeypatch.setenv("ZONEBUILD_SITE", str(site.write("../other.yaml", SITE)))
    assert site.poll().has_built
    site.settle()
    site.append("../other.yaml", "# more\n")
    assert site.poll().has_built


def test_what_changed_during_the_build_is_looked_at_again(site: PolledSite) -> None:
    site.append("dodo.py", "open('primary/a.example', 'a').write('new A 192.0.2.7\\n')\n")
    during = site.poll()
    assert (during.code, during.has_built, during.is_done) == (0, True, False)
    site.write("dodo.py", DODO)
    assert site.poll().is_done


def test_a_failure_is_told_once_an_hour_and_when_it_is_over(site: PolledSite) -> None:
    site.settle()
    site.write("primary/a.example", BROKEN)
    told = site.poll()
    assert told.code == 1
    assert "primary/a.example:2:8: error:" in told.text
    assert told.text.startswith(f"zonebuild poll: {site.root}: a.example. failed: A rdata ")
    quiet = site.poll()
    assert (quiet.code, quiet.text) == (1, "")
    site.later = HOUR
    assert "for 60 min: " in site.poll().text
    site.write("primary/a.example", "www A 192.0.2.1\n")
    over = site.poll()
    assert (over.code, over.text.count("\n")) == (0, 1)
    assert over.text.startswith("zonebuild poll: all is well again after 60 min; this is over: ")


def test_each_reminder_of_a_held_plan_says_what_is_held_and_why(site: PolledSite) -> None:
    site.write("primary/a.example", "".join(f"h{i} A 192.0.2.{i}\n" for i in range(10)))
    site.poll()
    site.settle()
    site.write("primary/a.example", "h0 A 192.0.2.0\n")
    first = site.poll()
    headline = first.text.partition("\n")[0]
    assert headline.startswith(
        f"zonebuild poll: {site.root}: the change of a.example. is held: it "
    )
    assert site.poll().text == ""
    for hours in (1, 2):
        site.later = hours * HOUR
        reminder = site.poll().text
        assert reminder.count("the change of a.example. is held: it removes") == 2
        assert "- h9.a.example." in reminder


def test_the_headline_of_several_zones_names_them(site: PolledSite) -> None:
    site.add_zone("b.example", BROKEN)
    site.write("primary/a.example", BROKEN)
    headline = site.poll().text.partition("\n")[0]
    assert headline.endswith(f"{site.root}: 2 zones failed: a.example., b.example.")


def test_a_second_failure_is_told_at_once(site: PolledSite) -> None:
    site.add_zone("b.example", BROKEN)
    assert "b.example" in site.poll().text
    site.write("primary/a.example", BROKEN)
    assert "primary/a.example:2:8" in site.poll().text
    assert site.poll().text == ""


def test_a_new_warning_is_passed_on_once(site: PolledSite) -> None:
    site.settle()
    site.append("primary/a.example", "www A 192.0.2.1\n")
    done = site.poll()
    assert done.code == 0
    assert "warning" in done.text
    assert site.poll().text == ""


@pytest.mark.parametrize(
    ("dodo", "code", "said"),
    [
        ("import os; os.kill(os.getpid(), 9)\n", -9, "it printed nothing"),
        ("1/0\n", 3, "ZeroDivisionError"),
        ("print('x\\n' * 10**6); raise SystemExit(2)\n", 2, "octets in all"),
    ],
    ids=["killed", "broken", "talkative"],
)
def test_a_doit_that_fails_itself_is_the_machine_s_fault(
    site: PolledSite, dodo: str, code: int, said: str
) -> None:
    site.write("dodo.py", dodo)
    done = site.poll()
    assert done.code == 2
    assert f"doit ended with exit code {code}" in done.text
    assert said in done.text
    assert len(done.text) < 40_000


def test_what_cannot_be_remembered_is_told(site: PolledSite) -> None:
    site.write("primary/a.example", BROKEN)
    (site.root / "state/poll.json").mkdir(parents=True)
    done = site.poll()
    assert done.code == 2
    assert "state/poll.json: cannot be written" in done.text
    assert "192.0.2.256" in done.text


def test_nothing_is_made_where_no_site_is_mounted(tmp_path: Path) -> None:
    done = poll_run.poll(find_site(str(tmp_path)))
    assert (done.code, done.text) == (
        2,
        f"zonebuild poll: {tmp_path} is no site: it has no folder zones/\n",
    )
    assert os.listdir(tmp_path) == []


def test_the_cache_is_where_the_builder_has_it(
    site: PolledSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_site(str(site.root)).cache == str(find_places(site.root).cache)
    monkeypatch.setenv("ZONEBUILD_CACHE", str(site.root / "elsewhere"))
    assert find_site(str(site.root)).cache == str(find_places(site.root).cache)
    site.settle()
    assert not site.poll().has_built


# -- two at once --------------------------------------------------------------------------------


def test_of_two_polls_at_once_the_second_leaves_silently(site: PolledSite) -> None:
    cache = find_site(str(site.root)).cache
    with Turn(cache, now=time.time()) as turn:
        assert turn.is_mine
        done = site.poll()
        assert (done.code, done.text, done.has_built) == (0, "", False)
    assert site.poll().has_built


def test_a_poll_that_runs_for_over_an_hour_is_told_once_an_hour(site: PolledSite) -> None:
    with Turn(find_site(str(site.root)).cache, now=time.time()):
        site.later = 61 * 60
        assert "another poll has been running for 61 min" in site.poll().text
        assert site.poll().text == ""
        site.later += HOUR
        assert "121 min" in site.poll().text


def test_a_poll_that_began_by_a_clock_ahead_is_told_an_hour_after_that_was_seen(
    site: PolledSite,
) -> None:
    with Turn(find_site(str(site.root)).cache, now=time.time() + 1000 * HOUR):
        assert site.poll().text == ""
        site.later = 61 * 60
        assert "another poll has been running for 61 min" in site.poll().text


def test_what_a_killed_poll_started_keeps_the_turn(site: PolledSite) -> None:
    site.write("dodo.py", "import time; open('up', 'w').close(); time.sleep(60)\n")
    with site.start(*POLL) as first:
        while not (site.root / "up").exists():
            time.sleep(0.01)
        child = int(subprocess.check_output(["pgrep", "-P", str(first.pid)]))
        first.kill()
        first.wait()
        try:
            assert not site.poll().has_built
        finally:
            os.kill(child, signal.SIGKILL)
    site.write("dodo.py", "")
    deadline = time.monotonic() + 10
    while not site.poll().has_built and time.monotonic() < deadline:
        time.sleep(0.01)
    assert time.monotonic() < deadline


def test_many_polls_at_once_build_once_and_say_nothing(site: PolledSite) -> None:
    polls = [site.start(*POLL) for _ in range(4)]
    assert [(each.communicate()[0], each.returncode) for each in polls] == [("", 0)] * 4
    assert site.poll().is_done


def test_with_nothing_to_do_nothing_heavy_is_loaded(site: PolledSite) -> None:
    program = (
        "import sys; from zonebuild.poll.run import find_site, poll\n"
        "done = poll(find_site('.'))\n"
        "heavy = {'dataclasses', 'pathlib', 'json', 'subprocess', 'yaml', 'dns', 'doit'}\n"
        "print(done.has_built, sorted(heavy & set(sys.modules)))"
    )

    def run() -> str:
        # -S: what a virtual environment loads at its start is not ours
        command = (sys.executable, "-S", "-c", program)
        return subprocess.check_output(command, cwd=site.root, env=environment(), text=True)

    for _ in range(2):
        site.poll()
    run()
    assert run() == "False []\n"
