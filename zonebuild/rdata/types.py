"""Type mnemonics and their numbers (IANA "Resource Record (RR) TYPEs"; RFC 3597 section 5)."""

from __future__ import annotations

from functools import lru_cache

COMMON: dict[str, int] = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18,
    "RT": 21, "AAAA": 28, "LOC": 29, "SRV": 33, "NAPTR": 35, "KX": 36, "CERT": 37, "DNAME": 39,
    "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48,
    "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53, "HIP": 55, "CDS": 59,
    "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65,
    "SPF": 99, "LP": 107, "URI": 256, "CAA": 257,
}  # fmt: skip
# Assigned by IANA, but unknown to dnspython or rare (registry as of 2026-12-01).
_RARE: dict[str, int] = {
    "MD": 3, "MF": 4, "MB": 7, "MG": 8, "MR": 9, "NULL": 10, "WKS": 11, "MINFO": 14,
    "NSAP-PTR": 23, "GPOS": 27, "EID": 31, "NIMLOC": 32, "ATMA": 34, "A6": 38, "SINK": 40,
    "NINFO": 56, "RKEY": 57, "TALINK": 58, "DSYNC": 66, "HHIT": 67, "BRID": 68, "UINFO": 100,
    "UID": 101, "GID": 102, "UNSPEC": 103, "AVC": 258, "DOA": 259, "AMTRELAY": 260,
    "RESINFO": 261, "WALLET": 262, "CLA": 263, "IPN": 264, "TA": 32768, "DLV": 32769,
}  # fmt: skip
_MNEMONICS = {number: mnemonic for mnemonic, number in (COMMON | _RARE).items()}

# Types that live in messages or only ask a question: no zone holds them (RFC 6895 section 3.1).
# BIND refuses a zone with SIG or NXT as "old style DNSSEC" (RFC 3755 section 3).
_NOT_IN_ZONES = frozenset({0, 24, 30, 41, *range(128, 256)})

# The types that BIND 9.18, NSD 4.6 and Knot 3.2 (the versions of Debian 12) all know by name, in
# rdata and in type bitmaps; measured with their checkers on 2026-12-01 (docs/differential.md).
# One server that does not know a name refuses the whole zone, while all of them read
# `TYPEn \\# LENGTH HEX` of any type (RFC 3597 section 5). So every other type is written so.
_KNOWN_TO_ALL = frozenset({
    "A", "AAAA", "AFSDB", "APL", "CAA", "CDNSKEY", "CDS", "CERT", "CNAME", "CSYNC", "DHCID",
    "DNAME", "DNSKEY", "DS", "EUI48", "EUI64", "HINFO", "HTTPS", "IPSECKEY", "KEY", "KX", "L32",
    "L64", "LOC", "LP", "MINFO", "MX", "NAPTR", "NID", "NS", "NSEC", "NSEC3", "NSEC3PARAM",
    "OPENPGPKEY", "PTR", "RP", "RRSIG", "RT", "SMIMEA", "SOA", "SPF", "SRV", "SSHFP", "SVCB",
    "TLSA", "TXT", "URI", "ZONEMD",
})  # fmt: skip

_LONGEST_MNEMONIC = 16  # characters, with room for types to come


def type_number(mnemonic: str) -> int | None:
    """Return the number of the type called *mnemonic* in any case, None where no zone holds it.

    `TYPEn` names type n (RFC 3597 section 5); meta types (OPT, TSIG, ANY, …) give None.
    """
    upper = mnemonic.upper()
    number = COMMON.get(upper)
    if number is not None or len(upper) > _LONGEST_MNEMONIC:
        return number
    return _uncommon_number(upper)


@lru_cache(maxsize=256)
def _uncommon_number(upper: str) -> int | None:
    number = _generic_number(upper) if upper.startswith("TYPE") else _rare_number(upper)
    return None if number is None or number in _NOT_IN_ZONES else number


def _generic_number(upper: str) -> int | None:
    digits = upper[4:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    return int(digits) if int(digits) <= 0xFFFF else None


def _rare_number(upper: str) -> int | None:
    if upper in _RARE:
        return _RARE[upper]
    import dns.rdatatype

    member = dns.rdatatype.RdataType.__members__.get(upper.replace("-", "_"))
    return None if member is None else int(member)


@lru_cache(maxsize=1024)
def type_mnemonic(number: int) -> str:
    """Return the mnemonic of type *number* (0 to 65535), `TYPEn` where it has none."""
    known = _MNEMONICS.get(number)
    if known is not None:
        return known
    import dns.rdatatype

    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


@lru_cache(maxsize=1024)
def written_type(number: int) -> str:
    """Return how a zone for any name server writes type *number*: its mnemonic, or `TYPEn`."""
    mnemonic = type_mnemonic(number)
    return mnemonic if mnemonic in _KNOWN_TO_ALL else f"TYPE{number}"


@lru_cache(maxsize=1024)
def is_written_generically(rdtype: str) -> bool:
    """Return whether a zone has to write rdata of the type called *rdtype* as `\\# LENGTH HEX`."""
    if rdtype in _KNOWN_TO_ALL:
        return False
    number = type_number(rdtype)  # TYPE1 is A
    return number is None or written_type(number) not in _KNOWN_TO_ALL
