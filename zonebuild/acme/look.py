"""Which lineages are due: schedules kept and drawn, the CA asked when it wants to be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zonebuild.acme.ari import ask_again
from zonebuild.acme.certificate import Chain, UnfitChain, read_chain
from zonebuild.acme.due import Wish, waits, why_due
from zonebuild.acme.memory import Memory, about
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.renew import Schedule, begin, is_to_look
from zonebuild.acme.store import orders_of
from zonebuild.acme.world import Options, World
from zonebuild.tlsa.orders_text import Orders


@dataclass(frozen=True, slots=True)
class Due:
    """A certificate that is wanted now. chain: the one before it, None for the first."""

    wish: Wish
    why: str
    orders: Orders | None
    chain: Chain | None = None


def find_due(world: World, options: Options) -> list[Due]:
    """Return what is wanted now; bring every schedule up to date. Errors: WriteError."""
    found = []
    for name in world.plan.entries:
        if options.names and name not in options.names:
            continue
        try:
            due = _look(world, name, options)
        except AcmeError as error:
            world.tell(name, str(error), "acme-unusable")
            continue
        if due is not None:
            found.append(due)
    return found


def _look(world: World, name: str, options: Options) -> Due | None:
    entry, now = world.plan.entries[name], world.clock.now()
    orders = orders_of(world.plan.root, name)
    chain = _newest(world, name)
    memory = about(world.state.memories.get(name, Memory()), entry.names)
    if chain is not None:
        memory = replace(memory, schedule=_schedule(world, name, memory, chain))
    world.state.change(name, lambda _: memory)
    wish = Wish(name, entry.names, orders.use if orders else "")
    held = chain.held if chain else None
    why = why_due(wish, held, memory, now=now, gap=options.gap)
    if options.is_forced:
        return Due(wish, why or "a person asks for it", orders, chain)
    waiting = waits(wish, memory, now) if why is not None else None
    if waiting is not None:
        world.report.waitings.append(waiting)
    return None if why is None or waiting is not None else Due(wish, why, orders, chain)


def _newest(world: World, name: str) -> Chain | None:
    """Return the newest chain; one that cannot be read counts as none, and is told."""
    pem = world.store.newest(name)
    if pem is None:
        return None
    try:
        return read_chain(pem)
    except UnfitChain:
        world.tell(name, "its newest chain cannot be read; another one is asked for", "acme-store")
        return None


def _schedule(world: World, name: str, memory: Memory, chain: Chain) -> Schedule:
    held, known = chain.held, memory.schedule
    if known is None or known.certificate != held.fingerprint:
        known = begin(held.fingerprint, held.lifetime, world.clock.draw())
    place = world.plan.directory(world.plan.entries[name])
    if place is None or not is_to_look(known, held.lifetime, world.clock.now()):
        return known
    try:
        return ask_again(known, chain, world.desks.plain(place), world.clock)
    except AcmeError:  # the directory is out of reach: what is known holds
        return replace(known, look=world.clock.now() + 3600)
