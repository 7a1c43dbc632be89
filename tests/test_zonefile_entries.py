"""Records of a master file: owner, TTL, class, type, and what is inherited."""

from __future__ import annotations

import pytest

from tests.reading import findings, read, records

A = "192.0.2.1"
LABEL = "a" * 63
NAME_255 = ".".join([LABEL] * 3) + "." + "b" * 61 + "."  # 254 characters, 255 octets

RECORDS: dict[str, tuple[str, str]] = {
    "owner, type, rdata": (f"www A {A}", f"www.z.example. 3600 A {A}"),
    "upper case": (f"WWW a {A}", f"www.z.example. 3600 A {A}"),
    "TTL": (f"www 300 A {A}", f"www.z.example. 300 A {A}"),
    "TTL with units": (f"www 1h30m A {A}", f"www.z.example. 5400 A {A}"),
    "TTL of zero": (f"www 0 A {A}", f"www.z.example. 0 A {A}"),
    "greatest TTL": (f"www 2147483647 A {A}", f"www.z.example. 2147483647 A {A}"),
    "class": (f"www IN A {A}", f"www.z.example. 3600 A {A}"),
    "TTL before class": (f"www 300 IN A {A}", f"www.z.example. 300 A {A}"),
    "class before TTL": (f"www in 300 A {A}", f"www.z.example. 300 A {A}"),
    "generic class": (f"www CLASS1 A {A}", f"www.z.example. 3600 A {A}"),
    "generic type": (f"www TYPE1 {A}", f"www.z.example. 3600 A {A}"),
    "generic rdata": ("www A \\# 4 c0000201", f"www.z.example. 3600 A {A}"),
    "unknown type": ("www TYPE65280 \\# 2 00 ff", "www.z.example. 3600 TYPE65280 \\# 2 00ff"),
    "unknown type without octets": ("www TYPE65280 \\# 0", "www.z.example. 3600 TYPE65280 \\# 0"),
    "apex": (f"@ A {A}", f"z.example. 3600 A {A}"),
    "absolute owner": (f"www.z.example. A {A}", f"www.z.example. 3600 A {A}"),
    "root": (f". A {A}", f". 3600 A {A}"),
    "wildcard": (f"*.a A {A}", f"*.a.z.example. 3600 A {A}"),
    "service": ("_sip._tcp SRV 0 0 5060 .", "_sip._tcp.z.example. 3600 SRV 0 0 5060 ."),
    "RFC 2317 owner": ("0/25 NS ns.", "0/25.z.example. 3600 NS ns."),
    "escaped dot": (f"a\\.b A {A}", f"a\\.b.z.example. 3600 A {A}"),
    "escaped dot at the end": (f"a\\. A {A}", f"a\\..z.example. 3600 A {A}"),
    "escaped octet": (f"\\065b A {A}", f"ab.z.example. 3600 A {A}"),
    "escaped octet over 127": (f"\\200b A {A}", f"\\200b.z.example. 3600 A {A}"),
    "escaped letter": (f"\\w A {A}", f"w.z.example. 3600 A {A}"),
    "escaped blank": (f"a\\ b A {A}", f"a\\032b.z.example. 3600 A {A}"),
    "escaped quote": (f'a\\"b A {A}', f'a\\"b.z.example. 3600 A {A}'),
    "escaped semicolon": (f"a\\;b A {A}", f"a\\;b.z.example. 3600 A {A}"),
    "escaped dollar": (f"\\$TTL A {A}", f"\\$ttl.z.example. 3600 A {A}"),
    "escaped at": (f"\\@ A {A}", f"\\@.z.example. 3600 A {A}"),
    "owner that looks like a class": (f"IN A {A}", f"in.z.example. 3600 A {A}"),
    "owner that looks like a type": (f"A A {A}", f"a.z.example. 3600 A {A}"),
    "owner that looks like a TTL": (f"300 A {A}", f"300.z.example. 3600 A {A}"),
    "rdata that looks like a type": ("x CNAME TXT", "x.z.example. 3600 CNAME txt.z.example."),
    "parentheses around all": (f"( www\n A\n {A} )", f"www.z.example. 3600 A {A}"),
    "parentheses in between": (f"www ( 300\n IN ) A {A}", f"www.z.example. 300 A {A}"),
    "comment behind": (f"www A {A};c", f"www.z.example. 3600 A {A}"),
    "strings": ('t TXT "a b" c', 't.z.example. 3600 TXT "a b" "c"'),
    "escapes in strings": ('t TXT "\\"\\\\\\065\\;"', 't.z.example. 3600 TXT "\\"\\\\A;"'),
    "tab in a string": ('t TXT "a\tb"', 't.z.example. 3600 TXT "a\\009b"'),
    "semicolon in a string": ('t TXT "a;b"', 't.z.example. 3600 TXT "a;b"'),
    "quoted parameter": (
        'h HTTPS 1 . alpn="h2,h3" port=443',
        'h.z.example. 3600 HTTPS 1 . alpn="h2,h3" port="443"',
    ),
    "quoted parameter in parentheses": (
        'h SVCB ( 1 a.\n alpn="h2" )',
        'h.z.example. 3600 SVCB 1 a. alpn="h2"',
    ),
    "empty list": ("a APL", "a.z.example. 3600 APL "),
    "label of 63 octets": (f"{LABEL} A {A}", f"{LABEL}.z.example. 3600 A {A}"),
    "name of 255 octets": (f"{NAME_255} A {A}", f"{NAME_255} 3600 A {A}"),
    "rdata name of 255 octets": (f"x NS {NAME_255}", f"x.z.example. 3600 NS {NAME_255}"),
}


