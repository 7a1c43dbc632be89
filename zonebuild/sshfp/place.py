"""Where SSHFP records of hosts may stand in a zone, and the fragment that they make.

Spec: RFC 4255 section 2; RFC 1034 section 3.6.2, RFC 6672 section 2.4 and RFC 4035 section 2.2 for
what may not stand beside an alias, below a DNAME or at a cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from zonebuild.model import type_bit
from zonebuild.placement import hidden_by
from zonebuild.sshfp.host import read_host
from zonebuild.sshfp.key import NAMES, Key

_A, _AAAA, _SSHFP = type_bit(1), type_bit(28), type_bit(44)
_LINE = re.compile(r"(\S+)\t([0-9]{1,10})\tIN\tSSHFP\t([0-9]) 2 ([0-9a-f]{64})", re.ASCII)


def misplaced(
    owner: str, apex: str, mask_of: Callable[[str], int], exists: Callable[[str], bool]
) -> str | None:
    """Return why the SSHFP of *owner* may not stand in the zone of *apex*, None where they may.

    mask_of: the types that a name owns in the hand-written part, as bits of `model.TYPE_BITS`.
    exists: as for other producers; a name with an address of its own exists.
    """
    hidden = hidden_by(owner, apex, mask_of)
    if hidden is not None:
        return hidden
    mask = mask_of(owner)
    if not mask & (_A | _AAAA) or not exists(owner):
        return f"{owner} has no A or AAAA of its own in what people write"
    if mask & _SSHFP:
        return f"{owner} has SSHFP that people write: want those of the feed alone, or those alone"
    return None


class HostRecord(NamedTuple):
    """One SSHFP record. owner: absolute, lower case; ttl: seconds."""

    owner: str
    ttl: int
    key: Key


def fragment_text(records: Iterable[HostRecord]) -> str:
    """Return the fragment that *records* make, sorted. Spec: RFC 4255 section 3.2."""
    return "".join(
        f"{owner}\t{ttl}\tIN\tSSHFP\t{key.algorithm} 2 {key.fingerprint}\n"
        for owner, ttl, key in sorted(records)
    )


def read_fragment(text: str) -> list[HostRecord]:
    """Return the records of a fragment that `fragment_text` made; other lines are passed."""
    return list(_records(text.split("\n")))


def _records(lines: Iterable[str]) -> Iterator[HostRecord]:
    for line in lines:
        match = _LINE.fullmatch(line)
        if match and int(match[3]) in NAMES and read_host(match[1]) == match[1]:
            yield HostRecord(match[1], int(match[2]), Key(int(match[3]), match[4]))
