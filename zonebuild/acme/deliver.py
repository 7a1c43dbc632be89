"""What follows a certificate: the publication folder as the builder's orders allow, and the hook.

A hook that a crash kept from running is run by the next run: what it was told of is remembered.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace

from zonebuild.acme.certificate import UnfitChain, read_chain
from zonebuild.acme.memory import Memory
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.store import orders_of
from zonebuild.acme.world import World
from zonebuild.diagnostic import quoted

_SECONDS = 300  # that a hook may take
_SAID = 300  # characters of what it said, that are told


def deliver(world: World) -> None:
    """Export what may be exported, and run the hook of each new chain. Errors: WriteError."""
    for name, entry in world.plan.entries.items():
        try:
            pem = world.store.newest(name)
            if pem is None:
                continue
            orders = orders_of(world.plan.root, name)
            if orders is not None and orders.wants_next and entry.issue is not None:
                world.store.prepare_next(name, entry.issue.key)
            if world.store.export(name, orders, world.clock.now()):
                world.report.exported.append(name)
            fingerprint = read_chain(pem).held.fingerprint
        except UnfitChain:
            continue
        except AcmeError as error:
            world.tell(name, str(error), "acme-export")
            continue
        if world.state.memories.get(name, Memory()).told == fingerprint:
            continue
        hook = entry.issue.hook if entry.issue else ()
        problem = _run_hook(world, hook, name) if hook else ""
        if problem:
            world.tell(name, f"its hook {problem}", "acme-hook")
        world.state.change(name, lambda memory, told=fingerprint: replace(memory, told=told))  # type: ignore[misc]


def _run_hook(world: World, hook: Sequence[str], name: str) -> str:
    """Run *hook* without a shell; return what is wrong, empty where nothing is."""
    names = " ".join(world.plan.entries[name].names)
    environment = {**os.environ, "ZONEBUILD_LINEAGE": name, "ZONEBUILD_NAMES": names}
    try:
        done = subprocess.run(
            list(hook),
            cwd=world.plan.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{quoted(hook[0])} did not end in {_SECONDS} s"
    except OSError as error:
        return f"{quoted(hook[0])} cannot be run: {(error.strerror or 'unknown error').lower()}"
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip()[-_SAID:]
    return f"{quoted(hook[0])} ended with exit code {done.returncode}: {quoted(said, _SAID)}"
