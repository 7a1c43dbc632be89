"""NSD serving signed zones inside a namespace, delv validating what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.namespaces import Namespace
from zonebuild.signers.local.disk import load_key
from zonebuild.site.names import file_name

PORT = 5353
START_SECONDS = 20
EXISTS, DENIED = "; fully validated", "; negative response, fully validated"


class Validator:
    """Asks NSD inside a namespace, with the zone's key as the only trust anchor."""

    def __init__(self, namespace: Namespace, apex: str, anchors: Path) -> None:
        self._namespace = namespace
        self._command: list[str | Path] = [
            "delv",
            "@127.0.0.1",
            "-p",
            str(PORT),
            "-a",
            anchors,
            f"+root={apex}",
        ]

    def ask(self, name: str, rdtype: str) -> str:
        """Return what delv says of *name*, its errors too."""
        said = self._namespace.run([*self._command, name, rdtype])
        return said.stdout + said.stderr


@contextmanager
def served(namespace: Namespace, site: Path, *apexes: str) -> Iterator[list[Validator]]:
    """Serve zones of *site* by NSD; yield a validator of each one's answers."""
    zones = "".join(
        f'zone:\n  name: "{apex}"\n  zonefile: "{site}/signed/{file_name(apex)}"\n'
        for apex in apexes
    )
    config = site / "nsd.conf"
    config.write_text(
        "server:\n"
        f'  ip-address: 127.0.0.1@{PORT}\n  database: ""\n  username: ""\n  chroot: ""\n'
        f'  pidfile: ""\n  zonelistfile: "{site}/zone.list"\n  xfrdfile: "{site}/xfrd.state"\n'
        f'  xfrdir: "{site}"\n  zonesdir: "{site}"\n  server-count: 1\n'
        "remote-control:\n  control-enable: no\n"
        f"{zones}"
    )
    log = site / "nsd.log"
    with namespace.daemon(["nsd", "-d", "-c", config], log):
        for apex in apexes:
            _wait_for_answer(namespace, apex, log)
        yield [Validator(namespace, apex, _anchors(site, apex)) for apex in apexes]


def _anchors(site: Path, apex: str) -> Path:
    anchors = site / f"anchors.{file_name(apex)}"
    public = load_key(site, apex).dnskey_text.rsplit(" ", 1)[1]
    anchors.write_text(f'trust-anchors {{ "{apex}" static-key 257 3 13 "{public}"; }};\n')
    return anchors


def _wait_for_answer(namespace: Namespace, apex: str, log: Path) -> None:
    query = ["dig", "@127.0.0.1", "-p", str(PORT), "+short", "+time=1", "+tries=1", apex, "SOA"]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = namespace.run(query)
        if said.returncode == 0 and said.stdout.strip():
            return
        time.sleep(0.05)
    pytest.fail(f"NSD does not answer: {log.read_text()}")
