"""`zonebuild acme run` as cron calls it: quiet, and quick where nothing is due."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.certificates import HOST, chain, new_key
from zonebuild.acme.idle import is_idle
from zonebuild.acme.state import State
from zonebuild.certstore import open_store
from zonebuild.cli.acme import run_site
from zonebuild.cli.status import show_status
from zonebuild.site.certstore import CertstoreConfig

SITE = "acme: {ca: {lab: {directory: 'http://127.0.0.1:1/'}}}\n"
MAP = f"lineages:\n  mx: {{certificate: c, issue: {{names: [{HOST}]}}}}\n"
KEY = new_key()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with one certificate that is not due, and a CA that cannot be reached."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "tlsa-map.yaml").write_text(MAP)
    keep(tmp_path)
    time.sleep(0.05)  # what changes while a run begins makes the next one look again
    monkeypatch.setattr("zonebuild.acme.wire._PAUSES", ())  # a CA that is out of reach stays so
    return tmp_path


def keep(site: Path, *, age: int = 86400, days: int = 90) -> None:
    """Put a chain into the store."""
    now = int(time.time())
    store = open_store(site, CertstoreConfig())
    store.keep_issued("mx", chain(KEY, HOST, begins=now - age, lasts=days), KEY, now)


def run(site: Path) -> int:
    return run_site(site, force=False, verbose=False)


def idle(site: Path, ahead: int = 0) -> bool:
    return is_idle(site, int(time.time()) + ahead)


def test_a_run_with_nothing_due_is_quiet_and_the_next_one_idle(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not idle(site)
    assert run(site) == 0
    assert capfd.readouterr() == ("", "")
    assert idle(site)


@pytest.mark.parametrize("path", ["site.yaml", "tlsa-map.yaml"])
def test_a_changed_file_ends_the_idleness(site: Path, path: str) -> None:
    run(site)
    (site / path).write_text((site / path).read_text() + "# more\n")
    assert not idle(site)


def test_another_chain_in_the_store_ends_it(site: Path) -> None:
    run(site)
    keep(site, age=2 * 86400)
    assert not idle(site)


def test_orders_of_the_builder_end_it(site: Path) -> None:
    run(site)
    (site / "state/lineages").mkdir(parents=True)
    (site / "state/lineages/mx").write_text("zonebuild-orders 1\n")
    assert not idle(site)


def test_time_ends_it_when_the_ca_is_to_be_asked_again(site: Path) -> None:
    run(site)
    assert idle(site, ahead=1000)
    assert not idle(site, ahead=3601)


@pytest.mark.parametrize("hours", [1, 24, 48, 60, 96, 120])
def test_a_certificate_of_six_days_is_asked_for_in_time_however_often_this_runs(
    site: Path, hours: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    begun, day = int(time.time()), 86400
    keep(site, age=0, days=6)
    run(site)
    state = State(site / "state/acme")
    state.load()
    schedule = state.memories["mx"].schedule
    assert schedule is not None
    late = replace(schedule, at=begun + 5 * day + day // 4)  # as late as a window of a CA may be
    state.change("mx", lambda memory: replace(memory, schedule=late))
    capfd.readouterr()
    code, now = 0, begun
    while code == 0:
        now += hours * 3600
        monkeypatch.setattr(time, "time", lambda now=now: now)
        code = run(site)
    assert code == 1
    assert "mx: no certificate from lab" in capfd.readouterr()[1]
    assert now < begun + 5.4 * day  # a tenth is left


def test_a_certificate_that_is_due_and_cannot_be_had_is_told_once(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keep(site, age=80 * 86400)
    assert run(site) == 1
    assert (
        "mx: no certificate from lab: http://127.0.0.1:1/ cannot be asked" in capfd.readouterr()[1]
    )
    assert run(site) == 0
    assert capfd.readouterr() == ("", "")
    assert show_status(site, "text") == 0
    assert "a certificate for mx" in capfd.readouterr()[0]


def test_what_is_wrong_with_site_yaml_is_told(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = site / "state/good.site.yaml"
    kept.parent.mkdir()
    kept.write_text(SITE)
    (site / "site.yaml").write_text(SITE + "nonsense: 1\n")
    assert run(site) == 1
    assert capfd.readouterr()[1].startswith("site.yaml:2:1: error: ")


def test_a_folder_that_is_no_site_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 2
    assert "zones: No such file or directory; a site has" in capfd.readouterr()[1]


def test_a_lineage_that_asks_for_nothing_cannot_be_named(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_site(site, ("other",), force=False, verbose=False) == 2
    assert "no lineage 'other' in tlsa-map.yaml has `issue:`" in capfd.readouterr()[1]


def test_an_idle_run_loads_neither_yaml_nor_dns_nor_cryptography(site: Path) -> None:
    run(site)
    program = (
        "import sys; from zonebuild.cli.acme import run_site; from pathlib import Path\n"
        "assert run_site(Path.cwd(), force=False, verbose=False) == 0\n"
        "print(*{'yaml', 'dns', 'cryptography', 'requests', 'acme'} & set(sys.modules))"
    )
    top = str(Path(__file__).parents[1])
    env = {"PYTHONPATH": top, "PATH": os.environ["PATH"]}
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=site,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "\n"
