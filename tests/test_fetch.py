"""contrib/fetch and the documented commands: nothing is used whose signature does not hold."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.certificates import chain, new_key
from tests.sites import NOW
from zonebuild.certstore import Store, StoreError, open_store
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.orders_text import Orders

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is missing")

SCRIPT = Path(__file__).parents[1] / "contrib/fetch/zonebuild-fetch"
KEY = new_key()


class Publication:
    """A store that signs, with a lineage exported, and a host that fetches it."""

    def __init__(self, root: Path) -> None:
        self.root, self.target = root, root / "host"
        for name in ("key", "stranger"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)]
            subprocess.run(command, check=True)
        self.signers = root / "signers"
        public = (root / "key.pub").read_text()
        self.signers.write_text(f'publication namespaces="zonebuild-publication" {public}')
        self.store: Store = open_store(root, CertstoreConfig(sign_with="key"))
        self.export()

    @property
    def folder(self) -> Path:
        """What hosts fetch."""
        return self.root / "publication"

    @property
    def current(self) -> Path:
        """The folder of the lineage's newest export."""
        return self.folder / "mx1" / os.readlink(self.folder / "mx1/current")

    def export(self, name: str = "mx1") -> None:
        self.store.keep_issued(name, chain(KEY), KEY, NOW)
        self.store.export(name, Orders(), NOW)

    def fetch(self, *services: str, source: str = "", **env: str) -> tuple[int, str]:
        """Run the script; return its exit code and all that it said."""
        arguments = [source or str(self.folder), "mx1", str(self.target), str(self.signers)]
        said = subprocess.run(
            [str(SCRIPT), *arguments, *services],
            env={"PATH": os.environ["PATH"], **env},
            capture_output=True,
            text=True,
            check=False,
        )
        return said.returncode, said.stdout + said.stderr

    def sign(self, key: str = "key") -> None:
        """Sign the manifest of the current export anew."""
        sums = self.current / "SHA256SUMS"
        sums.with_suffix(".sig").unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(self.root / key)]
        subprocess.run([*command, "-n", "zonebuild-publication", str(sums)], check=True)


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    return Publication(tmp_path)


def test_the_documented_commands_accept_what_was_signed(publication: Publication) -> None:
    documented = (Path(__file__).parents[1] / "docs/certstore.md").read_text()
    verify = (
        "ssh-keygen -Y verify -f signers -I publication -n zonebuild-publication "
        "-s SHA256SUMS.sig < SHA256SUMS && sha256sum --strict -c SHA256SUMS"
    )
    assert verify in documented
    shutil.copy(publication.signers, publication.current / "signers")
    done = subprocess.run(verify, shell=True, cwd=publication.current, capture_output=True)
    assert done.returncode == 0, done.stderr
    (publication.current / "chain.pem").write_bytes(b"")
    done = subprocess.run(verify, shell=True, cwd=publication.current, capture_output=True)
    assert done.returncode == 1


def test_the_manifest_of_the_whole_holds_for_every_lineage(publication: Publication) -> None:
    publication.export("other")
    place = publication.folder / ".manifest/current"
    command = (
        f"ssh-keygen -Y verify -f {publication.signers} -I publication -n zonebuild-publication "
        f"-s {place}/SHA256SUMS.sig < {place}/SHA256SUMS && "
        f"sha256sum --strict -c {place}/SHA256SUMS"
    )
    done = subprocess.run(
        command, shell=True, cwd=publication.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 8


def test_a_fetch_puts_the_pair_behind_one_link(publication: Publication) -> None:
    assert publication.fetch() == (0, f"mx1: 0001 is in {publication.target}/current\n")
    assert os.readlink(publication.target / "current") == "0001"
    assert (publication.target / "current/privkey.pem").read_bytes() == KEY
    assert (publication.target / "current/privkey.pem").stat().st_mode & 0o777 == 0o600
    assert publication.fetch() == (0, "")
    publication.export()
    assert publication.fetch()[0] == 0
    assert sorted(os.listdir(publication.target)) == ["0001", "0002", "current"]
    publication.export()
    publication.fetch()
    assert sorted(os.listdir(publication.target)) == ["0002", "0003", "current"]


def test_services_are_looked_at_in_every_run(publication: Publication) -> None:
    program, told = publication.root / "zonebuild", publication.root / "told"
    program.write_text(f'#!/bin/sh\necho "$@" >> {told}\ntest "$2" != postfix\n')
    program.chmod(0o755)
    for _ in range(2):
        assert publication.fetch("nginx", "postfix", ZONEBUILD_COMMAND=str(program))[0] == 1
    assert told.read_text() == "restart nginx --do\nrestart postfix --do\n" * 2


def tampered(publication: Publication) -> None:
    (publication.current / "privkey.pem").write_bytes(new_key())


def unsigned(publication: Publication) -> None:
    (publication.current / "SHA256SUMS.sig").unlink()


def of_a_stranger(publication: Publication) -> None:
    publication.sign("stranger")


def of_another_lineage(publication: Publication) -> None:
    publication.export("other")
    shutil.rmtree(publication.folder / "mx1")
    shutil.copytree(publication.folder / "other", publication.folder / "mx1", symlinks=True)


def older(publication: Publication) -> None:
    link = publication.folder / "mx1/current"
    link.unlink()
    link.symlink_to("0001")


def linked(publication: Publication) -> None:
    (publication.current / "extra").symlink_to("/etc/hostname")


def incomplete(publication: Publication) -> None:
    sums = publication.current / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "privkey" not in line))
    publication.sign()


