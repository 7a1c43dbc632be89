"""One run of issuance as a process of its own, for tests that kill it.

    python tests/acme_child.py ROOT CA_URL DNS_PORT [REQUEST before|after]

With REQUEST, it kills itself before or after its REQUEST-th request to the CA.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from zonebuild.acme.clock import Clock
from zonebuild.acme.desks import Desks
from zonebuild.acme.plan import make_plan
from zonebuild.acme.run import run_acme
from zonebuild.acme.site_store import SiteStore
from zonebuild.acme.state import FOLDER, State
from zonebuild.acme.wire import Wire
from zonebuild.acme.world import Options, World
from zonebuild.probe.answers import Server
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.load import load_site

SITE = "acme:\n  wait: 5\n  ca:\n    ours: {{directory: {url}}}\n"
AHEAD = "ACME_CHILD_AHEAD"  # seconds that its clock is ahead


def kill_at(request: int, *, is_after: bool) -> None:
    """Let this process kill itself at one of its requests."""
    usual, count = Wire._send, 0

    def send(self: Wire, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == request and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        reply = usual(self, *arguments)
        if count == request:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    Wire._send = send  # type: ignore[method-assign]


def main(root: Path, url: str, dns_port: int) -> int:
    """Do one run; return 0 where nothing is wrong."""
    ahead = int(os.environ.get(AHEAD, "0"))
    clock = Clock(lambda: int(time.time()) + ahead)
    site, _ = load_site(lambda path, limit: SITE.format(url=url).encode(), ())
    plan = make_plan(root, site)
    servers = {"example.test.": (Server("127.0.0.1", dns_port),)}
    plan = replace(plan, scene=replace(plan.scene, servers=servers))
    state = State(root / FOLDER)
    state.prepare()
    with state.lock("child"):
        state.load()
        store = SiteStore(root, CertstoreConfig())
        desks = Desks(plan, state, clock)
        report = run_acme(World(plan, state, store, clock, lambda: None, desks), Options())
    print(*report.findings, sep="\n", file=sys.stderr)
    return 1 if report.findings else 0


if __name__ == "__main__":
    if len(sys.argv) > 4:
        kill_at(int(sys.argv[4]), is_after=sys.argv[5] == "after")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
