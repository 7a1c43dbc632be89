"""Zones from a name server: what is taken, and that no server can stop or fill the machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.sites import SmallSite
from zonebuild.cli.site_diff import diff_site
from zonebuild.probe.transfer import Server, TransferError, Transfers, parse_server

APEX = "a.example."
SOA = f"{APEX} 3600 IN SOA ns1.test. hostmaster.test. 7 14400 3600 2419200 600"
RECORDS = (
    SOA,
    f"{APEX} 3600 IN NS ns1.test.",
    f"{APEX} 3600 IN NS ns2.test.",
    f"{APEX} 3600 IN MX 10 mail.{APEX}",
    f"mail.{APEX} 3600 IN A 192.0.2.2",
    f"www.{APEX} 300 IN A 192.0.2.77",
    f"www.{APEX} 300 IN NSEC {APEX} A NSEC",
)
# From the question: the octets of each message to send.
Answer = Callable[[dns.message.Message], Sequence[bytes]]


def message(question: dns.message.Message, records: Sequence[str]) -> bytes:
    answer = dns.message.make_response(question)
    for line in records:
        owner, ttl, rdclass, rdtype, rdata = line.split(" ", 4)
        answer.answer.append(dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, rdata))
    return answer.to_wire()


def refused(question: dns.message.Message) -> list[bytes]:
    answer = dns.message.make_response(question)
    answer.set_rcode(dns.rcode.REFUSED)
    return [answer.to_wire()]


@contextmanager
def serving(answer: Answer, *, is_framed: bool = True) -> Iterator[Server]:
    """Answer each connection's question, then close it."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    wire = connection.recv(65_537)
                    for sent in answer(dns.message.from_wire(wire[2:])):
                        length = len(sent).to_bytes(2) if is_framed else b""
                        connection.sendall(length + sent)
                except OSError:
                    pass  # the other side has had enough

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Server("127.0.0.1", listener.getsockname()[1])
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def whole(question: dns.message.Message) -> list[bytes]:
    return [message(question, RECORDS[:3]), message(question, [*RECORDS[3:], SOA])]


def test_a_zone_comes_over_several_messages_and_has_one_soa() -> None:
    with serving(whole) as server:
        lines = Transfers(server).zone(APEX).splitlines()
    assert lines == [
        "$ORIGIN a.example.",
        "@ 3600 IN SOA ns1.test. hostmaster.test. 7 14400 3600 2419200 600",
        "@ 3600 IN NS ns1.test.",
        "@ 3600 IN NS ns2.test.",
        "@ 3600 IN MX 10 mail",
        "mail 3600 IN A 192.0.2.2",
        "www 300 IN A 192.0.2.77",
        "www 300 IN NSEC @ A NSEC",
    ]


SIGNATURES = [
    f"{owner}{APEX} 300 IN RRSIG A 13 3 300 {end} 20250101000000 7 {APEX} AAAA"
    for owner, end in (("mail.", 20260101000000), ("www.", 20250601000000))
]


def test_in_brief_there_is_one_signature_and_no_denial() -> None:
    with serving(lambda q: [message(q, [*RECORDS, *SIGNATURES, SOA])]) as server:
        whole_lines = Transfers(server).zone(APEX).splitlines()
        brief = Transfers(server).zone(APEX, is_brief=True).splitlines()
    denial, later, _ = whole_lines[-3:]
    assert brief == [line for line in whole_lines if line not in (denial, later)]
    assert "20250601000000" in brief[-1]


BAD: dict[str, tuple[Answer, str]] = {
    "refused": (refused, "refuses the transfer: REFUSED"),
    "nothing": (lambda q: [message(q, [])], "sends no zone"),
    "the end is missing": (lambda q: [message(q, RECORDS)], "ended the transfer before"),
    "no SOA first": (lambda q: [message(q, RECORDS[1:])], "does not begin with its SOA"),
    "another zone": (
        lambda q: [message(q, [SOA.replace(APEX, "b.example.")])],
        "does not begin with its SOA",
    ),
    "garbage": (lambda q: [whole(q)[0][:30] + b"\xff" * 40], "cannot be read"),
    "cut off": (lambda q: [whole(q)[0], whole(q)[1][:-3]], "cannot be read"),
    "a loop of names": (lambda q: [whole(q)[0][:12] + b"\xc0\x0c" * 30], "cannot be read"),
    "too short": (lambda q: [b"x"], "cannot be read"),
    "another question": (lambda q: [b"\0\0" + whole(q)[0][2:]], "answers another question"),
    "without end": (
        lambda q: [message(q, RECORDS)] + [message(q, RECORDS[1:])] * 999,
        "more than a zone may have octets",
    ),
    "closed at once": (lambda q: [], "ended the transfer before"),
}


