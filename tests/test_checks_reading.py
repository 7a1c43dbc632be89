"""Of each check of the reader what is just right; the hazards of fragments, one by one."""

from __future__ import annotations

import pytest

from tests.checked_zones import CORPUS, HEAD
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.compile import Asked, compile_zone
from zonebuild.zonefile import Source, decode_source

DIGEST = "ab" * 32
# Lines behind the usual head; what begins with the head's first line is a whole file.
JUST_RIGHT: dict[str, str] = {
    "alias-with-parameters": "www HTTPS 0 cdn.example.net.\n",
    "bad-directive": "$TTL 0\nwww A 192.0.2.2\n$TTL 2147483647\nmail A 192.0.2.3\n",
    "bad-escape": "www TXT \\000\\255 \"\\\"\"\n",
    "bad-generate": "$GENERATE 5-5 a$ A 192.0.2.$\n$GENERATE 0-255/255 b$ A 192.0.2.$\n",
    "bad-name": f"{'a' * 63} A 192.0.2.2\n{'.'.join(['b' * 61] * 3)}.{'c' * 54} TXT x\n",
    "bad-ttl": "www 0 A 192.0.2.2\nmail 2147483647 A 192.0.2.3\n",
    "byte-order-mark": "; \ufeff in a comment\nwww A 192.0.2.2\n",
    "control-character": "www TXT \\007 ; a bell \x07 in a comment\n",
    "crlf": "www TXT \"\\013\\010\"\n",
    "digest-length": f"_443._tcp.ns TLSA 3 1 1 {DIGEST}\n_25._tcp.ns TLSA 3 1 2 {DIGEST * 2}\n",
    "include": "$INCLUDE include/empty\n",
    "leaked-state": "$ORIGIN lab.example.org.\nwww A 192.0.2.2\n$ORIGIN example.org.\n",
    "missing-owner": "www A 192.0.2.2\n; a comment between\n\n    TXT \"of www\"\n",
    "missing-space": "www TXT \"one\"\t\"two\" ( \"three\" )\n",
    "missing-ttl": "@ 3600 SOA ns h 1 14400 3600 604800 600\n@ 60 NS ns\nns 60 A 192.0.2.1\n",
    "missing-type": "IN A 192.0.2.2\nA A 192.0.2.3\n",
    "no-final-newline": "www A 192.0.2.2 ; the last\n",
    "non-ascii": "www TXT \"\\195\\188\" ; b\u00fccher\n",
    "owner-after-origin": "www A 192.0.2.2\n$ORIGIN example.org.\n    TXT \"the same origin\"\n",
    "rdata-syntax": "www A 255.255.255.255\nmail AAAA ::\nmail MX 65535 .\n",
    "relative-origin": "$ORIGIN .\nwww.example.org A 192.0.2.2\n$ORIGIN a\\..example.org.\n",
    "too-many-mistakes": "www A nowhere\n" * 999,
    "unbalanced-parenthesis": "www TXT ( \"(\" ; )\n )\n",
    "unbalanced-quote": "www TXT \"\\\"\" \\\" ; \"\n",
    "unknown-directive": "$ttl 60\n\\$x A 192.0.2.2\n",
    "unknown-ttl": "@ 3600 SOA ns h 1 14400 3600 604800 600\n@ NS ns\nns A 192.0.2.1\n",
    "unknown-type": "www TYPE65280 \\# 0\nwww type1 \\# 4 c0000202\n",
    "wrong-class": "www in A 192.0.2.2\nmail CLASS1 A 192.0.2.3\n",
}  # fmt: skip
IN_CORPUS = {check.name for check in READER_CHECKS if (CORPUS / f"good-{check.name}.zone").exists()}


def test_each_check_of_the_reader_has_its_boundary() -> None:
    assert JUST_RIGHT.keys() | IN_CORPUS == {check.name for check in READER_CHECKS}


@pytest.mark.parametrize("check", JUST_RIGHT)
def test_what_is_just_right_is_not_spoken_of(check: str) -> None:
    lines = JUST_RIGHT[check]
    is_whole = lines.startswith("@ 3600 SOA")
    source = decode_source("primary/zone", ((not is_whole) * HEAD + lines).encode())
    compiled = compile_zone(
        "example.org.",
        [source],
        include=lambda _including, name: Source(name, ""),
        asked=Asked(enabled=frozenset({check})),
    )
    assert [finding for finding in compiled.findings if finding.check == check] == []


# -- the hazards of fragments ----------------------------------------------------------------------

