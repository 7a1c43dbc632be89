"""Arrival at real name servers: one that refuses, one that lags, one that asks for TSIG."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host_file import add_settings
from tests.live.daemons.nsd import ADDRESS, NSD
from tests.live.looping import ZONE, Loop, loop, primary

pytestmark = pytest.mark.live

OTHER = "127.0.0.4"
YAML = f"zones/{ZONE}.yaml"
ZONES = 'zone:\n  name: "{zone}"\n  zonefile: "{zone}"\n{more}'
KEY = 'key:\n  name: "hidden"\n  algorithm: hmac-sha256\n  secret: "{secret}"\n'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Loop]:
    with loop(tmp_path, "local") as made:
        site = (made.site / "site.yaml").read_text()
        made.commit(f"{site}arrival: {{deadline: 1s}}\n", "site.yaml")
        made.settle()
        yield made


def pending(running: Loop) -> str:
    """Return what the status says, after a poll that all went well in."""
    said = running.poll()
    assert (said.returncode, said.stderr) == (0, "")
    return running.here.zonebuild(running.site, "status").stdout


def follow(running: Loop, folder: Path) -> None:
    """Copy the zone that is signed now to the other server's *folder*."""
    shutil.copy(running.site / "signed" / ZONE, folder / ZONE)


def test_a_secondary_that_refuses_and_then_lags_is_told_and_stops_nothing(running: Loop) -> None:
    folder = running.folder / "other"
    running.commit(f"servers: [{ADDRESS}, {OTHER}]\n", YAML)
    with NSD(running.here, folder, address=OTHER):
        running.commit(primary("192.0.2.2"))
        assert f"{OTHER} refuses to answer (REFUSED)" in pending(running)
        running.serves("192.0.2.2")
    follow(running, folder)
    with NSD(running.here, folder, more=ZONES.format(zone=ZONE, more=""), address=OTHER) as other:
        old = other.serial(ZONE)
        assert f"has not arrived: {OTHER}" not in pending(running)
        running.commit(primary("192.0.2.3"))
        assert f"has not arrived: {OTHER} has serial {old}" in pending(running)
        running.serves("192.0.2.3")
        follow(running, folder)
        other.control("reload", ZONE)
        other.wait_for(f"www.{ZONE}", "A", "192.0.2.3")
        told = pending(running)
    assert "has not arrived" not in told
    assert "slowest server: " in told


def test_a_primary_that_only_answers_those_with_its_key_is_asked_with_it(running: Loop) -> None:
    here, folder = running.here, running.folder / "hidden"
    key = running.folder / "hidden.key"
    key.touch(mode=0o600)
    key.write_text(here.do("tsig-keygen", "hidden"))
    secret = key.read_text().partition('secret "')[2].partition('"')[0]
    folder.mkdir()
    follow(running, folder)
    add_settings(f"tsig: {{hidden: {key}}}\n")
    server = f"{{address: {OTHER}, key: hidden}}"
    running.commit(f"servers: [{ADDRESS}, {server}]\n", YAML)
    allowed = "  allow-query: 127.0.0.0/8 hidden\n"
    more = KEY.format(secret=secret) + ZONES.format(zone=ZONE, more=allowed)
    with NSD(here, folder, more=more, address=OTHER) as other:
        assert other.serial(ZONE) == 0
        assert "has not arrived" not in pending(running)
        running.commit(primary("192.0.2.5"))
        assert f"has not arrived: {OTHER} has serial" in pending(running)
