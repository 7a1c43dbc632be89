"""Whatever a file holds ends in findings: no traceback, no hang, no memory without bound."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from tests.reading import findings, no_hang, read
from zonebuild.diagnostic import Severity
from zonebuild.zonefile import lexer, reader, run, scan, scope
from zonebuild.zonefile.reading import MAX_FINDINGS

MANY = 100_000
BIG = 10_000_000  # octets

# Text, and the first mistake found in it.
HOSTILE: dict[str, tuple[str, str]] = {
    "one word of 10 MB": ("a" * BIG + "\n", "f:1:1 missing-type"),
    "an owner of 10 MB": ("\\." * (BIG // 2) + " A 192.0.2.1\n", "f:1:1 bad-name"),
    "a target of 10 MB": ("a NS " + "\\." * (BIG // 2) + "\n", "f:1:6 rdata-syntax"),
    "a name of a million labels": ("a." * 1_000_000 + " A 192.0.2.1\n", "f:1:1 bad-name"),
    "a TTL of a million digits": ("a " + "9" * 1_000_000 + " A 192.0.2.1\n", "f:1:3 bad-ttl"),
    "a TTL of a million units": ("a " + "1s" * 1_000_000 + " A 192.0.2.1\n", "f:1:3 bad-ttl"),
    "a type of a million letters": ("a " + "X" * 1_000_000 + " 1\n", "f:1:3 unknown-type"),
    "five million words": ("a TXT " + "b " * (BIG // 2) + "\n", "f:1:1 rdata-syntax"),
    "more strings than rdata takes": ("a TXT " + '"b" ' * 65_000 + "\n", "f:1:7 rdata-syntax"),
    "open parentheses in a line": ("(" * MANY + "\n", "f:1:2 unbalanced-parenthesis"),
    "open parentheses in lines": ("(\n" * MANY, "f:2:1 unbalanced-parenthesis"),
    "records that open": ("a A ( ; x\n" * MANY, "f:2:5 unbalanced-parenthesis"),
    "parentheses that never end": ("a A (\n" + ") (\n" * MANY, "f:100001:3 unbalanced-parenthesis"),
    "a ( before many lines": ("a A (\n" + "b A c\n" * MANY, "f:1:5 unbalanced-parenthesis"),
    "quotes in a line": ('"' * MANY + "\n", "f:1:3 missing-space"),
    "quotes in lines": ('a TXT "\n' * MANY, "f:1:7 unbalanced-quote"),
    "a NUL in every octet": ("\0" * 1_000_000 + "\n", "f:1:1 control-character"),
    "30,000 wrong records": ("a A 192.0.2\n" * 30_000, "f:1:5 rdata-syntax"),
    "blank owners without any": (" A 192.0.2.1\n" * MANY, "f:1:1 missing-owner"),
    "$GENERATE that make $GENERATE": (
        "$GENERATE 1-65536 $$GENERATE 1-65536 a$ A 192.0.2.1\n",
        "f:1:30 bad-ttl",
    ),
}


@pytest.mark.parametrize("way", ["fast", "careful"])
@pytest.mark.parametrize(("text", "first"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_in_findings(text: str, first: str, way: str) -> None:
    with no_hang():
        fragment = read(text, fast=way == "fast")
    assert findings(fragment)[0] == first
    assert len(fragment.findings) <= MAX_FINDINGS + 1


def test_mistakes_without_end_are_cut_off() -> None:
    fragment = read("a A 192.0.2\n" * 2 * MAX_FINDINGS)
    assert findings(fragment)[-1] == f"f:{MAX_FINDINGS + 1} too-many-mistakes"


@pytest.mark.parametrize("way", ["fast", "careful"])
def test_random_octets_end_in_findings(way: str) -> None:
    data = random.Random(3).randbytes(5_000_000)
    with no_hang():
        fragment = read(data, fast=way == "fast")
    assert fragment.findings[-1].check == "too-many-mistakes"


def test_an_empty_file_has_no_records_and_no_mistake() -> None:
    assert not read("").findings
    assert len(read("").records) == 0


def test_a_backslash_at_the_end_of_the_file_is_a_bad_escape() -> None:
    assert findings(read("a A 192.0.2.1\\")) == ["f:1 no-final-newline", "f:1:14 bad-escape"]


def test_a_long_line_takes_no_more_memory_than_its_text() -> None:
    text = "a TXT " + "bb  " * (BIG // 4) + "\n"
    tracemalloc.start()
    read(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * BIG


def test_a_byte_order_mark_is_an_error_and_the_rest_is_read() -> None:
    fragment = read(b"\xef\xbb\xbfa A 192.0.2.1\n")
    assert findings(fragment) == ["f:1:1 byte-order-mark"]
    assert len(fragment.records) == 1


def test_crlf_is_a_warning_once_and_the_lines_are_read() -> None:
    fragment = read("a A 192.0.2.1\nb A 192.0.2.2\r\nc A 192.0.2.3\r\n")
    assert [(str(f.location), f.severity) for f in fragment.findings] == [("f:2", Severity.WARNING)]
    assert len(fragment.records) == 3


def test_a_name_that_is_not_ascii_gets_its_punycode() -> None:
    (finding,) = read("bücher A 192.0.2.1\n").findings
    assert "write xn--bcher-kva" in finding.message
    assert str(finding.location) == "f:1:2"


def test_an_octet_that_is_no_utf8_is_to_be_written_as_ddd() -> None:
    (finding,) = read(b"b\xfccher A 192.0.2.1\n").findings
    assert "\\DDD" in finding.message


# -- linear by construction ------------------------------------------------------------------

STEPS: dict[str, tuple[str, int | None]] = {
    "every line is a stop": ("a LOC 52 22 23 N 4 53 32 E 0m\n", 3600),
    "every line is a stop of two lines": ("a LOC ( 52 22 23 N\n 4 53 32 E 0m )\n", 3600),
    "every line is wrong": ("a A 192.0.2\n", 3600),
    "every owner is blank": (" A 192.0.2.1\n", 3600),
    "no record has a TTL": ("a A 192.0.2.1\n", None),
    "every other record has a TTL": ("a 5 A 192.0.2.1\na A 192.0.2.1\n", None),
    "every name may be too long": ("b" * 60 + "." + "b" * 60 + " A 192.0.2.1\n", 3600),
    "every target may be too long": ("a NS " + "b" * 60 + "." + "b" * 60 + "\n", 3600),
    "every line is a directive": ("$ORIGIN a.\n$TTL 5\n", 3600),
    "every line loses step": ("a TXT (\nb A 192.0.2.1\n)\n", 3600),
}


@pytest.mark.parametrize(("lines", "ttl"), STEPS.values(), ids=STEPS.keys())
def test_no_line_is_looked_at_again_and_again(
    monkeypatch: pytest.MonkeyPatch, lines: str, ttl: int | None
) -> None:
    carefully: list[int] = []  # characters
    in_runs: list[int] = []  # lines

    def read_entry(text: str, start: int, line: int) -> lexer.Entry:
        entry = lexer.read_entry(text, start, line)
        carefully.append(entry.end - start)
        return entry

    def cut_run(piece: scan.Piece, first: int, stop: int) -> run.Run | None:
        in_runs.append(stop - first)
        return run.cut_run(piece, first, stop)

    monkeypatch.setattr(reader, "read_entry", read_entry)
    monkeypatch.setattr(scope, "cut_run", cut_run)
    text = lines * (2 * MAX_FINDINGS)
    read(text, ttl=ttl, apex=f"{'z' * 60}.{'z' * 60}.{'z' * 10}.")
    assert sum(carefully) <= len(text)
    assert sum(in_runs) <= 2 * text.count("\n")
