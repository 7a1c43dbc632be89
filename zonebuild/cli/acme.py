"""`zonebuild acme run|account|revoke|rehearse`: certificates from a CA.

Exit codes: 0 done or nothing to do, 1 a certificate was not got, or a refusal, 2 could not run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail

if TYPE_CHECKING:
    from zonebuild.acme.world import Report, World

_COMMAND = "zonebuild acme"
_NEEDED = ("acme", "josepy", "publicsuffixlist")
REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(metavar="run|account|revoke|rehearse", required=True)
    line = "ask for what is due, or for what is named"
    run = _action(actions, "run", line, _run)
    run.add_argument("names", metavar="LINEAGE", nargs="*", help="default: all with `issue:`")
    text = "whether it is due or not, and after failures too; counted"
    run.add_argument("--force", action="store_true", help=text)
    run.add_argument("--verbose", action="store_true", help="tell also what went well")
    account = _action(actions, "account", "look at, make, change or end an account", _account)
    account.add_argument("what", choices=("show", "register", "rekey", "deactivate"))
    account.add_argument("--ca", default="", metavar="NAME", help="as `acme.ca` calls it")
    account.add_argument("--staging", action="store_true", help="at its staging directory")
    text = "with another key than that of an account that has ended"
    account.add_argument("--new-key", action="store_true", help=text)
    revoke = _action(actions, "revoke", "revoke the newest certificate of a lineage", _revoke)
    revoke.add_argument("name", metavar="LINEAGE")
    revoke.add_argument("--reason", choices=REASONS, default="unspecified")
    line = "go through a whole renewal at the staging directory, and report"
    rehearse = _action(actions, "rehearse", line, _rehearse)
    rehearse.add_argument("names", metavar="LINEAGE", nargs="*", help="default: the first of all")
    text = "a service whose restart is tried dry, any number of times"
    rehearse.add_argument("--service", action="append", default=[], metavar="SERVICE", help=text)
    text = "at the CA's own directory, where it has none for trials: a CA for tests"
    rehearse.add_argument("--no-staging", action="store_true", help=text)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    line: str,
    act: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    command = actions.add_parser(name, help=line, description=line, allow_abbrev=False)
    command.set_defaults(act=act)
    return command


def run(options: argparse.Namespace) -> int:
    """Run the action on the site in this folder."""
    code: int = options.act(options)
    return code


def run_site(root: Path, names: tuple[str, ...] = (), *, force: bool, verbose: bool) -> int:
    """Ask for what is due in the site at *root*; return the exit code."""
    from zonebuild.acme.idle import is_idle, seconds_since_last_run

    begun, now = time.time_ns(), int(time.time())
    if not force and not names and is_idle(root, now):
        return _noted(root, now)
    gap = seconds_since_last_run(root, now)

    def ask(world: World) -> int:
        unknown = [name for name in names if name not in world.plan.entries]
        if unknown:
            return fail(f"no lineage {unknown[0]!a} in tlsa-map.yaml has `issue:`")
        if not world.plan.entries and not world.plan.findings and not world.state.findings:
            return _noted(root, now)
        from zonebuild.acme.opening import remember
        from zonebuild.acme.run import run_acme
        from zonebuild.acme.world import Options

        report = run_acme(world, Options(names, is_forced=force, gap=gap))
        remember(world, begun)
        code = _told(root, world, report, verbose=verbose or sys.stdout.isatty())
        return max(code, _noted(root, now))

    return _with_world(root, ask)


def _noted(root: Path, now: int) -> int:
    """Note a run that came to its end; return 0, or 2 where that cannot be kept."""
    from zonebuild.poll.last_run import ACME, note_run

    refusal = note_run(str(root), ACME, now)
    return fail(refusal) if refusal else 0


def rehearse_site(root: Path) -> int:
    """Rehearse a renewal of the first lineage of the site at *root*; return the exit code."""
    return _rehearse(argparse.Namespace(names=[], service=[], no_staging=False), root)


def _with_world(root: Path, act: Callable[[World], int]) -> int:
    """Open the site, tell what is wrong with it, and return what *act* does: 2 if it cannot."""
    from zonebuild.acme.clock import Clock
    from zonebuild.acme.opening import open_world
    from zonebuild.acme.problem import AcmeError
    from zonebuild.builder.places import SiteError
    from zonebuild.cli.site import placed, print_findings
    from zonebuild.files.lock import LockError
    from zonebuild.files.write import WriteError

    lacking = [name for name in _NEEDED if find_spec(name) is None]
    if lacking:
        return fail(f"acme needs the Python package {lacking[0]}: install zonebuild[acme]")
    try:
        with open_world(root, Clock(), _COMMAND) as world:
            print_findings(placed(root, [*world.plan.findings, *world.state.findings]))
            return act(world)
    except SiteError as error:
        print_findings(error.findings)
        return fail(str(error))
    except (AcmeError, LockError, WriteError) as error:
        return fail(str(error))


def _told(root: Path, world: World, report: Report, *, verbose: bool) -> int:
    from zonebuild.cli.site import placed, print_findings
    from zonebuild.report.text import utc

    if verbose:
        for name in report.proven:
            print(f"{name}: the staging directory gave a certificate")
        for name, chain in report.issued.items():
            print(f"{name}: issued, until {utc(chain.held.lifetime.end)}")
        for name in report.exported:
            print(f"{name}: exported")
        for waiting in report.waitings:
            until = f" until {utc(waiting.until)}" if waiting.until else ""
            print(f"waits: {waiting.what}{until}: {waiting.why}; {waiting.way_on}")
    print_findings(placed(root, report.findings))
    return 1 if world.plan.findings or world.state.findings or report.findings else 0


def _run(options: argparse.Namespace) -> int:
    return run_site(Path.cwd(), tuple(options.names), force=options.force, verbose=options.verbose)


def _account(options: argparse.Namespace) -> int:
    from zonebuild.cli.acme_account import change_account

    return _with_world(Path.cwd(), lambda world: change_account(world, options))


def _revoke(options: argparse.Namespace) -> int:
    from zonebuild.cli.acme_account import revoke

    reason = REASONS[options.reason]
    return _with_world(Path.cwd(), lambda world: revoke(world, options.name, reason))


def _rehearse(options: argparse.Namespace, root: Path | None = None) -> int:
    from zonebuild.cli.acme_rehearse import rehearse

    return _with_world(root or Path.cwd(), lambda world: rehearse(world, options))
