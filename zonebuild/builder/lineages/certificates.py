"""The stage `tlsa`: tlsa-map.yaml and the certificates that it names into `extra/NAME/tlsa`.

What is remembered is written before the fragments: a kill in between leaves more listed than
needed. Where the map or a certificate is wrong, what was published stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from zonebuild.builder.lineages.observation import OBSERVED_FILE, STATE_FILE, kept_observations
from zonebuild.builder.lineages.orders import write_orders
from zonebuild.builder.lineages.store import Store
from zonebuild.builder.lineages.taking import Home, Known, Taken, take_lineages
from zonebuild.builder.machines.feeds import read_fragments, write_fragments
from zonebuild.builder.outcome import Report
from zonebuild.builder.outside.vantage import read_named
from zonebuild.builder.remembered.known_names import hand_octets, known_names
from zonebuild.builder.run import Run, all_zones
from zonebuild.checks.limits import limit
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.site.config import ZoneConfig
from zonebuild.site.tlsa_map import MAP_FILE, TlsaMap, read_map
from zonebuild.site.yaml import MAX_OCTETS
from zonebuild.tlsa.records import read_fragment
from zonebuild.tlsa.state import DEFAULT_POLICY
from zonebuild.tlsa.state_text import read_states, states_text
from zonebuild.tlsa.waits import seconds_between_renewals
from zonebuild.zonefile import decode_source
from zonebuild.zonefile import read_fragment as read_zone_part

STAGE = PRODUCER = "tlsa"
INPUTS = (MAP_FILE, OBSERVED_FILE)
_LIMIT = 1 << 26  # octets of what is remembered
_ZONE_LIMIT = 1 << 30  # octets of a built zone
_LOOK_AGAIN = 60  # seconds
_NOTHING = ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "cf83e1357eefb8bd")


class Ready(NamedTuple):
    """All that the stage looks at. data: what was remembered, as read; None where nothing was."""

    wanted: TlsaMap
    known: Known
    store: Store
    data: bytes | None


def run_certificates(run: Run) -> int:
    """Make the TLSA records of all lineages; return when to look again, or 0.

    Errors: WriteError.
    """
    ready, findings = make_ready(run)
    if ready is None:
        run.outcome.put(STAGE, "", Report(tuple(limit(findings))))
        return 0
    wanted, known, store, data = ready
    run.read_besides += [*store.paths, *([wanted.anchors] if wanted.anchors else [])]
    taken = take_lineages(wanted, known)
    _keep(run, taken, data)
    kept = [name for name, held in known.held.items() if held.has_keeper]
    units = {name: wanted.entries[name].lineage.units for name in kept}
    unknown = wanted.entries.keys() - known.held.keys()
    write_orders(run.places.orders, units, taken.steps, spared=unknown)
    write_fragments(run, PRODUCER, taken.fragments)
    findings += [*store.findings, *_hasty(wanted), *taken.findings]
    waitings = (*store.waitings, *taken.waitings)
    run.outcome.put(STAGE, "", Report(tuple(limit(findings)), waitings))
    return _due(ready, taken, run.now)


def make_ready(run: Run) -> tuple[Ready | None, list[Finding]]:
    """Return what the stage looks at, None where the map is wrong; and what is wrong so far."""
    data = _kept(run)
    fragments = read_fragments(run, PRODUCER)
    wanted, findings = _read_map(
        run, is_used=data is not None or any(map(read_fragment, fragments.values()))
    )
    if wanted is None:
        return None, findings
    states = {} if data is None else read_states(data)
    if data != states_text(states.values()):
        fragments = {**_built(run, wanted), **fragments}
        findings += _lost(data, fragments)
    findings += read_named(run, wanted.anchors)[1]
    store = Store(run.tree, now=run.now)
    known = Known(
        now=run.now,
        held={name: found for name, e in wanted.entries.items() if (found := store.take(e))},
        homes={apex: _home(run, config) for apex, config in all_zones(run).items()},
        states=states,
        published=dict(_published(fragments, findings)),
        observed=kept_observations(run.places.root) if wanted.look else {},
    )
    return Ready(wanted, known, store, data), findings


def _due(ready: Ready, taken: Taken, now: int) -> int:
    """Return when to look again: soon where anything waits, or is wrong."""
    is_wrong = bool(taken.findings) or len(ready.known.held) < len(ready.wanted.entries)
    soon = [now + _LOOK_AGAIN] if is_wrong or taken.waitings else []
    changes = [*ready.store.changes, *_ages(ready.wanted, taken)]
    return min([*soon, *(change for change in changes if change > now)], default=0)


def _ages(wanted: TlsaMap, taken: Taken) -> Iterator[int]:
    """Yield when keys come of the age at which they give way."""
    for (name, _), state in taken.states.items():
        age = wanted.entries[name].roll_after
        if age and state.current is not None:
            yield state.current.exported + age


def _read_map(run: Run, *, is_used: bool) -> tuple[TlsaMap | None, list[Finding]]:
    """Return the map. is_used: something was published by it, so that it must not just vanish."""
    try:
        return read_map(run.tree.read(MAP_FILE, MAX_OCTETS), run.site.host)
    except SourceError as error:
        if error.reason == "does not exist" and not is_used:
            return read_map(b"")
        message = f"the map {error.reason}; what it said last holds; an empty file takes all "
        message += "TLSA records out"
        return None, [Finding(Location(MAP_FILE), Severity.ERROR, "tlsa-map-missing", message)]


def _hasty(wanted: TlsaMap) -> Iterator[Finding]:
    """Yield a warning for each lineage whose every renewal is a new record."""
    seconds = seconds_between_renewals(wanted.ttl, 0, DEFAULT_POLICY)
    for entry in wanted.entries.values():
        for place in entry.lineage.places:
            if "certificate" in entry.lineage.units and any(p[1] == 0 for p in place.parameters):
                message = (
                    f"under 3 0 x each renewal needs a new record, {seconds} s and the lag of the "
                    "servers before it is served, and automatic renewal does not wait: "
                    "write 3 1 1, which stays while the key does"
                )
                check = "tlsa-of-each-renewal"
                yield Finding(place.location, Severity.WARNING, check, message)
                break


# -- what is remembered ----------------------------------------------------------------------------


def _kept(run: Run) -> bytes | None:
    try:
        return read_outside(run.places.root / STATE_FILE, _LIMIT)
    except SourceError:
        return None


def _lost(data: bytes | None, fragments: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a warning where the state is lost; not in the first run of all."""
    if data is not None or any(fragments.values()):
        message = (
            f"it is {'missing' if data is None else 'damaged'}: what was published stays until "
            "every endpoint has been seen with the current key, and all waits begin anew"
        )
        yield Finding(Location(STATE_FILE), Severity.WARNING, "tlsa-state-lost", message)


