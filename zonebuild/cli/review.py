"""`zonebuild review`: a last look at a zone before it is served, for NSD's `verify:` and the like.

Types that signers make are left out. Where there is a site that has the zone, its policy and what
it allows hold. Exit code 0 lets the zone pass, 1 refuses it, 2 could not look.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.cli import fail, wants_colour
from zonebuild.diagnostic import Finding, Severity, sort_findings
from zonebuild.zonefile.entry import name_key

if TYPE_CHECKING:
    from zonebuild.model import Records
    from zonebuild.site.config import ZoneConfig
    from zonebuild.zonefile import Source

_LIMIT = 1 << 30  # octets of a zone
_STDIN = "standard input"
_POLICIES = ("servers", "default", "strict")


class Judged(NamedTuple):
    """A served zone. errors: what refuses it. records: all but those that signers make."""

    errors: list[Finding]
    records: Records


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the zone, where it comes from, and what it is compared with."""
    parser.add_argument("--origin", metavar="NAME", help="the zone; default: $VERIFY_ZONE of NSD")
    parser.add_argument(
        "--axfr", metavar="HOST[:PORT]", help="transfer it; default: read standard input"
    )
    parser.add_argument(
        "--built", action="store_true", help="refuse what differs from the zone in unsigned/"
    )
    parser.add_argument("--policy", choices=_POLICIES, help="default: the zone's own in its site")
    site = "the site; default: this folder"
    parser.add_argument("--site", metavar="DIR", type=Path, default=Path(), help=site)


def run(options: argparse.Namespace) -> int:
    """Judge the zone: 0 let it pass, 1 refuse it, 2 could not look."""
    named = options.origin or os.environ.get("VERIFY_ZONE")
    apex = name_key(named, ".") if named else None
    if apex is None:
        return fail(f"{named!a} is not a domain name" if named else "no zone, want --origin NAME")
    source = _transferred(apex, options.axfr) if options.axfr else _given()
    if isinstance(source, str):
        return fail(source)
    judge = Judge(apex, options.site, options.policy)
    served = judge.judged(source)
    if not options.built:
        return _tell_errors(served.errors)
    built = _built(apex, options.site)
    if isinstance(built, str):
        return fail(built)
    known = judge.judged(built)
    code = _tell_errors(_without(served.errors, known.errors))
    return max(code, _tell_difference(apex, known.records, served.records))


def _given() -> Source | str:
    """Return the zone on standard input, or why it cannot be had."""
    from zonebuild.zonefile import decode_source

    try:
        data = sys.stdin.buffer.read(_LIMIT + 1)
    except OSError as error:
        return f"{_STDIN} cannot be read: {(error.strerror or 'unknown error').lower()}"
    if len(data) > _LIMIT:
        return f"{_STDIN} has more than {_LIMIT} octets"
    return decode_source(_STDIN, data)


def _transferred(apex: str, place: str) -> Source | str:
    """Return the zone that the server at *place* sends, or why it cannot be had."""
    from zonebuild.probe.transfer import TransferError, Transfers, parse_server
    from zonebuild.zonefile import decode_source

    server = parse_server(place)
    if server is None:
        return f"--axfr {place!a}: want HOST, HOST:PORT or [IPV6]:PORT"
    try:
        text = Transfers(server, limit=_LIMIT).zone(apex)
    except TransferError as error:
        return f"{server} {error}"
    return decode_source(f"axfr:{server}", text.encode("ascii"))


def _built(apex: str, root: Path) -> Source | str:
    """Return the built zone, or why there is none."""
    from zonebuild.builder.places import find_places
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.zonefile import decode_source

    path = find_places(root).unsigned(apex)
    try:
        return decode_source(str(path), read_outside(path, _LIMIT))
    except SourceError as error:
        return f"{path} {error.reason}, so nothing can be compared with it"


class Judge:
    """Judges versions of one zone as its site would.

    root: where its site is, if it has one. policy: instead of the one of the zone's YAML.
    """

    def __init__(self, apex: str, root: Path, policy: str | None = None) -> None:
        self._apex, self._root, self._policy = apex, root, policy

    def judged(self, source: Source) -> Judged:
        """Return the errors and the records of the zone that *source* has."""
        from zonebuild.builder.making.overrides import allows_of, apply_severities
        from zonebuild.compile import Judgement, judge_fragments
        from zonebuild.zonefile import read_fragment

        fragment = read_fragment(source, apex=self._apex)
        records = without_signer_types(fragment.records)
        found, config = (*source.findings, *fragment.findings), self._config
        policy = self._policy or (config.policy if config else "default")
        by = Judgement(policy, allows=allows_of(config) if config else ())
        fragments = [replace(fragment, records=records, findings=found)]
        findings = judge_fragments(self._apex, fragments, by, written=0).findings
        if config is not None:
            findings = apply_severities(findings, config)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        return Judged(sort_findings(errors), records)

    @cached_property
    def _config(self) -> ZoneConfig | None:
        """What the site says of the zone, None where it has no such zone, or there is no site."""
        from zonebuild.builder.places import SiteError
        from zonebuild.builder.run import open_run

        try:
            with open_run(self._root, now=0, command="", is_builder=False) as opened:
                site = opened.site
                return site.zones.get(self._apex) or site.fallbacks.get(self._apex)
        except SiteError:
            return None


def without_signer_types(records: Records) -> Records:
    """Return *records* without those of the types that signers make, in the same order."""
    from zonebuild.diff.records import DNSSEC_TYPES
    from zonebuild.model import Records
    from zonebuild.rdata.types import type_number

    left_out = {type_number(rdtype) for rdtype in DNSSEC_TYPES}
    keeps = [rdtype not in left_out for rdtype in records.rdtypes]
    kept = Records(names=records.names)
    for column in ("owners", "rdtypes", "ttls", "lines"):
        getattr(kept, column).extend(compress(getattr(records, column), keeps))
    places = [row for row, is_kept in enumerate(keeps) if is_kept]
    rows = {old: new for new, old in enumerate(places)}
    for old, target in zip(records.target_rows, records.targets, strict=True):
        if old in rows:
            kept.target_rows.append(rows[old])
            kept.targets.append(target)
    start = 0
    for block in records.blocks:
        lines = block.text.split("\n")[:-1]
        left = list(compress(lines, keeps[block.start : block.start + len(lines)]))
        if left:
            text = "".join(f"{line}\n" for line in left)
            kept.blocks.append(block._replace(start=start, text=text))
            start += len(left)
    return kept


def _without(errors: Sequence[Finding], known: Sequence[Finding]) -> list[Finding]:
    """Return *errors* without those that the built zone has as well: its sources allow them."""
    allowed = {(finding.check, finding.message) for finding in known}
    return [finding for finding in errors if (finding.check, finding.message) not in allowed]


def _tell_errors(errors: Sequence[Finding]) -> int:
    from zonebuild.report.text import finding_lines

    for line in finding_lines(errors, colour=wants_colour(sys.stdout)):
        print(line)
    return 1 if errors else 0


def _tell_difference(apex: str, built: Records, served: Records) -> int:
    """Print what *served* has otherwise than *built*: 0 nothing but the serial, 1 something."""
    from zonebuild.diff import compare_versions
    from zonebuild.report.diff_text import MOST_CHANGES, diff_lines

    comparison = compare_versions(apex, built, served, most=MOST_CHANGES)
    if not comparison.diff:
        return 0
    print(f"{apex} is not the zone that was built:")
    for line in diff_lines(comparison.diff, (), colour=wants_colour(sys.stdout)):
        print(f"  {line}")
    return 1
