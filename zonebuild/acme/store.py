"""What issuance wants of the store of certificates and keys, and of the builder's orders."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from zonebuild.acme.problem import AcmeError
from zonebuild.files.read import SourceError, read_outside
from zonebuild.tlsa.orders_text import Orders, read_orders
from zonebuild.tlsa.parameters import Wrong

_FOLDER = "state/lineages"
_LIMIT = 1 << 16  # octets


class Store(Protocol):
    """Keeps keys and chains of lineages; the room `certstore` has one."""

    def place(self, lineage: str) -> Path:
        """Return the path that changes whenever the newest chain does."""

    def newest(self, lineage: str) -> str | None:
        """Return the newest chain in PEM, None where there is none."""

    def key_for_request(self, lineage: str, orders: Orders | None, kind: str) -> bytes:
        """Return the private key for the next request in PEM; the first one is made here."""

    def prepare_next(self, lineage: str, kind: str) -> None:
        """Make the key that is to follow where there is none."""

    def keep_issued(self, lineage: str, fullchain: str, key_pem: bytes, now: int) -> None:
        """Keep a chain and its key, both on disk when this returns."""

    def export(self, lineage: str, orders: Orders | None, now: int) -> bool:
        """Bring the newest chain to the publication folder if *orders* allow; say whether."""


def orders_of(root: Path, lineage: str) -> Orders | None:
    """Return the builder's orders for *lineage*, None where it has given none.

    Errors: AcmeError, where the file is damaged.
    """
    try:
        data = read_outside(root / _FOLDER / lineage, _LIMIT)
    except SourceError as error:
        if error.reason == "does not exist":
            return None
        raise AcmeError(f"{_FOLDER}/{lineage} {error.reason}") from error
    found = read_orders(data)
    if isinstance(found, Wrong):
        raise AcmeError(f"{_FOLDER}/{lineage} {found.reason}", "`doit` writes it anew")
    return found
