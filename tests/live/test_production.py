"""docs/production.md, followed by somebody new: every command of it, in its order.

In place of systemctl the test starts NSD as its unit would, apt-get and pip were run before, and
zonebuild's commands are those of this tree.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.daemons import Host, host, wait_until
from tests.live.daemons.answers import NameServer

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="it makes a user, as root"),
]

TOP = Path(__file__).parents[2]
PRIMARY, SECONDARY = "192.0.2.1", "192.0.2.2"
_BLOCK = re.compile(r"^```sh( secondary)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NOT_HERE = ("apt-get ", "python3 -m venv ", "/opt/zonebuild/bin/pip ", "systemctl ", "ln -s /opt/")
TOKEN = "a" * 43
_WHERE = "PYTHONPATH=/srv/zonebuild:/opt/packages LD_LIBRARY_PATH=/opt/python/lib"


def blocks() -> list[tuple[bool, str, bool]]:
    """Return whether each block of the page is for the secondary, its commands, if NSD starts."""
    found = _BLOCK.findall((TOP / "docs" / "production.md").read_text())
    return [
        (bool(where), _without(text, _NOT_HERE), "systemctl restart nsd" in text)
        for where, text in found
    ]


def _without(text: str, beginnings: tuple[str, ...]) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(beginnings)
    )


class Reader:
    """Somebody who reads the page at a machine of their own."""

    def __init__(self, here: Host, folder: Path) -> None:
        self.here, self.folder = here, folder
        self.told, self.place = "", Path("/")

    def prepare(self) -> None:
        """Give the machine its own /etc and /srv, and what packages and pip bring."""
        here, etc = self.here, self.folder / "etc"
        here.do("cp", "-a", "/etc", etc)
        here.bind(etc, "/etc")
        for place in ("/srv", "/opt", "/usr/local/bin", "/var/lib/nsd", "/var/log"):
            here.do("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place)
        here.do("install", "-d", "-o", "nsd", "/run/nsd", "/var/lib/nsd")
        for source, target in ((sys.base_prefix, "python"), (_packages(), "packages")):
            here.do("mkdir", f"/opt/{target}")
            here.bind(Path(source), f"/opt/{target}")
        here.do("mkdir", "/srv/zonebuild")
        here.bind(TOP, "/srv/zonebuild")
        python = f"/opt/python/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
        for word in ("zonebuild", "doit"):
            program = self.folder / word
            way = f"{_WHERE} exec {python} -m {word}"
            program.write_text(f'#!/bin/sh\n{way} "$@"\n')
            program.chmod(0o755)
            here.do("cp", program, "/usr/local/bin")
        for address in (PRIMARY, SECONDARY):
            here.do("ip", "address", "add", f"{address}/32", "dev", "lo")

    def follow(self, text: str) -> None:
        """Run a block, which must go well."""
        said = self.here.run(["sh", "-euc", text], folder=self.place)
        assert said.returncode == 0, f"{text}\n{said.stdout}{said.stderr}"
        self.told += said.stdout + said.stderr
        for line in text.splitlines():
            if line.startswith("cd "):
                self.place = Path(line.removeprefix("cd "))


def _packages() -> str:
    return next(path for path in sys.path if path.endswith("site-packages"))


def secondary(reader: Reader, text: str) -> NameServer:
    """Return the other machine: mounts of its own, the key of the first one, and its block."""
    etc = reader.folder / "secondary"
    script = (
        f"mkdir {etc}; cp -a /etc/nsd/. {etc}; rm -f {etc}/nsd.conf.d/zonebuild.conf\n"
        f"mount --bind {etc} /etc/nsd; mount -t tmpfs tmpfs /var/lib/nsd\n"
        "mount -t tmpfs tmpfs /run; install -d -o nsd /run/nsd /var/lib/nsd\n"
        f"{text}\nexec nsd -d\n"
    )
    words: list[str | Path] = ["unshare", "-m", "sh", "-euc", script]
    return NameServer(reader.here, words, reader.folder / "secondary.log", SECONDARY)


def cron_entry(here: Host) -> tuple[str, str]:
    """Return the user and the command of the crontab's one entry."""
    (line,) = (
        line for line in here.do("cat", "/etc/cron.d/zonebuild").splitlines() if "* *" in line
    )
    user, command = line.split(None, 6)[5:]
    return user, command


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    tmp_path.chmod(0o755)
    with host() as here:
        made = Reader(here, tmp_path)
        made.prepare()
        yield made


def test_the_page_leads_to_a_signing_host(reader: Reader) -> None:
    here, folder = reader.here, reader.folder
    primary = NameServer(here, ["nsd", "-d"], folder / "primary.log", PRIMARY)
    with ExitStack() as stack:
        for is_secondary, text, has_restart in blocks():
            if is_secondary:
                second = stack.enter_context(secondary(reader, text))
                continue
            reader.follow(text)
            if has_restart:
                stack.enter_context(primary)
        assert "IN DS " in reader.told
        user, command = cron_entry(here)
        said = here.run(["runuser", "-u", user, "--", "sh", "-c", command])
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
        second.wait_for("_acme-challenge.example.com", "TXT", f'"{TOKEN}"')
        second.wait_for("example.com", "A", "192.0.2.1")
        wait_until(lambda: second.serial("example.com") == primary.serial("example.com") > 0)
        assert second.anchor("example.com") != ""
        here.do("runuser", "-u", "zonebuild", "--", "sh", "-c", "cd /srv/dns && zonebuild status")
        assert here.run(["runuser", "-u", "nsd", "--", "ls", "/srv/dns/keys"]).returncode != 0
