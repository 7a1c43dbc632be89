"""From the store into the publication folder, when the builder's orders let a chain go there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.folders import (
    current,
    keep_only,
    name_of,
    numbers,
    put_folder,
    remove_folder,
    switch,
)
from zonebuild.certstore.manifest import SUMS, sign, sums_text
from zonebuild.certstore.pair import Pair, judge_pair
from zonebuild.certstore.shelf import Shelf
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.orders_text import Orders


class Outcome(Enum):
    """What came of an export."""

    EXPORTED = "exported"
    CURRENT = "current"
    HELD = "held"
    NOTHING = "nothing issued"


class Export(NamedTuple):
    """What came of an export, and of which number; 0 where there is none. why: where it is held."""

    outcome: Outcome
    number: int = 0
    why: str = ""


def export_lineage(
    shelf: Shelf, orders: Orders | None, config: CertstoreConfig, now: int
) -> Export:
    """Put the newest chain that may be exported into the publication folder.

    A chain older than the one that is there is never put there again: issue it anew.
    orders: None where the builder has written none, and nothing may be exported.
    now: Unix seconds. Errors: StoreError, WriteError.
    """
    there, newest = _whole(shelf), current(shelf.issued)
    if newest <= there:
        return Export(Outcome.CURRENT if there else Outcome.NOTHING, there)
    if orders is None:
        return Export(Outcome.HELD, newest, "the builder has not yet said that it may go")
    for number, pair in _newer(shelf, there, newest):
        if orders.may_export(pair.pins):
            judge_pair(pair, (), now=now)
            _put(shelf, pair, number, config, now=now)
            return Export(Outcome.EXPORTED, number)
    return Export(Outcome.HELD, newest, "its TLSA records are not yet in every cache")


def _whole(shelf: Shelf) -> int:
    """Return the number that hosts fetch; one less where its folder is damaged."""
    there = current(shelf.published)
    try:
        shelf.exported()
    except StoreError:
        return there - 1
    return there


def _newer(shelf: Shelf, there: int, newest: int) -> Iterator[tuple[int, Pair]]:
    """Yield what was issued after the number *there*, the newest first."""
    for number in reversed([n for n in numbers(shelf.issued) if there < n <= newest]):
        pair = shelf.pair(shelf.issued, number)
        if pair is not None:
            yield number, pair


def _put(shelf: Shelf, pair: Pair, number: int, config: CertstoreConfig, *, now: int) -> None:
    folder, files = shelf.published, pair.files
    heads = {"lineage": shelf.name, "number": number}
    sums = sums_text(files, heads, now=now)
    if os.path.lexists(folder / name_of(number)):  # of a run that was killed before its end
        remove_folder(folder / name_of(number))
    put_folder(
        folder,
        name_of(number),
        {**files, SUMS: sums},
        lambda place: sign(place / SUMS, config.sign_with),
    )
    if shelf.pair(folder, number) != pair:
        raise StoreError(f"{folder / name_of(number)} does not hold what was written: look at it")
    switch(folder, number)
    keep_only(folder, {number, *numbers(folder)[-config.exports_kept :]})
