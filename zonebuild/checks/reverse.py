"""Reverse zones: the addresses that names stand for (RFC 1035 3.5, RFC 3596 2.5, RFC 2317)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import WARNING, Check, Fact
from zonebuild.checks.survey import Survey

IPV4, IPV6 = ".in-addr.arpa.", ".ip6.arpa."
_NIBBLES = re.compile(r"(?:[0-9a-f]\.){32}", re.ASCII)
_OCTETS = 4


def address_of(name: str) -> str | None:
    """Return the address that *name* is the reverse of, in canonical text form; None for others.

    name: absolute, lower case; `1.0/25.2.0.192.in-addr.arpa.` has a block's label in it.
    """
    if name.endswith(IPV4):
        return _ipv4(name.removesuffix(IPV4).split("."))
    if name.endswith(IPV6):
        nibbles = name.removesuffix(IPV6[1:])
        return _ipv6(nibbles) if _NIBBLES.fullmatch(nibbles) else None
    return None


def _ipv4(labels: list[str]) -> str | None:
    octets = labels[:1] + labels[2:] if len(labels) == _OCTETS + 1 else labels
    if len(octets) != _OCTETS or not all(map(_is_octet, octets)):
        return None
    return ".".join(octets[::-1])


def _is_octet(label: str) -> bool:
    return label.isascii() and label.isdigit() and len(label) <= 3 and str(int(label)) == label


def _ipv6(nibbles: str) -> str:
    from ipaddress import IPv6Address

    return str(IPv6Address(int(nibbles.replace(".", "")[::-1], 16)))


def reverse_of(address: str) -> str:
    """Return the name of the PTR of *address*, absolute. address: IPv4 or IPv6 in text form."""
    from ipaddress import ip_address

    return f"{ip_address(address).reverse_pointer}."


def several_ptr(survey: Survey) -> Iterator[Fact]:
    """Find each PTR of an address behind the first."""
    for rows in survey.rrsets.get(bits.PTR, ()):
        address = address_of(survey.owner(rows[0]))
        for row in rows[1:] if address else ():
            message = f"another PTR of {address}: keep the one name that its host calls itself"
            yield Fact(row, message, notes=((rows[0], "the first"),))


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="several-ptr", numbers=("Z119",), severity=WARNING, refused_by="",
        spec="RFC 2181 section 10.2, RFC 1912 section 2.1", find=several_ptr, is_off=True,
        about=(bits.PTR,),
        why="Legal, but most software takes one of them, any one.",
        bad="; apex: 2.0.192.in-addr.arpa.\n1 PTR a.example.net.\n1 PTR b.example.net.\n",
        good="; apex: 2.0.192.in-addr.arpa.\n1 PTR a.example.net.\n",
    ),
)
# fmt: on
