"""Findings in every format: text, json, GitHub's workflow commands, SARIF."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from zonebuild.checks.allow import Silenced
from zonebuild.checks.explain import PAGES
from zonebuild.diagnostic import Finding, Location, Note, Severity
from zonebuild.report.github import MAX_SHOWN
from zonebuild.report.told import FORMATS, Told, tell

SCHEMA = Draft4Validator(
    json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text())
)
HERE = Location("primary/a", 3, 5)
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def finding(
    message: str = "said",
    where: Location = HERE,
    severity: Severity = ERROR,
    check: str = "missing-glue",
    notes: Sequence[Note] = (),
) -> Finding:
    return Finding(where, severity, check, message, tuple(notes))


def sarif(*findings: Finding, silenced: Sequence[Silenced] = ()) -> dict[str, Any]:
    """Return the only run of the log of *findings*."""
    (text,) = tell(Told(findings, 1, silenced), "sarif")
    log = json.loads(text)
    SCHEMA.validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


TEXTS = st.text(max_size=20)
PLACES = st.builds(Location, TEXTS, st.integers(0, 9), st.integers(0, 9))
FINDINGS = st.builds(
    finding,
    TEXTS,
    PLACES,
    st.sampled_from(Severity),
    st.sampled_from([check.name for check in PAGES] + ["of-another-room"]),
    st.lists(st.builds(Note, PLACES, TEXTS), max_size=2),
)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_where_what_and_which_check(form: str) -> None:
    text = "\n".join(tell(Told([finding()], 1), form))
    assert all(word in text for word in ("primary/a", "3", "5", "error", "said", "missing-glue"))


def test_an_unknown_format_is_a_bug_of_the_caller() -> None:
    with pytest.raises(KeyError):
        list(tell(Told([], 0), "os"))


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_allowed_is_told_with_its_reason(form: str) -> None:
    text = "\n".join(tell(Told([], 1, [Silenced(finding(), "moves in May")]), form))
    assert "moves in May" in text
    assert "allowed" in text


# -- GitHub ---------------------------------------------------------------------------------------


def test_a_command_has_its_place_its_title_and_its_notes() -> None:
    note = Note(Location("b", 9), "here")
    (line,) = tell(Told([finding(notes=[note])], 1), "github")
    assert line == (
        "::error file=primary/a,line=3,col=5,title=zonebuild missing-glue::said%0Ab:9: here"
    )


def test_what_would_end_a_property_or_a_command_is_escaped() -> None:
    odd = finding("100%\r\n::error::x", Location("a,b:c%\n", 1))
    (line,) = tell(Told([odd], 1), "github")
    assert line.startswith("::error file=a%2Cb%3Ac%25%0A,line=1,title=")
    assert line.endswith("::100%25%0D%0A::error::x")


@given(st.lists(FINDINGS, max_size=3))
def test_a_finding_is_one_command_whatever_it_says(findings: list[Finding]) -> None:
    lines = list(tell(Told(findings, 1), "github"))
    assert len(lines) == len(findings)
    assert all(re.fullmatch(r"::(error|warning|notice) [^\r\n]*::[^\r\n]*", line) for line in lines)


def test_the_levels_come_worst_first() -> None:
    found = [finding(severity=severity) for severity in (INFO, ERROR, WARNING)]
    lines = list(tell(Told(found, 1), "github"))
    assert [line.split()[0] for line in lines] == ["::error", "::warning", "::notice"]


def test_the_last_of_a_level_that_is_shown_counts_the_others() -> None:
    assert len(list(tell(Told([finding()] * MAX_SHOWN, 1), "github"))) == MAX_SHOWN
    lines = list(tell(Told([finding()] * (MAX_SHOWN + 5), 1), "github"))
    assert len(lines) == MAX_SHOWN
    assert "and 6 more" in lines[-1]


# -- SARIF ----------------------------------------------------------------------------------------


@given(st.lists(FINDINGS, max_size=4), st.lists(st.builds(Silenced, FINDINGS, TEXTS), max_size=2))
def test_a_log_keeps_to_the_schema(findings: list[Finding], silenced: list[Silenced]) -> None:
    run = sarif(*findings, silenced=silenced)
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(findings) + len(silenced)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_every_check_makes_a_rule_of_the_schema() -> None:
    run = sarif(*(finding(check=check.name) for check in PAGES))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [c.name for c in PAGES]


def test_a_rule_says_why_and_where_that_is_written() -> None:
    (rule,) = sarif(finding())["tool"]["driver"]["rules"]
    assert rule["helpUri"] == "https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1"
    assert "cannot be reached" in rule["fullDescription"]["text"]
    assert "allow=missing-glue" in rule["help"]["text"]


@pytest.mark.parametrize(
    ("severity", "level"), [(ERROR, "error"), (WARNING, "warning"), (INFO, "note")]
)
def test_a_severity_has_its_level(severity: Severity, level: str) -> None:
    (result,) = sarif(finding(severity=severity))["results"]
    assert result["level"] == level


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("primary/a b", {"uri": "primary/a%20b", "uriBaseId": "%SRCROOT%"}),
        ("./z", {"uri": "z", "uriBaseId": "%SRCROOT%"}),
        ("a:b", {"uri": "a%3Ab", "uriBaseId": "%SRCROOT%"}),
        ("\udcff", {"uri": "%FF", "uriBaseId": "%SRCROOT%"}),
        ("/etc/z", {"uri": "file:///etc/z"}),
    ],
)
def test_a_path_is_a_uri_from_the_root_of_the_sources(path: str, artifact: object) -> None:
    (result,) = sarif(finding(where=Location(path, 1)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == artifact


def test_a_finding_of_a_whole_file_has_no_region() -> None:
    (result,) = sarif(finding(where=Location("a")))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_note_is_a_related_location() -> None:
    (result,) = sarif(finding(notes=[Note(Location("b", 9), "here")]))["results"]
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == "here"
    assert related["physicalLocation"]["region"] == {"startLine": 9}


def test_fingerprints_stay_when_lines_move() -> None:
    def prints(*lines: int) -> list[str]:
        run = sarif(*(finding(where=Location("a", line)) for line in lines))
        return [each["partialFingerprints"]["zonebuildFinding/v1"] for each in run["results"]]

    assert prints(1, 2) == prints(8, 9)
    assert len(set(prints(1, 2))) == 2


def test_what_is_allowed_is_suppressed_with_its_reason() -> None:
    (result,) = sarif(silenced=[Silenced(finding(), "moves in May")])["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": "moves in May"}]
