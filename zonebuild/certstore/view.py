"""What the builder may see of a lineage: chains and public keys, never a private one."""

from __future__ import annotations

from pathlib import Path

from zonebuild.certstore.backup import is_backed_up
from zonebuild.certstore.error import StoreError
from zonebuild.certstore.folders import CURRENT, current, has_leftovers, name_of
from zonebuild.certstore.pair import CHAIN, FULL, KEY, LEAF, Pair, public_pem, read_key
from zonebuild.certstore.shelf import Shelf, read_file
from zonebuild.files.write import WriteError, make_directory, replace_file, sync_directory

ISSUED, OWN, NEXT = "issued.pem", "key.pub", "next.pub"


def show(shelf: Shelf) -> None:
    """Bring the public view of a lineage up to date, where anything in it is not.

    `key.pub` belongs to `fullchain.pem`, or is the first key to be. A builder that looks meanwhile
    finds no `key.pub` rather than one of another chain.
    Errors: StoreError, WriteError.
    """
    newest, exported = shelf.newest(), shelf.exported()
    own = exported.chain.public_key if exported else _public(shelf.key)
    following = _public(shelf.next)
    wanted = {
        ISSUED: _full(newest),
        FULL: _full(exported),
        OWN: public_pem(own) if own else None,
        NEXT: public_pem(following) if following and following != own else None,
    }
    found = {name: read_file(shelf.public / name) for name in wanted}
    changed = {name: data for name, data in wanted.items() if data != found[name]}
    if exported is None:
        changed.pop(FULL, None)  # what another way put there stays until the first export
    if not changed:
        return
    make_directory(shelf.public)
    if FULL in changed and OWN in changed:
        _remove(shelf.public / OWN)
    for name, data in changed.items():
        if data is None:
            _remove(shelf.public / name)
        else:
            replace_file(shelf.public / name, data)


def is_settled(shelf: Shelf) -> bool:
    """Say whether nothing is left to do after an export, judged by octets alone: that is quick."""
    newest = shelf.issued / CURRENT
    exported = shelf.published / CURRENT
    same = (
        (exported / FULL, shelf.public / FULL),
        (newest / FULL, shelf.public / ISSUED),
        (exported / KEY, shelf.key),
    )
    has_next = (read_file(path) is None for path in (shelf.next, shelf.public / NEXT))
    return (
        all(read_file(one) == read_file(other) is not None for one, other in same)
        and read_file(shelf.public / OWN) is not None
        and len(set(has_next)) == 1
    )


def is_current(shelf: Shelf) -> bool:
    """Say whether an export would change nothing at all, judged by octets and names alone."""
    number = current(shelf.issued)
    if not number or number != current(shelf.published) or not is_settled(shelf):
        return False
    issued, published = shelf.issued / name_of(number), shelf.published / name_of(number)
    pairs = ((issued / name, published / name) for name in (FULL, KEY, LEAF, CHAIN))
    tops = (shelf.private, shelf.public, shelf.issued, shelf.published, shelf.backups)
    return (
        all(read_file(one) == read_file(other) for one, other in pairs)
        and is_backed_up(shelf, read_file(issued / FULL))
        and not any(map(has_leftovers, tops))
    )


def _full(pair: Pair | None) -> bytes | None:
    return pair.files[FULL] if pair else None


def _public(path: Path) -> bytes | None:
    key = read_file(path)
    try:
        return None if key is None else read_key(key)
    except StoreError as error:
        raise StoreError(f"in {path} {error}") from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise WriteError(path, error) from error
