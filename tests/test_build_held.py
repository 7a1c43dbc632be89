"""Changes of people wait until they are approved; what machines make does not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.sites import (
    DAY,
    DODO,
    DOIT,
    HEAD,
    NOW,
    PRIMARY,
    SITE,
    TODAY,
    ZONEBUILD,
    Run,
    SmallSite,
    closing,
    environment,
)  # fmt: skip
from zonebuild.builder.judging.compare import BuiltSide, compare_zones
from zonebuild.builder.judging.foresight import foresee, hold_notes, with_hold_notes
from zonebuild.builder.run import open_run
from zonebuild.cli import run as zonebuild
from zonebuild.diagnostic import Waiting
from zonebuild.plan import HELD

ZONE = "a.example"
APEX = "a.example."
HOSTS = "".join(f"h{i} A 192.0.2.{i}\n" for i in range(10))
LESS = "".join(HOSTS.splitlines(keepends=True)[:5])
MANY = [f"z{i:02}.example" for i in range(30)]


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """Two zones that were built, the first of twelve records."""
    small = SmallSite(tmp_path / "site", [])
    small.add_zone(ZONE, HOSTS)
    small.add_zone("b.example")
    small.run(settle=True)
    return small


@pytest.fixture
def many(tmp_path: Path) -> SmallSite:
    """Thirty zones that were built."""
    small = SmallSite(tmp_path / "site", MANY)
    small.run(settle=True)
    return small


def checksum_of(run: Run, zone: str = ZONE) -> str:
    """Return the file that the message about *zone* wants."""
    (said,) = [f.message for f in run.findings if f.location.path == f"zones/{zone}.yaml"]
    found = re.search(r"approved/([0-9a-f]{32})", said)
    assert found
    return found[1]


def waitings(site: SmallSite) -> list[Waiting]:
    with closing(site.root) as session:
        return session.outcome().waitings()


def hosts(site: SmallSite, zone: str = ZONE) -> set[str]:
    return {line.split()[0] for line in site.records(zone)} - {"@"}


def change(site: SmallSite, zones: Iterable[str], record: str = "new A 192.0.2.9\n") -> None:
    for zone in zones:
        site.append(f"primary/{zone}", record)


# -- one zone -------------------------------------------------------------------------------------


def test_a_change_that_is_held_is_not_built_and_says_its_way_on(site: SmallSite) -> None:
    before = site.built(ZONE)
    site.write(f"primary/{ZONE}", LESS)
    run = site.run()
    assert (run.code, run.errors, run.warnings) == (1, set(), {HELD})
    assert site.built(ZONE) == before
    checksum = checksum_of(run)
    first, *notes, last = run.told.splitlines()
    assert first == (
        "zones/a.example.yaml: warning: the change of a.example. is held: it removes or changes 5 "
        f"of 12 records, more than 30 %; want the file approved/{checksum}, committed with the "
        "change (zonebuild approve a.example. writes it), or the change undone [plan-held]"
    )
    assert notes[0] == "zones/a.example.yaml: note: - h5.a.example. 3600 A 192.0.2.5"
    assert len(notes) == 5
    assert last == "held: a.example.; the last good part of each is served"
    (waiting,) = waitings(site)
    assert waiting.what == "change of a.example."
    assert f"approved/{checksum}" in waiting.way_on


def test_each_run_that_a_held_plan_ends_with_exit_code_1_prints_why(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    first = site.run(settle=True).told
    assert "is held: it removes or changes 5 of 12 records" in first
    for _ in range(2):
        run = site.run(settle=True)
        assert (run.code, run.told) == (1, first)
    assert run.stages == ()
    site.append(f"primary/{ZONE}", "; a comment\n")
    assert site.run().told == first


def test_of_a_long_plan_some_lines_are_shown(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, "$GENERATE 1-99 h$ A 192.0.2.$\n")
    site.run()
    site.write(f"primary/{ZONE}", "h1 A 192.0.2.1\n")
    lines = site.run().told.splitlines()
    assert len(lines) == 1 + 20 + 1 + 1
    assert "and 78 more changes" in lines[-2]


def test_what_machines_make_flows_while_a_plan_is_held(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    site.run(settle=True)
    for number, token in enumerate(("one", "two"), 1):
        site.write(f"extra/{ZONE}/script", f"_acme-challenge 60 TXT {token}\n")
        run = site.run(settle=True)
        assert run.code == 1
        assert f"_acme-challenge 60 TXT {token}" in site.records(ZONE)
        assert {"h0", "h9"} <= hosts(site)
        assert site.serial(ZONE) == TODAY + number
    site.forget(f"extra/{ZONE}/script")
    site.run(settle=True)
    assert "_acme-challenge" not in hosts(site)


def test_other_zones_are_built_meanwhile(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    change(site, ["b.example"])
    site.run()
    assert "new" in hosts(site, "b.example")


def test_a_plan_that_is_approved_is_built_at_the_next_run(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    checksum = checksum_of(site.run(settle=True))
    site.write(f"approved/{checksum}", "")
    run = site.run(settle=True)
    assert (run.code, run.told, run.findings) == (0, "", ())
    assert hosts(site) == {"h0", "h1", "h2", "h3", "h4"}
    assert site.serial(ZONE) == TODAY + 1
    assert waitings(site) == []
    change(site, [ZONE])
    assert site.run().code == 0  # against what is now the last good copy


def test_an_approval_that_comes_with_the_change_lets_it_pass_at_once(
    site: SmallSite, tmp_path: Path
) -> None:
    other = SmallSite(tmp_path / "other", [])
    other.add_zone(ZONE, "; another machine\n" + "".join(reversed(HOSTS.splitlines(True))))
    other.write(f"extra/{ZONE}/script", "_acme TXT other\n")
    other.run(NOW - 40 * DAY)
    other.write(f"primary/{ZONE}", LESS)
    checksum = checksum_of(other.run())
    site.write(f"primary/{ZONE}", LESS + "; laid out otherwise\n")
    site.write(f"approved/{checksum}", "")
    assert site.run().code == 0


def test_a_plan_that_is_altered_after_its_approval_is_held_again(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    checksum = checksum_of(site.run())
    site.write(f"approved/{checksum}", "")
    site.write(f"primary/{ZONE}", LESS + "evil A 192.0.2.66\n")
    run = site.run(settle=True)
    assert run.code == 1
    assert checksum_of(run) != checksum
    assert hosts(site) == {f"h{i}" for i in range(10)}
    site.write(f"primary/{ZONE}", LESS)
    assert site.run().code == 0


def test_a_change_that_is_undone_waits_no_more(site: SmallSite) -> None:
    before = site.built(ZONE)
    site.write(f"primary/{ZONE}", LESS)
    site.run(settle=True)
    site.write(f"primary/{ZONE}", HOSTS)
    run = site.run(settle=True)
    assert (run.code, run.findings, waitings(site)) == (0, (), [])
    assert site.built(ZONE) == before


def test_a_zone_that_was_never_built_is_free(site: SmallSite) -> None:
    site.add_zone("new.example", "@ NS ns.sub\nsub NS ns.sub\nns.sub A 192.0.2.1\n")
    assert site.run().code == 0


def test_errors_in_a_change_are_told_as_usual_and_it_is_not_held(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS + "bad A nowhere\n")
    run = site.run(settle=True)
    assert (run.errors, run.warnings) == ({"rdata-syntax"}, set())
    assert "held" not in run.told
    site.write(f"primary/{ZONE}", LESS)
    run = site.run()
    assert (run.errors, run.warnings) == (set(), {HELD})
    assert "failed" not in run.told


@pytest.mark.parametrize(
    ("yaml", "code"),
    [("plan: {share: 50%}\n", 0), ("plan: {least_records: 13}\n", 0), ("plan: {share: 41%}\n", 1)],
)
def test_a_zone_has_rails_of_its_own(site: SmallSite, yaml: str, code: int) -> None:
    site.write(f"zones/{ZONE}.yaml", yaml)
    site.write(f"primary/{ZONE}", LESS)
    assert site.run().code == code


def test_removed_records_of_machines_are_no_plan(site: SmallSite) -> None:
    lines = "".join(f"t{i} TXT x\n" for i in range(99))
    site.write(f"extra/{ZONE}/made", lines)
    site.run(settle=True)
    site.write(f"extra/{ZONE}/made", "")
    assert site.run().code == 0
    assert hosts(site) == {f"h{i}" for i in range(10)}


def test_a_zone_alone_is_held_as_well(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    with closing(site.root) as session:
        session.build_zone(APEX)
        assert session.outcome().about(APEX).held_zones() == [APEX]
    assert "h9" in hosts(site)


def test_the_signatures_of_a_zone_that_is_held_are_made(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [], SITE.replace("signer: none", "signer: local"))
    site.add_zone(ZONE, HOSTS)
    site.run(handoff=True, settle=True)
    site.write(f"primary/{ZONE}", LESS)
    site.write(f"extra/{ZONE}/script", "_acme 60 TXT token\n")
    site.run(handoff=True, settle=True)
    signed = (site.root / "signed" / ZONE).read_bytes()
    assert b"token" in signed
    assert b"h9" in signed
    site.run(NOW + 30 * DAY, handoff=True)
    assert (site.root / "signed" / ZONE).read_bytes() != signed


# -- serials --------------------------------------------------------------------------------------

KEPT_HEAD = HEAD.replace("{{ serial }}", "7")


def test_a_serial_that_is_kept_stays_the_old_one_while_its_plan_is_held(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, HOSTS)
    site.write("soa/default", KEPT_HEAD)
    site.run(settle=True)
    site.write("soa/default", KEPT_HEAD.replace("7", "8"))
    site.write(f"primary/{ZONE}", LESS)
    run = site.run(settle=True)
    assert (run.errors, run.warnings) == (set(), {HELD})
    assert site.serial(ZONE) == 7
    site.write(f"approved/{checksum_of(run)}", "")
    assert site.run(settle=True).code == 0
    assert site.serial(ZONE) == 8


def test_a_serial_that_is_not_raised_is_an_error_also_of_a_change_that_would_be_held(
    tmp_path: Path,
) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, HOSTS)
    site.write("soa/default", KEPT_HEAD)
    site.run(settle=True)
    site.write(f"primary/{ZONE}", LESS)
    assert site.run().errors == {"serial-not-raised"}


def test_a_new_serial_policy_waits_with_the_plan_that_brings_it(site: SmallSite) -> None:
    """Under `keep` the machines' records would come without a new serial."""
    site.write("soa/default", KEPT_HEAD.replace("7", "2100000000"))
    site.write(f"primary/{ZONE}", LESS)
    site.write(f"extra/{ZONE}/script", "_acme 60 TXT token\n")
    assert site.run().warnings == {HELD}
    assert site.serial(ZONE) == TODAY + 1


