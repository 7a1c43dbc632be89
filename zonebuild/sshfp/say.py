"""What is said of keys that wait: a `Waiting` for status, an alarm for whoever reads the mail."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zonebuild.diagnostic import Waiting
from zonebuild.sshfp.key import NAMES, shown, word_of
from zonebuild.sshfp.state import Slot

HELD, TWO_KEYS = "sshfp-held", "sshfp-two-keys"
APPROVED = "approved/sshfp"
_MOST = 20  # of one kind that are told one by one
_NAMED = 10  # hosts, where many are told as one


class Kind(enum.Enum):
    """Why something waits."""

    MANY = enum.auto()
    MANY_NEW = enum.auto()
    REPLACED = enum.auto()
    CONTRADICTED = enum.auto()
    TWO = enum.auto()
    NEW = enum.auto()
    FULL = enum.auto()
    LOST = enum.auto()
    LEAVING = enum.auto()
    MISSING = enum.auto()


TO_APPROVE = frozenset(
    {Kind.MANY, Kind.MANY_NEW, Kind.REPLACED, Kind.CONTRADICTED, Kind.NEW, Kind.FULL}
)
_AS_ONE = frozenset({Kind.MANY, Kind.MANY_NEW})


class Said(NamedTuple):
    """One thing that waits. old: a fingerprint or ""; until: Unix seconds, where time ends it."""

    kind: Kind
    slot: Slot
    old: str
    offered: frozenset[str]
    until: int | None = None


class Alarm(NamedTuple):
    """What is wrong. host: "" where it is of many; check: the name of the fact."""

    host: str
    check: str
    message: str


class _Text(NamedTuple):
    """check: "" where nobody need be told. together: why, of many; a clause with "they"."""

    check: str
    why: str
    way_on: str
    together: str


_APPROVE = (
    "compare with `ssh-keygen -l` at the host's own console, then commit what "
    "`zonebuild sshfp approve {host} {new}` writes"
)
_LIST = (
    "if that is meant, `zonebuild sshfp list --held` shows them; commit what `zonebuild sshfp "
    "approve HOST FINGERPRINT` writes for each, with `none` for a host that is gone"
)
_TEXTS: dict[Kind, _Text] = {
    Kind.MANY: _Text(HELD, "", "", "held: they change or are missing, more than 5 % of the hosts"),
    Kind.MANY_NEW: _Text(HELD, "", "", "held: they are new, more than 5 % of the hosts"),
    Kind.REPLACED: _Text(
        HELD,
        "held: the host offers {new} where its SSHFP is {old}: a new installation, or an attack",
        _APPROVE,
        "held: they offer another key than their SSHFP is",
    ),
    Kind.CONTRADICTED: _Text(
        HELD,
        "held: the host offers {new}, and {path} names another",
        _APPROVE,
        f"held: they offer another key than {APPROVED}/HOST names",
    ),
    Kind.TWO: _Text(
        TWO_KEYS,
        "the host offers {new}, and ssh wants every SSHFP of an algorithm to match",
        "have the host phone home one {algorithm} key, the one that its sshd uses",
        "they offer two keys of an algorithm, and ssh wants every SSHFP of it to match",
    ),
    Kind.NEW: _Text(
        HELD,
        "held: {new} is new, and this site holds new keys",
        _APPROVE,
        "held: they are new, and this site holds new keys",
    ),
    Kind.FULL: _Text(
        HELD,
        "held: {new} is new, and too many keys are remembered already",
        _APPROVE,
        "held: they are new, and too many keys are remembered already",
    ),
    Kind.LOST: _Text(
        "",
        "{new} is new, and state/sshfp was lost: caches may have a record that it knew of",
        "none but time",
        "they are new, and state/sshfp was lost: caches may have records that it knew of",
    ),
    Kind.LEAVING: _Text(
        "",
        "the record of {old} is withdrawn; {new} follows when no cache has it any more",
        "the clock starts when no server answers it, at the latest when the SOA's expire has "
        "passed since the hand-off",
        "their old records are withdrawn; the new follow when no cache has those any more",
    ),
    Kind.MISSING: _Text(
        "",
        "no file offers {old} any more; its SSHFP stays for the grace time",
        "have the host phone home, or commit what `zonebuild sshfp approve {host} none "
        "--algorithm {word}` writes",
        "no file offers them any more; their SSHFP stay for the grace time",
    ),
}


def told(said: Iterable[Said]) -> tuple[tuple[Waiting, ...], tuple[Alarm, ...]]:
    """Return what is told of *said*: each thing, or one for all where they are too many."""
    kinds: dict[Kind, list[Said]] = {kind: [] for kind in Kind}
    for each in said:
        kinds[each.kind].append(each)
    waitings: list[Waiting] = []
    alarms: list[Alarm] = []
    for kind, these in kinds.items():
        if not these:
            continue
        hosts = [each.slot.host for each in these]
        if kind in _AS_ONE or len(these) > _MOST:
            new, hosts = [_together(kind, these)], [""]
        else:
            new = [_waiting(each) for each in these]
        waitings += new
        if check := _TEXTS[kind].check:
            alarms += [
                Alarm(host, check, f"{w.what}: {w.why}; {w.way_on}")
                for host, w in zip(hosts, new, strict=True)
            ]
    return tuple(waitings), tuple(alarms)


def _waiting(each: Said) -> Waiting:
    host, algorithm = each.slot
    words = {
        "host": host,
        "algorithm": NAMES[algorithm],
        "word": word_of(algorithm),
        "path": f"{APPROVED}/{host[:-1]}",
        "old": shown(each.old) if each.old else "",
        "new": " and ".join(map(shown, sorted(each.offered))),
    }
    text = _TEXTS[each.kind]
    what = f"{NAMES[algorithm]} host key of {host}"
    return Waiting(what, text.why.format_map(words), each.until, text.way_on.format_map(words))


def _together(kind: Kind, these: Sequence[Said]) -> Waiting:
    hosts = list(dict.fromkeys(each.slot.host for each in these))
    why = f"{_TEXTS[kind].together}: {named(hosts)}"
    until = max((each.until or 0 for each in these), default=0) or None
    way_on = _LIST if kind in TO_APPROVE else "`zonebuild sshfp list` shows them"
    return Waiting(f"host keys of {len(hosts)} hosts", why, until, way_on)


def named(hosts: Sequence[str]) -> str:
    """Return *hosts* for a message: the first of them, and how many more there are."""
    more = len(hosts) - _NAMED
    return ", ".join(hosts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
