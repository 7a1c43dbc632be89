"""Whenever issuance is killed, the next run ends it: a chain with its key, no challenge left."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acme_child import AHEAD
from tests.acme_lab import NameServer, TestCa, acme_ca, name_server
from tests.killing import Program, by_turns, kill_points, run_killed, table
from zonebuild.certstore import open_store
from zonebuild.certstore.pair import read_key
from zonebuild.site.certstore import CertstoreConfig

TOP = Path(__file__).parents[1]
CHILD = Path(__file__).with_name("acme_child.py")
MAP = "lineages:\n  web: {certificate: c, issue: {names: [example.test, '*.example.test']}}\n"
REQUESTS = 12  # of a first run with two names: directory, account, order, proofs, certificate
SHORT = (4, 8, 12)  # the order; the answers; the certificate


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestCa, NameServer]]:
    """One CA and one name server for all tests here."""
    folder = tmp_path_factory.mktemp("ca")
    with name_server(folder) as server, acme_ca(folder, server.port) as ca:
        yield ca, server


class Issuance:
    """A run in a fresh site at *tree*."""

    def __init__(self, root: Path, served: tuple[TestCa, NameServer]) -> None:
        self.root = root.resolve()
        self.tree, self.log = self.root / "site", self.root / "log"
        ca, server = served
        self.ca, server.box = ca, self.tree / "dnsextra"
        self._argv = [sys.executable, "-B", str(CHILD), str(self.tree), ca.url, str(server.port)]
        self._env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TOP)}
        self.reset()

    @property
    def program(self) -> Program:
        """What is run."""
        return Program(self._argv, self._env, self.root)

    def reset(self) -> None:
        """Begin with a fresh site."""
        shutil.rmtree(self.tree, ignore_errors=True)
        (self.tree / "dnsextra").mkdir(parents=True)
        (self.tree / "tlsa-map.yaml").write_text(MAP)

    def run(self, *more: str, ahead: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it."""
        env = {**self._env, AHEAD: str(ahead)}
        return subprocess.run(
            [*self._argv, *more], env=env, capture_output=True, text=True, check=False
        )

    def look(self, point: object) -> None:
        """Find what must never be, at whatever instant: an open secret, a token not remembered."""
        for path in (self.tree / "state/acme").rglob("*.pem"):
            assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, f"{path} after {point}"
        kept = self.tree / "state/acme/tokens"
        known = kept.read_text() if kept.exists() else ""
        for path in (self.tree / "dnsextra").glob("[!.]*"):
            value = path.read_text().split('"')[1]
            assert value in known, f"{path} is not remembered after {point}"

    def heal(self, point: object) -> None:
        """Run to the end, and see that all is well."""
        said = self.run(ahead=120)
        assert said.returncode == 0, f"after {point}: {said.stderr}"
        pair = open_store(self.tree, CertstoreConfig()).shelf("web").newest()
        assert pair is not None, point
        assert read_key(pair.key) == pair.chain.public_key, point
        assert list((self.tree / "dnsextra").glob("*")) == [], point
        assert (self.tree / "state/acme/tokens").read_bytes() == b"", point
        assert list(self.tree.rglob(".zonebuild-tmp.*")) == [], point


def kill_at_request(issuance: Issuance, request: int, when: str) -> bool:
    """Kill a run at a request, heal it; say whether there was such a request."""
    issuance.reset()
    said = issuance.run(str(request), when)
    if said.returncode == 0:
        return False
    assert said.returncode == -9, said.stderr
    issuance.look((request, when))
    issuance.heal((request, when))
    return True


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_at_a_request_is_ended_by_the_next(
    tmp_path: Path, served: tuple[TestCa, NameServer], when: str
) -> None:
    issuance = Issuance(tmp_path, served)
    assert all(kill_at_request(issuance, request, when) for request in SHORT)


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_at_any_request_is_ended_by_the_next(
    tmp_path: Path, served: tuple[TestCa, NameServer], when: str
) -> None:
    issuance = Issuance(tmp_path, served)
    done = itertools.takewhile(
        lambda request: kill_at_request(issuance, request, when), itertools.count(1)
    )
    assert len(list(done)) >= REQUESTS


def kill_again_and_again(issuance: Issuance, kills: int) -> Counter[str]:
    stages: Counter[str] = Counter()
    points = kill_points(issuance.program, issuance.tree, issuance.log)
    for point in itertools.islice(by_turns(points), kills):
        issuance.reset()
        stage = run_killed(issuance.program, point, issuance.log)
        if stage is not None:
            stages[stage] += 1
            issuance.look(point)
            issuance.heal(point)
    return stages


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize(
    "kills", [6, pytest.param(200, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_a_run_that_is_killed_at_a_system_call_is_ended_by_the_next(
    tmp_path: Path, served: tuple[TestCa, NameServer], kills: int
) -> None:
    stages = kill_again_and_again(Issuance(tmp_path, served), kills)
    print(table(stages))
    assert sum(stages.values()) >= kills * 2 // 3


def test_a_run_that_wrote_its_tokens_first_and_remembered_them_later_would_be_found(
    tmp_path: Path, served: tuple[TestCa, NameServer]
) -> None:
    issuance = Issuance(tmp_path, served)
    (issuance.tree / "dnsextra" / "_acme-challenge.x").write_text('x TXT "forgotten"\n')
    with pytest.raises(AssertionError, match="is not remembered"):
        issuance.look("nothing")
