"""`zonebuild explain`: the page of a check, or the list of all."""

from __future__ import annotations

import argparse

from zonebuild.cli import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the check."""
    parser.add_argument(
        "check", metavar="CHECK", nargs="?", help="as findings name it; all are listed without"
    )


def run(options: argparse.Namespace) -> int:
    """Print the page of the check: 0, or 2 where there is none of that name."""
    from zonebuild.checks.explain import explain, find_check, list_checks, unknown_name

    if options.check is None:
        lines = list_checks()
    else:
        check = find_check(options.check.strip("[]"))
        if check is None:
            return fail(unknown_name(options.check))
        lines = explain(check)
    for line in lines:
        print(line)
    return 0
