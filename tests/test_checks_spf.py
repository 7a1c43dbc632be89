"""SPF: what its findings say, which slips they mend, and what they leave alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import HEAD_LINES, found_by
from zonebuild.checks.spf_macros import expand_macros
from zonebuild.checks.spf_terms import policy_faults, term_fault, terms_of
from zonebuild.checks.texts import strings_of
from zonebuild.diagnostic import Location


def faults(*strings: str, is_bare: bool = False) -> list[str]:
    return list(policy_faults(strings, is_bare=is_bare))


def syntax(rdata: str) -> list[str]:
    return [finding.message for finding in found_by("spf-syntax", f"a TXT {rdata}\n")]


# -- terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("ip4:2001:db8::1", "ip6:2001:db8::1"),
        ("ip6:192.0.2.0/24", "ip4:192.0.2.0/24"),
        ("ipv4:192.0.2.1", "ip4:192.0.2.1"),
        ("?ip4=192.0.2.1", "?ip4:192.0.2.1"),
        ("include=spf.example.net", "include:spf.example.net"),
        ("redirect:spf.example.net", "redirect=spf.example.net"),
        ("192.0.2.1", "ip4:192.0.2.1"),
        ("2001:db8::/32", "ip6:2001:db8::/32"),
        ("mail.example.net", "a:mail.example.net"),
        ("mx,", "mx"),
        ("-all.", "-all"),
        ("~all;", "~all"),
        ("\xe2\x80\x93all", "-all"),
        ("--all", "-all"),
    ],
)
def test_a_common_slip_is_mended(slip: str, meant: str) -> None:
    assert f'write "{meant}"' in str(term_fault(slip))
    assert term_fault(meant) is None


@pytest.mark.parametrize(
    "term",
    [
        "+mx", "MX", "a/0", "a//128", "a:example.net/32//0", "ptr", "ip4:0.0.0.0/0", "ip6:::/128",
        "exists:%{i}._spf.%{d}", "include:%{d2r-.}", "exists:a.%{o}%_%-%%", "redirect=%{d}",
        "include:example.net.", "include:_spf.xn--p1ai", "a:1.2.3.a4", "a:a/b.example", "exp=a.b",
        "x=", "x-y.z_=%{l}", "a:9-9.1-1",
    ],
)  # fmt: skip
def test_a_correct_term_is_left_alone(term: str) -> None:
    assert term_fault(term) is None


@pytest.mark.parametrize(
    "term",
    [
        "all:example.net", "include", "include:", "include:host", "include:example.net/24", "a/33",
        "a/024", "a//129", "a/24/64", "mx:", "ptr/24", "ip4", "ip4:192.0.2", "ip4:192.0.2.256",
        "ip4:192.0.2.1/", "ip4:192.0.2.1/08", "ip4:192.0.2.1//24", "ip6:2001:db8::/129",
        "ip6:192.0.2.1.", "exists:%{c}.example.net", "exists:%{i}%.example.net", "exists:%{i.a.b",
        "redirect=host", "-redirect=a.example", "+x=y", "hosts", "-", "a:1.2.3.4", "a:a.-b",
        "a:a.b-", "a:\xe9.example", "mx\ta",
    ],
)  # fmt: skip
def test_a_wrong_term_is_found(term: str) -> None:
    assert term_fault(term) is not None


def test_a_message_says_what_the_mechanism_takes_and_where_that_is_written() -> None:
    said = faults("v=spf1 ip4:192.0.2.0/33 -all")
    assert said == [
        'SPF term "ip4:192.0.2.0/33" is wrong: ip4 takes a colon and an IPv4 address, '
        "perhaps with /0 to /32 (RFC 7208 section 5.6)"
    ]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("include: a.example.net", "include:a.example.net"),
        ("include a.example.net", "include:a.example.net"),
        ("ip4: 192.0.2.1", "ip4:192.0.2.1"),
        ("redirect a.example.net", "redirect=a.example.net"),
    ],
)
def test_a_blank_inside_a_term_is_told_as_one_finding(words: str, meant: str) -> None:
    (said,) = faults(f"v=spf1 {words}")
    assert said.endswith(f'are one: write "{meant}"')


def test_a_qualifier_apart_from_its_mechanism_is_mended() -> None:
    assert faults("v=spf1 mx - all") == ['SPF terms "-" and "all" are one: write "-all"']


# -- strings --------------------------------------------------------------------------------------


def test_strings_that_join_without_a_space_are_shown_as_they_are_read() -> None:
    (said,) = syntax('"v=spf1 mx" "-all"')
    assert 'join without a space, to "mx-all": write "mx " "-all"' in said


def test_joins_that_happen_to_be_correct_are_found_all_the_same() -> None:
    (said,) = syntax('"v=spf1 include:a.example" "include:b.example -all"')
    assert 'to "a.exampleinclude' not in said
    assert 'to "include:a.exampleinclude:b.example"' in said


def test_words_without_quotation_marks_are_given_some() -> None:
    (said,) = syntax("v=spf1 mx -all")
    assert 'write "v=spf1 mx -all" in quotation marks' in said


def test_behind_a_glued_string_the_rest_is_judged_as_it_was_meant() -> None:
    said = syntax('"v=spf1 mx" "ip4:192.0.2 -all"')
    assert len(said) == 1
    assert len(syntax('"v=spf1 mx" "a hosts -all"')) == 2


@pytest.mark.parametrize(
    "rdata",
    [
        '"v=spf1 mx " "-all"', '"v=spf1 mx" " -all"', '"v=spf1 include:a.exam" "ple.net -all"',
        '"v=spf1 ip4:192.0.2.1" "0 -all"', '"v=spf1 m" "x -all"', '"v=sp" "f1 -all"',
        '"v=spf1 \\109x -all"', '"V=SPF1 -ALL"',
    ],
)  # fmt: skip
def test_strings_that_join_as_they_were_meant_are_left_alone(rdata: str) -> None:
    assert syntax(rdata) == []


@pytest.mark.parametrize(
    ("rdata", "meant"),
    [
        ('" v=spf1 -all"', "v=spf1 -all"),
        ('"v=spf1;mx;"', "v=spf1 mx;"),
        ('"v = spf1 -all"', "v=spf1 -all"),
        ('"\\"v=spf1 -all\\""', "v=spf1 -all"),
    ],
)
def test_what_stands_before_or_behind_the_version_is_taken_away(rdata: str, meant: str) -> None:
    (said,) = syntax(rdata)
    assert f'write "{meant}"' in said


@pytest.mark.parametrize("text", ["spf2.0/pra -all", "see v=spf1 -all", "v=spx1", "v=DKIM1; p="])
def test_other_texts_are_no_spf_policies(text: str) -> None:
    assert syntax(f'"{text}"') == []


@pytest.mark.parametrize(
    ("rdata", "strings"),
    [('"a\\"b" c', ('a"b', "c")), ('"\\065\\\\" ""', ("A\\", "")), ("a\\ b", ("a b",))],
)
def test_strings_are_read_with_their_escapes(rdata: str, strings: tuple[str, ...]) -> None:
    assert strings_of(rdata) == strings


# -- order ----------------------------------------------------------------------------------------


def test_what_stands_behind_all_is_told_once() -> None:
    (said,) = faults("v=spf1 -all mx exp=a.example a")
    assert 'behind "-all" are never looked at: move "mx a" before it' in said


def test_redirect_beside_all_is_ignored() -> None:
    (said,) = faults("v=spf1 redirect=a.example ~all")
    assert '"redirect=a.example" is ignored where there is "~all"' in said


def test_two_policies_in_one_text_are_one_finding() -> None:
    (said,) = faults("v=spf1 mx -all v=spf1 hosts -all")
    assert "holds a second version: keep one policy" in said


# -- any text -------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(["all", "-all", "mx", "a", "include:", "ip4:", "redirect=", "v=spf1", "", "-"]),
    st.text(st.sampled_from("aio:=/.%{}d246+-~? ;,"), max_size=12),
)


@given(st.lists(WORDS, max_size=6), st.booleans())
def test_no_text_is_too_odd_to_judge(words: list[str], is_bare: bool) -> None:
    assert all("RFC 7208" in said or "write" in said for said in faults(*words, is_bare=is_bare))


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True)
DOMAIN = st.builds("{}.{}".format, LABEL, LABEL)
TERM = st.one_of(
    st.builds("{}include:{}".format, st.sampled_from(["", "?"]), DOMAIN),
    st.builds("a:{}/{}".format, DOMAIN, st.integers(0, 32)),
    st.builds("mx//{}".format, st.integers(0, 128)),
    st.ip_addresses(v=4).map("ip4:{}".format),
    st.ip_addresses(v=6).map("-ip6:{}".format),
    st.just("exists:%{ir}._spf.%{d}"),
)


@given(st.lists(TERM, max_size=5), st.integers(1, 60))
def test_a_correct_policy_cut_behind_a_blank_is_correct(terms: list[str], at: int) -> None:
    text = " ".join(["v=spf1", *terms, "-all"])
    cut = text.find(" ", at) + 1
    assert faults(text[:cut], text[cut:]) == []
    assert len(list(terms_of(text))) == len(terms) + 1


# -- several, ends, lookups, the type -------------------------------------------------------------


def test_the_second_policy_of_a_name_points_at_the_first() -> None:
    (found,) = found_by("several-spf-policies", '@ TXT "v=spf1 a"\n@ TXT x\n@ TXT "v=spf1 mx"\n')
    assert found.location == Location("primary/0", HEAD_LINES + 3)
    assert [note.location.line for note in found.notes] == [HEAD_LINES + 1]


def test_policies_that_a_cut_hides_are_not_counted() -> None:
    body = 'sub NS ns.example.net.\na.sub TXT "v=spf1 a"\na.sub TXT "v=spf1 mx"\n'
    assert not found_by("several-spf-policies", body)


@pytest.mark.parametrize("end", ["all", "+all", "ALL"])
def test_a_policy_that_anyone_passes_is_told(end: str) -> None:
    (found,) = found_by("spf-allows-anyone", f'@ TXT "v=spf1 {end}"\n')
    assert f'ends in "{end.lower()}", so anyone may send' in found.message


def test_a_ring_of_includes_ends() -> None:
    body = 'a TXT "v=spf1 include:b.example.org"\nb TXT "v=spf1 include:a.example.org"\n'
    assert ["at least 100" in f.message for f in found_by("spf-lookups", body)] == [True, True]


def test_what_other_zones_need_counts_nothing() -> None:
    includes = " ".join(f"include:{i}.example.net" for i in range(10))
    assert not found_by("spf-lookups", f'@ TXT "v=spf1 {includes} ip4:192.0.2.1 -all"\n')


@pytest.mark.parametrize(
    ("body", "mend"),
    [
        ('@ SPF "v=spf1 -all"\n', 'write TXT "v=spf1 -all"'),
        ('@ SPF "v=spf1 -all"\n@ TXT "v=spf1 -all"\n', "remove it"),
    ],
)
def test_a_record_of_the_old_type_is_moved_or_removed(body: str, mend: str) -> None:
    (found,) = found_by("spf-type", body)
    assert found.message == f"SPF record of example.org.: receivers read TXT alone; {mend}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("%{d}", "mail.example.org"),
        ("%{D2}.x", "example.org.x"),
        ("%{dr}", "org.example.mail"),
        ("%{d1r}", "mail"),
        ("%{d0}", "mail.example.org"),
        ("%{o}._spf", "example.org._spf"),
        ("%{o-}", "example.org"),
        ("a%%b%_c%-", "a%b c%20"),
        ("%{d99999999999}", "mail.example.org"),
        ("%{i}._spf", None),
        ("%{s}", None),
    ],
)
def test_a_macro_is_expanded_where_the_policy_tells_it(written: str, meant: str | None) -> None:
    found = expand_macros(written, domain="mail.example.org", sender="example.org")
    assert found == meant