def absent(publication: Publication) -> None:
    shutil.rmtree(publication.folder / "mx1")


BAD: dict[Callable[[Publication], None], str] = {
    tampered: "a file of mx1 is not the signed one",
    unsigned: "has no signed manifest",
    of_a_stranger: "the signature of mx1 does not hold",
    of_another_lineage: "this is not lineage mx1",
    older: "number 1 is older than 2, which is here",
    linked: "holds more than plain files",
    incomplete: "the manifest of mx1 lacks privkey.pem",
    absent: "cannot copy from",
}


@pytest.mark.parametrize("harm", BAD, ids=lambda harm: harm.__name__)
def test_what_is_not_right_is_not_used(
    publication: Publication, harm: Callable[[Publication], None]
) -> None:
    publication.fetch()
    publication.export()
    publication.fetch()
    publication.export()
    harm(publication)
    code, said = publication.fetch()
    assert (code > 0, BAD[harm] in said) == (True, True), said
    assert os.readlink(publication.target / "current") == "0002"
    assert sorted(os.listdir(publication.target)) == ["0001", "0002", "current"]


@pytest.mark.parametrize("name", ["../x", "", ".manifest", "a b"])
def test_a_name_that_is_none_is_not_fetched(publication: Publication, name: str) -> None:
    arguments = [str(publication.folder), name, str(publication.target), str(publication.signers)]
    done = subprocess.run([str(SCRIPT), *arguments], capture_output=True, check=False)
    assert done.returncode == 2
    assert not publication.target.exists()


def test_nothing_is_exported_where_the_signature_fails(tmp_path: Path) -> None:
    store = open_store(tmp_path, CertstoreConfig(sign_with="absent.key"))
    store.keep_issued("mx1", chain(KEY), KEY, NOW)
    with pytest.raises(StoreError, match=r"ended with exit code \d+: .*absent.key") as refused:
        store.export("mx1", Orders(), NOW)
    assert "nothing is exported unsigned" in str(refused.value)
    assert os.listdir(tmp_path / "publication/mx1") == []


@contextmanager
def rsync_daemon(publication: Publication) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = publication.root / "rsyncd.conf"
    config.write_text(
        f"use chroot = no\nuid = 0\n[publication]\npath = {publication.folder}\nread only = yes\n"
        if os.getuid() == 0
        else f"use chroot = no\n[publication]\npath = {publication.folder}\nread only = yes\n"
    )
    daemon = [
        *("rsync", "--daemon", "--no-detach", "--address=127.0.0.1"),
        *(f"--port={port}", f"--config={config}"),
    ]
    with subprocess.Popen(daemon, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield f"rsync://127.0.0.1:{port}/publication"
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the rsync daemon does not listen")


@pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
def test_rsync_fetches_the_same(publication: Publication) -> None:
    with rsync_daemon(publication) as source:
        code, said = publication.fetch(source=source)
        assert code == 0, said
        tampered(publication)
        publication.export()
        assert publication.fetch(source=source)[0] == 0
    assert os.readlink(publication.target / "current") == "0002"
    assert (publication.target / "current/privkey.pem").read_bytes() == KEY


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
