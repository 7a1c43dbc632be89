"""Owner names as signing needs them: one spelling, a sort key, the wire form.

Spec: RFC 1035 section 5.1 (escapes); RFC 4034 sections 6.1 and 6.2 (order and form).
"""

from __future__ import annotations

from typing import NamedTuple

Key = tuple[bytes, ...]
"""The labels of a name in lower case, from the root down; keys compare in canonical order."""


class Name(NamedTuple):
    """A name: *text* absolute, lower case, spelled in the one usual way; *key* its labels."""

    text: str
    key: Key


def read_name(text: str) -> Name:
    """Return the name that *text* spells.

    text: absolute, a correct domain name.
    """
    if "\\" in text or not text.isascii():
        return _read_escaped(text)
    lower = text.lower()
    labels = lower.encode("ascii").split(b".")
    return Name(lower, tuple(labels[-2::-1]) if lower != "." else ())


def _read_escaped(text: str) -> Name:
    import dns.name

    name = dns.name.from_text(text).canonicalize()
    return Name(name.to_text(), name.labels[-2::-1])


def is_below(key: Key, ancestor: Key) -> bool:
    """Say whether *key* is *ancestor* itself or a name below it."""
    return key[: len(ancestor)] == ancestor


def wire_form(key: Key) -> bytes:
    """Return the uncompressed wire form (RFC 1035 section 3.1), canonical as the key is."""
    return b"".join([bytes((len(label),)) + label for label in reversed(key)]) + b"\0"


def label_count(key: Key) -> int:
    """Return what a signature's Labels field says: the root and a leading `*` are not counted.

    Spec: RFC 4034 section 3.1.3.
    """
    return len(key) - (key[-1:] == (b"*",))
