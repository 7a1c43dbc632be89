"""`zonebuild status`: whether all is well; what is wrong, what waits, what will happen."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.poll import add_site

if TYPE_CHECKING:
    from zonebuild.diagnostic import Waiting
    from zonebuild.status.agenda import Event
    from zonebuild.status.overview import Overview

FORMATS = ("text", "json", "prometheus")
_UNKNOWN = 3  # the exit code of a monitoring plugin that could not do its work
_NO_SITE = "{} is no site: it has no folder zones/"
_MOST = 50  # findings, and things that wait, that are listed without `--all`
_ABOUT = """\
The first line says whether all is well. Then what is wrong, the worst first, what waits and until
when, and with --all what will happen and what will end. Read from files, judged by the time of now:
it is right also when nothing else runs any more. Exit code: 0 nothing is wrong, 1 something is,
2 could not run; with --nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the site, the form, and how much of it."""
    parser.description = _ABOUT
    add_site(parser)
    parser.add_argument("--all", action="store_true", help="also what will happen, and accounts")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--format", choices=FORMATS, default="text")
    how.add_argument(
        "--nagios", action="store_true", help="as a monitoring plugin: its line and exit codes"
    )


def run(options: argparse.Namespace) -> int:
    """Print where the site stands."""
    form = "nagios" if options.nagios else options.format
    return show_status(Path(options.folder).absolute(), form, is_all=options.all)


def show_status(root: Path, form: str, *, is_all: bool = False) -> int:
    """Print where the site at *root* stands; return the exit code, which *form* decides."""
    if form == "nagios":
        return _show_as_plugin(root)
    if not (root / "zones").is_dir():
        return fail(_NO_SITE.format(root))
    from zonebuild.status.overview import look_at_site

    overview = look_at_site(root, int(time.time()))
    if form == "json":
        import json

        from zonebuild.status.document import status_document

        print(json.dumps(status_document(overview), indent=2))
    elif form == "prometheus":
        from zonebuild.status.metrics import prometheus_lines

        print(*prometheus_lines(overview), sep="\n")
    else:
        print(*_lines(overview, is_all=is_all), sep="\n")
    return overview.exit_code


def _show_as_plugin(root: Path) -> int:
    """Print the line of a monitoring plugin; return its exit code, also where all goes wrong."""
    from zonebuild.status.overview import look_at_site

    if not (root / "zones").is_dir():
        print(f"ZONEBUILD UNKNOWN - {_NO_SITE.format(root)}")
        return _UNKNOWN
    try:
        overview = look_at_site(root, int(time.time()))
        lines = list(_nagios_lines(overview))
    except Exception as error:  # noqa: BLE001  # exit code 1 of a traceback would read as WARNING
        import traceback

        traceback.print_exc()
        print(f"ZONEBUILD UNKNOWN - this is a bug of zonebuild: {type(error).__name__}: {error}")
        return _UNKNOWN
    print(*lines, sep="\n")
    return int(overview.level)


def _lines(overview: Overview, *, is_all: bool, colour: bool | None = None) -> Iterator[str]:
    """Yield the headline, then what is wrong, what waits and, where *is_all*, what will happen."""
    from zonebuild.builder.delivery.arrival_state import lag_line
    from zonebuild.cli.site import placed
    from zonebuild.report.text import finding_lines, visible, waiting_lines

    colour = wants_colour(sys.stdout) if colour is None else colour
    yield visible(overview.headline())
    most = None if is_all else _MOST
    shown = placed(overview.facts.places.root, overview.findings[:most])
    yield from finding_lines(shown, colour=colour)
    yield from _left_out(len(overview.findings) - len(shown), "of what is wrong")
    yield from (f"unknown: {visible(each)}" for each in overview.facts.unreadable)
    waitings = overview.waitings[:most]
    yield from waiting_lines(waitings, colour=colour)
    yield from _left_out(len(overview.waitings) - len(waitings), "of what waits")
    if lag := lag_line(overview.facts.places):
        yield lag
    if is_all:
        yield from event_lines(overview.events, overview.facts.now)
        for ca, url in overview.facts.accounts.items():
            yield f"ACME account with {ca}: {visible(url)}"


def _left_out(number: int, what: str) -> Iterator[str]:
    if number:
        yield f"{number} more {what}: `zonebuild status --all`"


def event_lines(events: Sequence[Event], now: int) -> Iterator[str]:
    """Yield a line for each of *events*: when it is expected, how far that is, and what it is.

    now: Unix seconds.
    """
    from zonebuild.report.text import utc, visible
    from zonebuild.status.spans import from_now

    for event in events:
        yield f"{utc(event.at)}  {from_now(event.at - now):>11}  {visible(event.what)}"


def timeless_lines(waitings: Sequence[Waiting]) -> Iterator[str]:
    """Yield a line for each of *waitings*, which have no time: somebody has to do something."""
    from zonebuild.report.text import visible

    for waiting in waitings:
        what = visible(f"{waiting.what}: {waiting.way_on}")
        yield f"{'no time is known':23}  {'':>11}  {what}"


def _nagios_lines(overview: Overview) -> Iterator[str]:
    """Yield the line of a monitoring plugin with its performance data, then the long text.

    Spec: Monitoring Plugins Development Guidelines: `|` begins performance data wherever it stands.
    """
    from zonebuild.report.text import visible
    from zonebuild.status.metrics import metrics

    data = " ".join(metric.text() for metric in metrics(overview))
    line = visible(overview.headline()).replace("|", "/")
    yield f"ZONEBUILD {overview.level.name} - {line} | {data}"
    long_text = list(_lines(overview, is_all=False, colour=False))[1:]
    yield from (each.replace("|", "/") for each in long_text)
