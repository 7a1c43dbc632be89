"""State that was damaged, or restored from an older backup: noticed, never served, healed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sites import SITE, SmallSite

ZONE = "a.example"
SITE_WITHOUT_SIGNER = SITE.replace("signer: none\n", "")


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    small = SmallSite(tmp_path / "site")
    small.run(handoff=True)
    return small


def damage(path: Path, data: bytes) -> None:
    """Put other octets at *path*, and leave other names of the file alone."""
    path.unlink()
    path.write_bytes(data)


def flipped(data: bytes) -> bytes:
    """Return *data* with one bit of an address changed."""
    return data.replace(b"192.0.2.1", b"192.0.2.3", 1)


DAMAGES = {
    "truncated": lambda data: data[: len(data) // 2],
    "one bit": flipped,
    "empty": lambda _: b"",
    "another zone's": lambda data: data.replace(b"a.example", b"b.example"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_good_copy_that_is_not_what_was_kept_is_not_served(site: SmallSite, kind: str) -> None:
    before, good = site.records(ZONE), site.root / "state/good" / ZONE
    damage(good, DAMAGES[kind](good.read_bytes()))
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    site.write(f"extra/{ZONE}/script", "token TXT t\n")
    run = site.run(handoff=True)
    assert (run.code, "good-copy-damaged" in run.warnings) == (1, True)
    assert site.records(ZONE) == before | {"token 3600 TXT t"}  # from unsigned/, which is sound
    site.write(f"primary/{ZONE}", "www A 192.0.2.1\n")
    assert "good-copy-damaged" in site.run(handoff=True).warnings
    assert (site.run(handoff=True).code, site.run(handoff=True).warnings) == (0, set())


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_disk_that_damages_both_names_of_a_file_gets_nothing_served(
    site: SmallSite, kind: str
) -> None:
    path = site.root / "unsigned" / ZONE
    assert path.samefile(site.root / "state/good" / ZONE)
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    run = site.run(handoff=True)
    assert run.code == 1
    assert {"good-copy-damaged"} <= run.warnings
    assert {"built-zone-damaged"} <= run.errors
    site.write(f"primary/{ZONE}", "www A 192.0.2.1\n")
    site.run(handoff=True)
    assert (site.run(handoff=True).code, "www 3600 A 192.0.2.1" in site.records(ZONE)) == (0, True)


def test_a_damaged_built_zone_is_not_signed(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [ZONE], "signer: local\n" + SITE_WITHOUT_SIGNER)
    site.run(handoff=True)
    signed = (site.root / "signed" / ZONE).read_bytes()
    path = site.root / "unsigned" / ZONE
    path.write_bytes(path.read_bytes()[:-40])
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    run = site.run(handoff=True)
    assert "built-zone-damaged" in run.errors
    assert (site.root / "signed" / ZONE).read_bytes() == signed


def test_an_older_good_copy_does_not_come_back_from_a_backup(site: SmallSite) -> None:
    good = site.root / "state/good" / ZONE
    old = good.read_bytes()
    for number in range(3):
        site.append(f"primary/{ZONE}", f"h{number} A 192.0.2.7\n")
        site.run()
    damage(good, old)
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    assert "good-copy-damaged" in site.run().warnings
    assert "h2 3600 A 192.0.2.7" in site.records(ZONE)


@pytest.mark.parametrize("data", [None, b"", b"zonebuild-good 1 9\n", b"\0\xff\n"])
def test_a_lost_list_of_digests_is_made_again(site: SmallSite, data: bytes | None) -> None:
    path = site.root / "state/good.sha256"
    known = path.read_bytes()
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    run = site.run()
    assert (run.code, run.warnings) == (1, set())
    assert sorted(path.read_text().split("\n")[1:]) == sorted(known.decode().split("\n")[1:])


def test_site_yaml_does_not_fall_back_on_a_damaged_copy(site: SmallSite) -> None:
    kept = site.root / "state/good.site.yaml"
    site.write("site.yaml", "nonsense: [\n")
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    from zonebuild.builder.places import SiteError

    with pytest.raises(SiteError, match="no sound copy of it is kept"):
        site.run()


def test_a_damaged_copy_of_zone_files_is_reported(site: SmallSite) -> None:
    kept = site.root / "state/good.zones.json"
    kept.write_text(kept.read_text().replace('""', '"serial: keep\\n"', 1))
    run = site.run()
    assert run.warnings == {"good-copy-damaged"}
    site.append(f"primary/{ZONE}", "new A 192.0.2.9\n")
    assert site.run().warnings == set()


def test_a_link_in_place_of_a_good_copy_is_not_followed(site: SmallSite) -> None:
    good = site.root / "state/good" / ZONE
    good.unlink()
    os.symlink(site.root / "state/good/b.example", good)
    before = site.records(ZONE)
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    assert "good-copy-damaged" in site.run().warnings
    assert site.records(ZONE) == before
