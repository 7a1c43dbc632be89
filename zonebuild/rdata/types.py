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
_MNEMONICS = {number: mnemonic for mnemonic, number in COMMON.items()}

# Types that live in messages or only ask a question: no zone holds them (RFC 6895 section 3.1).
_NOT_IN_ZONES = frozenset({0, 41, *range(128, 256)})

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
