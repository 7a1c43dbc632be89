"""From a token's file to a signed answer, beside the signer alone.

    python -m bench.token_to_answer [--rounds N] [--sizes N…] [--json FILE]

As root, on Linux: real signers and servers run in namespaces. Targets: a zone of 100 records with
one `zonebuild poll` in 1 s, with `zonebuild watch` in 0.3 s; a zone of 20,000 records in 0.5 s more
than the signer alone. A commit that changes 50 of 1,000 zones, embedded signer and NSD, is served
whole 5 s after `svn commit` began.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain as chain_of
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bench import options
from bench.alone import loop_of
from bench.chain import KINDS, Chain, chain, run_inside, watching
from bench.drop_tokens import value_of
from tests.live.daemons import Host
from tests.live.daemons.svn import URL, Svn

SIZES = (100, 20_000)
ZONES, CHANGED, RECORDS = 1_000, 50, 50
# Seconds between two rounds, more than signers and watchers need to come to rest: after the answer
# a build still reads the signer's copy back.
REST, REST_EACH = 1.1, 0.0002  # the latter for each record of the zone
_NUMBERS = count()


class Row(NamedTuple):
    """What was measured: seconds, in the order of the rounds."""

    chain: str
    records: int
    way: str
    seconds: list[float]


# -- tokens ---------------------------------------------------------------------------------------


def drop(made: Chain, act: Callable[[Path], object]) -> float:
    """Put another token in the place of the last and *act*; return the seconds to the answer."""
    owner, value = f"_acme-challenge.{made.zone}", value_of(next(_NUMBERS))
    new = made.folder / "token"
    new.write_text(f'{owner}. 60 IN TXT "{value}"\n')
    token = made.site / "dnsextra" / owner
    began = time.monotonic()
    new.replace(token)
    running = act(token)
    end = made.wait_for(made.zone, owner, "TXT", value)
    if isinstance(running, subprocess.Popen):
        running.wait()
    time.sleep(REST + REST_EACH * made.records)
    return end - began


def tokens(here: Host, rounds: int, sizes: Sequence[int]) -> Iterator[Row]:
    """Measure every kind and size, by poll, by watch and by the signer alone."""
    for records in sizes:
        for kind in KINDS:
            with chain(here, _folder(), kind, zones=1, records=records) as made:
                yield Row(kind, records, "poll", _repeat(made, rounds, _polling(made)))
                with watching(made):
                    yield Row(kind, records, "watch", _repeat(made, rounds, lambda token: None))
                yield Row(kind, records, "signer alone", _repeat(made, rounds, loop_of(kind, made)))


def _polling(made: Chain) -> Callable[[Path], subprocess.Popen[bytes]]:
    return lambda token: made.start("poll")


def _repeat(made: Chain, rounds: int, act: Callable[[Path], object]) -> list[float]:
    return [drop(made, act) for _ in range(rounds + 1)][1:]


# -- a commit -------------------------------------------------------------------------------------


def commits(here: Host, rounds: int) -> Iterator[Row]:
    """Measure a commit of CHANGED of ZONES zones, from its begin until all of them are served."""
    kind = next(iter(KINDS))
    with chain(here, _folder(), kind, zones=ZONES, records=RECORDS) as made:
        names = sorted(path.name for path in (made.site / "primary").iterdir())[:CHANGED]
        plain = made.folder / "versioned"
        outputs = ("unsigned", "signed", "state", "keys", ".zonebuild", "dnsextra")
        shutil.copytree(made.site, plain, ignore=shutil.ignore_patterns(*outputs))
        with Svn(here, made.folder / "svn", plain) as svn:
            desk = svn.checkout(made.folder / "desk")
            here.do("svn", "checkout", "-q", "--force", URL, made.site)
            for _ in range(2):
                made.zonebuild("poll")
            seconds = [_commit(made, svn, desk, names) for _ in range(rounds + 1)][1:]
        yield Row(kind, RECORDS, f"commit of {CHANGED} of {ZONES} zones, poll", seconds)


def _commit(made: Chain, svn: Svn, desk: Path, names: list[str]) -> float:
    address = f"45.0.{next(_NUMBERS) % 250}.{int(time.time()) % 250}"
    texts = {}
    for name in names:
        old = (desk / "primary" / name).read_text().partition("bench.")[0]
        texts[f"primary/{name}"] = f"{old}bench.{name}. A {address}\n"
    began = time.monotonic()
    svn.commit(desk, texts)
    running = made.start("poll")
    end = max(made.wait_for(name, f"bench.{name}", "A", address) for name in names)
    running.wait()
    time.sleep(REST)
    return end - began


# -- what is told ---------------------------------------------------------------------------------


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="zonebuild-bench-"))
    made.chmod(0o755)
    return made


def _line(row: Row) -> str:
    low, high = min(row.seconds), max(row.seconds)
    shown = f"{statistics.median(row.seconds):.3f} ({low:.3f} to {high:.3f})"
    return f"| {row.chain} | {row.records:,} | {row.way} | {shown} |"


def main(arguments: list[str]) -> None:
    """Measure, print a line as soon as it is known, write the figures where that is asked."""
    parser = options.parser(__doc__)
    parser.add_argument("--inside", action="store_true", help="for this program itself")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="records of a zone")
    chosen = parser.parse_args(arguments)

    def measure(here: Host) -> None:
        print("| chain | records | way | seconds: median (least to greatest) |\n|---|---|---|---|")
        rows = []
        for row in chain_of(
            tokens(here, chosen.rounds, chosen.sizes), commits(here, chosen.rounds)
        ):
            print(_line(row), flush=True)
            rows.append(row._asdict())
        if chosen.json:
            chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")

    run_inside(arguments, "bench.token_to_answer", measure)


if __name__ == "__main__":
    main(sys.argv[1:])
