"""zonebuild export, backup and lineage: on a site of their own, by the clock of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.certificates import chain, digest, new_key
from tests.sites import DAY
from zonebuild.certstore import open_store
from zonebuild.certstore.sources import LAYOUTS
from zonebuild.cli import run
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.source import LAYOUTS as NAMED_LAYOUTS
from zonebuild.tlsa.orders_text import Orders, orders_text

MAP = """\
lineages:
  mx1:
    certificate: certs/mx1
    source: {layout: LAYOUT, path: PATH}
    places: [{host: mx1.example.org, port: 25}]
  own:
    certificate: certs/own
    places: [{host: own.example.org, port: 25}]
"""
Tell = Callable[[], tuple[str, str]]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site without zones, whose lineage comes from a certbot."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "site.yaml").write_text("signer: none\n")
    write_map(tmp_path, "certbot", "live/mx1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def told() -> tuple[str, str]:
        said = capsys.readouterr()
        return said.out, said.err

    return told


def write_map(site: Path, layout: str, path: str) -> None:
    (site / "tlsa-map.yaml").write_text(MAP.replace("LAYOUT", layout).replace("PATH", path))


def certbot(site: Path, key: bytes, **options: int) -> None:
    """Lay a renewal into a store of certbot's form, its links and all."""
    live, archive = site / "live/mx1", site / "archive/mx1"
    for folder in (live, archive):
        folder.mkdir(parents=True, exist_ok=True)
    number = len(list(archive.iterdir())) // 2 + 1
    full = chain(key, begins=options.get("begins", int(time.time()) - DAY))
    for name, data in (("fullchain", full), ("privkey", key)):
        (archive / f"{name}{number}.pem").write_bytes(data)
        (live / f"{name}.pem").unlink(missing_ok=True)
        (live / f"{name}.pem").symlink_to(f"../../archive/mx1/{name}{number}.pem")


def order(site: Path, *keys: bytes, wants_next: bool = False) -> None:
    (site / "state/lineages").mkdir(parents=True, exist_ok=True)
    orders = Orders({"key": frozenset(map(digest, keys))}, wants_next=wants_next)
    (site / "state/lineages/mx1").write_bytes(orders_text(orders))


def test_a_chain_of_another_client_waits_until_orders_let_it_go(site: Path, tell: Tell) -> None:
    first, second = new_key(), new_key()
    certbot(site, first)
    assert run(["export"]) == 0
    assert tell() == ("mx1: took chain 0001 from its source\n", "")
    order(site, first)
    assert run(["export"]) == 0
    assert tell() == ("mx1: exported 0001\n", "")
    certbot(site, second)
    assert run(["export"]) == 0
    assert run(["export", "mx1"]) == 0
    held = "mx1: held 0002: its TLSA records are not yet in every cache\n"
    assert tell() == ("mx1: took chain 0002 from its source\n" + held, "")
    assert (site / "publication/mx1/current/privkey.pem").read_bytes() == first
    order(site, second)
    assert run(["export"]) == 0
    assert (site / "publication/mx1/current/privkey.pem").read_bytes() == second
    tell()
    assert run(["export"]) == 0
    assert tell() == ("", "")


def test_a_source_that_is_out_of_order_does_not_hold_up_what_was_taken(
    site: Path, tell: Tell
) -> None:
    key = new_key()
    certbot(site, key)
    run(["lineage", "take", "mx1"])
    order(site, key)
    (site / "live/mx1/privkey.pem").unlink()
    tell()
    assert run(["export"]) == 1
    out, err = tell()
    assert out == "mx1: exported 0001\n"
    assert err.startswith("tlsa-map.yaml:4:13: error: ")
    assert "live/mx1/privkey.pem does not exist [certificate-not-exported]" in err


def test_a_link_out_of_the_store_of_the_client_is_not_followed(site: Path, tell: Tell) -> None:
    certbot(site, new_key())
    other = site / "other.key"
    other.write_bytes(new_key())
    (site / "live/mx1/privkey.pem").unlink()
    write_map(site, "dehydrated", "live/mx1")
    (site / "live/mx1/privkey.pem").symlink_to(other)
    assert run(["export"]) == 1
    assert "through a symbolic link" in tell()[1]


def test_half_a_renewal_is_not_taken(site: Path, tell: Tell) -> None:
    certbot(site, new_key())
    (site / "archive/mx1/privkey1.pem").write_bytes(new_key())
    assert run(["lineage", "take", "mx1"]) == 1
    out, err = tell()
    assert (out, "not the one of the certificate, want its own" in err) == ("", True)
    assert not (site / "publication").exists()
    assert "PRIVATE" not in err


def test_every_layout_of_the_map_is_in_the_table() -> None:
    assert tuple(LAYOUTS) == NAMED_LAYOUTS


PLACED = {
    "acme.sh": ("h/mx1.example.org_ecc", "{p}/fullchain.cer", "{p}/mx1.example.org.key"),
    "certbot": ("h/live/mx1", "{p}/fullchain.pem", "{p}/privkey.pem"),
    "dehydrated": ("h/certs/mx1", "{p}/fullchain.pem", "{p}/privkey.pem"),
    "lego": ("h/certificates/mx1.example.org", "{p}.crt", "{p}.key"),
    "uacme": ("h/mx1", "{p}/cert.pem", "h/private/mx1/key.pem"),
    "zonebuild": ("h/mx1", "{p}/issued/current/fullchain.pem", "{p}/issued/current/privkey.pem"),
}


