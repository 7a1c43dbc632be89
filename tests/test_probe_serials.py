"""Serials of servers: who has which, who is waited for, and questions signed with TSIG."""

from __future__ import annotations

import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

from tests.test_probe import serving
from zonebuild.probe.answers import Server, Status
from zonebuild.probe.keyring import KeyFileError, TsigKey, read_key
from zonebuild.probe.serials import ask_serial, wait_for_serials

ZONE = "example.test."
FILE = 'key "hidden" {\n\talgorithm hmac-sha256;\n\tsecret "MDEyMzQ1Njc4OWFiY2RlZg==";\n};\n'


def soa(query: dns.message.Message, serial: int) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    name = query.question[0].name
    text = f"ns.{ZONE} hostmaster.{ZONE} {serial} 1 1 1 1"
    response.answer.append(dns.rrset.from_text(name, 60, "IN", "SOA", text))
    return response


def at_serial(serial: int):
    return lambda query: soa(query, serial).to_wire()


def test_the_newest_serial_of_all_servers_is_told() -> None:
    with serving(at_serial(7)) as old, serving(at_serial(9)) as new:
        assert ask_serial(ZONE, [old, new]) == 9


def test_serials_wrap_around_as_rfc_1982_says() -> None:
    with serving(at_serial(4294967295)) as before, serving(at_serial(1)) as after:
        assert ask_serial(ZONE, [before, after]) == 1


def answering(code: dns.rcode.Rcode):
    def reply(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(code)
        return response.to_wire()

    return reply


def test_a_zone_that_every_server_refuses_is_a_new_one() -> None:
    refused, failed = answering(dns.rcode.REFUSED), answering(dns.rcode.SERVFAIL)
    with serving(refused) as one, serving(refused) as two, serving(failed) as expired:
        assert ask_serial(ZONE, [one, two]) == 0
        assert ask_serial(ZONE, [one, expired]) is None
    with serving(refused) as one, serving(lambda query: None) as silent:
        assert ask_serial(ZONE, [one, silent]) is None


def test_a_server_that_lags_is_waited_for_and_its_lag_is_told() -> None:
    started = time.monotonic()

    def reply(query: dns.message.Message) -> bytes:
        return soa(query, 2 if time.monotonic() - started > 0.3 else 1).to_wire()

    with serving(reply) as slow, serving(at_serial(3)) as quick:
        seen = wait_for_serials({ZONE: 2}, {ZONE: [slow, quick]}, deadline=5)[ZONE]
    assert [one.serial for one in seen] == [2, 3]
    assert seen[0].after is not None
    assert seen[1].after is not None
    assert seen[0].after > seen[1].after


def test_the_wait_ends_at_its_deadline_with_what_was_said_last() -> None:
    started = time.monotonic()
    with serving(at_serial(1)) as behind, serving(lambda query: None) as silent:
        seen = wait_for_serials({ZONE: 2}, {ZONE: [behind, silent]}, deadline=0.5)[ZONE]
    assert time.monotonic() - started < 3
    assert [(one.serial, one.after) for one in seen] == [(1, None), (None, None)]
    assert seen[1].answer.status is Status.SILENT


def test_a_silent_server_is_asked_for_one_zone_and_not_for_a_hundred() -> None:
    zones = {f"z{i}.test.": 1 for i in range(100)}
    asked = []

    def reply(query: dns.message.Message) -> None:
        asked.append(query.question[0].name)

    with serving(reply) as silent:
        seen = wait_for_serials(zones, {zone: [silent] for zone in zones}, deadline=0)
    assert len(seen) == 100
    assert len(set(asked)) == 1


def test_each_zone_is_asked_at_least_once_without_any_time_left() -> None:
    zones = {f"z{i}.test.": 1 for i in range(20)}
    with serving(at_serial(1)) as server:
        seen = wait_for_serials(zones, {zone: [server] for zone in zones}, deadline=0)
    assert all(one.after is not None for (one,) in seen.values())


def test_a_refusal_is_told_as_one() -> None:
    def reply(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.REFUSED)
        return response.to_wire()

    with serving(reply) as server:
        ((seen,),) = wait_for_serials({ZONE: 1}, {ZONE: [server]}, deadline=0).values()
    assert seen.answer.status is Status.REFUSED


# -- TSIG ----------------------------------------------------------------------------------------


def test_what_tsig_keygen_writes_is_read() -> None:
    key = read_key(FILE, "hidden.")
    assert key == TsigKey("hidden.", "hmac-sha256", b"0123456789abcdef")
    assert "0123" not in repr(key)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no key"),
        (FILE.replace("hidden", "other"), "another name"),
        (FILE.replace("hmac-sha256", "hmac-md5"), "another algorithm"),
        (FILE.replace("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEy"), "less than 16"),
        (FILE.replace("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZ"), "no base64"),
        (FILE + "x", "holds no key"),
    ],
)
def test_a_key_that_is_no_use_is_refused_without_a_word_of_it(text: str, reason: str) -> None:
    with pytest.raises(KeyFileError, match=reason) as problem:
        read_key(text, "hidden.")
    assert "MDEy" not in str(problem.value)


def test_a_question_is_signed_and_an_unsigned_answer_is_none() -> None:
    key = read_key(FILE, "hidden.")
    ring = {dns.name.from_text(key.name): key.secret}

    def signed(query: dns.message.Message) -> bytes:
        return soa(query, 5).to_wire()

    with serving(signed, keyring=ring) as server:
        asked = Server(server.address, server.port, key="hidden.")
        assert ask_serial(ZONE, [asked], {"hidden.": key}) == 5

    def unsigned(query: dns.message.Message) -> bytes:
        bare = dns.message.make_query(query.question[0].name, "SOA")
        bare.id = query.id
        return soa(bare, 5).to_wire()

    with serving(unsigned, keyring=ring) as server:
        asked = Server(server.address, server.port, key="hidden.")
        assert ask_serial(ZONE, [asked], {"hidden.": key}) is None


def test_a_server_whose_key_is_missing_is_not_asked_without_it() -> None:
    with serving(at_serial(5)) as server:
        asked = Server(server.address, server.port, key="hidden.")
        ((seen,),) = wait_for_serials({ZONE: 5}, {ZONE: [asked]}, deadline=0).values()
    assert seen.serial is None
    assert "hidden." in str(seen.answer)
