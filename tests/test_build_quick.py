"""A large zone takes machines' records as if it were built whole, and without being read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites import DAY, NOW, SITE, SmallSite
from zonebuild.builder.making import job

ZONE, OWNER = "a.example", "_acme-challenge.a.example"
VALUES = ["gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01", "A" * 43]
HAND = "www A 9.9.9.9\nalias CNAME www\n*.wild A 9.9.9.9\na.b.c TXT x\n" + "".join(
    f"h{number} A 9.9.{number // 250}.{number % 250}\n" for number in range(job.LARGE)
)
ALLOW = 'acme: {box: [a.example, www.a.example, alias.a.example, b.c.a.example, "*.a.example"]}\n'


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    small = SmallSite(tmp_path / "site", [], SITE + "feeds: {box: box}\n")
    small.add_zone(ZONE, HAND, ALLOW)
    small.write("box/.zonebuild-feed", "")
    small.run()
    small.run(settle=True)  # whose stamps fit: nothing was written meanwhile
    return small


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The zones that are built whole from now on."""
    built: list[str] = []
    build = job.build_zone

    def noted(run: object, apex: str, **more: object) -> object:
        built.append(apex)
        return build(run, apex, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(job, "build_zone", noted)
    return built


def drop(site: SmallSite, host: str = "", value: str = VALUES[0], suffix: str = "") -> Path:
    owner = f"_acme-challenge.{host}{'.' if host else ''}{ZONE}"
    return site.write(f"box/{owner}{suffix}", f'{owner}. 60 IN TXT "{value}"\n')


def built_whole(site: SmallSite, now: int = NOW) -> str:
    """Return the zone as a full build writes it."""
    site.forget(".zonebuild")
    site.run(now=now)
    return site.built(ZONE)


def test_a_token_joins_quickly_and_leaves_quickly(site: SmallSite, whole: list[str]) -> None:
    before, serial = site.built(ZONE), site.serial(ZONE)
    path = drop(site)
    assert site.run(settle=True).code == 0
    with_token = site.built(ZONE)
    assert f'{OWNER}. 60 TXT "{VALUES[0]}"' in site.records(ZONE)
    assert site.serial(ZONE) == serial + 1
    path.unlink()
    site.run(settle=True)
    assert site.built(ZONE) == before.replace(str(serial), str(serial + 2), 1)
    assert whole == []
    drop(site)
    site.run(settle=True)
    assert site.built(ZONE) == with_token.replace(str(serial + 1), str(serial + 3), 1)


@pytest.mark.parametrize("hosts", [[""], ["", "www"], ["b.c", "h7"], ["alias"], ["nowhere", ""]])
def test_it_writes_what_a_full_build_would(
    site: SmallSite, whole: list[str], hosts: list[str]
) -> None:
    for host in hosts:
        drop(site, host)
        drop(site, host, VALUES[1], ".0123456789abcdef")
    run = site.run(settle=True)
    assert (run.code, whole) == (0, [])
    quick = site.built(ZONE)
    told = {f for f in run.findings if f.check == "misplaced-record"}
    assert built_whole(site) == quick
    assert {f for f in site.run().findings if f.check == "misplaced-record"} == told


@pytest.mark.parametrize(
    "edit",
    [
        lambda site: site.append(f"primary/{ZONE}", "new A 9.9.9.9\n"),
        lambda site: site.write(f"zones/{ZONE}.yaml", ALLOW + "ttl: 2h\n"),
        lambda site: site.write("soa/default", (site.root / "soa/default").read_text() + "\n"),
        lambda site: site.write(f"unsigned/{ZONE}", "tampered\n"),
        lambda site: site.write(f"extra/{ZONE}/script", "x TXT y\n"),
        lambda site: site.forget(".zonebuild/names"),
    ],
    ids=["sources", "yaml", "head", "output", "another machine", "no names"],
)
def test_whatever_else_changed_wants_a_full_build(
    site: SmallSite, whole: list[str], edit: object
) -> None:
    edit(site)  # type: ignore[operator]
    drop(site)
    assert site.run(settle=True).code == 0
    assert whole == [f"{ZONE}."]
    assert f'{OWNER}. 60 TXT "{VALUES[0]}"' in site.records(ZONE)


def test_what_other_machines_wrote_stays_as_it_is(site: SmallSite, whole: list[str]) -> None:
    site.write(f"extra/{ZONE}/aaa", "x TXT y\n$TTL 60\nz TXT y\n")
    site.write(f"extra/{ZONE}/script", "s 60 TXT t\n")
    site.run(settle=True)
    site.run(settle=True)
    whole.clear()
    drop(site, "www")
    site.run(settle=True)
    assert whole == []
    drop(site)
    site.run(settle=True)
    quick = site.built(ZONE)
    assert whole == []
    assert built_whole(site) == quick


def test_a_token_beside_another_machines_text_wants_a_full_build(
    site: SmallSite, whole: list[str]
) -> None:
    site.write(f"extra/{ZONE}/script", "_acme-challenge 60 TXT t\n")
    site.run(settle=True)
    site.run(settle=True)
    whole.clear()
    drop(site)
    site.run(settle=True)
    assert whole == [f"{ZONE}."]


def test_a_token_beside_text_by_hand_wants_a_full_build(site: SmallSite, whole: list[str]) -> None:
    site.append(f"primary/{ZONE}", "_acme-challenge 300 TXT hand\n")
    site.run(settle=True)
    site.run(settle=True)
    whole.clear()
    drop(site)
    site.run(settle=True)
    assert whole == [f"{ZONE}."]
    assert f'{OWNER}. 300 TXT "{VALUES[0]}"' in site.records(ZONE)


def test_a_quick_zone_is_its_own_good_copy(site: SmallSite, whole: list[str]) -> None:
    drop(site)
    site.run(settle=True)
    site.append(f"primary/{ZONE}", "oops A 300.0.0.1\n")
    assert site.run(settle=True).code == 1
    assert f'{OWNER}. 60 TXT "{VALUES[0]}"' in site.records(ZONE)
    assert "h7.a.example. 3600 A 9.9.0.7" in site.records(ZONE) | {
        record.replace("h7 ", "h7.a.example. ", 1) for record in site.records(ZONE)
    }


def test_tokens_end_quickly_too(site: SmallSite, whole: list[str]) -> None:
    drop(site)
    site.run(settle=True)
    run = site.run(now=NOW + DAY, settle=True)
    assert run.code == 0
    assert "_acme-challenge" not in site.built(ZONE)
    assert whole == []
