"""A `doit` that waits for its run: the run is its own, and nothing else is remembered."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.polling import WATCH, PolledSite, environment_of_polls
from zonebuild.poll import spare as spare_room
from zonebuild.poll.run import find_site
from zonebuild.poll.spare import Spare
from zonebuild.tasks.ready import FILE, load, read_names

PATIENCE = 20  # seconds until a test gives up
WHO = "import os, sys\nopen('who', 'w').write(str(os.getpid()))\n"
DEPTH = "open('loaded', 'w').write(' '.join(sys.modules))\n"


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of_polls().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def site(tmp_path: Path) -> PolledSite:
    made = PolledSite(tmp_path / "site")
    made.write("dodo.py", WHO + DEPTH + (made.root / "dodo.py").read_text())
    return made


@pytest.fixture
def spare(site: PolledSite) -> Iterator[Spare]:
    made = Spare(str(site.root), find_site(str(site.root)).cache)
    yield made
    made.close()


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield descriptor
    os.close(descriptor)


def children() -> set[int]:
    """Return the processes that this one has started and that are still there."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        found.update(map(int, (task / "children").read_text().split()))
    return found


def prepared(spare: Spare) -> int:
    """Have a process wait; return its id."""
    before = children()
    spare.prepare()
    (new,) = children() - before
    return new


def test_the_run_is_made_by_the_process_that_waited(
    site: PolledSite, spare: Spare, lock: int
) -> None:
    waiting = prepared(spare)
    spare.prepare()  # one is enough
    site.append("primary/a.example", "new A 192.0.2.7\n")
    assert spare.run(str(site.root), lock=lock) == (0, "")
    assert (site.root / "who").read_text() == str(waiting)
    assert "new" in site.built("a.example")
    assert waiting not in children()


def test_none_serves_twice(site: PolledSite, spare: Spare, lock: int) -> None:
    first = prepared(spare)
    spare.run(str(site.root), lock=lock)
    second = prepared(spare)
    spare.run(str(site.root), lock=lock)
    assert (site.root / "who").read_text() == str(second) != str(first)


def test_what_a_run_loaded_the_next_has_loaded_before_it_begins(
    site: PolledSite, spare: Spare, lock: int
) -> None:
    spare.prepare()
    spare.run(str(site.root), lock=lock)
    assert "jinja2.environment" not in (site.root / "loaded").read_text().split()
    spare.prepare()
    spare.run(str(site.root), lock=lock)
    assert "jinja2.environment" in (site.root / "loaded").read_text().split()


def test_the_modules_of_the_site_are_loaded_by_the_run_alone(
    site: PolledSite, spare: Spare, lock: int
) -> None:
    site.write("helper.py", "WORD = 'old'\n")
    site.write(
        "dodo.py", "import helper\nprint(helper.WORD)\n" + (site.root / "dodo.py").read_text()
    )
    spare.prepare()
    spare.run(str(site.root), lock=lock)
    spare.prepare()
    time.sleep(1)
    site.write("helper.py", "WORD = 'newer'\n")
    assert spare.run(str(site.root), lock=lock) == (0, "newer\n")
    kept = read_names(f"{find_site(str(site.root)).cache}/{FILE}")
    assert {"helper", "dodo", "__main__"}.isdisjoint(kept)


def test_one_that_has_died_is_done_without(site: PolledSite, spare: Spare, lock: int) -> None:
    waiting = prepared(spare)
    os.kill(waiting, signal.SIGKILL)
    while Path(f"/proc/{waiting}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert spare.run(str(site.root), lock=lock) == (0, "")
    assert site.built("a.example")


def test_one_that_has_loaded_what_is_replaced_now_is_done_without(
    site: PolledSite, spare: Spare, lock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = prepared(spare)
    monkeypatch.setattr(spare_room, "versions", lambda: "upgraded")
    assert spare.run(str(site.root), lock=lock) == (0, "")
    assert (site.root / "who").read_text() != str(waiting)
    spare.prepare()
    assert waiting not in children()


def test_a_failure_is_told_as_ever(site: PolledSite, spare: Spare, lock: int) -> None:
    site.write("primary/a.example", "www A 192.0.2.256\n")
    spare.prepare()
    code, told = spare.run(str(site.root), lock=lock)
    assert code == 1
    assert told.startswith(f'{site.root}: a.example. failed: A rdata "192.0.2.256"')
    assert "192.0.2.256" in told


def test_it_holds_the_lock_when_the_watch_is_gone(
    site: PolledSite, spare: Spare, tmp_path: Path
) -> None:
    site.write("dodo.py", _TRY + (site.root / "dodo.py").read_text())
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)

    def let_go() -> None:
        while not (site.root / "begun").exists():
            time.sleep(0.01)
        os.close(lock)
        site.write("alone", "")

    spare.prepare()
    with ThreadPoolExecutor() as pool:
        pool.submit(let_go)
        assert spare.run(str(site.root), lock=lock) == (0, "held\n")


_TRY = """\
import fcntl, os, pathlib, time
pathlib.Path("begun").touch()
while not pathlib.Path("alone").exists():
    time.sleep(0.01)
try:
    fcntl.flock(os.open("../lock", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
except BlockingIOError:
    print("held")
"""


def test_a_folder_that_is_away_is_told_by_the_run(tmp_path: Path, lock: int) -> None:
    made = Spare(str(tmp_path / "away"), str(tmp_path / "cache"))
    made.prepare()
    code, told = made.run(str(tmp_path / "away"), lock=lock)
    assert (code, told.splitlines()[0]) == (2, told)
    assert "cannot be run: No such file or directory" in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_when_the_watch_goes(site: PolledSite, number: signal.Signals) -> None:
    with site.start(*WATCH, "--debounce", "1") as process:
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + PATIENCE
        while not (waiting := _waiting(found)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        while any(Path(f"/proc/{each}").exists() for each in waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def _waiting(children: Path) -> list[str]:
    commands = {each: Path(f"/proc/{each}/cmdline") for each in children.read_text().split()}
    return [
        each for each, file in commands.items() if b"zonebuild.tasks.ready" in file.read_bytes()
    ]


@pytest.mark.parametrize(
    "text", ["no such module\n", "..\n.\nos;x\n", "zonebuild.nothing\n", "a.b\0c\n", "\x80\n"]
)
def test_names_that_make_no_sense_are_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="latin-1")
    load(read_names(str(tmp_path / FILE)), str(tmp_path))
