"""A source is a regular file of the tree, or a reason why it is none."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.files.read import SourceError, SourceTree, read_outside, read_source

LIMIT = 1000
FORBIDDEN = frozenset({"keys", "state"})


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in ("primary", "keys", "include/deep"):
        (root / name).mkdir(parents=True)
    (root / "primary/example.org").write_bytes(b"www A 192.0.2.1\n")
    (root / "include/deep/common").write_bytes(b"common\n")
    (root / "keys/Kexample.org").write_bytes(b"secret")
    (tmp_path / "outside").write_bytes(b"outside")
    return root


def read_one(site: Path, relative: str, limit: int = LIMIT) -> bytes:
    return read_source(site, relative, limit=limit, forbidden=FORBIDDEN)


def reason(site: Path, relative: str, limit: int = LIMIT) -> str:
    with pytest.raises(SourceError) as caught:
        read_one(site, relative, limit)
    return caught.value.reason


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Drop root's right to read everything, where the tests run as root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize(
    "relative",
    ["primary/example.org", "./primary//example.org", "primary/./example.org"],
)
def test_a_plain_file_is_read(site: Path, relative: str) -> None:
    assert read_one(site, relative) == b"www A 192.0.2.1\n"


@pytest.mark.parametrize(
    ("link", "target"),
    [
        pytest.param("primary/l", "example.org", id="beside"),
        pytest.param("primary/l", "../primary/example.org", id="up-and-down"),
        pytest.param("primary/l", "../../site/primary/example.org", id="out-and-back"),
        pytest.param("primary/l", "{site}/primary/example.org", id="absolute"),
        pytest.param("l", "primary/example.org", id="at-the-top"),
        pytest.param("primary/l", "m", id="of-a-link"),
    ],
)
def test_a_link_inside_the_tree_is_followed(site: Path, link: str, target: str) -> None:
    (site / "primary/m").symlink_to("example.org")
    (site / link).symlink_to(target.format(site=site))
    assert read_one(site, link) == b"www A 192.0.2.1\n"


def test_a_linked_directory_inside_the_tree_is_followed(site: Path) -> None:
    (site / "shared").symlink_to("include")
    assert read_one(site, "shared/deep/common") == b"common\n"


def test_a_root_that_is_itself_a_link_is_followed(site: Path) -> None:
    (site.parent / "alias").symlink_to(site)
    (site / "primary/l").symlink_to(site.parent / "alias/primary/example.org")
    assert read_one(site.parent / "alias", "primary/l") == b"www A 192.0.2.1\n"


@pytest.mark.parametrize(
    ("relative", "said"),
    [
        pytest.param("../outside", "leaves the site, want", id="up"),
        pytest.param("primary/../primary/example.org", "leaves the site, want", id="up-inside"),
        pytest.param("/etc/passwd", "leaves the site, want", id="absolute"),
        pytest.param("", "is a directory", id="empty"),
        pytest.param(".", "is a directory", id="dot"),
        pytest.param("primary", "is a directory", id="directory"),
        pytest.param("primary/none", "does not exist", id="missing"),
        pytest.param("none/none", "does not exist", id="missing-directory"),
        pytest.param("primary/example.org/x", "cannot be read: not a directory", id="below-a-file"),
        pytest.param("primary/a\0b", "has a character in its name that no", id="octet-0"),
        pytest.param("primary/\ud800", "has a character in its name that no", id="surrogate"),
        pytest.param("primary/" + "x" * 300, "cannot be read: file name too long", id="long-name"),
        pytest.param("x/" * 5000, "does not exist", id="deep"),
        pytest.param("keys/Kexample.org", "is in keys/, from where nothing may", id="forbidden"),
        pytest.param("./keys", "is in keys/, from where nothing may", id="forbidden-itself"),
    ],
)
def test_a_path_is_refused(site: Path, relative: str, said: str) -> None:
    assert reason(site, relative).startswith(said)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("../../outside", "leaves the site through a symbolic link", id="relative"),
        pytest.param("/etc/passwd", "leaves the site through a symbolic link", id="absolute"),
        pytest.param("..", "is a directory", id="the-root"),
        pytest.param("../..", "leaves the site through a symbolic link", id="above-the-root"),
        pytest.param("none", "is a dangling symbolic link", id="dangling"),
        pytest.param("l", "is a loop of symbolic links", id="loop"),
        pytest.param("../keys/Kexample.org", "is in keys/, from where", id="forbidden"),
        pytest.param("../include", "is a directory", id="directory"),
        pytest.param("example.org/x", "cannot be read: not a directory", id="below-a-file"),
    ],
)
def test_a_link_is_refused(site: Path, target: str, said: str) -> None:
    (site / "primary/l").symlink_to(target)
    assert reason(site, "primary/l").startswith(said)


def test_a_linked_directory_is_refused_where_it_leaves_the_site(site: Path) -> None:
    (site / "away").symlink_to("..")
    assert reason(site, "away/outside") == "leaves the site through a symbolic link"


def test_a_file_missing_below_a_linked_directory_does_not_exist(site: Path) -> None:
    (site / "shared").symlink_to("include")
    assert reason(site, "shared/none") == "does not exist"


def test_a_chain_of_links_is_refused_before_it_exhausts_the_stack(site: Path) -> None:
    for number in range(2000):
        (site / f"primary/l{number}").symlink_to(f"l{number + 1}")
    assert reason(site, "primary/l0") == "is a loop of symbolic links"


def test_a_directory_swapped_for_a_link_after_its_check_is_not_followed(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "primary/l").symlink_to("../include/deep/common")
    (site.parent / "include").mkdir()
    real = os.path.realpath

    def swap_then(path: str) -> str:
        found = real(path)
        (site / "include").rename(site / "was")
        (site / "include").symlink_to("../include")
        return found

    with SourceTree(site) as tree:
        monkeypatch.setattr(os.path, "realpath", swap_then)
        with pytest.raises(SourceError, match="not a directory"):
            tree.read("primary/l", LIMIT)


@given(st.lists(st.sampled_from(["..", ".", "/", "etc", "l", "keys", "\0", "é", "~"])).map("".join))
def test_no_path_leads_out_whatever_it_is_made_of(relative: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "l").symlink_to("/")
        with pytest.raises(SourceError):
            read_one(Path(directory), relative)


def make_socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path may not be longer than 108 octets
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(os.mkfifo, "is a named pipe", id="fifo"),
        pytest.param(make_socket, "is a socket or a device", id="socket"),
        pytest.param(lambda path: path.symlink_to("/dev/null"), "is a device", id="device"),
        pytest.param(Path.mkdir, "is a directory", id="directory"),
        pytest.param(lambda path: path.symlink_to("none"), "is a dangling", id="dangling"),
        pytest.param(lambda path: None, "does not exist", id="missing"),
        pytest.param(lambda path: path.write_bytes(b"x" * 1001), "is larger than 1000", id="big"),
    ],
)
def test_what_is_no_file_is_refused_without_hanging(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "f")
    with pytest.raises(SourceError) as caught:
        read_outside(tmp_path / "f", LIMIT)
    assert caught.value.reason.startswith(said)


@pytest.mark.parametrize("make", [os.mkfifo, make_socket])
def test_a_fifo_or_socket_of_the_tree_is_refused(site: Path, make: Callable[[Path], None]) -> None:
    make(site / "primary/f")
    assert reason(site, "primary/f").startswith(("is a named pipe", "is a socket"))


def test_a_file_without_permission_says_so(site: Path) -> None:
    site.chmod(0o755)
    (site / "primary/example.org").chmod(0)
    with SourceTree(site) as tree, not_root(), pytest.raises(SourceError) as caught:
        tree.read("primary/example.org", LIMIT)
    assert caught.value.reason == "cannot be read: permission denied"


def test_a_file_named_by_the_user_is_read_through_links(site: Path) -> None:
    (site / "l").symlink_to(site.parent / "outside")
    assert read_outside(site / "l", LIMIT) == b"outside"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_no_file_can_have_is_refused_outside_too(name: str) -> None:
    with pytest.raises(SourceError, match="no file name can have"):
        read_outside(Path(name), LIMIT)


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT])
def test_a_file_up_to_the_limit_is_read_whole(site: Path, size: int) -> None:
    (site / "primary/f").write_bytes(b"x" * size)
    assert read_one(site, "primary/f") == b"x" * size


def test_a_file_over_the_limit_is_refused_unread(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(site / "primary/f", "wb") as file:
        file.truncate(1 << 40)
    monkeypatch.setattr(os, "read", None)
    assert reason(site, "primary/f") == "is larger than 1000 octets"


def grow_at_each_read(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    real = os.read

    def read_and_grow(descriptor: int, size: int) -> bytes:
        with open(path, "ab") as file:
            file.write(b"x" * 100)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", read_and_grow)


def test_a_file_that_grows_without_end_is_refused(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_at_each_read(monkeypatch, site / "primary/example.org")
    assert reason(site, "primary/example.org") == "is larger than 1000 octets"


def test_a_file_of_proc_without_a_size_is_read_whole() -> None:
    assert read_outside(Path("/proc/self/status"), 1 << 20).startswith(b"Name:")


def test_an_error_while_reading_is_a_reason(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert reason(site, "primary/example.org") == "cannot be read: input/output error"


def test_many_directories_need_few_descriptors(site: Path) -> None:
    for number in range(100):
        (site / f"extra/z{number}").mkdir(parents=True)
        (site / f"extra/z{number}/acme").write_bytes(b"%d" % number)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, hard))
    try:
        with SourceTree(site) as tree:
            found = [tree.read(f"extra/z{number}/acme", LIMIT) for number in range(100)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == [b"%d" % number for number in range(100)]


def test_a_closed_tree_leaves_no_descriptor_whatever_was_read(site: Path) -> None:
    (site / "primary/l").symlink_to("../include/deep/common")
    before = os.listdir("/proc/self/fd")
    with SourceTree(site, forbidden=FORBIDDEN) as tree:
        for relative in ("primary/l", "primary/none", "primary", "include/deep/common", "keys/x"):
            with contextlib.suppress(SourceError):
                tree.read(relative, LIMIT)
    assert os.listdir("/proc/self/fd") == before
