"""What building one zone gave: a value that a child process hands to its parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zonebuild.builder.making.memory import Learnt, Memory
from zonebuild.builder.outcome import Report
from zonebuild.builder.remembered.serials import KeptSerial


@dataclass(slots=True)
class Built:
    """What building one zone gave.

    text: what goes into unsigned/, None where what stands there stays, and once it is staged.
    digest: SHA-256 in hex of what then stands there, "" where the sources make nothing.
    is_good: the hand-written part is today's, without error: the built zone is its good copy.
    change: the checksum of what people changed, "" for nothing, None where it is not known.
    is_free: that change, which nobody approved, is in the text.
    due: Unix seconds at which the zone is stale all the same, 0: never.
    learnt: what is to be remembered of a large zone; memory: what was, and holds on.
    """

    apex: str
    report: Report
    inputs: Sequence[str]
    is_good: bool
    change: str | None = None
    is_free: bool = False
    due: int = 0
    text: bytes | None = None
    digest: str = ""
    serial: KeptSerial | None = None
    learnt: Learnt | None = None
    memory: Memory | None = None
