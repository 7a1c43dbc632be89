"""The stages of a site as pydoit tasks: a `dodo.py` names them, doit orders them.

A stage that meets bad data has done its job: it records what failed and goes on. Only the
machine's failures fail a task, and `outcome`, the last, turns what was recorded into messages and
the exit code: 0 all built, 1 a zone failed or is held, 2 the machine or the configuration.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidCommand

from zonebuild.report.quiet import QuietReporter
from zonebuild.tasks.guard import guarded, guarded_fresh, piped, result_of

if TYPE_CHECKING:
    from zonebuild.builder.session import Session

__all__ = [
    "configuration",
    "task_acme",
    "task_arrival",
    "task_build",
    "task_check",
    "task_config",
    "task_diff",
    "task_dnsextra",
    "task_handoff",
    "task_look",
    "task_outcome",
    "task_rehearse",
    "task_sshfp",
    "task_status",
    "task_tlsa",
    "task_verify",
    "task_zone",
    "task_zones",
]

Task = dict[str, Any]
PRODUCERS = ("dnsextra", "tlsa", "sshfp")  # the stages that make fragments, in order
_FORMATS = (("text", "for people"), ("json", "for programs"))
_CHECK_FORMATS = (*_FORMATS, ("github", "for its workflows"), ("sarif", "for code scanning"))
_DIFF_FORMATS = (*_FORMATS, ("markdown", "for a merge request"))
_MANY = 1000  # zones; beyond it only the zones that are asked for get a task of their own


def configuration() -> dict[str, Any]:
    """Return DOIT_CONFIG: what plain `doit` does, and how.

    A stage that the machine stopped does not stop the next: zones are signed all the same.
    doit's database lives in memory, since every stage decides itself whether it is up to date:
    one on disk could only be cut off by a kill or a full disk, and stop all runs after that.
    Raises: InvalidCommand where doit is to run its tasks in several processes or threads.
    """
    _refuse_processes(sys.argv)
    return {
        "default_tasks": [*PRODUCERS, "zones", "handoff", "arrival", "outcome", "look"],
        "continue": True,
        **_database(),
        "reporter": QuietReporter,
        "verbosity": 2,
    }


def _refuse_processes(arguments: Sequence[str]) -> None:
    """Raise InvalidCommand if *arguments*, of doit, have `-n`: the stages share one lock."""
    if "doit" not in Path(arguments[0]).parts[-2:]:  # read by another program, pytest for one
        return
    number = ""
    for word, following in zip(arguments[1:], [*arguments[2:], ""], strict=False):
        if word in ("-n", "--process"):
            number = following
        elif word.startswith("--process="):
            number = word.partition("=")[2]
        elif word.startswith("-n") and word[2:].lstrip("=").isdecimal():
            number = word[2:].lstrip("=")
    if number not in ("", "0"):
        reason = "stages run one after the other, each over all processors by itself"
        raise InvalidCommand(f"-n {number} is not possible: {reason}; run doit without -n")


def _database() -> dict[str, str]:
    """Return where doit keeps its database; some Pythons are built without sqlite3."""
    try:
        import sqlite3  # noqa: F401 - doit imports it in any case
    except ImportError:
        import tempfile

        # A folder of this run alone: nothing of it outlives the run, so nothing can be damaged.
        folder = tempfile.TemporaryDirectory(prefix="zonebuild.")
        atexit.register(folder.cleanup)
        return {"dep_file": os.path.join(folder.name, "doit.json"), "backend": "json"}
    return {"dep_file": ":memory:", "backend": "sqlite3"}


@cache
def session() -> Session:
    """Return this process's session on the site in the current folder."""
    from zonebuild.builder.session import Session

    gc.disable()  # a run makes few cycles and ends soon; collecting costs a third of it
    opened = Session(Path.cwd(), command=" ".join(sys.argv))
    atexit.register(opened.close)
    return opened


