"""A bug in this program, met in one zone or stage, turned into a finding: the rest goes on."""

from __future__ import annotations

import hashlib
import os
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from zonebuild.builder.places import STATE, Places, SiteError
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.manifest import ManifestError
from zonebuild.files.write import WriteError, make_directory, replace_file

BUG = "bug-in-zonebuild"
# What a stage raises on purpose: the machine or the site stops it as a whole.
EXPECTED = (SiteError, WriteError, ManifestError)
_FOLDER = "bugs"
_MOST = 20  # tracebacks that are kept

_Result = TypeVar("_Result")


def attempt(
    places: Places,
    stage: str,
    apex: str,
    work: Callable[[], _Result],
    otherwise: Callable[[Finding], _Result],
) -> _Result:
    """Return what *work* returns; for an exception that nobody expects, what *otherwise* does.

    apex: the zone that *work* is about, "" for the stage as a whole.
    Raises: what is in EXPECTED.
    """
    try:
        return work()
    except EXPECTED:
        raise
    except Exception as error:  # noqa: BLE001 - a bug in one zone must not stop the others
        return otherwise(bug_finding(places, stage, apex, error))


def bug_finding(places: Places, stage: str, apex: str, error: Exception) -> Finding:
    """Keep the traceback of *error* in state/bugs/; return the finding that reports it."""
    text = "".join(traceback.format_exception(error))
    kept = _keep_traceback(places.root / STATE / _FOLDER, stage, apex, text)
    of_zone = f" with the zone {apex}" if apex else ""
    message = (
        f"this is a bug in zonebuild, and nothing that the site did wrong: {type(error).__name__} "
        f"in the stage {stage}{of_zone}; the rest of the run goes on, and the next run tries "
        f"again; report it with the traceback, which {kept}"
    )
    return Finding(Location(f"zones/{apex.rstrip('.')}.yaml" if apex else stage),
                   Severity.ERROR, BUG, message)  # fmt: skip


def _keep_traceback(folder: Path, stage: str, apex: str, text: str) -> str:
    """Write *text* to *folder*, where it is not there yet; return where it is, or why not.

    The name begins with the time, so that the oldest is the first to go.
    """
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    zone = "".join(c if c.isalnum() or c in "-." else "_" for c in apex.rstrip("."))[:100]
    end = "-".join(filter(None, (stage, zone, digest))) + ".txt"
    try:
        make_directory(folder)
        names = sorted(os.listdir(folder))
        name = next((known for known in names if known.endswith(f"-{end}")), "")
        if not name:
            name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{end}"
            replace_file(folder / name, text.encode("utf-8", "replace"), mode=0o600)
            for old in names[: max(len(names) + 1 - _MOST, 0)]:
                with suppress(OSError):
                    os.unlink(folder / old)
    except (WriteError, OSError) as refusal:
        return f"could not be kept: {refusal}"
    return f"is in {STATE}/{_FOLDER}/{name}"
