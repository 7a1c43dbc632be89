"""An unexpected exception in one zone or stage stops no other zone and no later stage."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sites import DODO, DOIT, PRIMARY, SITE, ZONEBUILD, SmallSite, environment

# Where one of three zones meets the bug: the module, and the function whose call breaks.
PLACES = {
    "zones": ("zonebuild.builder.making.zones", "_build_unguarded", "apex"),
    "handoff": ("zonebuild.builder.delivery.handoff", "sign_if_wanted", "config"),
    "arrival": ("zonebuild.builder.delivery.arrival", "_look", "config"),
}
BREAK = """
import importlib
module = importlib.import_module({0!r})
right = getattr(module, {1!r})
def broken(*given, **named):
    if any(getattr(each, "apex", each) == "b.example." for each in given):
        raise KeyError("secret of the tree")
    return right(*given, **named)
setattr(module, {1!r}, broken)
"""
SIGNED = SITE.replace("signer: none", "signer: local") + "arrival: {deadline: 1s}\n"


ZONES = ("a.example", "b.example", "c.example")


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """Return three zones that are signed, each changed since, with a server that is silent."""
    site = SmallSite(tmp_path / "site", ZONES, SIGNED)
    assert site.run(handoff=True).code == 0
    for zone in ZONES:
        site.add_zone(zone, "new A 192.0.2.9\n" + PRIMARY, "servers: [127.0.0.1]\n")
    return site


def signed(site: SmallSite) -> list[str]:
    """Return the zones whose change is signed."""
    return [zone for zone in ZONES if "new." in (site.root / "signed" / zone).read_text()]


def doit(site: SmallSite, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DOIT, *arguments], cwd=site.root, env=environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("stage", PLACES)
def test_a_bug_in_one_zone_stops_no_other_and_is_reported_as_ours(
    site: SmallSite, stage: str
) -> None:
    site.write("dodo.py", DODO + BREAK.format(*PLACES[stage]))
    for _ in range(2):  # a second run reports it again, and keeps its traceback once
        done = doit(site)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert f"in the stage {stage} with the zone b.example." in done.stderr
        assert "this is a bug in zonebuild" in done.stderr
    (kept,) = (site.root / "state/bugs").iterdir()
    assert f"-{stage}-b.example-" in kept.name
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "KeyError" in kept.read_text()
    assert signed(site) == (list(ZONES) if stage == "arrival" else ["a.example", "c.example"])
    arrivals = (site.root / "state/arrivals").read_text()
    assert "a.example." in arrivals
    assert "c.example." in arrivals


def test_a_bug_in_a_whole_stage_stops_no_later_stage(site: SmallSite) -> None:
    broken = BREAK.format("zonebuild.builder.session", "feeds_digest", "")
    site.write("dodo.py", DODO + broken.replace('== "b.example."', "is not None"))
    done = doit(site)
    assert done.returncode == 2
    for stage in ("dnsextra", "tlsa", "sshfp"):
        assert f"KeyError in the stage {stage};" in done.stderr
    assert signed(site) == list(ZONES)


def test_doit_works_with_a_python_without_sqlite3(site: SmallSite, tmp_path: Path) -> None:
    block = "import sys\nfor name in ('sqlite3', '_sqlite3'): sys.modules[name] = None\n"
    site.write("dodo.py", block + DODO)
    done = doit(site, ["zones"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "new" in site.built("a.example")


@pytest.mark.parametrize("words", ["-n 2", "-n3", "--process=2", "-n 2 -P thread", "run -n 2"])
def test_several_processes_are_refused_in_one_sentence(site: SmallSite, words: str) -> None:
    site.write("dodo.py", DODO)
    before = site.outputs()
    done = doit(site, words.split())
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "is not possible: stages run one after the other" in done.stderr
    assert site.outputs() == before


@pytest.mark.parametrize("words", ["", "-n 0", "-P thread"])
def test_what_asks_for_no_second_process_works(site: SmallSite, words: str) -> None:
    site.write("dodo.py", DODO)
    done = doit(site, words.split())
    assert (signed(site), done.stderr) == (list(ZONES), "")


@pytest.mark.parametrize("command", [(*DOIT, "status", "--all"), (*ZONEBUILD, "status")])
def test_a_reader_that_goes_away_gets_no_traceback(site: SmallSite, command: Sequence[str]) -> None:
    site.write("dodo.py", DODO)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            command, cwd=site.root, env=environment(),
            stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "")
