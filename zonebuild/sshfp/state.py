"""What is remembered of host keys from run to run, and its text, state/sshfp.

The file has a line an entry, `HOST ALGORITHM FINGERPRINT TTL MISSING WITHDRAWN GONE`, and one for
each key that waits for approval, `? HOST ALGORITHM FINGERPRINT`. Where it is damaged or lost, what
the last fragments have stays published, and nothing new stands beside it before caches are clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from zonebuild.sshfp.host import read_host
from zonebuild.sshfp.key import NAMES, Key
from zonebuild.sshfp.place import HostRecord, read_fragment

_TIME = r"([0-9]{1,12})"
_KEY = r"(\S{2,254}) ([0-9]) ([0-9a-f]{64})"
_HEAD = re.compile(rf"zonebuild-sshfp 1 ([0-9]{{1,9}}) {_TIME}", re.ASCII)
_ENTRY = re.compile(rf"{_KEY} ([0-9]{{1,10}}) {_TIME} {_TIME} {_TIME}", re.ASCII)
_HELD = re.compile(rf"\? {_KEY}", re.ASCII)


class Slot(NamedTuple):
    """The place of one key. host: absolute, lower case; algorithm: one of `key.NAMES`."""

    host: str
    algorithm: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The last key that was published in a slot.

    ttl: seconds, the largest that its record had.
    missing: Unix seconds since when no file offers it, 0 while one does.
    withdrawn: Unix seconds at which its record was taken out of the zone, 0 while it is in it.
    gone: Unix seconds since when no server answers it, 0 while that is not known.
    """

    fingerprint: str
    ttl: int
    missing: int = 0
    withdrawn: int = 0
    gone: int = 0

    @property
    def is_published(self) -> bool:
        """Whether its record is in the zone."""
        return not self.withdrawn

    @property
    def clear(self) -> int:
        """When no cache has its record any more, Unix seconds; 0 where that is not known."""
        return self.gone + self.ttl if self.gone else 0


@dataclass(frozen=True, slots=True)
class State:
    """All that is remembered.

    held: the keys that wait for approval, for those who list them.
    not_before: Unix seconds before which no new key is published.
    """

    entries: Mapping[Slot, Entry] = field(default_factory=dict)
    held: frozenset[tuple[Slot, str]] = frozenset()
    not_before: int = 0

    def records(self) -> dict[str, list[Key]]:
        """Return the keys that are in the zones, by host."""
        found: dict[str, list[Key]] = {}
        for (host, algorithm), entry in sorted(self.entries.items()):
            if entry.is_published:
                found.setdefault(host, []).append(Key(algorithm, entry.fingerprint))
        return found

    def leaving(self) -> dict[Slot, Entry]:
        """Return the entries whose record is withdrawn and may still be served: ask for them."""
        return {s: e for s, e in sorted(self.entries.items()) if e.withdrawn and not e.gone}


def state_text(state: State) -> bytes:
    """Return the file that keeps *state*, sorted."""
    lines = [
        f"{host} {algorithm} {e.fingerprint} {e.ttl} {e.missing} {e.withdrawn} {e.gone}\n"
        for (host, algorithm), e in sorted(state.entries.items())
    ]
    lines += [f"? {host} {algorithm} {key}\n" for (host, algorithm), key in sorted(state.held)]
    return f"zonebuild-sshfp 1 {len(lines)} {state.not_before}\n{''.join(lines)}".encode("ascii")


def read_state(data: bytes) -> State | None:
    """Return what the file keeps, None where anything in it is damaged."""
    head, *lines = data.decode("latin-1").split("\n")
    match = _HEAD.fullmatch(head)
    if match is None or lines[-1:] != [""] or len(lines) != int(match[1]) + 1:
        return None
    entries: dict[Slot, Entry] = {}
    held: set[tuple[Slot, str]] = set()
    for line in lines[:-1]:
        entry, waits = _ENTRY.fullmatch(line), _HELD.fullmatch(line)
        slot = _slot(entry or waits)
        if slot is None or (entry and slot in entries):
            return None
        if entry:
            ttl, missing, withdrawn, gone = map(int, entry.groups()[3:])
            entries[slot] = Entry(entry[3], ttl, missing, withdrawn, gone)
        elif waits:
            held.add((slot, waits[3]))
    return State(entries, frozenset(held), int(match[2]))


def _slot(match: re.Match[str] | None) -> Slot | None:
    if match is None or int(match[2]) not in NAMES or read_host(match[1]) != match[1]:
        return None
    return Slot(match[1], int(match[2]))


def start_over(fragments: Iterable[str], *, not_before: int) -> State:
    """Return the state to go on with where the last one is lost: what was published still is.

    fragments: as they were last written. not_before: Unix seconds; by then no cache may have a
    record that the lost state knew to be withdrawn.
    """
    records = [record for text in fragments for record in read_fragment(text)]
    known: dict[Slot, list[HostRecord]] = {}
    for record in records:
        known.setdefault(Slot(record.owner, record.key.algorithm), []).append(record)
    entries = {
        slot: Entry(found[0].key.fingerprint, found[0].ttl)
        for slot, found in known.items()
        if len({record.key for record in found}) == 1
    }
    return State(entries, not_before=not_before)