Z = "example.org."
# By the row of the catalogue: the files of a zone behind the head, and what is found, or, where the
# hazard is repaired, the owner, TTL and rdata of the record that it would have spoilt.
FOUND: dict[str, tuple[list[str], str]] = {
    "Z140 an open ( swallows the next file": (
        ["a TXT ( x\n", "b A 192.0.2.2\n"],
        "unbalanced-parenthesis",
    ),
    "Z140 an open quotation mark": (['a TXT "x\n', "b A 192.0.2.2\n"], "unbalanced-quote"),
    "Z141 a missing final newline joins two lines": (
        ["a A 192.0.2.2", "b A 192.0.2.3\n"],
        "no-final-newline",
    ),
    "Z142 a file begins without an owner": (["a A 192.0.2.2\n", "  TXT x\n"], "missing-owner"),
    "Z142 an owner inherited behind $ORIGIN": (
        ["a A 192.0.2.2\n$ORIGIN b.example.org.\n TXT x\n"],
        "owner-after-origin",
    ),
    "Z143 $ORIGIN leaks into the next file": (
        ["$ORIGIN b.example.org.\na A 192.0.2.2\n", "c A 192.0.2.3\n"],
        "leaked-state",
    ),
    "Z143 $TTL leaks into the next file": (
        ["$TTL 60\na A 192.0.2.2\n", "c A 192.0.2.3\n"],
        "leaked-state",
    ),
    "Z143 $TTL leaks out of an include": (
        ["$INCLUDE include/ttl\na A 192.0.2.2\n"],
        "leaked-state",
    ),
    "Z143 a blank owner behind an include": (
        ["a A 192.0.2.2\n$INCLUDE include/owner\n TXT x\n"],
        "leaked-state",
    ),
    "Z144 an include out of the site": (["$INCLUDE ../../etc/hostname\n"], "include"),
    "Z144 an include of an absolute path": (["$INCLUDE /etc/hostname\n"], "include"),
    "Z146 CR LF": (["a A 192.0.2.2\r\n"], "crlf"),
    "Z147 a byte order mark": (["\ufeffa A 192.0.2.2\n"], "byte-order-mark"),
    "Z147 UTF-8 in a name": (["b\u00fccher A 192.0.2.2\n"], "non-ascii"),
    "Z147 a NUL": (["a TXT x\0y\n"], "control-character"),
    "Z149 an unknown directive": (["$DATE now\n"], "unknown-directive"),
    "Z149 a relative $ORIGIN": (["$ORIGIN b\na A 192.0.2.2\n"], "relative-origin"),
    "Z150 a placeholder that is left, as a serial": (
        ["a SOA ns h @SERIAL@ 1 1 1 1\n"],
        "rdata-syntax",
    ),
    "Z150 a template that is none": (["a TXT {{ serial }}\n"], "placeholder-left"),
}
REPAIRED: dict[str, tuple[list[str], tuple[str, int, str]]] = {
    "an open ( takes nothing of the next file": (
        ["a TXT ( x\n", "b A 192.0.2.2\n"],
        ("b.example.org.", 3600, "192.0.2.2"),
    ),
    "lines that would join": (
        ["a A 192.0.2.2", "b A 192.0.2.3\n"],
        ("b.example.org.", 3600, "192.0.2.3"),
    ),
    "an $ORIGIN that is left": (
        ["$ORIGIN b.example.org.\n", "c A 192.0.2.3\n"],
        ("c.example.org.", 3600, "192.0.2.3"),
    ),
    "a $TTL that is left": (
        ["$TTL 60\n", "c A 192.0.2.3\n"],
        ("c.example.org.", 3600, "192.0.2.3"),
    ),
    "a $TTL of an include": (
        ["$INCLUDE include/ttl\nc A 192.0.2.3\n"],
        ("c.example.org.", 3600, "192.0.2.3"),
    ),
    "$GENERATE, which BIND alone reads": (
        ["$GENERATE 3-3 c A 192.0.2.$\n"],
        ("c.example.org.", 3600, "192.0.2.3"),
    ),
    "CR LF": (["c A 192.0.2.3\r\n"], ("c.example.org.", 3600, "192.0.2.3")),
}
INCLUDED = {"include/ttl": "$TTL 60\n", "include/owner": "b A 192.0.2.9\n"}


def compiled(files: list[str]) -> tuple[set[str], set[tuple[str, int, str]]]:
    """Return the names of what is found in a zone of *files*, and its records."""

    def include(_including: str, name: str) -> Source | str:
        return Source(name, INCLUDED[name]) if name in INCLUDED else "leaves the site"

    texts = enumerate([HEAD, *files])
    sources = [decode_source(f"primary/{i}", text.encode()) for i, text in texts]
    zone = compile_zone(Z, sources, include=include)
    records = {(r.owner, r.ttl, r.rdata) for r in zone.zone.records.iterate()}
    return {finding.check for finding in zone.findings}, records


@pytest.mark.parametrize(("files", "check"), FOUND.values(), ids=FOUND.keys())
def test_no_hazard_of_fragments_passes_unsaid(files: list[str], check: str) -> None:
    assert check in compiled(files)[0]


@pytest.mark.parametrize(("files", "record"), REPAIRED.values(), ids=REPAIRED.keys())
def test_a_fragment_is_read_as_if_it_were_alone(
    files: list[str], record: tuple[str, int, str]
) -> None:
    assert record in compiled(files)[1]