def _keep(run: Run, taken: Taken, data: bytes | None) -> None:
    """Remember the states; a site without lineages has no such file."""
    text = states_text(taken.states.values())
    if text != data and (taken.states or data is not None):
        replace_file(run.places.root / STATE_FILE, text)


# -- what is published -----------------------------------------------------------------------------


def _published(
    fragments: Mapping[str, str], findings: list[Finding]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the rdata of each owner; a digest of no octets is told, and goes."""
    found: dict[str, set[str]] = {}
    for record in (r for text in fragments.values() for r in read_fragment(text)):
        if record.rdata.rpartition(" ")[2].startswith(_NOTHING):
            message = f"{record.owner} TLSA {record.rdata[:24]}… is the digest of no octets at all"
            where = Location(STATE_FILE)
            findings.append(Finding(where, Severity.WARNING, "digest-of-nothing", message))
        else:
            found.setdefault(record.owner, set()).add(record.rdata)
    yield from ((owner, frozenset(rdatas)) for owner, rdatas in found.items())


def _built(run: Run, wanted: TlsaMap) -> dict[str, str]:
    """Return by apex the TLSA records of machines in the built zones, as fragments.

    For a tree that lost both state/ and extra/.
    """
    owners = {p.owner for e in wanted.entries.values() for p in e.lineage.places}
    found = {}
    for apex in all_zones(run):
        if not any(owner == apex or owner.endswith(f".{apex}") for owner in owners):
            continue
        try:
            text = read_outside(run.places.unsigned(apex), _ZONE_LIMIT)
        except SourceError:
            continue
        source = decode_source("", text[hand_octets(text) :])
        records = read_zone_part(source, apex=apex).records.iterate()
        found[apex] = "".join(
            f"{r.owner}\t{r.ttl}\tIN\tTLSA\t{r.rdata.lower()}\n"
            for r in records
            if r.rdtype == "TLSA"
        )
    return found


def _home(run: Run, config: ZoneConfig) -> Home:
    @cache
    def names() -> Callable[[str], int] | None:
        known = known_names(run.places, run.good, config.apex)
        return None if known is None else known.mask

    def mask(name: str) -> int | None:
        mask_of = names()
        return None if mask_of is None else mask_of(name)

    return Home(expire=config.soa.expire, is_signed=config.signing.enabled, mask=mask)
