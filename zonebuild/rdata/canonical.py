"""One spelling for each rdata: names absolute and in lower case, numbers plain, hex lower.

Two records are the same record exactly when their owner, type and canonical rdata are equal
(RFC 4034 section 6.2 for the names that are lowered). The plain spellings of the common types
are turned by text alone; all else goes through dnspython's wire form.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from zonebuild.model import absolute
from zonebuild.rdata.grammar import is_plain
from zonebuild.rdata.types import is_written_generically

if TYPE_CHECKING:
    import dns.name
    import dns.rdata

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNUSUAL = re.compile(r"[\\@$]")  # an escape, or what the usual spelling escapes
_MNEMONIC = re.compile(r"^[a-zA-Z]+\b")  # dnspython knows those of CERT in upper case alone
_UNIT = re.compile(r"(\d+)([smhdw])", re.ASCII)
MAX_TTL = 2**31 - 1
_LONGEST_PERIOD = 64  # characters

# Where the host's name stands among the rdata's tokens.
TARGET_TOKEN: dict[str, int] = {
    "NS": 0, "CNAME": 0, "PTR": 0, "DNAME": 0, "MX": 1, "AFSDB": 1, "RT": 1, "KX": 1, "LP": 1,
    "SVCB": 1, "HTTPS": 1, "SRV": 3,
}  # fmt: skip

# What name servers read and dnspython does not: how many names the rdata is (RFC 1035 3.3).
ONLY_NAMES: dict[str, int] = {"MB": 1, "MG": 1, "MR": 1, "MINFO": 2}


@lru_cache(maxsize=4096)
def seconds(text: str) -> int | None:
    """Return the seconds that *text* says (`3600`, `1h30m`), None where it says none.

    Range: not checked here; TTLs end at 2**31 - 1 (RFC 2181 section 8).
    """
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 18 else 10**18
    if len(text) > _LONGEST_PERIOD:
        return None
    lower = text.lower()
    parts = _UNIT.findall(lower)
    if not parts or "".join(n + unit for n, unit in parts) != lower:
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def canonical_text(rdtype: str, rdata: str, origin: str) -> str:
    """Return the canonical spelling of *rdata*, which must be correct for *rdtype*.

    rdata: its tokens one space apart, no parentheses, no comment.
    origin: absolute; completes the names that are relative.
    Spec: RFC 4034 section 6.2, RFC 6840 section 5.1.
    """
    if rdtype in _CANONICAL and is_plain(rdtype, rdata):
        return _CANONICAL[rdtype](rdata, origin)
    return _by_wire(rdtype, rdata, origin)


def target_of(rdtype: str, rdata: str, origin: str) -> str | None:
    """Return the name that *rdata* points at, absolute and lower case; None for other types.

    rdata: correct for *rdtype*, its tokens one space apart.
    """
    token = TARGET_TOKEN.get(rdtype)
    if token is None:
        return None
    if rdata.startswith("\\#"):
        rdata = _by_wire(rdtype, rdata, origin)
    name = rdata.split(" ")[token]
    return absolute(name, origin).lower() if is_usual(name) else normal_name(name, origin)


def is_usual(name: str) -> bool:
    """Say whether lower case is all that *name*, as a token, lacks of its usual spelling."""
    return name == "@" or not _UNUSUAL.search(name)


@lru_cache(maxsize=256)
def _origin_name(origin: str) -> dns.name.Name:
    import dns.name

    return dns.name.from_text(origin, None, _octets())


@lru_cache(maxsize=1)
def _octets() -> dns.name.IDNACodec:
    """Return a codec for which `\\200` is the octet 200 (RFC 1035 5.1), not the letter "È"."""
    import dns.name

    class Octets(dns.name.IDNACodec):
        def __init__(self) -> None:
            pass

        def encode(self, label: str) -> bytes:
            return label.encode("latin-1")

    return Octets()


def normal_name(name: str, origin: str) -> str:
    """Return *name* absolute, lower case, its escapes spelled in the one usual way.

    Errors: dns.exception.DNSException where *name* is no domain name (RFC 1035 section 5.1).
    """
    import dns.name

    return dns.name.from_text(name, _origin_name(origin), _octets()).to_text().lower()


def parse(rdtype: str, rdata: str, origin: str) -> dns.rdata.Rdata:
    """Return dnspython's reading of *rdata*, its names absolute.

    Errors: dns.exception.DNSException where it is no rdata of *rdtype*.
    """
    import dns.rdata

    if rdtype in ONLY_NAMES:
        rdata = generic_names(rdtype, rdata, origin)
    if rdtype == "CERT":
        rdata = _MNEMONIC.sub(lambda match: match[0].upper(), rdata, count=1)
    return dns.rdata.from_text(
        "IN", rdtype, rdata, origin=_origin_name(origin), relativize=False, idna_codec=_octets()
    )


def generic_text(rdtype: str, rdata: str, origin: str) -> str:
    """Return *rdata*, which must be correct for *rdtype*, as `\\# LENGTH HEX`.

    Names keep their case. Spec: RFC 3597 section 5.
    """
    wire = parse(rdtype, rdata, origin).to_wire()
    return _generic(wire or b"")


def _generic(wire: bytes) -> str:
    return f"\\# {len(wire)} {wire.hex()}".rstrip(" ")


def generic_names(rdtype: str, rdata: str, origin: str) -> str:
    """Return *rdata* of one of ONLY_NAMES as `\\# LENGTH HEX`, for all that reads by dnspython.

    Errors: dns.exception.DNSException where a name is none; a wrong count is left as it is.
    Spec: RFC 3597 section 5.
    """
    import dns.name

    names = rdata.split(" ")
    if names[0] == "\\#" or len(names) != ONLY_NAMES[rdtype]:
        return rdata
    wire = b"".join(
        dns.name.from_text(name, _origin_name(origin), _octets()).to_digestable() for name in names
    )
    return _generic(wire)


# What dnspython refuses though the name servers load it, by one token's value: an alias with
# parameters, a digest whose length is not its type's. Where the token is, and what it takes.
_STRICT_TOKEN = {"SVCB": (0, "1"), "HTTPS": (0, "1"), "TLSA": (2, "0"), "SMIMEA": (2, "0")}


def loosened(rdtype: str, rdata: str) -> tuple[str, int] | None:
    """Return *rdata* with the value that dnspython takes in its strict token, and the value there.

    None where *rdtype* has no such token, or a number from 0 to 255 does not stand there.
    """
    index, stand_in = _STRICT_TOKEN.get(rdtype, (0, ""))
    tokens = rdata.split(" ")
    if not stand_in or len(tokens) <= index or not re.fullmatch(r"[0-9]{1,3}", tokens[index]):
        return None
    value, tokens[index] = int(tokens[index]), stand_in
    return (" ".join(tokens), value) if value <= 255 else None


def _by_wire(rdtype: str, rdata: str, origin: str) -> str:
    from dns.exception import DNSException

    try:
        return _strictly_by_wire(rdtype, rdata, origin)
    except DNSException:
        loose = loosened(rdtype, rdata)
        if loose is None:
            raise
    tokens = _strictly_by_wire(rdtype, loose[0], origin).split(" ")
    tokens[_STRICT_TOKEN[rdtype][0]] = str(loose[1])
    return " ".join(tokens)


def _strictly_by_wire(rdtype: str, rdata: str, origin: str) -> str:
    import dns.rdata

    parsed = parse(rdtype, rdata, origin)
    wire = parsed.to_digestable()
    if is_written_generically(rdtype):
        return _generic(wire)
    return (
        dns.rdata.from_wire(parsed.rdclass, parsed.rdtype, wire, 0, len(wire)).to_text().rstrip(" ")
    )


def _name(rdata: str, origin: str) -> str:
    return absolute(rdata, origin).lower()


def _numbers_and_name(rdata: str, origin: str) -> str:
    *numbers, name = rdata.split(" ")
    return " ".join([str(int(n)) for n in numbers] + [absolute(name, origin).lower()])


def _soa(rdata: str, origin: str) -> str:
    mname, rname, serial, *periods = rdata.split(" ")
    names = [absolute(name, origin).lower() for name in (mname, rname)]
    return " ".join([*names, str(int(serial)), *(str(seconds(period)) for period in periods)])


def _two_numbers_and_hex(rdata: str, origin: str) -> str:
    return _hex_behind(2, rdata)


def _three_numbers_and_hex(rdata: str, origin: str) -> str:
    return _hex_behind(3, rdata)


def _hex_behind(count: int, rdata: str) -> str:
    *numbers, digest = rdata.split(" ", count)
    return " ".join([str(int(n)) for n in numbers] + [digest.replace(" ", "").lower()])


def _strings(rdata: str, origin: str) -> str:
    if rdata[0] == '"':
        return rdata
    return " ".join(f'"{string}"' for string in rdata.split(" "))


def _service(rdata: str, origin: str) -> str:
    priority, name, *alpn = rdata.split(" ")
    quoted = [f'alpn="{protocols[len("alpn=") :]}"' for protocols in alpn]
    return " ".join([priority, absolute(name, origin), *quoted])  # RFC 4034 6.2 lowers no such


def _ipv6(rdata: str, origin: str) -> str:
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, rdata))


def _as_is(rdata: str, origin: str) -> str:
    return rdata


_CANONICAL: dict[str, Callable[[str, str], str]] = {
    "A": _as_is,
    "AAAA": _ipv6,
    "NS": _name,
    "CNAME": _name,
    "PTR": _name,
    "DNAME": _name,
    "MX": _numbers_and_name,
    "SRV": _numbers_and_name,
    "TXT": _strings,
    "SOA": _soa,
    "DS": _three_numbers_and_hex,
    "SSHFP": _two_numbers_and_hex,
    "TLSA": _three_numbers_and_hex,
    "CAA": _as_is,
    "HTTPS": _service,
}
