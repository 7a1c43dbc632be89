"""`zonebuild diff`: what differs between two zone files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.sources import SourceFiles, zone_origin
from zonebuild.compile import read_fragments
from zonebuild.diagnostic import Finding, has_errors
from zonebuild.diff import Comparison, compare_versions
from zonebuild.files.read import SourceError
from zonebuild.report.diff_blocks import left_out_text
from zonebuild.report.diff_text import MOST_CHANGES, diff_lines
from zonebuild.report.text import finding_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two files, the origin, the format and which types count."""
    parser.add_argument("--origin", metavar="NAME", help="the apex of the zone")
    parser.add_argument("--format", choices=tuple(_WRITERS), default="text")
    parser.add_argument(
        "--dnssec", action="store_true", help="show the types that signers make as well"
    )
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")


def run(options: argparse.Namespace) -> int:
    """Compare the files: 0 the same, 1 different, 2 could not run."""
    files = SourceFiles()
    try:
        old, new = files.open(options.old), files.open(options.new)
    except SourceError as error:
        return fail(error.reason)
    apex = zone_origin(options.origin, lambda: new)
    if apex is None:
        return fail(f"{options.origin!a} is not a domain name")
    sides = [
        read_fragments(apex, [source], default_ttl=None, include=files.include)[0]
        for source in (old, new)
    ]
    findings = [finding for side in sides for finding in side.findings]
    if has_errors(findings):
        return _cannot_compare(files.with_columns(findings))
    before, after = (side.records for side in sides)
    most = 0 if options.format == "json" else MOST_CHANGES
    comparison = compare_versions(apex, before, after, dnssec=options.dnssec, most=most)
    _WRITERS[options.format](comparison)
    if comparison.left_out:
        print(left_out_text(comparison.left_out), file=sys.stderr)
    return 1 if comparison.diff else 0


def _cannot_compare(findings: list[Finding]) -> int:
    for line in finding_lines(findings, colour=wants_colour(sys.stderr)):
        print(line, file=sys.stderr)
    return fail("a zone with errors cannot be compared")


def _print_text(comparison: Comparison) -> None:
    colour = wants_colour(sys.stdout)
    for line in diff_lines(comparison.diff, comparison.effects, colour=colour):
        print(line)


def _print_json(comparison: Comparison) -> None:
    from zonebuild.report.diff_json import diff_json

    print(diff_json(comparison.diff), end="")


def _print_markdown(comparison: Comparison) -> None:
    from zonebuild.report.diff_markdown import zone_markdown

    print(zone_markdown(comparison.diff, comparison.effects), end="")


_WRITERS: dict[str, Callable[[Comparison], None]] = {
    "text": _print_text,
    "json": _print_json,
    "markdown": _print_markdown,
}
