"""The text of a scalar into a value, names of zones and files, rules of owners and types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.site import values
from zonebuild.site.names import file_name, is_skipped, zone_name_from_file
from zonebuild.site.rules import FragmentRule, outside_rule, parse_owner_pattern
from zonebuild.site.values import Wrong

PARSERS = [
    values.parse_text,
    values.parse_variable_name,
    values.parse_template_text,
    values.parse_check_name,
    values.parse_bool,
    values.parse_duration,
    values.parse_octets,
    values.parse_address,
    values.parse_rdtype,
    values.parse_name,
    parse_owner_pattern,
    zone_name_from_file,
]


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(st.text())
def test_any_text_is_a_value_or_wrong(parse, text):  # type: ignore[no-untyped-def]
    result = parse(text)
    assert not isinstance(result, Wrong) or result.reason


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("3600", 3600),
        ("1h30m", 5400),
        ("2W", 1209600),
        ("1d1s", 86401),
        ("2147483647", 2147483647),
    ],
)
def test_a_duration_is_seconds_or_units(text: str, seconds: int) -> None:
    assert values.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1.5h", "30m1h", "1y", "h", "2147483648", "9999w", "١"])
def test_what_is_no_duration(text: str) -> None:
    assert isinstance(values.parse_duration(text), Wrong)


@pytest.mark.parametrize(
    ("text", "octets"), [("1", 1), ("64 KiB", 65536), ("2MiB", 1 << 21), ("4 gib", 1 << 32)]
)
def test_a_size_is_octets_or_units(text: str, octets: int) -> None:
    assert values.parse_octets(text) == octets


@pytest.mark.parametrize("text", ["0", "", "5 GiB", "1 MB", "-1"])
def test_what_is_no_size(text: str) -> None:
    assert isinstance(values.parse_octets(text), Wrong)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.org", "example.org."),
        ("NS1.Example.ORG.", "ns1.example.org."),
        (".", "."),
        ("first\\.last.example.org", "first\\.last.example.org."),
        ("a\\.b.c", "a\\.b.c."),
        ("org.", "org."),
        ("*.example.org", "*.example.org."),
        ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa."),
        ("a" * 63 + ".b", "a" * 63 + ".b."),
    ],
)
def test_a_name_is_absolute_and_its_dot_optional(text: str, name: str) -> None:
    assert values.parse_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no domain name"),
        ("a..b", "is no domain name"),
        (".a", "is no domain name"),
        ("a b", "is no domain name"),
        ("ns1", "one label"),
        ("a\\.", "one label"),
        ("a" * 64 + ".b", "63 octets"),
        (".".join(["a" * 63] * 4), "255 octets"),
        ("host.master@example.org", "want it as a name: host\\.master.example.org"),
        ("@", 'holds "@"'),
        ("bücher.example", "want xn--bcher-kva.example"),
        ("straße.example", "want its xn-- form"),
    ],
)
def test_what_is_no_name_says_what_is_wanted(text: str, reason: str) -> None:
    wrong = values.parse_name(text)
    assert isinstance(wrong, Wrong)
    assert reason in wrong.reason


@pytest.mark.parametrize("text", ['a"b', "a;b", "a(", "a)", "a\\", "a\nb", "a\tb", "é", "\x7f"])
def test_a_template_text_cannot_leave_its_line(text: str) -> None:
    assert isinstance(values.parse_template_text(text), Wrong)


@pytest.mark.parametrize(
    ("stem", "apex"),
    [
        ("example.org", "example.org."),
        ("@", "."),
        ("org", "org."),
        ("0%2F25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa."),
        ("_tcp.example.org", "_tcp.example.org."),
        ("xn--bcher-kva.example", "xn--bcher-kva.example."),
    ],
)
def test_a_file_name_stands_for_a_zone_and_back(stem: str, apex: str) -> None:
    assert zone_name_from_file(stem) == apex
    assert file_name(apex) == stem


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("Example.org", "want example.org"),
        ("A%2FB.org", "want a%2Fb.org"),
        ("a%2fb", "%2F"),
        ("a%20b", "%2F"),
        ("example.org.", "ends with a dot"),
        (".example.org", "begins with a dot"),
        ("a..b", "no zone name"),
        ("", "no zone name"),
        ("a b", "no zone name"),
        ("-a.org", "no zone name"),
        ("*.example.org", "no zone name"),
        ("a\nb", "control character"),
        ("bücher.example", "want xn--bcher-kva.example"),
        ("a" * 64, "63 octets"),
    ],
)
def test_what_is_no_file_name_of_a_zone(stem: str, reason: str) -> None:
    wrong = zone_name_from_file(stem)
    assert isinstance(wrong, Wrong)
    assert reason in wrong.reason


def test_hidden_files_and_those_of_editors_are_skipped() -> None:
    skipped = [".x", ".x.swp", "x~", "#x#", ".#x", ".zonebuild-tmp.x"]
    assert [is_skipped(name) for name in skipped] == [True] * 6
    assert not any(is_skipped(name) for name in ["x", "x#", "#x", "example.org.yaml", "a~b"])


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("@", ["example.org."], ["www.example.org.", "org.", "."]),
        ("www", ["www.example.org."], ["a.www.example.org.", "example.org.", "www."]),
        ("*", ["a.example.org.", "a.b.example.org."], ["example.org.", "xexample.org."]),
        ("*.web", ["a.web.example.org.", "a.b.web.example.org."], ["web.example.org."]),
        ("*.web", ["*.web.example.org."], ["a.xweb.example.org.", "a.web.example.net."]),
        ("_acme.*", ["_acme.a.example.org."], ["_acme.example.org.", "_acme.a.b.example.org."]),
    ],
)
def test_owner_patterns(pattern: str, inside: list[str], outside: list[str]) -> None:
    rule = FragmentRule((pattern,), ())
    assert [outside_rule(rule, owner, "A", "example.org.") for owner in inside] == [None] * len(
        inside
    )
    assert all(outside_rule(rule, owner, "A", "example.org.") for owner in outside)


def test_a_rule_says_what_it_allows() -> None:
    rule = FragmentRule(("*.web",), ("A", "AAAA"))
    assert outside_rule(rule, "a.web.x.", "MX", "x.") == (
        "MX of a.web.x. is not among the types of this file: A, AAAA"
    )
    assert outside_rule(rule, "b.x.", "A", "x.") == (
        'b.x. is not among the owners of this file: "*.web" in x.'
    )
    assert outside_rule(FragmentRule(("www",)), "www.", "MX", ".") is None
    assert outside_rule(FragmentRule(), "a.x.", "MX", "x.") is None


@pytest.mark.parametrize("text", ["a.", "a..b", "", "a.@", "a b", "*a"])
def test_what_is_no_owner_pattern(text: str) -> None:
    assert isinstance(parse_owner_pattern(text), Wrong)


def test_a_record_type_is_known_or_generic() -> None:
    assert [values.parse_rdtype(t) for t in ("aaaa", "TYPE65280")] == ["AAAA", "TYPE65280"]
    assert isinstance(values.parse_rdtype("AAA"), Wrong)
    assert isinstance(values.parse_rdtype("ANY"), Wrong)
