"""Endpoints: what they show is fetched whatever they do, and matched as RFC 7671 says."""

from __future__ import annotations

import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint_servers import (
    HOST,
    Dialogue,
    certificate,
    der,
    ec_key,
    listening,
    rsa_key,
    tls_server,
)
from zonebuild.endpoints.certificate import covers
from zonebuild.endpoints.endpoint import Endpoint, Served
from zonebuild.endpoints.fetch import fetch, fetch_one
from zonebuild.endpoints.match import match_chain
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import Parameters, association_data

KEY, CA_KEY, OTHER_KEY = ec_key(), ec_key(), ec_key()
OWN = certificate(KEY)
NOW = time.time()
SMTP = ((b"220-mx\r\n220 ready\r\n", b"EHLO"), (b"250-mx\r\n250 STARTTLS\r\n", b"STARTTLS"))
DIALOGUES: dict[str, Dialogue] = {
    "none": (),
    "smtp": (*SMTP, (b"220 go\r\n", b"")),
    "imap": ((b"* OK ready\r\n", b"STARTTLS"), (b"* X\r\na OK go\r\n", b"")),
    "pop3": ((b"+OK ready\r\n", b"STLS"), (b"+OK go\r\n", b"")),
    "ldap": (
        (b"", b"1.3.6.1.4.1.1466.20037"),
        (b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", b""),
    ),
}


def shown_at(port: int, kind: str = "none", deadline: float = 5.0) -> Served:
    return fetch_one(Endpoint("127.0.0.1", port, HOST, kind), deadline=deadline)


@pytest.mark.parametrize("kind", DIALOGUES)
def test_the_certificate_is_fetched_behind_each_protocol(kind: str) -> None:
    with tls_server((KEY, OWN), dialogue=DIALOGUES[kind]) as port:
        assert shown_at(port, kind).certificate == der(OWN)


def test_an_expired_certificate_of_nobody_is_fetched_as_well() -> None:
    old = certificate(KEY, subject="elsewhere.example", days=(-9, -8))
    with tls_server((KEY, old)) as port:
        assert shown_at(port).certificate == der(old)


def test_each_of_several_certificates_is_shown_to_who_wants_it() -> None:
    other = rsa_key()
    made = certificate(other)
    with tls_server((KEY, OWN), (other, made)) as port:
        wanted = [Endpoint("127.0.0.1", port, algorithm=each) for each in ("ecdsa", "rsa")]
        assert [each.certificate for each in fetch(wanted)] == [der(OWN), der(made)]


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("none", b"no TLS here\r\n", "fails in the TLS handshake"),
        ("none", b"", "closes the connection"),
        ("smtp", b"554 go away\r\n", 'gives no greeting of SMTP but "554 go away"'),
        ("smtp", b"220 mx\r\n250 mx\r\n", "offers no STARTTLS"),
        ("smtp", b"220-x\r\n" * 101, "answers with more than 100 lines"),
        ("smtp", b"2" * 5000, "sends a line of more than"),
        ("smtp", b"220 a\r\n250 STARTTLS\r\n220 b\r\n250 injected\r\n", "sends more before"),
        ("imap", b"* OK\r\na NO\r\n", 'gives no leave to start TLS but "a NO"'),
        ("imap", b"* BYE\r\n", "gives no greeting of IMAP"),
        ("pop3", b"+OK\r\n-ERR\r\n", 'gives no leave to start TLS but "-ERR"'),
        ("ldap", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00", "gives no leave"),
        ("ldap", b"\x30\x84\x7f\xff\xff\xff", "gives no proper answer of LDAP"),
        ("ldap", b"\x16\x03", "gives no leave"),
    ],
)
def test_what_does_not_lead_to_tls_is_told(kind: str, said: bytes, reason: str) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with listening(answer) as port:
        served = shown_at(port, kind)
    assert served.chain == ()
    assert served.reason.startswith(reason)


def test_one_deadline_holds_for_a_peer_that_sends_drop_by_drop() -> None:
    def answer(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"2")
            time.sleep(0.05)

    with listening(answer) as port:
        assert shown_at(port, "smtp", 0.3).reason == "shows no certificate within 0.3 s"


def test_no_more_than_a_limit_is_received() -> None:
    def answer(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"220-" + b"x" * 3900 + b"\r\n")

    with listening(answer) as port:
        assert shown_at(port, "smtp").reason.startswith("sends more than 262144 octets")


