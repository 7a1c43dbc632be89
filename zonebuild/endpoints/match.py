"""Whether a chain of certificates is one that a TLSA RRset lists.

Spec: RFC 7671 sections 5.1 (usage 3: neither names nor dates count), 5.2 (usage 2: they do) and
5.3, 5.4 (usages 0 and 1 need a store of CAs as well: they are not judged).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from zonebuild.endpoints.certificate import covers, is_signed_by, read_facts, why_not_valid
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import (
    CERTIFICATE,
    DANE_EE,
    DANE_TA,
    DEFAULT,
    PUBLIC_KEY,
    SHA256,
    SHA512,
    WHOLE,
    Parameters,
    association_data,
)


@dataclass(frozen=True, slots=True)
class Match:
    """How a chain fares with an RRset.

    is_listed: None where it cannot be told. rdata: of the record that fits, empty where none does.
    reason: a clause that follows the endpoint, where the chain is not listed or it is not known.
    """

    is_listed: bool | None
    rdata: str = ""
    reason: str = ""


def match_chain(chain: Sequence[bytes], rrset: Sequence[str], host: str, now: float) -> Match:
    """Return whether *chain*, certificates in DER, its own first, is what *rrset* lists.

    rrset: TLSA rdata. host: without final dot. now: Unix time in seconds.
    """
    own = read_material(chain[0]) if chain else None
    if not isinstance(own, Material):
        return Match(None, reason="shows a certificate that cannot be read")
    tried = [_try(chain, rdata, host, now) for rdata in sorted(rrset, reverse=True)]
    usable = [match for match in tried if match is not None]
    for verdict in (True, None):
        found = [match for match in usable if match.is_listed is verdict]
        if found:
            return found[0]
    reasons = [match.reason for match in usable if match.reason]
    if reasons:
        return Match(False, reason=reasons[0])
    return Match(False, reason=_unlisted(own, has_usable=bool(usable)))


def _unlisted(own: Material, *, has_usable: bool) -> str:
    line = f"{DEFAULT} {association_data(own.public_key, DEFAULT.matching)}"
    lack = "which no record lists" if has_usable else "and no record can be used"
    return f'shows the key "{line}", {lack}'


def _try(chain: Sequence[bytes], rdata: str, host: str, now: float) -> Match | None:
    """Return how *chain* fares with one record, None where clients pass the record over."""
    read = _read(rdata)
    if read is None:
        return None
    parameters, data = read
    if parameters.usage == DANE_EE:
        return Match(_is_selected(chain[0], parameters, data), rdata)
    return _below_anchor(chain, rdata, host, now)


def _read(rdata: str) -> tuple[Parameters, str] | None:
    """Return the parameters and the data of a record that a DANE client can use."""
    words = rdata.split(None, 3)
    if len(words) != 4 or not all(word.isdigit() and len(word) <= 3 for word in words[:3]):
        return None
    parameters = Parameters(*map(int, words[:3]))
    known = (
        parameters.usage in (DANE_TA, DANE_EE)
        and parameters.selector in (CERTIFICATE, PUBLIC_KEY)
        and parameters.matching in (WHOLE, SHA256, SHA512)
    )
    return (parameters, "".join(words[3].split()).lower()) if known else None


def _is_selected(der: bytes, parameters: Parameters, data: str) -> bool:
    material = read_material(der)
    if not isinstance(material, Material):
        return False
    return association_data(material.selected(parameters.selector), parameters.matching) == data


def _below_anchor(chain: Sequence[bytes], rdata: str, host: str, now: float) -> Match:
    """Return whether the certificate of an issuer in *chain* is the one of the record."""
    read = _read(rdata)
    places = [
        place
        for place, der in enumerate(chain)
        if read is not None and _is_selected(der, read[0], read[1])
    ]
    if not places:
        if len(chain) > 1:
            return Match(False)
        return Match(None, reason="shows issuers that only Python 3.13 or later can look at")
    reason = _why_not_valid(chain[: places[0] + 1], host, now)
    return Match(not reason, rdata, reason)


def _why_not_valid(path: Sequence[bytes], host: str, now: float) -> str:
    """Return why a chain that ends at its anchor is not valid for *host*, empty where it is."""
    for child, issuer in pairwise(path):
        if not is_signed_by(child, issuer):
            return "shows a chain in which one certificate is not signed by the next"
    facts = [read_facts(der) for der in path]
    for each in facts:
        reason = why_not_valid(each, now) if each else "cannot be read"
        if reason:
            return f"shows a certificate that {reason}"
    if facts[0] and not covers(facts[0].names, host):
        return f"shows a certificate without the name {host}"
    return ""
