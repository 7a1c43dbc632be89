"""The corpus: each zone has exactly the findings that its lines announce, and each check zones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import c_tools
from tests.checked_zones import APEX, CORPUS, HEAD, corpus_file, judge_bytes
from zonebuild.checks.allow import AllowComments
from zonebuild.checks.check import Check
from zonebuild.checks.reading import DROPS_ITS_RECORD, MANY, NEXT_FILE, READER_CHECKS
from zonebuild.checks.settings import NO_SETTINGS, Settings
from zonebuild.checks.silence import ALLOW_CHECKS
from zonebuild.checks.table import ALL_CHECKS, CHECKS
from zonebuild.compile import Asked, Judgement, judge_fragments, read_fragments
from zonebuild.diagnostic import Finding, Severity
from zonebuild.zonefile import Source, decode_source

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


# -- the examples on the pages of the checks ------------------------------------------------------

WHOLE_ZONE = re.compile(r"\ufeff?\$TTL|(?:.*\n)*@ SOA ns hostmaster 1 ")
NEEDS_SETTINGS = {
    "caa-forbids-our-issuer": Settings(issuers=("ca.example.net",)),
    "soa-serial-in-the-future": Settings(now=1_795_000_000),  # 2026
}


def example(text: str) -> list[str]:
    """Return the files of an example: a whole zone, or lines behind the usual head."""
    before, many, line = text.partition(MANY)
    files = (before + line * (1001 if many else 1)).split(NEXT_FILE)
    return files if WHOLE_ZONE.match(text) else [HEAD + files[0], *files[1:]]


def told(check: str, files: Sequence[str]) -> tuple[list[Finding], int]:
    """Return what is said of a zone of *files* under the name *check*, and how many records."""

    def include(_including: str, name: str) -> Source | str:
        return Source(name, "") if name.startswith("include/") else "leaves the site"

    named = re.search(r"^; apex: (\S+)$", files[0], re.MULTILINE)
    apex = named[1] if named else APEX
    comments = AllowComments()
    sources = [decode_source(f"primary/{i}", text.encode()) for i, text in enumerate(files)]
    fragments = read_fragments(apex, map(comments.take, sources), default_ttl=None, include=include)
    settings = NEEDS_SETTINGS.get(check, NO_SETTINGS)
    by = Judgement(asked=Asked(enabled=frozenset({check})), settings=settings, comments=comments)
    compiled = judge_fragments(apex, fragments, by)
    found = [finding for finding in compiled.findings if finding.check == check]
    return found, len(compiled.zone.records)


OF_A_ZONE = [*CHECKS, *READER_CHECKS, *ALLOW_CHECKS]


@pytest.mark.parametrize("check", OF_A_ZONE, ids=lambda check: check.name)
def test_the_example_of_a_check_shows_the_mistake_and_its_mend(check: Check) -> None:
    assert check.bad
    assert check.good
    assert told(check.name, example(check.bad))[0]
    assert not told(check.name, example(check.good))[0]


def test_only_what_keeps_its_record_may_be_allowed() -> None:
    drops = set()
    for check in READER_CHECKS:
        bad, good = (told(check.name, example(text))[1] for text in (check.bad, check.good))
        drops |= {check.name} if bad < good else set()
    nothing_lost = {"include", "relative-origin", "bad-directive", "unknown-directive"}
    assert drops | nothing_lost == DROPS_ITS_RECORD
