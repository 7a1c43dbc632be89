"""What `doit check`, `doit diff`, `doit status` and the end of every run print about a site.

Each returns the exit code of the contract: 0 fine, 1 a zone is wrong, 2 could not run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.builder.outcome import Outcome, read_outcome
from zonebuild.builder.places import SiteError, find_places
from zonebuild.cli import fail, wants_colour
from zonebuild.diagnostic import Finding, Severity, has_errors, sort_findings
from zonebuild.files.read import SourceError, read_outside
from zonebuild.report.text import (
    diff_lines,
    finding_lines,
    summary_line,
    visible,
    waiting_lines,
)

if TYPE_CHECKING:
    from zonebuild.builder.preview import Compared
    from zonebuild.builder.run import Run

_LIMIT = 64 << 20  # octets of a source


def tell_outcome(root: Path, outcome: Outcome) -> int:
    """Print what failed, and what is new among the warnings, on standard error.

    Returns 2 where site.yaml is wrong, though the zones were built with its last good copy.
    """
    print_findings(placed(root, outcome.news()))
    places = find_places(root)
    failed = [apex for apex in outcome.failed_zones() if apex]
    is_built = {apex: places.unsigned(apex).exists() for apex in failed}
    _print_failed([a for a in failed if is_built[a]], "the last good part of each is served")
    _print_failed([a for a in failed if not is_built[a]], "never built, so nothing is served")
    return 2 if outcome.has_site_error() else 1 if outcome.failed_zones() else 0


def _print_failed(apexes: Sequence[str], consequence: str) -> None:
    if apexes:
        shown = ", ".join(apexes[:10]) + (f" and {len(apexes) - 10} more" if apexes[10:] else "")
        print(f"failed: {shown}; {consequence}", file=sys.stderr)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print *findings* on standard error."""
    for line in finding_lines(findings, colour=wants_colour(sys.stderr)):
        print(line, file=sys.stderr)


def placed(root: Path, findings: Sequence[Finding]) -> list[Finding]:
    """Return *findings* with the columns that the site's files tell, in the order given."""
    if not findings:
        return []
    from zonebuild.zonefile import decode_source
    from zonebuild.zonefile.locate import fill_columns

    texts: dict[str, str] = {}

    def text_of(path: str) -> str:
        if path not in texts:
            try:
                texts[path] = decode_source(path, read_outside(root / path, _LIMIT)).text
            except SourceError:
                texts[path] = ""
        return texts[path]

    return fill_columns(findings, text_of)


def check_site(root: Path, form: str) -> int:
    """Judge every zone from its sources; write nothing."""
    from zonebuild.builder.preview import judge_zones

    with _reading(root) as run:
        if isinstance(run, int):
            return run
        findings, records = [*run.site_findings, *run.zone_findings], 0
        wrong = 2 if has_errors(run.site_findings) else 1
        for judged in judge_zones(run):
            findings += judged.findings
            zone = judged.candidate.zone
            records += len(zone.records) if zone else 0
    findings = sort_findings(placed(root, list(dict.fromkeys(findings))))
    if form == "json":
        from zonebuild.report.json import findings_json

        print(findings_json(findings, records), end="")
    else:
        for line in finding_lines(findings, colour=wants_colour(sys.stdout)):
            print(line)
        print(summary_line(findings, records), file=sys.stderr)
    return wrong if has_errors(findings) else 0


@contextmanager
def _reading(root: Path) -> Iterator[Run | int]:
    """Give the site for reading, or the exit code where it cannot be read."""
    from zonebuild.builder.run import open_run

    with ExitStack() as stack:
        opened = open_run(root, now=int(time.time()), command="", is_builder=False)
        try:
            run: Run | int = stack.enter_context(opened)
        except SiteError as error:
            print_findings(error.findings)
            run = fail(str(error))
        yield run


def diff_site(root: Path, against: str, form: str) -> int:
    """Show what the sources change in the zones."""
    from zonebuild.builder.preview import compare_zones
    from zonebuild.vcs import VcsError, checked_out

    kind = against or ("built" if (root / "unsigned").is_dir() else "base")
    try:
        with _reading(root) as run:
            if isinstance(run, int):
                return run
            if kind == "built":
                return _print_diffs(list(compare_zones(run, None)), form)
            if kind != "base" and not kind.startswith("rev:"):
                return fail(f"--against={kind}: want base, rev:REV or built")
            revision = kind.partition(":")[2] or None
            with checked_out(root, revision) as folder, _reading(folder) as base:
                if isinstance(base, int):
                    return base
                return _print_diffs(list(compare_zones(run, base)), form)
    except VcsError as error:
        return fail(str(error))


def _print_diffs(compared: Sequence[Compared], form: str) -> int:
    if form == "json":
        import json

        from zonebuild.report.json import diff_object

        objects = [
            {"zone": each.apex, "why": each.why, "diff": each.diff and diff_object(each.diff)}
            for each in compared
        ]
        print(json.dumps(objects, indent=2))
        return 0
    for each in compared:
        print(visible(f"{each.apex}{f' ({each.why})' if each.why else ''}"))
        for line in diff_lines(each.diff, colour=wants_colour(sys.stdout)) if each.diff else ():
            print(f"  {line}")
    return 0


def show_status(root: Path, form: str) -> int:
    """Print what failed and what waits, the worst first."""
    places = find_places(root)
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    outcome = read_outcome(places.outcome)
    findings, waitings = placed(root, outcome.findings()), outcome.waitings()
    if form == "json":
        import json

        from zonebuild.report.json import finding_object, waiting_object

        status = {
            "failures": [finding_object(finding) for finding in findings],
            "waiting": [waiting_object(waiting) for waiting in waitings],
        }
        print(json.dumps(status, indent=2))
    else:
        colour = wants_colour(sys.stdout)
        for line in (
            *finding_lines(findings, colour=colour),
            *waiting_lines(waitings, colour=colour),
        ):
            print(line)
        if not findings and not waitings:
            print("nothing is wrong, nothing waits")
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0
