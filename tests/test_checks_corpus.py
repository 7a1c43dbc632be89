"""The corpus: each zone has exactly the findings that its lines announce, and each check zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import c_tools
from tests.checked_zones import CORPUS, HEAD, corpus_file, found_by, judge_bytes
from zonebuild.checks.check import Check
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.checks.table import ALL_CHECKS, CHECKS
from zonebuild.diagnostic import Severity

ZONES = sorted([*CORPUS.glob("good-*.zone"), *CORPUS.glob("bad-*.zone")])
NOT_IN_CORPUS = {
    "leaked-state",  # takes several files
    "too-many-mistakes",  # takes a thousand lines
}


def bad_zones(check: Check) -> list[Path]:
    return [path for path in ZONES if any(e.check == check.name for e in corpus_file(path)[2])]


@pytest.mark.parametrize("path", ZONES, ids=lambda path: path.stem)
def test_a_zone_has_exactly_the_findings_it_announces(path: Path) -> None:
    data, apex, expected = corpus_file(path)
    found = judge_bytes(data, apex, wanted={e.check for e in expected})
    places = sorted((f.location.line, f.check) for f in found)
    assert places == sorted((e.line, e.check) for e in expected)
    severities = {(f.location.line, f.check): f.severity.label for f in found}
    for line, check, severity in expected:
        assert severity in (None, severities[line, check])


@pytest.mark.parametrize("path", ZONES, ids=lambda path: path.stem)
def test_a_good_zone_announces_nothing_and_a_bad_one_its_own_check(path: Path) -> None:
    checks = {expected.check for expected in corpus_file(path)[2]}
    if path.stem.startswith("good-"):
        assert not checks
    else:
        assert any(path.stem.startswith(f"bad-{check}") for check in checks)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_has_a_bad_and_a_good_zone(check: Check) -> None:
    assert (CORPUS / f"good-{check.name}.zone").exists()
    assert bad_zones(check)


@pytest.mark.parametrize("check", READER_CHECKS, ids=lambda check: check.name)
def test_a_check_of_the_reader_has_a_bad_zone(check: Check) -> None:
    assert bad_zones(check) or check.name in NOT_IN_CORPUS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_without_its_entry_in_the_table_nobody_finds_it(check: Check) -> None:
    others = tuple(other for other in CHECKS if other is not check)
    for path in bad_zones(check):
        data, apex, expected = corpus_file(path)
        found = judge_bytes(data, apex, checks=others, wanted={e.check for e in expected})
        assert check.name not in {f.check for f in found}


def test_every_check_that_is_announced_is_in_the_table() -> None:
    announced = {expected.check for path in ZONES for expected in corpus_file(path)[2]}
    assert announced <= {check.name for check in ALL_CHECKS}


@pytest.mark.live
@c_tools.needed
@pytest.mark.parametrize(
    "check", [check for check in ALL_CHECKS if bad_zones(check)], ids=lambda check: check.name
)
def test_the_table_says_truly_which_servers_refuse_it(check: Check) -> None:
    paths = CORPUS.glob(f"bad-{check.name}*.zone")
    verdicts = [c_tools.judge(*corpus_file(path)[:2]) for path in paths if path in bad_zones(check)]
    refusing = "".join(
        initial
        for initial, *said in zip("BKN", *verdicts, strict=True)
        if not all(verdict.accepted for verdict in said)
    )
    assert refusing == check.refused_by


@pytest.mark.live
@c_tools.needed
@pytest.mark.parametrize("path", ZONES, ids=lambda path: path.stem)
def test_under_servers_an_error_is_what_a_server_refuses(path: Path) -> None:
    data, apex, _expected = corpus_file(path)
    verdicts = c_tools.judge(data, apex)
    errors = [f for f in judge_bytes(data, apex, "servers") if f.severity is Severity.ERROR]
    if verdicts.all_refuse():
        assert errors
    if verdicts.all_accept() and verdicts.load_the_same():
        assert not errors


def example(text: str) -> str:
    return text if text.startswith("$TTL") else HEAD + text


@pytest.mark.parametrize("check", [c for c in CHECKS if c.bad], ids=lambda check: check.name)
def test_the_examples_of_a_check_show_the_mistake_and_its_mend(check: Check) -> None:
    assert found_by(check.name, example(check.bad), head="")
    assert not found_by(check.name, example(check.good), head="")
