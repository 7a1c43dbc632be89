"""The look from outside: what counts as seen, what as silence, and that it ends in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.endpoint_servers import certificate, der, ec_key, listening, rsa_key, tls_server
from tests.sites import NOW
from tests.tlsa_sites import make_site
from zonebuild.builder.lineages.observation import OBSERVED_FILE, kept_observations, look_out
from zonebuild.builder.outcome import read_outcome
from zonebuild.builder.outside import looking
from zonebuild.builder.outside.looking import Question, look, name_of
from zonebuild.builder.outside.vantage import Servers, Vantage
from zonebuild.builder.run import open_run
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.trust import Anchor
from zonebuild.tlsa.material import read_material
from zonebuild.tlsa.pin import Pin, pin_of
from zonebuild.tlsa.state import EndpointView, ServerView

OWNER = "_443._tcp.mx.example.org."
ANCHOR = (Anchor("example.org.", "DS", "1 13 2 00"),)
ONE, OTHER = Server("192.0.2.53"), Server("192.0.2.54")
RSA, EC = rsa_key(), ec_key()
PAIRS = ((RSA, certificate(RSA)), (EC, certificate(EC)))


def pin(number: int) -> Pin:
    material = read_material(der(PAIRS[number][1]))
    assert not isinstance(material, tuple) or material.kind == "certificate"
    return pin_of(material.public_key)  # type: ignore[union-attr]


def answering(status: Status, *values: str) -> Callable[..., Answer]:
    ttl = 60 if values else None
    return lambda server, *_, **__: Answer(server, status, values, ttl)


def asked(*ports: int, **more: object) -> Question:
    ends = tuple(Endpoint("127.0.0.1", port, "mx.example.org") for port in ports)
    question = Question(OWNER, (), (), ANCHOR, ends)
    return replace(question, **more)  # type: ignore[arg-type]


# -- name servers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "view"),
    [
        (
            answering(Status.ANSWERED, "3 1 1 AB CD"),
            ServerView("192.0.2.53", frozenset({"3 1 1 abcd"}), 60),
        ),
        (answering(Status.ABSENT), ServerView("192.0.2.53", frozenset(), is_proved=False)),
        (
            lambda server, *_, **__: Answer(server, Status.ABSENT, is_proved=True),
            ServerView("192.0.2.53", frozenset()),
        ),
        (answering(Status.BOGUS, "3 1 1 ab"), ServerView("192.0.2.53", None)),
        (answering(Status.SILENT), ServerView("192.0.2.53", None)),
        (answering(Status.ALIAS), ServerView("192.0.2.53", None)),
    ],
    ids=["answered", "absent", "proved absent", "bogus", "silent", "alias"],
)
def test_only_what_is_proved_counts(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Answer], view: ServerView
) -> None:
    monkeypatch.setattr(looking, "ask_server", answer)
    question = asked(servers=(ONE,))
    assert look([question]).servers(question) == (view,)


def test_without_an_anchor_nobody_is_asked_or_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "ask_server", answering(Status.ANSWERED, "3 1 1 ab"))
    question = asked(servers=(ONE, OTHER), anchors=())
    expected = tuple(ServerView(str(server), None) for server in (ONE, OTHER))
    assert look([question]).servers(question) == expected


def test_a_server_without_an_address_is_a_silent_one() -> None:
    question = asked(missing=("ns9.example.net.",))
    assert look([question]).servers(question) == (ServerView("ns9.example.net.", None),)


def test_what_takes_too_long_has_not_been_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(server: Server, *_: object, **__: object) -> Answer:
        time.sleep(1.5 if server == OTHER else 0)
        return Answer(server, Status.ABSENT)

    monkeypatch.setattr(looking, "ask_server", slow)
    question, quick = asked(servers=(ONE, OTHER)), asked(servers=(ONE,))
    begun = time.monotonic()
    seen = look([question, quick], longest=0.2)
    assert time.monotonic() - begun < 1
    assert seen.servers(question) is None
    assert seen.servers(quick) is not None


# -- endpoints ------------------------------------------------------------------------------------


def test_an_endpoint_shows_its_key_and_its_certificate() -> None:
    with tls_server(PAIRS[1]) as port:
        question = asked(port)
        seen = look([question])
    name = f"127.0.0.1:{port}"
    assert seen.endpoints(question, "key") == (EndpointView(name, frozenset({pin(1)})),)
    whole = frozenset({pin_of(der(PAIRS[1][1]))})
    assert seen.endpoints(question, "certificate") == (EndpointView(name, whole),)
    assert seen.endpoints(question, "issuer") == (EndpointView(name, None),)


def test_both_certificates_of_a_host_are_seen_where_it_may_have_two() -> None:
    with tls_server(*PAIRS) as port:
        question = asked(port, has_kinds=True)
        seen = look([question])
    expected = EndpointView(f"127.0.0.1:{port}", frozenset({pin(0), pin(1)}))
    assert seen.endpoints(question, "key") == (expected,)


def test_a_host_with_one_certificate_lacks_no_answer_about_the_other_kind() -> None:
    with tls_server(PAIRS[1]) as port:
        question = asked(port, has_kinds=True)
        seen = look([question])
    expected = EndpointView(f"127.0.0.1:{port}", frozenset({pin(1)}))
    assert seen.endpoints(question, "key") == (expected,)


def test_one_that_does_not_answer_is_not_seen() -> None:
    with listening(lambda connection: connection.close()) as port:
        question = asked(port, dark=("[::1]:853",))
        seen = look([question])
    names = ("[::1]:853", f"127.0.0.1:{port}")
    expected = tuple(EndpointView(name, None) for name in names)
    assert seen.endpoints(question, "key") == expected


def test_names_of_endpoints_have_no_white_space() -> None:
    assert name_of(Endpoint("2001:db8::1", 25, "mx", "smtp", "rsa")) == "[2001:db8::1]:25"


# -- the site -------------------------------------------------------------------------------------


def test_servers_and_addresses_are_read_off_the_built_zones(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    site.append(
        "primary/example.org", "@ NS ns.example.org.\nns A 192.0.2.7\nns AAAA 2001:db8::7\n"
    )
    site.forget("state", "unsigned")  # a change of servers would be held
    site.run(handoff=True)
    with open_run(site.root, now=0, command="", is_builder=False) as run:
        vantage = Vantage(run, "")
        vantage._elsewhere = dict.fromkeys(("ns1.test.", "ns2.test."), ())
        known = (Server("192.0.2.7"), Server("2001:db8::7"))
        assert vantage.servers("example.org.") == Servers(known, ("ns1.test.", "ns2.test."))
        assert vantage.addresses("mx.example.org.") == ("9.9.9.9",)
        assert [anchor.rdtype for anchor in vantage.anchors("example.org.")] == ["DNSKEY"]
        assert vantage.apex_of("elsewhere.test.") is None


def test_servers_that_the_zone_names_come_first_and_an_anchor_of_the_map(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    site.write("zones/example.org.yaml", "servers: [192.0.2.99]\n")
    site.write("anchors", "example.org. IN DS 1 13 2 " + "0" * 64 + "\n")
    site.run()
    with open_run(site.root, now=0, command="", is_builder=False) as run:
        vantage = Vantage(run, "anchors")
        assert vantage.servers("example.org.") == Servers((Server("192.0.2.99"),))
        assert [anchor.rdtype for anchor in vantage.anchors("example.org.")] == ["DS"]


@pytest.mark.parametrize(
    ("text", "check", "zones"),
    [
        (None, "trust-anchor-missing", []),
        ("example.org. IN TXT x\n", "trust-anchor-syntax", []),
        (f"example.net. DS 1 13 2 {'0' * 64}\nexample", "trust-anchor-syntax", ["example.net."]),
    ],
)
def test_no_key_of_the_signer_stands_in_for_anchors_that_cannot_be_read(
    tmp_path: Path, text: str | None, check: str, zones: list[str]
) -> None:
    site = make_site(tmp_path / "site")
    site.append("tlsa-map.yaml", "look: true\nanchors: anchors\n")
    if text is not None:
        site.write("anchors", text)
    site.run(NOW)
    outcome = read_outcome(site.root / "state/outcome.json")
    assert check in {finding.check for finding in outcome.findings()}
    with open_run(site.root, now=0, command="", is_builder=False) as run:
        vantage = Vantage(run, "anchors")
        assert [finding.check for finding in vantage.findings] == [check]
        assert vantage.anchors("example.org.") == ()
        assert [anchor.zone for anchor in vantage.anchors("example.net.")] == zones
    site.write("anchors", f"example.org. DS 1 13 2 {'0' * 64}\n")
    site.run(NOW + 60)
    outcome = read_outcome(site.root / "state/outcome.json")
    assert check not in {finding.check for finding in outcome.findings()}


def test_a_site_that_wants_no_look_is_not_looked_at(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    site.run()
    assert look_out(site.root, now=5) == 0
    assert not (site.root / OBSERVED_FILE).exists()


def test_what_is_seen_is_kept_and_what_rests_is_seldom_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(tmp_path / "site")
    site.append("tlsa-map.yaml", "look: true\n")
    site.run(handoff=True)
    site.write("zones/example.org.yaml", "servers: [192.0.2.99]\n")
    site.run(handoff=True)
    monkeypatch.setattr(looking, "ask_server", answering(Status.ABSENT))
    monkeypatch.setattr(looking, "fetch_one", lambda endpoint: looking.Served(endpoint))
    assert look_out(site.root, now=1000) == 1060
    (seen,) = kept_observations(site.root).values()
    (owner,) = seen.servers
    assert seen.servers[owner] == (ServerView("192.0.2.99", frozenset(), is_proved=False),)
    assert seen.endpoints[owner] == (EndpointView("9.9.9.9:25", None),)
    assert seen.at == 1000
