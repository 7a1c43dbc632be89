"""What follows a certificate: the publication folder as the builder's orders allow, and the hook.

A hook that failed, or that a crash kept from running, is run by the next run: what it was told of
is remembered.
"""

from __future__ import annotations

from dataclasses import replace

from zonebuild.acme.certificate import read_chain
from zonebuild.acme.memory import Memory
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.store import orders_of
from zonebuild.acme.world import World
from zonebuild.diagnostic import quoted
from zonebuild.poll.child import ChildError, run_child

_SECONDS = 300.0  # that a hook may take
_SAID = 200  # characters of the beginning, and of the end, of what it said, that are told


def export_chains(world: World) -> None:
    """Export what may be exported. Errors: WriteError."""
    for name, entry in world.plan.entries.items():
        try:
            if world.store.newest(name) is None:
                continue
            orders = orders_of(world.plan.root, name)
            if orders is not None and orders.wants_next and entry.issue is not None:
                world.store.prepare_next(name, entry.issue.key)
            if world.store.export(name, orders, world.clock.now()):
                world.report.exported.append(name)
        except AcmeError as error:
            world.tell(name, str(error), "acme-export")


def run_hooks(world: World) -> None:
    """Run the hook of each chain that it was not told of yet. Errors: WriteError."""
    for name in world.plan.entries:
        fingerprint = _newest(world, name)
        if fingerprint in ("", world.state.memories.get(name, Memory()).told):
            continue
        problem = _run_hook(world, name)
        if problem:
            world.tell(name, f"its hook failed, the next run repeats it: {problem}", "acme-hook")
        kept = {"owed": fingerprint} if problem else {"told": fingerprint, "owed": ""}
        world.state.change(name, lambda memory, kept=kept: replace(memory, **kept))  # type: ignore[misc]


def _newest(world: World, name: str) -> str:
    """Return the fingerprint of the newest chain, empty where there is none that can be read."""
    try:
        pem = world.store.newest(name)
        return read_chain(pem).held.fingerprint if pem is not None else ""
    except AcmeError:  # told where it was to be exported
        return ""


def _run_hook(world: World, name: str) -> str:
    """Run the hook of a lineage without a shell; return what is wrong, empty where nothing is."""
    entry = world.plan.entries[name]
    name_of_hook = entry.issue.hook if entry.issue else ""
    if not name_of_hook:
        return ""
    hook = world.plan.hooks.get(name_of_hook)
    if hook is None:
        return f"the host's own file has no hook {name_of_hook} (`hooks:`, docs/acme.md)"
    told = {"ZONEBUILD_LINEAGE": name, "ZONEBUILD_NAMES": " ".join(entry.names)}
    try:
        done = run_child(
            hook, str(world.plan.root), seconds=_SECONDS, environment=told, is_answer_told=True
        )
    except ChildError as error:
        return quoted(str(error), 2 * _SAID)
    if done.code == 0:
        return ""
    said = done.told.strip()
    ends = [said] if len(said) <= 2 * _SAID else [said[:_SAID], said[-_SAID:]]
    shown = " … ".join(quoted(each, 2 * _SAID) for each in ends)
    return f"{quoted(hook[0])} ended with exit code {done.code}: {shown}"
