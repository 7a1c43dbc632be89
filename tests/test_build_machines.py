"""No machine can make a zone fail: what is wrong of its records is left out, and only that."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sites import PRIMARY, SITE, TODAY, SmallSite
from zonebuild.checks.table import ALL_CHECKS, CHECKS
from zonebuild.diagnostic import Severity

HAND = (
    PRIMARY
    + """\
alias CNAME www
ptr CNAME x.sub
moved DNAME other.test.
sub NS ns.sub
sub NS ns2.test.
ns.sub A 9.9.9.9
_imap._tcp SRV 0 1 993 mail
"""
)
GOOD = "first 60 TXT good\n", "last 60 TXT good\n"
DS = "1 13 2 " + "00" * 32

ERRORS = [check for check in ALL_CHECKS if check.severity is Severity.ERROR]
# What a machine writes, for each error of the table of checks that a record can bring, where the
# zone above has a part in it.
BRINGS: dict[str, str] = {
    "several-soa": "@ SOA a b 1 2 3 4 5\n",
    "soa-not-at-apex": "x SOA a b 1 2 3 4 5\n",
    "signed-data-in-unsigned": "x NSEC y A\n",
    "out-of-zone": "www.other.test. A 192.0.2.1\n",
    "rrset-ttl-mismatch": "www 60 A 192.0.2.9\n",
    "cname-and-other-data": "alias TXT x\n",
    "several-cnames": "alias CNAME mail\n",
    "cname-at-apex": "@ CNAME www\n",
    "cname-loop": "c1 CNAME c1\n",
    "data-below-dname": "x.moved A 192.0.2.1\n",
    "several-dnames": "moved DNAME another.test.\n",
    "dname-and-ns": "moved NS ns1.test.\n",
    "dname-and-cname": "alias DNAME other.test.\n",
    "missing-glue": "new NS ns.new\n",
    "ns-target-without-address": "@ NS nowhere\n",
    "ns-target-is-alias": "@ NS alias\n",
    "wildcard-ns": "*.w NS ns1.test.\n",
    "ds-at-apex": f"@ DS {DS}\n",
    "ds-without-ns": f"x DS {DS}\n",
    "mx-target-without-address": "x MX 1 nowhere\n",
    "srv-target-without-address": "x SRV 1 1 1 nowhere\n",
    "alias-with-parameters": "x HTTPS 0 www alpn=h2\n",
    "bad-directive": "$ORIGIN\n",
    "bad-escape": "x TXT \\\n",
    "bad-generate": "$GENERATE 1-99999999 h$ A 192.0.2.1\n",
    "bad-name": f"{'x' * 64} A 192.0.2.1\n",
    "bad-ttl": "x 99999999999 A 192.0.2.1\n",
    "control-character": "x\0y A 192.0.2.1\n",
    "digest-length": "x TLSA 3 1 1 00\n",
    "include": "$INCLUDE nowhere\n",
    "missing-space": 'x TXT "a""b"\n',
    "missing-type": "x\n",
    "naptr-regexp-not-posix": 'x NAPTR 1 1 "u" "E2U+sip" "!(+!x!" .\n',
    "non-ascii": "ü A 192.0.2.1\n",
    "rdata-syntax": "x A 192.0.2\n",
    "relative-origin": "$ORIGIN x\n",
    "unbalanced-quote": 'x TXT "open\n',
    "unknown-directive": "$NOTHING x\n",
    "unknown-type": "x WHAT y\n",
    "wrong-class": "x CH A 192.0.2.1\n",
}
# Of all others the bad example of the check, in which there may be records without harm.
BAD = {
    check.name: check.bad.replace("example.org", "a.example")
    for check in CHECKS
    if check in ERRORS and check.name not in BRINGS and not check.bad.startswith("$TTL")
}
# They cannot come from one line among others of a machine's file.
OF_WHOLE_FILES = {
    "byte-order-mark",
    "missing-owner",
    "owner-after-origin",
    "too-many-mistakes",
    "unbalanced-parenthesis",
}
NOT_FROM_MACHINES = {
    "caa-cut-at-semicolon",  # comments are looked at in what people write
    "caa-forbids-our-account",  # only of accounts, which no build looks at
    "caa-forbids-our-issuer",  # only where a site names its CAs
    "ds-matches-no-key",  # between zones, which no build looks at
    "soa-rname-with-at-sign",  # a machine's SOA is one too many
    "leaked-state",  # each of their files is read alone, and none is ever joined to another
    "missing-apex-ns",
    "missing-soa",
    "missing-ttl",  # there is always the head's, or the zone's `ttl:`
    "unknown-ttl",
    "occluded-glue",  # takes two records, the first of which alone is `missing-glue`
}


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """One zone with a bit of everything."""
    small = SmallSite(tmp_path / "site", [])
    small.add_zone("a.example", HAND)
    small.run()
    return small


def _with_machine(site: SmallSite, text: str | bytes, name: str = "script") -> set[str]:
    """Return what a machine's file adds to the zone, in a run without failure."""
    before = site.records("a.example")
    site.write(f"extra/a.example/{name}", text)
    run = site.run()
    assert (run.code, run.errors) == (0, set())
    assert before <= site.records("a.example")
    return {record.replace(".a.example.", "") for record in site.records("a.example") - before}


