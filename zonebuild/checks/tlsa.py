"""TLSA, SMIMEA and OPENPGPKEY records: fields, owners, hosts (RFC 6698, RFC 7671, RFC 8162)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.names import ancestors, is_below
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit
from zonebuild.rdata.canonical import canonical_text

TLSA, SMIMEA, OPENPGPKEY, SVCB, HTTPS = 52, 53, 61, 64, 65
_HOST_BITS = bits.ADDRESS_BITS | bits.CNAME_BIT | type_bit(SVCB) | type_bit(HTTPS)

_FIELDS = (("usage", range(4)), ("selector", range(2)), ("matching type", range(3)))
_PRIVATE = 255
_NOTHING = {  # a digest of no octets, by matching type
    1: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    2: "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
}


def tlsa_field_unknown(survey: Survey) -> Iterator[Fact]:
    """Find each TLSA or SMIMEA whose usage, selector or matching type is not assigned."""
    for row, numbers, _data in survey.once(_odd_records):
        for (field, known), number in zip(_FIELDS, numbers, strict=True):
            if number not in known and number != _PRIVATE:
                message = f"{survey.type_of(row)} {field} {number} is not assigned"
                yield Fact(row, f"{message}: write one from 0 to {known[-1]}", Part.RDATA)


def tlsa_whole_certificate(survey: Survey) -> Iterator[Fact]:
    """Find each TLSA with a whole certificate or key in place of its digest."""
    for row, (usage, selector, kind), _data in survey.once(_odd_records):
        if kind == 0 and survey.records.rdtypes[row] == TLSA:
            message = f"TLSA of {survey.owner(row)} holds what it matches in full (matching type 0)"
            meant = f'"{usage} {selector} 1" and its SHA-256 digest'
            yield Fact(row, f"{message}: write {meant}", Part.RDATA)


def digest_of_nothing(survey: Survey) -> Iterator[Fact]:
    """Find each TLSA or SMIMEA that holds the digest of no octets at all."""
    for row, (*_numbers, kind), data in survey.once(_odd_records):
        if data == _NOTHING.get(kind):
            message = f"{survey.type_of(row)} digest is that of no octets at all"
            yield Fact(
                row, f"{message}: the certificate was not there when it was made", Part.RDATA
            )


def _odd_records(survey: Survey) -> list[tuple[int, tuple[int, int, int], str]]:
    """Return row, the three numbers and the data, lower hex, of what is not plainly right."""
    found = []
    for row, origin, rdata in (*survey.unusual(TLSA), *survey.rdatas(survey.rows_of(SMIMEA))):
        text = canonical_text(survey.type_of(row), rdata, origin) + "   "  # data may be empty
        *numbers, data = text.split(" ", 3)
        usage, selector, kind = map(int, numbers)
        found.append((row, (usage, selector, kind), data.replace(" ", "")))
    return found


# -- owners ------------------------------------------------------------------------------------

_SERVICE = re.compile(r"(\*|_(?:0|[1-9]\d{0,4}))\._(?:tcp|udp|sctp|dccp)\.", re.ASCII)
_LAST_PORT = 65535
_LIKE_A_PORT = re.compile(r"_\d+|_(?:tcp|udp|sctp|dccp)", re.ASCII)
_TEMPLATES = {SMIMEA: "_smimecert", OPENPGPKEY: "_openpgpkey"}
_HASH = re.compile(r"[0-9a-f]{56}", re.ASCII)


def tlsa_owner_without_port(survey: Survey) -> Iterator[Fact]:
    """Find each name with TLSA that says no port and protocol and that no alias leads to.

    One with an underscore may be what an alias of another zone leads to, hence a warning.
    """
    without = [(owner, row) for owner, row, host in survey.once(_hosts) if host is None]
    without = [(owner, row) for owner, row in without if not survey.names[owner].startswith("*.")]
    for owner, row in _not_led_to(survey, without):
        name = survey.names[owner]
        message = f"TLSA at {name}, which says no port and protocol"
        labels = name.split(".")
        if not any(label.startswith("_") for label in labels):
            yield Fact(row, f"{message}: write _443._tcp.{name} or whatever the service has")
            continue
        message += ", and no CNAME of this zone leads to it: write _PORT._PROTOCOL.HOST"
        is_mistake = any(map(_LIKE_A_PORT.fullmatch, labels))
        yield Fact(row, message, severity=None if is_mistake else WARNING)


def _host_of(name: str) -> str | None:
    """Return the host of *name* where it is `_port._protocol.host`; `*` may stand for a port."""
    match = _SERVICE.match(name)
    is_service = match is not None and (match[1] == "*" or int(match[1][1:]) <= _LAST_PORT)
    return (name[match.end() :] or ".") if match and is_service else None


def _hosts(survey: Survey) -> list[tuple[int, int, str | None]]:
    """Return each name with TLSA, its first row, and the host whose service it is."""
    names = survey.names
    return [(owner, row, _host_of(names[owner])) for owner, row in _first_rows(survey, TLSA)]


def mail_key_owner_not_hashed(survey: Survey) -> Iterator[Fact]:
    """Find each SMIMEA and OPENPGPKEY whose owner is not made of the hash of a mailbox."""
    for rdtype, template in _TEMPLATES.items():
        firsts = _first_rows(survey, rdtype)
        odd = [(o, row) for o, row in firsts if not _is_hashed(survey.names[o], template)]
        for owner, row in _not_led_to(survey, odd):
            found = f"{survey.type_of(row)} at {survey.names[owner]}"
            wanted = f"the first 56 hex digits of the SHA-256 of the mailbox, then {template}"
            yield Fact(row, f"{found}: the owner wants {wanted}")


def _is_hashed(name: str, template: str) -> bool:
    hashed, _, rest = name.partition(".")
    is_hash = hashed == "*" or _HASH.fullmatch(hashed) is not None
    return is_hash and rest.startswith(f"{template}.")


def _first_rows(survey: Survey, rdtype: int) -> Iterable[tuple[int, int]]:
    """Return each name with *rdtype*, wherever it lies, and its first row."""
    owners = survey.records.owners
    firsts: dict[int, int] = {}
    for row in survey.rows_of(rdtype):
        firsts.setdefault(owners[row], row)
    return firsts.items()


def _not_led_to(survey: Survey, found: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield those of *found*, names with a row, that are ours and that no CNAME here points at.

    A DNAME leads to all names below its target.
    """
    found = [(owner, row) for owner, row in found if survey.is_ours(owner)]
    if not found:
        return
    targets = {rdtype: set(survey.pointing(rdtype)[1]) for rdtype in (bits.CNAME, bits.DNAME)}
    for owner, row in found:
        above = map(survey.indices.get, ancestors(survey.names[owner]))
        if owner not in targets[bits.CNAME] and targets[bits.DNAME].isdisjoint(above):
            yield owner, row


