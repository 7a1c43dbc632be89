"""Short ways to read master-file text in tests, and to say what came of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from zonebuild.model import Fragment
from zonebuild.rdata.canonical import canonical_text
from zonebuild.zonefile import Source, decode_source, read_fragment

APEX = "z.example."
HANG = 20  # seconds; far more than any of these tests needs


def read(
    text: str | bytes,
    *,
    apex: str = APEX,
    ttl: int | None = 3600,
    files: Mapping[str, str] | None = None,
    fast: bool = True,
) -> Fragment:
    """Read *text* as the file `f`; *files* may be included by their names."""
    data = text.encode() if isinstance(text, str) else text
    known = files or {}

    def include(_including: str, name: str) -> Source | str:
        return decode_source(name, known[name].encode()) if name in known else "no such file"

    return read_fragment(
        decode_source("f", data), apex=apex, default_ttl=ttl, include=include, fast=fast
    )


def records(fragment: Fragment) -> list[str]:
    """Return each record as `OWNER TTL TYPE RDATA`, its rdata canonical."""
    return [
        f"{r.owner} {r.ttl} {r.rdtype} {canonical_text(r.rdtype, r.rdata, r.origin)}"
        for r in fragment.records.iterate()
    ]


def findings(fragment: Fragment) -> list[str]:
    """Return each finding as `PATH:LINE:COLUMN check`."""
    return [f"{f.location} {f.check}" for f in fragment.findings]


def checks(fragment: Fragment) -> set[str]:
    """Return the names of what was found."""
    return {f.check for f in fragment.findings}


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail what takes longer than HANG seconds."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"no end in {HANG} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
