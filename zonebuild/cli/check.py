"""`zonebuild check`: one zone made of files, judged."""

from __future__ import annotations

import argparse
import sys
from typing import TextIO

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.sources import SourceFiles, zone_origin
from zonebuild.compile import Compiled, compile_zone
from zonebuild.diagnostic import Finding, Severity
from zonebuild.files.read import SourceError

_FAIL_ON = {severity.label: severity for severity in (Severity.ERROR, Severity.WARNING)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `check` and `compile` take."""
    parser.add_argument("--origin", metavar="NAME", help="the apex of the zone")
    parser.add_argument(
        "--policy",
        choices=("servers", "default", "strict"),
        default="default",
        help="servers: errors are what BIND, Knot or NSD refuse; strict: warnings are errors",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--fail-on", choices=tuple(_FAIL_ON), default="error")
    parser.add_argument("files", metavar="FILE", nargs="+", help="fragments, in order")


def run(options: argparse.Namespace) -> int:
    """Judge the files and report."""
    compiled = compile_files(options)
    if compiled is None:
        return 2
    report(compiled, options)
    return 1 if fails(compiled.findings, options) else 0


def compile_files(options: argparse.Namespace) -> Compiled | None:
    """Return the zone that the named files make, None (and a line said) where one has no text."""
    files = SourceFiles()
    try:
        apex = zone_origin(options.origin, lambda: files.open(options.files[0]))
        if apex is None:
            fail(f"{options.origin!a} is not a domain name")
            return None
        sources = map(files.open, options.files)
        compiled = compile_zone(apex, sources, include=files.include, policy=options.policy)
    except SourceError as error:
        fail(error.reason)
        return None
    return Compiled(compiled.zone, files.with_columns(compiled.findings))


def fails(findings: list[Finding], options: argparse.Namespace) -> bool:
    """Say whether any finding is as bad as `--fail-on` says."""
    least = _FAIL_ON[options.fail_on]
    return any(finding.severity >= least for finding in findings)


def report(compiled: Compiled, options: argparse.Namespace, stream: TextIO | None = None) -> None:
    """Print the findings in the format asked for, on standard output unless told otherwise."""
    out = stream if stream is not None else sys.stdout
    records = len(compiled.zone.records)
    if options.format == "json":
        from zonebuild.report.json import findings_json

        print(findings_json(compiled.findings, records), end="", file=out)
        return
    from zonebuild.report.text import finding_lines, summary_line

    for line in finding_lines(compiled.findings, colour=wants_colour(out)):
        print(line, file=out)
    print(summary_line(compiled.findings, records), file=sys.stderr)
