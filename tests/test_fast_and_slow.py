"""The fast way and the careful way read the same, whatever the text and wherever a piece ends."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import APEX, no_hang, read
from zonebuild.model import Fragment
from zonebuild.rdata.canonical import canonical_text, parse
from zonebuild.zonefile import Source, decode_source, read_fragment, scan

REAL = Path(__file__).with_name("real")
LONG = ".".join(letter * 63 for letter in "abc")  # 191 characters
DIGEST = "49fd46e6c4b45c55d4ac49fd46e6c4b45c55d4ac49fd46e6c4b45c55d4ac1234"

# Each is one entry; ~ stands for a line feed.
_WRITTEN = f"""\
@ 3600 IN SOA ns.z.example. host.z.example. 2024010101 1h 15m 4w 1h
@ IN SOA ns host ( 1 ; serial "(~  3600 900 ; refresh~  2419200~  300 )
@ NS ns.example.net.
www 300 A 192.0.2.1
www AAAA 2001:db8::1
 AAAA 2001:DB8:0::2
\tIN\tA\t192.0.2.2
WWW In 1h30m A 192.0.2.6
mail MX 10 mx1
mail 5m IN MX 0 .
_sip._tcp SRV 0 5 5060 sip.example.org.
txt TXT "v=spf1 -all" "second ; no comment (really)"
txt TXT unquoted words
txt TXT ( "multi"~  "line" ; comment "with quote )~  )
txt TXT ( "a""b" )
txt TXT a"b"
txt TXT k="a b"
esc TXT "esc \\" \\\\ \\065 \\;" \\065\\"b
esc\\.dot A 192.0.2.3
\\065bc A 192.0.2.4
q\\"o\\ o A 192.0.2.7
a.b.c CNAME @
*.w CNAME target\\ blank.example.
d DS 12345 8 2 {DIGEST.upper()}
d DS 12345 8 2 ( {DIGEST[:40]}~  {DIGEST[40:]} )
_443._tcp.www TLSA 3 1 1 {DIGEST}
_443._tcp.www TLSA 3 1 2 {DIGEST[:56]} {DIGEST} {DIGEST[:8]}
h SSHFP 1 1 {DIGEST[:40]}
@ CAA 0 issue "letsencrypt.org; validationmethods=dns-01"
@ CAA 128 iodef "mailto:a@b"
@ CAA 0 issue ";"
@ CAA ( 0 issue"x" )
s HTTPS 1 . alpn=h3,h2
s HTTPS 1 . alpn="h2" ipv4hint=192.0.2.1
s SVCB 0 foo.example.
n NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
t TYPE65280 \\# 4 0A000001
t CLASS1 TYPE1 \\# 4 0A000001
p PTR host
dn DNAME other.example.
l LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
{LONG}.ddddddddddddddddddddddddddddddddddd A 192.0.2.9
e NS {LONG}.ddddddddddddddddddddddddddddddddddd"""
RECORDS = [line.replace("~", "\n") for line in _WRITTEN.splitlines()]
DIRECTIVES = """\
; a comment with é and " (
   ; indented comment

$TTL 7200
$TTL 1d ; comment
$ORIGIN sub.z.example.
$ORIGIN z.example.
$ORIGIN rel
$INCLUDE part
$INCLUDE part sub
$INCLUDE "missing"
$GENERATE 1-3 g$ A 192.0.2.$
$GENERATE 1-3 ${0,3,x} MX "0 $.foo"
$GENERATE 1-3 $$INCLUDE A 192.0.2.5
$GENERATE 250-270 a$ A 192.0.2.$
""".splitlines()
LINES = [*RECORDS, *RECORDS, *DIRECTIVES]
CHARACTERS = 'abAZ019.-_@*;"\\()$ \t:/{}é\r\0\n'
PART = "$TTL 5\ninc A 192.0.2.1\n b A 192.0.2.2\n"
APEXES = (APEX, APEX, ".", f"{LONG}.{'d' * 20}.")


def _include(_path: str, name: str) -> Source | str:
    return decode_source(name, PART.encode()) if name == "part" else "no such file"


def _both(data: bytes, apex: str, ttl: int | None) -> tuple[Fragment, Fragment]:
    def way(*, fast: bool) -> Fragment:
        source = decode_source("f", data)
        return read_fragment(source, apex=apex, default_ttl=ttl, include=_include, fast=fast)

    return way(fast=True), way(fast=False)


def _view(fragment: Fragment) -> dict[str, object]:
    """Return all that a fragment says, the count of fast records aside."""
    columns = fragment.records
    names = columns.name_list()
    rows = [
        (*record, canonical_text(record.rdtype, record.rdata, record.origin))
        for record in columns.iterate()
    ]
    return {
        "rows": [row[:3] + row[4:] for row in rows],
        "owners": [names[index] for index in columns.owners],
        "ttls": list(columns.ttls),
        "rdtypes": list(columns.rdtypes),
        "targets": [
            (row, names[index])
            for row, index in zip(columns.target_rows, columns.targets, strict=True)
        ],
        "findings": fragment.findings,
        "leaks": fragment.leaks,
        "ttl": fragment.ttl,
    }


def assert_both_agree(data: bytes, apex: str = APEX, ttl: int | None = 3600) -> Fragment:
    """Fail where the two ways differ; return what the careful way read."""
    fast, careful = _both(data, apex, ttl)
    assert _view(fast) == _view(careful), (data, apex, ttl, scan.PIECE)
    assert [r.owner for r in fast.records.iterate()] == _view(fast)["owners"]
    return careful


def _mutated(chance: random.Random, line: str) -> str:
    for _ in range(chance.choice((1, 1, 2, 3))):
        place, kind = chance.randrange(len(line) + 1), chance.random()
        if kind < 0.1:
            tokens = line.split(" ")
            a, b = chance.randrange(len(tokens)), chance.randrange(len(tokens))
            tokens[a], tokens[b] = tokens[b], tokens[a]
            line = " ".join(tokens)
        else:
            insert = chance.choice(CHARACTERS) if kind < 0.7 else ""
            line = line[:place] + insert + line[place + (kind >= 0.4) :]
    return line


def _random_zones(count: int, seed: int) -> Iterator[tuple[random.Random, bytes]]:
    """Yield zones until *count* of their lines were mutated."""
    chance = random.Random(seed)
    while count > 0:
        lines = [chance.choice(LINES) for _ in range(chance.randrange(1, 14))]
        for i, line in enumerate(lines):
            if chance.random() < 0.4:
                lines[i] = _mutated(chance, line)
                count -= 1
        text = "\n".join(lines) + chance.choice(("", "\n"))
        yield chance, text.encode("utf-8" if chance.random() < 0.7 else "latin-1")


def _compare_random_zones(patch: pytest.MonkeyPatch, count: int, seed: int) -> None:
    for chance, data in _random_zones(count, seed):
        patch.setattr(scan, "PIECE", chance.choice((20, 40, 100, 1 << 15)))
        assert_both_agree(data, chance.choice(APEXES), chance.choice((None, 3600)))


def test_mutated_zones_read_the_same_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    _compare_random_zones(monkeypatch, 3_000, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_mutated_zones_read_the_same_both_ways(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _compare_random_zones(monkeypatch, 10_000, seed)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=20), st.sampled_from(APEXES), st.integers(1, 200))
def test_zones_read_the_same_whatever_the_size_of_a_piece(
    lines: list[str], apex: str, size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "PIECE", size)
        assert_both_agree("\n".join(lines).encode(), apex)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_read_the_same_both_ways(data: bytes) -> None:
    assert_both_agree(data)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='aA1.@\\"();$ \t\n', max_size=120))
def test_any_mix_of_special_characters_reads_the_same_both_ways(text: str) -> None:
    assert_both_agree(text.encode())


ODD_NEIGHBOURS = {
    "bad owner, then blank ones": "a..b A 192.0.2.1\n A 192.0.2.2\n A 192.0.2.3\nc A 192.0.2.4\n",
    "owner with signs, then blank": "a@$b A 192.0.2.1\n A 192.0.2.2\n",
    "entry that swallows records": "a TXT ( b\nc A 192.0.2.1\n) \nd A 192.0.2.2\n",
    "open parenthesis to the end": "a TXT ( b\nc A 192.0.2.1\nd A 192.0.2.2\n",
    "quotes glued in parentheses": 'a TXT ( "b"c )\na TXT ( c"b" )\na TXT ( "b""c" )\n',
    "no TTL anywhere": "a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n$TTL 7\nd A 192.0.2.1\n",
    "blank owner behind $ORIGIN": "a A 192.0.2.1\n$ORIGIN b.z.example.\n A 192.0.2.2\n A 192.0.2.3",
    "generic rdata of a text type": "a TXT \\# 2 0161\n",
    "comments with any octet": "a A 192.0.2.1 ;\0\x0b\x1c\xff\n;\0\n ;\x85\nb A 192.0.2.2\n",
}


@pytest.mark.parametrize("size", [1, 40, 1 << 15])
@pytest.mark.parametrize("text", ODD_NEIGHBOURS.values(), ids=ODD_NEIGHBOURS.keys())
def test_odd_neighbours_read_the_same(
    monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    monkeypatch.setattr(scan, "PIECE", size)
    assert_both_agree(text.encode("latin-1"), ttl=None)


# -- against dnspython -----------------------------------------------------------------------


def _ours(fragment: Fragment) -> set[tuple[str, int, bytes]]:
    pairs = zip(fragment.records.iterate(), fragment.records.rdtypes, strict=True)
    return {
        (r.owner, rdtype, parse(r.rdtype, r.rdata, r.origin).to_digestable()) for r, rdtype in pairs
    }


def _theirs(text: str) -> set[tuple[str, int, bytes]] | None:
    """Return the records that dnspython reads, None where it refuses the text."""
    import dns.exception
    import dns.zonefile

    try:
        rrsets = dns.zonefile.read_rrsets(
            text, name=None, rdclass=None, ttl=None, default_ttl=3600, origin=".", relativize=False
        )
    except (dns.exception.DNSException, ValueError):
        return None
    return {
        (rrset.name.to_text().lower(), int(rrset.rdtype), rdata.to_digestable())
        for rrset in rrsets
        for rdata in rrset
    }


def test_what_dnspython_refuses_is_refused_and_the_rest_reads_the_same() -> None:
    chance = random.Random(5)
    accepted = refused = 0
    beside_soa = [record for record in RECORDS if "SOA" not in record]  # where it may stand differs
    for _ in range(2_000):
        line = _mutated(chance, chance.choice(beside_soa))
        line = line.replace("\r", "")  # dnspython alone ends a comment there
        fragment = read(f"first A 192.0.2.1\n{line}\n", apex=".")
        theirs = _theirs(f"first 3600 A 192.0.2.1\n{line}\n")
        if not fragment.findings:
            assert theirs == _ours(fragment), repr(line)
            accepted += 1
        refused += theirs is None
    assert accepted > 300
    assert refused > 300


# -- how much goes the fast way --------------------------------------------------------------


def _sibling(_path: str, name: str) -> Source | str:
    return decode_source(name, (REAL / "grapheneos/zones" / name).read_bytes())


PARTS = {"base", "grapheneos-domain", "network-domain", "ns-staging", "staging"}  # no zones


def _grapheneos() -> Iterable[Fragment]:
    for path in sorted((REAL / "grapheneos/zones").glob("*.zone")):
        if path.stem not in PARTS:
            source = decode_source(path.name, path.read_bytes())
            yield read_fragment(
                source, apex=path.name.removesuffix("zone"), default_ttl=300, include=_sibling
            )


@pytest.mark.fast_way
def test_the_root_zone_goes_the_fast_way() -> None:
    with no_hang():
        data = (REAL / "root/root.zone").read_bytes()
        fragment = read_fragment(decode_source("root", data), apex=".")
    assert not fragment.findings
    assert fragment.fast >= 0.95 * len(fragment.records) > 10_000


@pytest.mark.fast_way
def test_real_zones_go_the_fast_way() -> None:
    fragments = list(_grapheneos())
    total = sum(len(fragment.records) for fragment in fragments)
    assert sum(fragment.fast for fragment in fragments) >= 0.95 * total > 900


def test_real_zones_read_the_same_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PIECE", 500)
    for path in sorted((REAL / "grapheneos/zones").glob("*.zone")):
        assert_both_agree(path.read_bytes(), ttl=None)
