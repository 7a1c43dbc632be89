"""The `zonebuild` command: arguments in, text and an exit code out.

Exit codes: 0 fine, 1 findings (or a difference, or a refusal), 2 could not run.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from zonebuild import __version__

if TYPE_CHECKING:
    import argparse

# The command, the module that has its `add_arguments(parser)` and `run(options)`, and its line.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("check", "zonebuild.cli.check", "check one zone made of these files, or a whole site"),
    ("compile", "zonebuild.cli.compile", "check one zone and write it as one file"),
    ("explain", "zonebuild.cli.explain", "say what a check finds, why, and how to allow it"),
    ("diff", "zonebuild.cli.diff", "show what differs between two zone files"),
    ("status", "zonebuild.cli.status", "show whether all is well, what is wrong, what waits"),
    ("agenda", "zonebuild.cli.agenda", "show what will happen to a site, and what will end"),
    ("approve", "zonebuild.cli.approve", "let a plan that is held be built, after a look at it"),
    ("freeze", "zonebuild.cli.freeze", "let what people change wait until a given time"),
    ("clock", "zonebuild.cli.clock", "show whether the clock is trusted, or accept it as right"),
    ("poll", "zonebuild.cli.poll", "bring a site up to date, build it if need be: the cron entry"),
    ("watch", "zonebuild.cli.watch", "poll a site whenever a file changes"),
    ("init", "zonebuild.cli.init", "write a new site into an empty folder"),
    ("ds", "zonebuild.cli.ds", "print the DS records that a zone's parent is to publish"),
    ("key", "zonebuild.cli.key", "make or accept the key that signs a zone, where no run may"),
    ("remove", "zonebuild.cli.remove", "take a zone that has no file in zones/ any more away"),
    ("config", "zonebuild.cli.config", "write the configuration of signers, servers, secondaries"),
    ("review", "zonebuild.cli.review", "look at a zone before it is served: may it pass?"),
    ("acme", "zonebuild.cli.acme", "get certificates from a CA, renew them, rehearse that"),
    ("token", "zonebuild.cli.token", "put an ACME challenge into the drop-box, wait for it"),
    ("sshfp", "zonebuild.cli.sshfp", "list SSH host keys, let one that is held be published"),
    (
        "export",
        "zonebuild.cli.export",
        "put certificates where hosts fetch them, if TLSA lets it",
    ),
    ("backup", "zonebuild.cli.backup", "list or restore backups of keys and certificates"),
    ("dane", "zonebuild.cli.dane", "compare what services show with their TLSA records"),
    ("lineage", "zonebuild.cli.lineage", "list lineages and their keys; let a key take its turn"),
    ("look", "zonebuild.cli.look", "ask servers and endpoints now, for the next build"),
    ("restart", "zonebuild.cli.restart", "say whether a service shows its new certificate"),
)


def main() -> None:
    """Run the process's own arguments and leave with the exit code.

    The process ends without tearing down its objects: for a zone of a million records that would
    cost most of a second and change nothing.
    """
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # whoever read it has gone, or its disk is full
        code = 2
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what it prints is printed."""
    gc.disable()  # nothing here makes cycles that matter, and a large zone is many objects
    try:
        options = _parser(arguments[:1]).parse_args(arguments)
        code: int = options.run(options)
    except SystemExit as leaving:  # argparse: 0 after --help, 2 for bad usage
        return int(leaving.code or 0)
    except BrokenPipeError:
        _drop_output()
        return 2
    except KeyboardInterrupt:
        return 2
    return code


def fail(message: str) -> int:
    """Say on standard error why the command could not run; return its exit code, 2."""
    print(f"zonebuild: {message}", file=sys.stderr)
    return 2


def wants_colour(stream: object) -> bool:
    """Say whether *stream* is a terminal whose user did not refuse colour (NO_COLOR)."""
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return bool(is_terminal) and not os.environ.get("NO_COLOR")


def _parser(wanted: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the *wanted* command's module is loaded."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="zonebuild", description="Compile DNS zones from files in version control."
    )
    parser.add_argument("--version", action="version", version=f"zonebuild {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    known = [command for command in COMMANDS if command[0] in wanted]
    for name, module_name, line in known or COMMANDS:  # all are only wanted for their list
        command = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        if known:
            module = import_module(module_name)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _drop_output() -> None:
    """Send what is still buffered nowhere: whoever read it has gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
