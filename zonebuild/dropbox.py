"""ACME challenges that an untrusted jail drops as small files: text in, tokens or refusals out.

Whatever is not exactly `OWNER. TTL IN TXT "VALUE"` is refused as text, before any reader of zone
files sees it: no directive, no escape, no parenthesis, no comment can be meant (RFC 8555 section
8.4 for the owner and the value). Where a token may stand is decided against the hand-written part
of the zone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from zonebuild.placement import hidden_by

MAX_OCTETS = 4096  # of a file
MAX_FILES = 10_000  # of a feed
MAX_NAME_FILES = 64  # about one NAME, the newest
MAX_VALUES = 16  # of a file, and of a feed at one owner; CAs refuse answers that grow too large
MAX_NAME_VALUES = 32  # of a feed for one NAME, those of the dns-account form included
MAX_ZONE_VALUES = 2_000  # of a feed in one zone
MAX_FEED_VALUES = 10_000  # of a feed

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# The dns-account form has a label made of the account's URI before it.
_OWNER = re.compile(rf"(?:_[a-z2-7]{{16}}\.)?_acme-challenge\.((?:{_LABEL}\.)+)")
_LINE = re.compile(
    r'([A-Za-z0-9_.-]{1,254})[ \t]+(?:\d{1,10}[ \t]+)?IN[ \t]+TXT[ \t]+"([A-Za-z0-9_-]{43})"[ \t]*',
    re.ASCII | re.IGNORECASE,
)
_NAME = re.compile(r"([A-Za-z0-9_.-]{1,254}?)(\.[0-9a-f]{16})?", re.ASCII)


class Token(NamedTuple):
    """One challenge. owner: absolute, lower case. value: 43 characters of base64url."""

    owner: str
    value: str


class Refusal(NamedTuple):
    """Why a file gives no token; *is_young* where the rest of it may still be on its way."""

    reason: str
    is_young: bool = False


def read_tokens(file_name: str, data: bytes) -> list[Token] | Refusal:
    """Return the tokens of a file of the drop-box, or why it has none.

    file_name: `OWNER` or `OWNER.` and 16 hex digits; each line must be of that owner.
    data: at most MAX_OCTETS; more is refused.
    """
    owners = _owners_named(file_name)
    if not owners:
        return Refusal("its name is not _acme-challenge.NAME, alone or with 16 hex digits behind")
    if len(data) > MAX_OCTETS:
        return Refusal(f"it has more than {MAX_OCTETS} octets")
    lines = [line for line in data.decode("latin-1").split("\n") if line.strip(" \t\r")]
    if not lines:
        return Refusal("it is empty", is_young=True)
    tokens: dict[Token, None] = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.removesuffix("\r"))
        if match is None:
            is_last = number == len(lines) and not data.endswith(b"\n")
            return Refusal(f'line {number} is not `OWNER. TTL IN TXT "VALUE"`', is_young=is_last)
        owner = match[1].lower().rstrip(".") + "."
        if owner not in owners:
            return Refusal(f"line {number} is of another owner than the file's name")
        tokens[Token(owner, match[2])] = None
    if len(tokens) > MAX_VALUES:
        return Refusal(f"it has more than {MAX_VALUES} values")
    return list(tokens)


def _owners_named(file_name: str) -> frozenset[str]:
    """Return the owners that a file of this name may speak for; none where it is no such name.

    The last label of an owner may itself look like 16 hex digits.
    """
    match = _NAME.fullmatch(file_name)
    if match is None:
        return frozenset()
    readings = {file_name.lower().rstrip(".") + "."}
    if match[2]:
        readings.add(match[1].lower().rstrip(".") + ".")
    return frozenset(owner for owner in readings if host_of(owner) is not None)


def host_of(owner: str) -> str | None:
    """Return the NAME that a challenge at *owner* is for, None where it is no challenge's owner.

    owner: absolute, lower case. Spec: RFC 8555 section 8.4.
    """
    match = _OWNER.fullmatch(owner)
    return match[1] if match and len(owner) <= 254 else None


def hosts_of_file(file_name: str) -> list[str]:
    """Return the NAMEs that a file of this name may be about; none where it is no challenge's.

    The shorter comes first: an ending of 16 hex digits is rarely a label of the NAME.
    """
    found = (host_of(owner) for owner in _owners_named(file_name))
    return sorted((host for host in found if host), key=len)


def is_allowed(host: str, entries: Iterable[str]) -> bool:
    """Say whether one of *entries* lets *host* have challenges.

    host, entries: absolute, lower case; `*.NAME` stands for every name one label below NAME.
    """
    parent = "*." + host.partition(".")[2]
    return any(entry in (host, parent) for entry in entries)


class Found(NamedTuple):
    """A token of a feed, and the zone that it is for.

    since: its first sight. changed: when its file changed last. Both in Unix seconds.
    """

    token: Token
    since: int
    apex: str = "."
    changed: float = 0


class Quota(NamedTuple):
    """How many values of one feed may share what *share_of* returns. what: for the message."""

    most: int
    share_of: Callable[[Found], str]
    what: str


QUOTAS = (
    Quota(MAX_VALUES, lambda f: f.token.owner, "at {share}"),
    Quota(MAX_NAME_VALUES, lambda f: host_of(f.token.owner) or "", "for {share}"),
    Quota(MAX_ZONE_VALUES, lambda f: f.apex, "in the zone {share}"),
    Quota(MAX_FEED_VALUES, lambda _: "", "of this feed"),
)


def within_quotas(
    found: Iterable[Found], *, exists: Callable[[Found], bool] = lambda _: True
) -> tuple[list[Found], list[str]]:
    """Return what of one feed may be published, the newest first, and which quotas are full.

    The newest win, for they are what a CA is about to ask for. Where a zone's quota is exceeded,
    names that exist come before those that do not.
    exists: whether the zone has the name that a token is for, as far as that is known.
    """
    ranked = sorted(found, key=lambda f: (-f.since, -f.changed, f.token))
    if len(ranked) > MAX_ZONE_VALUES:
        ranked.sort(key=lambda f: not exists(f))
    taken: list[Found] = []
    full: dict[str, None] = {}
    used: Counter[tuple[int, str]] = Counter()
    for each in ranked:
        shares = [(number, quota.share_of(each)) for number, quota in enumerate(QUOTAS)]
        over = next((share for share in shares if used[share] >= QUOTAS[share[0]].most), None)
        if over is None:
            taken.append(each)
            used.update(shares)
        else:
            quota = QUOTAS[over[0]]
            full[f"more than {quota.most} values {quota.what.format(share=over[1])}"] = None
    return taken, sorted(full)


def fragment_text(tokens: Collection[Token], *, ttl: int) -> str:
    """Return the fragment that *tokens* make, sorted. ttl: seconds."""
    lines = (f'{owner}\t{ttl}\tIN\tTXT\t"{value}"\n' for owner, value in sorted(tokens))
    return "".join(lines)


def misplaced(
    owner: str, apex: str, mask_of: Callable[[str], int], exists: Callable[[str], bool]
) -> str | None:
    """Return why a challenge at *owner* may not stand in the zone of *apex*, None where it may.

    mask_of: the types that a name owns in the hand-written part, as bits of `model.TYPE_BITS`.
    exists: whether a name exists there, not counting wildcards.
    Spec: RFC 4592 section 2.2.2 for the names that a new one would take from a wildcard.
    """
    host = host_of(owner)
    if host is None:
        return f"{owner} is not the owner of a challenge"
    if not exists(host):
        return f"{host} does not exist in what people write"
    return hidden_by(owner, apex, mask_of)
