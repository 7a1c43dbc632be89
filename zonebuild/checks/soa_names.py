"""The two names of the SOA: the primary server, and the mailbox of who answers for the zone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.hosts import LABEL
from zonebuild.checks.names import ancestors
from zonebuild.checks.servers import Servers
from zonebuild.checks.soa_record import GOOD_SOA_ZONE, Soa, read_soa, soa_zone
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.model import absolute

_HOST = re.compile(rf"(?:{LABEL}\.)+|\.")
# RFC 5321 section 4.1.2 for what stands before the @, but for "/"; RFC 1035 section 8 for its dots.
_ATOM = r"[\w!#%&'*+=?^`{|}~-]|\\[$.]"
_MAILBOX = re.compile(rf"(?:{_ATOM})+\.(?:{LABEL}\.)*", re.ASCII)
_WITH_AT = re.compile(r"([\w.+-]++)\\?@((?:[\w-]+\.)*[\w-]+\.?)", re.ASCII)
_NOT_SERVERS = frozenset({".", "localhost."})


def rname_with_at_sign(survey: Survey) -> Iterator[Fact]:
    """Find an RNAME that is written as people write mail addresses."""
    soa = survey.once(read_soa)
    if soa and "@" in soa.rname and soa.rname != "@":
        message = f'SOA RNAME {quoted(soa.rname)} has an "@", which is a dot there'
        yield Fact(soa.row, f"{message}{_without_at(soa.rname)}", Part.RDATA)


def _without_at(rname: str) -> str:
    """Return the mend of *rname*: the dots before the `@` are escaped, the `@` is one."""
    parts = _WITH_AT.fullmatch(rname)
    if parts is None:
        return ""
    local, domain = parts[1].replace(".", "\\."), parts[2]
    return f": write {local}.{domain}{'' if domain.endswith('.') else '.'}"


def rname_not_mailbox(survey: Survey) -> Iterator[Fact]:
    """Find an RNAME that stands for no mail address."""
    soa = survey.once(read_soa)
    if not soa or ("@" in soa.rname and soa.rname != "@"):
        return
    name = absolute(soa.rname, soa.origin).lower()
    if not _MAILBOX.fullmatch(name):
        message = f"SOA RNAME {quoted(name, 255)} stands for no mail address"
        yield Fact(soa.row, f"{message}: write hostmaster.{_domain(survey)}", Part.RDATA)


def _domain(survey: Survey) -> str:
    return "example.org." if survey.apex == "." else survey.apex


def mname_not_host_name(survey: Survey) -> Iterator[Fact]:
    """Find an MNAME that no host can be called."""
    soa = survey.once(read_soa)
    if soa and not _HOST.fullmatch(_mname(soa)):
        message = f"SOA MNAME {quoted(_mname(soa), 255)} is not a host name"
        yield Fact(soa.row, f"{message}: want letters, digits and inner hyphens", Part.RDATA)


def mname_no_server(survey: Survey) -> Iterator[Fact]:
    """Find an MNAME that is an alias, the root or localhost."""
    soa = survey.once(read_soa)
    if soa is None:
        return
    name = _mname(soa)
    if name in _NOT_SERVERS:
        message = f'SOA MNAME "{name}" is no server: name the primary'
        yield Fact(soa.row, message, Part.RDATA)
    elif _is_alias(survey, name):
        message = f"SOA MNAME {name} is an alias: name the host that it leads to"
        yield Fact(soa.row, message, Part.RDATA)


def mname_not_in_ns(survey: Survey) -> Iterator[Fact]:
    """Find an MNAME that none of the NS at the apex names."""
    soa = survey.once(read_soa)
    apex = survey.apex_index
    if soa is None or apex is None or _mname(soa) in _NOT_SERVERS:
        return
    servers = {survey.names[target] for _row, target in survey.once(Servers).of(apex)}
    if servers and _mname(soa) not in servers:
        message = f"SOA MNAME {_mname(soa)} is none of the name servers of {survey.apex}"
        yield Fact(soa.row, f"{message}: right where the primary is hidden", Part.RDATA)


def _mname(soa: Soa) -> str:
    return absolute(soa.mname, soa.origin).lower()


def _is_alias(survey: Survey, name: str) -> bool:
    mask = survey.mask(name)
    if mask:
        return bool(mask & bits.CNAME_BIT)
    return bool(survey.rows_of(bits.DNAME)) and any(
        survey.mask(above) & bits.DNAME_BIT for above in ancestors(name)
    )


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="soa-rname-with-at-sign", numbers=("Z012",), severity=ERROR, refused_by="K",
        spec="RFC 1035 sections 3.3.13 and 8", find=rname_with_at_sign, about=(bits.SOA,),
        why="The `@` becomes a part of a label, and mail to that address goes nowhere.",
        bad=soa_zone("ns hostmaster@example.org. 1 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-rname-not-mailbox", numbers=("Z013",), severity=WARNING, refused_by="",
        spec="RFC 1035 section 8, RFC 2142 section 7", find=rname_not_mailbox, about=(bits.SOA,),
        why="Who finds something wrong in the zone cannot write to anybody.",
        bad=soa_zone("ns host/master 1 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-mname-not-host-name", numbers=("Z013",), severity=WARNING, refused_by="",
        spec="RFC 952, RFC 1123 section 2.1", find=mname_not_host_name, about=(bits.SOA,),
        why="The primary server is a host.",
        bad=soa_zone("ns_1 hostmaster 1 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-mname-no-server", numbers=("Z014",), severity=WARNING, refused_by="",
        spec="RFC 1035 section 3.3.13, RFC 2136 section 4.3", find=mname_no_server,
        about=(bits.SOA,),
        why="Dynamic updates and NOTIFY go by it, and no alias leads them there.",
        bad=soa_zone(". hostmaster 1 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
    Check(
        name="soa-mname-not-in-ns", numbers=("Z014",), severity=INFO, refused_by="",
        spec="RFC 1035 section 3.3.13, RFC 1996 section 2.1", find=mname_not_in_ns,
        about=(bits.SOA,),
        why="Right for a hidden primary; else a server was renamed and the SOA forgotten.",
        bad=soa_zone("ns2 hostmaster 1 14400 3600 1209600 3600"), good=GOOD_SOA_ZONE,
    ),
)
# fmt: on
