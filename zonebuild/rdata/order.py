"""The canonical order of names (RFC 4034 section 6.1)."""

from __future__ import annotations

import re

_LABELS = re.compile(r"((?:[^.\\]|\\\d{3}|\\.)+)\.?")
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def name_order(name: str) -> tuple[bytes, ...]:
    """Return a key that sorts absolute, lower-case names in canonical order.

    name: in presentation format; `\\DDD` and `\\X` count as the octets they stand for.
    """
    if "\\" not in name:
        return tuple(name[:-1].encode("ascii").split(b".")[::-1]) if name != "." else ()
    labels = [label.encode("ascii") for label in _LABELS.findall(name)]
    return tuple(_ESCAPE.sub(_octet, label) for label in reversed(labels))


def _octet(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped
