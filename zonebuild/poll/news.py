"""What is worth a mail: a trouble when it begins, again from time to time, and when it is over.

No trouble is told twice in a row only because a process number in it differs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

BUILD, UPDATE, EDIT = "build", "update", "edit"
TRACKED, CODE = "tracked", "code"
KINDS = (BUILD, UPDATE, EDIT, TRACKED, CODE)
# How often each is told while it lasts, in seconds.
_AGAIN = {BUILD: 3600, UPDATE: 86400, EDIT: 86400, TRACKED: 86400, CODE: 604_800}
_FINDING = re.compile(r"[^\s:][^:]*:\d+:(?:\d+:)? ")
_NUMBER = re.compile(r"\d+")
_MOST_LINES = 2000  # of a trouble that are known again


class Trouble(NamedTuple):
    """Something that does not go well. kind: one of those above. code: the exit code it means."""

    kind: str
    text: str
    code: int


class Told(NamedTuple):
    """A trouble that lasts. since, last: when it began and was last told, Unix seconds.

    title: its first line. lines: digests of all lines that were told of it.
    """

    since: int
    last: int
    title: str
    lines: tuple[str, ...]


Memory = Mapping[str, Told]


def tell(
    memory: Memory, troubles: Iterable[Trouble], *, looked: Collection[str], now: int
) -> tuple[str, Memory]:
    """Return what to say, and what to remember of it.

    looked: the kinds of trouble that were looked for; of others it is not known how they stand.
    now: Unix seconds. What is said is whole lines, or nothing.
    """
    said: list[str] = []
    ended: list[tuple[str, str]] = []
    there = {trouble.kind: trouble for trouble in troubles}
    kept = dict(memory)
    for kind in sorted(looked):
        before, trouble = memory.get(kind), there.get(kind)
        if trouble is not None:
            kept[kind], text = _go_on(before, trouble, now)
            said.append(text)
        elif before is not None:
            del kept[kind]
            ended.append((_duration(now - before.since), before.title))
    is_well = not kept.keys() - {CODE}  # which is advice, and no failure
    for lasted, title in ended:
        how = (
            f"all is well again after {lasted}; this is over" if is_well else f"over after {lasted}"
        )
        said.append(f"zonebuild poll: {how}: {title}\n")
    return "".join(said), kept


def _go_on(before: Told | None, trouble: Trouble, now: int) -> tuple[Told, str]:
    """Return what is known of a trouble that is there, and what is to be said of it now."""
    text = trouble.text.rstrip("\n") + "\n"
    lines = [_digest(line) for line in text.splitlines()[:_MOST_LINES]]
    title = text.partition("\n")[0]
    if before is None:
        return Told(now, now, title, tuple(dict.fromkeys(lines))), f"zonebuild poll: {text}"
    is_due = not 0 <= now - before.last < _AGAIN[trouble.kind]
    if not is_due and set(lines) <= set(before.lines):
        return before, ""
    known = tuple(dict.fromkeys([*lines, *before.lines]))[:_MOST_LINES]
    lasts = f"for {_duration(now - before.since)}: " if is_due else ""
    return Told(before.since, now, title, known), f"zonebuild poll: {lasts}{text}"


def _digest(line: str) -> str:
    """Return what knows *line* again; numbers count only where it names a place to be edited."""
    known = line if _FINDING.match(line) else _NUMBER.sub("#", line)
    return hashlib.blake2b(known.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _duration(seconds: int) -> str:
    """Return *seconds* as people say it; none are negative, whatever the clock did."""
    minutes = max(seconds, 0) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def memory_text(memory: Memory) -> str:
    """Return *memory* as state/poll.json has it."""
    kept = {kind: told._asdict() for kind, told in sorted(memory.items())}
    return json.dumps(kept, indent=1) + "\n"


def parse_memory(text: str) -> Memory:
    """Return what *text* remembers; nothing where it makes no sense, so that all is told anew."""
    try:
        kept = json.loads(text)
        return {kind: _told(kept[kind]) for kind in KINDS if kind in kept}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def _told(kept: Mapping[str, object]) -> Told:
    since, last, title, lines = (kept[name] for name in Told._fields)
    if isinstance(since, int) and isinstance(last, int) and isinstance(lines, list):
        return Told(since, last, str(title), tuple(str(line) for line in lines[:_MOST_LINES]))
    raise ValueError(kept)
