"""What to say about rdata that is wrong: the form that its type wants, and the likely mend."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.rdata.canonical import loosened, parse
from zonebuild.rdata.mends import digest_mend, mend_of
from zonebuild.rdata.wire_shapes import has_right_shape

if TYPE_CHECKING:
    import dns.rdata


# Checks of rdata that all name servers load: it is a record, and a finding.
LOADED_ALL_THE_SAME = frozenset({"alias-with-parameters", "digest-length"})


class Fault(NamedTuple):
    """What is wrong with rdata."""

    message: str
    check: str = "rdata-syntax"

    @property
    def is_record(self) -> bool:
        """Whether the name servers load it all the same, and so do we."""
        return self.check in LOADED_ALL_THE_SAME


class Form(NamedTuple):
    """The rdata that a type wants, in words, and where that is written."""

    wanted: str
    rfc: str


_NAME = "a domain name"
_KEY = "flags, protocol, algorithm and a base64 key"
FORMS: dict[str, Form] = {
    "A": Form("an IPv4 address", "RFC 1035 section 3.4.1"),
    "AAAA": Form("an IPv6 address", "RFC 3596 section 2.4"),
    "AFSDB": Form("a subtype (0 to 65535) and a host name", "RFC 1183 section 1"),
    "APL": Form("a list of [!]FAMILY:ADDRESS/PREFIX", "RFC 3123 section 5"),
    "CAA": Form('flags (0 to 255), a tag and a value in quotes: 0 issue "…"', "RFC 8659 4.1.1"),
    "CDNSKEY": Form(_KEY, "RFC 7344 section 3.2"),
    "CDS": Form("a key tag, an algorithm, a digest type and a hex digest", "RFC 7344 section 3.1"),
    "CERT": Form("a type, a key tag, an algorithm and base64", "RFC 4398 section 2.2"),
    "CNAME": Form(_NAME, "RFC 1035 section 3.3.1"),
    "CSYNC": Form("a serial, flags and a list of types", "RFC 7477 section 2.1"),
    "DHCID": Form("base64", "RFC 4701 section 3.2"),
    "DNAME": Form(_NAME, "RFC 6672 section 2.1"),
    "DNSKEY": Form(_KEY, "RFC 4034 section 2.2"),
    "DS": Form(
        "a key tag, an algorithm, a digest type and a hex digest of that type's length",
        "RFC 4034 section 5.3",
    ),
    "HINFO": Form("two strings", "RFC 1035 section 3.3.2"),
    "HIP": Form("an algorithm, a hex HIT, a base64 key and servers", "RFC 8005 section 6"),
    "HTTPS": Form("a priority, a target and parameters", "RFC 9460 section 2.1"),
    "IPSECKEY": Form(
        "a precedence, a gateway type, an algorithm, a gateway and a base64 key", "RFC 4025 3.1"
    ),
    "KX": Form("a preference (0 to 65535) and a host name", "RFC 2230 section 3"),
    "LOC": Form("latitude, longitude and altitude", "RFC 1876 section 3"),
    "MB": Form(_NAME, "RFC 1035 section 3.3.3"),
    "MG": Form(_NAME, "RFC 1035 section 3.3.6"),
    "MINFO": Form("two mailboxes as names", "RFC 1035 section 3.3.7"),
    "MR": Form(_NAME, "RFC 1035 section 3.3.8"),
    "MX": Form("a preference (0 to 65535) and a host name", "RFC 1035 section 3.3.9"),
    "NAPTR": Form(
        "order, preference, flags, services, a regular expression and a name", "RFC 3403 4.1"
    ),
    "NS": Form(_NAME, "RFC 1035 section 3.3.11"),
    "NSEC3PARAM": Form("a hash, flags, iterations and a salt", "RFC 5155 section 4.3"),
    "OPENPGPKEY": Form("base64", "RFC 7929 section 2.3"),
    "PTR": Form(_NAME, "RFC 1035 section 3.3.12"),
    "RP": Form("a mailbox as a name and the name of a TXT record", "RFC 1183 section 2"),
    "SMIMEA": Form("usage, selector, matching type and hex data", "RFC 8162 section 2"),
    "SOA": Form(
        "MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM (the serial at most 4294967295)",
        "RFC 1035 section 3.3.13",
    ),
    "SPF": Form("strings of at most 255 octets", "RFC 7208 section 3.1"),
    "SRV": Form("priority, weight, port (each 0 to 65535) and a host name", "RFC 2782"),
    "SSHFP": Form(
        "an algorithm, a fingerprint type and a hex fingerprint of that type's length",
        "RFC 4255 section 3.2",
    ),
    "SVCB": Form("a priority, a target and parameters", "RFC 9460 section 2.1"),
    "TLSA": Form(
        "usage, selector, matching type and hex data of that type's length", "RFC 6698 section 2.2"
    ),
    "TXT": Form("strings of at most 255 octets", "RFC 1035 section 3.3.14"),
    "URI": Form("a priority, a weight and a target in quotes", "RFC 7553 section 4.5"),
    "ZONEMD": Form("a serial, a scheme, a hash algorithm and a hex digest", "RFC 8976 section 2.3"),
}

_OCTETS_IN_RDATA = 65_535
_MAX_SIZE = 9_000_000_000  # centimetres (RFC 1876 section 2)
_MAX_TEXT = 1 << 19  # characters; rdata takes at most four, and a few more, an octet

# Types of numbers, addresses and digests alone: dnspython reads `\DDD` in them, BIND does not.
_WITHOUT_ESCAPES = frozenset(
    {"A", "AAAA", "DS", "CDS", "DNSKEY", "CDNSKEY", "TLSA", "SMIMEA", "SSHFP", "LOC", "DHCID"}
)
# The token with which base64 begins; it goes on to the end but in HIP.
_BASE64_FROM = {
    "CERT": 3, "DNSKEY": 3, "CDNSKEY": 3, "KEY": 3, "RKEY": 3, "DHCID": 0, "OPENPGPKEY": 0,
    "IPSECKEY": 4, "HIP": 2, "RRSIG": 8,
}  # fmt: skip
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)

# Where dnspython leaves it open: the field with the digest's type, the digest, octets by type.
_DIGESTS: dict[str, tuple[str, str, dict[int, int]]] = {
    "SSHFP": ("fp_type", "fingerprint", {1: 20, 2: 32}),
    "TLSA": ("mtype", "cert", {1: 32, 2: 64}),
    "SMIMEA": ("mtype", "cert", {1: 32, 2: 64}),
}


def fault(rdtype: str, rdata: str, origin: str) -> Fault | None:
    """Return what is wrong with *rdata*, None where it is a correct *rdtype*.

    rdata: its tokens one space apart. origin: absolute.
    Spec: RFC 3597 section 5 for `\\#`, else the RFC of the type.
    """
    from dns.exception import DNSException

    if len(rdata) > _MAX_TEXT:
        return _too_long(rdtype)
    if rdtype in _WITHOUT_ESCAPES and "\\" in rdata and not rdata.startswith("\\#"):
        return Fault(_message(rdtype, rdata))
    try:
        parsed = parse(rdtype, rdata, origin)
        wire = parsed.to_wire()
    except (DNSException, ValueError, struct.error):  # the last: a LOC that does not fit
        return _loaded_all_the_same(rdtype, rdata, origin) or Fault(_message(rdtype, rdata))
    if wire is not None and len(wire) > _OCTETS_IN_RDATA:
        return _too_long(rdtype)
    if not has_right_shape(rdtype, wire or b""):
        return Fault(_message(rdtype, rdata))
    if rdtype == "CAA" and not re.match(r"\d+ [A-Za-z0-9]+ ", parsed.to_text()):
        return Fault(_message(rdtype, rdata))
    if not _is_strict_base64(rdtype, rdata):
        return Fault(_message(rdtype, rdata))
    if rdtype == "URI" and not rdata.endswith('"') and not rdata.startswith("\\#"):
        return Fault(_message(rdtype, rdata))
    if rdtype in _DIGESTS:
        return _digest_fault(rdtype, parsed, getattr(parsed, _DIGESTS[rdtype][0]))
    look_closer = _CLOSER_LOOKS.get(rdtype)
    return look_closer(rdata, parsed) if look_closer else None


def _off_the_earth(rdata: str, parsed: dns.rdata.Rdata) -> Fault | None:
    """Say that a LOC lies beyond a pole or the antimeridian; dnspython looks at degrees alone."""
    for field, most in (("latitude", 90), ("longitude", 180)):
        degrees, *rest, _sign = getattr(parsed, field)
        if degrees > most or (degrees == most and any(rest)):
            return Fault(f"{_message('LOC', rdata)}: the {field} ends at {most} degrees")
    sizes = ("size", "horizontal_precision", "vertical_precision")
    if max(getattr(parsed, field) for field in sizes) > _MAX_SIZE:
        return Fault(f"{_message('LOC', rdata)}: sizes end at 90000000m")
    return None


def _no_digits(rdata: str, parsed: dns.rdata.Rdata) -> Fault | None:
    """Say that an X25 address has other signs than digits, which every server refuses."""
    address: bytes = getattr(parsed, "address")  # noqa: B009  the field of one type alone
    if address.isdigit() and len(address) >= _LEAST_DIGITS:
        return None
    return Fault(f"{_message('X25', rdata)}: want {_LEAST_DIGITS} digits or more")


def _no_path(rdata: str, parsed: dns.rdata.Rdata) -> Fault | None:
    """Say that `dohpath` has no value, which every server refuses (RFC 9461 section 5)."""
    params = getattr(parsed, "params")  # noqa: B009  the field of one type alone
    if _DOHPATH not in params or params[_DOHPATH] is not None:
        return None
    message = "SVCB parameter dohpath has no value: write dohpath=/dns-query{?dns}"
    return Fault(f"{message} (RFC 9461 section 5)")


_LEAST_DIGITS = 4  # of a PSDN address: its Data Network Identification Code (RFC 1183 section 3.1)
_DOHPATH = 7  # IANA "DNS SVCB Service Parameter Keys"
_CLOSER_LOOKS: dict[str, Callable[[str, dns.rdata.Rdata], Fault | None]] = {
    "LOC": _off_the_earth,
    "X25": _no_digits,
    "SVCB": _no_path,
    "HTTPS": _no_path,
}


def _is_strict_base64(rdtype: str, rdata: str) -> bool:
    """Say whether the base64 of *rdata* is whole; dnspython passes over what does not fit."""
    first = _BASE64_FROM.get(rdtype)
    if first is None or rdata.startswith("\\#"):
        return True
    tokens = rdata.split(" ")[first:]
    return _BASE64.fullmatch(tokens[0] if rdtype == "HIP" else "".join(tokens)) is not None


def _too_long(rdtype: str) -> Fault:
    return Fault(f"{rdtype} rdata has more than {_OCTETS_IN_RDATA} octets (RFC 1035 section 3.2.1)")


def _loaded_all_the_same(rdtype: str, rdata: str, origin: str) -> Fault | None:
    """Return the fault of rdata that name servers load though dnspython does not."""
    from dns.exception import DNSException

    loose = loosened(rdtype, rdata)
    if loose is None:
        return None
    try:
        parsed = parse(rdtype, loose[0], origin)
    except (DNSException, ValueError):
        return None
    if rdtype in _DIGESTS:
        return _digest_fault(rdtype, parsed, loose[1])
    message = (
        f"{rdtype} rdata {quoted(rdata)}: priority 0 makes an alias, which has no parameters; "
        "leave them out, or write a priority from 1 (RFC 9460 section 2.4.2)"
    )
    return Fault(message, "alias-with-parameters") if loose[1] == 0 else None


def _digest_fault(rdtype: str, parsed: dns.rdata.Rdata, kind: int) -> Fault | None:
    """Say that a digest has not the length of its type; BIND refuses it in SSHFP alone."""
    _, field, lengths = _DIGESTS[rdtype]
    found = len(getattr(parsed, field))
    wanted = lengths.get(kind, found)
    if found == wanted:
        return None
    message = f"{rdtype} digest of type {kind} {digest_mend(2 * found, wanted)}"
    if rdtype == "SSHFP":
        return Fault(f"{message} (RFC 4255 section 3.1)")
    return Fault(f"{message} (RFC 6698 section 2.1.3)", "digest-length")


def _message(rdtype: str, rdata: str) -> str:
    mend = mend_of(rdtype, rdata)
    return _bare_message(rdtype, rdata) + (f": {mend}" if mend else "")


def _bare_message(rdtype: str, rdata: str) -> str:
    form = FORMS.get(rdtype)
    if form is None:
        return f"{rdtype} rdata {quoted(rdata)} is not what the type {rdtype} wants"
    return f"{rdtype} rdata {quoted(rdata)} is not {form.wanted} ({form.rfc})"
