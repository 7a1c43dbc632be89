"""The pages of the checks: on the terminal, and as docs/checks.md."""

from __future__ import annotations

import re

import pytest

from zonebuild.checks.check import Check
from zonebuild.checks.explain import PAGES, example_lines, explain, find_check, nearest_name
from zonebuild.checks.reference import WITHOUT_CHECK, numbers, render_reference
from zonebuild.checks.table import ALL_CHECKS
from zonebuild.cli import run as zonebuild
from zonebuild.compile import compile_zone
from zonebuild.site.values import Wrong, parse_check_name
from zonebuild.zonefile import decode_source

NAMES = {check.name for check in PAGES}


def page(name: str) -> str:
    check = find_check(name)
    assert check is not None
    return "\n".join(explain(check))


def test_every_check_has_its_page() -> None:
    assert {check.name for check in ALL_CHECKS} < NAMES
    assert len(NAMES) == len(PAGES)


def test_a_page_says_why_where_how_wrong_how_right_and_how_to_allow_it() -> None:
    text = page("missing-glue")
    for said in (
        "missing-glue: error",
        "cannot be reached",
        "Knot",
        "RFC 9471 section 3",
        "Z050",
        "Wrong:\n    sub NS ns.sub\n",
        "Right:\n    sub NS ns.sub\n    ns.sub A 192.0.2.2\n",
        "    ; zonebuild: allow=missing-glue why it is right here\n",
        "    allow: [{check: missing-glue, name: www.example.org, reason: why it is right here}]",
    ):
        assert said in text


@pytest.mark.parametrize("check", PAGES, ids=lambda check: check.name)
def test_a_page_can_be_printed(check: Check) -> None:
    assert all(line.isprintable() for line in explain(check))


def test_what_a_page_says_of_allowing_works() -> None:
    comment = re.search("; zonebuild: .*", page("cname-target-missing"))
    assert comment
    zone = f"@ 60 NS ns.example.net.\na 60 CNAME gone {comment[0]}\n"
    compiled = compile_zone("example.org.", [decode_source("f", zone.encode())])
    assert [finding.check for finding, _ in compiled.silenced] == ["cname-target-missing"]


def test_a_page_says_what_cannot_be_allowed_and_what_is_off() -> None:
    assert "cannot be allowed" in page("rdata-syntax")
    assert "allow=" not in page("rdata-syntax")
    off = next(check.name for check in PAGES if check.is_off)
    assert f"--enable {off}" in page(off)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\nb\n", ["a", "", "b"]),
        ("a", ["a (and here the file ends)"]),
        ("a\r\n\x07\n", ["a\\r", "\\x07"]),
        ("\ufeffa\tü\n", ["\\ufeffa\\tü"]),
    ],
)
def test_an_example_shows_what_cannot_be_seen(text: str, shown: list[str]) -> None:
    assert example_lines(text) == shown


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("missing-glu", "missing-glue"),
        ("glue-missing", "missing-glue"),
        ("Missing-Glue", "missing-glue"),
        ("cname-and-other", "cname-and-other-data"),
        ("xyzzy", None),
        ("", None),
        ("q" * 100_000, None),
    ],
)
def test_a_name_is_guessed_where_one_is_near(written: str, meant: str | None) -> None:
    assert nearest_name(written) == meant


def test_the_yaml_takes_only_names_of_checks() -> None:
    assert parse_check_name("missing-glue") == "missing-glue"
    assert parse_check_name("missing-glu") == Wrong("is no check, did you mean missing-glue?")


# -- the command ----------------------------------------------------------------------------------


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert zonebuild(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(NAMES)


@pytest.mark.parametrize("name", ["missing-glue", "[missing-glue]"])
def test_a_page_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert zonebuild(["explain", name]) == 0
    assert capsys.readouterr().out == page("missing-glue") + "\n"


def test_an_unknown_name_ends_with_2_and_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert zonebuild(["explain", "missing-glu"]) == 2
    said = capsys.readouterr().err
    assert said == 'zonebuild: no check is called "missing-glu", did you mean missing-glue?\n'


# -- docs/checks.md -------------------------------------------------------------------------------


def test_every_number_of_the_catalogue_has_a_check_or_a_reason() -> None:
    found = {number for check in PAGES for number in check.numbers}
    reasons = {number for number, _ in WITHOUT_CHECK}
    assert found | reasons == set(numbers())
    assert found & reasons == set()


def test_the_reference_has_a_section_for_every_check_and_links_that_lead_there() -> None:
    text = render_reference()
    sections = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(NAMES)
    assert set(re.findall(r"\]\(#(.*?)\)", text)) <= NAMES
