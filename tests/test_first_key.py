"""No first key for a zone that is served signed: real questions to a server on loopback."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.sites import SITE, SmallSite
from zonebuild.builder.places import SiteError
from zonebuild.cli import run as zonebuild
from zonebuild.signers.local.disk import load_key
from zonebuild.signers.local.keys import key_to_pem, make_key

ZONE = "a.example"
LOCAL = SITE.replace("signer: none", "signer: local")


@contextmanager
def serving(dnskey: str | None, rcode: int = dns.rcode.NOERROR) -> Iterator[int]:
    """Answer each question on a port of loopback: DNSKEY with *dnskey*; yield the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                data, client = server.recvfrom(4096)
                if data == b"end":
                    return
                reply = dns.message.make_response(dns.message.from_wire(data))
                reply.flags |= dns.flags.AA
                reply.set_rcode(rcode)  # type: ignore[arg-type]
                if dnskey and "DNSKEY" in reply.question[0].to_text():
                    name = reply.question[0].name
                    reply.answer.append(dns.rrset.from_text(name, 60, "IN", "DNSKEY", dnskey))
                server.sendto(reply.to_wire(), client)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        server.sendto(b"end", server.getsockname())
        thread.join()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zonebuild.probe.public_records", lambda apex, rdtype: [])


def site_asking(folder: Path, port: int) -> SmallSite:
    site = SmallSite(folder / "site", [], LOCAL)
    site.write("state/serials", f"{ZONE}. 1 date\n")
    site.add_zone(ZONE, yaml=f"servers: ['127.0.0.1:{port}']\n")
    return site


def test_a_server_that_shows_a_key_stops_the_first_one(tmp_path: Path) -> None:
    with serving(make_key().dnskey_text) as port:
        site = site_asking(tmp_path, port)
        run = site.run(handoff=True)
    assert (run.code, run.errors) == (1, {"signing"})
    assert f"zonebuild key new {ZONE}." in run.told
    assert f"keys/{ZONE}.pem" in run.told
    assert not (site.root / "keys").exists()


def test_the_key_that_the_server_shows_may_be_brought(tmp_path: Path) -> None:
    key = make_key()
    with serving(key.dnskey_text) as port:
        site = site_asking(tmp_path, port)
        site.write(f"keys/{ZONE}.pem", key_to_pem(key))
        (site.root / "keys").chmod(0o700)
        (site.root / f"keys/{ZONE}.pem").chmod(0o600)
        assert site.run(handoff=True).code == 0
    assert key.dnskey_text in (site.root / "signed" / ZONE).read_text()


@pytest.mark.parametrize("rcode", [dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.REFUSED])
def test_servers_without_a_key_let_one_be_made(tmp_path: Path, rcode: int) -> None:
    with serving(None, rcode) as port:
        site = site_asking(tmp_path, port)
        assert site.run(handoff=True).code == 0
    assert (site.root / "signed" / ZONE).exists()


def test_a_ds_at_the_parent_stops_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ds = {"DS": ["12345 8 2 " + 64 * "a"]}
    monkeypatch.setattr("zonebuild.probe.public_records", lambda _, kind: ds.get(kind, []))
    with serving(None) as port:
        site = site_asking(tmp_path, port)
        run = site.run(handoff=True)
    assert "its parent has a DS of another key (12345 8 2" in run.told
    assert not (site.root / "keys").exists()


def test_while_every_server_is_silent_no_first_key_is_made_but_a_person_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.probe.ask.DEADLINE", 0.2)
    site = site_asking(tmp_path, 1)
    run = site.run(handoff=True)
    assert "it is not known whether it is served signed already" in run.told
    monkeypatch.chdir(site.root)
    assert zonebuild(["key", "new", ZONE]) == 0
    assert site.run(handoff=True, settle=True).code == 0
    assert load_key(site.root, f"{ZONE}.").dnskey_text in (site.root / "signed" / ZONE).read_text()


def test_a_run_by_another_user_than_the_owner_of_keys_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root runs it once, and cron's user can read no key from then on."""
    site = SmallSite(tmp_path / "site", [ZONE], LOCAL)
    (site.root / "keys").mkdir(0o700)
    before = site.outputs()
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(SiteError, match="belongs to"):
        site.run(handoff=True)
    assert site.outputs() == before
    assert not (site.root / ".zonebuild").exists()
