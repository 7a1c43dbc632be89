"""`zonebuild check`: zones made of files, or all zones of a site, judged."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from zonebuild.cli import fail
from zonebuild.cli.sources import SourceFiles, zone_origin
from zonebuild.cli.verdict import FAIL_ON, Wanted, tell_verdict
from zonebuild.compile import Compiled, compile_zone
from zonebuild.files.read import SourceError
from zonebuild.report.told import FORMATS

_POLICIES = ("servers", "default", "strict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `check` takes."""
    add_common_arguments(parser)
    whole = "a site, all its zones, by their own policies; nothing of it is executed"
    parser.add_argument("--site", metavar="DIR", type=Path, help=whole)
    exported = "DIR is an export of a revision, as hooks make: nothing of ours may be in it"
    parser.add_argument("--export", action="store_true", help=exported)
    parser.add_argument("--each", action="store_true", help="every FILE is a zone of its own")
    parser.add_argument(
        "--baseline", metavar="FILE", default="", help="tell only what is not in it"
    )
    parser.add_argument(
        "--save-baseline", metavar="FILE", default="", help="write all that is found now into it"
    )
    parser.add_argument("files", metavar="FILE", nargs="*", help="fragments of one zone, in order")


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `check` and `compile` take."""
    parser.add_argument("--origin", metavar="NAME", help="the apex of the zone")
    parser.add_argument(
        "--policy",
        choices=_POLICIES,
        help="servers: errors are what BIND, Knot or NSD refuse; strict: warnings are errors",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="text")
    parser.add_argument("--fail-on", choices=tuple(FAIL_ON), default="error")
    parser.add_argument(
        "--enable",
        metavar="CHECK",
        action="append",
        default=[],
        type=_check_name,
        help="make a check that is off",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="list what only informs, and what is allowed"
    )


def run(options: argparse.Namespace) -> int:
    """Judge the files, or the site, and report."""
    problem = _misuse(options)
    if problem:
        return fail(problem)
    if options.site is not None:
        from zonebuild.cli.site import check_site

        return check_site(options.site, wanted_by(options), is_export=options.export)
    files = SourceFiles()
    compiled = []
    for names in [[name] for name in options.files] if options.each else [options.files]:
        zone = compile_files(options, files, names)
        if zone is None:
            return 2
        compiled.append(zone)
    return report(compiled, options, files)


def _misuse(options: argparse.Namespace) -> str:
    """Return which options do not go together, "" where they do."""
    if options.site is None:
        return "" if options.files else "no FILE, and no --site DIR"
    if options.files or options.origin or options.policy or options.each:
        return "--site DIR has its zones and their policies in its own files: give nothing else"
    return ""


def wanted_by(options: argparse.Namespace) -> Wanted:
    """Return how findings are to be told."""
    return Wanted(
        form=options.format,
        is_verbose=options.verbose,
        fail_on=FAIL_ON[options.fail_on],
        baseline=getattr(options, "baseline", ""),
        save_baseline=getattr(options, "save_baseline", ""),
        enabled=frozenset(options.enable),
    )


def compile_files(
    options: argparse.Namespace, files: SourceFiles, names: list[str]
) -> Compiled | None:
    """Return the zone that *names* make, None (and a line said) where one has no text."""
    try:
        apex = zone_origin(options.origin, lambda: files.open(names[0]))
        if apex is None:
            fail(f"{options.origin!a} is not a domain name")
            return None
        return compile_zone(
            apex,
            map(files.open, names),
            include=files.include,
            policy=options.policy or "default",
            asked=wanted_by(options).asked,
        )
    except SourceError as error:
        fail(error.reason)
        return None


def report(
    compiled: list[Compiled],
    options: argparse.Namespace,
    files: SourceFiles,
    stream: TextIO | None = None,
) -> int:
    """Print the findings, on standard output unless told otherwise; return the exit code."""
    return tell_verdict(
        (finding for zone in compiled for finding in zone.findings),
        wanted_by(options),
        records=sum(len(zone.zone.records) for zone in compiled),
        silenced=[each for zone in compiled for each in zone.silenced],
        fill_columns=files.fill_columns,
        out=stream,
    )


def _check_name(name: str) -> str:
    """Return *name*, the name of a check. Errors: ArgumentTypeError."""
    from zonebuild.checks.explain import find_check, unknown_name

    if find_check(name) is None:
        raise argparse.ArgumentTypeError(unknown_name(name))
    return name
