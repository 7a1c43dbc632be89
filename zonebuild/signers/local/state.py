"""What must be remembered of a signed zone: `state/signed/NAME`, a few lines of text.

The digest guards the signatures that a later run keeps: a signed zone with one flipped octet is
signed anew as a whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_FORM = re.compile(
    r"zonebuild-signed 1\n"
    r"serial (\d{1,10})\n"
    r"due (\d{1,12})\n"
    r"from (\d{1,12})\n"
    r"(?:end (\d{1,12})\n)?"  # what earlier versions wrote lacks it
    r"sha256 ([0-9a-f]{64})\n",
    re.A,
)


@dataclass(frozen=True, slots=True)
class SignedState:
    """The last signing of a zone.

    serial: the serial it published. due_at: Unix seconds when a signature is to be renewed.
    valid_from: Unix seconds of the latest inception; a clock that stands before it was set back.
    sha256: of the signed zone's octets, in hexadecimal. first_end: Unix seconds when the first
    signature expires, 0 where an earlier version did not keep it.
    """

    serial: int
    due_at: int
    valid_from: int
    sha256: str
    first_end: int = 0


def digest(content: bytes) -> str:
    """Return the SHA-256 of a signed zone's octets as `SignedState` holds it."""
    return hashlib.sha256(content).hexdigest()


def state_to_text(state: SignedState) -> str:
    """Return *state* as its file holds it."""
    due_at, valid_from = max(state.due_at, 0), max(state.valid_from, 0)
    end = f"end {state.first_end}\n" if state.first_end > 0 else ""
    return (
        f"zonebuild-signed 1\nserial {state.serial}\ndue {due_at}\nfrom {valid_from}\n"
        f"{end}sha256 {state.sha256}\n"
    )


def state_from_text(text: str) -> SignedState | None:
    """Return the state that *text* holds, None where it is not whole."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) >= 1 << 32:
        return None
    return SignedState(int(found[1]), int(found[2]), int(found[3]), found[5], int(found[4] or 0))
