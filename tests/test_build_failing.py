"""What is wrong with one zone stops neither the others nor what machines put into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sites import DAY, HEAD, NOW, PRIMARY, SITE, TODAY, SmallSite
from zonebuild.builder.outcome import Outcome, Report
from zonebuild.cli.site import tell_outcome
from zonebuild.diagnostic import Finding, Location, Severity

SIGNED = SITE.replace("signer: none", "signer: local")
YAML = 'fragments: [soa/default, "primary/{zone}", "extra/{zone}/*"]\nserial: date\n'

Edit = Callable[[SmallSite], object]
# What breaks b.example, the check that says so, and the place that it says.
BREAKS: dict[str, tuple[Edit, str, str]] = {
    "syntax error": (
        lambda s: s.append("primary/b.example", "bad A 192.0.2.2222\n"),
        "rdata-syntax",
        "primary/b.example:4:7",
    ),
    "missing primary": (
        lambda s: s.forget("primary/b.example"),
        "missing-fragment",
        "zones/b.example.yaml:1:26",
    ),
    "key of the YAML": (
        lambda s: s.write("zones/b.example.yaml", YAML + "tll: 60\n"),
        "unknown-key",
        "zones/b.example.yaml:3:1",
    ),
    "no YAML at all": (
        lambda s: s.write("zones/b.example.yaml", "serial: [unixtime\n"),
        "yaml-syntax",
        "zones/b.example.yaml:1:9",
    ),
    "template": (
        lambda s: (
            s.write("soa/b.example", HEAD + "{{ serial }\n"),
            s.write("zones/b.example.yaml", YAML.replace("soa/default", "soa/b.example")),
        ),
        "template-syntax",
        "soa/b.example:6",
    ),
    "template computes": (
        lambda s: (
            s.write("soa/b.example", HEAD.replace("14400", "{{ 9**9**9 }}")),
            s.write("zones/b.example.yaml", YAML.replace("soa/default", "soa/b.example")),
        ),
        "template-construct",
        "soa/b.example:2",
    ),
    "CNAME clash": (
        lambda s: s.append("primary/b.example", "www CNAME mail\n"),
        "cname-and-other-data",
        "primary/b.example:4:1",
    ),
    "fifo": (
        lambda s: (s.forget("primary/b.example"), _fifo(s.root / "primary/b.example")),
        "unreadable-file",
        "primary/b.example",
    ),
}


def _fifo(path: Path) -> None:
    import os

    os.mkfifo(path)


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """Three zones, b.example with a machine's record, built and signed."""
    small = SmallSite(tmp_path / "site", ["a.example", "c.example"], site=SIGNED)
    small.add_zone("b.example", yaml=YAML)
    small.write("extra/b.example/script", "_acme-challenge 60 TXT one\n")
    small.run(handoff=True)
    return small


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_zone_is_told_and_stops_no_other(site: SmallSite, name: str) -> None:
    edit, check, place = BREAKS[name]
    edit(site)
    site.append("primary/a.example", "new A 192.0.2.9\n")
    run = site.run(handoff=True)
    assert run.code == 1
    assert run.errors == {check}
    assert any(line.startswith(f"{place}: error: ") for line in run.told.splitlines()), run.told
    assert "new 3600 A 192.0.2.9" in site.records("a.example")
    assert "failed: b.example.; the last good part of each is served" in run.told


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_zone_goes_on_with_its_last_good_part_and_todays_machine_records(
    site: SmallSite, name: str
) -> None:
    before = site.records("b.example")
    BREAKS[name][0](site)
    site.write("extra/b.example/script", "_acme-challenge 60 TXT two\n")
    site.write("extra/b.example/other", "_443._tcp.www TXT three\n")
    site.run(handoff=True)
    assert site.records("b.example") == before - {"_acme-challenge 60 TXT one"} | {
        "_acme-challenge 60 TXT two",
        "_443._tcp.www 3600 TXT three",
    }
    assert site.serial("b.example") == TODAY + 1
    assert '"two"' in (site.root / "signed/b.example").read_text()


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_zone_is_signed_again_in_time(site: SmallSite, name: str) -> None:
    before = (site.root / "signed/b.example").read_text()
    BREAKS[name][0](site)
    site.run(handoff=True)
    site.run(NOW + 70 * DAY, handoff=True)
    assert (site.root / "signed/b.example").read_text() != before
    assert site.serial("b.example") == TODAY