@pytest.mark.parametrize("way", ["fast", "careful"])
@pytest.mark.parametrize(("text", "record"), RECORDS.values(), ids=RECORDS.keys())
def test_records_are_read(text: str, record: str, way: str) -> None:
    fragment = read(text + "\n", fast=way == "fast")
    assert not fragment.findings
    assert records(fragment) == [record]
    assert fragment.records.lines[0] == 1
    owner = record.split(" ")[0]
    assert fragment.records.record(0).owner == owner
    assert owner in fragment.records.names


MISTAKES: dict[str, tuple[str, str]] = {
    "unknown type": ("a BOGUS x", "f:1:3 unknown-type"),
    "type of messages": ("a IN ANY x", "f:1:6 unknown-type"),
    "type over 65535": ("a TYPE65536 \\# 0", "f:1:3 unknown-type"),
    "no type": ("a 300 IN", "f:1:7 missing-type"),
    "owner alone": ("a", "f:1:1 missing-type"),
    "other class": (f"a CH A {A}", "f:1:3 wrong-class"),
    "other generic class": (f"a CLASS3 A {A}", "f:1:3 wrong-class"),
    "no rdata": ("a A", "f:1:3 rdata-syntax"),
    "TTL over 2^31-1": (f"a 2147483648 A {A}", "f:1:3 bad-ttl"),
    "TTL with wrong unit": (f"a 1x A {A}", "f:1:3 bad-ttl"),
    "TTL without number": (f"a -1 A {A}", "f:1:3 unknown-type"),
    "two TTLs": (f"a 1 2 A {A}", "f:1:5 unknown-type"),
    "two classes": (f"a IN IN A {A}", "f:1:6 unknown-type"),
    "label of 64 octets": (f"{LABEL}a A {A}", "f:1:1 bad-name"),
    "name of 256 octets": (f"b{NAME_255} A {A}", "f:1:1 bad-name"),
    "relative name of 256 octets": (f"{LABEL}.{LABEL}.{LABEL}.{'c' * 53} A {A}", "f:1:1 bad-name"),
    "rdata name of 256 octets": (f"a MX 0 b{NAME_255}", "f:1:6 rdata-syntax"),
    "empty label": (f"a..b A {A}", "f:1:1 bad-name"),
    "dot in front": (f".a A {A}", "f:1:1 bad-name"),
    "escape over 255": (f"a\\256 A {A}", "f:1:1 bad-name"),
    "escape of two digits": (f"a\\25 A {A}", "f:1:1 bad-name"),
    "quoted owner": (f'"a" A {A}', "f:1:1 bad-name"),
    "quoted type": (f'a "A" {A}', "f:1:3 unknown-type"),
    "quoted name": ('a NS "b"', "f:1:6 rdata-syntax"),
    "quoted value of no parameter": ('a TXT k="b"', "f:1:7 missing-space"),
    "generic rdata of wrong length": ("a TYPE65280 \\# 2 00", "f:1:13 rdata-syntax"),
    "generic rdata of a known type": ("a A \\# 3 c00002", "f:1:5 rdata-syntax"),
    "rdata on the second line": ("a A (\n  192.0.2 )", "f:2:3 rdata-syntax"),
    "blank owner first": (f" A {A}", "f:1:1 missing-owner"),
}


@pytest.mark.parametrize("way", ["fast", "careful"])
@pytest.mark.parametrize(("text", "finding"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_found_at_their_place(text: str, finding: str, way: str) -> None:
    fragment = read(f"{text}\nnext A {A}\n", fast=way == "fast")
    assert findings(fragment) == [finding]
    assert records(fragment) == [f"next.z.example. 3600 A {A}"]


def test_a_long_label_is_said_to_be_long() -> None:
    (finding,) = read(f"{LABEL}a A {A}\n").findings
    assert "has 64 octets, at most 63 fit" in finding.message


def test_foreign_text_in_a_message_is_escaped_and_no_format() -> None:
    (finding,) = read(f"$ORIGIN {{x}}{{0}}\nb A {A}\n").findings
    assert '"{x}{0}"' in finding.message


def test_a_blank_owner_is_the_one_before() -> None:
    fragment = read(f"a A {A}\n\n; x\n A 192.0.2.2\n\tAAAA ::1\n")
    assert [r.owner for r in fragment.records.iterate()] == ["a.z.example."] * 3


def test_records_of_a_wrong_owner_are_left_out_and_it_is_said_once() -> None:
    fragment = read(f"a..b A {A}\n A 192.0.2.2\n A 192.0.2.3\nc A 192.0.2.4\n")
    assert findings(fragment) == ["f:1:1 bad-name"]
    assert records(fragment) == ["c.z.example. 3600 A 192.0.2.4"]


def test_a_record_with_wrong_rdata_still_names_the_owner() -> None:
    fragment = read("a A 192.0.2\n A 192.0.2.2\n")
    assert records(fragment) == ["a.z.example. 3600 A 192.0.2.2"]


def test_without_any_ttl_the_reading_of_bind_is_taken_and_said_once() -> None:
    fragment = read(f"@ SOA a b 1 2 3 4 50\nb A {A}\nc 7 A {A}\nd A {A}\n", ttl=None)
    assert findings(fragment) == ["f:1:1 missing-ttl"]
    assert list(fragment.records.ttls) == [50, 50, 7, 7]


def test_every_mistake_of_a_file_is_found() -> None:
    text = "a A x\nb BOGUS\nc..d A 192.0.2.1\ne TXT (\n"
    checks = [finding.check for finding in read(text).findings]
    assert checks == ["rdata-syntax", "unknown-type", "bad-name", "unbalanced-parenthesis"]
