"""The stage `sshfp`: host keys of untrusted feeds into one fragment a zone, `extra/NAME/sshfp`.

What is remembered lies in state/sshfp; what people approve in approved/sshfp/HOST. Where a
record may stand is decided when the zone is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import Path

from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.files.feed import Feed, FeedFile, FeedLimits, Subject, read_feed
from zonebuild.placement import zone_of
from zonebuild.sshfp import lines
from zonebuild.sshfp.advance import advance
from zonebuild.sshfp.approval import Approval
from zonebuild.sshfp.given import LONGEST_EXPIRE, Given, Sight, Terms
from zonebuild.sshfp.host import is_allowed, read_host
from zonebuild.sshfp.key import NAMES, Key
from zonebuild.sshfp.place import HostRecord, fragment_text
from zonebuild.sshfp.say import APPROVED, Alarm, named
from zonebuild.sshfp.state import Slot, State, read_state, start_over

REFUSED, STALE, SHARED = "sshfp-refused", "sshfp-feed-stale", "sshfp-shared-key"
STATE_LOST = "sshfp-state-lost"
STATE_FILE = "sshfp"  # in state/
_MOST_TOLD, _MOST_OF_FILE = 100, 3  # findings of a feed, and of one of its files
_YOUNG = 10  # seconds that a file may stay half written before it is called wrong
_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Home:
    """A zone of the site, as far as hosts live in it.

    allowed: by feed, the hosts that it may speak for, `NAME` or `*.NAME`, absolute, lower case.
    """

    terms: Terms
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a site wants of host keys.

    homes: every zone of the site, by apex. is_host: whether a name has an address in its zone; a
        host without one is nobody's. grace: seconds for which a missing key stays.
    stale_after: seconds; a feed none of whose files is newer is not believed.
    hold_new: whether a new key wants approval.
    """

    homes: Mapping[str, Home]
    is_host: Callable[[str], bool] = lambda _: True
    grace: int = 7 * _DAY
    stale_after: int = 2 * _DAY
    hold_new: bool = False

    def feeds_of(self, host: str) -> frozenset[str]:
        """Return the feeds that may speak for *host*."""
        apex = zone_of(host, self.homes)
        if apex is None or not self.is_host(host):
            return frozenset()
        allowed = self.homes[apex].allowed
        return frozenset(feed for feed, entries in allowed.items() if is_allowed(host, entries))

    def terms_of(self, host: str) -> Terms | None:
        """Return what holds for *host*, None where no feed may speak for it."""
        apex = zone_of(host, self.homes)
        return self.homes[apex].terms if apex is not None and self.feeds_of(host) else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What the feeds gave, and what must be kept of it.

    fragments: by apex, the text of its records. state: for state/sshfp, see `state_text`.
    due: Unix seconds at which to look again, 0: when something changes.
    """

    fragments: Mapping[str, str]
    state: State
    findings: tuple[Finding, ...]
    waitings: tuple[Waiting, ...]
    due: int = 0


_LIMITS = FeedLimits(
    file_octets=lines.MAX_OCTETS, files=lines.MAX_FILES, subject_files=lines.MAX_HOST_FILES
)


def read_phonehome(folder: Path, feed: str, rules: Rules) -> Feed:
    """Return the files of the phonehome directory in *folder*, the one that is called *feed*."""

    def subject_of(name: str) -> Subject | None:
        host = read_host(name)
        return None if host is None else Subject(host, feed in rules.feeds_of(host))

    return read_feed(folder, _LIMITS, subject_of)


def recall(
    data: bytes | None, fragments: Mapping[str, str], rules: Rules, *, now: int
) -> tuple[State, list[Finding]]:
    """Return what state/sshfp keeps; where it is lost, what *fragments* tell, and a warning.

    data: of state/sshfp, None where there is none. fragments: by apex, as they were last written.
    """
    if data is None and not any(fragments.values()):
        return State(), []  # the first run
    state = None if data is None else read_state(data)
    waits = [home.terms.ttl + home.terms.expire for home in rules.homes.values()]
    if state is not None:
        not_before = min(state.not_before, now + max(LONGEST_EXPIRE, *waits, 0))
        return replace(state, not_before=not_before), []
    message = (
        f"it is {'missing' if data is None else 'damaged'}: what was published stays, new keys "
        "wait until no cache can have another of the same host"
    )
    where = Location(f"state/{STATE_FILE}")
    found = [Finding(where, Severity.WARNING, STATE_LOST, message)]
    return start_over(fragments.values(), not_before=now + max(waits, default=0)), found


def take_host_keys(
    feeds: Mapping[str, Feed],
    rules: Rules,
    state: State,
    *,
    approvals: Mapping[str, Approval],
    gone: Mapping[Slot, int],
    now: int,
) -> Taken:
    """Return the records that are due, and what waits.

    feeds: by name, all that any zone lists. state: as `recall` gives it. approvals: by host.
    gone: since when no server answers a record of `state.leaving()`, Unix seconds.
    """
    view = _View(rules, now)
    for name, feed in feeds.items():
        view.look_at(name, feed)
    given = Given(
        terms=cache(rules.terms_of),
        approvals=approvals,
        gone=gone,
        grace=rules.grace,
        hold_new=rules.hold_new,
    )
    sights = view.sights(state)
    step = advance(state, sights, given, now=now)
    findings = view.findings + list(_shared(sights))
    findings += [_alarm(alarm, view.files) for alarm in step.alarms]
    dues = [due for due in (*view.dues, step.due) if due > now]
    fragments = _fragments(step.state, rules)
    return Taken(fragments, step.state, tuple(findings), step.waitings, min(dues, default=0))


class _View:
    """What the feeds show. files: by host, the path of a file that speaks for it."""

    def __init__(self, rules: Rules, now: int) -> None:
        self._rules, self._now = rules, now
        self._feeds_of = cache(rules.feeds_of)
        self._keys: dict[str, set[Key]] = {}
        self._whole_feeds: set[str] = set()
        self._unread: set[str] = set()  # hosts with a file that could not be read to its end
        self.files: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.dues: list[int] = []

    def look_at(self, name: str, feed: Feed) -> None:
        """Take what one feed offers, unless it is missing or stale."""
        stale = max((file.changed for file in feed.files), default=0) + self._rules.stale_after
        if not feed.is_there:
            message = "the feed is not there: want its marker .zonebuild-feed"
        elif stale <= self._now:
            message = f"none of its files is newer than {self._rules.stale_after} seconds"
        else:
            self.dues.append(int(stale) + 1)
            self._read(name, feed)
            return
        self._warn(name, STALE, f"{message}; what it said last holds")

    def _read(self, name: str, feed: Feed) -> None:
        before = len(self.findings)
        for file in feed.files:
            self._take(name, file)
        more = self.findings[before + _MOST_TOLD :]
        if more:
            del self.findings[before + _MOST_TOLD :]
            self._warn(name, REFUSED, f"{len(more)} more of its files and lines are refused")
        if feed.strangers.number:
            self._warn(name, REFUSED, f"{feed.strangers}: such a name is not that of a host")
        if feed.left:
            self._warn(name, REFUSED, f"it has {feed.left} files more than are read in one run")
        else:
            self._whole_feeds.add(name)

    def _take(self, feed: str, file: FeedFile) -> None:
        path = f"{feed}/{file.name}"
        host = read_host(file.name)
        if host is None:  # a feed that was made without `read_phonehome`
            self._warn(path, REFUSED, "its name is not that of a host")
        elif feed not in self._feeds_of(host):
            message = "has no address here, or may have no SSHFP from this feed"
            self._warn(path, REFUSED, f"{host} {message}: list it in the zone's `sshfp:`")
        elif file.data is None:
            self._unread.add(host)
            self._warn(path, REFUSED, f"it {file.reason}")
        else:
            self._offer(host, path, lines.read_offer(host, file.data), file.changed)

    def _offer(self, host: str, path: str, offer: lines.Offer, changed: float) -> None:
        self.files.setdefault(host, path)
        self._keys.setdefault(host, set()).update(offer.keys)
        ripe = int(changed) + _YOUNG
        if len(offer.refusals) > _MOST_OF_FILE:
            message = f"it has {len(offer.refusals)} lines that are refused"
            self._warn(path, REFUSED, f"{message}, the first of them:")
        for line, reason, is_young in offer.refusals[:_MOST_OF_FILE]:
            if is_young and self._now < ripe <= self._now + _YOUNG:
                self._unread.add(host)
                self.dues.append(ripe)
            else:
                self._warn(path, REFUSED, f"{'it' if not line else 'the line'} {reason}", line)

    def _warn(self, path: str, check: str, message: str, line: int = 0) -> None:
        self.findings.append(Finding(Location(path, line), Severity.WARNING, check, message))

    def sights(self, state: State) -> dict[str, Sight]:
        """Return what each host offers that is seen, or of which anything is remembered."""
        hosts = {slot.host for slot in state.entries}.union(self._keys)
        return {host: self._sight(host) for host in sorted(hosts)}

    def _sight(self, host: str) -> Sight:
        is_whole = host not in self._unread and self._feeds_of(host) <= self._whole_feeds
        return Sight(frozenset(self._keys.get(host, ())), is_whole)


def _shared(sights: Mapping[str, Sight]) -> Iterator[Finding]:
    """Yield a warning for each key that several hosts have: who has one's has the others'."""
    hosts: dict[Key, list[str]] = {}
    for host, sight in sights.items():
        for key in sight.keys:
            hosts.setdefault(key, []).append(host)
    together: dict[tuple[str, ...], list[Key]] = {}
    for key, having in sorted(hosts.items()):
        if len(having) > 1:
            together.setdefault(tuple(having), []).append(key)
    for those, keys in islice(together.items(), _MOST_TOLD):
        kinds = " and ".join(NAMES[number] for number in sorted({key.algorithm for key in keys}))
        message = (
            f"{len(those)} hosts have the same {kinds} key: {named(those)}; a cloned image? Want "
            "each to have its own (ssh-keygen -A, after its /etc/ssh/ssh_host_* are removed)"
        )
        yield Finding(Location(APPROVED), Severity.WARNING, SHARED, message)


def _alarm(alarm: Alarm, files: Mapping[str, str]) -> Finding:
    where = Location(files.get(alarm.host, APPROVED))
    return Finding(where, Severity.WARNING, alarm.check, alarm.message)


def _fragments(state: State, rules: Rules) -> dict[str, str]:
    """Return the fragment of each zone that has records."""
    records: dict[str, list[HostRecord]] = {}
    for host, keys in state.records().items():
        apex = zone_of(host, rules.homes)
        if apex is not None:
            ttl = rules.homes[apex].terms.ttl
            records.setdefault(apex, []).extend(HostRecord(host, ttl, key) for key in keys)
    return {apex: fragment_text(found) for apex, found in sorted(records.items())}
