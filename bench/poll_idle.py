"""Poll a site of 1,000 zones with nothing to do, beside what else finds that out.

    python -m bench.poll_idle [--rounds N] [--data DIR] [--json FILE]

Target: `zonebuild poll` in 60 ms, the interpreter's start included. The site is in no working copy:
what asking a repository costs, one process of svn or three of git and the network, comes on top.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench import measure, options

_SETTLES = 2  # polls: the first builds


def main(arguments: list[str]) -> None:
    """Make the tree where it is missing, build it, measure, print."""
    chosen = options.parser(__doc__).parse_args(arguments)
    made = options.site(chosen.data, "M")
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"  # without what only the peers read
        ignored = shutil.ignore_patterns("plain", "unsigned", "state", ".zonebuild")
        shutil.copytree(made, site, ignore=ignored)
        comparison = compare(site, made / "plain", chosen.rounds)
    measure.report([comparison], chosen.json)


def compare(site: Path, plain: Path, rounds: int) -> measure.Comparison:
    """Build *site* and, for make, *plain*; then run what looks whether anything is to be done."""
    poll = measure.Command("zonebuild poll", (sys.executable, "-m", "zonebuild", "poll"), site)
    for _ in range(_SETTLES):
        measure.run_once(poll)
    measure.run_once(measure.Command("make -j2", ("make", "-s", "-j2"), plain))
    commands = (
        poll,
        measure.Command("doit", (sys.executable, "-m", "doit"), site),
        measure.Command("make -q", ("make", "-q"), plain),
        measure.Command("python3 -c pass", (sys.executable, "-c", "pass"), site),
    )
    return measure.compare(
        "1,000 zones × 50 records, nothing to do",
        commands,
        rounds=rounds,
        versions=[measure.first_line("make", "--version")],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
