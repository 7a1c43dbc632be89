"""Which zone a name is in, and where machines' records may not stand: below what hides them.

Spec: RFC 1034 sections 3.6.2 and 4.2.1, RFC 6672 section 2.4.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from zonebuild.model import type_bit

_NS, _CNAME, _DNAME = type_bit(2), type_bit(5), type_bit(39)
_HIDING = (
    (_CNAME, "is an alias (CNAME)"),
    (_DNAME, "is redirected (DNAME)"),
    (_NS, "is delegated"),
)


def zone_of(name: str, zones: Container[str]) -> str | None:
    """Return the apex of the zone of *zones* that *name* is in: the longest that fits.

    name: absolute, lower case, without escapes; so are the apexes.
    """
    while name:
        if name in zones:
            return name
        name = name.partition(".")[2]
    return "." if "." in zones else None


def hidden_by(name: str, apex: str, mask_of: Callable[[str], int]) -> str | None:
    """Return what hides records at *name* in the zone of *apex*, None where nothing does.

    name, apex: absolute, lower case, without escapes.
    mask_of: the types that a name owns, as bits of `model.TYPE_BITS`.
    """
    for above in _from_below(name, apex):
        mask = mask_of(above)
        for bit, what in _HIDING:
            if mask & bit and not (bit == _NS and above == apex):
                return f"{above} {what}"
    return None


def _from_below(name: str, apex: str) -> Iterator[str]:
    """Yield *name* and the names above it, down to and with *apex*."""
    while name != apex and name:
        yield name
        name = name.partition(".")[2]
    yield apex
