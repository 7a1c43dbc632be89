"""`zonebuild agenda`: what will happen to a site, and what will end."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.cli.status import event_lines

_DAY = 86_400  # seconds
_MOST = 3660  # days


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how far to look."""
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
    """Print the agenda of the site in this folder: 0, or 2 where it could not be read."""
    from zonebuild.status.document import event_object
    from zonebuild.status.overview import look_at_site

    root, now = Path.cwd(), int(time.time())
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    overview = look_at_site(root, now)
    events = [event for event in overview.events if event.at <= now + options.days * _DAY]
    if options.format == "json":
        document = {"version": 1, "now": now, "events": [event_object(event) for event in events]}
        print(json.dumps(document, indent=2))
    else:
        sys.stdout.writelines(f"{line}\n" for line in event_lines(events, now))
        if not events:
            print(f"nothing is known to happen or to end within {options.days} days")
    for each in overview.facts.unreadable:
        fail(each)
    return 2 if overview.facts.unreadable else 0
