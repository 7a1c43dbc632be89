"""`zonebuild poll`: the cron entry. Bring a site up to date, build it if need be, tell the news."""

from __future__ import annotations

import argparse
import sys

from zonebuild.poll.last_run import HAND, POLL
from zonebuild.poll.run import Caller, Poll, find_site, poll

_ABOUT = """\
Brings the working copy up to date (svn update, git pull --ff-only), looks whether anything a
build depends on has changed or is due, and if so runs doit. Says nothing while all is well; a
failure is told once, again each hour while it lasts, and when it is over. Two at once do no harm.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the site, and whether its working copy is left alone."""
    parser.description = _ABOUT
    add_site(parser)
    parser.add_argument(
        "--no-update", action="store_true", help="leave the working copy as it is, use no network"
    )


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add the site's folder."""
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", default=".", help="the site; default: this folder"
    )


def run(options: argparse.Namespace) -> int:
    """Poll the site once: the exit codes of `doit`."""
    caller = Caller(HAND if is_by_hand() else POLL)
    site = find_site(options.folder)
    return tell_poll(poll(site, is_updated=not options.no_update, caller=caller))


def is_by_hand() -> bool:
    """Return whether a person at a terminal started this: then no next run is expected."""
    return bool(sys.stdin and sys.stdin.isatty())


def tell_poll(done: Poll) -> int:
    """Print what there is to tell on standard error; return the exit code."""
    if done.text:
        print(done.text, end="", file=sys.stderr, flush=True)
    return done.code
