"""Feeds into fragments: each producer reads its feeds, and writes `extra/NAME/PRODUCER`.

What a producer made begins with a mark, so that nothing is ever removed that it did not make.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from zonebuild.builder.remembered.stamps import TICK
from zonebuild.builder.run import Run, all_zones
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.site.names import file_name

EXTRA = "extra"
_MARK = "; made by zonebuild from what machines tell; do not edit\n"
_LIMIT = 1 << 26  # octets of a fragment


def used_feeds(run: Run, producer: str) -> dict[str, str]:
    """Return the directories of the feeds that any zone names for *producer*, by feed."""
    named = {feed for config in all_zones(run).values() for feed in getattr(config, producer, {})}
    return {feed: path for feed, path in sorted(run.site.feeds.items()) if feed in named}


def write_fragments(run: Run, producer: str, fragments: Mapping[str, str]) -> None:
    """Make `extra/NAME/PRODUCER` of each zone what *fragments* say; no text, no file.

    fragments: by apex. Errors: WriteError.
    """
    root = run.places.root
    wanted = {file_name(apex): text for apex, text in fragments.items() if text}
    is_written = False
    for name in _made(root, producer) - wanted.keys():
        (root / EXTRA / name / producer).unlink(missing_ok=True)
        is_written = True
    for name, text in wanted.items():
        path, data = root / EXTRA / name / producer, (_MARK + text).encode("ascii")
        if _content(path) != data:
            make_directory(path.parent)
            replace_file(path, data)
            is_written = True
    if is_written:  # so that the stage `zones` sees these files as older than itself
        time.sleep(TICK / 1_000_000_000)


def read_fragments(run: Run, producer: str) -> dict[str, str]:
    """Return the fragments that *producer* made last, by apex."""
    root = run.places.root
    found: dict[str, str] = {}
    for apex in all_zones(run):
        data = _content(root / EXTRA / file_name(apex) / producer)
        if data is not None:
            found[apex] = data.decode("ascii", "replace").removeprefix(_MARK)
    return found


def _made(root: Path, producer: str) -> set[str]:
    """Return the folders of extra/ with a fragment that *producer* made."""
    try:
        names = os.listdir(root / EXTRA)
    except OSError:
        return set()
    mark = _MARK.encode()
    paths = {name: root / EXTRA / name / producer for name in names}
    return {name for name, path in paths.items() if (_content(path) or b"").startswith(mark)}


def _content(path: Path) -> bytes | None:
    if path.is_symlink():
        return None
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return None
