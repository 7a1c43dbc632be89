"""`zonebuild init`: a new site from the template in the package."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path

from zonebuild.cli import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="missing or empty")


def run(options: argparse.Namespace) -> int:
    """Write the template into the folder: 0 done, 1 refused, 2 could not."""
    folder: Path = options.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.listdir(folder):
            print(f"zonebuild: {folder} is not empty: nothing was written", file=sys.stderr)
            return 1
        with as_file(files("zonebuild") / "template") as template:
            shutil.copytree(
                template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        (folder / "extra").mkdir(exist_ok=True)
    except shutil.Error as error:  # of several files; each is a source, a target and a reason
        _, target, reason = error.args[0][0]
        return fail(f"{target}: {reason}")
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}")
    print(f"a new site is in {folder}: edit zones/, primary/ and site.yaml, then run doit there")
    print(f"under subversion, first of all: svn propset svn:ignore -F {folder}/.svnignore {folder}")
    return 0
