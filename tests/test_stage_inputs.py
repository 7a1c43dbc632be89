"""A stage runs again when anything appears that could give it something to do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.sites import NOW, SITE, SmallSite, closing
from tests.tlsa_sites import CERTIFICATE, MAP, Wanted, chain, make_site
from zonebuild.builder.outside import looking
from zonebuild.endpoints.endpoint import Served
from zonebuild.probe.answers import Answer, Status


def rest(site: SmallSite, now: int = NOW) -> None:
    """Run every stage of *site* until it says that it is fresh."""
    for _ in range(3):
        time.sleep(0.03)
        site.run(now, handoff=True)
        with closing(site.root, now) as session:
            if not session.look_is_fresh():
                session.look()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = lambda server, *_, **__: Answer(server, Status.ABSENT)  # noqa: E731
    monkeypatch.setattr(looking, "ask_server", absent)
    monkeypatch.setattr(looking, "fetch_one", lambda endpoint: Served(endpoint, reason="silent"))


def look_is_fresh(site: SmallSite, now: int = NOW) -> bool:
    with closing(site.root, now) as session:
        return session.look_is_fresh()


@pytest.fixture
def waiting(tmp_path: Path) -> SmallSite:
    """A site whose map is written before its certificate is there, at rest."""
    site = make_site(tmp_path / "site")
    site.forget(CERTIFICATE)
    site.write("tlsa-map.yaml", MAP + "look: true\n")
    rest(site)
    assert look_is_fresh(site)
    return site


def test_a_look_begins_when_the_certificate_comes_after_the_map(waiting: SmallSite) -> None:
    waiting.write(CERTIFICATE, chain(Wanted()))
    time.sleep(0.03)
    waiting.run(NOW + 60, handoff=True)
    assert not look_is_fresh(waiting, NOW + 60)


def test_a_look_begins_when_the_only_lineage_is_renamed(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    site.write("tlsa-map.yaml", MAP + "look: true\n")
    rest(site)
    site.write("tlsa-map.yaml", MAP.replace("  mx:", "  mail:") + "look: true\n")
    time.sleep(0.03)
    site.run(NOW + 1, handoff=True)
    assert not look_is_fresh(site, NOW + 1)


def test_the_servers_of_a_zone_are_part_of_what_a_look_depends_on(waiting: SmallSite) -> None:
    waiting.write("zones/new.example.yaml", "servers: [192.0.2.9]\n")
    assert not look_is_fresh(waiting)


@pytest.mark.parametrize("where", ["zone", "defaults"])
def test_the_first_servers_of_a_site_are_asked(tmp_path: Path, where: str) -> None:
    site = SmallSite(tmp_path / "site", ["a.example", "b.example"])
    rest(site)
    with closing(site.root) as session:
        assert session.arrival_is_fresh()
    if where == "zone":
        site.write("zones/b.example.yaml", "servers: [192.0.2.53]\n")
    else:
        site.write("site.yaml", SITE + "  servers: [192.0.2.53]\n")
    time.sleep(0.03)
    with closing(site.root, NOW + 60) as session:
        assert not session.arrival_is_fresh()
