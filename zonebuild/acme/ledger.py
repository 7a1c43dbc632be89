"""What was asked of each CA, and whether one more would break its limits: values in, values out.

    2026-11-28T05:30:00Z issued letsencrypt ari - example.org www.example.org

is a line: when, what, at which directory, how (new, renewal, ari), whether a person forced it,
and the names. Registered domains are found again by whoever asks.
"""

from __future__ import annotations

import calendar
import enum
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonebuild.acme.limits import (
    ACCOUNTS,
    DOMAIN,
    FAILURES,
    FORCED,
    NAMES,
    ORDERS,
    Limit,
    Limits,
)

KEPT = 400 * 86400  # seconds that a line stays: longer than any certificate lives
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (ordered|issued|failed|registered) (\S+) "
    r"(new|renewal|ari) (forced|-)((?: [a-z0-9*._-]+)*)",
    re.ASCII,
)


class What(enum.Enum):
    """What was asked, or what came of it."""

    ORDERED = "ordered"
    ISSUED = "issued"
    FAILED = "failed"  # the authorization of one name
    REGISTERED = "registered"


class How(enum.Enum):
    """For which certificate: the first of its set, a later one, one that the CA asked for."""

    NEW = "new"
    RENEWAL = "renewal"
    ARI = "ari"


class Event(NamedTuple):
    """One line. at: Unix seconds; directory: as site.yaml calls it; names: sorted."""

    at: int
    what: What
    directory: str
    names: tuple[str, ...] = ()
    how: How = How.NEW
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not now. until: Unix seconds, from when it is allowed."""

    reason: str
    until: int


class Ask(NamedTuple):
    """A certificate that is wanted. names: sorted."""

    directory: str
    names: tuple[str, ...]
    how: How = How.NEW
    is_forced: bool = False


DomainOf = Callable[[str], str]


def how_of(events: Iterable[Event], directory: str, names: Sequence[str], *, replaces: bool) -> How:
    """Return how the CA will count a certificate for *names*."""
    if replaces:
        return How.ARI
    known = (e for e in events if e.what is What.ISSUED and e.directory == directory)
    return How.RENEWAL if any(e.names == tuple(names) for e in known) else How.NEW


def refuse_order(
    events: Sequence[Event], ask: Ask, limits: Limits, now: int, domain_of: DomainOf
) -> Refusal | None:
    """Return why *ask* would break a limit at *now*, the longest wait first; None where not."""
    at_ca = [event for event in events if event.directory == ask.directory]
    exempt = _exemptions(ask.how, limits)
    found = [
        *_orders(at_ca, limits, now),
        *_same_set(at_ca, ask, limits, now),
        *_domains(at_ca, ask, limits, (now, domain_of)),
    ]
    found = [(key, refusal) for key, refusal in found if key not in exempt]
    found += [*_failures(at_ca, ask, limits, now), *_forced(at_ca, ask, limits, now)]
    return max((r for _, r in found), key=lambda r: r.until, default=None)


def refuse_account(
    events: Iterable[Event], directory: str, limits: Limits, now: int
) -> Refusal | None:
    """Return why a new account at *directory* would break a limit, None where not."""
    made = [e.at for e in events if e.directory == directory and e.what is What.REGISTERED]
    until = _free_from(made, limits.counts.get(ACCOUNTS), now)
    if until is None:
        return None
    return Refusal(_said("new accounts", limits.counts[ACCOUNTS]), until)


_Found = list[tuple[str, Refusal]]


def _orders(events: Iterable[Event], limits: Limits, now: int) -> _Found:
    times = [e.at for e in events if e.what is What.ORDERED and not _exempts(e, ORDERS, limits)]
    return _judged(times, ORDERS, "new orders", limits, now)


def _same_set(events: Iterable[Event], ask: Ask, limits: Limits, now: int) -> _Found:
    issued = (e for e in _counted(events, NAMES, limits) if e.names == ask.names)
    return _judged([e.at for e in issued], NAMES, "certificates of the same names", limits, now)


def _domains(
    events: Iterable[Event], ask: Ask, limits: Limits, given: tuple[int, DomainOf]
) -> _Found:
    now, domain_of = given
    if DOMAIN not in limits.counts:
        return []
    least = now - limits.counts[DOMAIN].period
    recent = [e for e in _counted(events, DOMAIN, limits) if e.at > least]
    found: _Found = []
    for domain in sorted({domain_of(name) for name in ask.names}):
        times = [e.at for e in recent if domain in set(map(domain_of, e.names))]
        found += _judged(times, DOMAIN, f"certificates of {domain}", limits, now)
    return found


def _failures(events: Iterable[Event], ask: Ask, limits: Limits, now: int) -> _Found:
    failed = [e for e in events if e.what is What.FAILED]
    found: _Found = []
    for name in ask.names:
        times = [e.at for e in failed if _base(name) in map(_base, e.names)]
        found += _judged(times, FAILURES, f"failed validations of {_base(name)}", limits, now)
    return found


def _forced(events: Iterable[Event], ask: Ask, limits: Limits, now: int) -> _Found:
    """Judge a person's haste, where the CA counts certificates of one set at all."""
    if not ask.is_forced or NAMES not in limits.counts:
        return []
    if limits.counts[NAMES].count > FORCED.count * 100:  # a staging directory
        return []
    issued = (e for e in events if e.what is What.ISSUED and e.is_forced)
    until = _free_from([e.at for e in issued if e.names == ask.names], FORCED, now)
    if until is None:
        return []
    return [("forced", Refusal(_said("forced renewals of the same names", FORCED), until))]


