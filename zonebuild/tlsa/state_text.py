"""The text of states, one file for all tracks: a block each, with a sum, so that harm stays local.

A block that is damaged is lost alone: its track starts over, to the safe side. Write the file
atomically.

    zonebuild-rollover 1
    track LINEAGE UNIT EPOCH LAST ORDER
    key SHA256|- SHA512|- LISTED EXPORTED SHOWN VISIBLE CLEARED UNHEARD WAITED HELD TTL FLAGS HOSTS
    compromised PIN
    owner NAME TTL EXPIRE CALM
    seen OWNER ENDPOINT PIN,PIN|-
    end SUM
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from zonebuild.tlsa.parameters import UNITS
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Key, Memory, Order, State

HEAD = "zonebuild-rollover 1\n"
_NONE = "-"
_N = r"([0-9]{1,12})"
_TRACK = re.compile(rf"track (\S+) ({'|'.join(UNITS.values())}) {_N} {_N} (none|roll)")
_KEY = re.compile(rf"key ([0-9a-f]{{64}}|-) ([0-9a-f]{{128}}|-) {' '.join([_N] * 9)} (c|-) (\S+)")
_OWNER = re.compile(rf"owner (\S+) {_N} {_N} {_N}")
_COMPROMISED = re.compile(r"compromised ([0-9a-f]{64,128})")
_SEEN = re.compile(r"seen (\S+) (\S+) ([0-9a-f,]+|-)")
_BLOCK = re.compile(
    r"^(track [^\n]*\n(?:(?!track |end )[^\n]*\n)*)end ([0-9a-f]{16})$", re.MULTILINE
)


def states_text(states: Iterable[State]) -> bytes:
    """Return the file that keeps *states*, sorted by lineage and unit."""
    ordered = sorted(states, key=lambda state: (state.lineage, state.unit))
    return (HEAD + "".join(map(to_text, ordered))).encode("utf-8")


def read_states(data: bytes) -> dict[tuple[str, str], State]:
    """Return the states that the file keeps, by lineage and unit; damaged ones are left out."""
    text = data.decode("utf-8", "replace")
    if not text.startswith(HEAD):
        return {}
    found: dict[tuple[str, str], State] = {}
    for block in _BLOCK.finditer(text):
        state = from_text(block[0] + "\n")
        if state is not None:
            found[state.lineage, state.unit] = state
    return found


def to_text(state: State) -> str:
    """Return the block of *state*; `from_text` reads it back. No name in it has white space."""
    lines = [f"track {state.lineage} {state.unit} {state.epoch} {state.last} {state.order.value}\n"]
    lines += map(_key_line, state.keys)
    lines += (f"compromised {name}\n" for name in sorted(state.compromised))
    lines += (f"owner {n} {m.ttl} {m.expire} {m.calm}\n" for n, m in sorted(state.owners.items()))
    lines += (
        f"seen {owner} {endpoint} {','.join(sorted(pins)) or _NONE}\n"
        for (owner, endpoint), pins in sorted(state.seen.items())
    )
    body = "".join(lines)
    return f"{body}end {_sum(body)}\n"


def from_text(text: str) -> State | None:
    """Return the state of one block, None where anything in it is damaged."""
    block = _BLOCK.fullmatch(text.removesuffix("\n"))
    if block is None or _sum(block[1]) != block[2]:
        return None
    head, *lines = block[1].split("\n")[:-1]
    track = _TRACK.fullmatch(head)
    if track is None:
        return None
    lineage, unit, epoch, last, order = track.groups()
    state: State | None = State(lineage, unit, int(epoch), int(last), Order(order))
    for line in lines:
        state = _with_line(state, line) if state else None
    return state


def _sum(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:16]


def _key_line(key: Key) -> str:
    flags = "c" if key.is_current else _NONE
    words = [
        *(digest or _NONE for digest in key.pin),
        *(getattr(key, name) for name in _NUMBERS),
        flags,
        ",".join(key.carried) or _NONE,
    ]
    return f"key {' '.join(map(str, words))}\n"


_NUMBERS = (
    "listed", "exported", "shown", "visible", "cleared", "unheard", "waited", "held", "ttl",
)  # fmt: skip


def _with_line(state: State, line: str) -> State | None:
    """Return *state* with what *line* says, None where it says nothing that is known."""
    if match := _KEY.fullmatch(line):
        return replace(state, keys=(*state.keys, _key(match)))
    if match := _COMPROMISED.fullmatch(line):
        return replace(state, compromised=state.compromised | {match[1]})
    if match := _OWNER.fullmatch(line):
        name, *numbers = match.groups()
        return replace(state, owners={**state.owners, name: Memory(*map(int, numbers))})
    if match := _SEEN.fullmatch(line):
        owner, endpoint, pins = match.groups()
        found: Mapping[tuple[str, str], frozenset[str]]
        found = {(owner, endpoint): frozenset(_listed(pins))}
        return replace(state, seen={**state.seen, **found})
    return None


def _key(match: re.Match[str]) -> Key:
    sha256, sha512, *numbers, flags, hosts = match.groups()
    pin = Pin(*("" if digest == _NONE else digest for digest in (sha256, sha512)))
    listed, exported, shown, visible, cleared, unheard, waited, held, ttl = map(int, numbers)
    return Key(
        pin,
        *(listed, exported, shown, visible, cleared, unheard, waited, held, ttl),
        is_current=flags == "c",
        carried=tuple(_listed(hosts)),
    )


def _listed(words: str) -> list[str]:
    return [] if words == _NONE else words.split(",")
