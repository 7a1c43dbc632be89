"""`zonebuild watch`: a poll whenever a file changes, until it is told to stop."""

from __future__ import annotations

import argparse
import gc
import signal
from collections.abc import Callable

from zonebuild.cli import fail
from zonebuild.cli.poll import add_site, is_by_hand, tell_poll
from zonebuild.poll.last_run import HAND, WATCH
from zonebuild.poll.run import find_site, is_there

_ABOUT = """\
Does what `zonebuild poll` does, as soon as a source or a feed changes, when something is due, and
every minute. SIGHUP has the repository asked at once, SIGTERM ends it after the build that is under
way. Restart it after an upgrade.
"""
_MOST_SECONDS, _MOST_MILLISECONDS = 3600, 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the site and the pace."""
    parser.description = _ABOUT
    add_site(parser)
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=_whole_number(1, _MOST_SECONDS),
        default=60,
        help="between two updates of the working copy; default: 60",
    )
    parser.add_argument(
        "--debounce",
        metavar="MS",
        type=_whole_number(1, _MOST_MILLISECONDS),
        default=50,
        help="milliseconds from a change to the look at all that changed with it; default: 50",
    )


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number between two bounds."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
            return int(text)
        wanted = f"want a whole number from {least} to {most}"
        raise argparse.ArgumentTypeError(f"{text!a}: {wanted}")

    return read


def run(options: argparse.Namespace) -> int:
    """Watch the site until SIGTERM or SIGINT: 0; 2 where there is no site."""
    from zonebuild.poll.watch import Pace, Watch

    site = find_site(options.folder)
    if not is_there(site):
        return fail(f"{options.folder!a} is no site: it has no folder zones/")
    gc.enable()  # unlike the other commands this one lives long
    pace, kind = Pace(options.interval, options.debounce / 1000), HAND if is_by_hand() else WATCH
    watch = Watch(site, tell=tell_poll, pace=pace, kind=kind)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.stop())
    signal.signal(signal.SIGHUP, lambda *_: watch.update_soon())
    watch.run()
    return 0
