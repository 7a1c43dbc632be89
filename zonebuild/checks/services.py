"""SRV, URI, PTR, RP and LP records and what they point at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.names import ancestors, is_below
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.types import type_mnemonic

RP, LP, URI = 17, 107, 256
_TEXT_BITS = type_bit(bits.TXT) | bits.CNAME_BIT

# `_service._proto` at the beginning or behind labels of an instance or a site; a wildcard may
# stand for the first of both. URI is also found by one label (RFC 7553 section 4.1).
_SERVICE = re.compile(r"(?:.*\.)?_[^.]+\._[^.]+\..*|\*\..*", re.DOTALL)
_UNDERSCORED = re.compile(r"(?:.*\.)?_[^.]+\..*|\*\..*", re.DOTALL)
_REVERSE = (".in-addr.arpa.", ".ip6.arpa.")
_RELATIVE_PTR = re.compile(r"\tPTR\t(?![^\n]*(?<!\\)\.\n)")
_PLAIN_LABEL = "[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*"
_UNUSUAL_PTR = re.compile(rf"\tPTR\t(?!{_PLAIN_LABEL}(?:\.{_PLAIN_LABEL})+\.(?<=[A-Za-z]\.)\n)")
_HOST = re.compile(r"(?!(?:.*\.)?\d+\.\Z)(?:[a-z0-9](?:[a-z0-9-]*+(?<!-))?\.)+")


def srv_owner(survey: Survey) -> Iterator[Fact]:
    """Find each SRV or URI whose owner no client will ask for."""
    for rdtype, pattern, wanted in (
        (bits.SRV, _SERVICE, "_service._proto (RFC 2782)"),
        (URI, _UNDERSCORED, "_service._proto (RFC 7553 section 4.1)"),
    ):
        for row in _misplaced(survey, rdtype, pattern):
            name = survey.owner(row)
            message = f"{type_mnemonic(rdtype)} of {name}, which does not begin with {wanted}"
            yield Fact(row, f"{message}: write _service._tcp.{name} or the like")


def _misplaced(survey: Survey, rdtype: int, pattern: re.Pattern[str]) -> list[int]:
    rows = [row for row in survey.rows_of(rdtype) if not pattern.match(survey.owner(row))]
    if not rows:
        return []
    aliased, moved = _aliased(survey)
    return [
        row
        for row in rows
        if survey.records.owners[row] not in aliased
        and not any(above in moved for above in ancestors(survey.owner(row)))
        and survey.is_ours(survey.records.owners[row])
    ]


def _aliased(survey: Survey) -> tuple[frozenset[int], frozenset[str]]:
    """Return the targets of CNAMEs, and the names of the targets of DNAMEs."""
    aliased, moved = (survey.pointing(rdtype)[1] for rdtype in (bits.CNAME, bits.DNAME))
    return frozenset(aliased), frozenset(survey.names[target] for target in moved)


def srv_none_with_fields(survey: Survey) -> Iterator[Fact]:
    """Find each SRV that offers no service (target ".") and yet gives numbers."""
    for row, numbers, target in survey.once(_srv):
        if target == "." and numbers != ["0", "0", "0"]:
            message = f"SRV of {survey.owner(row)} says that there is no such service"
            yield Fact(row, f'{message}, target ".": write SRV 0 0 0 .', Part.RDATA)


def srv_port_zero(survey: Survey) -> Iterator[Fact]:
    """Find each SRV with a target and port 0, but for the placeholders of DNS-SD.

    Spec: RFC 6763 section 8: an instance whose protocol is not there has port 0.
    """
    for row, numbers, target in survey.once(_srv):
        if target != "." and numbers[2] == "0" and survey.owner(row).startswith("_"):
            message = f"SRV of {survey.owner(row)} has port 0, where nothing listens"
            mend = "write the port, or SRV 0 0 0 . where there is no such service"
            yield Fact(row, f"{message}: {mend}", Part.RDATA)


def _srv(survey: Survey) -> list[tuple[int, list[str], str]]:
    """Return row, priority, weight and port, and target of the SRV without port or target."""
    found = []
    for row, origin, rdata in survey.unusual(bits.SRV):
        *numbers, target = canonical_text("SRV", rdata, origin).split(" ")
        found.append((row, numbers, target))
    return found


def ptr_without_dot(survey: Survey) -> Iterator[Fact]:
    """Find each PTR of a reverse zone that points at a name of a reverse zone."""
    for row, target in _odd_ptr(survey, _RELATIVE_PTR):
        if not target.endswith(_REVERSE):
            continue
        origin = survey.records.block(row).origin
        meant = target[: -len(origin)] if is_below(target, origin) else ""
        message = f"PTR of {survey.owner(row)} points at {target}, a name of a reverse zone"
        is_host = "." in meant[:-1] and _HOST.fullmatch(meant)
        mend = f"write {meant} with its final dot" if is_host else "write the host's whole name"
        yield Fact(row, f"{message}: {mend}", Part.RDATA)


def ptr_not_host(survey: Survey) -> Iterator[Fact]:
    """Find each PTR of a reverse zone that points at what is no host name."""
    for row, target in _odd_ptr(survey, _UNUSUAL_PTR):
        if target.endswith(_REVERSE) or target == "localhost.":
            continue
        if not _HOST.fullmatch(target) or target.count(".") < 2:
            said = "is no host name" if target.count(".") > 1 else "is no full host name"
            message = f"PTR of {survey.owner(row)} points at {target}, which {said}"
            mend = "write labels of letters, digits and hyphens, with the domain behind"
            yield Fact(row, f"{message}: {mend} (RFC 1123 section 2.1)", Part.RDATA)


def _odd_ptr(survey: Survey, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield row and target of each PTR of a reverse zone that *pattern* finds in its text.

    What browsing for services finds (RFC 6763 section 11) has an underscore in its owner.
    """
    if not f".{survey.apex}".endswith(_REVERSE):
        return
    for row, _match in survey.search(pattern):
        if survey.records.rdtypes[row] == bits.PTR and "_" not in survey.owner(row):
            yield row, survey.names[survey.targets_of([row])[0]]


