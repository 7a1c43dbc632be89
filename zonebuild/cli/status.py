"""`zonebuild status`: what failed, what is held, what waits."""

from __future__ import annotations

import argparse
from pathlib import Path

from zonebuild.cli.site import show_status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the format."""
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the state of the site in this folder."""
    return show_status(Path.cwd(), options.format)
