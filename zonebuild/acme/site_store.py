"""The site's store of keys and certificates, as issuance uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zonebuild.acme.problem import AcmeError
from zonebuild.certstore import Outcome, Store, StoreError, open_store
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.orders_text import Orders


class SiteStore:
    """A store of chains and keys. Errors of every method: AcmeError, WriteError."""

    def __init__(self, root: Path, config: CertstoreConfig) -> None:
        self._store: Store = open_store(root, config)

    def place(self, lineage: str) -> Path:
        """Return the path that changes whenever the newest chain does."""
        with _refusals():
            return self._store.shelf(lineage).issued / "current"

    def newest(self, lineage: str) -> str | None:
        """Return the newest chain in PEM, None where there is none."""
        with _refusals():
            pair = self._store.shelf(lineage).newest()
        return None if pair is None else pair.files["fullchain.pem"].decode("ascii", "replace")

    def key_for_request(self, lineage: str, orders: Orders | None, kind: str) -> bytes:
        """Return the private key for the next request in PEM; the first one is made here."""
        with _refusals():
            return self._store.key_for_request(lineage, orders, kind)

    def prepare_next(self, lineage: str, kind: str) -> None:
        """Make the key that is to follow where there is none."""
        with _refusals():
            self._store.prepare_next(lineage, kind)

    def keep_issued(self, lineage: str, fullchain: str, key_pem: bytes, now: int) -> None:
        """Keep a chain and its key, after a backup of what was before."""
        with _refusals():
            self._store.keep_issued(lineage, fullchain.encode("ascii"), key_pem, now)

    def export(self, lineage: str, orders: Orders | None, now: int) -> bool:
        """Bring the newest chain to the publication folder if *orders* allow; say whether."""
        with _refusals():
            return self._store.export(lineage, orders, now).outcome is Outcome.EXPORTED


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise AcmeError(str(error)) from error
