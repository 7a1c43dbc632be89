"""Lineages whose chains are held back: what lies in a certificate store, and the orders for it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.sites import NOW, SmallSite
from tests.tlsa_material import octets, public_der
from tests.tlsa_sites import (
    CERTIFICATE,
    MAP,
    ONE,
    Wanted,
    chain,
    digest,
    make_site,
    records,
    status,
)
from zonebuild.tlsa.orders_text import Orders, read_orders

STORE = "certs/mx"
ECDSA, RSA = (hashlib.sha256(public_der(kind)).hexdigest() for kind in ("ecdsa", "rsa"))
BOTH = ONE | {f"_25._tcp.mx {digest('rsa')}"}


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """A site with a store: a chain that is exported, and the newest one, which is the same."""
    small = make_site(tmp_path / "site")
    small.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, STORE))
    small.write(f"{STORE}/issued.pem", chain(Wanted()))
    small.write(f"{STORE}/fullchain.pem", chain(Wanted()))
    return small


def orders(site: SmallSite) -> Orders:
    found = read_orders((site.root / "state/lineages/mx").read_bytes())
    assert isinstance(found, Orders)
    return found


def test_the_first_chain_is_let_go_at_once_and_listed(site: SmallSite) -> None:
    site.forget(f"{STORE}/fullchain.pem")
    assert site.run().code == 0
    assert orders(site) == Orders({"key": frozenset({ECDSA})}, use=ECDSA, wants_next=True)
    assert records(site) == set()  # nobody serves yet what nobody could have
    site.run(NOW + 60)
    assert records(site) == ONE


def test_a_chain_with_a_new_key_is_held_back_until_somebody_looks(site: SmallSite) -> None:
    site.run()
    site.write(f"{STORE}/issued.pem", chain(Wanted("rsa")))
    run = site.run()
    assert (run.code, run.errors) == (0, set())
    assert records(site) == ONE
    assert orders(site).export == {"key": frozenset({ECDSA})}
    assert "no name server was asked" in status(site)


def test_a_next_key_is_listed_and_not_used_before_it_was_seen(site: SmallSite) -> None:
    site.write(f"{STORE}/next.pub", octets("public key", "rsa"))
    site.run()
    assert records(site) == BOTH
    assert orders(site) == Orders({"key": frozenset({ECDSA})}, use=ECDSA)


def test_a_newest_chain_that_is_not_fit_is_as_if_never_issued(site: SmallSite) -> None:
    site.run()
    site.write(f"{STORE}/issued.pem", chain(Wanted("rsa", staple=True)))
    run = site.run()
    assert run.errors == {"certificate-must-staple"}
    assert records(site) == ONE
    assert orders(site).export == {"key": frozenset({ECDSA})}


def test_a_certificate_takes_turns_by_itself_under_3_0_1(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, STORE).replace("25}", "25, tlsa: 3 0 1}"))
    site.run()
    first = orders(site)
    site.write(f"{STORE}/issued.pem", chain(Wanted(end=90)))
    site.run()
    assert list(first.export) == ["certificate"]
    assert orders(site) == first


def test_what_cannot_be_read_leaves_the_orders_as_they_are(site: SmallSite) -> None:
    site.run()
    before = orders(site)
    site.write(f"{STORE}/issued.pem", b"damaged")
    assert site.run().errors == {"certificate-unreadable"}
    assert orders(site) == before


def test_a_lineage_that_is_gone_has_no_orders_any_more(site: SmallSite) -> None:
    site.run()
    site.write("tlsa-map.yaml", "")
    site.run()
    assert not (site.root / "state/lineages/mx").exists()


def test_plain_files_are_followed_by_nobody(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", MAP)
    site.run()
    assert not (site.root / "state/lineages").exists()


def test_a_lineage_without_places_may_be_exported_whenever_it_is_issued(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", f"lineages: {{mx: {{certificate: {STORE}}}}}\n")
    site.run()
    assert orders(site) == Orders()


def test_a_certificate_that_is_yet_to_be_asked_for_is_waited_for(site: SmallSite) -> None:
    site.forget(STORE)
    issue = "issue: {profile: classic}\n    first:"
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, STORE).replace("first:", issue))
    run = site.run(NOW)
    assert (run.code, run.errors) == (0, set())
    assert "the first certificate of mx" in status(site)
