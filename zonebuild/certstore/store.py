"""The store of keys and certificates: what is kept, what may be seen, what hosts may fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from zonebuild.certstore.backup import (
    CURRENT_KEY,
    NEXT_KEY,
    Backup,
    back_up,
    list_backups,
    read_backup,
    rotate,
)
from zonebuild.certstore.error import StoreError
from zonebuild.certstore.export import Export, Outcome, export_lineage
from zonebuild.certstore.folders import (
    current,
    keep_only,
    name_of,
    numbers,
    put_folder,
    sweep_folders,
    switch,
)
from zonebuild.certstore.keys import DEFAULT_KIND, make_key
from zonebuild.certstore.manifest import write_whole
from zonebuild.certstore.pair import FULL, KEY, Pair, digest_of, judge_pair, read_key, read_pair
from zonebuild.certstore.shelf import Shelf, is_newest, read_file
from zonebuild.certstore.view import is_current, is_settled, show
from zonebuild.files.lock import Lock, LockError
from zonebuild.files.write import WriteError, make_directory, replace_file, sweep, sync_directory
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.orders_text import Orders
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.places import parse_lineage_name

_PATIENCE = 60.0  # seconds to wait for another run
_ISSUED_KEPT = 5  # numbered folders of what was issued; what went before is in the backups


def open_store(root: Path, config: CertstoreConfig) -> Store:
    """Return the store that *config* describes. root: the site, for its relative paths."""
    key = config.sign_with and str(root / config.sign_with)
    return Store(root, replace(config, sign_with=key))


class Store:
    """All lineages. One process at a time changes anything; each call is whole or has not been.

    Errors of every method: StoreError for a refusal, WriteError where the machine does not let it.
    """

    def __init__(self, root: Path, config: CertstoreConfig) -> None:
        self._root, self._config = root, config

    def shelf(self, lineage: str) -> Shelf:
        """Return where the parts of *lineage* lie."""
        name = parse_lineage_name(lineage)
        if isinstance(name, Wrong):
            raise StoreError(f"{lineage!a} {name.reason}")
        config = self._config
        folders = (config.private, config.public, config.publication, config.backups)
        return Shelf(name, *(self._root / folder / name for folder in folders))

    def has(self, lineage: str) -> bool:
        """Say whether the store has anything of *lineage*."""
        return self.shelf(lineage).private.is_dir()

    def newest_number(self, lineage: str) -> int:
        """Return the number of the newest chain, 0 where there is none."""
        return current(self.shelf(lineage).issued)

    def key_for_request(
        self, lineage: str, orders: Orders | None, kind: str = DEFAULT_KIND
    ) -> bytes:
        """Return the private key, PEM, for the next request of a certificate.

        The one that the orders name. Where they bind no key, the next one if there is one, else the
        current one; before the first export always the current one, made where there is none.
        kind: of `site.issue.KEY_KINDS`, for one that is made.
        """
        with self._at_work(lineage) as shelf:
            if orders is not None and orders.use:
                return _ordered(shelf, orders.use)
            is_bound = orders is not None and "key" in orders.export
            if is_bound and shelf.exported() is not None:
                raise StoreError(
                    f"the orders for {lineage} name no key for a request now: look at "
                    "`zonebuild status`, the next key may not be ready yet"
                )
            is_free = orders is not None and not is_bound
            key = (read_file(shelf.next) if is_free else None) or read_file(shelf.key)
            if key is None:
                key = make_key(kind)
                replace_file(shelf.key, key, mode=0o600)
                show(shelf)
            else:
                read_key(key)
            return key

    def prepare_next(self, lineage: str, kind: str = DEFAULT_KIND) -> bool:
        """Make the next key where there is none; return whether it was made now."""
        with self._at_work(lineage) as shelf:
            is_made = read_file(shelf.next) is None
            if is_made:
                replace_file(shelf.next, make_key(kind), mode=0o600)
            show(shelf)
            return is_made

    def renew_key(self, lineage: str, kind: str = DEFAULT_KIND) -> None:
        """Make a fresh next key, also where there is one. kind: as for `key_for_request`."""
        with self._at_work(lineage) as shelf:
            replace_file(shelf.next, make_key(kind), mode=0o600)
            show(shelf)

    def keep_issued(
        self,
        lineage: str,
        fullchain: bytes,
        key: bytes,
        now: int,
        *,
        names: Iterable[str] = (),
    ) -> int:
        """Keep a chain that a CA issued, and the key of it; return its number.

        key: PEM. names: that the certificate must have. now: Unix seconds.
        What was before is backed up first. The very chain that is the newest is not kept again.
        """
        pair = read_pair(fullchain, key)
        judge_pair(pair, names, now=now)
        with self._at_work(lineage) as shelf:
            back_up(shelf, now=now)
            number = current(shelf.issued)
            if is_newest(shelf, pair):
                self._settle(shelf, now)
                return number
            number = shelf.next_number()
            put_folder(shelf.issued, name_of(number), pair.files)
            switch(shelf.issued, number)
            keep_only(shelf.issued, set(numbers(shelf.issued)[-_ISSUED_KEPT:]))
            self._settle(shelf, now)
            return number

    def export(
        self, lineage: str, orders: Orders | None, now: int, *, mends: bool = True
    ) -> Export:
        """Put the newest chain into the publication folder where *orders* let it.

        orders: None where the builder has written none. now: Unix seconds.
        mends: also write the manifest of the whole; else call `mend` after the last export.
        """
        known = self.shelf(lineage)
        if is_current(known):
            return Export(Outcome.CURRENT, current(known.published))
        with self._at_work(lineage) as shelf:
            sweep_folders(shelf.published)
            done = export_lineage(shelf, orders, self._config, now)
            self._settle(shelf, now)
            if done.outcome is Outcome.EXPORTED and mends:
                self._sign_whole(now)
            return done

    def mend(self, now: int) -> bool:
        """Write the manifest of the whole where it is behind; return whether it was."""
        with self._locked():
            return self._sign_whole(now)

    def backups(self, lineage: str) -> list[Backup]:
        """Return the backups of a lineage, the oldest first."""
        return list_backups(self.shelf(lineage))

    def restore(self, lineage: str, name: str, now: int) -> int:
        """Take the chain and key of a backup as newly issued; return the number, 0 for keys alone.

        Keys that the store lacks come back as well; none is replaced.
        """
        files = read_backup(self.shelf(lineage), name)
        if not files:
            raise StoreError(f"there is no backup {name} of {lineage}")
        for kind in (CURRENT_KEY, NEXT_KEY):
            if kind in files:
                read_key(files[kind])
        number = 0
        if FULL in files and KEY in files:
            number = self.keep_issued(lineage, files[FULL], files[KEY], now)
        with self._at_work(lineage) as shelf:
            for path, kind in ((shelf.key, CURRENT_KEY), (shelf.next, NEXT_KEY)):
                if kind in files and read_file(path) is None:
                    replace_file(path, files[kind], mode=0o600)
            self._settle(shelf, now)
        return number

    @contextmanager
    def _locked(self) -> Iterator[None]:
        private = self._root / self._config.private
        make_directory(private, 0o700)
        try:
            with Lock(private / ".lock", command="zonebuild certstore", wait=_PATIENCE):
                yield
        except LockError as error:
            raise StoreError(str(error)) from error

    @contextmanager
    def _at_work(self, lineage: str) -> Iterator[Shelf]:
        """Give the shelf of a lineage, alone, without what a killed run left."""
        shelf = self.shelf(lineage)
        with self._locked():
            shelf.open()
            sweep(shelf.private)
            sweep(shelf.public)
            sweep_folders(shelf.issued)
            yield shelf

    def _settle(self, shelf: Shelf, now: int) -> None:
        """Bring the current key, the public view and the backups up to what lies there."""
        if not is_settled(shelf):
            try:
                exported = shelf.exported()
            except StoreError:  # damaged: the next export puts it right
                return
            _promote(shelf, exported or shelf.newest())
            show(shelf)
        back_up(shelf, now=now)
        config = self._config
        rotate(shelf, kept=config.backups_kept, age=config.backups_age, now=now)

    def _sign_whole(self, now: int) -> bool:
        publication = self._root / self._config.publication
        return write_whole(publication, self._config.sign_with, now=now)


def _ordered(shelf: Shelf, digest: str) -> bytes:
    key = shelf.find_key(digest)
    if key is None:
        raise StoreError(
            f"the orders for {shelf.name} want the key {digest[:16]}…, which is not in the store: "
            "restore a backup that has it"
        )
    return key


def _promote(shelf: Shelf, pair: Pair | None) -> None:
    """Make the key of *pair* the current one, and no more the next one."""
    if pair is None:
        return
    key, following = read_file(shelf.key), read_file(shelf.next)
    if key is None or digest_of(read_key(key)) != pair.pins["key"]:
        replace_file(shelf.key, pair.key, mode=0o600)
    if following is not None and digest_of(read_key(following)) == pair.pins["key"]:
        try:
            shelf.next.unlink()
            sync_directory(shelf.private)
        except OSError as error:
            raise WriteError(shelf.next, error) from error
