"""Which lineages want a certificate now, and why; which wait, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zonebuild.acme.memory import Memory
from zonebuild.acme.renew import Lifetime, is_due, last_call
from zonebuild.diagnostic import Waiting


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lineage is to have. names: sorted.

    key: SHA-256 of the public key that the next request is to use, hexadecimal; empty for any.
    """

    lineage: str
    names: tuple[str, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The newest certificate of a lineage. fingerprint, key: SHA-256, hexadecimal."""

    fingerprint: str
    names: tuple[str, ...]
    key: str
    lifetime: Lifetime


def why_due(wish: Wish, held: Held | None, memory: Memory, *, now: int, gap: int = 0) -> str | None:
    """Return why a certificate is wanted now, None where it is not. gap: as for `is_due`."""
    if held is None:
        return "there is no certificate"
    if held.names != wish.names:
        return _difference(held.names, wish.names)
    if wish.key and held.key != wish.key:
        return f"the key {wish.key[:16]}… takes its turn"
    if now >= last_call(held.lifetime):
        return "the certificate ends soon" if now < held.lifetime.end else "it has expired"
    schedule = memory.schedule
    if schedule is not None and schedule.certificate == held.fingerprint:
        return "its time has come" if is_due(schedule, now, gap) else None
    return None


def waits(wish: Wish, memory: Memory, now: int) -> Waiting | None:
    """Return what *wish* waits for after failures, None where it may be tried."""
    until = memory.failures.next_try
    if until <= now:
        return None
    count = memory.failures.count
    why = f"it failed {count} times" if count > 1 else "it failed" if count else "not yet"
    return Waiting(
        what=f"a certificate for {wish.lineage}",
        why=f"{why}: {memory.why}" if memory.why else why,
        until=until,
        way_on=f"time; or mend what failed, then `zonebuild acme run --force {wish.lineage}`",
    )


def waits_for_hook(lineage: str, memory: Memory) -> Waiting | None:
    """Return what waits where the hook of a lineage failed, None where it did not."""
    if not memory.owed:
        return None
    way_on = "the next run of `zonebuild acme run`, which says why where it fails again"
    why = "it failed for the newest certificate"
    return Waiting(f"the hook of {lineage}", why, until=None, way_on=way_on)


def next_moment(memories: Iterable[Memory], now: int) -> int | None:
    """Return the next instant at which anything of *memories* is due, None where there are none.

    memories: of all lineages that ask for a certificate; each has a next moment, always.
    What is overdue, and waits for nothing, is due at once.
    """
    moments = []
    for memory in memories:
        schedule, again = memory.schedule, memory.failures.next_try
        if schedule is not None:
            moments += [max(schedule.at, again, now + 1), max(schedule.look, now + 1)]
        else:  # nobody knows yet when it ends: the next run looks, and draws its instant
            moments.append(max(again, now + 1))
        if memory.owed:
            moments.append(now + 1)
    return min(moments, default=None)


def _difference(old: Iterable[str], new: Iterable[str]) -> str:
    added, gone = sorted({*new} - {*old}), sorted({*old} - {*new})
    parts = [f"{', '.join(names)} {word}" for names, word in ((added, "new"), (gone, "gone"))]
    return "its names differ: " + "; ".join(part for part in parts if not part.startswith(" "))
