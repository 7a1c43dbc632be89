"""One look at all that a build depends on: names, inodes, sizes and times, no content.

An edit in place changes no directory, so every file is looked at; but what only this program
writes, and always by renaming, is seen from its directory. The time of change (ctime) of an inode
cannot be set back by any tool, so an edit that keeps the modification time is seen as well.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import time
from collections.abc import Collection
from typing import Any, NamedTuple

TICK = 20_000_000  # nanoseconds; file systems take the time from a clock that ticks coarsely
MOST_OUTSIDE = 100_000  # entries of one place outside the site, which others write
_OUTPUTS = ("unsigned", "signed", "state", "keys")
_BY_DIRECTORY = {
    "keys",
    "state/good",
    "state/keys",
    "state/signed",
}  # only this program writes there
_MADE_IN = "extra/"  # beside what a site's own scripts put there
_MADE = {"acme", "sshfp", "tlsa"}  # there: what the stages of producers write, in a zone's folder
_OWN = {"state/": {"poll.json", "clock"}}  # what runs write that calls for no other run
_RUNS = "state/runs"  # when runs were made, which each of them notes
_DEPTH = 2  # slashes of a zone's folder in extra/
_MARSHAL = 2  # later formats depend on which objects are shared
_LONGEST_LOOK = 60_000_000_000  # nanoseconds

_File = tuple[str, int, int, int, int, int]  # its name, and its facts


class Outside(NamedTuple):
    """Paths outside the site, absolute. read: what builds read. signed: what signers answer with.

    What is signed follows upon a build; what is read calls for one.
    """

    read: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


NOWHERE = Outside()


class Look(NamedTuple):
    """What was seen, as digests.

    inputs: what people and machines write. outputs: what builds write and remember.
    is_settled: whether no input file changed within the last tick of the file system's clock, so
    that another edit of the same length now would show.
    """

    inputs: str
    outputs: str
    is_settled: bool


def look_at(root: str, cache: str, outside: Outside = NOWHERE) -> Look:
    """Return what is in the site at *root*.

    cache: its cache, which does not count. outside: files and directories elsewhere: feeds, an
    overriding site.yaml, the folder of a signer.
    """
    inputs = _Seen(passed={cache, *(f"{root}/{top}" for top in _OUTPUTS)})
    outputs = _Seen(passed={f"{root}/{_RUNS}"})
    inputs.walk(root, "")
    outputs.add(sorted(inputs.made))
    for path in outside.read:
        inputs.look(path)
    for top in _OUTPUTS:
        outputs.walk(f"{root}/{top}", top)
    for path in outside.signed:
        outputs.look(path)
    return Look(inputs.digest(), outputs.digest(), not inputs.has_recent)


def versions() -> str:
    """Return a digest that another version of this program, Python or a library changes."""
    seen = _Seen()
    seen.add([sys.version, *sys.path[1:]])  # the first is where the command lies, or is run
    seen.walk(os.path.dirname(os.path.dirname(__file__)), "zonebuild")
    for place in sys.path[1:]:  # what is installed, upgraded or removed changes an entry there
        seen.look_within(place)
    return seen.digest()


class _Seen:
    """A digest in the making. passed: directories that do not count.

    made: files that do not count either, since the stages of producers write them.
    """

    def __init__(self, passed: Collection[str] = ()) -> None:
        self.has_recent = False
        self.made: list[tuple[str, _File]] = []
        self._recent = time.time_ns() - TICK  # what lies in the future is not: clocks are set
        self._hash = hashlib.blake2b(digest_size=16)
        self._passed, self._left = passed, sys.maxsize

    def digest(self) -> str:
        """Return the digest of all that was seen."""
        return self._hash.hexdigest()

    def add(self, what: list[Any]) -> None:
        """Count *what*: texts, numbers, lists and tuples of them."""
        self._hash.update(marshal.dumps(what, _MARSHAL))

    def walk(self, top: str, name: str) -> None:
        """Count what is below the directory *top*, whose path in the site is *name*."""
        waiting = [(top, name)]
        while waiting and self._left > 0:
            folder, name = waiting.pop()
            if name in _BY_DIRECTORY:
                self.stat(folder)
                continue
            try:
                below, files = self._list(folder, name and f"{name}/")
            except OSError as error:
                self.add([name, error.errno])
                continue
            self.add([name, *sorted(files)])
            waiting += sorted(each for each in below if each[0] not in self._passed)

    def look(self, path: str) -> None:
        """Count what is at *path*, outside the site, and what that leads to; not without limit."""
        self.stat(path)
        self._left = MOST_OUTSIDE
        if os.path.isdir(path):
            self.walk(path, path)
        self._left = sys.maxsize

    def look_within(self, path: str) -> None:
        """Count what lies in the directory *path*, by name and inode, or the one file at *path*.

        What is hidden does not count, nor compiled modules: tools put their caches where they run.
        """
        try:
            with os.scandir(path) as entries:
                found = [(entry.name, entry.inode()) for entry in entries if entry.name[0] != "."]
        except OSError:
            self.stat(path)
        else:
            self.add([path, *sorted(each for each in found if each[0] != "__pycache__")])

    def stat(self, path: str) -> None:
        """Count the one inode at *path*, and the one that it leads to."""
        try:
            facts = (*_facts(os.lstat(path)), *_facts(os.stat(path)))
        except OSError as error:
            self.add([path, error.errno])
        else:
            self.add([path, *facts])

    def _list(self, folder: str, prefix: str) -> tuple[list[tuple[str, str]], list[_File]]:
        """Return the directories in *folder* and, with what lstat says, all else. Errors: OSError.

        Hidden directories are nobody's source: version control's, editors', this program's cache.
        """
        below: list[tuple[str, str]] = []
        files: list[_File] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                self._left -= 1
                if self._left < 0:
                    break
                name = entry.name
                if not entry.is_dir(follow_symlinks=False):
                    files.append((name, *_facts(entry.stat(follow_symlinks=False))))
                elif name[0] != "." and name != "__pycache__":
                    below.append((entry.path, prefix + name))
        if prefix in _OWN:
            files = [file for file in files if file[0] not in _OWN[prefix]]
        if prefix.startswith(_MADE_IN) and prefix.count("/") == _DEPTH:
            self.made += [(prefix, file) for file in files if file[0] in _MADE]
            files = [file for file in files if file[0] not in _MADE]
        low, high = self._recent, self._recent + _LONGEST_LOOK
        if not self.has_recent:
            self.has_recent = any([low <= file[5] <= high for file in files])  # noqa: C419  faster
        return below, files


def _facts(found: os.stat_result) -> tuple[int, int, int, int, int]:
    """Return what tells one state of a file from the next; its time of change comes last."""
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns
