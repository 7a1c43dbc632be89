"""Prune removes what the build wrote and nobody touched since."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.files.manifest import (
    Manifest,
    ManifestError,
    Pruned,
    digest,
    parse_manifest,
    prune,
    read_manifest,
)

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
NAMES = st.text("abz0.-%_ é", min_size=1, max_size=8).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "unsigned").mkdir()
    for name in "abc":
        (tmp_path / "unsigned" / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def manifest() -> Manifest:
    return Manifest().with_entries({f"unsigned/{name}": digest(name.encode()) for name in "abc"})


def test_the_file_is_what_sha256sum_reads() -> None:
    manifest = Manifest().with_entry("unsigned/b", b"").with_entry("unsigned/a", b"")
    assert manifest.to_bytes().decode() == f"{EMPTY}  unsigned/a\n{EMPTY}  unsigned/b\n"


@given(st.dictionaries(PATHS, st.binary().map(digest)))
def test_reading_gives_what_was_written(entries: dict[str, str]) -> None:
    manifest = Manifest().with_entries(entries)
    assert parse_manifest(manifest.to_bytes()) == manifest


def test_a_path_is_listed_once_with_its_last_content() -> None:
    manifest = Manifest().with_entry("unsigned/a", b"old").with_entry("unsigned/a", b"")
    assert manifest.entries == {"unsigned/a": EMPTY}


def test_no_file_yet_is_an_empty_manifest(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "manifest") == Manifest()


def test_a_manifest_is_read_from_its_file(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "manifest").write_bytes(manifest.to_bytes())
    assert read_manifest(tmp_path / "manifest") == manifest


def test_without_forgets(manifest: Manifest) -> None:
    assert list(manifest.without(["unsigned/a", "none"]).entries) == ["unsigned/b", "unsigned/c"]


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a/../b", "a//b", "./a", "a\nb"])
def test_a_path_that_is_no_output_is_never_listed(path: str) -> None:
    with pytest.raises(ValueError, match="is no path of an output"):
        Manifest().with_entry(path, b"")


@pytest.mark.parametrize(
    ("second_line", "said"),
    [
        pytest.param("abc  unsigned/a\n", "line 2: want a SHA-256", id="short-hash"),
        pytest.param(f"{EMPTY.upper()}  unsigned/a\n", "line 2: want a SHA-256", id="upper-case"),
        pytest.param(f"{EMPTY} unsigned/a\n", "line 2: want a SHA-256", id="one-space"),
        pytest.param(f"{EMPTY}  \n", "line 2: want a SHA-256", id="no-path"),
        pytest.param("\n", "line 2: want a SHA-256", id="blank"),
        pytest.param(f"{EMPTY}  ../a\n", "line 2: the path is not one inside", id="outside"),
        pytest.param(f"{EMPTY}  /etc/passwd\n", "line 2: the path is not one inside", id="root"),
        pytest.param(f"{EMPTY}  first\n", "line 2: the path is listed twice", id="twice"),
        pytest.param(f"{EMPTY}  unsigned/a", "line 2: the line is cut off", id="cut"),
        pytest.param("\0\udcff\n", "line 2: want a SHA-256", id="binary"),
    ],
)
def test_a_corrupt_line_is_named(tmp_path: Path, second_line: str, said: str) -> None:
    (tmp_path / "manifest").write_bytes(os.fsencode(f"{EMPTY}  first\n{second_line}"))
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path / "manifest")
    assert str(caught.value).startswith(said)
    assert caught.value.line == 2


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("none")])
def test_what_is_no_file_is_no_manifest(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "manifest")
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path / "manifest")
    assert caught.value.line == 0


LINES = st.sampled_from([b"", b"\n", b"\xff", b"a", EMPTY.encode(), b"  ", b"../", b"\r"])


@given(st.lists(LINES, max_size=12).map(b"".join))
def test_any_octets_are_a_manifest_that_is_written_the_same_or_an_error(data: bytes) -> None:
    try:
        manifest = parse_manifest(data)
    except ManifestError:
        return
    assert sorted(manifest.to_bytes().split(b"\n")) == sorted(data.split(b"\n"))


def test_prune_removes_what_is_not_wanted_any_more(site: Path, manifest: Manifest) -> None:
    (site / "unsigned/theirs").write_bytes(b"not ours")
    assert prune(site, manifest, ["unsigned/b"]) == Pruned(removed=("unsigned/a", "unsigned/c"))
    assert sorted(os.listdir(site / "unsigned")) == ["b", "theirs"]


def test_prune_keeps_and_names_what_was_edited(site: Path, manifest: Manifest) -> None:
    (site / "unsigned/a").write_bytes(b"by hand")
    pruned = prune(site, manifest, ["unsigned/b", "unsigned/c"])
    assert pruned == Pruned(edited=("unsigned/a",))
    assert (site / "unsigned/a").read_bytes() == b"by hand"


@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("b")], ids=["fifo", "dir", "link"]
)
def test_prune_keeps_what_is_no_file_any_more(
    site: Path, manifest: Manifest, make: Callable[[Path], None]
) -> None:
    (site / "unsigned/a").unlink()
    make(site / "unsigned/a")
    assert prune(site, manifest, ["unsigned/b", "unsigned/c"]).edited == ("unsigned/a",)
    assert os.path.lexists(site / "unsigned/a")


def test_prune_tells_what_was_gone_before(site: Path, manifest: Manifest) -> None:
    (site / "unsigned/a").unlink()
    more = manifest.with_entry("none/at/all", b"").with_entry("unsigned/b/below", b"")
    pruned = prune(site, more, ["unsigned/b", "unsigned/c"])
    assert pruned == Pruned(gone=("none/at/all", "unsigned/a", "unsigned/b/below"))
