"""`zonebuild status`: what failed, what is held, what waits."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from zonebuild.builder.outcome import read_outcome
from zonebuild.builder.places import find_places
from zonebuild.cli import fail, wants_colour
from zonebuild.cli.site import placed
from zonebuild.diagnostic import Severity
from zonebuild.plan import HELD
from zonebuild.report.text import finding_lines, waiting_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the state of the site in this folder."""
    return show_status(Path.cwd(), options.format)


def show_status(root: Path, form: str) -> int:
    """Print what failed and what waits, the worst first."""
    from zonebuild.acme.state import waiting_certificates
    from zonebuild.builder.delivery.arrival_state import lag_line

    places = find_places(root)
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    outcome = read_outcome(places.outcome)
    findings = placed(root, outcome.findings())
    waitings = [*outcome.waitings(), *waiting_certificates(root, int(time.time()))]
    if form == "json":
        from zonebuild.report.json import finding_object, waiting_object

        status = {
            "failures": [finding_object(finding) for finding in findings],
            "waiting": [waiting_object(waiting) for waiting in waitings],
        }
        print(json.dumps(status, indent=2))
    else:
        colour = wants_colour(sys.stdout)
        for line in (
            *finding_lines(findings, colour=colour),
            *waiting_lines(waitings, colour=colour),
        ):
            print(line)
        if not findings and not waitings:
            print("nothing is wrong, nothing waits")
        if lag := lag_line(places):
            print(lag)
    is_wrong = any(f.severity is Severity.ERROR or f.check == HELD for f in findings)
    return 1 if is_wrong else 0
