"""A host key as SSHFP knows it: the number of its algorithm and its SHA-256 fingerprint.

Spec: RFC 4255 section 3.1, RFC 6594, RFC 7479; the registry of SSHFP's algorithms.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

# As approvals spell them, with the names that messages use. 2 is DSA, which ssh has dropped;
# 6 is Ed448, which OpenSSH does not know.
WORDS: dict[str, int] = {"rsa": 1, "ecdsa": 3, "ed25519": 4}
NAMES: dict[int, str] = {1: "RSA", 3: "ECDSA", 4: "Ed25519"}

_PREFIX = "SHA256:"
_HEX = re.compile(r"[0-9a-f]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}")


class Key(NamedTuple):
    """One host key. algorithm: one of NAMES; fingerprint: 64 hex digits, lower case."""

    algorithm: int
    fingerprint: str


def word_of(algorithm: int) -> str:
    """Return the word that approvals use for *algorithm*, one of NAMES."""
    return NAMES[algorithm].lower()


def read_fingerprint(text: str) -> str | None:
    """Return the 64 hex digits that *text* means, None where it is no SHA-256 fingerprint.

    text: hex, or `SHA256:` and base64 as `ssh-keygen -l` prints it.
    """
    if text.startswith(_PREFIX):
        written = text.removeprefix(_PREFIX).removesuffix("=")
        if not _BASE64.fullmatch(written):
            return None
        found = binascii.a2b_base64(f"{written}=").hex()
        return found if shown(found) == _PREFIX + written else None  # the last bits must be 0
    return text.lower() if _HEX.fullmatch(text.lower()) else None


def is_fingerprint(text: str) -> bool:
    """Say whether *text* is a fingerprint in the form that `Key` has."""
    return _HEX.fullmatch(text) is not None


def shown(fingerprint: str) -> str:
    """Return *fingerprint* (64 hex digits) as ssh prints it, so that people can compare."""
    written = binascii.b2a_base64(bytes.fromhex(fingerprint), newline=False).decode("ascii")
    return _PREFIX + written.rstrip("=")
