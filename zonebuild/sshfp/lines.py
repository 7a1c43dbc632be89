"""What a host's file offers: the lines of `.pub` files, known_hosts and `ssh-keygen -r`, as keys.

Each line is judged alone, so that a key which cannot be used does not take the others with it.
A reason never quotes the line: the file may be a link to somebody's secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from zonebuild.sshfp.blob import read_key
from zonebuild.sshfp.host import names_host
from zonebuild.sshfp.key import NAMES, Key

MAX_OCTETS = 1 << 16  # of a file
MAX_LINES = 256  # of a file
MAX_KEYS = 16  # of a host
MAX_FILES = 10_000  # of a feed
MAX_HOST_FILES = 4  # of one host: spellings of its name

_SHA1, _SHA256 = 1, 2  # types of fingerprints
_DSA = 2
_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of it
_COMMENT = ("#", ";")
_TTL = re.compile(r"[0-9]{1,10}", re.ASCII)
_SMALL = re.compile(r"[0-9]{1,3}", re.ASCII)
_RDATA = re.compile(r"[0-9a-f]{4,68}")
_FINGERPRINTS = {_SHA1: re.compile(r"[0-9a-f]{40}"), _SHA256: re.compile(r"[0-9a-f]{64}")}
_NO_FORM = "is no line of a .pub file, of known_hosts or of ssh-keygen -r"
_OTHER_HOST = "does not name the host that the file is named for"


class Refusal(NamedTuple):
    """Why a line gives no key; line 0: the whole file. *is_young*: its end may be on its way."""

    line: int
    reason: str
    is_young: bool = False


class Offer(NamedTuple):
    """What a file offers, and which of its lines are refused."""

    keys: frozenset[Key] = frozenset()
    refusals: tuple[Refusal, ...] = ()


class _Sha1(NamedTuple):
    """A SHA-1 fingerprint, which is never published: ssh-keygen writes one beside each other."""

    algorithm: int


def read_offer(host: str, data: bytes) -> Offer:
    """Return the keys that the file of *host* offers, and what of it is refused.

    host: absolute, lower case; the file speaks for it alone.
    data: at most MAX_OCTETS in at most MAX_LINES lines; more is refused.
    """
    lines = data.decode("latin-1").split("\n")
    if len(data) > MAX_OCTETS or len(lines) > MAX_LINES + 1:
        return _refused(f"has more than {MAX_OCTETS} octets or {MAX_LINES} lines")
    keys: set[Key] = set()
    sha1: dict[int, int] = {}  # the first line of each algorithm's
    refusals = []
    for number, line in enumerate(lines, 1):
        found = _read_line(host, line)
        if isinstance(found, Key):
            keys.add(found)
        elif isinstance(found, _Sha1):
            sha1.setdefault(found.algorithm, number)
        elif found:
            refusals.append(Refusal(number, found, is_young=number == len(lines)))
    refusals += _only_sha1(sha1, keys)
    if len(keys) > MAX_KEYS:
        return _refused(f"has more than {MAX_KEYS} keys")
    if not keys and not refusals:
        return _refused("has no key", is_young=True)
    return Offer(frozenset(keys), tuple(sorted(refusals)))


def _refused(reason: str, *, is_young: bool = False) -> Offer:
    return Offer(refusals=(Refusal(0, reason, is_young),))


def _only_sha1(sha1: dict[int, int], keys: set[Key]) -> Iterator[Refusal]:
    for algorithm, number in sha1.items():
        if all(key.algorithm != algorithm for key in keys):
            yield Refusal(number, "has a SHA-1 fingerprint, want SHA-256 (`SSHFP ALGORITHM 2 …`)")


def _read_line(host: str, line: str) -> Key | _Sha1 | str:
    """Return what a line has, "" for nothing, or why it has nothing that can be used."""
    words = line.strip().split(maxsplit=8)
    if not words or words[0].startswith(_COMMENT):
        return ""
    if words[0].startswith("@"):
        return "has a marker such as @cert-authority or @revoked, want the plain host key"
    # A blob begins with the length of its type, three octets of 0: `AAAA`.
    if len(words) > 2 and words[2].startswith("AAAA"):
        return read_key(words[1], words[2]) if names_host(words[0], host) else _OTHER_HOST
    if len(words) > 1 and words[1].startswith("AAAA"):
        return read_key(words[0], words[1])
    return _read_record(host, words)


def _read_record(host: str, words: list[str]) -> Key | _Sha1 | str:
    """Return what an SSHFP record has, as ssh-keygen -r and -r -g write it."""
    owner, *rest = words
    if rest and _TTL.fullmatch(rest[0]):
        del rest[0]
    rdata = _rdata_of(rest)
    if rdata is None:
        return _NO_FORM
    if not names_host(owner, host) or owner.startswith(("[", "|")):
        return _OTHER_HOST
    algorithm, kind, digits = rdata
    if algorithm == _DSA:
        return "is of a DSA key, which ssh has dropped, want Ed25519, ECDSA or RSA"
    pattern = _FINGERPRINTS.get(kind)
    if algorithm not in NAMES or pattern is None or not pattern.fullmatch(digits):
        return "is no SSHFP that ssh knows, want algorithm 1, 3 or 4, type 2 and 64 hex digits"
    if digits == _NOTHING:
        return "is the fingerprint of an empty key"
    return Key(algorithm, digits) if kind == _SHA256 else _Sha1(algorithm)


def _rdata_of(words: list[str]) -> tuple[int, int, str] | None:
    """Return algorithm, type and hex digits of `IN SSHFP …` or `IN TYPE44 \\# …`.

    Spec: RFC 4255 section 3.2, RFC 3597 section 5.
    """
    if len(words) < 4 or words[0].upper() != "IN":
        return None
    rdtype, first, second, *rest = words[1:]
    digits = "".join(rest).lower()
    if rdtype.upper() == "TYPE44" and first == "\\#" and _SMALL.fullmatch(second):
        if not _RDATA.fullmatch(digits) or len(digits) != 2 * int(second):
            return None
        return int(digits[:2], 16), int(digits[2:4], 16), digits[4:]
    if rdtype.upper() != "SSHFP" or not _SMALL.fullmatch(first) or not _SMALL.fullmatch(second):
        return None
    return int(first), int(second), digits
