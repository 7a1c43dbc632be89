"""Ask a service's own programs and files: argument vectors, deadlines, limits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from zonebuild.diagnostic import quoted
from zonebuild.files.read import SourceError, read_outside
from zonebuild.restart.service import COMMAND_SECONDS, MAX_OCTETS, NoSetup
from zonebuild.signers.command import SYSTEM_PATH, Done, run_command


def output_of(words: Sequence[str]) -> str:
    """Return what a command prints. Errors: NoSetup where it fails."""
    done = execute(words)
    if not done.is_ok:
        raise NoSetup(str(done))
    return done.out


def execute(words: Sequence[str], given: str = "") -> Done:
    """Run a command to its end, or to its deadline. given: its standard input."""
    return run_command(words, deadline=COMMAND_SECONDS, given=given, limit=MAX_OCTETS)


def text_of(path: str) -> str:
    """Return the text of a configuration file. Errors: NoSetup."""
    try:
        return read_outside(Path(path), MAX_OCTETS).decode("utf-8", "surrogateescape")
    except SourceError as error:
        raise NoSetup(f"{quoted(path)} {error.reason}") from error


def program(*names: str) -> str:
    """Return the first of *names* that is installed. Errors: NoSetup."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_PATH))
    for name in names:
        if which(name, path=path):
            return name
    raise NoSetup(f"{' and '.join(names)} cannot be found, want one of them in PATH")