def test_a_serial_that_a_head_puts_elsewhere_is_no_part_of_a_plan(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, HOSTS)
    site.write("soa/default", HEAD + "serial TXT {{ serial }}\n")
    site.run(settle=True)
    site.write(f"primary/{ZONE}", LESS)
    run = site.run(settle=True)
    assert "serial.a.example." not in run.told
    site.write(f"extra/{ZONE}/script", "_acme 60 TXT token\n")
    assert checksum_of(site.run(settle=True)) == checksum_of(run)
    assert site.serial(ZONE) == TODAY + 1


# -- many zones -----------------------------------------------------------------------------------


def test_a_change_of_many_zones_is_held_in_every_one_and_told_as_one(many: SmallSite) -> None:
    change(many, MANY[:20])
    run = many.run(settle=True)
    assert run.code == 1
    assert not any("new" in hosts(many, zone) for zone in MANY)
    assert len(waitings(many)) == 21
    (whole,) = [f for f in run.findings if f.location.path == "site.yaml"]
    assert "comes with changes of 20 of 30 zones, more than 10 %" in whole.message
    assert many.run(settle=True).told == run.told


def test_a_change_of_fewer_zones_is_free(many: SmallSite) -> None:
    change(many, MANY[:19])
    assert many.run().code == 0
    assert all("new" in hosts(many, zone) for zone in MANY[:19])


