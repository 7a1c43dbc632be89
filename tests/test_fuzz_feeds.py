"""The readers of feeds under the files of the corpus, and what a few seconds make of them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz_feeds import CORPUS, judge, judge_cost, mutate, seeds


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_a_file_of_the_corpus_costs_little_and_breaks_nothing(path: Path) -> None:
    judge_cost(path.read_bytes())


@pytest.mark.parametrize("seed", range(4))
def test_mutations_of_the_corpus_break_nothing(seed: int) -> None:
    chance, known = random.Random(seed), seeds()
    for _ in range(2000):
        judge(mutate(chance, chance.choice(known)))


@pytest.mark.long
def test_an_hour_of_guided_search_finds_nothing(tmp_path: Path) -> None:
    seconds = os.environ.get("ZONEBUILD_FUZZ_SECONDS", "3600")
    command = [sys.executable, "-m", "tests.fuzz_feeds", seconds, str(tmp_path)]
    searched = subprocess.run(command, capture_output=True, text=True, check=False)
    assert searched.returncode == 0, searched.stdout[-2000:] + searched.stderr[-2000:]