@pytest.mark.parametrize("name", BREAKS)
def test_a_mended_zone_is_as_if_nothing_had_been(site: SmallSite, name: str) -> None:
    before = site.built("b.example")
    BREAKS[name][0](site)
    assert site.run().code == 1
    site.forget("primary/b.example", "soa/b.example")
    site.write("primary/b.example", PRIMARY)
    site.write("zones/b.example.yaml", YAML)
    run = site.run()
    assert (run.code, run.told, site.built("b.example")) == (0, "", before)


def test_an_error_is_told_at_every_run_until_it_is_mended(site: SmallSite) -> None:
    BREAKS["syntax error"][0](site)
    first = site.run(settle=True)
    again = [site.run(settle=True), site.run()]
    assert again[1].stages == ()
    assert {run.code for run in again} == {1}
    assert {run.told for run in again} == {first.told}


def test_a_warning_is_told_once(site: SmallSite) -> None:
    site.append("primary/b.example", "c CNAME nowhere\n")
    first, second = site.run(), site.run()
    assert first.warnings == second.warnings == {"cname-target-missing"}
    assert "cname-target-missing" in first.told
    assert (first.code, second.code, second.told) == (0, 0, "")


def test_a_failure_is_not_forgotten_when_what_was_told_is_lost(site: SmallSite) -> None:
    BREAKS["syntax error"][0](site)
    site.run(settle=True)
    site.run(settle=True)
    for damage in (b"", b"{", b"[1]", b'{"zones": {"b.example.": {}}}', b"\xff", b"[" * 100_000):
        site.write("state/outcome.json", damage)
        assert site.run().code == 1, damage
    site.forget("state/outcome.json")
    assert site.run().code == 1


def test_a_zone_that_never_was_good_is_not_built(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    site.add_zone("b.example", primary="bad A x\n")
    run = site.run()
    assert (run.code, run.errors) == (1, {"rdata-syntax"})
    assert site.built("b.example") == ""
    assert "failed: b.example.; never built" in run.told


def test_all_mistakes_of_all_zones_are_told_in_order(site: SmallSite) -> None:
    for zone in ("c.example", "a.example"):
        site.append(f"primary/{zone}", "x A bad\ny AAAA bad\n")
    lines = site.run().told.splitlines()
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        "primary/a.example:4:5",
        "primary/a.example:5:8",
        "primary/c.example:4:5",
        "primary/c.example:5:8",
    ]
    assert lines[-1] == "failed: a.example., c.example.; the last good part of each is served"


def test_an_error_in_a_head_that_zones_share_is_told_once(site: SmallSite) -> None:
    site.write("soa/default", HEAD + "{{ nothing }}\n")
    told = site.run().told.splitlines()
    assert [line.partition(": ")[0] for line in told[:-1]] == ["soa/default:6"]


def test_a_broken_head_changes_no_serial_by_itself(site: SmallSite) -> None:
    site.write("soa/default", "{{ nothing }}\n")
    assert site.run(NOW + DAY).code == 1
    assert site.serial("b.example") == TODAY


