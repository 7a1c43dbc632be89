"""`$INCLUDE`: what comes in, what goes on behind it, and what would have leaked."""

from __future__ import annotations

import pytest

from tests.reading import APEX, findings, no_hang, read, records
from zonebuild.diagnostic import Finding
from zonebuild.zonefile import Source, decode_source, read_fragment, reading

A = "A 192.0.2.1\n"


def test_records_of_an_included_file_keep_its_path_and_line() -> None:
    fragment = read(f"a {A}$INCLUDE part\nc {A}", files={"part": f"; x\nb {A}"})
    assert [str(r.location) for r in fragment.records.iterate()] == ["f:1", "part:2", "f:3"]


def test_findings_of_an_included_file_point_into_it() -> None:
    assert findings(read("$INCLUDE part\n", files={"part": "\nb A x\n"})) == [
        "part:2:5 rdata-syntax"
    ]


def test_an_included_file_gets_the_origin_that_is_given() -> None:
    files = {"part": f"a {A}$ORIGIN c.z.example.\na {A}"}
    fragment = read(f"$INCLUDE part b\na {A}", files=files)
    owners = [r.owner for r in fragment.records.iterate()]
    assert owners == ["a.b.z.example.", "a.c.z.example.", "a.z.example."]


def test_a_name_in_quotes_is_the_file() -> None:
    assert records(read('$INCLUDE "my part"\n', files={"my part": f"a {A}"}))


def test_relative_names_are_found_from_the_file_that_writes_them() -> None:
    asked: list[tuple[str, str]] = []

    def include(including: str, name: str) -> Source:
        asked.append((including, name))
        text = {"one": b"$INCLUDE two\n", "two": b""}[name]
        return decode_source(f"include/{name}", text)

    read_fragment(decode_source("f", b"$INCLUDE one\n"), apex=APEX, include=include)
    assert asked == [("f", "one"), ("include/one", "two")]


MISTAKES = {
    "missing": ({}, "f:1:10 include", "no such file"),
    "itself": ({"one": "$INCLUDE one\n"}, "one:1:10 include", "one includes itself"),
    "in a circle": (
        {"one": "$INCLUDE two\n", "two": "$INCLUDE one\n"},
        "two:1:10 include",
        "one includes itself",
    ),
    "too deep": (
        {"one": "$INCLUDE 1\n"} | {str(i): f"$INCLUDE {i + 1}\n" for i in range(1, 20)},
        "7:1:10 include",
        "more than 8 deep",
    ),
}


@pytest.mark.parametrize(("files", "finding", "why"), MISTAKES.values(), ids=MISTAKES.keys())
def test_what_cannot_be_included_is_said_once(
    files: dict[str, str], finding: str, why: str
) -> None:
    fragment = read("$INCLUDE one\n", files=files)
    assert findings(fragment) == [finding]
    assert why in fragment.findings[0].message


def test_without_a_finder_no_file_may_be_included() -> None:
    fragment = read_fragment(decode_source("f", b"$INCLUDE part\n"), apex=APEX)
    assert findings(fragment) == ["f:1:10 include"]


def test_files_that_multiply_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ADDED", 1 << 20)
    files = {str(i): f"$INCLUDE {i + 1}\n" * 10 for i in range(7)} | {"7": f"a {A}"}
    with no_hang():
        fragment = read("$INCLUDE 0\n" * 10, files=files)
    assert "over" in fragment.findings[0].message
    assert len(fragment.records) < 2_000


# -- leaked state ----------------------------------------------------------------------------


def _leaks(text: str, **files: str) -> list[Finding]:
    return [f for f in read(text, files=files).findings if f.check == "leaked-state"]


def test_a_ttl_does_not_leave_an_include_and_what_relies_on_it_is_said() -> None:
    fragment = read(f"$INCLUDE part\nc {A}d {A}", files={"part": f"$TTL 5\nb {A}"})
    assert list(fragment.records.ttls) == [5, 3600, 3600]
    (finding,) = fragment.findings
    assert (finding.check, str(finding.location)) == ("leaked-state", "f:2:1")
    assert "TTL 3600" in finding.message
    assert "take 5" in finding.message
    assert str(finding.notes[0].location) == "f:1"


@pytest.mark.parametrize(
    "text", [f"c 3600 {A}", f"$TTL 9\nc {A}", "", "; nothing\n"], ids=["TTL", "$TTL", "end", "none"]
)
def test_a_ttl_that_nobody_takes_leaks_nothing(text: str) -> None:
    assert not _leaks(f"$INCLUDE part\n{text}", part=f"$TTL 5\nb {A}")


def test_the_same_ttl_leaks_nothing() -> None:
    assert not _leaks(f"$TTL 5\n$INCLUDE part\nc {A}", part=f"$TTL 5\nb {A}")


def test_a_ttl_leaks_through_two_files() -> None:
    assert _leaks(f"$INCLUDE part\nc {A}", part="$INCLUDE inner\n", inner=f"$TTL 5\nb {A}")


def test_an_include_inherits_the_ttl() -> None:
    assert list(read("$TTL 9\n$INCLUDE part\n", files={"part": f"b {A}"}).records.ttls) == [9]


def test_a_blank_owner_behind_an_include_is_the_outer_one_and_said() -> None:
    fragment = read(f"a {A}$INCLUDE part\n {A}", files={"part": f"b {A}"})
    assert [r.owner for r in fragment.records.iterate()][-1] == "a.z.example."
    (finding,) = fragment.findings
    assert (finding.check, str(finding.location)) == ("leaked-state", "f:3:1")
    assert "NSD would read b.z.example." in finding.message


def test_a_blank_owner_at_the_beginning_of_an_include_is_said() -> None:
    fragment = read(f"a {A}$INCLUDE part\n", files={"part": f" {A}"})
    assert findings(fragment) == ["part:1:1 leaked-state"]
    assert [r.owner for r in fragment.records.iterate()] == ["a.z.example."] * 2


def test_written_owners_around_an_include_leak_nothing() -> None:
    assert not _leaks(f"a {A}$INCLUDE part\nc {A}", part=f"b {A}")


def test_the_origin_behind_an_include_is_the_one_before() -> None:
    fragment = read(f"$INCLUDE part\na {A}", files={"part": f"$ORIGIN b.z.example.\na {A}"})
    assert [r.owner for r in fragment.records.iterate()] == ["a.b.z.example.", "a.z.example."]


def test_open_parentheses_end_with_the_included_file() -> None:
    fragment = read(f"$INCLUDE part\nb {A}", files={"part": "a TXT (\n"})
    assert findings(fragment) == ["part:1:7 unbalanced-parenthesis"]
    assert records(fragment) == ["b.z.example. 3600 A 192.0.2.1"]
