"""Whether a certificate fits what the map says of it: its dates, its names, its chain.

Clients of `3 x x` look at neither dates nor names, so there these are warnings; under `2 1 1` they
refuse what is wrong.
Spec: RFC 7671 section 5.1 (3 x x ignores names and dates), section 5.2.2 (2 x x has the issuer in
the chain); RFC 6125 section 6.4 (wildcards); RFC 7633 (must-staple).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.tlsa.material import Material

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_STATUS_REQUEST = (5, 17)  # TLS features: status_request and status_request_v2


class Flaw(NamedTuple):
    """One thing that does not fit. message: a clause that follows the certificate's name.

    is_refused: nothing of the certificate is published.
    """

    check: str
    message: str
    is_refused: bool


class Fitness(NamedTuple):
    """What is wrong with a certificate. changes: Unix seconds at which its dates say otherwise."""

    flaws: tuple[Flaw, ...]
    changes: tuple[int, ...] = ()


def judge(material: Material, hosts: Iterable[str], units: Iterable[str], *, now: int) -> Fitness:
    """Return what does not fit about *material*, which has a certificate, at *now* (Unix seconds).

    hosts: absolute, lower case, each must be among its names. units: of its lineage.
    """
    is_by_issuer = "issuer" in units
    try:
        return _judged(material, tuple(hosts), is_by_issuer, now)
    except ValueError:  # extensions are only decoded when they are looked at
        message = "has an extension that is damaged, want another one from its issuer"
        return Fitness((Flaw("certificate-damaged", message, is_refused=True),))


def _judged(material: Material, hosts: tuple[str, ...], by_issuer: bool, now: int) -> Fitness:
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(material.certificate)
    begin = int(certificate.not_valid_before_utc.timestamp())
    end = int(certificate.not_valid_after_utc.timestamp())
    flaws = [
        *_dates(begin, end, now, by_issuer),
        *_names(certificate, hosts, by_issuer),
        *_staple(certificate),
        *_order(certificate, material.issuers, by_issuer),
    ]
    return Fitness(tuple(flaws), (begin, end + 1))


def _dates(begin: int, end: int, now: int, by_issuer: bool) -> Iterator[Flaw]:
    if now < begin:
        message = f"is not valid for {begin - now} s yet, want one that is, or the right clock"
        yield Flaw("certificate-not-yet-valid", message, is_refused=True)
    if now > end:
        message = f"has expired {now - end} s ago, want it renewed"
        yield Flaw("certificate-expired", message, by_issuer)


def _names(certificate: Certificate, hosts: tuple[str, ...], by_issuer: bool) -> Iterator[Flaw]:
    known = frozenset(_dns_names(certificate))
    missing = [host[:-1] for host in hosts if not _is_named(host[:-1], known)]
    for host in dict.fromkeys(missing):
        message = f"is not for {host}, want that name in its subjectAltName"
        yield Flaw("certificate-of-another-host", message, by_issuer)


def _dns_names(certificate: Certificate) -> Iterator[str]:
    from cryptography import x509

    try:
        kind = x509.SubjectAlternativeName
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))


def _is_named(host: str, known: frozenset[str]) -> bool:
    """Say whether *host* is in *known*; a wildcard stands for one whole label (RFC 6125 6.4.3)."""
    return host in known or f"*.{host.partition('.')[2]}" in known


def _staple(certificate: Certificate) -> Iterator[Flaw]:
    from cryptography import x509

    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return
    if any(feature.value in _STATUS_REQUEST for feature in features):
        message = "must be stapled, and most servers of mail cannot: want one without must-staple"
        yield Flaw("certificate-must-staple", message, is_refused=True)


def _order(
    certificate: Certificate, issuers: tuple[Material, ...], by_issuer: bool
) -> Iterator[Flaw]:
    """Find where a chain has another certificate than the issuer of the one before."""
    from cryptography import x509

    below = certificate
    for number, material in enumerate(issuers, 2):
        above = x509.load_der_x509_certificate(material.certificate)
        if below.issuer != above.subject:
            message = f"has another certificate than its issuer at place {number} of the chain"
            message += ", want each followed by its issuer"
            yield Flaw("certificate-chain-order", message, by_issuer)
            return
        below = above
