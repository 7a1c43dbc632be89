"""How far long work is, on a terminal only and only after a second: cron sees nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds


@contextmanager
def show_progress(verb: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to be told how many zones are done, of how many."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    bar = _Bar(verb)
    try:
        yield bar.tell
    finally:
        bar.close()


class _Bar:
    """A bar of rich, made when the work turns out to be long."""

    def __init__(self, verb: str) -> None:
        self._verb, self._begun = verb, time.monotonic()
        self._progress: object = None

    def tell(self, done: int, total: int) -> None:
        """Draw how far the work is."""
        if self._progress is None and time.monotonic() - self._begun < _PATIENCE:
            return
        from rich.console import Console
        from rich.progress import Progress

        if not isinstance(self._progress, Progress):
            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task(self._verb, total=total)
        self._progress.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        stop = getattr(self._progress, "stop", None)
        if stop is not None:
            stop()