def test_every_error_of_the_table_is_tried() -> None:
    errors = {check.name for check in ERRORS}
    tried = set(BRINGS) | set(BAD) | OF_WHOLE_FILES | NOT_FROM_MACHINES
    assert errors - tried == set()


@pytest.mark.parametrize("check", BRINGS)
def test_a_machines_record_that_brings_an_error_is_left_out_alone(
    site: SmallSite, check: str
) -> None:
    added = _with_machine(site, GOOD[0] + BRINGS[check] + GOOD[1])
    assert added == {line.strip() for line in GOOD}
    findings = [f for f in site.run().findings if f.location.path == "extra/a.example/script"]
    assert {f.severity for f in findings} == {Severity.WARNING}
    assert check in {f.check for f in findings}
    last = 2 + BRINGS[check].count("\n")
    assert {f.location.line for f in findings} <= set(range(2, last + 1))


@pytest.mark.parametrize("check", sorted(BAD.keys() - NOT_FROM_MACHINES))
def test_of_records_that_bring_an_error_together_not_all_are_taken(
    site: SmallSite, check: str
) -> None:
    added = _with_machine(site, GOOD[0] + BAD[check] + GOOD[1])
    assert {line.strip() for line in GOOD} <= added
    assert len(added) < len(GOOD) + BAD[check].count("\n")
    assert check in site.run().warnings


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("first 60 TXT good\nx TXT (\nlast 60 TXT good\n", {line.strip() for line in GOOD}),
        ("\ufefffirst 60 TXT good\n", {"first 60 TXT good"}),
        (" 60 TXT x\nfirst 60 TXT good\n", {"first 60 TXT good"}),
        ("$ORIGIN x.a.example.\n 60 TXT x\nfirst 60 TXT good\n", {"first.x 60 TXT good"}),
        ("x A bad\n" * 2000 + "last 60 TXT good\n", set()),
        ("first 60 TXT good", {"first 60 TXT good"}),
        ("first 60 TXT good\r\nx\r\nlast 60 TXT good\r\n", {line.strip() for line in GOOD}),
        ("", set()),
        ("; nothing\n\n", set()),
    ],
    ids=["(", "BOM", "no owner", "no owner behind $ORIGIN", "mistakes", "LF", "CR", "0", "comment"],
)
def test_a_machines_file_that_is_wrong_as_a_whole_gives_what_can_be_read_of_it(
    site: SmallSite, text: str, added: set[str]
) -> None:
    found = {record.replace("first.x", "first.x") for record in _with_machine(site, text)}
    origin = {f"{r.split()[0].removesuffix('.x')}.x {r.split(' ', 1)[1]}" for r in found}
    assert added in (found, origin)


def test_a_record_that_stands_already_is_added_without_harm(site: SmallSite) -> None:
    assert _with_machine(site, "www A 192.0.2.1\n") == set()
    assert site.run().warnings == {"duplicate-record"}
    assert site.serial("a.example") == TODAY  # the content is what it was


def test_under_the_strict_policy_a_machines_warning_keeps_only_its_record_out(
    tmp_path: Path,
) -> None:
    site = SmallSite(tmp_path / "site", [], SITE)
    site.add_zone("a.example", yaml="policy: strict\n")
    site.run()
    assert _with_machine(site, GOOD[0] + "www A 192.0.2.1\n") == {"first 60 TXT good"}


@pytest.mark.parametrize("first", ["$ORIGIN x.a.example.\n", "$TTL 5\n", "$TTL 5\na A 192.0.2.1\n"])
def test_what_one_machine_leaves_behind_never_reaches_another(site: SmallSite, first: str) -> None:
    site.write("extra/a.example/a", first)
    site.run()
    lines = "".join(f"t{i} TXT x\n" for i in range(30))
    assert _with_machine(site, lines, "b") == {f"t{i} 3600 TXT x" for i in range(30)}


def test_of_two_machines_at_odds_only_the_one_that_is_wrong_is_left_out(site: SmallSite) -> None:
    site.write("extra/a.example/script", "_acme 60 TXT token\n")
    site.run()
    assert "_acme 60 TXT token" in site.records("a.example")
    site.write("extra/a.example/evil", "_acme CNAME elsewhere.test.\n")
    assert site.run().code == 0
    assert "_acme.a.example." not in site.built("a.example").replace("_acme\t60", "")
    assert "TXT token" in " ".join(site.records("a.example"))


