"""Whether a run of issuance is worth its while, told from `lstat` alone; loads nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from zonebuild.builder.places import find_places
from zonebuild.builder.remembered.clock import judge_now, keep_clock
from zonebuild.builder.remembered.stamps import (
    files_below,
    is_fresh,
    make_stamp,
    program_key,
    read_stamps,
    stamps_text,
)
from zonebuild.clock import Verdict
from zonebuild.files.write import WriteError, make_directory, replace_file
from zonebuild.site.names import SITE_FILE

STAGE = "acme"
LONGEST_GAP = 7 * 86400  # seconds between two runs that are counted on; more was an outage
_MAP, _ORDERS, _KEPT = "tlsa-map.yaml", "state/lineages", "state/acme"
_ENTRY = "site"


def is_idle(root: Path, now: int) -> bool:
    """Say whether nothing has changed since the last run, or is due before the next one.

    now: Unix seconds. A run that looks and finds nothing is remembered as one: its time tells how
    often we are run. Spec: RFC 9773 section 4.2: who wakes up too late for the instant acts now.
    """
    places = find_places(root)
    path = places.stamps(STAGE)
    judged = judge_now(places, now)
    if judged.verdict is not Verdict.RIGHT:
        return False
    if judged.mark is not None:
        with suppress(WriteError):  # state/ may be another user's
            keep_clock(places, judged)
    stamp = read_stamps(path, program_key()).get(_ENTRY)
    if stamp is None or not is_fresh(root, stamp, now + seconds_since_last_run(root, now)):
        return False
    os.utime(path, (now, now))
    return True


def seconds_since_last_run(root: Path, now: int) -> int:
    """Return how long before *now* (Unix seconds) the last run was, at most `LONGEST_GAP`.

    0 where there was none.
    """
    try:
        seen = int(find_places(root).stamps(STAGE).stat().st_mtime)
    except OSError:
        return 0
    return min(max(now - seen, 0), LONGEST_GAP)


def remember_run(root: Path, chains: Iterable[Path], *, begun: int, due: int) -> None:
    """Keep what lets the next run see that nothing is due.

    chains: paths that change with the newest chains. begun: when the run did, Unix nanoseconds.
    due: Unix seconds, 0 for never. Errors: WriteError.
    """
    read = [SITE_FILE, _MAP, *files_below(root, [_ORDERS])]
    written = [f"{_KEPT}/{name}" for name in ("lineages", "ledger", "tokens")]
    written += [os.path.relpath(path, root) for path in chains]
    places = find_places(root)
    make_directory(places.cache)
    stamps = {_ENTRY: make_stamp(root, read, written, since=begun, due=due)}
    replace_file(places.stamps(STAGE), stamps_text(stamps, program_key()))
