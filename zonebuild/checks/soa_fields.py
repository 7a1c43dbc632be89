"""What the numbers of the SOA say: its serial and its periods (RFC 1912 section 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits, soa_names
from zonebuild.checks.check import INFO, WARNING, Check, Fact
from zonebuild.checks.soa_record import GOOD_SOA_ZONE, read_soa, soa_zone
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.serial import first_serial

_HOUR, _DAY = 3600, 86_400
_LEAST_REFRESH, _LEAST_RETRY, _LEAST_EXPIRE = 4 * _HOUR, _HOUR, 7 * _DAY
_LEAST_MINIMUM, _MOST_MINIMUM = 300, _DAY
_LAST_YEAR = 2099  # of a serial that counts days; greater numbers count something else


def soa_not_first(survey: Survey) -> Iterator[Fact]:
    """Find an SOA that other records stand before."""
    soa = survey.once(read_soa)
    if soa and soa.row:
        message = f"{soa.row} records stand before the SOA: let it be the first"
        yield Fact(soa.row, message)


def serial_zero(survey: Survey) -> Iterator[Fact]:
    """Find a serial of 0."""
    soa = survey.once(read_soa)
    if soa and soa.serial == 0:
        yield Fact(soa.row, "SOA serial 0, which some software reads as none: write 1", Part.RDATA)


def serial_in_the_future(survey: Survey) -> Iterator[Fact]:
    """Find a serial that counts days (YYYYMMDDnn) and is past tomorrow's."""
    if survey.settings.now is None:
        return
    soa = survey.once(read_soa)
    tomorrow = first_serial("date", survey.settings.now + _DAY)
    if soa and soa.serial >= tomorrow + 100 and _is_date(soa.serial):
        today = first_serial("date", survey.settings.now)
        message = f"SOA serial {soa.serial} is a day to come, today's begin at {today}"
        yield Fact(soa.row, f"{message}: every later serial has to be greater still", Part.RDATA)


def _is_date(serial: int) -> bool:
    year, month, day = serial // 1_000_000, serial // 10_000 % 100, serial // 100 % 100
    return year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31


def refresh_short(survey: Survey) -> Iterator[Fact]:
    """Find a refresh below four hours."""
    soa = survey.once(read_soa)
    if soa and soa.refresh < _LEAST_REFRESH:
        message = f"SOA refresh {soa.refresh} s is below 4 hours: write {_LEAST_REFRESH} or more"
        yield Fact(soa.row, f"{message}, for NOTIFY tells of changes", Part.RDATA)


def retry_not_below_refresh(survey: Survey) -> Iterator[Fact]:
    """Find a retry that is not below the refresh."""
    soa = survey.once(read_soa)
    if soa and soa.retry >= soa.refresh:
        message = f"SOA retry {soa.retry} s is not below the refresh {soa.refresh} s"
        yield Fact(soa.row, f"{message}: write a fraction of it, such as a quarter", Part.RDATA)


def retry_short(survey: Survey) -> Iterator[Fact]:
    """Find a retry below an hour."""
    soa = survey.once(read_soa)
    if soa and soa.retry < _LEAST_RETRY:
        message = f"SOA retry {soa.retry} s is below an hour: write {_LEAST_RETRY} or more"
        yield Fact(soa.row, message, Part.RDATA)


def expire_short(survey: Survey) -> Iterator[Fact]:
    """Find an expire below a week or below the refresh."""
    soa = survey.once(read_soa)
    if soa and soa.expire < max(_LEAST_EXPIRE, soa.refresh):
        bound = "a week" if soa.expire < _LEAST_EXPIRE else f"the refresh {soa.refresh} s"
        wanted = max(2 * _LEAST_EXPIRE, 2 * soa.refresh)
        message = f"SOA expire {soa.expire} s is below {bound}: write {wanted} or more"
        yield Fact(soa.row, message, Part.RDATA)


def minimum_unusual(survey: Survey) -> Iterator[Fact]:
    """Find a minimum, the TTL of negative answers, outside of five minutes to a day."""
    soa = survey.once(read_soa)
    if soa and not _LEAST_MINIMUM <= soa.minimum <= _MOST_MINIMUM:
        message = f"SOA minimum {soa.minimum} s: so long resolvers keep that a name is not there"
        yield Fact(soa.row, f"{message}; write {_LEAST_MINIMUM} to {_MOST_MINIMUM}", Part.RDATA)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="soa-not-first", numbers=("Z004",), severity=INFO, refused_by="",
        spec="RFC 1035 section 5.2", find=soa_not_first, about=(bits.SOA,),
        why="Any order is legal; people, and some programs, look for the SOA at the top.",
        bad="$TTL 3600\n@ NS ns\n@ SOA ns hostmaster 1 14400 3600 1209600 3600\nns A 192.0.2.1\n",
        good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-serial-zero", numbers=("Z016",), severity=WARNING, refused_by="",
        spec="RFC 1982 section 3", find=serial_zero, about=(bits.SOA,),
        why="A legal number, but some software takes it for none, or for a wish to begin anew.",
        bad=soa_zone("ns hostmaster 0 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-serial-in-the-future", numbers=("Z018",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.2, RFC 1982 section 3", find=serial_in_the_future,
        about=(bits.SOA,),
        why="A mistyped date binds all later serials, for a serial cannot go back.",
        bad=soa_zone("ns hostmaster 2062010100 14400 3600 1209600 3600"),
        good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-refresh-short", numbers=("Z007",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.2, RFC 1996", find=refresh_short, about=(bits.SOA,),
        why="Secondaries ask for the serial again and again though they are told of changes.",
        bad=soa_zone("ns hostmaster 1 7200 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-retry-not-below-refresh", numbers=("Z008",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.2", find=retry_not_below_refresh, about=(bits.SOA,),
        why="After a failure a secondary would wait longer than after a success.",
        bad=soa_zone("ns hostmaster 1 14400 14400 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-retry-short", numbers=("Z009",), severity=INFO, refused_by="",
        spec="RFC 1912 section 2.2", find=retry_short, about=(bits.SOA,),
        why="All secondaries press on a primary that has trouble already.",
        bad=soa_zone("ns hostmaster 1 14400 900 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-expire-short", numbers=("Z010",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.2", find=expire_short, about=(bits.SOA,),
        why="A primary that is away for a long weekend takes the whole zone with it.",
        bad=soa_zone("ns hostmaster 1 14400 3600 86400 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-minimum-unusual", numbers=("Z011",), severity=WARNING, refused_by="",
        spec="RFC 2308 sections 4 and 5", find=minimum_unusual, about=(bits.SOA,),
        why="Too short and mistyped names are asked for without end; too long and new names wait.",
        bad=soa_zone("ns hostmaster 1 14400 3600 1209600 604800"), good=GOOD_SOA_ZONE,
    ),
    *soa_names.CHECKS,
)
# fmt: on
