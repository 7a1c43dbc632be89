"""What the tests of issuance share: a name server over the drop-box, a CA, a clock, a store."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

from zonebuild.acme.certificate import make_key
from zonebuild.acme.clock import Clock
from zonebuild.acme.desks import Desks
from zonebuild.acme.plan import make_plan
from zonebuild.acme.run import run_acme
from zonebuild.acme.state import FOLDER, State
from zonebuild.acme.world import Options, Report, World
from zonebuild.files.host import VARIABLE
from zonebuild.probe.answers import Server
from zonebuild.site.load import Override, load_site
from zonebuild.tlsa.orders_text import Orders

SERVER = Path(__file__).with_name("acme_server.py")
START_SECONDS = 60
ZONE = "example.test."


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """Return a port that nobody uses."""
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(slots=True)
class NameServer:
    """Answers for example.test from the files of a drop-box; no build lies between.

    aliases: CNAMEs, by owner. lagging: owners that it does not show yet. caa: at the apex.
    """

    box: Path
    port: int
    aliases: dict[str, str] = field(default_factory=dict)
    lagging: set[str] = field(default_factory=set)
    caa: str = ""

    def answer(self, data: bytes) -> bytes:
        """Return the answer to one datagram."""
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        question = query.question[0]
        owner = question.name.to_text().lower()
        if owner in self.aliases:
            alias = self.aliases[owner]
            response.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", alias))
            owner = alias
        values = sorted(set(self._values(owner)))
        if self.caa and owner == ZONE and question.rdtype == dns.rdatatype.CAA:
            response.answer.append(dns.rrset.from_text(ZONE, 60, "IN", "CAA", self.caa))
        elif values and question.rdtype == dns.rdatatype.TXT:
            response.answer.append(dns.rrset.from_text(owner, 60, "IN", "TXT", *values))
        else:
            soa = f"ns.{ZONE} h.{ZONE} 1 3600 600 86400 60"
            response.authority.append(dns.rrset.from_text(ZONE, 60, "IN", "SOA", soa))
        return response.to_wire()

    def _values(self, owner: str) -> Iterator[str]:
        for path in self.box.glob("[!.]*") if owner not in self.lagging else ():
            try:
                words = path.read_text().split()
            except FileNotFoundError:
                continue
            if words and words[0].lower() == owner:
                yield words[-1]


@contextmanager
def name_server(box: Path) -> Iterator[NameServer]:
    """Serve the drop-box *box*."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.1)
        server, stop = NameServer(box, listener.getsockname()[1]), threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    data, peer = listener.recvfrom(4096)
                except TimeoutError:
                    continue
                listener.sendto(server.answer(data), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        stop.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class TestCa:
    """A CA that runs. folder: where it takes faults from and writes what it was asked."""

    __test__ = False
    folder: Path
    url: str

    def fail(self, *faults: dict[str, Any]) -> None:
        """Let the next fitting requests meet *faults*; forget the ones before."""
        made = [{"times": 1, "status": 500, **fault} for fault in faults]
        (self.folder / "faults.json").write_text(json.dumps(made))

    def asked(self, what: str) -> list[Any]:
        """Return the payloads of the requests so far that *what* is a part of."""
        path = self.folder / "requests.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [payload for line, payload in map(json.loads, lines) if what in line]

    def forget(self) -> None:
        """Forget faults and requests."""
        (self.folder / "requests.jsonl").unlink(missing_ok=True)
        (self.folder / "faults.json").unlink(missing_ok=True)


def problem(code: str, status: int, **more: Any) -> dict[str, Any]:
    """Return the fault of a problem document."""
    headers = more.pop("headers", {})
    document = {"type": f"urn:ietf:params:acme:error:{code}", "detail": f"said {code}", **more}
    return {"status": status, "body": document, "headers": headers}


@contextmanager
def acme_ca(folder: Path, dns_port: int) -> Iterator[TestCa]:
    """Run a CA that asks the name server at *dns_port*."""
    port = free_port()
    log = (folder / "log").open("wb")
    command = [sys.executable, str(SERVER), str(folder), str(port), str(dns_port)]
    process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "TZ": "UTC"})
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (folder / "ready").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield TestCa(folder, f"http://127.0.0.1:{port}/directory")
    finally:
        process.terminate()
        process.wait()
        log.close()


