"""`zonebuild restart`: whether a service shows the certificate in its files, and the cure.

Exit codes: 0 it does (or does now), 1 a restart is needed or refused, 2 it could not be told.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zonebuild.cli import fail

if TYPE_CHECKING:
    from zonebuild.restart.look import Found
    from zonebuild.restart.service import Setup

_CODES = {"current": 0, "restart needed": 1, "refused": 1, "unknown": 2}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the service, where it is, and whether to act."""
    text = "nginx, apache, nghttpx, postfix, slapd, or a YAML file that describes another one"
    parser.add_argument("service", metavar="SERVICE", help=text)
    text = "reload or restart it where that is needed, and see that it helped"
    parser.add_argument("--do", action="store_true", dest="is_to_do", help=text)
    text = "its configuration, a file or a folder (default: where the service looks itself)"
    parser.add_argument("--config", default="", metavar="PATH", help=text)
    text = "slapd's own socket, ldapi://PATH (default: the one that it was started with)"
    parser.add_argument("--control", default="", metavar="URL", help=text)


def run(options: argparse.Namespace) -> int:
    """Look, act where that is asked for, say how it stands, and return the exit code."""
    from zonebuild.restart.look import State, look
    from zonebuild.restart.service import NoSetup, Place
    from zonebuild.restart.table import find

    try:
        setup = find(options.service, Place(options.config, options.control))
    except NoSetup as reason:
        return fail(str(reason))
    if not setup.pairs:
        return fail(f"the configuration of {options.service} names no certificate that it shows")
    for sentence in setup.passed:
        print(f"zonebuild: warning: {sentence}", file=sys.stderr)
    found = look(setup.pairs, time.time())
    states = {each.state for each in found}
    if State.NEEDED not in states or State.REFUSED in states:
        return _report(found)
    if options.is_to_do:
        return _cure(setup)
    print(f"the cure: {setup.how} (`--do` does it)")
    return _report(found)


def _cure(setup: Setup) -> int:
    from zonebuild.restart.cure import cure, wait_until_current, why_not_to_cure

    problem = why_not_to_cure(setup)
    if problem:
        print(f"zonebuild: refused, the configuration is at fault: {problem}", file=sys.stderr)
        return 1
    problem = cure(setup)
    if problem:
        print(f"zonebuild: {problem}", file=sys.stderr)
        return 1
    print(f"done: {setup.how}")
    return _report(wait_until_current(setup))


def _report(found: Sequence[Found]) -> int:
    for each in found:
        code = _CODES[each.state.value]
        print(f"{each.state.value}: {each.text}", file=sys.stderr if code else sys.stdout)
    return max(_CODES[each.state.value] for each in found)