def rp_text_missing(survey: Survey) -> Iterator[Fact]:
    """Find each RP whose second name is of this zone and has no TXT."""
    rows = survey.rows_of(RP)
    for row, origin, rdata in survey.rdatas(rows):
        name = canonical_text("RP", rdata, origin).split(" ")[1].lower()
        if name != "." and _lacks_text(survey, name):
            message = f"RP of {survey.owner(row)} names {name}, which has no TXT"
            yield Fact(row, f'{message}: add one there, or write "." for none', Part.RDATA)


def _lacks_text(survey: Survey, name: str) -> bool:
    """Say whether this zone answers for *name* and has neither TXT nor CNAME for it."""
    if name != survey.apex and not is_below(name, survey.apex):
        return False
    above = [name, *ancestors(name)]
    above = above[: above.index(survey.apex)]
    if any(survey.mask(hiding) & (bits.NS_BIT | bits.DNAME_BIT) for hiding in above):
        return False
    if survey.mask(survey.apex) & bits.DNAME_BIT and above:
        return False
    mask = survey.mask(name)
    if not mask and not survey.exists(name):
        encloser = survey.closest_encloser(name)
        mask = survey.mask("*." if encloser == "." else f"*.{encloser}")
    return not mask & _TEXT_BITS


def lp_to_itself(survey: Survey) -> Iterator[Fact]:
    """Find each LP that names its own owner."""
    rows = list(survey.rows_of(LP))
    for row, target in zip(rows, survey.targets_of(rows), strict=True) if rows else ():
        if survey.records.owners[row] == target:
            message = f"LP of {survey.owner(row)} points at itself"
            yield Fact(row, f"{message}: name what has its L32 or L64", Part.RDATA)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="srv-owner-not-service", numbers=("Z075",), severity=WARNING, refused_by="",
        spec="RFC 2782, RFC 7553 section 4.1", find=srv_owner, about=(bits.SRV, URI),
        why="Clients ask for _service._proto names alone, and never find it.",
        bad="sip SRV 0 0 5060 ns\n",
        good="_sip._tcp SRV 0 0 5060 ns\n",
    ),
    Check(
        name="srv-none-with-fields", numbers=("Z078",), severity=WARNING, refused_by="",
        spec="RFC 2782", find=srv_none_with_fields, about=(bits.SRV,),
        why="A target of \".\" means: no such service; numbers beside it say that one was meant.",
        bad="_imap._tcp SRV 0 1 143 .\n",
        good="_imap._tcp SRV 0 0 0 .\n",
    ),
    Check(
        name="srv-port-zero", numbers=("Z078",), severity=WARNING, refused_by="",
        spec="RFC 2782, RFC 6335 section 6", find=srv_port_zero, about=(bits.SRV,),
        why="Port 0 is reserved: no client can connect to it.",
        bad="_imaps._tcp SRV 0 1 0 ns\n",
        good="_imaps._tcp SRV 0 1 993 ns\n",
    ),
    Check(
        name="ptr-target-in-reverse-zone", numbers=("Z079",), severity=WARNING, refused_by="",
        spec="RFC 1035 section 3.5", find=ptr_without_dot, about=(bits.PTR,),
        why="No host is called so: the final dot of its name was forgotten.",
        bad="; apex: 2.0.192.in-addr.arpa.\n1 PTR www.example.org\n",
        good="; apex: 2.0.192.in-addr.arpa.\n1 PTR www.example.org.\n",
    ),
    Check(
        name="ptr-target-not-a-host", numbers=("Z079",), severity=WARNING, refused_by="",
        spec="RFC 1035 section 3.5, RFC 1123 section 2.1", find=ptr_not_host, about=(bits.PTR,),
        why="Programs that look a name up for an address refuse what no host can be called.",
        bad="; apex: 2.0.192.in-addr.arpa.\n1 PTR my_host.example.org.\n",
        good="; apex: 2.0.192.in-addr.arpa.\n1 PTR my-host.example.org.\n",
    ),
    Check(
        name="rp-text-missing", numbers=("Z080",), severity=WARNING, refused_by="",
        spec="RFC 1183 section 2.2", find=rp_text_missing, about=(RP,),
        why="Whoever looks for the responsible person finds nothing.",
        bad="@ RP hostmaster person\n",
        good='@ RP hostmaster person\nperson TXT "+49 30 0000000"\n',
    ),
    Check(
        name="lp-to-itself", numbers=("Z081",), severity=ERROR, refused_by="",
        spec="RFC 6742 section 2.4.1", find=lp_to_itself, about=(LP,),
        why="The name that it points at must differ from its owner.",
        bad="a LP 10 a\n",
        good="a LP 10 b\nb L32 10 10.1.2.0\n",
    ),
)
# fmt: on