def test_the_good_part_is_without_machines_wherever_fragments_names_them(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    yaml = 'fragments: [soa/default, "extra/{zone}/*", "primary/{zone}"]\n'
    site.add_zone("a.example", yaml=yaml)
    site.write("extra/a.example/script", "t TXT one\n")
    site.run()
    before = site.records("a.example")
    site.append("primary/a.example", "x A bad\n")
    site.forget("extra/a.example/script")
    assert site.run().code == 1
    assert site.records("a.example") == before - {"t 3600 TXT one"}


def test_a_machine_may_include_nothing(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    site.write("include/x", "inc TXT one\n")
    site.write("extra/a.example/script", "$INCLUDE include/x\n")
    run = site.run()
    assert (run.code, run.warnings) == (0, {"include"})
    assert "inc 3600 TXT one" not in site.records("a.example")


def test_a_machines_record_has_the_ttl_of_the_head_also_beside_the_last_good_part(
    site: SmallSite,
) -> None:
    site.write("soa/default", HEAD.replace("{{ ttl }}", "120"))
    site.write("extra/b.example/other", "t TXT x\n")
    site.run()
    assert "t 120 TXT x" in site.records("b.example")
    site.append("primary/b.example", "x A bad\n")
    site.run()
    assert "t 120 TXT x" in site.records("b.example")


def test_a_broken_yaml_changes_neither_the_serial_policy_nor_the_fragments(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    yaml = 'serial: unixtime\nttl: 61\nfragments: [soa/default, "primary/{zone}", "extra/*.{zone}"]'
    site.add_zone("a.example", yaml=yaml)
    site.write("extra/tlsa.a.example", "t TXT one\n")
    site.run()
    site.write("zones/a.example.yaml", "serial: [unixtime\n")
    site.write("extra/tlsa.a.example", "t TXT two\n")
    assert site.run(NOW + 60).code == 1
    assert {"t 61 TXT two", "www 61 A 192.0.2.1"} <= site.records("a.example")
    assert site.serial("a.example") == NOW + 60


def test_a_zone_with_an_error_outside_its_hand_written_part_keeps_its_good_copy(
    site: SmallSite,
) -> None:
    good = (site.root / "state/good/b.example").read_text()
    site.append("primary/b.example", "x A bad\n")
    site.write("extra/b.example/script", "_acme-challenge 60 TXT two\n")
    site.run()
    assert site.built("b.example") != good
    assert (site.root / "state/good/b.example").read_text() == good


def test_a_silenced_error_is_no_error_and_another_severity_is_as_written(site: SmallSite) -> None:
    site.append("primary/b.example", "www 60 A 192.0.2.9\n")
    assert site.run().errors == {"rrset-ttl-mismatch"}
    allow = "allow: [{check: rrset-ttl-mismatch, name: www.b.example, reason: a test}]\n"
    site.write("zones/b.example.yaml", YAML + allow)
    assert site.run().code == 0
    rule = "severity: {rrset-ttl-mismatch: {severity: warning, reason: a test}}\n"
    site.write("zones/b.example.yaml", YAML + rule)
    run = site.run()
    assert (run.code, run.warnings) == (0, {"rrset-ttl-mismatch"})


def test_a_fragments_rule_keeps_hand_written_records_out(site: SmallSite) -> None:
    entry = '{path: "primary/{zone}.web", owners: ["*.web"], types: [A]}'
    site.write("zones/b.example.yaml", YAML.replace("soa/default,", f"soa/default, {entry},"))
    site.write("primary/b.example.web", "x.web A 192.0.2.1\n")
    assert site.run().code == 0
    site.append("primary/b.example.web", "www2 A 192.0.2.1\ny.web TXT x\n")
    run = site.run()
    assert run.errors == {"outside-fragment-rule"}
    assert {f.location.line for f in run.findings if f.severity is Severity.ERROR} == {2, 3}


def test_a_zone_whose_file_leaves_zones_is_still_looked_after_and_named(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    site.write("state/serials", "b.example. 2026111700 date\n")
    site.add_zone("b.example", yaml="servers: [127.0.0.1]\n")
    site.append("site.yaml", "arrival: {deadline: 1s}\n")
    assert site.run(handoff=True, settle=True).code == 0
    site.forget("zones/b.example.yaml")
    gone = site.run(NOW + DAY, handoff=True, settle=True)
    assert (gone.code, gone.stages) == (0, ("zones", "handoff", "arrival"))
    assert "is still served as it was built; run zonebuild remove b.example." in gone.told


def test_of_a_zone_that_the_server_refused_nothing_is_said_to_be_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SmallSite(tmp_path / "site", ["a.example"]).run()
    outcome = Outcome({})
    where = Location("zones/a.example.yaml")
    refusal = Finding(where, Severity.ERROR, "handoff-refused", "nsd says no")
    outcome.put("handoff", "a.example.", Report((refusal,)))
    assert tell_outcome(tmp_path / "site", outcome) == 1
    told = capsys.readouterr().err
    assert "not accepted: a.example.; what is served of each now is not known" in told
    assert "is served\n" not in told
