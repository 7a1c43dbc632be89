"""What a file of the drop-box may say, and where a challenge may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.dropbox import (
    MAX_NAME_VALUES,
    MAX_OCTETS,
    MAX_VALUES,
    MAX_ZONE_VALUES,
    Found,
    Refusal,
    Token,
    fragment_text,
    host_of,
    is_allowed,
    misplaced,
    read_tokens,
    within_quotas,
)
from zonebuild.model import type_bit

OWNER = "_acme-challenge.www.example.org."
NAME = OWNER[:-1]
VALUE = "gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01"
OTHER = VALUE[::-1]
LINE = f'{OWNER} 60 IN TXT "{VALUE}"\n'


def reason(file_name: str, text: str) -> str:
    """Return why the file is refused."""
    found = read_tokens(file_name, text.encode("utf-8"))
    assert isinstance(found, Refusal)
    return found.reason


# -- what is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file_name", "text"),
    [
        (NAME, LINE),
        (NAME + ".0123456789abcdef", LINE),
        (OWNER, LINE),
        (NAME.upper().replace("_ACME-CHALLENGE", "_acme-challenge"), LINE),
        (NAME, LINE.upper().replace(VALUE.upper(), VALUE)),
        (NAME, LINE.replace(" ", "\t")),
        (NAME, LINE.replace(" 60", "")),
        (NAME, LINE.replace(". 60", " 60")),
        (NAME, LINE.replace("\n", "\r\n")),
        (NAME, LINE.removesuffix("\n")),
        (NAME, "\n" + LINE + "\n"),
    ],
    ids=[
        "plain",
        "hash",
        "dot",
        "case",
        "upper",
        "tabs",
        "no-ttl",
        "relative",
        "crlf",
        "cut",
        "blank",
    ],
)
def test_a_token_is_taken_in_every_form_that_hooks_write(file_name: str, text: str) -> None:
    assert read_tokens(file_name, text.encode()) == [Token(OWNER, VALUE)]


def test_two_values_of_one_owner_both_stand() -> None:
    text = LINE + LINE.replace(VALUE, OTHER) + LINE
    assert read_tokens(NAME, text.encode()) == [Token(OWNER, VALUE), Token(OWNER, OTHER)]


def test_the_form_of_dns_account_is_taken() -> None:
    owner = f"_ujmmovf2vn55tgye.{OWNER}"
    assert read_tokens(owner[:-1], LINE.replace(OWNER, owner).encode()) == [Token(owner, VALUE)]


def test_a_label_like_a_hash_may_be_a_part_of_the_owner() -> None:
    owner = "_acme-challenge.example.0123456789abcdef."
    assert read_tokens(owner[:-1], LINE.replace(OWNER, owner).encode()) == [Token(owner, VALUE)]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"$ORIGIN org.\n{LINE}",
        LINE.replace("TXT", "A").replace(f'"{VALUE}"', "192.0.2.1"),
        LINE.replace("IN TXT", "CH TXT"),
        LINE.replace('"\n', '" ; comment\n'),
        LINE.replace('"\n', '" "more"\n'),
        LINE.replace(f'"{VALUE}"', f'( "{VALUE}" )'),
        LINE.replace(VALUE, VALUE[:-1]),
        LINE.replace(VALUE, VALUE + "A"),
        LINE.replace(VALUE, VALUE[:-1] + "="),
        LINE.replace(VALUE, VALUE[:-4] + "\\065"),
        LINE.replace("www", "w\\119w"),
        LINE.replace("www", "wẃw"),
        LINE.replace(VALUE, VALUE[:-1] + "\x00"),
        LINE.replace(" 60", "\x0b60"),
        f"$INCLUDE /etc/passwd\n{LINE}",
        f'@ 60 IN TXT "{VALUE}"\n',
        f' 60 IN TXT "{VALUE}"\n',
        LINE + "\x1a\n",
        LINE.replace(" 60", " 99999999999"),
        LINE.replace(" ", "\u2028"),
    ],
)
def test_whatever_else_a_line_holds_is_refused(line: str) -> None:
    assert "line" in reason(NAME, line)


@pytest.mark.parametrize(
    "file_name",
    ["www.example.org", "_acme-challenge", "_acme-challenge.", "_validation-persist.example.org",
     "_acme-challenge.*.example.org", "_acme-challenge.-x.org", "_acme-challenge..org",
     "a._acme-challenge.example.org", "_acme-challenge.a_b.org", "_acme-challenge.\n.org",
     "_acme-challenge." + "a" * 64 + ".org", "_acme-challenge." + "a." * 126, ""],
)  # fmt: skip
def test_a_file_of_another_name_is_refused(file_name: str) -> None:
    line = LINE.replace(OWNER, file_name + ".")
    assert "name is not" in reason(file_name, line)


def test_a_file_speaks_for_the_owner_in_its_name_alone() -> None:
    assert "another owner" in reason(NAME, LINE.replace("www", "mail"))


def test_a_file_too_large_is_refused() -> None:
    assert "octets" in reason(NAME, LINE + "\n" * MAX_OCTETS)


def test_a_line_that_is_not_whole_yet_may_still_come() -> None:
    found = read_tokens(NAME, LINE[:-9].encode())
    assert isinstance(found, Refusal)
    assert found.is_young


def test_a_wrong_line_that_is_whole_will_not_get_better() -> None:
    found = read_tokens(NAME, (LINE[:-9] + "\n").encode())
    assert isinstance(found, Refusal)
    assert not found.is_young


@given(
    st.binary(max_size=300) | st.text(max_size=120).map(str.encode), st.sampled_from([NAME, OWNER])
)
def test_whatever_the_octets_only_a_right_token_comes_out(data: bytes, file_name: str) -> None:
    found = read_tokens(file_name, data)
    if not isinstance(found, Refusal):
        assert {token.owner for token in found} == {OWNER}
        assert all(len(token.value) == 43 and token.value.isascii() for token in found)


@given(st.text(max_size=80))
def test_whatever_the_file_name_only_an_owner_of_challenges_is_spoken_for(name: str) -> None:
    found = read_tokens(name, f'{name}. 60 IN TXT "{VALUE}"\n'.encode("utf-8", "surrogatepass"))
    if not isinstance(found, Refusal):
        assert all(host_of(token.owner) for token in found)


# -- who, how many, how long ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "entry", "expected"),
    [
        ("example.org.", "example.org.", True),
        ("www.example.org.", "example.org.", False),
        ("www.example.org.", "*.example.org.", True),
        ("a.www.example.org.", "*.example.org.", False),
        ("example.org.", "*.example.org.", False),
        ("example.org.", "*.org.", True),
    ],
)
def test_an_entry_lets_in_its_name_or_one_label_below(
    host: str, entry: str, expected: bool
) -> None:
    assert is_allowed(host, [entry]) is expected


def found(number: int, since: int, owner: str = OWNER, apex: str = "example.org.") -> Found:
    return Found(Token(owner, f"{number:043}"), since, apex)


def test_the_newest_values_of_an_owner_are_published() -> None:
    offered = [found(number, 1000 - number) for number in range(MAX_VALUES + 3)]
    taken, (full,) = within_quotas(offered)
    assert {each.since for each in taken} == {each.since for each in offered[:MAX_VALUES]}
    assert full == f"more than {MAX_VALUES} values at {OWNER}"


def test_the_account_forms_of_one_name_share_a_quota() -> None:
    accounts = (f"_{number:a>16}." for number in map("{:x}".format, range(16)))
    owners = [account.translate(str.maketrans("0189", "wxyz")) + OWNER for account in accounts]
    taken, full = within_quotas(found(n, n, owner) for owner in owners for n in range(16))
    assert len(taken) == MAX_NAME_VALUES
    assert full == [f"more than {MAX_NAME_VALUES} values for www.example.org."]


def test_names_that_do_not_exist_take_no_place_of_those_that_do() -> None:
    strange = [found(0, 2000, f"_acme-challenge.n{n}.example.org.") for n in range(2500)]
    honest = found(1, 5)
    taken, full = within_quotas([*strange, honest], exists=lambda f: f == honest)
    assert (honest in taken, len(taken)) == (True, MAX_ZONE_VALUES)
    assert full == [f"more than {MAX_ZONE_VALUES} values in the zone example.org."]


def test_the_fragment_is_sorted_and_has_the_ttl_asked_for() -> None:
    text = fragment_text([Token(OWNER, OTHER), Token(OWNER, VALUE)], ttl=60)
    assert text.split("\n")[1] == f'{OWNER}\t60\tIN\tTXT\t"{VALUE}"'


# -- where ----------------------------------------------------------------------------------------

APEX = "example.org."
NS, CNAME, DNAME, A, TXT = map(type_bit, (2, 5, 39, 1, 16))


def placed(names: dict[str, int], owner: str = OWNER) -> str | None:
    """Return why a challenge may not stand in a zone of these *names*."""
    return misplaced(owner, APEX, lambda name: names.get(name, 0), names.__contains__)


def test_a_host_that_exists_may_have_a_challenge() -> None:
    assert placed({APEX: NS, "www.example.org.": A}) is None
    assert placed({APEX: NS}, f"_acme-challenge.{APEX}") is None


def test_a_host_that_only_a_wildcard_answers_for_may_not() -> None:
    why = placed({APEX: NS, "*.example.org.": A})
    assert why == "www.example.org. does not exist in what people write"


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("www.example.org.", CNAME), ("www.example.org.", NS), ("www.example.org.", DNAME),
        (OWNER, CNAME), (OWNER, NS), (APEX, DNAME | NS),
    ],
)  # fmt: skip
def test_below_an_alias_a_cut_or_a_dname_none_may_stand(name: str, mask: int) -> None:
    assert placed({APEX: NS, "www.example.org.": A, name: mask})


def test_a_challenge_beside_other_text_may_stand() -> None:
    assert placed({APEX: NS, "www.example.org.": A, OWNER: TXT}) is None
