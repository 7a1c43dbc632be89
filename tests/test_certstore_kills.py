"""Whenever the store is killed, no key is beside another's chain, and the next call heals."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.certificates import chain, digest
from tests.killing import KillPoint, Program, by_turns, kill_points, run_killed, table
from tests.sites import NOW
from zonebuild.certstore import open_store
from zonebuild.certstore.folders import numbers
from zonebuild.certstore.pair import digest_of, read_key, read_pair
from zonebuild.certstore.shelf import Shelf
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.orders_text import Orders

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

STAGES = {
    "open temporary",
    "make folder",
    "fsync",
    "rename",
    "directory fsync",
    "symlink",
    "unlink",
}
SECRET_TOPS = ("keys", "publication")

RENEW = """
import sys
from pathlib import Path
from zonebuild.certstore import open_store
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.tlsa.orders_text import Orders

root, now = Path(sys.argv[1]), int(sys.argv[2])
key, full = ((root.parent / name).read_bytes() for name in ("new.key", "new.chain"))
store = open_store(root, CertstoreConfig(exports_kept=2, backups_kept=1, backups_age=0))
store.keep_issued("mx1", full, key, now)
store.export("mx1", Orders(), now)
store.mend(now)
"""

RENEW_IN_PLACE = """
import sys
from pathlib import Path

root = Path(sys.argv[1])
folder = root / "publication/mx1/current"
for name, new in (("privkey.pem", "new.key"), ("fullchain.pem", "new.chain")):
    (folder / name).write_bytes((root.parent / new).read_bytes())
"""


class Renewal:
    """A program that keeps and exports a chain with the next key, where there is an older one."""

    def __init__(self, root: Path, source: str) -> None:
        self.root = root.resolve()
        self.tree, self.log, self.before = (self.root / n for n in ("site", "log", "before"))
        store = open_store(self.before, CertstoreConfig())
        for _ in range(3):
            key = store.key_for_request("mx1", Orders())
            store.keep_issued("mx1", chain(key), key, NOW)
            store.export("mx1", Orders(), NOW)
        store.prepare_next("mx1")
        self.new = (self.before / "keys/lineages/mx1/next.pem").read_bytes()
        (self.root / "new.key").write_bytes(self.new)
        (self.root / "new.chain").write_bytes(chain(self.new))
        argv = [sys.executable, "-B", "-c", source, str(self.tree), str(NOW + 1)]
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}
        self.program = Program(argv, env, self.root)
        self.reset()

    def reset(self) -> None:
        """Put the old store back, and nothing else."""
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(self.before, self.tree, symlinks=True)

    def run(self) -> None:
        """Run the program to its end, unkilled."""
        subprocess.run(self.program.argv, env=self.program.env, cwd=self.program.cwd, check=True)

    @property
    def shelf(self) -> Shelf:
        """The lineage."""
        return open_store(self.tree, CertstoreConfig()).shelf("mx1")


def look(renewal: Renewal, point: object) -> None:
    """Find what must never be, at whatever instant."""
    shelf = renewal.shelf
    for folder in (shelf.published, shelf.issued):
        for number in numbers(folder):
            assert shelf.pair(folder, number) is not None, f"{folder} {number} after {point}"
    assert shelf.exported() is not None, point
    for name in ("key.pem", "privkey.pem", "next.pem"):
        for path in renewal.tree.rglob(name):
            assert ".zonebuild-tmp." in str(path) or read_key(path.read_bytes()), point
    own = shelf.public / "key.pub"
    full = read_material((shelf.public / "fullchain.pem").read_bytes())
    assert isinstance(full, Material)
    if own.exists():
        public = read_material(own.read_bytes())
        assert isinstance(public, Material)
        assert public.public_key == full.public_key, f"key.pub of another chain after {point}"
    for top in SECRET_TOPS:
        for path in (renewal.tree / top).rglob("*"):
            mode = path.lstat().st_mode
            is_open = mode & 0o077 and not path.is_symlink() and path.name != ".lock"
            assert not is_open, f"{path} {stat.filemode(mode)} after {point}"


def heal(renewal: Renewal, point: object) -> None:
    """Run to the end, and see that nothing of the kill is left."""
    renewal.run()
    look(renewal, point)
    shelf, new = renewal.shelf, digest(renewal.new)
    exported = shelf.exported()
    assert exported is not None
    assert exported.pins["key"] == new, f"not exported after {point}"
    assert digest_of(read_key(shelf.key.read_bytes())) == new, point
    assert not shelf.next.exists(), point
    assert not (shelf.public / "next.pub").exists(), point
    assert list(renewal.tree.rglob(".zonebuild-tmp.*")) == [], point
    whole = subprocess.run(
        ["sha256sum", "-c", ".manifest/current/SHA256SUMS"],
        cwd=shelf.published.parent, check=True, text=True, capture_output=True,
    )  # fmt: skip
    assert whole.stdout.count(f"mx1/{os.readlink(shelf.published / 'current')}/") == 4, point
    assert read_pair((shelf.public / "fullchain.pem").read_bytes(), renewal.new), point


def kill_again_and_again(renewal: Renewal, kills: int) -> Counter[str]:
    stages: Counter[str] = Counter()
    points = kill_points(renewal.program, renewal.tree, renewal.log)
    for point in itertools.islice(by_turns(points), 2 * kills):
        renewal.reset()
        stage = run_killed(renewal.program, point, renewal.log)
        if stage is not None:
            stages[stage] += 1
            look(renewal, point)
            heal(renewal, point)
        if stages.total() == kills:
            break
    return stages


def test_a_kill_at_any_stage_mixes_nothing_and_the_next_call_heals(tmp_path: Path) -> None:
    stages = kill_again_and_again(Renewal(tmp_path, RENEW), kills=24)
    assert stages.total() == 24
    assert set(stages) >= STAGES


@pytest.mark.long
def test_two_hundred_kills_of_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages = kill_again_and_again(Renewal(tmp_path, RENEW), kills=200)
    with capsys.disabled():
        print(f"\nkills of a renewal and its export, by stage\n{table(stages)}")
    assert stages.total() == 200


def test_an_export_that_writes_in_place_is_caught(tmp_path: Path) -> None:
    renewal = Renewal(tmp_path, RENEW_IN_PLACE)
    caught = []
    for point in kill_points(renewal.program, renewal.tree, renewal.log):
        renewal.reset()
        if run_killed(renewal.program, point, renewal.log):
            caught.append(is_refused(renewal, point))
    assert True in caught


def is_refused(renewal: Renewal, point: KillPoint) -> bool:
    try:
        look(renewal, point)
    except Exception:  # noqa: BLE001 - whichever way it is noticed
        return True
    return False