def test_thousands_of_bad_records_keep_no_good_one_out(site: SmallSite) -> None:
    site.write("extra/a.example/other", "tlsa 60 TXT good\n")
    bad = "".join(f"c{i} TXT x\nc{i} CNAME www\n" for i in range(3000))
    site.write("extra/a.example/script", GOOD[0] + bad + GOOD[1])
    run = site.run()
    assert run.code == 0
    assert {"tlsa 60 TXT good", *(line.strip() for line in GOOD)} <= {
        record.replace(".a.example.", "") for record in site.records("a.example")
    }
    assert len(run.findings) < 300


def test_an_error_that_no_machines_line_is_named_in_is_found_by_trying(tmp_path: Path) -> None:
    """The NS hides the address of the hand-written name server: the error is at its line."""
    site = SmallSite(tmp_path / "site", [])
    site.add_zone("a.example", f"{HAND}@ NS ns3\nns3 A 192.0.2.3\nx.ns3 A 192.0.2.3\n")
    site.run()
    lines = GOOD[0] + "x.ns3 CNAME www\nsub A 192.0.2.1\nmail NS ns1.test.\n" + GOOD[1]
    added = _with_machine(site, lines)
    assert {line.strip() for line in GOOD} <= added


def test_a_rule_of_owners_and_types_binds_a_machines_file(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    entry = '{path: "extra/{zone}/*", owners: ["_acme-challenge", "*._tcp"], types: [TXT, TLSA]}'
    site.add_zone("a.example", yaml=f'fragments: [soa/default, "primary/{{zone}}", {entry}]\n')
    site.run()
    text = "_acme-challenge 60 TXT x\n_acme-challenge A 192.0.2.1\nwww TXT x\n_1._tcp TXT y\n"
    assert _with_machine(site, text) == {"_acme-challenge 60 TXT x", "_1._tcp 3600 TXT y"}
    assert site.run().warnings == {"outside-fragment-rule"}


@pytest.mark.parametrize("kind", ["folder", "fifo", "dangling", "outside", "loop", "large", "mode"])
def test_a_machines_file_that_cannot_be_read_is_told_and_left_out(
    site: SmallSite, kind: str
) -> None:
    site.append("site.yaml", "limits: {fragment_octets: 4096}\n")
    path = site.write("extra/a.example/odd", "x TXT x\n" * (600 if kind == "large" else 1))
    if kind not in ("large", "mode"):
        path.unlink()
    links = {"dangling": "nowhere", "outside": "/etc/hostname", "loop": "odd"}
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        import os

        os.mkfifo(path)
    elif kind in links:
        path.symlink_to(links[kind])
    elif kind == "mode":
        path.write_bytes(b"\x7fELF\0\0\0\n")
    assert _with_machine(site, GOOD[0]) == {"first 60 TXT good"}
    assert site.run().warnings


OWNERS = [
    "@",
    "www",
    "mail",
    "alias",
    "sub",
    "ns.sub",
    "x.moved",
    "moved",
    "*",
    "*.w",
    "new",
    "ptr",
]
RDATA = [
    "A 192.0.2.7",
    "AAAA ::1",
    "TXT x",
    "CNAME www",
    "CNAME new",
    "CNAME alias",
    "DNAME other.test.",
    "NS ns1.test.",
    "NS new",
    "NS www",
    "MX 1 new",
    "SOA a b 1 2 3 4 5",
    f"DS {DS}",
    "NSEC a A",
    "SRV 1 1 1 alias",
    "TYPE65280 \\# 1 00",
    "A bad",
]
LINES = st.tuples(
    st.sampled_from(OWNERS), st.sampled_from(["", "60 ", "3600 "]), st.sampled_from(RDATA)
).map(lambda parts: f"{parts[0]} {parts[1]}{parts[2]}")
DIRECTIVES = st.sampled_from(
    [
        "$ORIGIN x.a.example.",
        "$ORIGIN test.",
        "$TTL 5",
        "$INCLUDE primary/a.example",
        "$INCLUDE soa/default",
        "$INCLUDE extra/a.example/1",
        "$GENERATE 1-3 g$ CNAME www",
        *'()";',
    ]
)
TEXTS = st.lists(LINES | DIRECTIVES, max_size=12).map(lambda lines: "\n".join(lines).encode())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(TEXTS | st.binary(max_size=200), min_size=1, max_size=3))
def test_nothing_in_extra_makes_a_zone_fail_or_takes_a_hand_written_record(
    contents: list[bytes],
) -> None:
    with TemporaryDirectory() as folder:
        site = SmallSite(Path(folder) / "site", [])
        site.add_zone("a.example", HAND)
        site.run()
        before = site.records("a.example")
        for number, content in enumerate(contents):
            site.write(f"extra/a.example/{number}", content)
        run = site.run()
        assert (run.code, run.errors) == (0, set())
        assert before <= site.records("a.example")
        site.append("primary/a.example", "x A bad\n")
        good = site.records("a.example")
        assert site.run().code == 1
        assert before <= site.records("a.example")
        assert site.records("a.example") == good
