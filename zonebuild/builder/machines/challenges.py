"""The stage `dnsextra`: tokens of untrusted feeds into one fragment a zone, `extra/NAME/acme`.

A value's age counts from its first sight, which state/challenges keeps, also while no file offers
it: whoever writes the feed cannot make one younger. Each feed has quotas of its own, so that none
takes another's place. Where a token may stand is decided when the zone is built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from zonebuild import dropbox
from zonebuild.builder.machines.feed_reports import report_feeds
from zonebuild.builder.machines.feeds import used_feeds, write_fragments
from zonebuild.builder.remembered.known_names import known_names
from zonebuild.builder.remembered.stamps import feed_folder
from zonebuild.builder.run import Run, all_zones
from zonebuild.clock import plausible
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.diff.effects import duration
from zonebuild.dropbox import Found, Refusal, Token
from zonebuild.files.feed import Feed, FeedFile, FeedLimits, Subject, read_feed
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.placement import zone_of

STAGE, PRODUCER = "dnsextra", "acme"
_LIMIT = 1 << 26  # octets of what is remembered
_YOUNG = 10  # seconds that a file may stay half written before it is called wrong
_MOST_PAST = 10_000  # values of a feed that are remembered after they went, the newest

_EXPECTED_NAME = (
    "no challenge's file has such a name; expected _acme-challenge.NAME, alone or with 16 hex "
    "digits behind"
)


class Challenge(NamedTuple):
    """A token where it was seen."""

    feed: str
    token: Token


Sights = dict[Challenge, int]  # when each was first seen, Unix seconds


@dataclass(slots=True)
class SeenTokens:
    """What is remembered. now: what the feeds offered last. past: what they offered before."""

    now: Sights = field(default_factory=dict)
    past: Sights = field(default_factory=dict)

    def without_future(self, now: int, most: int) -> SeenTokens:
        """Return what is remembered, without times that only a clock that was ahead has left.

        A value first seen less than *most* seconds after *now* (Unix seconds) keeps its time: it
        may be *now* that is a little behind, and no token is to end early for that. The age of the
        others counts from *now*, or they would stay for years.
        """
        return SeenTokens(
            {each: plausible(since, now, most=most) for each, since in self.now.items()},
            {each: plausible(since, now, most=most) for each, since in self.past.items()},
        )

    def first_sights(self) -> dict[str, int]:
        """Return when each value was first seen, wherever it was."""
        first: dict[str, int] = {}
        for challenge, since in chain(self.past.items(), self.now.items()):
            value = challenge.token.value
            first[value] = min(since, first.get(value, since))
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a site wants of challenges.

    allowed: by apex, the entries that each feed may have challenges for, absolute, lower case.
    ttl, max_age: seconds.
    """

    allowed: Mapping[str, Mapping[str, tuple[str, ...]]]
    ttl: int
    max_age: int

    def home_of(self, feed: str, host: str) -> str | None:
        """Return the apex of the zone that takes challenges for *host* from *feed*, or None."""
        apex = zone_of(host, self.allowed)
        if apex is None or not dropbox.is_allowed(host, self.allowed[apex].get(feed, ())):
            return None
        return apex


