"""`zonebuild agenda`: what will happen to a site, and what will end."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.cli.poll import add_site
from zonebuild.cli.status import event_lines, timeless_lines

_DAY = 86_400  # seconds
_MOST = 3660  # days


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the site, and how far to look."""
    add_site(parser)
    parser.add_argument(
        "--days",
        metavar="N",
        type=_days,
        default=30,
        help="how many days from now; default: 30",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _days(text: str) -> int:
    """Return a number of days."""
    if text.isascii() and text.isdigit() and int(text[:6]) <= _MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!a}: expected a whole number of days up to {_MOST}")


def run(options: argparse.Namespace) -> int:
    """Print the agenda of the site: 0, or 2 where it could not be read."""
    from zonebuild.report.json import waiting_object
    from zonebuild.status.document import event_object
    from zonebuild.status.overview import look_at_site

    root, now = Path(options.folder).absolute(), int(time.time())
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    overview = look_at_site(root, now)
    events = [event for event in overview.events if event.at <= now + options.days * _DAY]
    timeless = [waiting for waiting in overview.waitings if waiting.until is None]
    if options.format == "json":
        document = {
            "version": 1,
            "now": now,
            "events": [event_object(event) for event in events],
            "waiting": [waiting_object(waiting) for waiting in timeless],
        }
        print(json.dumps(document, indent=2))
    else:
        lines = [*event_lines(events, now), *timeless_lines(timeless)]
        print(*lines or [f"nothing is known to happen or to end in {options.days} days"], sep="\n")
    for each in overview.facts.unreadable:
        fail(each)
    return 2 if overview.facts.unreadable else 0
