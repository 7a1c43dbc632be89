"""Kill a program with SIGKILL at its own system calls, and say at which stage it died.

strace runs the program once to learn its system calls, then once for each kill: it delivers the
signal as the program enters the N-th call of a name, before the kernel does anything. So a kill
"at rename" is the instant after everything that came before it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TRACED = "openat,mkdir,write,close,fsync,rename,renameat2,unlink,unlinkat,symlink"
TEMPORARY = ".zonebuild-tmp."
_KILLED = "+++ killed by SIGKILL +++"
_TIMEOUT = 120  # seconds for one run

# The first expression that matches a line of the trace names its stage.
_STAGES = tuple(
    (name, re.compile(expression))
    for name, expression in (
        ("open temporary", rf'openat\(.*{re.escape(TEMPORARY)}[^"]*", O_WRONLY\|O_CREAT'),
        ("write", rf"write\(\d+<[^>]*{re.escape(TEMPORARY)}"),
        ("fsync", rf"fsync\(\d+<[^>]*{re.escape(TEMPORARY)}"),
        ("rename", r"rename"),
        ("directory fsync", r"fsync\("),
        ("close", r"close\("),
        ("open", r"openat\("),
        ("unlink", r"unlink"),
        ("symlink", r"symlink"),
        ("make folder", r"mkdir"),
        ("other", r""),
    )
)
_CALL = re.compile(r"(?P<thread>\d+) +(?P<text>(?P<name>\w+)\(.*)")
_PATH = re.compile(r'(?<=[<"])/[^<>"]*(?=[>"])')


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: its arguments, its whole environment, its working directory."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, slots=True)
class KillPoint:
    """Where to kill: as a thread enters its *when*-th call of *name* (of those on *path*)."""

    stage: str
    name: str
    when: int
    path: str | None = None


def kill_points(program: Program, tree: Path, log: Path) -> list[KillPoint]:
    """Run *program* once to its end; return each reachable call that touches *tree*, in order.

    tree: without symbolic links, as the kernel names it.
    strace counts calls thread by thread. A call whose number another thread reaches earlier is
    reached by its path, where that is the same in every run; a temporary file's is not.
    """
    code = _trace(program, log, ["-e", f"trace={TRACED}"])
    if code != 0:
        raise AssertionError(f"{program.argv} ended with exit code {code} before any kill")
    counts: Counter[tuple[str, str, str | None]] = Counter()
    taken: set[tuple[str, int, str | None]] = set()
    points: list[KillPoint] = []
    for thread, name, text in _calls(log):
        ways = []
        for path in (None, *_lasting_paths(text)):
            counts[thread, name, path] += 1
            ways.append((name, counts[thread, name, path], path))
        free = [way for way in ways if way not in taken]
        taken.update(ways)
        if free and str(tree) in text:
            points.append(KillPoint(_stage(text), *free[0]))
    return points


def by_turns(points: Sequence[KillPoint]) -> Iterator[KillPoint]:
    """Yield *points* without end, one of each stage in turn, those of a stage well spread."""
    stages: defaultdict[str, list[KillPoint]] = defaultdict(list)
    for point in points:
        stages[point.stage].append(point)
    turns = [itertools.cycle(_spread(group)) for group in stages.values()]
    for turn in itertools.cycle(turns):
        yield next(turn)


def run_killed(program: Program, point: KillPoint, log: Path) -> str | None:
    """Run *program* and kill the process that comes to *point*; return the stage it died at.

    None where it ran to its end: threads do not share their work alike in every run.
    """
    where = ["-P", point.path] if point.path else []
    inject = f"inject={point.name}:signal=SIGKILL:when={point.when}"
    _trace(program, log, [*where, "-e", f"trace={point.name}", "-e", inject])
    if _KILLED not in log.read_text(errors="replace"):
        return None
    counts: Counter[str] = Counter()
    for thread, _, text in _calls(log):
        counts[thread] += 1
        if counts[thread] == point.when:
            return _stage(text)
    raise AssertionError(f"killed, but not at {point}")


def table(stages: Mapping[str, int]) -> str:
    """Return how often each stage was hit, a line each."""
    return "\n".join(f"{stage:>16} {count:5}" for stage, count in stages.items())


def _trace(program: Program, log: Path, options: Sequence[str]) -> int:
    """Run *program* under strace until every process of it has ended; return the exit code."""
    argv = ["strace", "-f", "-y", "-q", "-s", "0", *options]
    with subprocess.Popen(
        [*argv, "-o", str(log), *program.argv],
        env=dict(program.env),
        cwd=program.cwd,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as strace:
        try:
            return strace.wait(_TIMEOUT)
        except BaseException:
            os.killpg(strace.pid, signal.SIGKILL)
            raise


def _calls(log: Path) -> Iterator[tuple[str, str, str]]:
    """Yield thread, name and text of each call in the order in which they were entered."""
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            yield match["thread"], match["name"], match["text"]


def _lasting_paths(text: str) -> list[str]:
    return [path for path in dict.fromkeys(_PATH.findall(text)) if TEMPORARY not in path]


def _stage(text: str) -> str:
    return next(name for name, expression in _STAGES if expression.match(text))


def _spread(points: Sequence[KillPoint]) -> list[KillPoint]:
    """Return *points* so that any beginning of the list is spread over the whole run."""
    golden = (5**0.5 - 1) / 2
    order = sorted(range(len(points)), key=lambda index: index * golden % 1)
    return [points[index] for index in order]


def kill_started(process: int, *, with_all: bool) -> None:
    """Kill the process of this number, and with it, or not, all that it started."""
    for each in [process, *(_below(process) if with_all else [])]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def _below(process: int) -> list[int]:
    """Return the processes that *process* started, and those that these did."""
    done = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, check=False)
    children = [int(word) for word in done.stdout.split()]
    return [each for child in children for each in (child, *_below(child))]
