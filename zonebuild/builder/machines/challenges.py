"""The stage `dnsextra`: tokens of untrusted feeds into one fragment a zone, `extra/NAME/acme`.

A token's age counts from its first sight, which state/challenges keeps: whoever writes the feed
cannot make one younger. Where a token may stand is decided when the zone is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from zonebuild import dropbox
from zonebuild.builder.machines.feeds import used_feeds, write_fragments
from zonebuild.builder.outcome import Report
from zonebuild.builder.remembered.stamps import feed_folder
from zonebuild.builder.run import Run, all_zones
from zonebuild.checks.limits import limit
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.dropbox import Found, Refusal, Token
from zonebuild.files.feed import Feed, FeedFile, read_feed
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.placement import zone_of

STAGE, PRODUCER = "dnsextra", "acme"
_LIMIT = 1 << 26  # octets of what is remembered
_YOUNG = 10  # seconds that a file may stay half written before it is called wrong


class Challenge(NamedTuple):
    """A token where it was seen."""

    feed: str
    token: Token


Sights = dict[Challenge, int]  # when each was first seen, Unix seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a site wants of challenges.

    allowed: by apex, the entries that each feed may have challenges for, absolute, lower case.
    ttl, max_age: seconds.
    """

    allowed: Mapping[str, Mapping[str, tuple[str, ...]]]
    ttl: int
    max_age: int


@dataclass(slots=True)
class Taken:
    """What the feeds gave.

    fragments: by apex, the text of its tokens. sights: what is to be remembered.
    findings: what was refused. due: Unix seconds at which to look again, 0: when something changes.
    """

    fragments: dict[str, str] = field(default_factory=dict)
    sights: Sights = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    due: int = 0

    def look_again(self, moment: int) -> None:
        """Have the feeds looked at again at *moment*, or earlier."""
        self.due = min(self.due or moment, moment)


def read_drop_box(folder: Path) -> Feed:
    """Return the files of the drop-box in *folder*."""
    return read_feed(folder, file_octets=dropbox.MAX_OCTETS, most_files=dropbox.MAX_FILES)


def take_challenges(feeds: Mapping[str, Feed], rules: Rules, known: Sights, *, now: int) -> Taken:
    """Return the tokens that *feeds* offer and *rules* let in.

    feeds: by name. known: what earlier runs saw. now: Unix seconds.
    """
    taken = Taken()
    for name, feed in feeds.items():
        if feed.is_there:
            _see(taken, name, feed, known, now)
        else:
            message = "the feed is not there: want its marker .zonebuild-feed; tokens stay until"
            taken.findings.append(_refused(name, "", f"{message} their age ends them"))
            taken.sights |= {c: since for c, since in known.items() if c.feed == name}
        if feed.left:
            message = f"it has {feed.left} files more than are read in one run"
            taken.findings.append(_refused(name, "", message))
    _place(taken, rules, now)
    return taken


def _see(taken: Taken, name: str, feed: Feed, known: Sights, now: int) -> None:
    for file in feed.files:
        for found in _tokens(taken, name, file, now):
            challenge = Challenge(name, found)
            # A clock that went back must not keep a token alive for longer.
            taken.sights[challenge] = min(known.get(challenge, now), now)


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


def _place(taken: Taken, rules: Rules, now: int) -> None:
    """Put what may stand into the fragments of its zones."""
    found: dict[str, list[Found]] = {}
    for challenge, since in taken.sights.items():
        if now - since >= rules.max_age:
            message = f"its token is older than {rules.max_age} seconds"
            taken.findings.append(_refused_token(challenge, message))
            continue
        taken.look_again(since + rules.max_age)
        apex, message = _home(challenge, rules)
        if apex is None:
            taken.findings.append(_refused_token(challenge, message))
        else:
            found.setdefault(apex, []).append(Found(challenge.token, since))
    for apex, here in sorted(found.items()):
        tokens, left = dropbox.within_limits(here)
        taken.fragments[apex] = dropbox.fragment_text({t.token for t in tokens}, ttl=rules.ttl)
        for owner in sorted({each.token.owner for each in left}):
            message = f"there are more than {dropbox.MAX_VALUES} values at {owner}"
            taken.findings.append(_refused(f"extra/{apex}", "", message))


def _home(challenge: Challenge, rules: Rules) -> tuple[str | None, str]:
    """Return the apex of the zone that takes the challenge, or None and why none does."""
    owner = challenge.token.owner
    host = dropbox.host_of(owner) or ""
    apex = zone_of(owner, rules.allowed)
    if apex is None:
        return None, f"{owner} is in no zone of this site"
    if not dropbox.is_allowed(host, rules.allowed[apex].get(challenge.feed, ())):
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
    feeds = {
        name: read_drop_box(feed_folder(run.places.root, path))
        for name, path in used_feeds(run, PRODUCER).items()
    }
    allowed = {apex: config.acme for apex, config in all_zones(run).items()}
    rules = Rules(allowed=allowed, ttl=run.site.acme.ttl, max_age=run.site.acme.max_age)
    known = _recall(run)
    taken = take_challenges(feeds, rules, known, now=run.now)
    if taken.sights != known:
        replace_file(run.places.challenges, sights_text(taken.sights))
    write_fragments(run, PRODUCER, taken.fragments)
    run.outcome.put(STAGE, "", Report(tuple(limit(taken.findings))))
    return taken.due


def _recall(run: Run) -> Sights:
    try:
        return read_sights(read_outside(run.places.challenges, _LIMIT))
    except SourceError:
        return {}


# -- what is remembered ---------------------------------------------------------------------------


def sights_text(sights: Sights) -> bytes:
    """Return the file state/challenges: `SINCE OWNER VALUE FEED` a line, sorted."""
    lines = sorted(
        f"{since} {challenge.token.owner} {challenge.token.value} {challenge.feed}\n"
        for challenge, since in sights.items()
    )
    return "".join(lines).encode()


def read_sights(data: bytes) -> Sights:
    """Return what state/challenges holds; a damaged line is passed: its token is new again."""
    return dict(_sights(data.decode("utf-8", "replace").split("\n")))


def _sights(lines: Iterable[str]) -> Iterator[tuple[Challenge, int]]:
    for line in lines:
        since, _, rest = line.partition(" ")
        owner, _, rest = rest.partition(" ")
        value, _, feed = rest.partition(" ")
        if since.isascii() and since.isdigit() and len(since) < 13 and feed:
            yield Challenge(feed, Token(owner, value)), int(since)
