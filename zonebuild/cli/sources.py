"""The files that a command line names, and what they include from beside themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from zonebuild.diagnostic import Finding, quoted, sort_findings
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.zonefile import Source, decode_source
from zonebuild.zonefile.entry import name_key
from zonebuild.zonefile.locate import fill_columns

MAX_OCTETS = 64 << 20  # a file

_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)
_SUFFIXES = (".zone", ".db", ".txt")


class SourceFiles:
    """Reads files by the paths that users give, and includes from inside their folders."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}  # of each path that was read: the tree it may include

    def open(self, path: str) -> Source:
        """Return the file at *path*. Errors: SourceError, its reason naming the file."""
        try:
            data = read_outside(Path(path), MAX_OCTETS)
        except SourceError as error:
            shown = path if path and path.isprintable() else quoted(path)
            raise SourceError(f"{shown} {error.reason}") from error
        self._folders[path] = os.path.dirname(path) or "."
        return decode_source(path, data)

    def include(self, including: str, name: str) -> Source | str:
        """Return what *name* means in the file *including*, or why it may not be read.

        Only files inside the folder of the file that the user named are given.
        """
        folder = self._folders[including]
        if name.startswith("/"):
            return "an absolute path; want one relative to the including file"
        here = os.path.relpath(os.path.dirname(including) or ".", folder)
        relative = name if here == "." else f"{here}/{name}"
        try:
            with SourceTree(Path(folder)) as tree:
                data = tree.read(relative, MAX_OCTETS)
        except SourceError as error:
            return error.reason
        path = os.path.normpath(os.path.join(folder, relative))
        self._folders[path] = folder
        return decode_source(path, data)

    def with_columns(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return *findings*, sorted, each with its column; the files are read again for that."""
        return sort_findings(self.fill_columns(findings))

    def fill_columns(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return *findings* as `with_columns`, in the order given."""
        return fill_columns(findings, _Texts().of)


class _Texts:
    """The texts of files, each read once and only if a finding asks."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the text of the file at *path*, "" where it cannot be read any more."""
        if path not in self._texts:
            try:
                self._texts[path] = decode_source(path, read_outside(Path(path), MAX_OCTETS)).text
            except SourceError:
                self._texts[path] = ""
        return self._texts[path]


def zone_origin(given: str | None, open_first: Callable[[], Source]) -> str | None:
    """Return the apex: *given*, else the first `$ORIGIN` of a file, else that file's name.

    None where *given* is no domain name. open_first: gives the file.
    """
    if given is not None:
        return name_key(given, ".")
    first = open_first()
    match = _ORIGIN.search(first.text, 0, 1 << 16)
    written = match[1] if match else _stem(first.path)
    return name_key(written, ".") or "."


def _stem(path: str) -> str:
    name = os.path.basename(path)
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name.replace("%2F", "/")