def task_dnsextra() -> Task:
    """take the ACME challenges that are dropped into feeds"""
    return _producer("dnsextra", "extra/*/acme")


def task_tlsa() -> Task:
    """make TLSA records of the certificates that tlsa-map.yaml names"""
    return _producer("tlsa", "extra/*/tlsa", "tlsa-map.yaml and what it names")


def task_sshfp() -> Task:
    """take the SSH host keys that machines phone home"""
    return _producer("sshfp", "extra/*/sshfp")


def task_zones() -> Task:
    """read, check, number and write every zone whose sources changed"""
    meta = {"reads": "site.yaml zones/ soa/ primary/ include/ extra/", "writes": "unsigned/"}
    return _stage(
        "zones",
        lambda: session().build_zones(),
        lambda: session().zones_are_fresh(),
        meta=meta,
    )


def task_handoff() -> Task:
    """give the signer what changed and what is due"""
    meta = {"reads": "unsigned/", "writes": "signed/"}
    return _stage(
        "handoff",
        lambda: session().hand_off(),
        lambda: session().handoff_is_fresh(),
        meta=meta,
    )


def task_arrival() -> Task:
    """see that zones arrive at the signer and at every server"""
    meta = {"reads": "what signer and servers answer", "writes": "state/arrivals"}
    return _stage(
        "arrival",
        lambda: session().look_for_zones(),
        lambda: session().arrival_is_fresh(),
        meta=meta,
    )


def task_look() -> Task:
    """ask servers and endpoints what they show, for the next run; where tlsa-map.yaml wants it"""
    meta = {"reads": "the network", "writes": "state/observed"}
    return _stage("look", lambda: session().look(), lambda: session().look_is_fresh(), meta=meta)


def task_outcome() -> Task:
    """tell what failed and what is held; decides the exit code"""
    return {"actions": [_tell], "uptodate": [False]}


def task_acme() -> Task:
    """ask CAs for the certificates that are due; a run of its own"""
    return _question(_acme, _parameter("verbose", False, "also what went well"))


def task_rehearse() -> Task:
    """go through a renewal at a CA's staging directory, and report"""
    return _question(_rehearse)


def task_build() -> Task:
    """every zone, nothing handed off"""
    return {"actions": [_tell], "task_dep": [*PRODUCERS, "zones"], "uptodate": [False]}


def task_zone() -> Iterator[Task]:
    """one zone, changed or not, nothing handed off"""
    from zonebuild.site.names import zone_name_from_file

    asked = {word.partition(":")[2] for word in sys.argv if word.startswith("zone:")}
    names = sorted(file.name.removesuffix(".yaml") for file in Path("zones").glob("*.yaml"))
    for name in names if len(names) <= _MANY else asked.intersection(names):
        apex = zone_name_from_file(name)
        if isinstance(apex, str):
            yield {"name": name, "actions": [(_build_one, [apex])], "uptodate": [False]}


def task_check() -> Task:
    """every zone from its sources; writes nothing"""
    return _question(
        _check,
        {**_format(), "choices": _CHECK_FORMATS},
        _parameter("verbose", False, "also what informs, and what is allowed"),
        _parameter("baseline", "", "tell only what is not in this file"),
        _parameter("save_baseline", "", "write all that is found now"),
    )


def task_diff() -> Task:
    """what the sources change in the zones"""
    against = "base, rev:REV, built or axfr:HOST[:PORT]; default: built, else base"
    return _question(
        _diff,
        _parameter("against", "", against),
        {**_format(), "choices": _DIFF_FORMATS},
        _parameter("dnssec", False, "what signers make as well"),
    )


def task_status() -> Task:
    """whether all is well, what is wrong, what waits"""
    shown = {**_format(), "choices": (*_FORMATS, ("prometheus", "for node_exporter"))}
    return _question(_status, shown, _parameter("all", False, "also what will happen"))


def task_verify() -> Task:
    """the certificate and the signed TLSA of each place of the map, as clients see them"""
    return _question(_verify)


