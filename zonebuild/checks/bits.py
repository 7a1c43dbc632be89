"""Types that checks ask for, as numbers and as bits of a name's mask (IANA RR TYPEs)."""

from __future__ import annotations

from zonebuild.model import type_bit

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, DS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 43
RRSIG, NSEC, NSEC3, NSEC3PARAM = 46, 47, 50, 51
HOST_TYPES = (NS, CNAME, MX, SRV)  # whose target should have an address somewhere

NS_BIT, CNAME_BIT, SOA_BIT = type_bit(NS), type_bit(CNAME), type_bit(SOA)
DNAME_BIT, DS_BIT = type_bit(DNAME), type_bit(DS)
ADDRESS_BITS = type_bit(A) | type_bit(AAAA)
SIGNER_TYPES = frozenset({RRSIG, NSEC, NSEC3, NSEC3PARAM})
SIGNER_BITS = type_bit(RRSIG) | type_bit(NSEC) | type_bit(NSEC3) | type_bit(NSEC3PARAM)
