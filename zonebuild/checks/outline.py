"""A zone as its sister zones of the same site need to know it: what it asks of them, and answers.

A site may have ten thousand zones, and one of a million records, so no zone is kept for the
others. Each gives its outline: what it says of child zones, and which of its records name
something in a sister zone. Only the zones that are asked are looked at again, for the answers.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from zonebuild.checks import bits
from zonebuild.checks.names import ancestors, is_below
from zonebuild.checks.reverse import reverse_of
from zonebuild.checks.servers import Servers
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Finding, Location
from zonebuild.model import Zone
from zonebuild.rdata.canonical import canonical_text

ASKING = frozenset({bits.NS, bits.CNAME, bits.PTR, bits.MX, bits.SRV})
_REDIRECTING = bits.NS_BIT | bits.DNAME_BIT

Placed = Callable[[Location], Location]


class SiteFinding(NamedTuple):
    """A finding that the YAML of the zone *apex* may speak of. owner: of the record at fault.

    apex: empty where it is about the site.
    """

    apex: str
    owner: str
    finding: Finding


class DS(NamedTuple):
    """A DS: key tag, algorithm, digest type, and the digest in lower-case hex."""

    tag: int
    algorithm: int
    digest_type: int
    digest: str


class Ask(NamedTuple):
    """A record of *owner* that names *name*, which a sister zone answers for.

    rdtype: of an A or AAAA *name* is the reverse of its address.
    """

    name: str
    rdtype: int
    owner: str
    location: Location


class Server(NamedTuple):
    """An NS. host: absolute, lower case. addresses: what the zone has of it, and where."""

    host: str
    location: Location
    addresses: tuple[tuple[str, Location], ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a zone says of a child zone that the site has as well. servers: none at all may be."""

    child: str
    servers: tuple[Server, ...]
    ds: tuple[tuple[DS, Location], ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """What the other zones of a site may want to know of a zone, and what it asks of them.

    path: of its largest fragment. servers: those of its apex.
    """

    apex: str
    path: str
    servers: tuple[Server, ...]
    delegations: tuple[Delegation, ...]
    asks: tuple[Ask, ...]


class Sisters:
    """The zones of one site, by their names."""

    def __init__(self, apexes: Iterable[str]) -> None:
        self._apexes = frozenset(apexes)
        self._children: dict[str, list[str]] = {}
        for apex in sorted(self._apexes):
            parent = next((a for a in ancestors(apex) if a in self._apexes), None)
            if parent is not None:
                self._children.setdefault(parent, []).append(apex)

    def zone_of(self, name: str) -> str | None:
        """Return the zone at or above *name* that is nearest to it, None where there is none."""
        if name in self._apexes:
            return name
        return next((above for above in ancestors(name) if above in self._apexes), None)

    def children_of(self, apex: str) -> list[str]:
        """Return the zones right below *apex*, none of the others between."""
        return self._children.get(apex, [])


def outline_zone(
    zone: Zone,
    sisters: Sisters,
    placed: Placed = lambda place: place,
    *,
    with_addresses: bool = False,
) -> Outline:
    """Return the outline of *zone*.

    placed: from a place in it to the one that a person edits.
    with_addresses: reverse zones are asked for each A and AAAA.
    """
    survey = Survey(zone)
    apex = survey.apex_index
    own = [] if apex is None else survey.once(Servers).of(apex)
    asks = [*_asks(survey, sisters, placed)]
    if with_addresses:
        asks += _reverse_asks(survey, sisters, placed)
    return Outline(
        apex=zone.apex,
        path=_largest_fragment(zone),
        servers=tuple(_server(survey, row, target, placed) for row, target in own),
        delegations=tuple(_delegations(survey, sisters, placed)),
        asks=tuple(asks),
    )


def _largest_fragment(zone: Zone) -> str:
    starts = (0, *(span.end for span in zone.spans))
    sizes = [(span.end - start, span.path) for start, span in zip(starts, zone.spans, strict=False)]
    return max(sizes, key=lambda sized: sized[0], default=(0, zone.apex))[1]


def _server(survey: Survey, row: int, target: int, placed: Placed) -> Server:
    addresses = survey.once(Servers).addresses.get(target, ())
    here = tuple((a.text, placed(survey.records.location(a.row))) for a in addresses)
    return Server(survey.names[target], placed(survey.records.location(row)), here)


def _delegations(survey: Survey, sisters: Sisters, placed: Placed) -> Iterator[Delegation]:
    """Yield what is said of each child; of one that another zone or a DNAME hides, nothing."""
    for child in sisters.children_of(survey.apex):
        index = survey.indices.get(child, -1)
        if not _is_hidden(survey, child):
            pairs = survey.once(Servers).by_owner.get(index, [])
            servers = tuple(_server(survey, row, target, placed) for row, target in pairs)
            yield Delegation(child, servers, tuple(_ds(survey, index, placed)))


def _is_hidden(survey: Survey, name: str) -> bool:
    """Say whether a cut or a DNAME stands above *name*, which is below the apex."""
    between = (above for above in ancestors(name) if is_below(above, survey.apex))
    at_apex = survey.mask(survey.apex) & bits.DNAME_BIT
    return bool(at_apex) or any(survey.mask(above) & _REDIRECTING for above in between)


def _ds(survey: Survey, owner: int, placed: Placed) -> Iterator[tuple[DS, Location]]:
    if owner < 0 or not survey.masks[owner] & bits.DS_BIT:
        return
    rows = [row for row in survey.rows_of(bits.DS) if survey.records.owners[row] == owner]
    for row, origin, rdata in survey.rdatas(rows):
        tag, algorithm, kind, digest = canonical_text("DS", rdata, origin).split(" ", 3)
        ds = DS(int(tag), int(algorithm), int(kind), digest.replace(" ", "").lower())
        yield ds, placed(survey.records.location(row))


def _asks(survey: Survey, sisters: Sisters, placed: Placed) -> Iterator[Ask]:
    """Yield the records that are seen and whose target a sister zone answers for."""
    records, names = survey.records, survey.names
    # A glance is enough for most: what has the apex at its end, and no child zone to lie in.
    known = "\0" if sisters.children_of(survey.apex) else f".{survey.apex}"
    asked = {
        target
        for target in set(records.targets)
        if not names[target].endswith(known) and _is_asked(survey, sisters, target)
    }
    pairs = zip(records.target_rows, records.targets, strict=True)
    pointing = map(asked.__contains__, records.targets)
    for row, target in compress(pairs, pointing) if asked else ():
        rdtype, owner = records.rdtypes[row], records.owners[row]
        if rdtype in ASKING and not survey.places.of(owner):
            place = placed(records.location(row))
            yield Ask(names[target], rdtype, names[owner], place)


def _is_asked(survey: Survey, sisters: Sisters, target: int) -> bool:
    name, apex = survey.names[target], survey.apex
    if name == ".":  # no host: "no mail", "no such service", of HTTPS the owner itself
        return False
    is_inside = name == apex or is_below(name, apex)
    if is_inside and (not sisters.children_of(apex) or survey.is_ours(target)):
        return False
    return sisters.zone_of(name) not in (None, apex)


def _reverse_asks(survey: Survey, sisters: Sisters, placed: Placed) -> Iterator[Ask]:
    """Yield an ask for the PTR of each address for which the site has a reverse zone."""
    records, names = survey.records, survey.names
    rows = sorted([*survey.rows_of(bits.A), *survey.rows_of(bits.AAAA)])
    for row, origin, rdata in survey.rdatas(rows):
        owner, rdtype = records.owners[row], records.rdtypes[row]
        if not survey.is_ours(owner) or names[owner].startswith("*."):
            continue
        name = reverse_of(canonical_text(survey.type_of(row), rdata, origin))
        if sisters.zone_of(name) is not None:
            yield Ask(name, rdtype, names[owner], placed(records.location(row)))


class Kind(enum.Enum):
    """What a zone has for a name that was asked for."""

    ADDRESS = enum.auto()
    ALIAS = enum.auto()
    OTHER = enum.auto()  # it exists, and has neither
    MISSING = enum.auto()
    ELSEWHERE = enum.auto()  # the answer is not this zone's to give


class Answer(NamedTuple):
    """What a zone has for a name. addresses: in canonical text form."""

    kind: Kind
    addresses: frozenset[str] = frozenset()


def answer_all(zone: Zone, names: Collection[str]) -> dict[str, Answer]:
    """Return what *zone*, at or below whose apex all *names* lie, has for each of them."""
    survey = Survey(zone)
    sources = {name: _source(survey, name) for name in names}
    addresses = _addresses(survey, {s for s in sources.values() if isinstance(s, int)})
    answers = {}
    for name, source in sources.items():
        if isinstance(source, Kind):
            answers[name] = Answer(source)
        elif survey.masks[source] & bits.ADDRESS_BITS:
            answers[name] = Answer(Kind.ADDRESS, frozenset(addresses[source]))
        else:
            is_alias = survey.masks[source] & bits.CNAME_BIT
            answers[name] = Answer(Kind.ALIAS if is_alias else Kind.OTHER)
    return answers


def _source(survey: Survey, name: str) -> int | Kind:
    """Return the name whose records answer for *name*, or why there is none."""
    if name != survey.apex:
        if _is_hidden(survey, name) or survey.mask(name) & bits.NS_BIT:
            return Kind.ELSEWHERE
        if not survey.mask(name) and survey.exists(name):
            return Kind.OTHER
    if survey.mask(name):
        return survey.indices[name]
    encloser = survey.closest_encloser(name) if name != survey.apex else name
    wildcard = "*." if encloser == "." else f"*.{encloser}"
    return survey.indices[wildcard] if survey.mask(wildcard) else Kind.MISSING


def _addresses(survey: Survey, owners: set[int]) -> dict[int, list[str]]:
    wanted = {owner for owner in owners if survey.masks[owner] & bits.ADDRESS_BITS}
    found: dict[int, list[str]] = {}
    at = survey.rows_at(wanted)
    rows = sorted(row for rows in at.values() for row in rows)
    rdtypes = survey.records.rdtypes
    rows = [row for row in rows if rdtypes[row] in (bits.A, bits.AAAA)]
    for row, origin, rdata in survey.rdatas(rows):
        text = canonical_text(survey.type_of(row), rdata, origin)
        found.setdefault(survey.records.owners[row], []).append(text)
    return found