@pytest.mark.parametrize("layout", PLACED)
def test_the_store_of_each_client_can_be_the_source(site: Path, tell: Tell, layout: str) -> None:
    path, *files = PLACED[layout]
    key = new_key()
    for name, data in zip(files, (chain(key, begins=int(time.time()) - DAY), key), strict=True):
        place = site / name.format(p=path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    write_map(site, layout, path)
    assert run(["lineage", "take", "mx1"]) == 0
    assert run(["lineage", "take", "mx1"]) == 0
    assert tell() == ("mx1: took chain 0001\nmx1: nothing new at its source\n", "")


def test_the_next_key_is_made_when_orders_ask_for_one(site: Path, tell: Tell) -> None:
    assert run(["lineage", "next", "own"]) == 0
    assert run(["lineage", "next", "own"]) == 1
    out, err = tell()
    assert "own: made the next key" in out
    assert "has a next key already" in err
    (site / "keys/lineages/own/next.pem").unlink()
    (site / "state/lineages").mkdir(parents=True)
    (site / "state/lineages/own").write_bytes(orders_text(Orders(wants_next=True)))
    assert run(["export"]) == 1  # mx1 has no certbot
    assert "own: made the next key" in tell()[0]


FREE_MAP = """lineages:
  web: {certificate: certs/web, issue: {names: [www.example.org], key: ec-p384}}
  other: {certificate: certs/other}
  listed: {certificate: c, issue: {}, places: [{host: www.example.org, port: 443}]}
"""


def test_a_lineage_without_records_gets_a_fresh_key_by_a_roll(site: Path, tell: Tell) -> None:
    (site / "tlsa-map.yaml").write_text(FREE_MAP)
    assert run(["lineage", "roll", "web"]) == 1
    assert "the builder has given no orders for web yet: run `doit`" in tell()[1]
    (site / "state/lineages").mkdir(parents=True)
    (site / "state/lineages/web").write_bytes(orders_text(Orders()))
    store = open_store(site, CertstoreConfig())
    before = store.key_for_request("web", Orders())
    assert run(["lineage", "roll", "web"]) == 0
    assert "web: the next request takes a fresh key" in tell()[0]
    after = store.key_for_request("web", Orders())
    assert after != before
    assert load_pem_private_key(after, None).key_size == 384  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other", "lineage other has no `issue:`"),
        ("listed", "is no lineage that was built"),
        ("nobody", "is no lineage that was built"),
    ],
)
def test_where_no_request_is_made_no_key_is(site: Path, tell: Tell, name: str, words: str) -> None:
    (site / "tlsa-map.yaml").write_text(FREE_MAP)
    assert run(["lineage", "roll", name]) == 1
    assert words in tell()[1]
    assert not (site / "keys/lineages" / name).exists()


def test_a_key_that_records_list_is_not_rolled_by_the_store(site: Path, tell: Tell) -> None:
    (site / "tlsa-map.yaml").write_text(FREE_MAP)
    (site / "state/lineages").mkdir(parents=True)
    orders = Orders({"key": frozenset({"a" * 64})})
    (site / "state/lineages/web").write_bytes(orders_text(orders))
    assert run(["lineage", "roll", "web"]) == 1
    assert "TLSA records list the key of web" in tell()[1]


def test_a_backup_is_listed_and_restored(site: Path, tell: Tell) -> None:
    key = new_key()
    certbot(site, key)
    run(["lineage", "take", "mx1"])
    tell()
    assert run(["backup", "list"]) == 0
    out, _ = tell()
    [(name, backup)] = [line.split() for line in out.splitlines()]
    assert name == "mx1"
    assert run(["backup", "restore", "mx1", backup]) == 0
    assert run(["backup", "restore", "mx1"]) == 0
    assert "restored" in tell()[0]
    assert run(["backup", "restore", "own"]) == 1
    assert tell()[1] == "zonebuild: there is no backup of own\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "nobody"], "'nobody' is no lineage of tlsa-map.yaml"),
        (["lineage", "next", "../x"], "is no lineage of tlsa-map.yaml"),
        (["lineage", "take", "own"], "lineage own has no `source:`"),
        (["backup", "list", "../.."], "is no name of a lineage"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_no_lineage_is_told(
    site: Path, tell: Tell, arguments: list[str], said: str
) -> None:
    assert run(arguments) == 1
    assert said in tell()[1]


def test_damaged_orders_let_nothing_go(site: Path, tell: Tell) -> None:
    certbot(site, new_key())
    order(site)
    (site / "state/lineages/mx1").write_text("zonebuild-orders 1\nexport all\n")
    assert run(["export"]) == 1
    assert "state/lineages/mx1 is no file of orders" in tell()[1]
    assert not os.path.lexists(site / "publication/mx1/current")


def test_a_lineage_has_one_client(site: Path, tell: Tell) -> None:
    text = (site / "tlsa-map.yaml").read_text().replace("    source:", "    issue: {}\n    source:")
    (site / "tlsa-map.yaml").write_text(text)
    assert run(["export"]) == 2
    assert "mx1 has `issue` and `source`, want one" in tell()[1]


def test_a_site_without_a_map_is_told(site: Path, tell: Tell) -> None:
    (site / "tlsa-map.yaml").unlink()
    assert run(["export"]) == 2
    assert "want the map of lineages" in tell()[1]
