"""Where two long values differ: the one word of a policy, the one octet of a key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_WORDS = re.compile(r'[^\s;,"=:]+|[\s;,"=:]+')
_MANY = 400  # words; beyond it only what both begin and end with is taken off


class Part(NamedTuple):
    """A stretch of the old value that a stretch of the new one replaces; either may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def differing_parts(old: str, new: str) -> tuple[Part, ...]:
    """Return the stretches in which *old* and *new* differ, in order, word by word."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    are_many = len(before) > _MANY or len(after) > _MANY
    parts = [Part(0, len(old), 0, len(new))] if are_many else _by_words(before, after)
    trimmed = (_trimmed(part, old, new) for part in parts)
    return tuple(part for part in trimmed if part[0] < part[1] or part[2] < part[3])


def _by_words(before: list[str], after: list[str]) -> Iterable[Part]:
    from difflib import SequenceMatcher

    old_ends, new_ends = _ends(before), _ends(after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Part(old_ends[a], old_ends[b], new_ends[c], new_ends[d])


def _ends(words: list[str]) -> list[int]:
    """Return where each word begins, and where the last one ends."""
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return ends


def _trimmed(part: Part, old: str, new: str) -> Part:
    """Return *part* without what its two stretches begin and end with alike."""
    old_start, old_end, new_start, new_end = part
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return Part(old_start, old_end, new_start, new_end)
