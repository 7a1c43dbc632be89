"""What is refused in feeds into the report of a stage, so that no feed can flood people's mail.

A feed can make up another refusal each minute. All of them are shown by `zonebuild status`; only
the first of a day are news. Each feed has its own share of what is shown, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from zonebuild.builder.outcome import Report
from zonebuild.builder.run import Run
from zonebuild.checks.limits import limit
from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file

NOISY = "feed-noisy"
MOST_NEWS = 20  # findings of one feed that are news in one day
_DAY = 86_400  # seconds
_LIMIT = 1 << 20  # octets
_LINE = re.compile(r"(\w+) (\S+) ([0-9]{1,12}) ([0-9]{1,9})", re.ASCII)


class _News(NamedTuple):
    """How many findings were news since *began*, Unix seconds; over MOST_NEWS: some were not."""

    began: int
    number: int = 0


_Memory = dict[tuple[str, str], _News]  # by stage and feed


def report_feeds(
    run: Run,
    stage: str,
    feeds: Iterable[str],
    findings: Iterable[Finding],
    waitings: Sequence[Waiting] = (),
) -> None:
    """Put what *stage* has to report. Findings at `FEED/…` count as that feed's.

    feeds: the names of those that were read. Errors: WriteError.
    """
    shares: dict[str, list[Finding]] = {"": [], **{feed: [] for feed in feeds}}
    for finding in findings:
        feed = finding.location.path.partition("/")[0]
        shares[feed if feed in shares else ""].append(finding)
    memory = _read(run)
    before = dict(memory)
    kept, quiet = [], []
    for feed, share in shares.items():
        share = limit(share)
        if feed:
            quiet += _quiet(run, memory, (stage, feed), share)
            share += _noisy(memory, (stage, feed))
        kept += share
    if memory != before:
        replace_file(run.places.feed_reports, _text(memory))
    run.outcome.put(stage, "", Report(tuple(kept), tuple(waitings)), quiet=quiet)


def _quiet(
    run: Run, memory: _Memory, key: tuple[str, str], findings: Iterable[Finding]
) -> list[Finding]:
    """Return those of the new findings that are no news, and count the others."""
    news = memory.get(key, _News(run.now))
    if not 0 <= run.now - news.began < _DAY:
        news = _News(run.now)
        memory.pop(key, None)
    new = [finding for finding in findings if not run.outcome.is_known(finding)]
    if new:
        memory[key] = news._replace(number=min(news.number + len(new), MOST_NEWS + 1))
    return new[max(MOST_NEWS - news.number, 0) :]


def _noisy(memory: _Memory, key: tuple[str, str]) -> Iterator[Finding]:
    if key in memory and memory[key].number > MOST_NEWS:
        message = (
            f"more than {MOST_NEWS} things of it were refused within a day; "
            "`zonebuild status` shows them, and they are not mailed one by one"
        )
        yield Finding(Location(key[1]), Severity.WARNING, NOISY, message)


def _read(run: Run) -> _Memory:
    """Return what is remembered; nothing where it is lost: then all is news again."""
    try:
        text = read_outside(run.places.feed_reports, _LIMIT).decode("ascii", "replace")
    except SourceError:
        return {}
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    return {(m[1], m[2]): _News(int(m[3]), int(m[4])) for m in matches if m}


def _text(memory: Mapping[tuple[str, str], _News]) -> bytes:
    """Return the file state/feeds: `STAGE FEED BEGAN COUNT` a line."""
    lines = (f"{stage} {feed} {n.began} {n.number}\n" for (stage, feed), n in memory.items())
    return "".join(sorted(lines)).encode("ascii")
