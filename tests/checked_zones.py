"""Zones for the tests of checks: text read, assembled and checked, and the corpus of zones."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from zonebuild.assemble import assemble, find_leaks
from zonebuild.checks.check import Check
from zonebuild.checks.policy import apply_policy
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.checks.settings import Settings
from zonebuild.checks.source_text import text_findings
from zonebuild.checks.table import CHECKS, check_zone, chosen
from zonebuild.diagnostic import Finding
from zonebuild.model import Zone
from zonebuild.zonefile import decode_source, read_fragment

CORPUS = Path(__file__).parent / "corpus"
APEX = "example.org."
HEAD = """$TTL 3600
@ SOA ns hostmaster 1 14400 3600 604800 600
@ NS ns
ns A 192.0.2.1
"""
# Every zone here has one server, at an address for documentation: said only where it is wanted.
ABOUT_THE_HEAD = frozenset(
    {"single-name-server", "ns-address-not-global", "ns-unreachable-by-family"}
)
NOW = 1_790_000_000  # September 2026
HEAD_LINES = HEAD.count("\n")
_APEX = re.compile(r"; apex: (\S+)")
_EXPECT = re.compile(r"(^)?; expect(?P<below> below)?: (\S+)(?: (\w+))?")


class Expected(NamedTuple):
    """A finding that a line of the corpus announces. line: 0 for the zone as a whole."""

    line: int
    check: str
    severity: str | None


def read_zone(*texts: str, apex: str = APEX) -> Zone:
    """Return the zone of *texts*, each a fragment of its own; all must be read without finding."""
    sources = [decode_source(f"primary/{i}", text.encode()) for i, text in enumerate(texts)]
    fragments = [read_fragment(source, apex=apex, default_ttl=3600) for source in sources]
    assert [finding for fragment in fragments for finding in fragment.findings] == []
    return assemble(apex, fragments)


def findings_of(body: str, *, head: str = HEAD, apex: str = APEX) -> list[Finding]:
    """Return what the usual checks find in *head* and *body*, joined as one file."""
    found = check_zone(read_zone(head + body, apex=apex))
    return [finding for finding in found if finding.check not in ABOUT_THE_HEAD]


def found_by(check: str, body: str, *, head: str = HEAD, apex: str = APEX) -> list[Finding]:
    """Return what *check* alone finds in *head* and *body*, joined as one file."""
    (entry,) = [entry for entry in CHECKS if entry.name == check]
    return check_zone(read_zone(head + body, apex=apex), [entry])


def judge_bytes(
    data: bytes,
    apex: str,
    policy: str = "default",
    checks: Sequence[Check] = CHECKS,
    wanted: Collection[str] = (),
) -> list[Finding]:
    """Return all that is said of the zone file *data*, from reading it to the policy.

    wanted: names of checks that are made though they are off, only inform, or judge the head.
    """
    source = decode_source("zone", data)
    fragment = read_fragment(source, apex=apex)
    findings = [*fragment.findings, *find_leaks(apex, [fragment])]
    off = {check.name for check in READER_CHECKS if check.is_off}.difference(wanted)
    findings += [found for found in text_findings(source) if found.check not in off]
    issuers = tuple(name.decode() for name in re.findall(rb"; issuers: (\S+)", data))
    made = chosen(checks, switched_on=wanted)
    findings += check_zone(assemble(apex, [fragment]), made, Settings(issuers=issuers, now=NOW))
    passed = ABOUT_THE_HEAD.difference(wanted)
    return [f for f in apply_policy(findings, policy) if f.check not in passed]


def corpus_file(path: Path) -> tuple[bytes, str, list[Expected]]:
    """Return the octets of a zone of the corpus, its apex, and the findings it announces."""
    data = path.read_bytes()
    text = data.decode("latin-1")
    found = _APEX.search(text)
    assert found, f"{path.name} has no '; apex:' line"
    return data, found[1], _expected(text.split("\n"))


def _expected(lines: Sequence[str]) -> list[Expected]:
    expected = []
    for number, line in enumerate(lines, 1):
        match = _EXPECT.search(line)
        if match:
            whole_zone = match[1] is not None and not match["below"]
            where = 0 if whole_zone else number + bool(match["below"])
            expected.append(Expected(where, match[3], match[4]))
    return expected
