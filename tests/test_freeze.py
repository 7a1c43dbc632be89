"""In a freeze what people change waits, what machines make does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.sites import DAY, DODO, DOIT, NOW, SITE, TODAY, SmallSite, closing, environment
from zonebuild.builder.places import find_places
from zonebuild.builder.plans import freeze as freezes
from zonebuild.builder.plans.freeze import Freeze, Freezes, end_freeze, parse_until, read_freezes
from zonebuild.cli import run as zonebuild
from zonebuild.diagnostic import Waiting
from zonebuild.plan import HELD
from zonebuild.site.values import Wrong

ZONE, OTHER = "a.example", "b.example"
HOUR = 3600


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """Three zones that were built, signed, and stamps that say so."""
    small = SmallSite(tmp_path / "site", site=SITE.replace("signer: none", "signer: local"))
    small.run(handoff=True, settle=True)
    small.run(handoff=True, settle=True)
    return small


def freeze(site: SmallSite, zone: str | None = None, until: int | None = NOW + HOUR) -> None:
    places = find_places(site.root)
    apex = None if zone is None else f"{zone}."
    freezes.write_freeze(places, apex, Freeze(until, "the fair", "jane"))


def thaw(site: SmallSite, zone: str | None = None) -> None:
    assert end_freeze(find_places(site.root), None if zone is None else f"{zone}.")


def waitings(site: SmallSite) -> list[Waiting]:
    """Return what waits, but for the parents of new zones."""
    with closing(site.root) as session:
        return [w for w in session.outcome().waitings() if not w.what.startswith("DS of ")]


def change(site: SmallSite, zone: str = ZONE) -> None:
    site.append(f"primary/{zone}", "new A 192.0.2.9\n")


def is_changed(site: SmallSite, zone: str = ZONE) -> bool:
    return "new 3600 A 192.0.2.9" in site.records(zone)


def test_a_change_waits_until_the_freeze_is_over(site: SmallSite) -> None:
    before = site.built(ZONE)
    freeze(site, ZONE)
    change(site)
    change(site, OTHER)
    run = site.run(settle=True)
    assert (run.code, run.told, run.findings) == (0, "", ())
    assert site.built(ZONE) == before
    assert is_changed(site, OTHER)
    assert site.run(NOW + HOUR - 1, settle=True).stages == ()
    assert not is_changed(site)
    assert site.run(NOW + HOUR).stages == ("zones",)
    assert is_changed(site)
    assert waitings(site) == []


def test_status_says_what_is_frozen_and_what_waits(site: SmallSite) -> None:
    freeze(site, ZONE)
    site.run(settle=True)
    (frozen,) = waitings(site)
    assert frozen == Waiting(
        "changes of a.example. by hand",
        "frozen: the fair (jane)",
        NOW + HOUR,
        "zonebuild freeze --end a.example.",
    )
    change(site)
    site.run(settle=True)
    assert [w.what for w in waitings(site)] == ["change of a.example.", frozen.what]
    assert {w.until for w in waitings(site)} == {NOW + HOUR}
    site.run(NOW + HOUR)
    assert waitings(site) == []


def test_a_freeze_that_ends_by_itself_leaves_the_status_also_where_nothing_waits(
    site: SmallSite,
) -> None:
    freeze(site)
    site.run(settle=True)
    assert site.run(NOW + 1, settle=True).stages == ()
    before = site.built(ZONE)
    site.run(NOW + HOUR, settle=True)
    assert waitings(site) == []
    assert site.built(ZONE) == before
    assert site.run(NOW + HOUR, settle=True).stages == ()


def test_tokens_and_signatures_flow_in_a_freeze(site: SmallSite) -> None:
    freeze(site)
    change(site)
    site.write(f"extra/{ZONE}/own", "_acme 60 TXT token\n")
    assert site.run(handoff=True, settle=True).code == 0
    assert "_acme 60 TXT token" in site.records(ZONE)
    assert site.serial(ZONE) == TODAY + 1
    assert not is_changed(site)
    signed = (site.root / "signed" / ZONE).read_bytes()
    assert b"token" in signed
    freeze(site, until=NOW + 99 * DAY)
    site.run(NOW + 30 * DAY, handoff=True)
    assert (site.root / "signed" / ZONE).read_bytes() != signed
    assert not is_changed(site)


def test_the_end_of_a_freeze_lets_the_changes_pass(site: SmallSite) -> None:
    freeze(site)
    change(site)
    site.run(settle=True)
    thaw(site)
    site.run(settle=True)
    assert is_changed(site)
    assert waitings(site) == []


def test_a_longer_freeze_holds_longer(site: SmallSite) -> None:
    freeze(site)
    change(site)
    site.run(settle=True)
    freeze(site, until=NOW + DAY)
    site.run(NOW + 2 * HOUR, settle=True)
    assert not is_changed(site)
    site.run(NOW + DAY)
    assert is_changed(site)


def test_of_two_freezes_the_longer_counts(site: SmallSite) -> None:
    freeze(site, until=NOW + DAY)
    freeze(site, ZONE)
    change(site)
    site.run(settle=True)
    thaw(site)
    site.run(settle=True)
    assert not is_changed(site)
    site.run(NOW + HOUR)
    assert is_changed(site)


def test_a_frozen_site_takes_no_new_zone(site: SmallSite) -> None:
    freeze(site)
    site.add_zone("new.example")
    run = site.run(settle=True)
    assert (run.code, run.told, site.built("new.example")) == (0, "", "")
    assert "new zone new.example." in {w.what for w in waitings(site)}
    site.run(NOW + HOUR, settle=True)
    assert site.built("new.example")


def test_errors_are_told_in_a_freeze(site: SmallSite) -> None:
    freeze(site)
    site.append(f"primary/{ZONE}", "bad A nowhere\n")
    assert site.run().errors == {"rdata-syntax"}


def test_a_plan_that_would_be_held_is_told_in_a_freeze_and_can_be_approved(
    site: SmallSite,
) -> None:
    freeze(site)
    site.append(f"primary/{ZONE}", "@ NS ns3.test.\n")
    run = site.run(settle=True)
    assert (run.code, run.warnings) == (1, {HELD})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(site.root)
        assert zonebuild(["approve", "--yes"]) == 0
    assert site.run(settle=True).code == 0
    assert "ns3" not in site.built(ZONE)
    site.run(NOW + HOUR)
    assert "ns3" in site.built(ZONE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"until: never\nreason: x\nwho: y\n",
        b"until: 9999-01-01\nreason: x\nwho: y\n",
        b"until: 2000-01-01\nreason: \x1b[2J\nwho: y\n",
        b"\xff" * 99,
        b"x" * 99_999,
    ],
    ids=["empty", "no time", "too late", "control", "no text", "too large"],
)
def test_a_damaged_freeze_holds_until_somebody_ends_it(site: SmallSite, content: bytes) -> None:
    site.write(f"state/frozen/{ZONE}", content)
    change(site)
    site.run(settle=True)
    assert site.run(NOW + 99 * DAY, settle=True).code == 0
    assert not is_changed(site)
    (waiting, _) = waitings(site)
    assert (waiting.until, waiting.why.isprintable()) == (None, True)
    thaw(site, ZONE)
    site.run(NOW + 99 * DAY)
    assert is_changed(site)


def test_files_that_are_no_freeze_freeze_nothing(site: SmallSite) -> None:
    site.write("state/frozen/No Zone", "x")
    site.write("state/frozen/gone.example", "x")
    site.run(settle=True)
    assert waitings(site) == []
    assert read_freezes(find_places(site.root), NOW).next_end() == 0


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2h", NOW + 2 * HOUR),
        ("3d", NOW + 3 * DAY),
        ("1w2d", NOW + 9 * DAY),
        ("2026-12-01", 1_796_083_200),
        ("2026-12-01T12:00", 1_796_126_400),
        ("2026-12-01T12:00:00Z", 1_796_126_400),
        ("2026-12-01T12:00+02:00", 1_796_119_200),
    ],
)
def test_a_time_is_a_date_in_utc_or_a_duration(text: str, until: int) -> None:
    assert parse_until(text, NOW) == until


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20261201", "is a number"),
        ("0s", "is not in the future"),
        ("2026-11-01", "is not in the future"),
        ("tomorrow", "is neither a time"),
        ("", "is neither a time"),
        ("9999-12-31", "is too far away"),
        ("0001-01-01", "is not in the future"),
        ("2026-13-01", "is neither a time"),
        ("２h", "is neither a time"),
    ],
)
def test_what_is_no_time_is_told(text: str, said: str) -> None:
    found = parse_until(text, NOW)
    assert isinstance(found, Wrong)
    assert said in found.reason


def test_a_freeze_is_kept_as_people_can_read_it(site: SmallSite) -> None:
    freeze(site, ZONE)
    path = site.root / "state" / "frozen" / ZONE
    assert path.read_text() == "until: 2026-11-18T12:06:40Z\nreason: the fair\nwho: jane\n"
    kept = Freeze(NOW + HOUR, "the fair", "jane")
    assert read_freezes(find_places(site.root), NOW) == Freezes(None, {f"{ZONE}.": kept})


# -- zonebuild freeze -----------------------------------------------------------------------------


def command(
    site: SmallSite, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(site.root)
        code = zonebuild(["freeze", *arguments])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_freeze_and_its_end_on_the_command_line(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    until, reason = ("--until", "9d"), ("--reason", "the fair")
    code, said = command(site, capsys, ZONE, *until, *reason)
    assert (code, said[:29]) == (0, "a.example. is frozen until 20")
    assert [w.what for w in waitings(site)] == ["changes of a.example. by hand"]
    assert command(site, capsys, *until, *reason)[0] == 0
    assert len(waitings(site)) == 2
    code, said = command(site, capsys, "--end")
    assert (code, said.splitlines()[1]) == (0, "still frozen: a.example.")
    assert command(site, capsys, "--end", ZONE)[0] == 0
    assert waitings(site) == []
    assert command(site, capsys, "--end", ZONE) == (1, "zonebuild: a.example. is not frozen\n")
    assert command(site, capsys, "--end") == (1, "zonebuild: the site is not frozen\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "want --until TIME and --reason TEXT, or --end"),
        (["--until", "2h"], 2, "want --until TIME and --reason TEXT, or --end"),
        (["--until", "2h", "--reason", " "], 2, "--reason says nothing"),
        (["--until", "2h", "--reason", "a\nb"], 2, "--reason has a line end"),
        (["--until", "7", "--reason", "x"], 2, "--until '7' is a number"),
        (["--end", "--until", "2h"], 2, "--end takes neither"),
        (["a..b", "--end"], 2, "is not a domain name"),
        (["x.example", "--until", "2h", "--reason", "x"], 1, "x.example. is no zone of this site"),
    ],
)
def test_freeze_refuses(
    site: SmallSite, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    before = site.outputs()
    found, told = command(site, capsys, *arguments)
    assert found == code
    assert said in told
    assert site.outputs() == before


def test_freeze_waits_for_no_run_for_ever(
    site: SmallSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.cli.freeze._PATIENCE", 0.0)
    with closing(site.root) as session:
        session.run()
        code, said = command(site, capsys, "--until", "2h", "--reason", "x")
    assert code == 2
    assert "is held by pid" in said


def test_a_freeze_in_real_runs(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [ZONE])
    site.write("dodo.py", DODO)

    def doit(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DOIT, *arguments], cwd=site.root, env=environment(),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    doit()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(site.root)
        assert zonebuild(["freeze", "--until", "1h", "--reason", "the fair"]) == 0
    change(site)
    site.write(f"extra/{ZONE}/own", "_acme 60 TXT token\n")
    said = doit()
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert not is_changed(site)
    assert "_acme 60 TXT token" in site.records(ZONE)
    status = doit("status")
    assert status.returncode == 0
    assert "change of a.example.: frozen: the fair" in status.stdout
