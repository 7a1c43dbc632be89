"""What OpenDNSSEC's files tell: whether a zone was signed since, with all keys, or is to be."""

from __future__ import annotations

import re
from pathlib import Path

Facts = tuple[int, int, int]
_BEGIN = 1 << 20  # octets; the apex comes first in a signed file, and so do SOA and keys
_BOTH = tuple(re.compile(rb"\sRRSIG\s+%s\s" % rdtype) for rdtype in (b"SOA", b"DNSKEY"))


def facts_of(path: Path) -> Facts | None:
    """Return what tells one signed file from the next, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def is_whole(path: Path) -> bool:
    """Say whether the signed file has the signatures of both sorts of key.

    A new zone is signed with one of them as soon as that is made.
    """
    try:
        with open(path, "rb") as file:
            begin = file.read(_BEGIN)
    except OSError:
        return False
    return all(signature.search(begin) for signature in _BOTH)


def is_there(path: Path) -> bool:
    """Say whether the file is there, as far as this user may see."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
