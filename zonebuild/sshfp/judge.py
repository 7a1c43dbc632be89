"""What one slot's keys mean: a table of cases, decided from what is remembered, offered, approved.

remembered      offered           approved     case
any             any               none         FORBIDDEN
published A     A alone           not A        KEPT
published A     A and B           not B        TWO
published A     with B            B            APPROVED
published A     nothing           not none     MISSING where every feed is read, else KEPT
published A     B alone           not B        REPLACED
withdrawn A     nothing           not none     IDLE
withdrawn A     A alone           A, no line   BACK
withdrawn A     B alone           B            NEXT
withdrawn A     B alone           no line      REPLACED
withdrawn A     B alone           another      CONTRADICTED
never seen      B alone           B, no line   NEW
never seen      B alone           another      CONTRADICTED
not published   several           not none     TWO
"""

from __future__ import annotations

import enum

from zonebuild.sshfp.approval import NONE
from zonebuild.sshfp.state import Entry


class Case(enum.Enum):
    """What a slot's keys mean; the module's table says when."""

    FORBIDDEN = enum.auto()
    KEPT = enum.auto()
    MISSING = enum.auto()
    APPROVED = enum.auto()
    REPLACED = enum.auto()
    TWO = enum.auto()
    IDLE = enum.auto()
    BACK = enum.auto()
    NEXT = enum.auto()
    NEW = enum.auto()
    CONTRADICTED = enum.auto()


def judge(
    entry: Entry | None, offered: frozenset[str], approved: str | None, *, is_whole: bool
) -> Case:
    """Return the case of a slot.

    offered: fingerprints. approved: one, or NONE, or None where there is no line for the slot.
    is_whole: every feed that may offer a key was read.
    """
    if approved == NONE:
        return Case.FORBIDDEN
    if entry is not None and entry.is_published:
        return _judge_published(entry.fingerprint, offered, approved, is_whole=is_whole)
    if not offered:
        return Case.IDLE
    if len(offered) > 1:
        return Case.TWO
    (only,) = offered
    if approved not in (None, only):
        return Case.CONTRADICTED
    if entry is None:
        return Case.NEW
    if only == entry.fingerprint:
        return Case.BACK
    return Case.NEXT if approved else Case.REPLACED


def _judge_published(
    published: str, offered: frozenset[str], approved: str | None, *, is_whole: bool
) -> Case:
    others = offered - {published}
    if approved in others:
        return Case.APPROVED
    if not others:
        return Case.KEPT if offered or not is_whole else Case.MISSING
    return Case.REPLACED if len(offered) == 1 else Case.TWO
