"""Where TLSA records of services may stand in a zone.

Spec: RFC 6698 section 3 (`_port._protocol.HOST`); RFC 7671 section 7 for what a CNAME leads to;
RFC 1034 section 3.6.2 and RFC 6672 section 2.4 for what hides a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from zonebuild.model import type_bit
from zonebuild.placement import hidden_by

_ADDRESSES = type_bit(1) | type_bit(28)
_SERVICE = re.compile(r"_[0-9]{1,5}\._(?:tcp|udp|sctp)\.(.+)", re.ASCII)


def misplaced(
    owner: str, apex: str, mask_of: Callable[[str], int], exists: Callable[[str], bool]
) -> str | None:
    """Return why the TLSA of *owner* may not stand in the zone of *apex*, None where they may.

    The owner is that of a service of a host with addresses, or begins with `_`: what the CNAME of
    a service leads to.
    mask_of: the types that a name owns in the hand-written part, as bits of `model.TYPE_BITS`.
    exists: as for other producers; a host with an address of its own exists.
    """
    hidden = hidden_by(owner, apex, mask_of)
    if hidden is not None:
        return hidden
    service = _SERVICE.fullmatch(owner)
    if service is None:
        wanted = "neither that of a service, as _443._tcp.www.example.org., nor begins with _"
        return None if owner.startswith("_") else f"{owner} is {wanted}"
    host = service[1]
    if not mask_of(host) & _ADDRESSES or not exists(host):
        return f"{host} has no A or AAAA of its own in what people write"
    return None
