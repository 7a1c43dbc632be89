"""`zonebuild lineage list`: where each lineage stands, its keys, and what it waits for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail, wants_colour
from zonebuild.report.text import paint, utc, waiting_lines
from zonebuild.tlsa.state import Key, Order, State

if TYPE_CHECKING:
    from zonebuild.tlsa.rollover import Step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineages."""
    parser.add_argument("lineages", metavar="NAME", nargs="*", help="only these")


def run(options: argparse.Namespace) -> int:
    """Print what the next run would make of the lineages: 0, or 2 where the map is wrong."""
    from zonebuild.builder.lineages.certificates import make_ready
    from zonebuild.builder.lineages.taking import take_lineages
    from zonebuild.cli.site import print_findings, reading_site
    from zonebuild.files.write import WriteError

    with reading_site(Path.cwd()) as run:
        if isinstance(run, int):
            return run
        try:
            ready, findings = make_ready(run)
            if ready is None:
                print_findings(findings)
                return fail("the map of lineages cannot be used")
            steps = take_lineages(ready.wanted, ready.known).steps
        except WriteError as error:
            return fail(str(error))
    unknown = set(options.lineages) - ready.wanted.entries.keys()
    if unknown:
        return fail(f"{', '.join(map(ascii, sorted(unknown)))} is no lineage of tlsa-map.yaml")
    for (name, unit), step in sorted(steps.items()):
        if not options.lineages or name in options.lineages:
            sys.stdout.writelines(f"{line}\n" for line in _lines(name, unit, step))
    return 0


def _lines(name: str, unit: str, step: Step) -> Iterator[str]:
    colour, order = wants_colour(sys.stdout), ", to roll" if step.state.order is Order.ROLL else ""
    yield f"{paint(name, '1', colour)} {unit}: {step.phase.value}{order}"
    for key in step.state.keys:
        yield f"  {key.pin.name} {_what(key, step.state)}"
    yield from (f"  {line}" for line in waiting_lines(step.waiting, colour=colour))


def _what(key: Key, state: State) -> str:
    """Return what *key* is to its track, and since when."""
    words = [_part(key)]
    if key.pin.name in state.compromised:
        words.append("compromised")
    if key.carried:
        words.append(f"carried to {' '.join(key.carried)}")
    return ", ".join(words)


def _part(key: Key) -> str:
    if key.is_current:
        return f"current, exported {utc(key.exported)}"
    if key.exported:
        return f"old, exported {utc(key.exported)}"
    seen = f"at every server since {utc(key.visible)}" if key.visible else "not yet at every server"
    return f"next, listed {utc(key.listed)}, {seen}"