def _judged(times: list[int], key: str, what: str, limits: Limits, now: int) -> _Found:
    limit = limits.counts.get(key)
    until = _free_from(times, limit, now)
    return [] if limit is None or until is None else [(key, Refusal(_said(what, limit), until))]


def _counted(events: Iterable[Event], key: str, limits: Limits) -> list[Event]:
    return [e for e in events if e.what is What.ISSUED and not _exempts(e, key, limits)]


def _exempts(event: Event, key: str, limits: Limits) -> bool:
    return key in _exemptions(event.how, limits)


def _exemptions(how: How, limits: Limits) -> frozenset[str]:
    exempt = {How.ARI: limits.ari_exempt, How.RENEWAL: limits.renewal_exempt}
    return exempt.get(how, frozenset())


def _free_from(times: Iterable[int], limit: Limit | None, now: int) -> int | None:
    """Return from when one more is within *limit*, None where it is now."""
    if limit is None:
        return None
    inside = sorted(at for at in times if at > now - limit.period)
    return None if len(inside) < limit.count else inside[-limit.count] + limit.period


def _said(what: str, limit: Limit) -> str:
    return f"{limit.count} {what} in {_period(limit.period)} is what the CA allows"


def _period(seconds: int) -> str:
    for unit, size in (("days", 86400), ("hours", 3600)):
        if seconds % size == 0 and seconds > size:
            return f"{seconds // size} {unit}"
    return "an hour" if seconds == 3600 else f"{seconds} seconds"


def _base(name: str) -> str:
    return name.removeprefix("*.")


# -- text --------------------------------------------------------------------------------------


def ledger_text(events: Iterable[Event], now: int) -> bytes:
    """Return the file of *events*, by time, without those older than KEPT."""
    kept = sorted((e for e in events if e.at > now - KEPT), key=lambda e: e.at)
    return "".join(map(_line, kept)).encode("ascii")


def read_ledger(data: bytes) -> tuple[list[Event], list[int]]:
    """Return the events of the file, and the numbers of the lines that are none."""
    events: list[Event] = []
    damaged: list[int] = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        event = _event(line)
        if event is not None:
            events.append(event)
        elif line.strip():
            damaged.append(number)
    return events, damaged


def _line(event: Event) -> str:
    when = time.strftime(_FORM, time.gmtime(event.at))
    words = (when, event.what.value, event.directory, event.how.value)
    return " ".join((*words, "forced" if event.is_forced else "-", *event.names)) + "\n"


def _event(line: str) -> Event | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        at = calendar.timegm(time.strptime(match[1], _FORM))
    except ValueError:
        return None
    names = tuple(match[6].split())
    return Event(at, What(match[2]), match[3], names, How(match[4]), match[5] == "forced")