def test_a_change_of_the_sites_defaults_is_one_of_many_zones(many: SmallSite) -> None:
    many.append("site.yaml", "  ttl: 61\n")
    assert many.run(settle=True).code == 1
    assert len(waitings(many)) == 31
    many.write("site.yaml", SITE)
    assert (many.run(settle=True).code, waitings(many)) == (0, [])


def test_a_machines_record_sets_no_zone_free_that_is_held_with_many(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.run(settle=True)
    for zone in MANY[:3]:
        many.write(f"extra/{zone}/script", "_acme 60 TXT token\n")
        run = many.run(settle=True)
        assert run.code == 1
        assert hosts(many, zone) == {"www", "mail", "_acme"}


def test_the_zones_that_are_left_of_many_stay_held(many: SmallSite) -> None:
    change(many, MANY[:20])
    run = many.run(settle=True)
    for zone in MANY[:15]:
        many.write(f"approved/{checksum_of(run, zone)}", "")
    many.write(f"primary/{MANY[15]}", PRIMARY)  # undone
    for _ in range(2):
        assert many.run(settle=True).code == 1
        many.write(f"extra/{MANY[16]}/script", "_acme 60 TXT token\n")
    assert all("new" in hosts(many, zone) for zone in MANY[:15])
    assert not any("new" in hosts(many, zone) for zone in MANY[15:])
    many.write(f"primary/{MANY[16]}", PRIMARY + "other A 192.0.2.9\n")  # another change, alone
    many.run(settle=True)
    assert "other" in hosts(many, MANY[16])


def test_one_of_many_that_is_altered_is_held_with_the_others(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.run(settle=True)
    change(many, MANY[:1], "more A 192.0.2.9\n")
    assert many.run(settle=True).code == 1
    assert hosts(many, MANY[0]) == {"www", "mail"}


def _whole(run: Run) -> str:
    (found,) = [f.message for f in run.findings if f.location.path == "site.yaml"]
    return found.partition("approved/")[2][:32]


def test_one_file_approves_all_that_came_together(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.write(f"approved/{_whole(many.run(settle=True))}", "")
    run = many.run(settle=True)
    assert (run.code, run.told, waitings(many)) == (0, "", [])
    assert all("new" in hosts(many, zone) for zone in MANY[:20])


def test_one_file_that_comes_with_the_change_approves_it_at_once(
    many: SmallSite, tmp_path: Path
) -> None:
    other = SmallSite(tmp_path / "other", MANY)
    other.run()
    change(other, MANY[:20])
    checksum = _whole(other.run())
    change(many, MANY[:20])
    many.write(f"approved/{checksum}", "")
    assert many.run(settle=True).code == 0
    assert all("new" in hosts(many, zone) for zone in MANY[:20])


def test_the_rails_of_the_site_can_be_widened(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.run(settle=True)
    many.write("site.yaml", SITE + "plan: {least_zones: 21}\n")
    assert many.run(settle=True).code == 0
    assert all("new" in hosts(many, zone) for zone in MANY[:20])


def test_a_zone_that_fails_meanwhile_stays_held_with_the_others(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.run(settle=True)
    good = (many.root / "primary" / MANY[0]).read_text()
    many.append(f"primary/{MANY[0]}", "bad A nowhere\n")
    assert many.run(settle=True).errors == {"rdata-syntax"}
    many.write(f"primary/{MANY[0]}", good)
    assert many.run(settle=True).code == 1
    assert "new" not in hosts(many, MANY[0])


@pytest.mark.parametrize("damage", [b"\xff\0\n", b"a.example. x 1\n", b""])
def test_a_damaged_state_of_the_rails_stops_nothing(many: SmallSite, damage: bytes) -> None:
    many.write("state/held", damage)
    change(many, MANY[:20])
    assert many.run().code == 1
    assert not any("new" in hosts(many, zone) for zone in MANY)


@pytest.mark.parametrize("name", ["README", "0" * 31, "g" * 32, "0" * 32])
def test_what_is_no_approval_in_approved_does_no_harm(site: SmallSite, name: str) -> None:
    site.write(f"primary/{ZONE}", LESS)
    (site.root / "approved" / ("1" * 32)).mkdir(parents=True)
    site.write(f"approved/{name}", b"zone: a.example. \xff\n")
    assert site.run().code == 1


# -- foresight ------------------------------------------------------------------------------------


def test_what_would_be_held_is_told_before_it_is_built(site: SmallSite, tmp_path: Path) -> None:
    base = SmallSite(tmp_path / "base", [])
    base.add_zone(ZONE, "; as it was committed\n" + HOSTS)
    base.add_zone("b.example")
    site.write(f"primary/{ZONE}", LESS)
    change(site, ["b.example"])
    with (
        open_run(site.root, now=NOW, command="", is_builder=False) as run,
        open_run(base.root, now=NOW, command="", is_builder=False) as before,
    ):
        against_built, against_base = hold_notes(run, None), hold_notes(run, before)
        assert hold_notes(run, None, ["b.example."]) == {}
    assert against_built == against_base
    checksum = checksum_of(site.run())
    assert list(against_built) == [APEX]
    assert f"approved/{checksum}" in against_built[APEX][1]
    site.write(f"approved/{checksum}", "")
    with open_run(site.root, now=NOW, command="", is_builder=False) as run:
        assert hold_notes(run, None) == {}


def test_what_would_be_held_together_is_told_before_it_is_built(many: SmallSite) -> None:
    change(many, MANY[:20])
    with open_run(many.root, now=NOW, command="", is_builder=False) as run:
        foresight, notes = foresee(run, None), hold_notes(run, None)
    assert len(foresight.plans) == len(foresight.together) == 20
    assert _whole(many.run()) == foresight.set_checksum
    assert all(foresight.set_checksum in lines[-1] for lines in notes.values())
    assert len(notes) == 20


def test_what_is_held_on_this_machine_is_no_part_of_a_change_against_the_base(
    many: SmallSite, tmp_path: Path
) -> None:
    base = SmallSite(tmp_path / "base", MANY)
    change(many, MANY[:20])
    many.run()
    for zone in MANY[1:20]:
        many.write(f"primary/{zone}", PRIMARY)
    with (
        open_run(many.root, now=NOW, command="", is_builder=False) as run,
        open_run(base.root, now=NOW, command="", is_builder=False) as before,
    ):
        assert foresee(run, before).plans == ()


def test_a_comparison_says_what_would_be_held(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    change(site, ["b.example"])
    with open_run(site.root, now=NOW, command="", is_builder=False) as run:
        compared = compare_zones(run, BuiltSide(run.places))
        notes = {each.apex: each.notes for each in with_hold_notes(run, None, compared)}
    assert notes["b.example."] == ()
    assert notes[APEX][0] == "would be held: it removes or changes 5 of 12 records, more than 30 %"


def test_a_change_with_errors_is_no_plan(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS + "bad A nowhere\n")
    with open_run(site.root, now=NOW, command="", is_builder=False) as run:
        assert foresee(run, None).plans == ()


# -- zonebuild approve ----------------------------------------------------------------------------


def approve(site: SmallSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ZONEBUILD, "approve", *arguments], cwd=site.root, env=environment(),
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_approve_shows_the_plan_and_writes_the_file(site: SmallSite) -> None:
    site.write(f"primary/{ZONE}", LESS)
    checksum = checksum_of(site.run(settle=True))
    said = approve(site, "--yes", ZONE)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("a.example.: held: it removes or changes 5 of 12 records")
    assert "  - h9.a.example. 3600 A 192.0.2.9\n" in said.stdout
    assert said.stdout.endswith(f"wrote approved/{checksum}: commit it with the change\n")
    lines = (site.root / "approved" / checksum).read_text().splitlines()
    assert lines[0] == f"zone: a.example. {checksum}"
    assert [line.split(":")[0] for line in lines[1:]] == ["what", "who", "when"]
    assert site.run().code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "want --yes"),
        (["--yes", "b.example"], 1, "no plan of b.example. is held"),
        (["--yes", "a..b"], 2, "is not a domain name"),
        (["--yes", "--against=nothing"], 2, "want built, base or rev:REV"),
        (["--yes", "--against=base"], 2, "neither in a git nor in a subversion"),
    ],
)
def test_approve_refuses(site: SmallSite, arguments: list[str], code: int, said: str) -> None:
    site.write(f"primary/{ZONE}", LESS)
    done = approve(site, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (site.root / "approved").exists()


def test_approve_says_when_nothing_is_held(site: SmallSite) -> None:
    change(site, [ZONE])
    assert (approve(site, "--yes").stdout, (site.root / "approved").exists()) == (
        "nothing is held\n",
        False,
    )


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_approve_asks_at_a_terminal(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    site.write(f"primary/{ZONE}", LESS)
    monkeypatch.chdir(site.root)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert zonebuild(["approve"]) == code
    assert (site.root / "approved").exists() is (code == 0)


def test_approve_writes_one_file_for_what_comes_together(many: SmallSite) -> None:
    change(many, MANY[:20])
    many.write(f"primary/{MANY[0]}", "")  # held for reasons of its own, too
    assert approve(many, "--yes").returncode == 0
    (file,) = (many.root / "approved").iterdir()
    assert len(re.findall("^zone: ", file.read_text(), re.MULTILINE)) == 20
    change(many, [MANY[25]])  # one more commit, of another zone
    assert many.run(settle=True).code == 0
    assert all("new" in hosts(many, zone) for zone in [*MANY[1:20], MANY[25]])


def test_what_is_added_to_a_file_that_approves_many_approves_nothing(many: SmallSite) -> None:
    change(many, MANY[:20])
    approve(many, "--yes")
    (file,) = (many.root / "approved").iterdir()
    change(many, [MANY[0]], "@ NS evil.test.\n")
    checksum = checksum_of(many.run(settle=True), MANY[0])
    text = file.read_text()
    file.unlink()  # as an update from version control replaces it
    file.write_text(f"{text}zone: {MANY[0]}. {checksum}\n")
    assert many.run(settle=True).code == 1
    assert "evil" not in many.built(MANY[0])


# -- doit -----------------------------------------------------------------------------------------


def doit(site: SmallSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    site.write("dodo.py", DODO)
    return subprocess.run(
        [*DOIT, *arguments], cwd=site.root, env=environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_plan_is_reviewed_committed_built_altered_and_held_again(site: SmallSite) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]

    def commit() -> None:
        subprocess.run([*git, "add", "primary", "zones", "soa", "site.yaml"], cwd=site.root)
        subprocess.run([*git, "commit", "-q", "-m", "x"], cwd=site.root, check=True)

    subprocess.run([*git, "init", "-q"], cwd=site.root, check=True)
    commit()
    doit(site)
    site.write(f"primary/{ZONE}", LESS)
    assert approve(site, "--yes", "--against=base").returncode == 0
    site.write(f"primary/{ZONE}", LESS + "evil A 192.0.2.66\n")
    commit()
    said = doit(site)
    assert said.returncode == 1
    assert said.stderr.endswith("held: a.example.; the last good part of each is served\n")
    again = doit(site)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", said.stderr)
    status = doit(site, "status", "--format=json")
    assert status.returncode == 1
    assert [each["what"] for each in json.loads(status.stdout)["waiting"]] == [f"change of {APEX}"]
    site.write(f"primary/{ZONE}", LESS)
    assert doit(site).returncode == 0
    assert len(hosts(site)) == 5
    assert doit(site, "status").returncode == 0


def test_a_checksum_of_a_message_is_approved_at_any_desk(site: SmallSite, tmp_path: Path) -> None:
    site.write(f"primary/{ZONE}", LESS)
    checksum = checksum_of(site.run(settle=True))
    clone = SmallSite(tmp_path / "clone", [])  # which has built nothing, and has the change
    clone.add_zone(ZONE, LESS)
    (clone.root / "unsigned").mkdir()
    said = approve(clone, "--yes", checksum)
    assert (said.returncode, said.stderr) == (0, "")
    assert f"{checksum}: what this plan changes cannot be shown here" in said.stdout
    assert f"wrote approved/{checksum}: commit it with the change" in said.stdout
    shown = approve(site, "--yes", f"approved/{checksum}")
    assert "- h9.a.example. 3600 A 192.0.2.9" in shown.stdout
    assert site.run().code == 0
    assert approve(site, "--yes", checksum[:-1]).returncode == 2
