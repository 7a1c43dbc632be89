"""The builder and the keeper of keys by turns, on one site under a fake clock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.certificates import chain, digest, new_key
from tests.sites import NOW, SITE, SmallSite
from tests.tlsa_sites import records, status
from zonebuild.builder.run import open_run
from zonebuild.certstore import Outcome
from zonebuild.certstore.keeper import Keeper, Turn

MAP = """\
lineages:
  mx1:
    certificate: certs/mx1
    first: at-once
    source: {layout: dehydrated, path: dehydrated/mx1}
    places: [{host: mx1.example.org, port: 25}]
"""
EXTRA = "extra/example.org/tlsa"


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """A signed zone, and a map whose lineage another client keeps."""
    small = SmallSite(tmp_path, [], SITE.replace("signer: none", "signer: local"))
    small.add_zone("example.org", "mx1 A 9.9.9.9\n")
    small.write("tlsa-map.yaml", MAP)
    return small


def issue(site: SmallSite, key: bytes) -> None:
    site.write("dehydrated/mx1/fullchain.pem", chain(key))
    site.write("dehydrated/mx1/privkey.pem", key)


def keep(site: SmallSite) -> Turn:
    with open_run(site.root, now=NOW, command="test", is_builder=False) as opened:
        [turn] = Keeper(opened).export([])
    assert turn.findings == []
    return turn


def listed(*keys: bytes) -> set[str]:
    return {f"_25._tcp.mx1 3 1 1 {digest(key)}" for key in keys}


def test_a_first_chain_is_exported_then_listed_and_a_new_key_is_listed_then_exported(
    site: SmallSite,
) -> None:
    first, second = new_key(), new_key()
    assert site.run().code == 0
    assert "`zonebuild export` takes it" in status(site)
    issue(site, first)
    assert keep(site).export.outcome is Outcome.HELD  # nobody has said yet that it may go
    site.run()
    assert keep(site).export.outcome is Outcome.EXPORTED
    site.run()
    assert records(site) == listed(first)
    issue(site, second)
    assert keep(site).export.outcome is Outcome.HELD
    site.run()
    turn = keep(site)
    assert (turn.export.outcome, turn.taken) == (Outcome.HELD, 0)
    assert os.readlink(site.root / "publication/mx1/current") == "0001"
    assert "mx1" in status(site)


def test_a_renewal_that_keeps_its_key_goes_at_once(site: SmallSite) -> None:
    key = new_key()
    issue(site, key)
    for _ in range(3):
        keep(site)
        site.run()
    issue(site, key)
    turn = keep(site)
    assert (turn.taken, turn.export.outcome) == (2, Outcome.EXPORTED)
    site.run()
    assert records(site) == listed(key)


def test_the_digest_of_no_octets_leaves_the_zone_and_is_told(site: SmallSite) -> None:
    key = new_key()
    issue(site, key)
    for _ in range(3):
        keep(site)
        site.run()
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    text = (site.root / EXTRA).read_text()
    line = f"_25._tcp.mx1.example.org.\t3600\tIN\tTLSA\t3 1 1 {nothing}\n"
    site.write(EXTRA, text + line)
    site.write("tlsa-map.yaml", MAP + "\n")
    assert "digest-of-nothing" in site.run().warnings
    assert (site.root / EXTRA).read_text() == text


def test_no_source_is_read_from_where_keys_lie(site: SmallSite) -> None:
    issue(site, new_key())
    for _ in range(2):
        keep(site)
        site.run()
    kept = "publication/mx1/current/privkey.pem"
    assert (site.root / kept).exists()
    site.append("primary/example.org", f"$INCLUDE {kept}\n")
    [finding] = [f for f in site.run().findings if "publication" in f.message]
    assert "from where nothing may be included" in finding.message
