"""What each lineage may do now, told to whoever holds its keys: `state/lineages/LINEAGE`.

The state is on disk before: a chain that is let go is listed in whatever is built from now on.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from zonebuild.builder.lineages.taking import TrackName
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, make_directory
from zonebuild.tlsa.orders_text import Orders, orders_text, read_orders
from zonebuild.tlsa.rollover import Step
from zonebuild.tlsa.state import State

_LIMIT = 1 << 16  # octets of a file of orders


def write_orders(
    folder: Path,
    units: Mapping[str, Iterable[str]],
    steps: Mapping[TrackName, Step],
    *,
    spared: Collection[str],
) -> None:
    """Make the files in *folder* say what the tracks of each lineage may do.

    units: of each lineage whose orders somebody follows; what it was told stays as it is where one
    of its tracks could not be looked at. spared: others whose files stay; what else is there goes.
    Errors: WriteError.
    """
    names = _names(folder).difference(units, spared)
    if units:
        make_directory(folder)
    with WriteBatch() as batch:
        for lineage, tracks in units.items():
            own = {unit: steps.get((lineage, unit)) for unit in tracks}
            known = {unit: step for unit, step in own.items() if step is not None}
            if len(known) < len(own):
                continue
            before = _content(folder / lineage)
            text = orders_text(orders_of(known, _retired(before)))
            if text != before:
                batch.stage(folder / lineage, text)
        batch.commit()
    for name in names:
        (folder / name).unlink(missing_ok=True)


def orders_of(steps: Mapping[str, Step], retired: tuple[str, ...] = ()) -> Orders:
    """Return the orders that the *steps* of all tracks of a lineage give, by unit.

    retired: the keys that earlier orders named.
    """
    key = steps.get("key")
    export = {unit: _allowed(step.state) for unit, step in steps.items()}
    if key is None:
        return Orders(export)
    listed = {each.pin.name for each in key.state.keys}
    gone = [*retired, *(pin.name for pin in key.retired)]
    return Orders(
        export,
        use=key.use.name if key.use else "",
        wants_next=key.needs_next,
        retired=tuple(name for name in dict.fromkeys(gone) if name not in listed),
    )


def _allowed(state: State) -> frozenset[str]:
    """Return what chains must have: that of the last one that was let go, so that it is renewed."""
    current = state.current
    if current is None or current.pin.name in state.compromised:
        return frozenset()
    return frozenset({current.pin.name})


def _names(folder: Path) -> set[str]:
    """Return the files in *folder*; a folder there is somebody else's."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)}
    except OSError:
        return set()


def _content(path: Path) -> bytes:
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return b""


def _retired(data: bytes) -> tuple[str, ...]:
    orders = read_orders(data)
    return orders.retired if isinstance(orders, Orders) else ()
