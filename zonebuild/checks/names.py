"""Domain names as text: what lies above what (RFC 1034 section 3.1, escapes of RFC 1035 5.1).

All names here are absolute, in lower case and in the usual spelling.
"""

from __future__ import annotations

from collections.abc import Iterator


def parent_of(name: str) -> str:
    """Return the name one label above *name*; the root is its own parent."""
    end = name.find(".")
    while _is_escaped(name, end):
        end = name.find(".", end + 1)
    return name[end + 1 :] or "."


def ancestors(name: str) -> Iterator[str]:
    """Yield the names above *name*, the nearest first, the root last."""
    while name != ".":
        name = parent_of(name)
        yield name


def is_below(name: str, above: str) -> bool:
    """Say whether *name* has all labels of *above* at its end, and more."""
    if above == ".":
        return name != "."
    start = len(name) - len(above)
    return start > 1 and name.endswith(f".{above}") and not _is_escaped(name, start - 1)


def without_doubled_origin(name: str, *, apex: str, origin: str) -> str | None:
    """Return the name that was meant where *name* is one of the zone with an origin too many.

    `www.example.org.example.org.` is what `www.example.org` without its final dot becomes.
    """
    for suffix in (origin, apex):
        if suffix != "." != apex and is_below(name, suffix):
            meant = name[: -len(suffix)]
            if meant == apex or is_below(meant, apex):
                return meant
    return None


def _is_escaped(name: str, position: int) -> bool:
    """Say whether the character at *position* stands behind an odd number of backslashes."""
    before = name[:position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
