"""POSIX extended regular expressions: what the C library refuses, and what POSIX leaves open."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.checks.ere import ere_fault

_LIBC = ctypes.CDLL(None)
_EXTENDED = 1  # REG_EXTENDED
_SPACE = 1024  # octets; more than a regex_t of any system takes


def libc_takes(expression: str) -> bool:
    compiled = ctypes.create_string_buffer(_SPACE)
    taken = _LIBC.regcomp(compiled, expression.encode("latin-1"), _EXTENDED) == 0
    if taken:
        _LIBC.regfree(compiled)
    return taken


@pytest.mark.parametrize(
    "text",
    [
        "^.*$", r"^\+49([0-9]{2,4})(.*)$", "(a|b)+", "a{3}", "a{3,}", "a{255}", "[^]a-z-]", "[]-a]",
        "[[:digit:][:alpha:]_-]", "a]b", "a)b", r"\.\*\^\$\@", "[a-a]", "(^a$|b)",
    ],
)  # fmt: skip
def test_what_posix_defines_is_right(text: str) -> None:
    assert ere_fault(text) is None
    assert libc_takes(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(a", "has a ( that nothing closes"),
        ("[a", "has a [ that nothing closes"),
        ("[]", "has a [ that nothing closes"),
        ("a\\", "ends with a lone backslash"),
        ("a{2,1}", "want rising numbers to 255"),
        ("a{99999}", "want rising numbers to 255"),
        ("[z-a]", 'has the range "z-a", which holds nothing'),
        ("[[:letter:]]", "no class of characters"),
        ("[[:alpha:]-z]", "where no range can begin"),
        ("[a-c-e]", "where no range can begin"),
        ("[[.a]", 'has "[." that nothing closes'),
    ],
)
def test_what_no_library_takes(text: str, said: str) -> None:
    fault = ere_fault(text)
    assert fault is not None
    assert said in fault.said
    assert not fault.is_undefined


@pytest.mark.parametrize(
    "text",
    ["*a", "a**", "a+?", "(?:a)", "(*a)", "a||b", "a|", "|a", "()", "^*", "a{,2}", r"\d", r"(a)\1"],
)
def test_what_posix_leaves_undefined(text: str) -> None:
    fault = ere_fault(text)
    assert fault is not None
    assert fault.is_undefined


_PARTS = st.sampled_from(
    [*"ab()[]{}|*+?^$\\1,2-:.=d", "[:alpha:]", "[a-z]", "{1,2}", "(a|b)", "[^]"]
)


@given(st.lists(_PARTS, min_size=1, max_size=12).map("".join))
def test_what_the_c_library_refuses_is_a_fault(text: str) -> None:
    assert libc_takes(text) or ere_fault(text) is not None
