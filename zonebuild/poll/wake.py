"""What wakes a watch: a bell that anybody may ring, and file events that ring it.

Events come from `watchdog`; where it is missing, or the system has no more of them to give, the
caller looks for itself. A directory that is replaced, unmounted or mounted over is another inode
under the same name: events of the old one say nothing, so the watch begins anew there.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

_IDLE_TOPS = {"unsigned", "signed", "state", "keys"}  # what builds write wakes nobody
_CHANGES = {"created", "modified", "deleted", "moved", "closed"}  # reading is none


class Bell:
    """Rung from any thread or signal handler, heard by one. A ring is kept until it is heard."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        for end in (self._heard, self._rung):
            os.set_blocking(end, False)

    def ring(self) -> None:
        """Wake who waits, now or later."""
        try:
            os.write(self._rung, b".")
        except BlockingIOError:  # it has been rung enough
            return

    def wait(self, seconds: float) -> bool:
        """Wait for a ring; say whether there was one. Rings before it are heard as one."""
        ready, _, _ = select.select([self._heard], [], [], max(seconds, 0))
        self.hush()
        return bool(ready)

    def hush(self) -> None:
        """Forget the rings so far."""
        try:
            while os.read(self._heard, 4096):
                pass
        except BlockingIOError:
            return


class Place(NamedTuple):
    """A directory to be watched, with all below it or alone."""

    path: str
    with_below: bool


def places_of(root: str, cache: str, outside: Iterable[str]) -> list[Place]:
    """Return the directories of the site at *root*, and *outside* it, where builds read."""
    places = [Place(root, with_below=False)]
    try:
        with os.scandir(root) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                is_read = entry.name[0] != "." and entry.name not in _IDLE_TOPS
                if is_read and entry.path != cache and entry.is_dir(follow_symlinks=False):
                    places.append(Place(entry.path, with_below=True))
    except OSError:  # it is told by the poll
        return places
    folders = (path if os.path.isdir(path) else os.path.dirname(path) for path in outside)
    return places + [Place(folder, with_below=False) for folder in dict.fromkeys(folders)]


class Events:
    """The file events of some directories, each of which rings *bell*.

    trouble: why there are none, or not all; nothing while there are.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._observer: Any = None
        self._followed: dict[Place, tuple[int, int] | None] = {}
        self.trouble = ""

    def follow(self, places: Iterable[Place]) -> None:
        """Watch *places* from now on, and nothing else."""
        wanted = {place: _identity(place.path) for place in places}
        if wanted == self._followed:
            return
        self.close()
        self._followed = wanted
        try:
            self._start([place for place, identity in wanted.items() if identity])
            self.trouble = ""
        except ImportError:
            self.trouble = "the package watchdog is not installed (docs/polling.md)"
        except (OSError, RuntimeError) as error:  # no inotify, too many watches, no more threads
            self.trouble = f"the system gives no file events: {error}"
            self._stop()

    def is_broken(self) -> bool:
        """Say whether any directory has come, gone or been replaced since they are followed."""
        return any(_identity(place.path) != was for place, was in self._followed.items())

    def close(self) -> None:
        """Watch nothing any more."""
        self._stop()
        self._followed = {}

    def _start(self, places: list[Place]) -> None:
        import logging

        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        bell = self._bell
        # It remarks upon its own end, which is no news for whoever reads our standard error.
        logging.getLogger("watchdog").addHandler(logging.NullHandler())

        class Ringing(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in _CHANGES:
                    bell.ring()

        self._observer = Observer()
        self._observer.daemon = True
        for place in places:
            self._observer.schedule(Ringing(), place.path, recursive=place.with_below)
        self._observer.start()

    def _stop(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None and observer.ident is not None:
            observer.stop()
            observer.join(5)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
