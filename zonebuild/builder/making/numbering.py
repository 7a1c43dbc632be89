"""Which serial a built zone gets: the old one where its content is the same, else the next.

Spec: RFC 1982; RFC 1912 section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zonebuild import serial as serials
from zonebuild.builder.output import read_built, soa_serial
from zonebuild.builder.remembered.serials import KeptSerial
from zonebuild.builder.run import Run
from zonebuild.diagnostic import Finding, Severity
from zonebuild.diff import diff_records
from zonebuild.model import Records, Zone
from zonebuild.site.config import ZoneConfig

KEEP = "keep"
_SOA = 6
_NAMES = {"date": "date", "unixtime": "time"}  # what a serial of the policy shows

# Asks the servers of a zone for its serial; 0 where none has the zone, None where that is unknown.
AskServers = Callable[[ZoneConfig], int | None]


class NumberingError(Exception):
    """A zone cannot be given a serial. finding: why, and the way out."""

    def __init__(self, config: ZoneConfig, message: str) -> None:
        super().__init__(message)
        where = config.location("serial")
        self.finding = Finding(where, Severity.ERROR, "serial-unknown", message)


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a zone's past.

    records: of the last build, None where they are not known.
    published: the serial of the last build, None where nothing tells it. policy: which gave it.
    """

    records: Records | None
    published: int | None
    policy: str | None

    def provisional(self) -> int:
        """Return the serial to compare with what stands in unsigned/."""
        return 1 if self.published is None else self.published


def read_history(apex: str, path: str, old: bytes | None, kept: KeptSerial | None) -> History:
    """Return the history of *apex*: from state/, else from the zone that was built last.

    path: of the built zone, as messages name it. old: its content, or that of its last good copy.
    """
    records = None if old is None else read_built(path, old, apex)
    learnt = None if records is None else soa_serial(records, apex)
    if kept is None:
        return History(records, learnt, None)
    return History(records if learnt == kept.serial else None, kept.serial, kept.policy)


def effective_policy(config: ZoneConfig, *, has_mark: bool) -> str:
    """Return the serial policy: a head with a serial written out keeps it unless YAML says more.

    has_mark: the head asks for the serial with `{{ serial }}`. `defaults:` of site.yaml count as
    what the zone's own file says.
    """
    return config.serial if has_mark or "serial" in config.locations else KEEP


def keep_without_serial(config: ZoneConfig) -> Finding:
    """Return the error of a zone that is to keep a serial which its head does not write."""
    message = (
        "the serial policy is keep, but the head asks for a serial with {{ serial }}; "
        "want it written out there, or another policy"
    )
    return Finding(config.location("serial"), Severity.ERROR, "serial-not-written", message)


def kept_problem(zone: Zone, history: History, *, hand_changed: bool) -> list[Finding]:
    """Return what is wrong with a serial that is written by hand.

    hand_changed: what people write is not what it was; machines' records want no new serial.
    """
    new = soa_serial(zone.records, zone.apex)
    if new is None:
        return []
    message = serials.check_kept(history.published, new, content_changed=hand_changed)
    if message is None:
        return []
    where = zone.records.location(zone.records.rdtypes.index(_SOA))
    return [Finding(where, Severity.ERROR, "serial-not-raised", message)]


def unseen_change(zone: Zone, history: History) -> Finding | None:
    """Return the error of a changed zone whose serial stays, None where it does not.

    For a zone that nobody signs: no secondary transfers what has no new serial (RFC 1996 section
    4.5), so a challenge or a TLSA record that a machine made would reach none of them.
    """
    new = soa_serial(zone.records, zone.apex)
    if new is None or new != history.published or is_same_content(zone, history):
        return None
    message = (
        f"records of {zone.apex} that machines make have changed, and its serial stays {new}, "
        "as it is written out: no secondary transfers the change; write `serial: date` into the "
        "zone's YAML, or below `defaults:`"
    )
    where = zone.records.location(zone.records.rdtypes.index(_SOA))
    return Finding(where, Severity.ERROR, "serial-not-raised", message)


def is_same_content(zone: Zone, history: History) -> bool:
    """Say whether *zone* holds the records that stand in unsigned/, whatever their spelling."""
    if history.records is None:
        return False
    return not diff_records(zone.apex, history.records, zone.records)


def next_number(
    config: ZoneConfig, policy: str, history: History, *, now: int, ask_servers: AskServers
) -> int:
    """Return the serial of the changed zone under *policy*, which is not `keep`.

    now: Unix seconds. Errors: NumberingError.
    """
    published = history.published
    if published is None:
        published = ask_servers(config) if config.servers else None
        if not published:  # 0: its servers know no such zone
            return _first_number(config, policy, now, is_new=published == 0)
    try:
        serials.policy_change(history.policy, policy, published, now=now)
    except serials.SerialError as error:
        raise NumberingError(config, str(error)) from error
    return serials.next_serial(policy, published, now=now)


def serials_ahead(run: Run) -> Iterator[Finding]:
    """Yield a warning for each zone whose serial only a clock that was ahead can have given.

    No serial goes back by itself: a secondary that has it would take nothing newer (RFC 1982).
    """
    for apex, (serial, policy) in sorted(run.serials.items()):
        config = run.site.zones.get(apex)
        if config is None or not serials.is_ahead(policy, serial, now=run.now):
            continue
        message = (
            f"the serial {serial} of {apex} is ahead of the {_NAMES[policy or '']}, from a clock "
            "that was ahead; it counts on from there, and every server accepts that. Nothing has "
            f"to be done; to have the {_NAMES[policy or '']} again, go round in two steps "
            f"(RFC 1912 section 3.1), the first to {serials.half_way(serial)}"
        )
        yield Finding(config.location("serial"), Severity.WARNING, "serial-ahead", message)


def _first_number(config: ZoneConfig, policy: str, now: int, *, is_new: bool) -> int:
    """Return the first serial ever; where it cannot be known that there was none, stop."""
    if config.servers and not is_new:
        message = (
            "the last serial is not known: state/ and unsigned/ have none, and not every "
            "server of `servers:` says that it has no such zone; write it into state/serials: "
            f"{config.apex} SERIAL {policy}"
        )
        raise NumberingError(config, message)
    return serials.first_serial(policy, now)
