"""The key that signed a zone last: `state/keys/NAME`, or the DNSKEY of the signed zone.

A validator that has the old DNSKEY or the parent's DS believes no other key at once, so a
signature by any other one is an outage. What a person accepts is written here by `zonebuild key`.

Spec: RFC 4035 section 5.2; RFC 6781 section 4.1.2.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from zonebuild.signers.local.keys import SigningKey, key_tag

_FORM = re.compile(r"zonebuild-key 1\n(\d{1,5}) (\d{1,3}) ([0-9a-f]{64})\n", re.A)
_DNSKEY = re.compile(r"^\S+\t\d+\tDNSKEY\t257 3 (\d{1,3}) ([A-Za-z0-9+/= ]{1,2000})$", re.M | re.A)


class KeyIdentity(NamedTuple):
    """A public key: its tag, its algorithm, and the SHA-256 of its DNSKEY rdata in hexadecimal.

    Spec: RFC 4034 section 2, appendix B.
    """

    tag: int
    algorithm: int
    digest: str

    def __str__(self) -> str:
        return f"key tag {self.tag} (SHA-256 {self.digest[:16]}\N{HORIZONTAL ELLIPSIS})"


def identity_of(key: SigningKey) -> KeyIdentity:
    """Return the identity of *key*."""
    return _identity(key.dnskey)


def identity_to_text(key: KeyIdentity) -> str:
    """Return *key* as its file keeps it."""
    return f"zonebuild-key 1\n{key.tag} {key.algorithm} {key.digest}\n"


def identity_from_text(text: str) -> KeyIdentity | None:
    """Return the key that *text* names, None where it is damaged."""
    found = _FORM.fullmatch(text)
    return None if found is None else KeyIdentity(int(found[1]), int(found[2]), found[3])


def identity_in_zone(text: str) -> KeyIdentity | None:
    """Return the key whose DNSKEY the signed zone *text* holds, None where none can be read."""
    found = _DNSKEY.search(text)
    if found is None:
        return None
    try:
        public = base64.b64decode(found[2].replace(" ", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(public) % 2:
        return None
    return _identity(bytes((1, 1, 3, int(found[1]) & 0xFF)) + public)


def _identity(dnskey: bytes) -> KeyIdentity:
    return KeyIdentity(key_tag(dnskey), dnskey[3], hashlib.sha256(dnskey).hexdigest())
