"""The rdata of one SVCB or HTTPS record as values (RFC 9460 section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zonebuild.checks import bits
from zonebuild.rdata.canonical import canonical_text

SVCB, HTTPS = 64, 65
_PARAMETER = re.compile(r'([a-z0-9-]+)(?:="((?:[^"\\]|\\.)*)")?(?: |$)')
_IDS = re.compile(r"(?:[^,\\]|\\.)+")


@dataclass(frozen=True, slots=True)
class Service:
    """What a SVCB or HTTPS record says.

    target: as it is spelled in canonical form, `.` for the owner itself.
    parameters: by key, in presentation format without quotes; keys as dnspython names them.
    """

    priority: int
    target: str
    parameters: dict[str, str]

    @property
    def alpn(self) -> frozenset[str]:
        """The protocols that it names itself."""
        return frozenset(_IDS.findall(self.parameters.get("alpn", "")))

    @property
    def hints(self) -> dict[int, frozenset[str]]:
        """The addresses that it hints at, by the type that they would stand in."""
        keys = ((bits.A, "ipv4hint"), (bits.AAAA, "ipv6hint"))
        found = {rdtype: self.parameters.get(key, "") for rdtype, key in keys}
        return {rdtype: frozenset(text.split(",")) for rdtype, text in found.items() if text}


def has_priority_0(rdata: str) -> bool:
    """Say whether *rdata* of SVCB or HTTPS makes an alias (RFC 9460 section 2.4.1)."""
    if rdata.startswith("\\#"):  # \\# LENGTH HEX, the first two octets of which are the priority
        return "".join(rdata.split(" ")[2:]).startswith("0000")
    return not rdata.partition(" ")[0].strip("0")


def read_service(rdtype: str, rdata: str, origin: str) -> Service:
    """Return what *rdata*, correct for *rdtype* (SVCB or HTTPS), says. origin: absolute."""
    priority, target, *rest = canonical_text(rdtype, rdata, origin).split(" ", 2)
    found = _PARAMETER.findall(rest[0]) if rest else ()
    return Service(int(priority), target, dict(found))