def task_config() -> Task:
    """the configuration of signers, servers and secondaries"""
    return _question(_configure)


def _question(action: Callable[..., Any], *params: dict[str, Any]) -> Task:
    """Return a task that a person asks for: never up to date."""
    return {"actions": [piped(action)], "params": list(params), "uptodate": [False]}


def _producer(stage: str, output: str, inputs: str = "the feeds that site.yaml names") -> Task:
    return _stage(
        stage,
        lambda: session().take_feed(stage),
        lambda: session().feed_is_fresh(stage),
        meta={"reads": inputs, "writes": output},
    )


def _stage(
    name: str, work: Callable[[], None], fresh: Callable[[], bool], *, meta: dict[str, str]
) -> Task:
    """Return a task; nothing that a user can replace is a file_dep, `fresh` decides."""
    uptodate = [lambda: guarded_fresh(fresh)]
    return {"actions": [(guarded, [work, name])], "uptodate": uptodate, "meta": meta}


def _parameter(name: str, default: str | bool, text: str) -> dict[str, Any]:
    long = name.replace("_", "-")
    return {"name": name, "long": long, "default": default, "type": type(default), "help": text}


def _format() -> dict[str, Any]:
    return {**_parameter("format", "text", "how to print"), "choices": _FORMATS}


def _build_one(apex: str) -> Any:
    failures = []
    for stage in PRODUCERS:
        if not guarded_fresh(lambda stage=stage: session().feed_is_fresh(stage)):  # type: ignore[misc]
            failures.append(guarded(lambda stage=stage: session().take_feed(stage)))  # type: ignore[misc]
    failures.append(guarded(lambda: session().build_zone(apex)))
    first = next((failure for failure in failures if failure is not None), None)
    return first if first is not None else _tell(apex)


def _tell(apex: str | None = None) -> Any:
    """Tell how it went, of *apex* alone where one is given."""
    from zonebuild.cli.site import tell_outcome

    if session().has_failed:  # which was said, and what is kept is about another run
        return None
    outcome = session().outcome()
    code = tell_outcome(session().root, outcome if apex is None else outcome.about(apex))
    return result_of(code if apex is not None else max(code, _note_run()))


def _note_run() -> int:
    """Note that a run came to its end; return the exit code for that, 0 or 2."""
    from zonebuild.cli import fail
    from zonebuild.poll.last_run import DOIT, note_run

    refusal = note_run(str(session().root), DOIT, session().now)
    return fail(refusal) if refusal else 0


def _acme(verbose: bool) -> Any:
    from zonebuild.cli.acme import run_site

    _let_go()
    return result_of(run_site(Path.cwd(), force=False, verbose=verbose))


def _rehearse() -> Any:
    from zonebuild.cli.acme import rehearse_site

    _let_go()
    return result_of(rehearse_site(Path.cwd()))


def _let_go() -> None:
    if session.cache_info().currsize:  # issuance takes the builder's lock by itself
        session().close()


def _check(format: str, verbose: bool, baseline: str, save_baseline: str) -> Any:
    from zonebuild.cli.site import check_site
    from zonebuild.cli.verdict import Wanted

    wanted = Wanted(format, verbose, baseline=baseline, save_baseline=save_baseline)
    return result_of(check_site(Path.cwd(), wanted))


def _diff(against: str, format: str, dnssec: bool) -> Any:
    from zonebuild.cli.site_diff import diff_site

    return result_of(diff_site(Path.cwd(), against, format, dnssec=dnssec))


def _status(format: str, all: bool) -> Any:
    from zonebuild.cli.status import show_status

    return result_of(show_status(Path.cwd(), format, is_all=all))


def _verify() -> Any:
    from zonebuild.cli.verify import verify_site

    return result_of(verify_site(Path.cwd()))


def _configure() -> Any:
    from zonebuild.cli.config import Asked, write_config

    return result_of(write_config(Path.cwd(), Asked()))