@dataclass(slots=True)
class FolderStore:
    """A store of one folder a lineage, without rules: what the tests need of one."""

    folder: Path

    def place(self, lineage: str) -> Path:
        """Return where the newest chain lies."""
        return self.folder / lineage / "fullchain.pem"

    def newest(self, lineage: str) -> str | None:
        """Return the newest chain."""
        path = self.folder / lineage / "fullchain.pem"
        return path.read_text() if path.exists() else None

    def key_for_request(self, lineage: str, orders: Orders | None, kind: str) -> bytes:
        """Return the key, made where there is none."""
        path = self.folder / lineage / "key.pem"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make_key(kind))
        return path.read_bytes()

    def keep_issued(self, lineage: str, fullchain: str, key_pem: bytes, now: int) -> None:
        """Keep the chain."""
        (self.folder / lineage).mkdir(parents=True, exist_ok=True)
        (self.folder / lineage / "fullchain.pem").write_text(fullchain)
        (self.folder / lineage / "key.pem").write_bytes(key_pem)

    def export(self, lineage: str, orders: Orders | None, now: int) -> bool:
        """Say whether the chain was not exported yet."""
        path = self.folder / lineage / "exported"
        is_new = not path.exists() or path.read_text() != self.newest(lineage)
        path.write_text(self.newest(lineage) or "")
        return is_new

    def prepare_next(self, lineage: str, kind: str) -> None:
        """Keep no next key."""


@dataclass(slots=True)
class Time:
    """A clock that tests push; sleeping moves it on, and really waits a little."""

    ahead: int = 0
    slept: list[float] = field(default_factory=list)
    drawn: float = 0.5

    def clock(self) -> Clock:
        """Return the clock."""
        return Clock(lambda: int(time.time()) + self.ahead, self.sleep, lambda: self.drawn)

    def sleep(self, seconds: float) -> None:
        """Wait a hundredth of what is asked for, at least a little."""
        self.slept.append(seconds)
        self.ahead += int(seconds)
        time.sleep(min(max(seconds / 100, 0.02), 0.2))


@dataclass(slots=True)
class Lab:
    """A site at *root* whose lineages are issued by *ca*, with *dns* in place of a builder."""

    root: Path
    ca: TestCa
    dns: NameServer
    time: Time = field(default_factory=Time)
    published: list[int] = field(default_factory=list)
    site: str = ""

    def __post_init__(self) -> None:
        """Write the site."""
        (self.root / "zones").mkdir()
        self.write_site()

    @property
    def box(self) -> Path:
        """The drop-box."""
        return self.root / "dnsextra"

    @property
    def store(self) -> FolderStore:
        """The store."""
        return FolderStore(self.root / "store")

    @property
    def state(self) -> State:
        """What is kept in state/acme."""
        state = State(self.root / FOLDER)
        state.load()
        return state

    def write_site(self, staging: str = "", more: str = "") -> None:
        """Write site.yaml with the CA, and perhaps a staging directory of it."""
        ca = f"directory: {self.ca.url}" + (f", staging: {staging}" if staging else "")
        self.site = f"acme:\n  wait: 2\n  ca:\n    ours: {{{ca}}}\n{more}"

    def lineages(self, **issues: str) -> None:
        """Write the map: each lineage with its `issue:`."""
        lines = (f"  {n}: {{certificate: c, issue: {issue}}}\n" for n, issue in issues.items())
        (self.root / "tlsa-map.yaml").write_text("lineages:\n" + "".join(lines))

    def world(self) -> World:
        """Return what a run works with."""
        named = os.environ.get(VARIABLE)
        own = Override(named, Path(named).read_bytes()) if named else None
        override = Override(
            "/etc/zonebuild/site.yaml", self.site.encode() + (own.data if own else b"")
        )
        site, findings = load_site(lambda path, limit: b"", (), override=override)
        assert findings == []
        plan = make_plan(self.root, site)
        server = Server("127.0.0.1", self.dns.port)
        plan = replace(plan, scene=replace(plan.scene, servers={ZONE: (server,)}))
        state, clock = self.state, self.time.clock()
        state.prepare()
        desks = Desks(plan, state, clock)
        return World(plan, state, self.store, clock, lambda: self._publish(), desks)

    def run(self, *names: str, forced: bool = False) -> Report:
        """Do one run."""
        world = self.world()
        try:
            return run_acme(world, Options(names, forced))
        finally:
            world.desks.close()

    def _publish(self) -> None:
        self.published.append(len(list(self.box.glob("[!.]*"))))
