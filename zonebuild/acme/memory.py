"""What is kept of each lineage between two runs, one text file for all: a block each.

A line that is damaged is passed over: what it said is asked of the CA again, or drawn again.

    zonebuild-acme 1
    lineage NAME SET
    schedule CERTIFICATE AT LOOK SILENT
    window START END EXPLANATION|-
    failed COUNT LAST UNTIL
    order URL DIRECTORY KEY SINCE
    proven SET
    told CERTIFICATE
    owed CERTIFICATE
    why TEXT
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from zonebuild.acme.backoff import MOST_WAIT, Failures
from zonebuild.acme.renew import MOST_LOOK, Schedule, Window
from zonebuild.clock import plausible

HEAD = "zonebuild-acme 1\n"
_NONE = "-"
_LONGEST_WORD = 2000  # characters of a URL


@dataclass(frozen=True, slots=True)
class Pending:
    """An order that was made and not ended. key: SHA-256 of the public key, hexadecimal.

    since: Unix seconds. directory: as site.yaml calls it.
    """

    url: str
    directory: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept of one lineage.

    names: `set_of` its names; failures, order and proof are about these names only.
    proven: the set for which the staging directory gave a certificate, empty where it did not.
    told: the certificate of which the hook was told; owed: the one of which it failed to be told,
    empty where it did not fail. why: what failed last, on one line.
    """

    names: str = ""
    schedule: Schedule | None = None
    failures: Failures = Failures()  # noqa: RUF009  # it is frozen
    order: Pending | None = None
    proven: str = ""
    told: str = ""
    owed: str = ""
    why: str = ""


def set_of(names: Iterable[str]) -> str:
    """Return the digest of a set of names, 16 hexadecimal digits."""
    text = "\n".join(sorted(set(names)))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def about(memory: Memory, names: Iterable[str]) -> Memory:
    """Return *memory* as far as it is about *names*: another set starts with no failure."""
    wanted = set_of(names)
    if memory.names == wanted:
        return memory
    return Memory(wanted, memory.schedule, told=memory.told, owed=memory.owed)


def without_future(memory: Memory, now: int) -> Memory:
    """Return *memory* at *now*, Unix seconds, without what only a clock that was ahead can tell.

    No wait outlasts what it may last at the most, counted from now.
    """
    schedule, order, failures = memory.schedule, memory.order, memory.failures
    if schedule is not None:
        schedule = replace(schedule, look=plausible(schedule.look, now, most=MOST_LOOK))
    if order is not None:
        order = replace(order, since=plausible(order.since, now))
    failures = replace(
        failures,
        last=plausible(failures.last, now),
        until=plausible(failures.until, now, most=MOST_WAIT),
    )
    return replace(memory, schedule=schedule, order=order, failures=failures)


def memories_text(memories: Mapping[str, Memory]) -> bytes:
    """Return the file that keeps *memories*, by lineage."""
    blocks = ("".join(_lines(name, memory)) for name, memory in sorted(memories.items()))
    return (HEAD + "".join(blocks)).encode("utf-8", "backslashreplace")


def read_memories(data: bytes) -> dict[str, Memory]:
    """Return what the file keeps, by lineage; another version of it keeps nothing."""
    text = data.decode("utf-8", "replace")
    found: dict[str, Memory] = {}
    if not text.startswith(HEAD):
        return found
    name = ""
    for line in text.removeprefix(HEAD).split("\n"):
        words = line.split(" ")
        if words[0] == "lineage" and len(words) == 3:
            name = words[1]
            found[name] = Memory(words[2])
        elif name:
            found[name] = _with(found[name], words)
    return found


def _lines(name: str, memory: Memory) -> Iterable[str]:
    yield f"lineage {name} {memory.names or _NONE}\n"
    schedule, order, failures = memory.schedule, memory.order, memory.failures
    if schedule is not None:
        numbers = f"{schedule.at} {schedule.look} {schedule.silent}"
        yield f"schedule {schedule.certificate} {numbers}\n"
        if schedule.window is not None:
            start, end = schedule.window.start, schedule.window.end
            yield f"window {start} {end} {_word(schedule.window.explanation)}\n"
    if failures != Failures():
        yield f"failed {failures.count} {failures.last} {failures.until}\n"
    if order is not None and _word(order.url) == order.url:
        yield f"order {order.url} {order.directory} {order.key} {order.since}\n"
    if memory.proven:
        yield f"proven {memory.proven}\n"
    if memory.told:
        yield f"told {memory.told}\n"
    if memory.owed:
        yield f"owed {memory.owed}\n"
    if memory.why:
        yield f"why {_line(memory.why)}\n"


def _with(memory: Memory, words: list[str]) -> Memory:
    """Return *memory* with what one line says; as it is where that is damaged."""
    try:
        return _taken(memory, words[0], words[1:])
    except (ValueError, IndexError):
        return memory


def _taken(memory: Memory, what: str, words: list[str]) -> Memory:
    if what == "schedule":
        at, look, silent = map(int, words[1:4])
        return replace(memory, schedule=Schedule(words[0], at, look, None, silent))
    if what == "window" and memory.schedule is not None:
        window = Window(int(words[0]), int(words[1]), words[2].removeprefix(_NONE))
        return replace(memory, schedule=replace(memory.schedule, window=window))
    if what == "failed":
        count, last, until = map(int, words[:3])
        return replace(memory, failures=Failures(count, last, until))
    if what == "order":
        return replace(memory, order=Pending(words[0], words[1], words[2], int(words[3])))
    if what == "why":
        return replace(memory, why=" ".join(words))
    is_digest = what in ("proven", "told", "owed")
    return replace(memory, **{what: words[0]}) if is_digest else memory  # type: ignore[arg-type]


def _line(text: str) -> str:
    """Return *text* as one line of printable characters."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:_LONGEST_WORD])
    return shown.strip() or "?"


def _word(text: str) -> str:
    """Return *text* where it is one word of printable ASCII, else `-`."""
    is_word = text.isascii() and text.isprintable() and " " not in text
    return text if is_word and 0 < len(text) <= _LONGEST_WORD else _NONE
