"""TSIG keys out of the files that `tsig-keygen` writes.

Spec: RFC 8945 section 6 (algorithms).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_OCTETS = 4096  # of a file of one key
ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224")
_LEAST = 16  # octets of a secret
_KEY = re.compile(
    r"""\s*key\s+"?(?P<name>[^\s"{};]+)"?\s*\{\s*
        algorithm\s+"?(?P<algorithm>[a-zA-Z0-9-]+)\.?"?\s*;\s*
        secret\s+"?(?P<secret>[A-Za-z0-9+/=]+)"?\s*;\s*\}\s*;?\s*""",
    re.VERBOSE,
)


class KeyFileError(Exception):
    """The file holds no usable key; the text is a clause that says why, and holds none of it."""


@dataclass(frozen=True, slots=True)
class TsigKey:
    """A key that questions are signed with. name: absolute, lower case."""

    name: str
    algorithm: str
    secret: bytes = field(repr=False)


Keyring = Mapping[str, TsigKey]


def read_key(text: str, name: str) -> TsigKey:
    """Return the one key of *text*, which must be the one called *name* (absolute, lower case).

    Errors: KeyFileError.
    """
    found = _KEY.fullmatch(text)
    if found is None:
        raise KeyFileError("holds no key, want what `tsig-keygen NAME` writes")
    if found["name"].lower().rstrip(".") != name.rstrip("."):
        raise KeyFileError("holds a key of another name")
    algorithm = found["algorithm"].lower()
    if algorithm not in ALGORITHMS:
        raise KeyFileError(f"holds a key of another algorithm than {', '.join(ALGORITHMS)}")
    try:
        secret = base64.b64decode(found["secret"], validate=True)
    except binascii.Error:
        raise KeyFileError("holds a secret that is no base64") from None
    if len(secret) < _LEAST:
        raise KeyFileError(f"holds a secret of less than {_LEAST} octets")
    return TsigKey(name, algorithm, secret)