@pytest.mark.parametrize(("answer", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_transfer_is_an_error_that_says_why(answer: Answer, reason: str) -> None:
    with serving(answer) as server, pytest.raises(TransferError, match=reason):
        Transfers(server, limit=10_000).zone(APEX)


def test_a_silent_server_is_left() -> None:
    held = threading.Event()
    with serving(lambda q: [b""][: held.wait(5)], is_framed=False) as server:
        with pytest.raises(TransferError, match="did not send the whole zone in time"):
            Transfers(server, silence=0.05).zone(APEX)
        held.set()


def test_a_server_that_dribbles_is_left_when_the_whole_takes_too_long() -> None:
    with (
        serving(lambda q: [b"\1"] * 100_000, is_framed=False) as server,
        pytest.raises(TransferError, match="in time"),
    ):
        Transfers(server, whole=0.0).zone(APEX)


def test_a_server_that_cannot_be_reached_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []

    def connect(*arguments: object, **more: object) -> socket.socket:
        tries.append(arguments)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    transfers = Transfers(Server("192.0.2.1", 53))
    for _ in range(3):
        with pytest.raises(TransferError, match="cannot be reached: connection refused"):
            transfers.zone(APEX)
    assert len(tries) == 1


SERVERS = {
    "192.0.2.1": Server("192.0.2.1", 53),
    "192.0.2.1:5353": Server("192.0.2.1", 5353),
    "ns.example.org": Server("ns.example.org", 53),
    "ns.example.org:1": Server("ns.example.org", 1),
    "2001:db8::1": Server("2001:db8::1", 53),
    "[2001:db8::1]": Server("2001:db8::1", 53),
    "[2001:db8::1]:5353": Server("2001:db8::1", 5353),
    "": None,
    ":53": None,
    "a:": None,
    "a:0": None,
    "a:65536": None,
    "a b": None,
    "-x": None,
    "[x": None,
    "[::1]53": None,
    "a:x": None,
}


@pytest.mark.parametrize(("text", "server"), SERVERS.items())
def test_how_a_server_is_written(text: str, server: Server | None) -> None:
    assert parse_server(text) == server


# -- doit diff ------------------------------------------------------------------------------------


def only_a(question: dns.message.Message) -> list[bytes]:
    is_ours = question.question[0].name.to_text() == APEX
    return whole(question) if is_ours else refused(question)


def test_the_difference_to_what_is_served_and_why_other_zones_cannot_be_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = SmallSite(tmp_path / "site", ["a.example", "b.example"])
    with serving(only_a) as server:
        assert diff_site(site.root, f"axfr:{server}", "text") == 0
        assert capsys.readouterr().out == (
            "a.example.\n"
            "  - www.a.example. 300 A 192.0.2.77\n"
            "  + www.a.example. 3600 A 192.0.2.1\n"
            "      www A: the old address is cached until 5 min after publication\n"
            "  1 DNSSEC record left out; --dnssec shows them\n"
            f"b.example. (before: axfr:{server} refuses the transfer: REFUSED)\n"
        )
        assert diff_site(site.root, f"axfr:{server}", "json", dnssec=True) == 0
        first, _ = json.loads(capsys.readouterr().out)
        assert {r["type"] for r in first["diff"]["removed"]} == {"A", "NSEC"}


def with_odd_record(rdtype: int, rdata: str) -> Answer:
    """Answer with a record more, whose rdata (hex) dnspython would not make."""
    line = f"x.{APEX} 60 IN TYPE65400 \\# {len(rdata) // 2} {rdata}"
    unknown, wanted = (number.to_bytes(2) + b"\0\1" for number in (65_400, rdtype))
    return lambda q: [message(q, [*RECORDS, line, SOA]).replace(unknown, wanted)]


def test_a_served_record_that_dnspython_refuses_is_compared_all_the_same() -> None:
    with serving(with_odd_record(44, "010100")) as server:
        last = Transfers(server).zone(APEX).splitlines()[-1]
    assert last == "x 60 IN SSHFP \\# 3 010100"


def test_a_served_record_that_no_reader_takes_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    with serving(with_odd_record(1, "0101")) as server:
        diff_site(site.root, f"axfr:{server}", "text")
    assert "sends what cannot be read: " in capsys.readouterr().out
