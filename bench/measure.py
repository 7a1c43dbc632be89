"""Run commands in turns, A B A B …, and compare what whole processes cost.

Wall time comes from the monotonic clock, CPU time and peak memory from `wait4`, so children that a
command waits for count. Turns, because the machine's speed drifts: a ratio is taken from the
medians and, again, from each pair of neighbours. Memory below this program's own peak, some 25 MiB,
cannot be seen: Linux counts what a child had before its `exec`.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one run cost. wall, cpu: seconds, cpu is user and system; rss: MiB at the peak."""

    wall: float
    cpu: float
    rss: float


@dataclass(frozen=True, slots=True)
class Command:
    """Something to run: its name in the table, its arguments, the folder it runs in.

    ready: called before each run, outside the measured time; it makes a cold run cold.
    expected: the exit codes that count as success.
    """

    name: str
    arguments: tuple[str, ...]
    folder: Path = Path()
    ready: Callable[[], None] | None = None
    expected: tuple[int, ...] = (0,)


class Row(NamedTuple):
    """The runs of one command, each figure as least, median, greatest."""

    name: str
    wall: tuple[float, float, float]
    cpu: tuple[float, float, float]
    rss: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows in the order of the commands, and each against the first.

    ratios: first command's median wall time over this one's.
    pair_ratios: the same from the median of the ratios of each turn.
    """

    title: str
    versions: tuple[str, ...]
    rows: tuple[Row, ...]
    ratios: tuple[float, ...]
    pair_ratios: tuple[float, ...]


class CommandFailedError(Exception):
    """A measured command failed: its figures would mean nothing."""


def run_once(command: Command) -> Cost:
    """Run *command* and return its cost.

    Errors: CommandFailedError with the end of its output for an unexpected exit code.
    """
    if command.ready:
        command.ready()
    began = time.monotonic()
    with subprocess.Popen(
        command.arguments,
        cwd=command.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.expected:
        said = f"{command.arguments} gave {process.returncode}: {output[-2000:]}"
        raise CommandFailedError(said)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(
    title: str, commands: Sequence[Command], *, rounds: int, versions: Sequence[str] = ()
) -> Comparison:
    """Run every command once a round, in order, *rounds* times; the first is measured by the rest.

    A round before them, which does not count, warms the file cache.
    """
    runs: list[list[Cost]] = [[] for _ in commands]
    for number in range(rounds + 1):
        for costs, command in zip(runs, commands, strict=True):
            cost = run_once(command)
            if number:
                costs.append(cost)
    rows = tuple(
        summarise(command.name, costs) for command, costs in zip(commands, runs, strict=True)
    )
    first = [cost.wall for cost in runs[0]]
    return Comparison(
        title,
        (python_version(), *versions),
        rows,
        tuple(rows[0].wall[1] / row.wall[1] for row in rows),
        tuple(
            statistics.median(mine / cost.wall for mine, cost in zip(first, costs, strict=True))
            for costs in runs
        ),
    )


def summarise(name: str, costs: Sequence[Cost]) -> Row:
    """Return least, median and greatest of each figure."""
    columns = (
        (min(column), statistics.median(column), max(column)) for column in zip(*costs, strict=True)
    )
    return Row(name, *columns)


def table(comparison: Comparison) -> str:
    """Return the comparison as a Markdown table, its ratios against the first row."""
    first = comparison.rows[0].name
    lines = [
        f"### {comparison.title}",
        "",
        *(f"- {version}" for version in comparison.versions),
        "",
        f"| | wall s: least, median, greatest | CPU s | RSS MiB | {first} ÷ this | by pairs |",
        "|---|---|---|---|---|---|",
    ]
    for row, ratio, pair_ratio in zip(
        comparison.rows, comparison.ratios, comparison.pair_ratios, strict=True
    ):
        wall = ", ".join(f"{figure:.3f}" for figure in row.wall)
        lines.append(
            f"| {row.name} | {wall} | {row.cpu[1]:.3f} | {row.rss[1]:.0f} |"
            f" {ratio:.2f} | {pair_ratio:.2f} |"
        )
    return "\n".join(lines) + "\n"


def python_version() -> str:
    """Return the Python that runs this, and how many processors it may use."""
    return f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} CPUs"


def first_line(*arguments: str) -> str:
    """Return the first line that a program says of itself: its version."""
    done = subprocess.run(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return f"{arguments[0]}: {(done.stdout.splitlines() or ['nothing said'])[0]}"


def program(name: str) -> str:
    """Return the console script *name* of the Python that runs this, or its name to be searched."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def report(comparisons: Sequence[Comparison], json_path: Path | None) -> None:
    """Print the tables; write the figures to *json_path* where it is given."""
    print("\n".join(table(comparison) for comparison in comparisons))
    if json_path:
        figures = [asdict(comparison) for comparison in comparisons]
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
