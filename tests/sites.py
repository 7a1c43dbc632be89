"""Small sites in a folder of a test's own, and whole runs over them in this process."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.host_file import settings_path, write_settings
from zonebuild.builder.session import Session
from zonebuild.cli.site import tell_outcome
from zonebuild.diagnostic import Finding, Severity
from zonebuild.files.host import VARIABLE
from zonebuild.poll import last_run
from zonebuild.tasks import PRODUCERS

REPOSITORY = Path(__file__).parents[1]
NOW = 1_795_000_000  # 2026-11-18 in UTC
TODAY = 2026111800
DAY = 86_400
ZONES = ("a.example", "b.example", "c.example")
HEAD = """\
$TTL {{ ttl }}
@ SOA {{ soa.mname }} {{ soa.rname }} {{ serial }} 14400 3600 2419200 600
{% for server in ns %}
@ NS {{ server }}
{% endfor %}
"""
SITE = """\
signer: none
defaults:
  ns: [ns1.test., ns2.test.]
  soa: {rname: hostmaster.test.}
"""
PRIMARY = "www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail\n"
OUTPUTS = ("unsigned", "signed", "state", "keys")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run did. code: its exit code. told: what it printed. stages: those that ran.

    fed: the producers that looked at their feeds.
    """

    code: int
    told: str
    stages: tuple[str, ...]
    findings: tuple[Finding, ...]
    fed: tuple[str, ...] = ()

    @property
    def errors(self) -> set[str]:
        """The checks whose findings are errors."""
        return {f.check for f in self.findings if f.severity is Severity.ERROR}

    @property
    def warnings(self) -> set[str]:
        """The checks whose findings are warnings."""
        return {f.check for f in self.findings if f.severity is Severity.WARNING}


class SmallSite:
    """A site tree with one head and a few zones that are all the same."""

    def __init__(self, root: Path, zones: Iterable[str] = ZONES, site: str = SITE) -> None:
        self.root = root
        for folder in ("zones", "soa", "primary", "extra"):
            (root / folder).mkdir(parents=True)
        self.write("site.yaml", site)
        self.write("soa/default", HEAD)
        for zone in zones:
            self.add_zone(zone)

    def add_zone(self, zone: str, primary: str = PRIMARY, yaml: str = "") -> None:
        """Add a zone of the file name *zone*."""
        self.write(f"zones/{zone}.yaml", yaml)
        self.write(f"primary/{zone}", primary)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write *content* to *path*, and let the file system's clock tick."""
        place = self.root / path
        if path == "site.yaml" and isinstance(content, str):
            write_settings(self.root, content)
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    def append(self, path: str, content: str) -> None:
        """Add *content* to the end of *path*."""
        host_file = settings_path(self.root)
        is_host = path == "site.yaml" and host_file.exists()
        place = host_file if is_host else self.root / path
        self.write(path, place.read_text() + content)

    def run(self, now: int = NOW, *, handoff: bool = False, settle: bool = False) -> Run:
        """Do what `doit build` does, and `doit` where *handoff*.

        settle: wait until what was written before is older than a tick of the clock of files.
        """
        if settle:
            time.sleep(0.03)
        with closing(self.root, now) as session:
            fed = tuple(_fed(session))
            ran = list(_stages(session, handoff=handoff))
            outcome = session.outcome()
            told = io.StringIO()
            with contextlib.redirect_stderr(told):
                code = tell_outcome(self.root, outcome)
            return Run(code, told.getvalue(), tuple(ran), tuple(outcome.findings()), fed)

    def built(self, zone: str) -> str:
        """Return the built zone, "" where there is none."""
        path = self.root / "unsigned" / zone
        return path.read_text() if path.exists() else ""

    def records(self, zone: str) -> set[str]:
        """Return the records of the built zone beside its SOA, `OWNER TTL TYPE RDATA`."""
        lines = (line.replace("\t", " ") for line in self.built(zone).splitlines())
        return {line for line in lines if line[0] not in "$;" and " SOA " not in line}

    def serial(self, zone: str) -> int:
        """Return the serial of the built zone, 0 where there is none."""
        found = re.search(r"\tSOA\t\S+ \S+ (\d+) ", self.built(zone))
        return int(found[1]) if found else 0

    def outputs(self) -> dict[str, tuple[int, int, bytes]]:
        """Return inode, modification time and content of every file that runs write.

        Not of those that say when that was.
        """
        files = (path for top in OUTPUTS for path in (self.root / top).rglob("*"))
        return {
            str(path.relative_to(self.root)): (
                path.stat().st_ino,
                path.stat().st_mtime_ns,
                path.read_bytes(),
            )
            for path in files
            if path.is_file() and path.parent != self.root / last_run.FOLDER
        }

    def forget(self, *paths: str) -> None:
        """Remove files and folders."""
        for path in paths:
            place = self.root / path
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)


@contextlib.contextmanager
def closing(root: Path, now: int = NOW) -> Iterator[Session]:
    """Give a session on the site at *root*, and its lock back."""
    session = Session(root, command="a test", now=now)
    try:
        yield session
    finally:
        session.close()


def _fed(session: Session) -> Iterator[str]:
    for producer in PRODUCERS:
        if not session.feed_is_fresh(producer):
            session.take_feed(producer)
            yield producer


def _stages(session: Session, *, handoff: bool) -> Iterator[str]:
    if not session.zones_are_fresh():
        session.build_zones()
        yield "zones"
    if handoff and not session.handoff_is_fresh():
        session.hand_off()
        yield "handoff"
    if handoff and not session.arrival_is_fresh():
        session.look_for_zones()
        yield "arrival"


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command that runs this tree's zonebuild."""
    wanted = {"PATH", "HOME", "LANG", VARIABLE}
    kept = {name: value for name, value in os.environ.items() if name in wanted}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **more}


DOIT = (sys.executable, "-m", "doit")
ZONEBUILD = (sys.executable, "-m", "zonebuild")
DODO = "from zonebuild.tasks import *\n\nDOIT_CONFIG = configuration()\n"
