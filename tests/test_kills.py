"""Whenever the writer is killed, each file is wholly old or wholly new, and the next run heals."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.killing import KillPoint, Program, by_turns, kill_points, run_killed, table

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

STAGES = {"open temporary", "write", "fsync", "rename", "directory fsync"}

WRITER = """
import sys
from pathlib import Path
from zonebuild.files.write import WriteBatch, sweep

tree, zones = Path(sys.argv[1]), sys.argv[2:]
for directory in ("state", "unsigned"):
    sweep(tree / directory)
for names in (["state/serials"], zones):
    with WriteBatch() as batch:
        for name in names:
            batch.stage(tree / name, f"{name} new\\n".encode() * 5_000)
        batch.commit()
"""

WRITER_IN_PLACE = """
import sys
from pathlib import Path

tree, zones = Path(sys.argv[1]), sys.argv[2:]
for name in ("state/serials", *zones):
    (tree / name).write_bytes(f"{name} new\\n".encode() * 5_000)
"""


class Writer:
    """A program that writes a site's state, then its zones, over older ones."""

    def __init__(self, root: Path, source: str, zones: int) -> None:
        self.tree = root.resolve() / "tree"
        self.log = root / "log"
        self.names = ["state/serials", *(f"unsigned/zone{number}" for number in range(zones))]
        argv = [sys.executable, "-S", "-B", "-c", source, str(self.tree), *self.names[1:]]
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}
        self.program = Program(argv, env, root)
        self.reset()

    def reset(self) -> None:
        """Put the old files back, and nothing else."""
        shutil.rmtree(self.tree, ignore_errors=True)
        for name in self.names:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_bytes(content(name, "old"))

    def run(self) -> None:
        """Run the program to its end, unkilled."""
        subprocess.run(self.program.argv, env=self.program.env, cwd=self.program.cwd, check=True)

    def ages(self) -> list[str]:
        """Return for each file, in the order of writing, whether it is old, new or torn."""
        return [age_of(name, (self.tree / name).read_bytes()) for name in self.names]

    def leftovers(self) -> list[str]:
        """Return every file of the tree that is none of the program's."""
        files = (path for path in self.tree.rglob("*") if path.is_file())
        return sorted({str(path.relative_to(self.tree)) for path in files} - set(self.names))


def content(name: str, age: str) -> bytes:
    return f"{name} {age}\n".encode() * 5_000


def age_of(name: str, found: bytes) -> str:
    return next((age for age in ("old", "new") if found == content(name, age)), "torn")


def kill_again_and_again(writer: Writer, kills: int) -> Counter[str]:
    """Kill *writer* until it died *kills* times, looking at its files after each; count stages."""
    stages: Counter[str] = Counter()
    points = kill_points(writer.program, writer.tree, writer.log)
    for point in itertools.islice(by_turns(points), 2 * kills):
        writer.reset()
        stage = run_killed(writer.program, point, writer.log)
        if stage is not None:
            stages[stage] += 1
            look_and_heal(writer, point)
        if stages.total() == kills:
            break
    return stages


def look_and_heal(writer: Writer, point: KillPoint) -> None:
    ages = writer.ages()
    assert "torn" not in ages, f"{ages} after a kill at {point}"
    assert ages == sorted(ages, key=("new", "old").index), f"{ages} after a kill at {point}"
    writer.run()
    assert set(writer.ages()) == {"new"}, f"not healed after a kill at {point}"
    assert writer.leftovers() == [], f"leftovers after a kill at {point}"


def test_a_kill_at_any_stage_leaves_old_or_new_in_order_and_the_next_run_heals(
    tmp_path: Path,
) -> None:
    stages = kill_again_and_again(Writer(tmp_path, WRITER, zones=3), kills=40)
    assert stages.total() == 40
    assert set(stages) >= STAGES


@pytest.mark.long
@pytest.mark.parametrize("zones", [3, 24])
def test_two_hundred_kills(tmp_path: Path, zones: int, capsys: pytest.CaptureFixture[str]) -> None:
    stages = kill_again_and_again(Writer(tmp_path, WRITER, zones), kills=200)
    with capsys.disabled():
        print(f"\nkills of a writer of {zones} zones, by stage\n{table(stages)}")
    assert stages.total() == 200
    assert set(stages) >= STAGES


def test_a_killed_writer_leaves_temporary_files_for_the_next_run_to_sweep(tmp_path: Path) -> None:
    writer = Writer(tmp_path, WRITER, zones=3)
    renames = [point for point in points_of(writer) if point.stage == "rename"]
    assert len(renames) == 4
    assert run_killed(writer.program, renames[2], writer.log) == "rename"
    assert writer.ages() == ["new", "new", "old", "old"]
    assert len(writer.leftovers()) == 2
    look_and_heal(writer, renames[2])


def test_a_writer_that_writes_in_place_is_caught(tmp_path: Path) -> None:
    writer = Writer(tmp_path, WRITER_IN_PLACE, zones=1)
    torn = 0
    for point in points_of(writer):
        writer.reset()
        assert run_killed(writer.program, point, writer.log) is not None
        torn += "torn" in writer.ages()
    assert torn > 0


def points_of(writer: Writer) -> list[KillPoint]:
    points = kill_points(writer.program, writer.tree, writer.log)
    writer.reset()
    return points
