"""`doit verify`: what is said of a place, by what servers and endpoints showed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endpoint_servers import certificate, der, ec_key
from tests.tlsa_sites import make_site
from zonebuild.builder.outside import looking
from zonebuild.builder.outside.looking import Question, Seen
from zonebuild.cli import verify
from zonebuild.cli.verify import MISMATCH, UNKNOWN, judge, verify_site
from zonebuild.endpoints.endpoint import Endpoint, Served
from zonebuild.endpoints.records import Told
from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.probe.trust import Anchor
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import DEFAULT
from zonebuild.tlsa.pin import pin_of
from zonebuild.tlsa.places import Place

SERVER = Server("192.0.2.53")
PLACE = Place("mx.example.org.", 443)
END = Endpoint("192.0.2.1", 443, "mx.example.org")
DER, OTHER = (der(certificate(ec_key())) for _ in range(2))


def rdata(octets: bytes) -> str:
    material = read_material(octets)
    assert isinstance(material, Material)
    return str(pin_of(material.public_key).rdata(DEFAULT))


def asked(*, anchors: bool = True, dark: tuple[str, ...] = ()) -> Question:
    known = (Anchor("example.org.", "DS", ""),) if anchors else ()
    return Question(PLACE.owner, (SERVER,), (), known, (END,), dark)


def told(question: Question, seen: Seen, built: str = rdata(DER)) -> list[tuple[int, str]]:
    wanted = {PLACE.owner: frozenset({built})}
    return [(each.code, each.text) for each in judge(PLACE, question, seen, wanted)]


def seen(octets: bytes, *values: str, status: Status = Status.ANSWERED) -> Seen:
    answers = {(SERVER, PLACE.owner): Answer(SERVER, status, values)}
    return Seen(answers, {END: Served(END, (octets,) if octets else (), "is silent")})


def test_nothing_is_said_where_all_is_as_the_map_says() -> None:
    assert told(asked(), seen(DER, rdata(DER))) == []


def test_a_certificate_that_is_not_listed_is_an_error() -> None:
    ((code, text),) = told(asked(), seen(OTHER, rdata(DER)))
    assert code == MISMATCH
    assert text.startswith("192.0.2.1:443 shows the key")
    assert text.endswith("which no record lists (by 192.0.2.53)")


def test_a_server_with_other_records_than_were_made_is_an_error() -> None:
    ((code, text),) = told(asked(), seen(DER, rdata(DER)), rdata(OTHER))[:1]
    assert code == MISMATCH
    assert f'lacks "{rdata(OTHER)}"' in text
    assert f'"{rdata(DER)}", 192.0.2.53 says' in text


@pytest.mark.parametrize(
    ("status", "code"),
    [(Status.BOGUS, MISMATCH), (Status.ABSENT, MISMATCH), (Status.SILENT, UNKNOWN)],
)
def test_a_server_without_a_proved_answer_is_told(status: Status, code: int) -> None:
    assert [found for found, _ in told(asked(), seen(DER, status=status))] == [code]


def test_what_was_not_seen_is_unknown_never_fine() -> None:
    assert [code for code, _ in told(asked(), Seen({}, {}))] == [UNKNOWN, UNKNOWN]
    assert [code for code, _ in told(asked(), seen(b"", rdata(DER)))] == [UNKNOWN]
    question = asked(dark=("mx.example.org:443",))
    assert told(question, seen(DER, rdata(DER)))[0][0] == UNKNOWN


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (Told((rdata(DER),), is_secure=True, by="the resolver"), []),
        (Told((rdata(DER),), is_secure=False, by="the resolver"), [UNKNOWN]),
        (Told((), is_secure=True, by="the resolver"), [MISMATCH, MISMATCH]),
        (Told(by="the resolver", problem="is silent"), [UNKNOWN]),
    ],
    ids=["secure", "not secure", "none", "silent"],
)
def test_without_an_anchor_the_ad_bit_of_a_resolver_counts(
    monkeypatch: pytest.MonkeyPatch, answer: Told, codes: list[int]
) -> None:
    monkeypatch.setattr(verify, "ask_resolver", lambda *_: answer)
    found = told(asked(anchors=False), seen(DER))
    assert [code for code, _ in found] == codes


def test_a_site_is_verified_and_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = make_site(tmp_path / "site")
    site.run(handoff=True)
    site.write("zones/example.org.yaml", "servers: [192.0.2.99]\n")
    site.run(handoff=True)
    absent = lambda server, *_, **__: Answer(server, Status.ABSENT)  # noqa: E731
    monkeypatch.setattr(looking, "ask_server", absent)
    monkeypatch.setattr(looking, "fetch_one", lambda endpoint: Served(endpoint, reason="is silent"))
    assert verify_site(site.root) == UNKNOWN
    said = capsys.readouterr()
    assert said.out == "0 of 1 places show what their signed TLSA and the map say\n"
    assert "mx.example.org:25: error: 192.0.2.99 answers without it" in said.err
    assert "mx.example.org:25: unknown: 9.9.9.9:25 (smtp) is silent" in said.err


def test_anchors_that_cannot_be_read_leave_nothing_to_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = make_site(tmp_path / "site")
    site.append("tlsa-map.yaml", "anchors: nowhere\n")
    monkeypatch.setattr(verify, "judge", lambda *_: iter(()))
    monkeypatch.setattr(looking, "fetch_one", lambda endpoint: Served(endpoint, reason="is silent"))
    assert verify_site(site.root) == UNKNOWN
    assert "nowhere: error: the file of trust anchors does not exist" in capsys.readouterr().err


ALIASED = Place("www.example.org.", 8443, alias="_keys.example.net.")


@pytest.mark.parametrize(
    ("status", "alias", "codes"),
    [
        (Status.ANSWERED, "_keys.example.net.", []),
        (Status.ALIAS, "_keys.example.net.", []),
        (Status.ANSWERED, "_old.example.net.", [MISMATCH]),
        (Status.ALIAS, "_old.example.net.", [MISMATCH]),
        (Status.ANSWERED, None, [MISMATCH]),
        (Status.ABSENT, None, [MISMATCH]),
        (Status.SILENT, None, [UNKNOWN]),
    ],
)
def test_the_cname_of_the_service_leads_to_the_alias_of_the_map(
    status: Status, alias: str | None, codes: list[int]
) -> None:
    answer = Answer(Server("192.0.2.53"), status, alias=alias)
    assert [each.code for each in verify.judge_alias(ALIASED, [answer])] == codes


def test_without_a_known_server_the_cname_is_unknown() -> None:
    assert [each.code for each in verify.judge_alias(ALIASED, [])] == [UNKNOWN]
