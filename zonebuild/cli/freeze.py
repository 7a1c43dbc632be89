"""`zonebuild freeze`: let what people change wait for a while; what machines make does not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.cli.people import who_asks
from zonebuild.report.text import utc
from zonebuild.site.names import SUFFIX, ZONES_DIRECTORY, file_name
from zonebuild.site.values import Wrong, parse_text
from zonebuild.zonefile.entry import name_key

_PATIENCE = 60.0  # seconds to wait for a run that is under way


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the zone, the time and the reason; or the end of a freeze."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the zone; none: the whole site")
    parser.add_argument(
        "--until", metavar="TIME", help="a date or time (UTC), or a duration such as 2h or 3d"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why, for all who wait")
    parser.add_argument("--end", action="store_true", help="end the freeze")


def run(options: argparse.Namespace) -> int:
    """Freeze or thaw: 0 done, 1 refused, 2 could not."""
    from zonebuild.builder.places import find_places
    from zonebuild.builder.remembered.clock import judge_now
    from zonebuild.files.lock import Lock, LockError
    from zonebuild.files.write import WriteError

    root, now = Path.cwd(), int(time.time())
    places, apex = find_places(root), None
    if not (root / ZONES_DIRECTORY).is_dir():
        return fail(f"{root} is no site: it has no folder {ZONES_DIRECTORY}/")
    if options.name is not None:
        apex = name_key(options.name, ".")
        if apex is None:
            return fail(f"{options.name!a} is not a domain name")
    wrong = _usage_problem(options)
    if wrong:
        return fail(wrong)
    clock = judge_now(places, now)
    if not options.end and not clock.is_trusted:  # it would end at some other time than is meant
        return fail(clock.text())
    try:
        with Lock(places.lock, command="zonebuild freeze", wait=_PATIENCE):
            return _end(root, apex, now) if options.end else _begin(root, apex, options, now)
    except (LockError, WriteError) as error:
        return fail(str(error))


def _usage_problem(options: argparse.Namespace) -> str | None:
    if options.end:
        given = options.until is not None or options.reason is not None
        return "--end takes neither --until nor --reason" if given else None
    if options.until is None or options.reason is None:
        return "want --until TIME and --reason TEXT, or --end"
    reason = parse_text(options.reason)
    return f"--reason {reason.reason}" if isinstance(reason, Wrong) else None


def _begin(root: Path, apex: str | None, options: argparse.Namespace, now: int) -> int:
    from zonebuild.builder.places import find_places
    from zonebuild.builder.plans.freeze import Freeze, parse_until, write_freeze

    until = parse_until(options.until, now)
    if isinstance(until, Wrong):
        return fail(f"--until {options.until!a} {until.reason}")
    if apex is not None and not _is_zone(root, apex):
        print(f"zonebuild: {apex} is no zone of this site", file=sys.stderr)
        return 1
    write_freeze(find_places(root), apex, Freeze(until, options.reason, who_asks()))
    _tell_status(root, now)
    print(f"{apex or 'every zone'} is frozen until {utc(until)}: what people change waits")
    return 0


def _is_zone(root: Path, apex: str) -> bool:
    name = file_name(apex)
    return os.path.lexists(root / ZONES_DIRECTORY / f"{name}{SUFFIX}")


def _end(root: Path, apex: str | None, now: int) -> int:
    from zonebuild.builder.places import find_places
    from zonebuild.builder.plans.freeze import end_freeze, read_freezes

    places = find_places(root)
    if not end_freeze(places, apex):
        print(f"zonebuild: {apex or 'the site'} is not frozen", file=sys.stderr)
        return 1
    _tell_status(root, now)
    print(f"the freeze of {apex or 'the site'} has ended: the next run builds what waited")
    rest = read_freezes(places, now)
    if apex is None and rest.zones:
        print(f"still frozen: {', '.join(rest.zones)}")
    elif apex is not None and rest.site is not None:
        print("still frozen: every zone, by a freeze of the site")
    return 0


def _tell_status(root: Path, now: int) -> None:
    """Let `status` show it before the next run. Errors: WriteError."""
    from zonebuild.builder.outcome import read_outcome
    from zonebuild.builder.places import find_places
    from zonebuild.builder.plans.freeze import read_freezes, tell_freezes

    places = find_places(root)
    outcome = read_outcome(places.outcome)
    if outcome.is_lost:  # the next run says all of it
        return
    freezes = read_freezes(places, now)
    tell_freezes(outcome, freezes, freezes.zones)
    outcome.save(places.outcome)
