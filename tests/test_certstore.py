"""The store: keys that take turns, chains that are kept, exports that orders allow."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.certificates import HOST, chain, digest, new_key
from tests.sites import DAY, NOW
from zonebuild.certstore import Outcome, Store, StoreError, open_store
from zonebuild.certstore.keys import make_key
from zonebuild.certstore.pair import read_key
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.issue import KEY_KINDS
from zonebuild.tlsa.orders_text import Orders
from zonebuild.tlsa.pin import pin_of

NAME = "mx1"
PRIVATE, PUBLIC = Path("keys/lineages", NAME), Path("certs", NAME)
PUBLISHED, BACKUPS = Path("publication", NAME), Path("keys/backups", NAME)
FREE = Orders()  # no TLSA depends on the lineage


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, CertstoreConfig())


def allow(*keys: bytes, use: bytes = b"") -> Orders:
    """Return the orders that let chains with *keys* go."""
    return Orders({"key": frozenset(map(digest, keys))}, digest(use) if use else "")


def in_use(tmp_path: Path, store: Store) -> bytes:
    """Issue and export a first chain; return its key."""
    key = store.key_for_request(NAME, FREE)
    store.keep_issued(NAME, chain(key), key, NOW, names=[HOST])
    assert store.export(NAME, FREE, NOW).outcome is Outcome.EXPORTED
    assert (tmp_path / PUBLISHED / "current/privkey.pem").read_bytes() == key
    return key


def public_of(path: Path) -> str:
    from zonebuild.tlsa.material import Material, read_material

    found = read_material(path.read_bytes())
    assert isinstance(found, Material)
    return pin_of(found.public_key).sha256


# -- keys ------------------------------------------------------------------------------------------


def test_a_lineage_without_a_key_gets_one_that_stays(store: Store, tmp_path: Path) -> None:
    first = store.key_for_request(NAME, None)
    assert store.key_for_request(NAME, FREE) == first
    assert public_of(tmp_path / PUBLIC / "key.pub") == digest(first)


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_every_kind_of_key_of_the_map_can_be_made(kind: str) -> None:
    assert read_key(make_key(kind))


def test_an_unknown_kind_of_key_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="'dsa' is no kind of key, want one of ec-p256"):
        store.key_for_request(NAME, None, "dsa")


def test_the_next_key_is_made_once_and_its_public_part_shown(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    assert store.prepare_next(NAME)
    assert not store.prepare_next(NAME)
    following = (tmp_path / PRIVATE / "next.pem").read_bytes()
    assert public_of(tmp_path / PUBLIC / "next.pub") == digest(following)


def test_orders_choose_the_key_of_a_request(store: Store, tmp_path: Path) -> None:
    key = in_use(tmp_path, store)
    store.prepare_next(NAME)
    following = (tmp_path / PRIVATE / "next.pem").read_bytes()
    assert store.key_for_request(NAME, allow(key, use=key)) == key
    assert store.key_for_request(NAME, allow(key, use=following)) == following


@pytest.mark.parametrize("orders", [FREE, Orders({"issuer": frozenset({"a" * 64})})])
def test_a_key_that_no_record_lists_is_followed_by_a_fresh_one(
    store: Store, tmp_path: Path, orders: Orders
) -> None:
    key = in_use(tmp_path, store)
    store.renew_key(NAME)
    following = store.key_for_request(NAME, orders)
    assert following != key
    assert store.key_for_request(NAME, orders) == following
    assert store.key_for_request(NAME, None) == key
    store.keep_issued(NAME, chain(following), following, NOW + 1)
    assert store.export(NAME, FREE, NOW + 1).outcome is Outcome.EXPORTED
    assert (tmp_path / PRIVATE / "key.pem").read_bytes() == following
    assert not (tmp_path / PRIVATE / "next.pem").exists()
    assert store.key_for_request(NAME, orders) == following


def test_a_key_is_made_anew_as_often_as_that_is_asked_for(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    keys = set()
    for _ in range(3):
        store.renew_key(NAME, "ec-p384")
        keys.add(store.key_for_request(NAME, FREE))
    assert len(keys) == 3


def test_orders_without_a_key_to_use_stop_a_request(store: Store, tmp_path: Path) -> None:
    key = in_use(tmp_path, store)
    with pytest.raises(StoreError, match="name no key for a request now"):
        store.key_for_request(NAME, allow(key))


def test_an_ordered_key_that_is_lost_is_told(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    with pytest.raises(StoreError, match="not in the store: restore a backup"):
        store.key_for_request(NAME, allow(use=new_key()))


def test_the_key_of_an_older_chain_is_still_found(store: Store, tmp_path: Path) -> None:
    key, other = in_use(tmp_path, store), new_key()
    store.keep_issued(NAME, chain(other), other, NOW)
    store.export(NAME, FREE, NOW)
    assert (tmp_path / PRIVATE / "key.pem").read_bytes() == other
    assert store.key_for_request(NAME, allow(other, use=key)) == key


# -- what is kept ----------------------------------------------------------------------------------


def test_secrets_are_0600_and_their_folders_0700(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    store.prepare_next(NAME)
    tops = [tmp_path / top for top in (PRIVATE, PUBLISHED, BACKUPS)]
    found = {
        path: stat.S_IMODE(path.lstat().st_mode)
        for top in tops
        for path in (top, *top.rglob("*"))
        if not path.is_symlink()
    }
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if not path.is_dir()} == {0o600}


def test_no_private_key_is_ever_shown_to_the_builder(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    store.prepare_next(NAME)
    shown = {path.name: path.read_bytes() for path in (tmp_path / PUBLIC).iterdir()}
    assert set(shown) == {"fullchain.pem", "issued.pem", "key.pub", "next.pub"}
    assert not any(b"PRIVATE" in data for data in shown.values())


def test_a_folder_of_keys_that_others_can_read_is_refused(store: Store, tmp_path: Path) -> None:
    store.key_for_request(NAME, None)
    (tmp_path / PRIVATE).chmod(0o750)
    with pytest.raises(StoreError, match="has mode 0750, and holds keys: want 0700"):
        store.key_for_request(NAME, None)


KEY = new_key()
BAD = {
    "expired": (chain(KEY, begins=NOW - 200 * DAY), KEY, "has expired"),
    "not-yet-valid": (chain(KEY, begins=NOW + DAY), KEY, "is not valid for"),
    "other-host": (chain(KEY, "www.example.org"), KEY, f"is not for {HOST}"),
    "must-staple": (chain(KEY, staple=True), KEY, "must be stapled"),
    "other-key": (chain(KEY), new_key(), "not the one of the certificate"),
    "order": (
        b"-----BEGIN" + b"-----BEGIN".join(reversed(chain(KEY).split(b"-----BEGIN")[1:])),
        KEY,
        "not the one of the certificate",
    ),
    "other-issuer": (
        b"-----BEGIN".join(chain(KEY).split(b"-----BEGIN")[:2])
        + b"-----BEGIN"
        + chain(KEY, issuer="another").split(b"-----BEGIN")[2],
        KEY,
        "has another certificate than its issuer at place 2",
    ),
    "no-key": (chain(KEY), b"", "the private key is empty"),
    "public-key": (chain(KEY), chain(KEY), "the private key is a certificate"),
    "no-chain": (KEY, KEY, "the chain is a private key, want a certificate"),
    "rubbish": (b"\x00" * 99, KEY, "the chain is damaged"),
}


@pytest.mark.parametrize(("full", "key", "said"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_not_kept(
    store: Store, tmp_path: Path, full: bytes, key: bytes, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        store.keep_issued(NAME, full, key, NOW, names=[f"{HOST}."])
    assert not (tmp_path / PRIVATE).exists()
    assert "BEGIN" not in str(refused.value)


def test_an_issuer_of_the_same_name_with_another_key_is_no_issuer(store: Store) -> None:
    from tests.certificates import _issuer

    mine = chain(KEY)
    _issuer.cache_clear()
    parts = b"", mine.split(b"-----BEGIN")[1], chain(KEY).split(b"-----BEGIN")[2]
    with pytest.raises(StoreError, match="is not signed by its issuer at place 2"):
        store.keep_issued(NAME, b"-----BEGIN".join(parts), KEY, NOW)


def test_the_same_chain_is_kept_once(store: Store, tmp_path: Path) -> None:
    full = chain(KEY)
    assert [store.keep_issued(NAME, full, KEY, NOW) for _ in range(2)] == [1, 1]
    assert store.keep_issued(NAME, chain(KEY), KEY, NOW) == 2
    assert os.readlink(tmp_path / PRIVATE / "issued/current") == "0002"


def test_old_chains_leave_the_store(store: Store, tmp_path: Path) -> None:
    for _ in range(8):
        store.keep_issued(NAME, chain(KEY), KEY, NOW)
    assert sorted(path.name for path in (tmp_path / PRIVATE / "issued").iterdir()) == [
        *("0004", "0005", "0006", "0007", "0008"),
        "current",
    ]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "x" * 200])
def test_a_name_that_is_none_reaches_no_folder(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="is no name of a lineage"):
        store.key_for_request(name, None)


# -- what is exported ------------------------------------------------------------------------------


def test_an_export_has_all_files_behind_one_link(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    folder = tmp_path / PUBLISHED / "current"
    assert os.readlink(folder) == "0001"
    assert {path.name for path in folder.iterdir()} == {
        *("cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"),
        "SHA256SUMS",
    }
    assert (folder / "cert.pem").read_bytes() + (folder / "chain.pem").read_bytes() == (
        folder / "fullchain.pem"
    ).read_bytes()


def test_an_unplanned_key_waits_for_its_orders(store: Store, tmp_path: Path) -> None:
    key, other = in_use(tmp_path, store), new_key()
    store.keep_issued(NAME, chain(other), other, NOW)
    held = store.export(NAME, allow(key), NOW)
    assert (held.outcome, held.number) == (Outcome.HELD, 2)
    assert (tmp_path / PUBLISHED / "current/privkey.pem").read_bytes() == key
    assert public_of(tmp_path / PUBLIC / "fullchain.pem") == digest(key)
    assert public_of(tmp_path / PUBLIC / "issued.pem") == digest(other)
    assert public_of(tmp_path / PUBLIC / "key.pub") == digest(key)
    assert store.export(NAME, allow(key, other), NOW).outcome is Outcome.EXPORTED
    assert public_of(tmp_path / PUBLIC / "fullchain.pem") == digest(other)
    assert public_of(tmp_path / PUBLIC / "key.pub") == digest(other)


def test_without_orders_nothing_goes(store: Store, tmp_path: Path) -> None:
    store.keep_issued(NAME, chain(KEY), KEY, NOW)
    assert store.export(NAME, None, NOW).outcome is Outcome.HELD
    assert not (tmp_path / PUBLISHED).exists()


def test_a_certificate_is_allowed_by_its_own_digest(store: Store) -> None:
    full = chain(KEY)
    store.keep_issued(NAME, full, KEY, NOW)
    tracks = {"key": frozenset({digest(KEY)}), "certificate": frozenset({"0" * 64})}
    assert store.export(NAME, Orders(tracks), NOW).outcome is Outcome.HELD
    shelf = store.shelf(NAME)
    newest = shelf.newest()
    assert newest is not None
    tracks["certificate"] = frozenset({newest.pins["certificate"]})
    assert store.export(NAME, Orders(tracks), NOW).outcome is Outcome.EXPORTED


def test_the_next_key_becomes_the_current_one_with_its_export(store: Store, tmp_path: Path) -> None:
    key = in_use(tmp_path, store)
    store.prepare_next(NAME)
    following = (tmp_path / PRIVATE / "next.pem").read_bytes()
    store.keep_issued(NAME, chain(following), following, NOW)
    assert (tmp_path / PRIVATE / "key.pem").read_bytes() == key
    store.export(NAME, allow(key, following), NOW)
    assert (tmp_path / PRIVATE / "key.pem").read_bytes() == following
    assert not (tmp_path / PRIVATE / "next.pem").exists()
    assert not (tmp_path / PUBLIC / "next.pub").exists()


def test_a_second_export_changes_nothing(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    before = {path: path.lstat().st_ino for path in tmp_path.rglob("*")}
    assert store.export(NAME, FREE, NOW + DAY).outcome is Outcome.CURRENT
    assert {path: path.lstat().st_ino for path in tmp_path.rglob("*")} == before


def test_a_chain_that_expired_meanwhile_is_not_exported(store: Store, tmp_path: Path) -> None:
    store.keep_issued(NAME, chain(KEY), KEY, NOW)
    with pytest.raises(StoreError, match="has expired"):
        store.export(NAME, FREE, NOW + 100 * DAY)
    assert not (tmp_path / PUBLISHED / "current").exists()


def test_a_few_old_exports_stay(store: Store, tmp_path: Path) -> None:
    for _ in range(5):
        store.keep_issued(NAME, chain(KEY), KEY, NOW)
        store.export(NAME, FREE, NOW)
    assert sorted(path.name for path in (tmp_path / PUBLISHED).iterdir()) == [
        *("0003", "0004", "0005"),
        "current",
    ]


def test_a_damaged_export_is_put_right(store: Store, tmp_path: Path) -> None:
    key = in_use(tmp_path, store)
    damaged = tmp_path / PUBLISHED / "current/privkey.pem"
    damaged.write_bytes(new_key())
    assert store.export(NAME, allow(key), NOW).outcome is Outcome.EXPORTED
    assert damaged.read_bytes() == key


def test_a_publication_that_was_emptied_is_filled_again(store: Store, tmp_path: Path) -> None:
    import shutil

    key = in_use(tmp_path, store)
    shutil.rmtree(tmp_path / PUBLISHED)
    assert store.export(NAME, allow(key), NOW).outcome is Outcome.EXPORTED


def test_numbers_go_on_where_the_store_was_lost(store: Store, tmp_path: Path) -> None:
    import shutil

    in_use(tmp_path, store)
    shutil.rmtree(tmp_path / PRIVATE)
    assert store.keep_issued(NAME, chain(KEY), KEY, NOW) == 2


# -- backups ---------------------------------------------------------------------------------------


def test_a_backup_restores_keys_and_chain_as_a_new_issue(store: Store, tmp_path: Path) -> None:
    import shutil

    key = in_use(tmp_path, store)
    store.prepare_next(NAME)
    following = (tmp_path / PRIVATE / "next.pem").read_bytes()
    store.keep_issued(NAME, chain(key), key, NOW + 1)
    newest = store.backups(NAME)[-1]
    shutil.rmtree(tmp_path / PRIVATE)
    assert store.restore(NAME, newest.name, NOW + 2) == 2
    assert (tmp_path / PRIVATE / "key.pem").read_bytes() == key
    assert (tmp_path / PRIVATE / "next.pem").read_bytes() == following
    assert store.export(NAME, allow(key), NOW + 2).outcome is Outcome.EXPORTED


def test_a_backup_of_keys_alone_restores_them(store: Store, tmp_path: Path) -> None:
    store.key_for_request(NAME, None)
    store.prepare_next(NAME)
    keys = [(tmp_path / PRIVATE / name).read_bytes() for name in ("key.pem", "next.pem")]
    other = new_key()
    store.keep_issued(NAME, chain(other), other, NOW)
    first = store.backups(NAME)[0]
    import shutil

    shutil.rmtree(tmp_path / PRIVATE)
    assert store.restore(NAME, first.name, NOW) == 0
    assert [(tmp_path / PRIVATE / n).read_bytes() for n in ("key.pem", "next.pem")] == keys


def test_an_expired_backup_is_refused(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    newest = store.backups(NAME)[-1]
    with pytest.raises(StoreError, match="has expired"):
        store.restore(NAME, newest.name, NOW + 100 * DAY)


def test_a_damaged_backup_is_refused(store: Store, tmp_path: Path) -> None:
    in_use(tmp_path, store)
    newest = store.backups(NAME)[-1]
    (tmp_path / BACKUPS / newest.name / "privkey.pem").write_bytes(new_key())
    with pytest.raises(StoreError, match="not the one of the certificate"):
        store.restore(NAME, newest.name, NOW)


@pytest.mark.parametrize("name", ["../../etc", "nothing", "20261118T090640Z-9999"])
def test_no_backup_of_that_name(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no backup"):
        store.restore(NAME, name, NOW)


def test_backups_go_by_count_and_age(tmp_path: Path) -> None:
    config = CertstoreConfig(backups_kept=2, backups_age=10 * DAY)
    store = open_store(tmp_path, config)
    for day in range(30):
        store.keep_issued(NAME, chain(KEY, begins=NOW), KEY, NOW + day * DAY)
    ages = [(NOW + 29 * DAY - backup.at) // DAY for backup in store.backups(NAME)]
    assert ages == [*range(10, -1, -1)]
    config = CertstoreConfig(backups_kept=4, backups_age=0)
    open_store(tmp_path, config).keep_issued(NAME, chain(KEY), KEY, NOW + 30 * DAY)
    assert len(store.backups(NAME)) == 4


@pytest.mark.parametrize("name", ["99999999T999999Z-0001", "20260230T000000Z-0001", "x", "lost"])
def test_a_folder_among_the_backups_that_is_none_is_left_alone(
    store: Store, tmp_path: Path, name: str
) -> None:
    (tmp_path / BACKUPS / name).mkdir(parents=True)
    in_use(tmp_path, store)
    kept = [backup.name for backup in store.backups(NAME)]
    assert kept
    assert name not in kept
    assert (tmp_path / BACKUPS / name).is_dir()


def test_a_clock_that_goes_back_leaves_backups_in_their_order(store: Store) -> None:
    for at in (NOW, NOW, NOW - DAY):
        store.keep_issued(NAME, chain(KEY, begins=NOW - 2 * DAY), KEY, at)
    names = [backup.name for backup in store.backups(NAME)]
    assert names == sorted(names)
    assert len(names) == 3
