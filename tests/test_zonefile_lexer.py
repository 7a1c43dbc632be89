"""Entries of a master file into tokens (RFC 1035 section 5.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.zonefile.lexer import MAX_TOKENS, holds_quote, read_entry

TOKENS: dict[str, tuple[str, list[tuple[str, int, int]]]] = {
    "words": ("a A 1\n", [("a", 1, 1), ("A", 1, 3), ("1", 1, 5)]),
    "tabs": ("a\t\tA\n", [("a", 1, 1), ("A", 1, 4)]),
    "a comment": ("a ; b\n", [("a", 1, 1)]),
    "a comment without space": ("a;b\n", [("a", 1, 1)]),
    "a string": ('"a ; (b" c\n', [('"a ; (b"', 1, 1), ("c", 1, 10)]),
    "an empty string": ('""\n', [('""', 1, 1)]),
    "escapes in a string": ('"\\" \\\\" a\n', [('"\\" \\\\"', 1, 1), ("a", 1, 9)]),
    "escapes in a word": ("a\\ b\\;\\(\\\\ c\n", [("a\\ b\\;\\(\\\\", 1, 1), ("c", 1, 12)]),
    "a quoted value": ('alpn="h2, h3" x\n', [('alpn="h2, h3"', 1, 1), ("x", 1, 15)]),
    "parentheses": ("a (b\n c ) d\n", [("a", 1, 1), ("b", 1, 4), ("c", 2, 2), ("d", 2, 6)]),
    "parentheses without space": ("a(b)c\n", [("a", 1, 1), ("b", 1, 3), ("c", 1, 5)]),
    "comments in parentheses": ("( ; )\n\n ; (\n a )\n", [("a", 4, 2)]),
    "nothing": (" \t; x\n", []),
}


@pytest.mark.parametrize(("text", "tokens"), TOKENS.values(), ids=TOKENS.keys())
def test_tokens_keep_their_text_and_place(text: str, tokens: list[tuple[str, int, int]]) -> None:
    entry = read_entry(text, 0, 1)
    assert entry.error is None
    assert entry.tokens == tokens
    assert entry.end == len(text)


ERRORS: dict[str, tuple[str, tuple[str, int, int], str]] = {
    "open quote": ('a "b\nnext\n', ("unbalanced-quote", 1, 3), "next"),
    "escaped end": ('a "b\\"\nnext\n', ("unbalanced-quote", 1, 3), "next"),
    "backslash at the end of a line": ("a b\\\nnext\n", ("bad-escape", 1, 4), "next"),
    ") alone": ("a )\nnext\n", ("unbalanced-parenthesis", 1, 3), "next"),
    "( in (": ("a ( b\n c (\nnext\n", ("unbalanced-parenthesis", 2, 4), "next"),
    "open (": ("a ( b\nnext\n", ("unbalanced-parenthesis", 1, 3), "next"),
    "string behind a word": ('a"b" c\nnext\n', ("missing-space", 1, 2), "next"),
    "string behind a string": ('"a""b"\nnext\n', ("missing-space", 1, 4), "next"),
    "word behind a value": ('a="b"c\nnext\n', ("missing-space", 1, 6), "next"),
    "NUL": ("a \0\nnext\n", ("control-character", 1, 3), "next"),
    "lone CR": ("a b\rc\nnext\n", ("control-character", 1, 4), "next"),
    "control character in a string": ('"\x1b"\nnext\n', ("control-character", 1, 2), "next"),
    "not ASCII": ("a \xc3\xa9\nnext\n", ("non-ascii", 1, 3), "next"),
    "too many words": ("a " * (MAX_TOKENS + 1) + "\nnext\n", ("rdata-syntax", 1, 1), "next"),
    "too many words behind a (": ("( " + "\n b" * (MAX_TOKENS + 1), ("", 1, 1), " b"),
}


@pytest.mark.parametrize(("text", "error", "rest"), ERRORS.values(), ids=ERRORS.keys())
def test_reading_goes_on_behind_the_line_of_the_error(
    text: str, error: tuple[str, int, int], rest: str
) -> None:
    entry = read_entry(text, 0, 1)
    assert entry.error is not None
    check, line, column = error
    assert (entry.error.line, entry.error.column) == (line, column)
    assert entry.error.check == (check or "unbalanced-parenthesis")
    assert text[entry.end :].startswith(rest)
    assert entry.next_line == text.count("\n", 0, entry.end) + 1


def test_white_space_in_front_makes_an_entry_indented() -> None:
    assert read_entry(" A\n", 0, 1).is_indented
    assert read_entry("\tA\n", 0, 1).is_indented
    assert not read_entry("A\n", 0, 1).is_indented


@given(st.text(alphabet='a\\"();= \n\xe9\0', max_size=60))
def test_every_text_is_read_to_its_end(text: str) -> None:
    text += "\n"
    position, line = 0, 1
    while position < len(text):
        entry = read_entry(text, position, line)
        assert entry.end > position
        position, line = entry.end, entry.next_line
        assert line == text.count("\n", 0, position) + 1
    assert position == len(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [('a"b', True), ('a\\"b', False), ('a\\\\"b', True), ("ab", False), ('\\"\\""', True)],
)
def test_holds_quote_skips_escaped_ones(text: str, held: bool) -> None:
    assert holds_quote(text) is held


def test_a_string_that_is_not_ascii_is_written_anew() -> None:
    entry = read_entry('a TXT "b\\"" "\xc3\xbc"\n', 0, 1)
    assert entry.error is not None
    assert entry.error.check == "non-ascii"
    assert entry.error.column == 14
    assert entry.error.message.endswith(': "\\195\\188"')


def test_a_control_character_in_a_string_is_pointed_at() -> None:
    error = read_entry('a TXT "b\x07"\n', 0, 1).error
    assert error is not None
    assert (error.check, error.column) == ("control-character", 9)
