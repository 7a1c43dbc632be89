"""The stage `arrival`: whether what was built stands at the signer and has reached every server.

The signer's copy is read back: but for what signers make it must be the built zone, and its serial
is what each server must reach. What has not arrived within the run's deadline is looked at again
by the next; nothing here stops a build.
Spec: RFC 1982 section 3.2 (serials); RFC 1996 section 4.5 (a secondary asks for the SOA first).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from zonebuild.builder.bugs import attempt
from zonebuild.builder.delivery.arrival_state import (
    Arrival,
    arrivals_file,
    arrivals_text,
    note_seen,
    remembered,
    shown,
)
from zonebuild.builder.delivery.handoff import config_of, zones_at_hand
from zonebuild.builder.outcome import Report
from zonebuild.builder.outside.held_copy import Copy, copy_of, difference
from zonebuild.builder.outside.keyring import read_keyring
from zonebuild.builder.outside.vantage import Vantage
from zonebuild.builder.places import SIGNED, UNSIGNED
from zonebuild.builder.remembered.stamps import ARRIVAL, Stamp, is_fresh, make_stamp
from zonebuild.builder.run import Run
from zonebuild.clock import LEEWAY, plausible
from zonebuild.diagnostic import Finding, Severity, Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.probe.answers import Server
from zonebuild.probe.serials import wait_for_serials
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import SITE_FILE, file_name
from zonebuild.site.servers import ALL

KEYS = "arrival asks with"  # the stage under which TSIG keys that are no use are told
_LIMIT = 1 << 28  # octets of what is remembered
_LEAST_PAUSE, _MOST_PAUSE = 1, 300  # seconds until what is pending is looked at again
_SERVERS = "the server catches up by itself; else look at its log, its transfers and its TSIG key"
_EXPIRING = "signatures-expiring"
_NOT_YET = "signatures-not-yet-valid"
_AT_ONCE = {  # the others wait
    "server-ahead": Severity.WARNING,
    _EXPIRING: Severity.ERROR,
    _NOT_YET: Severity.ERROR,
}
_CLOCKS = "set the clock of the signer right, and this one; then have it sign the zone again"
_KEEPER = "see that the signer runs, knows the zone and has its keys; its log says more"
_SIGNER = "the signer catches up by itself; else look at its log"


class _Look(NamedTuple):
    """A zone that is looked at, without its text: all stale ones are kept until servers answer.

    after: what is known of it once the signer's copy is read; None where it cannot be. differs: in
    how many records and fields that copy is not the built zone. expiration, inception: Unix
    seconds, when the first of its signatures ends, and when the last begins. servers: to be asked.
    """

    config: ZoneConfig
    copy: Copy
    after: Arrival | None
    differs: int
    expiration: int | None
    inception: int | None
    servers: tuple[Server, ...]

    def alarm(self, run: Run) -> int | None:
        """Return when the signer should have renewed its signatures, Unix seconds."""
        return self.expiration and max(self.expiration - run.site.arrival.signatures, 1)

    def begins_later(self, now: int) -> bool:
        """Return whether a signature begins after *now*, Unix seconds: a clock is wrong."""
        return self.inception is not None and self.inception > now + LEEWAY


def zones_under_way(run: Run) -> list[str]:
    """Return the zones whose arrival can be seen: with servers to ask, or a signer to read."""
    has_program = run.site.signer not in ("none", "local")
    apexes = zones_at_hand(run)
    if has_program or run.site.arrival.ask == ALL:
        return apexes
    return [apex for apex in apexes if config_of(run, apex).servers]


def look_for_zones(run: Run, stamps: dict[str, Stamp]) -> None:
    """Look where the zones are that are not known to have arrived.

    stamps: of all zones; of those that are looked at they are replaced. Errors: WriteError.
    """
    apexes = zones_under_way(run)
    arrivals = remembered(run.places)
    stale = [
        apex
        for apex in apexes
        if apex not in stamps or not is_fresh(run.places.root, stamps[apex], run.now)
    ]
    begun = time.time_ns()  # only ever compared with the times of files
    vantage = Vantage(run)
    looks = _look_at_each(run, vantage, {apex: arrivals.get(apex) for apex in stale})
    keyring, findings = read_keyring(run)
    after = {apex: look.after for apex, look in looks.items() if look.after is not None}
    seen = wait_for_serials(
        {apex: arrival.serial for apex, arrival in after.items()},
        {apex: looks[apex].servers for apex in after},
        deadline=run.site.arrival.deadline,
        keyring=keyring,
    )
    for apex, arrival in after.items():
        waited = max(run.now - arrival.since, 0) * 1000
        after[apex] = note_seen(arrival, seen.get(apex, ()), waited=waited)
    for apex in arrivals.keys() - set(apexes):
        run.outcome.put(ARRIVAL, apex, Report())
    known = {**arrivals, **after}
    _keep(run, {apex: known[apex] for apex in apexes if apex in known})
    for apex, look in looks.items():
        run.outcome.put(ARRIVAL, apex, _report(run, look, after.get(apex)))
        stamps[apex] = _stamp(run, look.config, begun, _due(run, look, after.get(apex)))
    run.outcome.put(KEYS, "", Report(findings))


# -- what is seen --------------------------------------------------------------------------------


def _look_at_each(
    run: Run, vantage: Vantage, before: Mapping[str, Arrival | None]
) -> dict[str, _Look]:
    """Return how each zone is; one that meets a bug has that reported, and gets no stamp."""
    looks = {}
    for apex, arrival in before.items():

        def failed(bug: Finding, apex: str = apex) -> None:
            run.outcome.put(ARRIVAL, apex, Report((bug,)))

        work = partial(_look, run, vantage, config_of(run, apex), arrival)
        look = attempt(run.places, ARRIVAL, apex, work, failed)
        if look is not None:
            looks[apex] = look
    return looks


def _look(run: Run, vantage: Vantage, config: ZoneConfig, before: Arrival | None) -> _Look:
    is_asked = config.servers or run.site.arrival.ask == ALL
    servers = vantage.servers(config.apex).known if is_asked else ()
    copy = copy_of(run, config)
    after, differs = _at_signer(run, config, copy, before)
    ends, begins = copy.period or (None, None)
    return _Look(config, copy._replace(text=None), after, differs, ends, begins, servers)


def _at_signer(
    run: Run, config: ZoneConfig, copy: Copy, before: Arrival | None
) -> tuple[Arrival | None, int]:
    """Return what is known now that the signer's copy is read, and in how much that differs."""
    if copy.serial is None:
        return None, 0
    if before is None or before.serial != copy.serial:
        before = Arrival(copy.serial, run.now)
    before = replace(before, since=plausible(before.since, run.now))
    if before.is_same:
        return before, 0
    differs = difference(run, config, copy) if copy.is_foreign else 0
    return replace(before, is_same=differs == 0), differs