@dataclass(slots=True)
class Taken:
    """What the feeds gave.

    fragments: by apex, the text of its tokens. seen: what is to be remembered.
    changed: when the file of each changed last, Unix seconds. findings: what was refused.
    due: Unix seconds at which to look again, 0: when something changes.
    """

    fragments: dict[str, str] = field(default_factory=dict)
    seen: SeenTokens = field(default_factory=SeenTokens)
    changed: dict[Challenge, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    due: int = 0

    def look_again(self, moment: int) -> None:
        """Have the feeds looked at again at *moment*, or earlier."""
        self.due = min(self.due or moment, moment)


_LIMITS = FeedLimits(
    file_octets=dropbox.MAX_OCTETS,
    files=dropbox.MAX_FILES,
    subject_files=dropbox.MAX_NAME_FILES,
)


def read_drop_box(folder: Path, feed: str, rules: Rules) -> Feed:
    """Return the files of the drop-box in *folder*, which is the one that *rules* call *feed*."""

    def subject_of(name: str) -> Subject | None:
        hosts = dropbox.hosts_of_file(name)
        allowed = [host for host in hosts if rules.home_of(feed, host) is not None]
        return Subject((allowed or hosts)[0], bool(allowed)) if hosts else None

    return read_feed(folder, _LIMITS, subject_of)


def take_challenges(
    feeds: Mapping[str, Feed],
    rules: Rules,
    known: SeenTokens,
    *,
    now: int,
    exists: Callable[[str, str], bool] = lambda _apex, _host: True,
) -> Taken:
    """Return the tokens that *feeds* offer and *rules* let in.

    feeds: by name. known: what earlier runs saw. now: Unix seconds.
    exists: whether a zone has a host, as far as that is known; see `dropbox.within_quotas`.
    """
    taken = Taken()
    known = known.without_future(now, rules.max_age)
    first = known.first_sights()
    for name, feed in feeds.items():
        if feed.is_there:
            _see(taken, name, feed, first, now)
        else:
            message = "the feed is not there: want its marker .zonebuild-feed; tokens stay until"
            taken.findings.append(_refused(name, "", f"{message} their age ends them"))
            taken.seen.now |= {c: since for c, since in known.now.items() if c.feed == name}
        if feed.left:
            message = f"it has {feed.left} files more than are read in one run"
            taken.findings.append(_refused(name, "", message))
        if feed.strangers.number:
            taken.findings.append(_refused(name, "", f"{feed.strangers}: {_EXPECTED_NAME}"))
    _place(taken, rules, now, exists)
    taken.seen.past = _past(known, taken.seen.now)
    return taken


def _past(known: SeenTokens, now: Sights) -> Sights:
    """Return what is no longer offered, the newest values of each feed."""
    gone = {c: since for c, since in (known.past | known.now).items() if c not in now}
    kept: Sights = {}
    count: Counter[str] = Counter()
    for challenge, since in sorted(gone.items(), key=lambda item: (-item[1], item[0])):
        count[challenge.feed] += 1
        if count[challenge.feed] <= _MOST_PAST:
            kept[challenge] = since
    return kept


def _see(taken: Taken, name: str, feed: Feed, first: Mapping[str, int], now: int) -> None:
    for file in feed.files:
        for found in _tokens(taken, name, file, now):
            challenge = Challenge(name, found)
            taken.seen.now[challenge] = first.get(found.value, now)
            taken.changed[challenge] = max(file.changed, taken.changed.get(challenge, 0))


def _tokens(taken: Taken, feed: str, file: FeedFile, now: int) -> Iterable[Token]:
    if file.data is None:
        taken.findings.append(_refused(feed, file.name, f"it {file.reason}"))
        return ()
    found = dropbox.read_tokens(file.name, file.data)
    if not isinstance(found, Refusal):
        return found
    ripe = int(file.changed) + _YOUNG
    if found.is_young and now < ripe <= now + _YOUNG:
        taken.look_again(ripe)
    else:
        taken.findings.append(_refused(feed, file.name, found.reason))
    return ()


def _place(taken: Taken, rules: Rules, now: int, exists: Callable[[str, str], bool]) -> None:
    """Put what may stand into the fragments of its zones."""
    found: dict[str, list[Found]] = {}
    for challenge, since in taken.seen.now.items():
        if now - since >= rules.max_age:
            message = f"its value is older than {duration(rules.max_age)}, from its first sight"
            taken.findings.append(_refused_token(challenge, message))
            continue
        taken.look_again(since + rules.max_age)
        apex, message = _home(challenge, rules)
        if apex is None:
            taken.findings.append(_refused_token(challenge, message))
        else:
            each = Found(challenge.token, since, apex, taken.changed.get(challenge, 0))
            found.setdefault(challenge.feed, []).append(each)
    tokens: dict[str, set[Token]] = {}
    for feed, here in sorted(found.items()):
        allowed, full = dropbox.within_quotas(here, exists=lambda f: exists(f.apex, _host(f)))
        taken.findings += [
            _refused(feed, "", f"it has {quota}; the newest are published") for quota in full
        ]
        for each in allowed:
            tokens.setdefault(each.apex, set()).add(each.token)
    for apex, those in sorted(tokens.items()):
        taken.fragments[apex] = dropbox.fragment_text(those, ttl=rules.ttl)


def _host(found: Found) -> str:
    return dropbox.host_of(found.token.owner) or ""


def _home(challenge: Challenge, rules: Rules) -> tuple[str | None, str]:
    """Return the apex of the zone that takes the challenge, or None and why none does."""
    host = dropbox.host_of(challenge.token.owner) or ""
    if zone_of(host, rules.allowed) is None:
        return None, f"{challenge.token.owner} is in no zone of this site"
    apex = rules.home_of(challenge.feed, host)
    if apex is None:
        return None, f"{host} may have no challenge from this feed: list it in the zone's `acme:`"
    return apex, ""


def _refused_token(challenge: Challenge, message: str) -> Finding:
    return _refused(challenge.feed, challenge.token.owner, message)


def _refused(feed: str, name: str, message: str) -> Finding:
    where = Location(f"{feed}/{name}" if name else feed)
    return Finding(where, Severity.WARNING, "challenge-refused", message)


# -- the stage -------------------------------------------------------------------------------------


def run_challenges(run: Run) -> int:
    """Take the challenges of all feeds into their fragments; return when to look again, or 0.

    Errors: WriteError.
    """
    allowed = {apex: config.acme for apex, config in all_zones(run).items()}
    rules = Rules(allowed=allowed, ttl=run.site.acme.ttl, max_age=run.site.acme.max_age)
    feeds = {
        name: read_drop_box(feed_folder(run.places.root, path), name, rules)
        for name, path in used_feeds(run, PRODUCER).items()
    }
    known = _recall(run)
    names = cache(lambda apex: known_names(run.places, run.good, apex))

    def exists(apex: str, host: str) -> bool:
        summary = names(apex)
        return summary is None or summary.exists(host)

    taken = take_challenges(feeds, rules, known, now=run.now, exists=exists)
    if taken.seen != known:
        replace_file(run.places.challenges, seen_text(taken.seen))
    write_fragments(run, PRODUCER, taken.fragments)
    report_feeds(run, STAGE, feeds, taken.findings)
    return taken.due


def _recall(run: Run) -> SeenTokens:
    try:
        return read_seen(read_outside(run.places.challenges, _LIMIT))
    except SourceError:
        return SeenTokens()


# -- what is remembered ---------------------------------------------------------------------------

_PAST = "-"  # no feed's name begins with it


def seen_text(seen: SeenTokens) -> bytes:
    """Return the file state/challenges: `SINCE OWNER VALUE FEED` a line, sorted.

    A value that no file offers any more has `-FEED`.
    """
    lines = sorted(
        f"{since} {challenge.token.owner} {challenge.token.value} {mark}{challenge.feed}\n"
        for mark, sights in (("", seen.now), (_PAST, seen.past))
        for challenge, since in sights.items()
    )
    return "".join(lines).encode()


def read_seen(data: bytes) -> SeenTokens:
    """Return what state/challenges holds; a damaged line is passed: its value is new again."""
    seen = SeenTokens()
    for line in data.decode("utf-8", "replace").split("\n"):
        since, _, rest = line.partition(" ")
        owner, _, rest = rest.partition(" ")
        value, _, feed = rest.partition(" ")
        if since.isascii() and since.isdigit() and len(since) < 13 and feed:
            sights = seen.past if feed.startswith(_PAST) else seen.now
            sights[Challenge(feed.removeprefix(_PAST), Token(owner, value))] = int(since)
    return seen
