"""Names of hosts: of their files, in the lines of those, and in what a feed may speak for.

Spec: RFC 952 and RFC 1123 section 2.1 for host names; sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

from __future__ import annotations

import binascii
import hmac
import re
from collections.abc import Iterable

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_MAX_HOST = 253  # characters without the final dot
_WITH_PORT = re.compile(r"\[([^\[\]]+)\]:[0-9]{1,5}", re.ASCII)


def read_host(written: str) -> str | None:
    """Return the host that a file's name or a person means: absolute, lower case; else None."""
    name = written.removesuffix(".")
    if len(name) > _MAX_HOST or not name.isascii() or not _HOST.fullmatch(name.lower()):
        return None
    return name.lower() + "."


def is_allowed(host: str, entries: Iterable[str]) -> bool:
    """Say whether one of *entries* lets a feed speak for *host*.

    host, entries: absolute, lower case; `*.NAME` stands for every name one label below NAME.
    """
    parent = "*." + host.partition(".")[2]
    return any(entry in (host, parent) for entry in entries)


def names_host(field: str, host: str) -> bool:
    """Say whether the names of a known_hosts line have *host* among them; others do not matter.

    field: `NAME[,NAME...]`, a NAME perhaps `[NAME]:PORT`, or hashed, `|1|SALT|HASH`.
    """
    spellings = _spellings(host)
    if field.startswith("|1|"):
        return _is_hash_of(field, spellings)
    names = field.lower().split(",")
    return any(_without_port(name) in spellings for name in names)


def _spellings(host: str) -> frozenset[str]:
    """Return how a file of *host* itself may write its name: whole, or its first label."""
    return frozenset({host, host[:-1], host.partition(".")[0]})


def _without_port(name: str) -> str:
    match = _WITH_PORT.fullmatch(name)
    return match[1] if match else name


def _is_hash_of(field: str, spellings: Iterable[str]) -> bool:
    """Say whether *field* is the HMAC-SHA1 of one of *spellings*; not with a port of its own."""
    try:
        _, _, salt, wanted = (part.encode("ascii") for part in field.split("|"))
        key, digest = (binascii.a2b_base64(part, strict_mode=True) for part in (salt, wanted))
    except ValueError:  # not four parts, not ASCII, not base64
        return False
    return any(hmac.digest(key, name.encode("ascii"), "sha1") == digest for name in spellings)
