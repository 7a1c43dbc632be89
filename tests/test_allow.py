"""What is allowed: comments on a line, what they may not do, and what is said of them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import APEX, HEAD, HEAD_LINES
from zonebuild.checks.allow import Allow, AllowComments, Sieve
from zonebuild.checks.comments import read_comments
from zonebuild.checks.limits import MAX_PLACES
from zonebuild.compile import Asked, Compiled, compile_zone
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.zonefile import Source, decode_source
from zonebuild.zonefile.lexer import read_entry

ABOUT_THE_HEAD = ("single-name-server", "ns-address-not-global")
FORGOTTEN = "cname-target-missing"


def compiled(
    body: str,
    *,
    files: dict[str, str] | None = None,
    policy: str = "default",
    least: Severity = Severity.WARNING,
) -> Compiled:
    sources = [decode_source("f", (HEAD + body).encode())]

    def include(_including: str, name: str) -> Source | str:
        return decode_source(name, (files or {})[name].encode())

    return compile_zone(APEX, sources, include=include, policy=policy, asked=Asked(least))


def said(result: Compiled) -> list[tuple[int, str]]:
    """Return line, counted behind the head, and check of each finding but those of the head."""
    found = (f for f in result.findings if f.check not in ABOUT_THE_HEAD)
    return [(f.location.line - HEAD_LINES, f.check) for f in found]


def allow(check: str = FORGOTTEN, reason: str = "set up on Monday") -> str:
    return f"; zonebuild: allow={check} {reason}"


# -- what a comment silences ----------------------------------------------------------------------


def test_a_comment_silences_its_check_on_its_line_alone() -> None:
    result = compiled(f"a CNAME new {allow()}\nb CNAME new\n")
    assert said(result) == [(2, FORGOTTEN)]
    ((finding, reason),) = result.silenced
    assert (finding.location.line - HEAD_LINES, reason) == (1, "set up on Monday")


@pytest.mark.parametrize("line", range(4))
def test_of_a_record_over_lines_it_may_stand_on_any(line: int) -> None:
    lines = ["a CNAME (", "", "new", ")"]
    lines[line] += f" {allow()}"
    result = compiled("b TXT (\n x )\n" + "\n".join(lines) + "\nc CNAME new\n")
    assert said(result) == [(7, FORGOTTEN)]


def test_one_comment_may_allow_several_checks() -> None:
    both = allow(f"{FORGOTTEN},rrset-ttl-mismatch")
    result = compiled(f"a 60 TXT x\na CNAME new {both}\n")
    assert said(result) == [(2, "cname-and-other-data"), (2, "unused-allow")]


def test_a_comment_of_an_included_file_holds_there() -> None:
    result = compiled("$INCLUDE web\n", files={"web": f"a CNAME new {allow()}\n"})
    assert said(result) == []


def test_what_is_allowed_is_not_counted_among_the_many() -> None:
    many = "".join(f"a{i} CNAME new {allow()}\n" for i in range(MAX_PLACES + 9))
    result = compiled(f"{many}b CNAME new\n")
    assert said(result) == [(MAX_PLACES + 10, FORGOTTEN)]
    assert len(result.silenced) == MAX_PLACES + 9


@pytest.mark.parametrize(
    "body",
    [
        'a TXT "; zonebuild: allow=cname-target-missing no comment"\n',
        'a TXT "\\"; zonebuild: allow=cname-target-missing no comment"\n',
        "a TXT \\; zonebuild: allow=cname-target-missing\n",
        "; made by zonebuild: allow=cname-target-missing said the log\n",
        "; see zonebuild: docs\n",
    ],
)
def test_what_is_no_comment_for_us_says_nothing(body: str) -> None:
    assert [check for _, check in said(compiled(body)) if "allow" in check] == []


def test_a_reason_may_be_written_in_utf_8() -> None:
    ((_, reason),) = compiled(f"a CNAME new {allow(reason='erst ab März')}\n").silenced
    assert reason == "erst ab März"


# -- what is wrong with an allow ------------------------------------------------------------------

PROBLEMS = {
    "no reason": ("a CNAME new ; zonebuild: allow=cname-target-missing", "allow-without-reason"),
    "no check": ("a CNAME new ; zonebuild: alow=cname-target-missing x", "allow-without-check"),
    "spaces": ("a CNAME new ; zonebuild: allow = cname-target-missing", "allow-without-check"),
    "a typo": (f"a CNAME new {allow('cname-target-mising')}", "unknown-check"),
    "a record unread": (f"a A 192.0.2.256 {allow('rdata-syntax')}", "unallowable-check"),
    "nothing there": (f"a A 192.0.2.2 {allow()}", "unused-allow"),
    "no record there": (f"{allow()}", "unused-allow"),
    "twice": (f"a CNAME ( new {allow()}\n) {allow()}", "unused-allow"),
}


@pytest.mark.parametrize(("line", "check"), PROBLEMS.values(), ids=PROBLEMS)
def test_an_allow_that_does_nothing_is_told(line: str, check: str) -> None:
    found = {f.check: f for f in compiled(f"{line}\n").findings}
    assert found[check].severity is Severity.WARNING
    assert found[check].location.column in (line.find(";") + 1, line.split("\n")[-1].find(";") + 1)


def test_a_problem_with_an_allow_silences_nothing() -> None:
    for line, check in PROBLEMS.values():
        if check in ("allow-without-reason", "unknown-check", "unallowable-check"):
            assert compiled(f"{line}\n").silenced == []


def test_the_nearest_check_is_named() -> None:
    result = compiled(f"a CNAME new {allow('target-cname-missing')}\n")
    (finding,) = (f for f in result.findings if f.check == "unknown-check")
    assert "did you mean cname-target-missing?" in finding.message


def test_whether_an_allow_is_of_use_is_told_only_where_its_check_is_made() -> None:
    unused = f"a A 192.0.2.2 {allow('cname-chain')}\n"
    assert (1, "unused-allow") not in said(compiled(unused))
    assert (1, "unused-allow") in said(compiled(unused, least=Severity.INFO))
    used = compiled(f"a CNAME b {allow('cname-chain')}\nb CNAME ns\n", least=Severity.INFO)
    assert [finding.check for finding, _ in used.silenced] == ["cname-chain"]


def test_while_a_file_cannot_be_read_nothing_is_called_unused() -> None:
    result = compiled(f"a A 192.0.2.2 {allow()}\nb A bad\n")
    assert "unused-allow" not in {f.check for f in result.findings}


def test_under_strict_an_allow_without_reason_fails_and_an_unused_one_does_not() -> None:
    body = f"a CNAME ns ; zonebuild: allow={FORGOTTEN}\nb A 192.0.2.2 {allow()}\n"
    found = {f.check: f.severity for f in compiled(body, policy="strict").findings}
    assert found["allow-without-reason"] is Severity.ERROR
    assert found["unused-allow"] is Severity.WARNING


# -- which comments, and which lines --------------------------------------------------------------


def spans(text: str) -> list[tuple[int, int, int]]:
    """Return the line of each comment of *text*, and the first and last line of its entry."""
    comments = read_comments(decode_source("f", text.encode()))
    return [(c.location.line, c.first, c.last) for c in comments]


C = "; zonebuild: allow=a b\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a {C}", [(1, 1, 1)]),
        (f"a (\n b ) c (\n d ) {C}", [(3, 1, 3)]),
        (f"a ( {C} b {C} ) {C}{C}", [(1, 1, 3), (2, 1, 3), (3, 1, 3), (4, 4, 4)]),
        (f"a ( {C}b {C}", [(2, 2, 2)]),  # never closed: the lines behind are entries of their own
        (f"a (\nb ( {C}c {C}", [(3, 3, 3)]),  # a second ( ends the entry with its line
        (f'a "open {C}b {C}', [(2, 2, 2)]),
        (f"a ) {C}b {C}", [(2, 2, 2)]),  # a ) without its ( is an error
        (f'a "(" {C}b {C}', [(1, 1, 1), (2, 2, 2)]),
        (f"; (\nb {C}", [(2, 2, 2)]),
    ],
)
def test_a_comment_belongs_to_the_lines_of_its_entry(
    text: str, expected: list[tuple[int, int, int]]
) -> None:
    assert spans(text) == expected


PIECES = st.sampled_from(["a", " ", "\n", "(", ")", '"', "\\", ";", C, "; x\n", '"x;y"', "\\;"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_lines_of_an_entry_are_those_of_the_lexer(text: str) -> None:
    text += "\n"
    entries, position, line = [], 0, 1
    while position < len(text):
        entry = read_entry(text, position, line)
        if entry.error is None:
            entries.append((line, entry.next_line - 1))
        position, line = entry.end, entry.next_line
    for at, first, last in spans(text):
        inside = [span for span in entries if span[0] <= at <= span[1]]
        assert inside in ([], [(first, last)])


@given(st.text(string.printable + "ü", max_size=80))
def test_any_comment_is_read(text: str) -> None:
    read_comments(decode_source("f", f"a ; zonebuild: allow={text}\n".encode()))


def test_of_too_many_comments_the_rest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zonebuild.checks.comments.MAX_ALLOWS", 5)
    monkeypatch.setattr("zonebuild.checks.allow.MAX_ALLOWS", 5)
    comments = AllowComments()
    comments.take(decode_source("f", (C * 9).encode()))
    found = comments.problems()
    assert [f.check for f in found].count("unknown-check") == 5
    assert "not read" in found[-1].message


# -- allows of an owner or of all -----------------------------------------------------------------


def finding(line: int = 1, check: str = FORGOTTEN) -> Finding:
    return Finding(Location("f", line), Severity.WARNING, check, "said")


def test_an_allow_without_owner_is_for_all() -> None:
    sieve = Sieve([Allow(FORGOTTEN, "why", Location("y"))])
    assert list(sieve.sift([finding(), finding(2), finding(3, "crlf")])) == [finding(3, "crlf")]
    assert sieve.unused({FORGOTTEN}) == []


def test_an_allow_of_an_owner_is_for_its_records_and_for_findings_that_name_it() -> None:
    zone = compiled("a CNAME new\nb CNAME new\n").zone
    sieve = Sieve([Allow(FORGOTTEN, "why", Location("y"), owner="a.example.org.")], zone)
    at = [Finding(Location("f", HEAD_LINES + i), Severity.ERROR, FORGOTTEN, "") for i in (1, 2)]
    assert list(sieve.sift(at)) == at[1:]
    assert sieve.is_allowed(finding(), "a.example.org.")
    assert not sieve.is_allowed(finding(), "b.example.org.")


def test_no_allow_lets_a_record_go_missing() -> None:
    sieve = Sieve([Allow("rdata-syntax", "why", Location("y"))])
    assert list(sieve.sift([finding(1, "rdata-syntax")]))


def test_an_allow_that_others_share_need_not_be_of_use() -> None:
    alone, shared = (Allow(FORGOTTEN, "why", Location("y"), is_shared=s) for s in (False, True))
    assert Sieve([shared]).unused({FORGOTTEN}) == []
    assert len(Sieve([alone]).unused({FORGOTTEN})) == 1