def test_a_closed_port_refuses_the_connection() -> None:
    with listening(lambda connection: None) as port:
        pass
    assert shown_at(port).reason == "refuses the connection"


@pytest.mark.parametrize("name", [".", "a..b", "x" * 64 + ".org", "\0"])
def test_a_name_that_is_none_is_no_traceback(name: str) -> None:
    with tls_server((KEY, OWN)) as port:
        served = fetch_one(Endpoint("127.0.0.1", port, name))
    assert served.chain == ()


@pytest.mark.parametrize(
    ("address", "kind", "shown"),
    [("192.0.2.1", "none", "192.0.2.1:25"), ("::1", "smtp", "[::1]:25 (smtp)")],
)
def test_an_endpoint_is_named_as_people_write_it(address: str, kind: str, shown: str) -> None:
    assert str(Endpoint(address, 25, starttls=kind)) == shown


def rdata(usage: int, selector: int, matching: int, certificate_der: bytes) -> str:
    parameters = Parameters(usage, selector, matching)
    material = read_material(certificate_der)
    assert isinstance(material, Material)
    return f"{parameters} {association_data(material.selected(selector), matching)}"


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
def test_usage_3_matches_the_certificate_or_its_key(selector: int, matching: int) -> None:
    good = rdata(3, selector, matching, der(OWN))
    bad = rdata(3, selector, matching, der(certificate(OTHER_KEY)))
    assert match_chain([der(OWN)], [bad, good], HOST, NOW).rdata == good
    assert match_chain([der(OWN)], [bad], HOST, NOW).is_listed is False


def test_usage_3_looks_at_no_name_and_no_date() -> None:
    old = der(certificate(KEY, subject="elsewhere.example", days=(-9, -8)))
    assert match_chain([old], [rdata(3, 1, 1, old)], HOST, NOW).is_listed


def test_what_is_shown_and_not_listed_is_said_as_the_line_to_write() -> None:
    match = match_chain([der(OWN)], [rdata(3, 1, 1, der(certificate(OTHER_KEY)))], HOST, NOW)
    assert f'"{rdata(3, 1, 1, der(OWN))}", which no record lists' in match.reason


@pytest.mark.parametrize("text", ["0 1 1 ab", "1 1 1 ab", "3 2 1 ab", "3 1 3 ab", "x", "", "3 1 1"])
def test_records_that_no_dane_client_can_use_list_nothing(text: str) -> None:
    match = match_chain([der(OWN)], [text], HOST, NOW)
    assert match.is_listed is False
    assert "no record can be used" in match.reason


ISSUER = der(certificate(CA_KEY, subject="An issuer"))
BELOW = der(certificate(KEY, issuer=("An issuer", CA_KEY)))
ANCHOR = rdata(2, 1, 1, ISSUER)


@pytest.mark.parametrize(
    ("chain", "host", "is_listed", "reason"),
    [
        ([BELOW, ISSUER], HOST, True, ""),
        ([BELOW, ISSUER], "www.example.org", False, "without the name www.example.org"),
        ([der(OWN), ISSUER], HOST, False, "not signed by the next"),
        ([BELOW, der(certificate(OTHER_KEY))], HOST, False, "which no record lists"),
        ([BELOW], HOST, None, "only Python 3.13"),
    ],
    ids=["good", "other name", "not signed", "other issuer", "issuers not seen"],
)
def test_usage_2_wants_a_chain_that_holds(
    chain: list[bytes], host: str, is_listed: bool | None, reason: str
) -> None:
    match = match_chain(chain, [ANCHOR], host, NOW)
    assert match.is_listed is is_listed
    assert reason in match.reason


def test_usage_2_wants_dates_that_hold() -> None:
    late = NOW + 365 * 86_400
    assert "has expired on" in match_chain([BELOW, ISSUER], [ANCHOR], HOST, late).reason


@given(st.lists(st.binary(max_size=50), max_size=3), st.lists(st.text(max_size=20), max_size=3))
def test_no_chain_and_no_record_ends_in_a_traceback(chain: list[bytes], rrset: list[str]) -> None:
    assert match_chain(chain, rrset, HOST, NOW).is_listed is None
    assert match_chain([der(OWN), *chain], rrset, HOST, NOW).is_listed is False


@pytest.mark.parametrize(
    ("name", "is_covered"),
    [(HOST, True), ("*.example.org", True), ("*.org", False), ("example.org", False)],
)
def test_a_wildcard_covers_one_label(name: str, is_covered: bool) -> None:
    assert covers((name,), HOST) is is_covered