# -- what is said --------------------------------------------------------------------------------


def _report(run: Run, look: _Look, after: Arrival | None) -> Report:
    findings, waitings = [], []
    for check, what, why, way_on in _troubles(run, look, after):
        waitings.append(Waiting(what, why, None, way_on))
        is_late = after is not None and run.now - after.since >= run.site.arrival.late
        severity = _AT_ONCE.get(check)
        if severity is None and (is_late or after is None):
            severity = Severity.WARNING
        if severity is not None:
            where = look.config.location("servers")
            findings.append(Finding(where, severity, check, f"{what}: {why}; {way_on}"))
    return Report(tuple(findings), tuple(waitings))


def _troubles(run: Run, look: _Look, after: Arrival | None) -> Iterator[tuple[str, str, str, str]]:
    """Yield the check, what waits, why, and the way on of all that has not arrived."""
    apex, kind = look.config.apex, run.site.signer
    alarm = look.alarm(run)
    if alarm and alarm <= run.now:
        why = f"a signature ends at {_utc(look.expiration)} and has not been renewed"
        yield _EXPIRING, f"{apex} at {kind}", why, _KEEPER
    if look.begins_later(run.now):
        why = f"a signature begins only at {_utc(look.inception)}, and no validator accepts it"
        yield _NOT_YET, f"{apex} at {kind}", why, _CLOCKS
    if after is None:
        if look.copy.is_awaited:
            yield "signer-lacks-zone", f"{apex} at {kind}", f"it {look.copy.reason}", _SIGNER
        return
    if not after.is_same:
        why = f"what it holds differs from the built zone in {look.differs} records or fields"
        yield "signer-differs", f"{apex} at {kind}", why, _SIGNER
    if ahead := after.ahead:
        why = f"the signer has serial {after.serial}, {shown(ahead)}: nothing newer is taken"
        way_on = "raise the signer's serial above that, or let the server fetch the zone anew"
        yield "server-ahead", f"{apex} at servers ahead of the signer", why, way_on
    if behind := after.behind:
        why = f"serial {after.serial} has not arrived: {shown(behind)}"
        yield "server-behind", f"{apex} at its servers", why, _SERVERS


def _due(run: Run, look: _Look, after: Arrival | None) -> int:
    """Return when to look again, 0 for never: at what is pending the longer, the later.

    And when signatures should have been renewed: then every few minutes until they are.
    """
    alarm = look.alarm(run)
    dues = [max(alarm, run.now + _MOST_PAUSE)] if alarm else []
    if look.begins_later(run.now):
        dues.append(run.now + _MOST_PAUSE)
    is_done = after is not None and after.is_same and not after.behind
    if not is_done and (after is not None or look.copy.is_awaited):
        age = 0 if after is None else run.now - after.since
        dues.append(run.now + min(max(age // 4, _LEAST_PAUSE), _MOST_PAUSE))
    return min(dues, default=0)


def _utc(moment: int | None) -> str:
    return f"{datetime.fromtimestamp(moment or 0, UTC):%Y-%m-%d %H:%M} UTC"


# -- what is remembered --------------------------------------------------------------------------


def _stamp(run: Run, config: ZoneConfig, begun: int, due: int) -> Stamp:
    """Return the stamp of all that moves when the signer has something new of a zone."""
    name = file_name(config.apex)
    written = [f"{UNSIGNED}/{name}", f"{SIGNED}/{name}", *_foreign_files(run, name)]
    return make_stamp(run.places.root, [SITE_FILE, config.path], written, since=begun, due=due)


def _foreign_files(run: Run, name: str) -> Sequence[str]:
    folder = getattr(run.site.handoff.signer, "signed", None)
    return (f"{folder}/{name}",) if folder else ()


def _keep(run: Run, arrivals: Mapping[str, Arrival]) -> None:
    path, data = arrivals_file(run.places), arrivals_text(arrivals).encode()
    with suppress(SourceError):
        if read_outside(path, _LIMIT) == data:
            return
    if data or path.exists():
        replace_file(path, data)
