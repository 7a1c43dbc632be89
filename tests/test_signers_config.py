"""Configuration made from a site: what the programs themselves say of it, and the catalog."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import REPOSITORY, SmallSite
from zonebuild.cli import run as zonebuild
from zonebuild.plan import SiteRails
from zonebuild.signers.config import served
from zonebuild.signers.config.catalog import (
    Catalog,
    Step,
    member_label,
    next_catalog,
    read_catalog,
    write_catalog,
)
from zonebuild.signers.config.render import KINDS, ConfigError, render
from zonebuild.signers.config.setting import ListedZone, Setting
from zonebuild.site.config import Site
from zonebuild.site.load import load_site
from zonebuild.site.signers import SignerConfig

NOW = 1_795_000_000
RAILS = SiteRails(zones_share=10, least_zones=3)
PROGRAMS = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C"}
ZONES = (
    ListedZone("."),
    ListedZone("0/25.2.0.192.in-addr.arpa."),
    ListedZone("example.org."),
    ListedZone("plain.test.", is_signed=False),
)
SIGNERS = ("local", "opendnssec", "knot", "bind")


def site_of(text: str) -> Site:
    site, findings = load_site(lambda path, limit: text.encode(), [])
    assert findings == []
    return site


def signer(kind: str) -> SignerConfig:
    return site_of(f"signer: {kind}\n").handoff.signer


def written(folder: Path, kind: str, by: str, zones: Sequence[ListedZone] = ZONES) -> Path:
    """Write the configuration of *kind* for a site that *by* signs; return its folder."""
    server = site_of("signer: local\nserve: nsd\n").handoff.server
    setting = Setting(Path("/srv/a site & more"), zones, signer(by), server)
    (known,) = (each for each in KINDS if each.name == kind)
    for rendered in render(known, setting):
        (folder / rendered.name).write_text(rendered.text)
    return folder


def judged(*command: str | Path) -> str:
    """Return what a checker says, after seeing that it accepts."""
    said = subprocess.run(
        command, env=PROGRAMS, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout + said.stderr


# -- the programs' own checkers -------------------------------------------------------------------


@pytest.mark.live
@pytest.mark.parametrize("by", SIGNERS)
@pytest.mark.parametrize("zones", [ZONES, ()], ids=["zones", "no-zone"])
def test_bind_takes_its_zones(tmp_path: Path, by: str, zones: Sequence[ListedZone]) -> None:
    config = written(tmp_path, "bind", by, zones) / "named-zones.conf"
    config.write_text(config.read_text().replace("/var/lib/bind/keys", str(tmp_path)))
    assert judged("named-checkconf", config) == ""
    assert ("inline-signing" in config.read_text()) is (by == "bind" and bool(zones))


@pytest.mark.live
@pytest.mark.parametrize("by", SIGNERS)
@pytest.mark.parametrize("zones", [ZONES, ()], ids=["zones", "no-zone"])
def test_knot_takes_its_template_and_zones(
    tmp_path: Path, by: str, zones: Sequence[ListedZone]
) -> None:
    folder = written(tmp_path, "knot", by, zones)
    config = folder / "knot.conf"
    config.write_text(
        f'server:\n  rundir: "{folder}"\ninclude: "{folder}/knot-template.conf"\n'
        f'include: "{folder}/knot-zones.conf"\n'
    )
    assert "Configuration is valid" in judged("knotc", "-c", config, "conf-check")


@pytest.mark.live
@pytest.mark.parametrize("by", SIGNERS)
def test_nsd_takes_its_patterns(tmp_path: Path, by: str) -> None:
    folder = written(tmp_path, "nsd", by)
    config = folder / "nsd.conf"
    config.write_text(f'server:\n  username: ""\ninclude: "{folder}/nsd-patterns.conf"\n')
    assert judged("nsd-checkconf", config) == ""
    file = judged("nsd-checkconf", "-p", "zonebuild-unsigned", "-o", "zonefile", config)
    assert file == "/srv/a site & more/unsigned/%s\n"


@pytest.mark.live
def test_nsd_finds_transfers_in_the_pattern_that_its_patterns_include(tmp_path: Path) -> None:
    server = site_of("signer: local\nserve: {kind: nsd, base: fleet}\n").handoff.server
    first, _ = render(KINDS[-1], Setting(tmp_path, ZONES, signer("local"), server))
    config = tmp_path / "nsd.conf"
    fleet = "pattern:\n  name: fleet\n  provide-xfr: 192.0.2.2 NOKEY\n"
    config.write_text(f'server:\n  username: ""\n{fleet}{first.text}')
    for pattern in ("zonebuild", "zonebuild-unsigned"):
        said = judged("nsd-checkconf", "-p", pattern, "-o", "provide-xfr", config)
        assert said.split() == ["192.0.2.2", "NOKEY"]


@pytest.mark.live
def test_opendnssec_takes_its_list_and_the_examples(tmp_path: Path) -> None:
    folder = written(tmp_path, "opendnssec", "opendnssec")
    (folder / "kasp.db").touch()
    config = folder / "conf.xml"
    text = config.read_text().replace("/etc/opendnssec", str(folder))
    config.write_text(text.replace("/var/lib/opendnssec/kasp.db", str(folder / "kasp.db")))
    said = judged("ods-kaspcheck", "-c", config)
    assert "zonelist.xml is valid" in said
    assert "WARNING" not in said
    assert "ERROR" not in said


# -- what they say --------------------------------------------------------------------------------


def test_opendnssec_never_keeps_the_serial_and_lists_only_signed_zones(tmp_path: Path) -> None:
    folder = written(tmp_path, "opendnssec", "opendnssec")
    assert "<Serial>unixtime</Serial>" in (folder / "kasp.xml").read_text()
    listed = (folder / "zonelist.xml").read_text()
    assert "/srv/a site &amp; more/unsigned/0%2F25.2.0.192.in-addr.arpa<" in listed
    assert "plain.test" not in listed


def test_nsd_is_told_each_zone_once_by_its_pattern(tmp_path: Path) -> None:
    folder = written(tmp_path, "nsd", "local")
    lines = (folder / "nsd-zone.list").read_text().splitlines()
    assert lines[2:] == ["add example.org zonebuild", "add plain.test zonebuild-unsigned"]
    assert 'zonefile: "/srv/a site & more/signed/@"' in (folder / "nsd-patterns.conf").read_text()


def test_a_zone_that_nsd_cannot_have_is_told(tmp_path: Path) -> None:
    nsd = KINDS[-1]
    first, second = render(nsd, Setting(tmp_path, ZONES, signer("local")))
    assert [text.split(" ")[0] for text in first.unlisted] == ["0/25.2.0.192.in-addr.arpa."]
    assert second.unlisted == ()


def test_a_server_reads_what_the_signer_wrote(tmp_path: Path) -> None:
    listed = (written(tmp_path, "bind", "opendnssec") / "named-zones.conf").read_text()
    assert 'file "/var/lib/opendnssec/signed/example.org";' in listed
    assert 'file "/srv/a site & more/unsigned/plain.test";' in listed


@pytest.mark.parametrize("path", ['/srv/a"b', "/srv/a\\b", "/srv/a\nb"], ids=repr)
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_path_that_would_break_out_of_its_quotes_is_refused(path: str, kind) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match="want a site at a path without quotes"):
        list(render(kind, Setting(Path(path), ZONES, signer("local"))))


# -- the catalog ----------------------------------------------------------------------------------


def step(
    members: Sequence[str],
    zones: Sequence[str],
    served: Sequence[str],
    *,
    serial: int = 7,
    now: int = NOW,
    rails: SiteRails | None = RAILS,
) -> Step:
    old = Catalog("catalog.invalid.", serial, {name: f"label-of-{name[0]}" for name in members})
    return next_catalog(old, zones, served, now=now, rails=rails)


def test_a_zone_is_a_member_only_after_its_primary_serves_it() -> None:
    taken = step([], ["a.test.", "b.test."], ["a.test."])
    assert taken.catalog.members == {"a.test.": member_label("a.test.")}
    assert taken.waiting == ("b.test.",)


def test_a_member_stays_while_its_primary_is_silent() -> None:
    taken = step(["a.test."], ["a.test."], [])
    assert (taken.catalog.serial, taken.added, taken.removed) == (7, (), ())


def test_a_label_is_permanent() -> None:
    taken = step(["a.test."], ["a.test.", "b.test."], ["a.test.", "b.test."])
    assert taken.catalog.members["a.test."] == "label-of-a"


@pytest.mark.parametrize(
    ("serial", "now", "following"),
    [(0, NOW, NOW), (7, NOW, NOW), (NOW, NOW, NOW + 1), (NOW + 9, NOW, NOW + 10),
     (2**32 - 1, 2**32 - 1, 1)],
    ids=["first", "clock", "same-second", "clock-went-back", "wraps-past-zero"],
)  # fmt: skip
def test_the_serial_rises_with_the_members(serial: int, now: int, following: int) -> None:
    assert step([], ["a.test."], ["a.test."], serial=serial, now=now).catalog.serial == following


@pytest.mark.parametrize("gone", [2, 3, 5])
def test_too_many_changes_of_members_are_held(gone: int) -> None:
    zones = [f"{number}.test." for number in range(20)]
    taken = step(zones, zones[gone:], [])
    is_held = gone >= RAILS.least_zones
    assert bool(taken.held) is is_held
    assert len(taken.catalog.members) == (20 if is_held else 20 - gone)
    assert len(step(zones, zones[gone:], [], rails=None).catalog.members) == 20 - gone


NAMES = st.sets(st.sampled_from([f"{letter}.test." for letter in "abcdefgh"]))


@given(members=NAMES, zones=NAMES, served=NAMES)
def test_members_are_wanted_and_were_served_and_keep_their_labels(
    members: set[str], zones: set[str], served: set[str]
) -> None:
    old = Catalog("c.test.", 7, {name: member_label(name) for name in members})
    catalog = next_catalog(old, zones, served, now=NOW, rails=None).catalog
    assert set(catalog.members) == zones & (served | members)
    assert all(label == member_label(name) for name, label in catalog.members.items())
    assert (catalog.serial != old.serial) is (set(catalog.members) != members)
    assert read_catalog(write_catalog(catalog)) == catalog


@pytest.mark.parametrize("text", ["", "$ORIGIN a.\n", "\0" * 9], ids=repr)
def test_what_is_no_catalog_of_ours_is_told(text: str) -> None:
    assert read_catalog(text) is None


@pytest.mark.live
def test_the_c_tools_load_the_catalog(tmp_path: Path) -> None:
    file = tmp_path / "catalog.zone"
    file.write_text(write_catalog(Catalog("c.invalid.", 7, {"a.test.": member_label("a.test.")})))
    judged("named-checkzone", "-i", "none", "c.invalid", file)
    judged("kzonecheck", "-o", "c.invalid.", file)


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of three zones, in whose folder the command runs; its primary serves a.example."""
    made = SmallSite(tmp_path / "site")
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(served, "find_served", lambda server, apexes: ({"a.example."}, ""))
    return made.root


