"""What the holder of a lineage's keys may do, and the text of the file that tells it so.

The builder, which sees no private key, writes `state/lineages/LINEAGE`; what issues and exports
certificates reads it. A chain goes to the publication folder only where every track lets it.

    zonebuild-orders 1
    track key
    export SHA256              of the public key; `export-certificate`, `export-issuer` alike
    use SHA256                 of the key for the next request
    wants-next
    retired SHA256             of a key that is listed no more
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from zonebuild.tlsa.parameters import UNITS, Wrong

HEAD = "zonebuild-orders 1"
MAX_RETIRED = 16  # the last ones: whoever reads this may have missed some runs
_HEX = re.compile(r"[0-9a-f]{64}|[0-9a-f]{128}")
_EXPORT = {"key": "export", **{unit: f"export-{unit}" for unit in UNITS.values() if unit != "key"}}
_DAMAGED = "is no file of orders that this version knows, want the one that the builder writes"


@dataclass(frozen=True, slots=True)
class Orders:
    """What may be done for a lineage. Digests are lower-case hex, SHA-256 where that is known.

    export: for each track (of `parameters.UNITS`), what a chain must have in order to be exported:
        its public key, itself, or its issuer's public key; no track: there is no TLSA, any may.
    use: the key for the next request; "" where none may be used yet, or where no key is listed.
    wants_next: a next key shall be made, and its public part shown to the builder.
    retired: keys that are listed no more, the newest last: they may be archived.
    """

    export: Mapping[str, frozenset[str]] = field(default_factory=dict)
    use: str = ""
    wants_next: bool = False
    retired: tuple[str, ...] = ()

    def may_export(self, pins: Mapping[str, str]) -> bool:
        """Say whether a chain may be exported. pins: its SHA-256 digests, by track."""
        return all(pins.get(unit, "") in allowed for unit, allowed in self.export.items())

    def may_use(self, key: str) -> bool:
        """Say whether a request may be made with *key*, the SHA-256 of its public part."""
        return "key" not in self.export or key == self.use


def orders_text(orders: Orders) -> bytes:
    """Return the file that tells *orders*; `read_orders` reads it back."""
    return "".join(f"{line}\n" for line in _lines(orders)).encode("ascii")


def _lines(orders: Orders) -> Iterator[str]:
    yield HEAD
    for unit, allowed in sorted(orders.export.items()):
        yield f"track {unit}"
        yield from (f"{_EXPORT[unit]} {digest}" for digest in sorted(allowed))
    if orders.use:
        yield f"use {orders.use}"
    if orders.wants_next:
        yield "wants-next"
    yield from (f"retired {digest}" for digest in orders.retired[-MAX_RETIRED:])


def read_orders(data: bytes) -> Orders | Wrong:
    """Return what a file tells; all of it is refused where anything is not understood."""
    head, *lines = data.decode("utf-8", "replace").split("\n")
    if head != HEAD or lines[-1:] != [""]:
        return Wrong(_DAMAGED)
    orders: Orders | None = Orders()
    for line in lines[:-1]:
        word, _, value = line.partition(" ")
        reader = _READERS.get(word)
        orders = reader(orders, value) if orders and reader else None
    return orders or Wrong(_DAMAGED)


def _track(orders: Orders, unit: str) -> Orders | None:
    if unit not in _EXPORT or unit in orders.export:
        return None
    return replace(orders, export={**orders.export, unit: frozenset()})


def _allowed(unit: str) -> Callable[[Orders, str], Orders | None]:
    def read(orders: Orders, value: str) -> Orders | None:
        if unit not in orders.export or not _HEX.fullmatch(value):
            return None
        return replace(orders, export={**orders.export, unit: orders.export[unit] | {value}})

    return read


def _use(orders: Orders, value: str) -> Orders | None:
    return replace(orders, use=value) if _HEX.fullmatch(value) and not orders.use else None


def _wants_next(orders: Orders, value: str) -> Orders | None:
    return None if value else replace(orders, wants_next=True)


def _retired(orders: Orders, value: str) -> Orders | None:
    if not _HEX.fullmatch(value):
        return None
    return replace(orders, retired=(*orders.retired, value))


_READERS: dict[str, Callable[[Orders, str], Orders | None]] = {
    "track": _track,
    "use": _use,
    "wants-next": _wants_next,
    "retired": _retired,
    **{word: _allowed(unit) for unit, word in _EXPORT.items()},
}
