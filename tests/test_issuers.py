"""Lists of issuers: read, published under 2 1 1, and a chain of another issuer kept out."""

from __future__ import annotations

import calendar
import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.certificates import chain, new_key
from tests.sites import DAY, NOW, SITE, SmallSite
from tests.tlsa_sites import records, status
from zonebuild.site.tlsa_map import read_map
from zonebuild.tlsa.issuers import IssuerSet, read_issuers
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.pin import pin_of

KEY, RESERVE = new_key(), "a" * 64
MAP = """\
lineages:
  mx1:
    certificate: certs/mx1.pem
    first: at-once
    issuers: ours
    places: [{host: mx1.example.org, port: 25, tlsa: 2 1 1}]
"""


def issuer_of(full: bytes) -> str:
    above = x509.load_pem_x509_certificates(full)[1].public_key()
    return pin_of(above.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).sha256


FULL, OTHER = chain(KEY), chain(KEY, issuer="another issuer")


def list_of(*digests: str, age: int = 0) -> str:
    """Return a list that is *age* days old."""
    day = datetime.datetime.fromtimestamp(NOW - age * DAY, datetime.UTC)
    return f"# ours\ndate {day:%Y-%m-%d}\n" + "".join(f"issuer {d} X1\n" for d in digests)


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    small = SmallSite(tmp_path, [], SITE.replace("signer: none", "signer: local"))
    small.add_zone("example.org", "mx1 A 9.9.9.9\n")
    small.run()
    small.write("certs/mx1.pem", FULL)
    small.write("issuers/ours", list_of(issuer_of(FULL), RESERVE))
    small.write("tlsa-map.yaml", MAP)
    return small


def told(site: SmallSite) -> list[str]:
    return [finding.check for finding in site.run().findings]


LISTED = {f"_25._tcp.mx1 2 1 1 {digest}" for digest in (issuer_of(FULL), RESERVE)}


def test_every_issuer_of_the_list_is_published(site: SmallSite) -> None:
    assert told(site) == []
    assert records(site) == LISTED


def test_a_chain_of_another_issuer_is_not_used_and_changes_no_record(site: SmallSite) -> None:
    site.run()
    site.write("certs/mx1.pem", OTHER)
    assert told(site) == ["issuer-not-listed"]
    assert records(site) == LISTED


def test_an_issuer_that_is_added_later_waits_for_a_look_at_the_servers(site: SmallSite) -> None:
    site.run()
    site.write("issuers/ours", list_of(issuer_of(FULL), RESERVE, issuer_of(OTHER)))
    assert told(site) == []
    assert f"the TLSA records of {issuer_of(OTHER)[:16]}" in status(site)
    assert records(site) == LISTED


@pytest.mark.parametrize(("age", "limit", "found"), [(100, "", []), (200, "", ["issuers-old"]),
    (100, "30d", ["issuers-old"]), (200, "1w", ["issuers-old"])])  # fmt: skip
def test_an_old_list_is_warned_of(site: SmallSite, age: int, limit: str, found: list[str]) -> None:
    site.write("issuers/ours", list_of(issuer_of(FULL), RESERVE, age=age))
    if limit:
        text = MAP.replace("    places:", f"    issuers_max_age: {limit}\n    places:")
        site.write("tlsa-map.yaml", text)
    assert told(site) == found
    assert records(site) == LISTED


@pytest.mark.parametrize("text", ["issuer xyz\n", "date 2026-01-01\n", ""], ids=repr)
def test_a_damaged_list_is_told_and_changes_no_record(site: SmallSite, text: str) -> None:
    site.run()
    site.write("issuers/ours", text)
    assert told(site) == ["issuers-unreadable"]
    assert records(site) == LISTED


def test_a_list_that_nobody_has_is_told(site: SmallSite) -> None:
    (site.root / "issuers/ours").unlink()
    assert told(site) == ["issuers-unreadable"]
    assert records(site) == set()


def test_the_list_of_this_program_is_used_where_the_site_has_none(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", MAP.replace("ours", "letsencrypt"))
    assert told(site) == ["issuer-not-listed"]
    site.write("issuers/letsencrypt", list_of(issuer_of(FULL)))
    assert told(site) == []


def test_the_list_of_lets_encrypt_has_its_six_issuers_and_a_date() -> None:
    text = files("zonebuild.site").joinpath("issuers", "letsencrypt").read_text("ascii")
    found = read_issuers(text)
    assert isinstance(found, IssuerSet)
    assert found.date == calendar.timegm((2026, 8, 21, 0, 0, 0))
    assert len(found.pins) == 6
    assert found.age(found.date + 3 * DAY - 1) == 2


WRONG = {
    "no-date": f"issuer {RESERVE}\n",
    "two-dates": f"date 2026-01-01\ndate 2026-01-02\nissuer {RESERVE}\n",
    "no-such-day": f"date 2026-02-30\nissuer {RESERVE}\n",
    "no-issuer": "date 2026-01-01\n",
    "upper-case": f"date 2026-01-01\nissuer {RESERVE.upper()}\n",
    "too-many": "date 2026-01-01\n" + "".join(f"issuer {n:064x}\n" for n in range(51)),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_list_is_right_as_a_whole_or_refused(text: str) -> None:
    assert isinstance(read_issuers(text), Wrong)


def test_a_list_gives_no_record_with_another_digest() -> None:
    wanted, findings = read_map(MAP.replace("2 1 1", "2 1 2").encode())
    assert wanted is None
    assert ["2 1 2 of mx1: a list of issuers gives 2 1 1 alone" in f.message for f in findings]
