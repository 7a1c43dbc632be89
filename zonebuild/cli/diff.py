"""`zonebuild diff`: what differs between two zone files."""

from __future__ import annotations

import argparse
import sys

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.sources import SourceFiles, zone_origin
from zonebuild.compile import read_fragments
from zonebuild.diagnostic import Finding, has_errors
from zonebuild.diff import diff_records
from zonebuild.files.read import SourceError
from zonebuild.model import ZoneDiff
from zonebuild.report.text import diff_lines, finding_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two files, the origin and the format."""
    parser.add_argument("--origin", metavar="NAME", help="the apex of the zone")
    parser.add_argument("--format", choices=("text", "json"), default="text")
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
    diff = diff_records(apex, sides[0].records, sides[1].records)
    _print(diff, options.format)
    return 1 if diff else 0


def _cannot_compare(findings: list[Finding]) -> int:
    for line in finding_lines(findings, colour=wants_colour(sys.stderr)):
        print(line, file=sys.stderr)
    return fail("a zone with errors cannot be compared")


def _print(diff: ZoneDiff, form: str) -> None:
    if form == "json":
        from zonebuild.report.json import diff_json

        print(diff_json(diff), end="")
        return
    for line in diff_lines(diff, colour=wants_colour(sys.stdout)):
        print(line)
