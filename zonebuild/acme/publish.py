"""Bring what lies in the drop-box to the servers: by the builder's next run, or by one here."""

from __future__ import annotations

import time
from pathlib import Path

from zonebuild.acme.problem import AcmeError

_PAUSE, _LONGEST = 0.2, 120.0  # seconds between tries, and in all, while another one builds


def build_here(root: Path, command: str) -> None:
    """Take the feeds, build, hand off, and give the builder's lock back.

    Another builder's run is waited for: its session began before or after the challenge was
    written, so this one follows it. What goes wrong with zones is told by `doit`.
    Errors: AcmeError, where nothing could be built; WriteError.
    """
    from zonebuild.builder.places import SiteError
    from zonebuild.files.lock import LockHeld

    deadline = time.monotonic() + _LONGEST
    while True:
        try:
            _build(root, command)
        except SiteError as error:
            is_held = isinstance(error.__cause__, LockHeld)
            if not is_held or time.monotonic() >= deadline:
                raise AcmeError(f"the zones cannot be built: {error}") from error
            time.sleep(_PAUSE)
        else:
            return


def _build(root: Path, command: str) -> None:
    from zonebuild.builder.producers import PRODUCERS
    from zonebuild.builder.session import Session

    session = Session(root, command=command)
    try:
        for stage in PRODUCERS:
            if not session.feed_is_fresh(stage):
                session.take_feed(stage)
        session.build_zones()
        session.hand_off()
    finally:
        session.close()
