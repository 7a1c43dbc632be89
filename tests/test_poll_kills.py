"""Polls that are killed at any moment, alone or with all they started: the next one heals."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.killing import kill_started
from tests.polling import POLL, environment_of_polls
from tests.repositories import IDENTITY, Git, Repository, Subversion

TEMPORARY = ".zonebuild-tmp."


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (*environment_of_polls().items(), *IDENTITY.items()):
        monkeypatch.setenv(name, value)


def healed(repository: Repository) -> str:
    """Poll until all is done; return the built zone. What a killed poll started may still run."""
    deadline = time.monotonic() + 30
    while not (done := repository.host.poll()).is_done:
        assert done.code == 0, done.text
        assert time.monotonic() < deadline
    return repository.host.built("a.example")


@pytest.mark.parametrize("kind", [Subversion, Git])
def test_after_ten_kills_the_last_commit_is_built(tmp_path: Path, kind: type[Repository]) -> None:
    repository = kind(tmp_path)
    host = repository.host
    chance = random.Random(5)
    serial = 0
    for number in range(10):
        repository.commit(f"www A 192.0.2.{number + 1}\n" + f"n{number} A 192.0.2.1\n" * 200)
        with host.start(*POLL) as process:
            time.sleep(chance.uniform(0.02, 0.7))
            kill_started(process.pid, with_all=number % 2 == 0)
        assert host.serial("a.example") >= serial
        serial = host.serial("a.example")
    assert "www\t3600\tA\t192.0.2.10" in healed(repository).replace(" ", "\t")
    left = [name for _, _, names in os.walk(host.root) for name in names if TEMPORARY in name]
    assert left == []
    assert host.poll().text == ""
