"""Two versions of a zone into all that is told of their difference."""

from __future__ import annotations

from typing import NamedTuple

from zonebuild.diff.effects import Effect, find_effects
from zonebuild.diff.records import DNSSEC_TYPES, Line, changed_lines, diff_of_lines
from zonebuild.model import Records, ZoneDiff


class Comparison(NamedTuple):
    """What differs, what resolvers will see, and how many records of signers were left out."""

    diff: ZoneDiff
    effects: tuple[Effect, ...] = ()
    left_out: int = 0


def compare_versions(
    apex: str, old: Records, new: Records, *, dnssec: bool = False, most: int | None = None
) -> Comparison:
    """Return what *new* changes in the zone of *apex*, and what resolvers will see of it.

    dnssec: the types that signers make count as well.
    most: RRsets, from the first, whose effect is told; None: all.
    """
    gone, come = changed_lines(old.blocks, new.blocks)
    left_out = 0
    if not dnssec:
        found = len(gone) + len(come)
        gone, come = _unsigned(gone), _unsigned(come)
        left_out = found - len(gone) - len(come)
    diff = diff_of_lines(apex, gone, come)
    return Comparison(diff, find_effects(diff, old, new, most=most), left_out)


def _unsigned(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.rdtype not in DNSSEC_TYPES]
