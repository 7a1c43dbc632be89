"""What `doit check`, `doit diff` and the end of every run print about a site.

Each returns the exit code of the contract: 0 fine, 1 a zone is wrong, 2 could not run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.builder.bugs import BUG
from zonebuild.builder.outcome import Outcome
from zonebuild.builder.places import SiteError, find_places
from zonebuild.cli import fail, wants_colour
from zonebuild.diagnostic import Finding, Location, Severity, has_errors
from zonebuild.files.read import SourceError, read_outside
from zonebuild.report.text import finding_lines

if TYPE_CHECKING:
    from zonebuild.builder.run import Run
    from zonebuild.checks.allow import Silenced
    from zonebuild.cli.verdict import Wanted

_LIMIT = 64 << 20  # octets of a source
_UNKNOWN = "what is served of each now is not known: query the server"
_STAYS = "the last good part of each is served"


def tell_outcome(root: Path, outcome: Outcome) -> int:
    """Print what failed, and what is new among the warnings, on standard error.

    Returns 2 where site.yaml is wrong, though the zones were built with its last good copy.
    """
    print_findings(placed(root, outcome.news()))
    places = find_places(root)
    refused = outcome.zones_with("handoff-refused")
    _print_zones("not accepted", sorted(refused), _UNKNOWN)
    failed = [apex for apex in outcome.failed_zones() if apex and apex not in refused]
    is_built = {apex: places.unsigned(apex).exists() for apex in failed}
    _print_zones("failed", [a for a in failed if is_built[a]], _STAYS)
    _print_zones(
        "failed", [a for a in failed if not is_built[a]], "never built, so nothing is served"
    )
    held = outcome.held_zones()
    _print_zones("held", held, _STAYS)
    is_ours = outcome.has_site_error() or outcome.has_check(BUG)
    return 2 if is_ours else 1 if outcome.failed_zones() or held else 0


def _print_zones(how: str, apexes: Sequence[str], consequence: str) -> None:
    if apexes:
        shown = ", ".join(apexes[:10]) + (f" and {len(apexes) - 10} more" if apexes[10:] else "")
        print(f"{how}: {shown}; {consequence}", file=sys.stderr)


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


def check_site(root: Path, wanted: Wanted, *, is_export: bool = False) -> int:
    """Judge every zone from its sources; write nothing but a baseline that is asked for.

    is_export: *root* holds a revision and nothing else, as hooks lay it out.
    """
    from zonebuild.builder.judging.preview import judge_zones
    from zonebuild.builder.judging.whole_site import WholeSite
    from zonebuild.cli.verdict import tell_verdict

    with reading_site(root) as run:
        if isinstance(run, int):
            return run
        findings, records = [*run.site_findings, *run.zone_findings], 0
        findings += _committed_by_mistake(root, is_export=is_export)
        silenced: list[Silenced] = []
        wrong = 2 if has_errors(run.site_findings) else 1
        whole = WholeSite(run, wanted.asked)
        for judged in judge_zones(run, whole, wanted.asked):
            findings += judged.findings
            silenced += judged.silenced
            records += judged.records
        across, allowed = whole.judge()
        findings += across
        silenced += allowed
    code = tell_verdict(
        dict.fromkeys(findings),
        wanted,
        records=records,
        silenced=list(dict.fromkeys(silenced)),
        fill_columns=lambda some: placed(root, list(some)),
    )
    return wrong if code == 1 else code


def _committed_by_mistake(root: Path, *, is_export: bool) -> Iterator[Finding]:
    """Yield a finding for each file under version control that is ours to make or to keep."""
    from zonebuild.vcs_update.tracked import exported_by_mistake, tracked_by_mistake

    find = exported_by_mistake if is_export else tracked_by_mistake
    for reason in find(str(root)):
        path = reason.partition(" is ")[0]
        message = f"{reason}: remove it from version control"
        yield Finding(Location(path), Severity.ERROR, "committed-output", message)


@contextmanager
def reading_site(root: Path) -> Iterator[Run | int]:
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
