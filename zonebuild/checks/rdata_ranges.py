"""Fields whose values the wire could carry but the standard does not know, in rarer types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from zonebuild.checks import naptr
from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.rdata.canonical import canonical_text

AFSDB, NAPTR, KX, CERT, IPSECKEY, SVCB, HTTPS, LP = 18, 35, 36, 37, 45, 64, 65, 107
_HOST = re.compile(r"\.|(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+")


def afsdb_subtype_unknown(survey: Survey) -> Iterator[Fact]:
    """Find each AFSDB whose subtype is neither a cell's database server nor DCE's."""
    for row, rdata in _texts(survey, AFSDB):
        subtype = rdata.split(" ")[0]
        if subtype not in ("1", "2"):
            message = f"AFSDB subtype {subtype} is not known: write 1 (AFS) or 2 (DCE)"
            yield Fact(row, message, Part.RDATA)


_CERT_TYPES = frozenset(
    {"PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP", "ACPKIX", "IACPKIX", "URI", "OID"}
)


def cert_type_unknown(survey: Survey) -> Iterator[Fact]:
    """Find each CERT whose type is not assigned; types from 65280 are for experiments."""
    for row, rdata in _texts(survey, CERT):
        kind = rdata.split(" ")[0]
        if kind not in _CERT_TYPES and not (kind.isdigit() and 65280 <= int(kind) < 65535):
            message = f"CERT type {kind} is not assigned: write PKIX, PGP or another of RFC 4398"
            yield Fact(row, message, Part.RDATA)


_NO_GATEWAY, _NAMED = 0, 3
_KEY_ALGORITHMS = range(1, 5)  # DSA, RSA, ECDSA, EdDSA


def bad_ipseckey(survey: Survey) -> Iterator[Fact]:
    """Find each IPSECKEY whose gateway or algorithm contradicts the rest of it."""
    for row, rdata in _texts(survey, IPSECKEY):
        _precedence, kind, algorithm, gateway, *_key = rdata.split(" ", 4)
        if int(kind) == _NAMED and gateway == ".":
            message = "IPSECKEY gateway . with type 3 (a name): write type 0 for no gateway"
            yield Fact(row, message, Part.RDATA)
        if int(algorithm) not in _KEY_ALGORITHMS:
            message = f"IPSECKEY algorithm {algorithm} with a key"
            wanted = "write 1 (DSA), 2 (RSA), 3 (ECDSA) or 4 (EdDSA)"
            yield Fact(row, f"{message}: {wanted}", Part.RDATA)


# What names a host, as the last name of its rdata or the second word; `_` is usual in services.
_HOSTS: dict[int, Callable[[str], str]] = {
    AFSDB: lambda rdata: rdata.split(" ")[1],
    KX: lambda rdata: rdata.split(" ")[1],
    LP: lambda rdata: rdata.split(" ")[1],
    NAPTR: lambda rdata: rdata.rpartition(" ")[2],
}


def service_target_not_host_name(survey: Survey) -> Iterator[Fact]:
    """Find each SVCB, HTTPS, NAPTR, AFSDB, KX and LP whose target no host can be called."""
    for row, name in (*_pointed_at(survey), *_written(survey)):
        if not _HOST.fullmatch(name):
            message = f"{survey.type_of(row)} target {quoted(name, limit=255)} is no host name"
            wanted = "letters, digits, - and _ make one"
            yield Fact(row, f"{message}: {wanted}", Part.RDATA)


def _pointed_at(survey: Survey) -> Iterator[tuple[int, str]]:
    for rdtype in (SVCB, HTTPS):
        rows, targets = survey.pointing(rdtype)
        odd = {i for i in set(targets) if not _HOST.fullmatch(survey.names[i])}
        odd = {i for i in odd if not (survey.is_ours(i) and survey.source_of(i) is None)}
        yield from (
            (row, survey.names[target])
            for row, target in zip(rows, targets, strict=True)
            if target in odd
        )


def _written(survey: Survey) -> Iterator[tuple[int, str]]:
    for rdtype, host in _HOSTS.items():
        yield from ((row, host(rdata).lower()) for row, rdata in _texts(survey, rdtype))


def _texts(survey: Survey, rdtype: int) -> Iterator[tuple[int, str]]:
    """Yield row and canonical rdata of each record of *rdtype*."""
    rows = list(survey.rows_of(rdtype))
    for row, origin, rdata in survey.rdatas(rows):
        yield row, canonical_text(survey.type_of(row), rdata, origin)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="afsdb-subtype-unknown", numbers=("Z104",), severity=ERROR, refused_by="",
        spec="RFC 1183 section 1, RFC 5864", find=afsdb_subtype_unknown, about=(AFSDB,),
        why="Nobody asks for a server of that kind.",
        bad="@ AFSDB 3 ns\n", good="@ AFSDB 1 ns\n",
    ),
    Check(
        name="cert-type-unknown", numbers=("Z104",), severity=ERROR, refused_by="",
        spec="RFC 4398 section 2.1", find=cert_type_unknown, about=(CERT,),
        why="What is in the record cannot be told.",
        bad="ns CERT 0 1 8 AA==\n", good="ns CERT PKIX 1 8 AA==\n",
    ),
    Check(
        name="bad-ipseckey", numbers=("Z104",), severity=ERROR, refused_by="",
        spec="RFC 4025 sections 2.3 to 2.5, RFC 9373", find=bad_ipseckey, about=(IPSECKEY,),
        why="The peer finds a key that it cannot use, or a gateway that is none.",
        bad="ns IPSECKEY 10 3 2 . AA==\n", good="ns IPSECKEY 10 0 2 . AA==\n",
    ),
    Check(
        name="service-target-not-host-name", numbers=("Z113",), severity=ERROR, refused_by="",
        spec="RFC 1123 section 2.1, RFC 9460 section 2.1", find=service_target_not_host_name,
        about=(SVCB, HTTPS, *_HOSTS),
        why="Most often a path or a URI: no resolver of a client takes such a name.",
        bad="@ HTTPS 0 www.example.net/.\n", good="@ HTTPS 0 www.example.net.\n",
    ),
    *naptr.CHECKS,
)
# fmt: on
