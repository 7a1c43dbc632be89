"""Certificates from a real CA program, through a drop-box that a name server shows."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acme_lab import Lab, NameServer, TestCa, acme_ca, name_server, problem
from zonebuild.acme.certificate import read_chain, spki_of
from zonebuild.acme.ledger import What

NAMES = "{names: [example.test, '*.example.test']}"
BOTH = ("*.example.test", "example.test")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestCa, NameServer]]:
    """One CA and one name server for all tests here."""
    folder = tmp_path_factory.mktemp("ca")
    with name_server(folder) as server, acme_ca(folder, server.port) as ca:
        yield ca, server


@pytest.fixture
def lab(tmp_path: Path, served: tuple[TestCa, NameServer]) -> Lab:
    """A fresh site; the CA has forgotten what it was asked."""
    ca, server = served
    ca.forget()
    server.box, server.aliases, server.lagging = tmp_path / "dnsextra", {}, set()
    server.box.mkdir()
    made = Lab(tmp_path, ca, server)
    made.lineages(web=NAMES)
    return made


def messages(lab: Lab, *names: str, forced: bool = False) -> list[str]:
    """Run, and return what is told."""
    return [finding.message for finding in lab.run(*names, forced=forced).findings]


def newest_key(lab: Lab, lineage: str = "web") -> str:
    """Return the key of the newest chain."""
    return read_chain(lab.store.newest(lineage) or "").held.key


# -- issuing --------------------------------------------------------------------------------------


def test_an_apex_and_its_wildcard_get_a_certificate_and_leave_nothing_behind(lab: Lab) -> None:
    report = lab.run()
    assert report.findings == []
    assert read_chain(lab.store.newest("web") or "").held.names == BOTH
    assert report.exported == ["web"]
    assert lab.published == [2, 0]
    assert os.listdir(lab.box) == []
    assert (lab.root / "state/acme/tokens").read_bytes() == b""


def test_the_request_has_no_common_name_and_no_must_staple(lab: Lab) -> None:
    import base64

    from cryptography import x509

    lab.run()
    (sent,) = lab.ca.asked("/finalize")
    csr = x509.load_der_x509_csr(base64.urlsafe_b64decode(sent["csr"] + "=="))
    assert csr.subject.rfc4514_string() == ""
    assert [e.oid.dotted_string for e in csr.extensions] == ["2.5.29.17"]


def test_nothing_is_asked_where_nothing_is_due(lab: Lab) -> None:
    lab.run()
    lab.ca.forget()
    report = lab.run()
    assert (report.issued, report.findings) == ({}, [])
    assert lab.ca.asked("neworder") == []


def test_all_challenges_of_all_lineages_go_into_one_build(lab: Lab) -> None:
    lab.lineages(a="{names: [a.example.test]}", b="{names: [b.example.test, c.example.test]}")
    assert sorted(lab.run().issued) == ["a", "b"]
    assert lab.published == [3, 0]


def test_account_key_and_url_are_for_us_alone(lab: Lab) -> None:
    lab.run()
    folder = lab.root / "state/acme/accounts/ours"
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "/acme/acct/" in (folder / "account").read_text()


def test_the_ledger_counts_what_was_asked(lab: Lab) -> None:
    lab.run()
    assert [event.what for event in lab.state.events] == [
        What.REGISTERED,
        What.ORDERED,
        What.ISSUED,
    ]


def test_a_challenge_that_is_an_alias_is_written_where_it_leads(lab: Lab) -> None:
    lab.lineages(web="{names: [www.example.test]}")
    lab.dns.aliases["_acme-challenge.www.example.test."] = "_acme-challenge.v.example.test."
    assert list(lab.run().issued) == ["web"]


def test_an_alias_to_any_other_name_is_refused_before_the_ca_looks(lab: Lab) -> None:
    lab.lineages(web="{names: [www.example.test]}")
    lab.dns.aliases["_acme-challenge.www.example.test."] = "token.example.test."
    (message,) = messages(lab)
    assert "is an alias of token.example.test." in message
    assert lab.ca.asked("/acme/chall/") == []


# -- renewing -------------------------------------------------------------------------------------


def test_a_renewal_says_what_it_replaces_and_keeps_the_key(lab: Lab) -> None:
    lab.run()
    before, key = read_chain(lab.store.newest("web") or ""), newest_key(lab)
    lab.run()  # asks when to renew
    assert list(lab.run(forced=True).issued) == ["web"]
    assert lab.ca.asked("neworder")[-1]["replaces"] == before.ari
    assert newest_key(lab) == key


def test_the_instant_is_drawn_once_and_kept(lab: Lab) -> None:
    lab.run()
    lab.run()
    first = lab.state.memories["web"].schedule
    lab.time.drawn = 0.9
    lab.time.ahead += 2 * 86400
    lab.run()
    second = lab.state.memories["web"].schedule
    assert first is not None
    assert second is not None
    assert second.look > first.look
    assert (second.at, second.window) == (first.at, first.window)


def test_a_window_that_is_past_renews_at_once(lab: Lab) -> None:
    lab.run()
    window = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00+01:00"}
    body = {"suggestedWindow": window, "explanationURL": "https://ca.test/incident"}
    headers = {"Content-Type": "application/json", "Retry-After": "60"}
    lab.ca.fail(
        {"match": "GET /acme/renewal-info", "status": 200, "body": body, "headers": headers}
    )
    assert list(lab.run().issued) == ["web"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("alreadyReplaced", 409),
        ("unauthorized", 403),  # an order of another account
        ("malformed", 400),
        ("malformed", 404),
        ("conflict", 409),
    ],
)
def test_a_renewal_whose_replaces_is_refused_is_ordered_without_it(
    lab: Lab, code: str, status: int
) -> None:
    lab.run()
    lab.run()
    lab.ca.fail({"match": "POST /acme/neworder", **problem(code, status)})
    assert list(lab.run(forced=True).issued) == ["web"]
    assert ["replaces" in order for order in lab.ca.asked("neworder")[-2:]] == [True, False]


def test_other_names_bring_another_certificate(lab: Lab) -> None:
    lab.run()
    lab.lineages(web="{names: [www.example.test]}")
    assert list(lab.run().issued) == ["web"]


def test_the_key_that_takes_its_turn_brings_another_certificate(lab: Lab) -> None:
    lab.run()
    orders = lab.root / "state/lineages/web"
    orders.parent.mkdir()
    orders.write_text(f"zonebuild-orders 1\ntrack key\nexport {'a' * 64}\nuse {'a' * 64}\n")
    (lab.store.folder / "web" / "key.pem").unlink()
    assert list(lab.run().issued) == ["web"]
    assert newest_key(lab) == spki_of((lab.store.folder / "web" / "key.pem").read_bytes())


def test_a_fourth_forced_renewal_is_refused_where_the_ca_counts(lab: Lab) -> None:
    lab.site = lab.site.replace("ours: {", "ours: {limits: letsencrypt, ")
    for _ in range(3):
        assert list(lab.run(forced=True).issued) == ["web"]
    (waiting,) = lab.run(forced=True).waitings
    assert waiting.why.startswith("3 forced renewals of the same names in 7 days")


# -- profiles and staging -------------------------------------------------------------------------


def test_a_profile_is_asked_for_and_one_that_is_not_there_never(lab: Lab) -> None:
    lab.lineages(web="{names: [example.test], profile: short}")
    assert list(lab.run().issued) == ["web"]
    assert lab.ca.asked("neworder")[-1]["profile"] == "short"
    lab.lineages(web="{names: [www.example.test], profile: long}")
    (message,) = messages(lab)
    assert 'has no profile "long", want one of "classic", "short"; mend `profile:`' in message
    assert len(lab.ca.asked("neworder")) == 1


def test_new_names_go_to_staging_first_and_only_once(lab: Lab) -> None:
    lab.write_site(staging=lab.ca.url.replace("127.0.0.1", "localhost"))
    report = lab.run()
    assert (report.proven, list(report.issued)) == (["web"], ["web"])
    assert (lab.root / "state/acme/accounts/ours.staging/key.pem").exists()
    lab.run(forced=True)
    assert len(lab.ca.asked("neworder")) == 3


def test_what_staging_refuses_never_reaches_production(lab: Lab) -> None:
    lab.write_site(staging=lab.ca.url.replace("127.0.0.1", "localhost"))
    lab.ca.fail({"match": "POST /acme/neworder", **problem("rejectedIdentifier", 403)})
    (message,) = messages(lab)
    assert "no certificate from ours/staging" in message
    assert len(lab.ca.asked("neworder")) == 1
    lab.lineages(web="{names: [example.test], staging_first: false}")
    assert list(lab.run().issued) == ["web"]
    assert len(lab.ca.asked("neworder")) == 2
