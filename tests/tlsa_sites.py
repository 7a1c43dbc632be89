"""A small signed site whose map names a certificate."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.sites import NOW, SITE, SmallSite
from tests.tlsa_material import key, public_der

ZONE = "example.org"
SIGNED = SITE.replace("signer: none", "signer: local")
PRIMARY = """\
mx A 9.9.9.9
www A 9.9.9.9
nowhere TXT x
alias CNAME www
_25._tcp.www CNAME _dane
_dane TXT x
"""
MAP = """\
lineages:
  mx:
    certificate: certs/mx.pem
    first: at-once
    places:
      - {host: mx.example.org, port: 25}
"""
CERTIFICATE = "certs/mx.pem"
NEXT = "certs/next.pub"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a certificate is like. begin, end: days from now."""

    algorithm: str = "ecdsa"
    names: tuple[str, ...] = ("mx.example.org",)
    begin: int = -30
    end: int = 30
    staple: bool = False


@cache
def chain(wanted: Wanted) -> bytes:
    """Return a self-signed certificate in PEM."""
    now = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.algorithm)])
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in wanted.names])
    signer = key(wanted.algorithm)
    builder = (
        x509.CertificateBuilder(name, name, signer.public_key(), 1)
        .not_valid_before(now + datetime.timedelta(days=wanted.begin))
        .not_valid_after(now + datetime.timedelta(days=wanted.end))
        .add_extension(names, critical=False)
    )
    if wanted.staple:
        features = x509.TLSFeature([x509.TLSFeatureType.status_request])
        builder = builder.add_extension(features, critical=False)
    algorithm = None if wanted.algorithm == "ed25519" else hashes.SHA256()
    return builder.sign(signer, algorithm).public_bytes(Encoding.PEM)


def digest(algorithm: str) -> str:
    return f"3 1 1 {hashlib.sha256(public_der(algorithm)).hexdigest()}"


def records(site: SmallSite) -> set[str]:
    """Return the TLSA records of the built zone, `OWNER RDATA` without the zone's name."""
    found = (record.split(" ", 3) for record in site.records(ZONE))
    return {
        f"{owner.removesuffix(f'.{ZONE}.')} {rdata}"
        for owner, _ttl, rdtype, rdata in found
        if rdtype == "TLSA"
    }


ONE = {f"_25._tcp.mx {digest('ecdsa')}"}


def make_site(root: Path) -> SmallSite:
    """Return a signed zone that was built once, with a certificate and a map that names it."""
    small = SmallSite(root, [], SIGNED)
    small.add_zone(ZONE, PRIMARY)
    small.run()
    small.write(CERTIFICATE, chain(Wanted()))
    small.write("tlsa-map.yaml", MAP)
    return small


def status(site: SmallSite) -> str:
    """Return what is kept of failures and waits."""
    return (site.root / "state/outcome.json").read_text()
