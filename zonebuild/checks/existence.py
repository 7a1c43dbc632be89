"""Which names exist only because others lie below them (RFC 4592 section 2.2.2, RFC 8020)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable


class EmptyNonTerminals:
    """The names at or above given ones, found without keeping them all.

    Names are read from the root downwards, as text; in the order of these texts all names below
    one stand right behind it.
    """

    def __init__(self, occupied: Iterable[str]) -> None:
        """Take the names that have an owner right below them."""
        self._paths = sorted(map(_path, occupied))

    def __contains__(self, name: str) -> bool:
        path = _path(name)
        at = bisect_left(self._paths, path)
        return at < len(self._paths) and self._paths[at].startswith(path)


def _path(name: str) -> str:
    """Return *name* with its letters reversed, `a.b.` as `.b.a.`; its every dot ends a label."""
    if "\\" in name:
        name = name.replace("\\\\", "\\092").replace("\\.", "\\046")
    return "." if name == "." else f".{name}"[::-1]
