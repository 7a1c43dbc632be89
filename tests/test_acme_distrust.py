"""A CA that answers wrongly, or says too much, and what is not taken from it."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acme_lab import Lab, NameServer, TestCa, acme_ca, name_server, problem
from zonebuild.acme.account import change_key, enter
from zonebuild.acme.backoff import MOST_WAIT
from zonebuild.acme.certificate import read_chain
from zonebuild.acme.ledger import What
from zonebuild.acme.problem import Nonsense, Problem, Unreachable
from zonebuild.acme.rehearse import Rehearsal
from zonebuild.acme.wire import Reply, Wire
from zonebuild.acme.world import World
from zonebuild.cli.acme_account import change_account, revoke
from zonebuild.files.write import WriteError

AUTHORIZATION = "POST /acme/authz"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestCa, NameServer]]:
    """One CA and one name server for all tests here."""
    folder = tmp_path_factory.mktemp("ca")
    with name_server(folder) as server, acme_ca(folder, server.port) as ca:
        yield ca, server


@pytest.fixture
def lab(tmp_path: Path, served: tuple[TestCa, NameServer]) -> Lab:
    """A fresh site with one lineage; the CA has forgotten what it was asked."""
    ca, server = served
    ca.forget()
    server.box, server.aliases, server.lagging = tmp_path / "dnsextra", {}, set()
    server.box.mkdir()
    made = Lab(tmp_path, ca, server)
    made.lineages(web="{names: [www.example.test]}")
    return made


def proof(name: str, status: str = "pending", token: str = "dG9rZW4") -> dict[str, Any]:
    """Return the fault of an authorization that says this."""
    challenge = {"type": "dns-01", "url": "http://127.0.0.1/c", "token": token}
    body = {
        "identifier": {"type": "dns", "value": name},
        "status": status,
        "challenges": [challenge],
    }
    return {"match": AUTHORIZATION, "status": 200, "body": body}


@pytest.mark.parametrize("status", ["pending", "invalid", "valid"])
@pytest.mark.parametrize("name", ["other.example.test", "a..b", "../../etc", "\u00e4\n", "x" * 70])
def test_a_proof_of_a_name_that_was_not_ordered_is_none(lab: Lab, name: str, status: str) -> None:
    lab.ca.fail({**proof(name, status), "times": 9})
    (finding,) = lab.run().findings
    assert "which was not ordered" in finding.message
    assert finding.message.isascii()
    assert finding.message.isprintable()
    assert [e for e in lab.state.events if e.what is What.FAILED] == []
    assert list(lab.box.iterdir()) == []


@pytest.mark.parametrize("status", ["\x1b[2J", "", "ready"])
def test_a_status_that_no_proof_has_is_nonsense(lab: Lab, status: str) -> None:
    lab.ca.fail({**proof("www.example.test", status), "times": 9})
    (finding,) = lab.run().findings
    assert "want an authorization" in finding.message
    assert "\x1b" not in finding.message


@pytest.mark.parametrize("token", ["\ud800", "a", "a b"])
def test_a_token_that_is_no_base64url_is_told(lab: Lab, token: str) -> None:
    lab.ca.fail({**proof("www.example.test", token=token), "times": 9})
    (finding,) = lab.run().findings
    assert "the CA gave the token" in finding.message


def test_a_certificate_that_is_of_no_use_counts_all_the_same(lab: Lab) -> None:
    lab.lineages(web="{names: [www.example.test], chain: Nobody}")
    (finding,) = lab.run().findings
    assert "no chain of the CA ends at Nobody" in finding.message
    issued = [event.names for event in lab.state.events if event.what is What.ISSUED]
    assert issued == [("www.example.test",)]


def test_a_failed_proof_of_a_rehearsal_counts_too(lab: Lab) -> None:
    world, _, _ = entered(lab)
    place = world.plan.directory(world.plan.entries["web"])
    assert place is not None
    lab.ca.fail({**proof("www.example.test", "invalid"), "times": 9})
    assert not Rehearsal(world, place, "web").go_through()
    failed = [event.names for event in lab.state.events if event.what is What.FAILED]
    assert failed == [("www.example.test",)]
    world.desks.close()


def test_no_ca_puts_a_renewal_off_for_years(lab: Lab) -> None:
    fault = problem("rateLimited", 429, headers={"Retry-After": "2147483647"})
    lab.ca.fail({"match": "POST /acme/neworder", **fault})
    lab.run()
    lab.time.ahead += MOST_WAIT + 10
    assert list(lab.run().issued) == ["web"]


# -- the key of the account ------------------------------------------------------------------------


def entered(lab: Lab) -> tuple[World, Any, Any]:
    """Return a world with an account, its directory and its folder."""
    world = lab.world()
    place = world.plan.directory(world.plan.entries["web"])
    assert place is not None
    return world, world.desks.entered(place), world.desks.folder(place)


def test_a_change_of_key_whose_answer_was_lost_is_no_lost_account(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, desk, folder = entered(lab)
    url, usual = desk.wire.kid, Wire._send
    lost: list[int] = []

    def send(wire: Wire, method: str, to: str, data: str | None = None) -> Reply:
        reply = usual(wire, method, to, data)
        if "key-change" in to and not lost:
            lost.append(reply.status)
            raise Unreachable("the answer is lost")
        return reply

    monkeypatch.setattr(Wire, "_send", send)
    change_key(desk, folder)
    assert lost == [200]
    assert folder.new_key() is None
    assert enter(desk, folder)
    assert desk.wire.kid == url
    assert desk.wire.fetch(url).document()["status"] == "valid"
    world.desks.close()


def test_a_change_of_key_that_is_refused_keeps_the_old_one(lab: Lab) -> None:
    world, desk, folder = entered(lab)
    url, before = desk.wire.kid, folder.key()
    lab.ca.fail({"match": "key-change", "times": 9, **problem("malformed", 400)})
    with pytest.raises(Problem, match="said malformed"):
        change_key(desk, folder)
    assert (folder.new_key(), folder.key(), desk.wire.kid) == (None, before, url)
    assert desk.wire.fetch(url).document()["status"] == "valid"
    world.desks.close()


def test_a_key_that_cannot_be_put_aside_is_told_with_its_path(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, folder = entered(lab)
    folder.make_key(is_next=True)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    for act in (folder.take_new_key, folder.drop_new_key, lambda: folder.retire("x")):
        with pytest.raises(WriteError, match=r"key\S*: cannot be written: read-only file"):
            act()


# -- where an answer leads -------------------------------------------------------------------------


def led(monkeypatch: pytest.MonkeyPatch, hops: dict[str, str]) -> list[str]:
    """Let a GET of each URL of *hops* lead to its value; return the list of what is asked."""
    asked: list[str] = []

    def exchange(_: Wire, method: str, url: str, data: str | None = None) -> Reply:
        assert (method, data) == ("GET", None)
        asked.append(url)
        return Reply(url, 302 if url in hops else 200, {"location": hops.get(url, "")}, b"{}")

    monkeypatch.setattr(Wire, "_exchange", exchange)
    return asked


@pytest.mark.parametrize("target", ["http://ca.test/ari", "ftp://ca.test/ari"])
def test_no_hop_of_a_get_leaves_https(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = led(monkeypatch, {"https://ca.test/a": "/b", "https://ca.test/b": target})
    with pytest.raises(Nonsense, match=r"^https://ca\.test/a leads to .* which is not https"):
        Wire().get("https://ca.test/a")
    assert asked == ["https://ca.test/a", "https://ca.test/b"]


def test_a_hop_to_https_is_followed_wherever_it_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    hops = {"http://127.0.0.1/a": "https://ca.test/a", "https://ca.test/a": "b?c"}
    led(monkeypatch, hops)
    assert Wire().get("http://127.0.0.1/a").url == "https://ca.test/b?c"


def test_hops_without_an_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    led(monkeypatch, {"https://ca.test/a": "https://ca.test/a"})
    with pytest.raises(Nonsense, match="leads from one place to the next without an end"):
        Wire().get("https://ca.test/a")


# -- answers without an end ------------------------------------------------------------------------

DRIPS = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
}


@pytest.mark.parametrize(("head", "drop"), DRIPS.values(), ids=DRIPS)
def test_an_answer_that_comes_drop_by_drop_ends(
    head: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.acme.wire._ANSWER", 0.5)
    monkeypatch.setattr("zonebuild.acme.wire.PATIENCE", 0.0)
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server, head, drop), daemon=True).start()
        with pytest.raises(Unreachable, match=r"does not end its answer within 0\.5 s"):
            Wire().get(f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert time.monotonic() - begun < 5


def drip(server: socket.socket, head: bytes, drop: bytes) -> None:
    """Answer one request for five seconds, an octet or a line at a time."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(drop)
            time.sleep(0.05)


# -- what people are shown -------------------------------------------------------------------------


def options(what: str) -> argparse.Namespace:
    return argparse.Namespace(what=what, ca="", staging=False, new_key=False)


def test_words_of_the_ca_are_quoted_where_they_are_shown(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    world, _, _ = entered(lab)
    assert change_account(world, options("show")) == 0
    shown = capfd.readouterr()[0]
    assert " valid\n" in shown
    assert 'CAA 0 issue "ca.test; ' in shown
    fault = {"status": 200, "body": {"status": "\x1b[2J gone\nCAA"}}
    lab.ca.fail({"match": "POST /acme/acct", "times": 9, **fault})
    assert change_account(world, options("show")) == 0
    assert '"\\x1b[2J gone\\nCAA"\n' in capfd.readouterr()[0]
    world.desks.close()


def test_who_revokes_a_stolen_key_hears_how_another_takes_its_turn(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.run()
    world, _, _ = entered(lab)
    key = lab.world().store.newest("web")
    assert key is not None
    assert revoke(world, "web", 1) == 0
    digits = read_chain(key).held.key[:16]
    assert f"`zonebuild lineage compromised web {digits}`" in capfd.readouterr()[0]
    world.desks.close()
