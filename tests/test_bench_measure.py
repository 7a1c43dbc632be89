"""The measuring module: turns, figures of whole processes, failures that stop it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.measure import Command, CommandFailedError, Cost, compare, report, run_once, summarise


def python(code: str) -> Command:
    return Command("python", (sys.executable, "-c", code))


def test_commands_run_in_turns_after_one_round_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    commands = [python(f"open({str(log)!r}, 'a').write({letter!r})") for letter in "AB"]
    compare("turns", commands, rounds=2)
    assert log.read_text() == "ABABAB"


def test_cpu_time_of_a_child_that_was_waited_for_counts() -> None:
    child = "import time\nwhile time.process_time() < 0.05: pass"
    cost = run_once(
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    )
    assert cost.cpu >= 0.05


def test_the_peak_of_memory_counts() -> None:
    assert run_once(python("b'x' * (200 << 20)")).rss >= 200


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(CommandFailedError, match="gave 3: why"):
        run_once(python("print('why'); raise SystemExit(3)"))


def test_figures_are_least_median_greatest() -> None:
    row = summarise("x", [Cost(3, 1, 9), Cost(1, 1, 7), Cost(2, 4, 8)])
    assert row[1:] == ((1, 2, 3), (1, 1, 4), (7, 8, 9))


def test_the_report_is_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = compare("Nothing", [python("")], rounds=1, versions=("peer 1.0",))
    report([comparison], tmp_path / "figures.json")
    printed = capsys.readouterr().out
    assert "### Nothing" in printed
    assert "- peer 1.0" in printed
    assert "| 1.00 | 1.00 |" in printed
    assert json.loads((tmp_path / "figures.json").read_text())[0]["ratios"] == [1.0]
