"""TXT: what is left of a value that a `;` cut, and backslashes too many."""

from __future__ import annotations

import pytest

from tests.test_checks_tlsa import messages


def test_a_cut_text_shows_how_to_quote_it() -> None:
    assert messages("txt-cut-at-semicolon", "_dmarc TXT v=DMARC1; p=none\n") == [
        'TXT of _dmarc.example.org. is only "v=DMARC1": a ; outside of quotes begins a comment; '
        'write "v=DMARC1; …"'
    ]


@pytest.mark.parametrize(
    "text",
    ['"v=DMARC1" ; a comment', "v=DMARC1\\; p=none", "v=DMARC10", "p=AA==", "a;b", '"k=rsa"',
     "v=spf1 ; nothing more"],
)  # fmt: skip
def test_what_may_be_whole_is_not_cut(text: str) -> None:
    assert not messages("txt-cut-at-semicolon", f"a TXT {text}\n")


def test_a_text_escaped_twice_shows_the_text_to_write() -> None:
    body = '_dmarc TXT "v=DMARC1\\\\; p=none\\\\; rua=mailto:a@example.org"\n'
    (message,) = messages("txt-escaped-twice", body)
    assert message.endswith('write "v=DMARC1; p=none; rua=mailto:a@example.org"')


@pytest.mark.parametrize("text", ['"v=DMARC1\\; p=none"', '"C:\\\\; x"', '"v=DKIM1; n=a\\\\b"'])
def test_a_backslash_that_is_meant_is_left(text: str) -> None:
    assert not messages("txt-escaped-twice", f"a TXT {text}\n")


def test_a_tab_in_a_text_is_shown_escaped() -> None:
    (message,) = messages("txt-escaped-twice", 'a TXT "v=DKIM1\\\\;\tp=AA=="\n')
    assert "\t" not in message


def test_a_long_text_is_shortened() -> None:
    (message,) = messages("txt-escaped-twice", f'a TXT "v=DKIM1\\\\; p={"A" * 240}"\n')
    assert message.endswith("A…")
