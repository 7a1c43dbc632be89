"""The lineages of the map, their certificates and what is remembered into one fragment a zone.

What is wrong stops nothing that is published: its records stay as they were written last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.model import type_bit
from zonebuild.placement import zone_of
from zonebuild.site.tlsa_map import AT_ONCE, MapEntry, TlsaMap
from zonebuild.tlsa.clocks import rdatas_of
from zonebuild.tlsa.material import Material
from zonebuild.tlsa.parameters import unit_of
from zonebuild.tlsa.pin import Pin, pin_for
from zonebuild.tlsa.places import Place
from zonebuild.tlsa.records import TlsaRecord, Track, fragment_text, guard
from zonebuild.tlsa.rollover import Step, advance, start_over
from zonebuild.tlsa.state import Observation, Owner, Policy, Sources, State

TrackName = tuple[str, str]  # lineage and unit
_CNAME, _ADDRESSES = type_bit(5), type_bit(1) | type_bit(28)


@dataclass(frozen=True, slots=True)
class Home:
    """A zone of the site. expire: seconds, of its SOA.

    mask: the types that a name owns in what people wrote, as bits; None where that is not known.
    """

    expire: int
    is_signed: bool
    mask: Callable[[str], int | None]


class Held(NamedTuple):
    """What lies in the store of a lineage.

    issued: the newest chain. exported: the one in the publication folder, None before the first.
    planned: the key that is published in advance, issuers: those of a list that are.
    has_keeper: somebody follows orders of what to export; without, what lies there is what hosts
    may serve, and both chains are the same.
    """

    issued: Material
    exported: Material | None
    planned: Material | None = None
    has_keeper: bool = False
    issuers: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a run looks at. now: Unix seconds.

    held: by lineage; one that is missing cannot be used now. homes: by apex.
    states: as they were remembered. published: the TLSA rdata last written, by owner.
    observed: what was seen from outside, by track; none where nobody looked.
    """

    now: int
    held: Mapping[str, Held]
    homes: Mapping[str, Home]
    states: Mapping[TrackName, State]
    published: Mapping[str, frozenset[str]]
    observed: Mapping[TrackName, Observation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run gives. fragments: the text of each zone's records, by apex.

    steps: what each track may do now; one that could not be looked at is missing.
    """

    fragments: Mapping[str, str]
    states: Mapping[TrackName, State]
    steps: Mapping[TrackName, Step]
    findings: tuple[Finding, ...]
    waitings: tuple[Waiting, ...]


def take_lineages(wanted: TlsaMap, known: Known) -> Taken:
    """Return the records of all lineages, and what is to be remembered before they are written."""
    work = _Work(wanted, known)
    for entry in wanted.entries.values():
        work.look_at(entry)
    for entry in wanted.entries.values():
        work.advance(entry)
    fragments = work.fragments()
    return Taken(fragments, work.states, work.steps, tuple(work.findings), tuple(work.waitings))


class _Work:
    """One run in the making. stuck: owners that keep all that was published there."""

    def __init__(self, wanted: TlsaMap, known: Known) -> None:
        self._wanted, self._known = wanted, known
        tracks = {(e.lineage.name, u) for e in wanted.entries.values() for u in e.lineage.units}
        self.states = {name: s for name, s in known.states.items() if name in tracks}
        self._before = dict(self.states)
        self._stuck: set[str] = set()
        self._refused: set[Place] = set()
        self._at: dict[str, list[tuple[MapEntry, Place]]] = {}
        self.steps: dict[TrackName, Step] = {}
        self.findings: list[Finding] = []
        self.waitings: list[Waiting] = []

    def look_at(self, entry: MapEntry) -> None:
        """Find what is wrong with the places of a lineage, and who shares its owners."""
        for place in entry.lineage.places:
            self._at.setdefault(place.owner, []).append((entry, place))
            wrong = _misplaced(place, self._known)
            if wrong is not None:
                check, message = wrong
                self.findings.append(Finding(place.location, Severity.ERROR, check, message))
                self._refused.add(place)
            if wrong is not None or entry.lineage.name not in self._known.held:
                self._stuck.add(place.owner)

    def advance(self, entry: MapEntry) -> None:
        """Let each track of a lineage do its step; one that cannot be used now stays as it is."""
        name, held = entry.lineage.name, self._known.held.get(entry.lineage.name)
        if held is None:
            return
        for unit in entry.lineage.units:
            issued = pin_for(held.issued, unit)
            if not isinstance(issued, Pin):
                message = f"{entry.certificate} {issued.reason}"
                where = entry.certificate_at
                self.findings.append(Finding(where, Severity.ERROR, "certificate-unfit", message))
                self._stuck.update(place.owner for place in entry.lineage.places)
                continue
            state = self.states.get((name, unit)) or start_over(name, unit, self._known.now)
            step = advance(
                state,
                self._sources(entry, unit, issued, held),
                self._known.observed.get((name, unit)),
                self._known.now,
                policy=Policy(publishes_unseen=entry.first == AT_ONCE, roll_after=entry.roll_after),
            )
            self.states[name, unit], self.steps[name, unit] = step.state, step
            self.findings += step.findings
            self.waitings += step.waiting

    def _sources(self, entry: MapEntry, unit: str, issued: Pin, held: Held) -> Sources:
        """Return what lies in the map and the store for a track."""
        exported = pin_for(held.exported, unit) if held.exported else None
        following = pin_for(held.planned, unit) if held.planned else None
        planned = (following,) if isinstance(following, Pin) else ()
        lineage = entry.lineage
        hosts = tuple(dict.fromkeys(place.host for place in lineage.places))
        owners = {
            place.owner: self._owner(lineage.name, unit, place)
            for place in lineage.places
            if any(unit_of(parameters) == unit for parameters in place.parameters)
            and (place not in self._refused or self._is_begun(lineage.name, unit, place.owner))
        }
        return Sources(
            owners=owners,
            exported=exported if isinstance(exported, Pin) else None,
            issued=issued,
            planned=held.issuers if unit == "issuer" else planned,
            by_hand=hosts if lineage.keys == "by-hand" else (),
            location=lineage.location,
        )

    def _is_begun(self, lineage: str, unit: str, owner: str) -> bool:
        state = self.states.get((lineage, unit))
        return state is not None and owner in state.owners

    def _owner(self, lineage: str, unit: str, place: Place) -> Owner:
        apex = zone_of(place.owner, self._known.homes)
        mine = tuple(p for p in place.parameters if unit_of(p) == unit)
        others = [
            (e.lineage.name, p) for e, p in self._at[place.owner] if e.lineage.name != lineage
        ]
        of_others = frozenset[str]().union(*(self._listed(name, p) for name, p in others))
        return Owner(
            parameters=mine,
            ttl=self._wanted.ttl,
            expire=self._known.homes[apex].expire if apex is not None else Owner((), 0).expire,
            published=self._known.published.get(place.owner, frozenset()) - of_others,
            beside=frozenset(self._beside(others, unit)),
            is_begun=bool(of_others),
        )

    def _listed(self, lineage: str, place: Place) -> frozenset[str]:
        """Return the rdata that *lineage* listed at *place* before this run."""
        tracks = self._tracks(lineage, place, self._before)
        found = (
            rdatas_of(key.pin, track.owner)
            for track in tracks
            if place.owner in track.state.owners
            for key in track.state.keys
        )
        return frozenset[str]().union(*found)

    def _beside(self, others: list[tuple[str, Place]], unit: str) -> Iterator[str]:
        for name, _ in others:
            held = self._known.held.get(name)
            pin = pin_for(held.exported or held.issued, unit) if held else None
            if isinstance(pin, Pin):
                yield pin.name

    def _tracks(
        self, lineage: str, place: Place, states: Mapping[TrackName, State]
    ) -> Iterator[Track]:
        """Yield the tracks of *lineage* at *place* that anything is remembered of."""
        for unit in sorted({unit_of(p) for p in place.parameters}):
            state = states.get((lineage, unit))
            if state is not None:
                mine = tuple(p for p in place.parameters if unit_of(p) == unit)
                yield Track(state, Owner(mine, self._wanted.ttl))

    def fragments(self) -> dict[str, str]:
        """Return the records of each zone."""
        records: dict[str, list[TlsaRecord]] = {}
        for owner in sorted(self._at):
            apex = zone_of(owner, self._known.homes)
            if apex is not None:
                made = (TlsaRecord(owner, self._wanted.ttl, r) for r in self._rdatas(owner))
                records.setdefault(apex, []).extend(made)
        return {apex: fragment_text(found) for apex, found in records.items()}

    def _rdatas(self, owner: str) -> frozenset[str]:
        places = self._at[owner]
        published = self._known.published.get(owner, frozenset())
        tracks = [t for e, p in places for t in self._tracks(e.lineage.name, p, self.states)]
        guarded = guard(owner, tracks, published, places[0][1].location)
        self.findings += guarded.findings
        return guarded.rdatas | published if owner in self._stuck else guarded.rdatas


def _misplaced(place: Place, known: Known) -> tuple[str, str] | None:
    """Return the check and the message of what is wrong with *place*, None where it is right."""
    apex = zone_of(place.owner, known.homes)
    if apex is None:
        return "tlsa-outside-site", f"{place.owner} is in no zone of this site: take it out"
    if not known.homes[apex].is_signed:
        return "tlsa-zone-unsigned", (
            f"the zone {apex} is not signed, and no client believes its TLSA: "
            "sign it (`signing: {enabled: true}`), or take the place out"
        )
    return _host_problem(place, known) or _alias_problem(place, known)


def _host_problem(place: Place, known: Known) -> tuple[str, str] | None:
    mask = _mask(place.host, known)
    if mask is None or mask & _ADDRESSES:
        return None
    kind = "is an alias (CNAME)" if mask & _CNAME else "has no A or AAAA in what people write"
    message = f"{place.host} {kind}, want the host that has the addresses"
    return "tlsa-host-without-address", message


def _alias_problem(place: Place, known: Known) -> tuple[str, str] | None:
    """Return what is wrong where the service's own name is, or should be, a CNAME."""
    service = Place(place.host, place.port, place.protocol).owner
    mask = _mask(service, known)
    if mask is None or bool(mask & _CNAME) == bool(place.alias):
        return None
    if place.alias:
        return "tlsa-alias", f"{service} is no CNAME: write `{service} CNAME {place.alias}`"
    return "tlsa-alias", f"{service} is a CNAME, want `alias:` with the name that it leads to"


def _mask(name: str, known: Known) -> int | None:
    """Return the types that *name* owns, None where its zone is not known or not of this site."""
    apex = zone_of(name, known.homes)
    return known.homes[apex].mask(name) if apex is not None else None
