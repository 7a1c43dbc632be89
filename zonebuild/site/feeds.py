"""The keys about feeds: where they are, and who may put what into which zone."""

from __future__ import annotations

import re

from zonebuild.site.kinds import Key, list_of, mapping_of, scalar, within
from zonebuild.site.values import MAX_TTL, Wrong, parse_bool, parse_duration, parse_name

_FEED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", re.ASCII)


def parse_feed_name(text: str) -> str | Wrong:
    """Return the name of a feed."""
    return text if _FEED.fullmatch(text) else Wrong("is no name, want letters, digits, - and _")


def parse_folder(text: str) -> str | Wrong:
    """Return the path of a directory: absolute, or below the site's top."""
    if not text or not text.isprintable():
        return Wrong("is no path, want one of a directory")
    return Wrong('has "..", want a path without it') if ".." in text.split("/") else text


_NAMES = list_of("domain names", scalar("a domain name", parse_name))
_SECONDS = within(scalar("a duration", parse_duration), 1, MAX_TTL, "seconds")

FEED_ZONE_KEYS = (
    Key(
        "acme",
        mapping_of(parse_feed_name, _NAMES),
        {},
        "{}",
        "by feed, the names that may have ACME challenges from it; `example.org` permits a "
        "certificate for `*.example.org` too, `*.example.org` means any host one label below",
        'acme: {dnsextra: [example.org, "*.example.org"]}',
    ),
    Key(
        "sshfp",
        mapping_of(parse_feed_name, _NAMES),
        {},
        "{}",
        "by feed, the hosts whose SSH keys it may tell; `*.example.org` means any host one label "
        "below",
        'sshfp: {phonehome: ["*.example.org"]}',
    ),
)

FEED_SITE_KEYS = (
    Key(
        "feeds",
        mapping_of(parse_feed_name, scalar("a directory", parse_folder)),
        {},
        "{}",
        "directories that other machines write, by name; one is there only when it holds a file "
        "`.zonebuild-feed`",
        "feeds: {dnsextra: dnsextra, phonehome: /var/phonehome}",
        merges=True,
    ),
    Key("acme.ttl", _SECONDS, 60, "60", "the TTL of challenges where the owner has no TXT yet"),
    Key("acme.max_age", _SECONDS, 86400, "1d", "how long a challenge stays, from its first sight"),
    Key("sshfp.ttl", _SECONDS, 3600, "1h", "the TTL of SSHFP records"),
    Key(
        "sshfp.hold_new",
        scalar("true or false", parse_bool),
        False,
        "false",
        "whether new hosts and algorithms wait for an approval too",
    ),
    Key("sshfp.grace", _SECONDS, 604800, "7d", "how long a key stays that is told no more"),
    Key(
        "sshfp.stale_after",
        _SECONDS,
        172800,
        "2d",
        "a feed without any newer file keeps its last state, with a warning",
    ),
)
