"""Zones for the tests of checks: text read, assembled and checked, and the corpus of zones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from zonebuild.assemble import assemble, find_leaks
from zonebuild.checks.check import Check
from zonebuild.checks.policy import apply_policy
from zonebuild.checks.table import CHECKS, check_zone
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
    """Return what the checks find in *head* and *body*, joined as one file."""
    return check_zone(read_zone(head + body, apex=apex))


def judge_bytes(
    data: bytes, apex: str, policy: str = "default", checks: tuple[Check, ...] = CHECKS
) -> list[Finding]:
    """Return all that is said of the zone file *data*, from reading it to the policy."""
    fragment = read_fragment(decode_source("zone", data), apex=apex)
    findings = [*fragment.findings, *find_leaks(apex, [fragment])]
    findings += check_zone(assemble(apex, [fragment]), checks)
    return apply_policy(findings, policy)


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
