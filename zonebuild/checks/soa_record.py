"""The SOA at the apex as a value (RFC 1035 section 3.3.13), and zones with one for examples."""

from __future__ import annotations

from typing import NamedTuple

from zonebuild.checks import bits
from zonebuild.checks.survey import Survey
from zonebuild.rdata.canonical import canonical_text, seconds


class Soa(NamedTuple):
    """The SOA at the apex.

    mname, rname: as written, perhaps relative to *origin*. Periods: seconds.
    """

    row: int
    origin: str
    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


def read_soa(survey: Survey) -> Soa | None:
    """Return the first SOA at the apex, None where there is none."""
    if not survey.mask(survey.apex) & bits.SOA_BIT:
        return None
    records, apex = survey.records, survey.apex_index
    columns = enumerate(zip(records.rdtypes, records.owners, strict=True))  # it is most often first
    row = next(row for row, (rdtype, owner) in columns if rdtype == bits.SOA and owner == apex)
    ((_row, origin, rdata),) = survey.rdatas([row])
    return _parse(row, origin, rdata)


def _parse(row: int, origin: str, rdata: str) -> Soa:
    if "\\" in rdata:
        rdata = canonical_text("SOA", rdata, origin)
    mname, rname, serial, *periods = rdata.split(" ")
    refresh, retry, expire, minimum = [seconds(period) or 0 for period in periods]
    return Soa(row, origin, mname, rname, int(serial), refresh, retry, expire, minimum)


def soa_zone(soa: str) -> str:
    """Return, for an example, a whole zone with this *soa*."""
    return f"$TTL 3600\n@ SOA {soa}\n@ NS ns\nns A 192.0.2.1\n"


GOOD_SOA_ZONE = soa_zone("ns hostmaster 1 14400 3600 1209600 3600")