def test_it_writes_what_the_site_uses(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "site.yaml").write_text((site / "site.yaml").read_text().replace("none", "knot"))
    assert zonebuild(["config"]) == 0
    assert sorted(os.listdir(site / "state/config")) == ["knot-template.conf", "knot-zones.conf"]
    assert capsys.readouterr().out.count("wrote ") == 2


def test_a_second_run_writes_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["config", "--dir", "out", "nsd", "bind", "knot", "opendnssec", "catalog"]
    assert zonebuild(arguments) == 0
    before = {path: path.stat().st_ino for path in (site / "out").iterdir()}
    capsys.readouterr()
    assert zonebuild(arguments) == 0
    assert capsys.readouterr().out == ""
    assert {path: path.stat().st_ino for path in (site / "out").iterdir()} == before


def test_a_catalog_that_is_there_is_kept_up(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert zonebuild(["config", "--catalog", "members.invalid", "catalog"]) == 0
    assert "does not serve them" in capsys.readouterr().err
    file = site / "state/config/catalog.zone"
    before = read_catalog(file.read_text())
    assert before is not None
    assert list(before.members) == ["a.example."]
    (site / "zones/a.example.yaml").unlink()
    assert zonebuild(["config"]) == 0
    after = read_catalog(file.read_text())
    assert after is not None
    assert (after.apex, after.members) == ("members.invalid.", {})
    assert after.serial > before.serial


def test_a_held_catalog_stays_until_a_person_lets_it(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (site / "site.yaml").open("a") as file:
        file.write("plan: {least_zones: 1, zones_share: 10%}\n")
    assert zonebuild(["config", "catalog"]) == 0
    shutil.move(site / "zones/a.example.yaml", site / "a.yaml")
    assert zonebuild(["config"]) == 1
    assert "1 of its 1 members would change, more than 10 %" in capsys.readouterr().err
    assert "a.example." in (site / "state/config/catalog.zone").read_text()
    assert zonebuild(["config", "--let-members-change"]) == 0
    assert "a.example." not in (site / "state/config/catalog.zone").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["catalog", "--catalog", "a.example"], "is a zone of the site"),
        (["catalog", "--catalog", "a..b"], "is not a domain name"),
        (["catalog", "--primary", "ns1.example"], "want ADDRESS, ADDRESS:PORT"),
        (["dnsmasq"], "is unknown, want opendnssec, knot"),
        ([], "names no signer and no server"),
    ],
    ids=["own-zone", "bad-name", "bad-address", "bad-kind", "nothing"],
)
def test_misuse_is_told(
    site: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert zonebuild(["config", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_foreign_file_in_the_place_of_the_catalog_stays(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = site / "state/config/catalog.zone"
    file.parent.mkdir(parents=True)
    file.write_text("mine\n")
    assert zonebuild(["config"]) == 2
    assert "is no catalog that" in capsys.readouterr().err
    assert file.read_text() == "mine\n"


def test_doit_config_writes_the_same_and_leaves_with_its_code(site: Path) -> None:
    (site / "dodo.py").write_text("from zonebuild.tasks import *\nDOIT_CONFIG = configuration()\n")
    command = [sys.executable, "-m", "doit", "config"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    def doit() -> int:
        return subprocess.run(
            command, cwd=site, env=environment, capture_output=True, timeout=60, check=False
        ).returncode

    assert doit() == 2
    (site / "site.yaml").write_text((site / "site.yaml").read_text().replace("none", "bind"))
    assert doit() == 0
    assert os.listdir(site / "state/config") == ["named-zones.conf"]