# -- hosts -------------------------------------------------------------------------------------


def tlsa_host_without_address(survey: Survey) -> Iterator[Fact]:
    """Find each host of a TLSA that has no address of its own; say it once for each host."""
    said, apex = set[str](), survey.apex
    for owner, row, host in survey.once(_hosts):
        if host is None or survey.mask(host) & _HOST_BITS or host in said:
            continue
        if not survey.is_ours(owner) or not (host == apex or is_below(host, apex)):
            continue
        said.add(host)
        yield Fact(row, f"TLSA of the host {host}, which {without_address(survey, host)}")


def without_address(survey: Survey, host: str) -> str:
    """Say that *host*, which exists, has no address, and which wildcard would have given it one."""
    wildcard = _wildcard_above(survey, host)
    if wildcard is None:
        return "has no A or AAAA here: add its addresses, or take this record away"
    return (
        f"has no A or AAAA: this record makes the name exist, so {wildcard} does not answer for "
        "it; write its addresses out"
    )


def _wildcard_above(survey: Survey, host: str) -> str | None:
    """Return the wildcard with addresses that would answer for *host* if nothing stood there."""
    for above in ancestors(host) if host != survey.apex else ():
        wildcard = "*." if above == "." else f"*.{above}"
        if survey.mask(wildcard) & bits.ADDRESS_BITS:
            return wildcard
        if above == survey.apex or survey.mask(above):
            break
    return None


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="tlsa-field-unknown", numbers=("Z090",), severity=ERROR, refused_by="",
        spec="RFC 6698 section 7, RFC 7671 section 4", find=tlsa_field_unknown,
        about=(TLSA, SMIMEA),
        why="Clients pass over such a record, and so over the certificate that it should hold.",
        bad=f"_443._tcp.ns TLSA 4 1 1 {'0f' * 32}\n",
        good=f"_443._tcp.ns TLSA 3 1 1 {'0f' * 32}\n",
    ),
    Check(
        name="tlsa-whole-certificate", numbers=("Z094",), severity=WARNING, refused_by="",
        spec="RFC 7671 section 5.2.1 and 10.1.1", find=tlsa_whole_certificate, about=(TLSA,),
        why="Long answers for nothing: the server sends the certificate in any case.",
        bad="_443._tcp.ns TLSA 3 0 0 3082030f\n",
        good=f"_443._tcp.ns TLSA 3 0 1 {'0f' * 32}\n",
    ),
    Check(
        name="digest-of-nothing", numbers=("Z095",), severity=ERROR, refused_by="",
        spec="RFC 6698 section 2.1.3", find=digest_of_nothing, about=(TLSA, SMIMEA),
        why="It matches no certificate; a script ran on an empty file.",
        bad=f"_443._tcp.ns TLSA 3 1 1 {_NOTHING[1]}\n",
        good=f"_443._tcp.ns TLSA 3 1 1 {'0f' * 32}\n",
    ),
    Check(
        name="tlsa-owner-without-port", numbers=("Z092",), severity=ERROR, refused_by="",
        spec="RFC 6698 section 3, RFC 8552 section 4", find=tlsa_owner_without_port, about=(TLSA,),
        why="Clients ask for _PORT._PROTOCOL.HOST and never see a TLSA elsewhere.",
        bad=f"ns TLSA 3 1 1 {'0f' * 32}\n",
        good=f"_443._tcp.ns TLSA 3 1 1 {'0f' * 32}\n",
    ),
    Check(
        name="mail-key-owner-not-hashed", numbers=("Z092",), severity=ERROR, refused_by="",
        spec="RFC 8162 section 3, RFC 7929 section 3", find=mail_key_owner_not_hashed,
        about=tuple(_TEMPLATES),
        why="Mail programs ask for the hash of the mailbox and never see a key elsewhere.",
        bad=f"hugh._smimecert SMIMEA 3 1 1 {'0f' * 32}\n",
        good="c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert SMIMEA 3 1 1 "
        f"{'0f' * 32}\n",
    ),
    Check(
        name="tlsa-host-without-address", numbers=("Z093",), severity=WARNING, refused_by="",
        spec="RFC 6698 section 3, RFC 4592 section 2.2.2", find=tlsa_host_without_address,
        about=(TLSA,),
        why="Nobody can reach the service; the TLSA itself ends what a wildcard did for its host.",
        bad=f"* A 192.0.2.2\n_443._tcp.www TLSA 3 1 1 {'0f' * 32}\n",
        good=f"www A 192.0.2.2\n_443._tcp.www TLSA 3 1 1 {'0f' * 32}\n",
    ),
)
# fmt: on
