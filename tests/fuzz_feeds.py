"""Feed both readers of feeds with anything: `python -m tests.fuzz_feeds SECONDS [FOLDER]`.

Nothing may make a record outside the rules, an exception, or take more than 50 ms or 50 MB. With
atheris (the extra `fuzz`) the search is guided by what the code does; FOLDER keeps what it found.
"""

from __future__ import annotations

import random
import re
import sys
import time
import tracemalloc
from pathlib import Path

from zonebuild.dropbox import MAX_VALUES, Refusal, read_tokens
from zonebuild.sshfp.lines import MAX_OCTETS, read_offer

OWNER = "_acme-challenge.www.example.org"
HOST = "www.example.org."
CORPUS = Path(__file__).parent / "corpus" / "feeds"
MOST_SECONDS, MOST_OCTETS = 0.05, 50_000_000
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGNS = b'\n\r\t "()$@;\\|,[]:#=\x00\x7f\xff'


def judge(data: bytes) -> None:
    """Read *data* as a file of either feed. Errors: AssertionError for what must not be."""
    found = read_tokens(OWNER, data)
    if not isinstance(found, Refusal):
        assert len(found) <= MAX_VALUES
        assert all(token.owner == f"{OWNER}." and _VALUE.fullmatch(token.value) for token in found)
    for key in read_offer(HOST, data[: MAX_OCTETS + 1]).keys:
        assert key.algorithm in (1, 3, 4)
        assert _FINGERPRINT.fullmatch(key.fingerprint)


def judge_cost(data: bytes) -> None:
    """Read *data*, and measure. Errors: AssertionError."""
    began = time.process_time()
    judge(data)
    assert time.process_time() - began < MOST_SECONDS
    tracemalloc.start()
    try:
        judge(data)
        assert tracemalloc.get_traced_memory()[1] < MOST_OCTETS
    finally:
        tracemalloc.stop()


def seeds() -> list[bytes]:
    """Return the files of the corpus."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def mutate(chance: random.Random, data: bytes) -> bytes:
    """Return *data* with a few places changed, doubled, cut or swapped."""
    text = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randrange(40))
        kind = chance.randrange(5)
        if kind == 0:
            text[at:end] = b""
        elif kind == 1:
            text[at:at] = text[at:end] * chance.randrange(1, 50)
        elif kind == 2:
            text[at:end] = bytes(chance.choices(_SIGNS, k=chance.randrange(8)))
        elif kind == 3:
            text[at:end] = chance.randbytes(end - at)
        else:
            text += chance.choice(seeds())
    return bytes(text)


def main(arguments: list[str]) -> None:
    """Search for the time that is given."""
    seconds, folder = float(arguments[0]), arguments[1:]
    try:
        import atheris
    except ImportError:
        _search(seconds)
        return
    atheris.instrument_all()
    limits = [f"-max_total_time={int(seconds)}", "-timeout=1", "-rss_limit_mb=1024"]
    atheris.Setup([sys.argv[0], *limits, *folder, str(CORPUS)], judge)
    atheris.Fuzz()


def _search(seconds: float) -> None:
    chance, end, count = random.Random(), time.monotonic() + seconds, 0
    known = seeds()
    while time.monotonic() < end:
        data = mutate(chance, chance.choice(known))
        try:
            judge_cost(data)
        except AssertionError:
            print(f"after {count} files: {data!r}")
            raise
        count += 1
    print(f"{count} files in {seconds:.0f} s, without a guide")


if __name__ == "__main__":
    main(sys.argv[1:])
