"""The baseline: what is known is not told again, also where it moved."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.builder.judging.baseline import (
    BaselineError,
    baseline_text,
    fingerprints,
    key_of,
    read_baseline,
    without_known,
    write_baseline,
)
from zonebuild.cli import run as zonebuild
from zonebuild.diagnostic import Finding, Location, Severity

ZONE = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1.example.net. hostmaster 1 14400 3600 2419200 600
@ NS ns1.example.net.
@ NS ns2.example.net.
a CNAME nowhere
b TXT ( (
"""


def finding(message: str = "said", line: int = 1, path: str = "f", check: str = "a") -> Finding:
    return Finding(Location(path, line, 3), Severity.ERROR, check, message)


FINDINGS = st.lists(
    st.builds(finding, st.sampled_from(["said", "in line 3", 'ü "\\']), st.integers(1, 3)),
    max_size=8,
)


@given(FINDINGS)
def test_what_is_written_is_known_also_where_lines_moved(findings: list[Finding]) -> None:
    known = Counter(map(key_of, findings))
    moved = [replace(f, location=f.location._replace(line=f.location.line + 7)) for f in findings]
    assert without_known(moved, known) == []


@given(FINDINGS, FINDINGS)
def test_as_many_are_new_as_are_too_many(old: list[Finding], new: list[Finding]) -> None:
    left = without_known([*old, *new], Counter(map(key_of, old)))
    assert Counter(map(key_of, left)) == Counter(map(key_of, new))


@pytest.mark.parametrize("other", [finding("else"), finding(path="g"), finding(check="b")])
def test_another_message_path_or_check_is_new(other: Finding) -> None:
    assert without_known([other], Counter([key_of(finding())])) == [other]


def test_a_line_number_in_a_message_is_left_out() -> None:
    assert key_of(finding("the ( of line 7")) == key_of(finding("the ( of line 8"))
    assert key_of(finding("2 lines")) != key_of(finding("3 lines"))


def test_fingerprints_stay_when_lines_move_and_differ_for_equal_findings() -> None:
    prints = list(fingerprints([finding(line=1), finding(line=2), finding("else")]))
    assert len(set(prints)) == 3
    assert prints == list(fingerprints([finding(line=8), finding(line=9), finding("else")]))


def test_the_file_is_sorted_a_line_an_entry_and_reads_as_it_was_written(tmp_path: Path) -> None:
    findings = [finding(path="z"), finding('"\n', 3), finding(path="z", line=9)]
    write_baseline(tmp_path / "known", findings)
    assert read_baseline(tmp_path / "known") == Counter(map(key_of, findings))
    text = (tmp_path / "known").read_text()
    assert [json.loads(line.strip(","))["path"] for line in text.splitlines()[1:-1]] == ["f", "z"]
    assert baseline_text(Counter(map(key_of, reversed(findings)))).decode() == text


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"version": 2, "findings": []}',
        b'{"version": 1, "findings": [{}]}', b'{"version": 1, "findings": 3}',
        b'{"version": 1, "findings": [{"path": "", "check": "", "message": "", "times": -1}]}',
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "known").write_bytes(content)
    with pytest.raises(BaselineError, match=r"baseline"):
        read_baseline(tmp_path / "known")


# -- on the command line --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "z").write_text(ZONE)
    return tmp_path


def test_only_what_is_new_is_told_and_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zonebuild(["check", "z"]) == 1
    assert zonebuild(["check", "--save-baseline", "known", "z"]) == 0
    (folder / "z").write_text(ZONE.replace("a CNAME", "; moved\n\na CNAME") + "c A 192.0.2.256\n")
    capsys.readouterr()
    assert zonebuild(["check", "--baseline", "known", "z"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("z:10:5: error: A rdata")
    assert said.out.count("\n") == 1
    assert said.err == "1 error, 0 warnings, 4 records, 2 known before\n"


def test_a_baseline_may_follow_another(folder: Path) -> None:
    zonebuild(["check", "--save-baseline", "known", "z"])
    (folder / "z").write_text(ZONE + "c A 192.0.2.256\n")
    both = ["check", "--baseline", "known", "--save-baseline", "known", "z"]
    assert [zonebuild(both), zonebuild(both)] == [1, 0]


def test_a_baseline_that_cannot_be_read_or_written_ends_with_2(folder: Path) -> None:
    assert zonebuild(["check", "--baseline", "none", "z"]) == 2
    assert zonebuild(["check", "--save-baseline", "none/known", "z"]) == 2


def test_the_json_counts_what_is_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zonebuild(["check", "--save-baseline", "known", "--format", "json", "z"])
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary == {"errors": 0, "warnings": 0, "records": 4, "known": 2}
