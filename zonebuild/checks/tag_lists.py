"""Lists of tags as DKIM keys and DMARC policies have them: `v=…; p=…` (RFC 6376 section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from zonebuild.diagnostic import quoted


class Tag(NamedTuple):
    """What one tag takes, in words and as a pattern."""

    wanted: str
    pattern: re.Pattern[str]


class Grammar(NamedTuple):
    """The tags of one kind of record. version: the value of `v`; spec: where they are defined."""

    what: str
    version: str
    spec: str
    tags: dict[str, Tag]


def _tag(wanted: str, pattern: str) -> Tag:
    return Tag(wanted, re.compile(pattern, re.ASCII | re.IGNORECASE))


_WSP = r"[ \t\r\n]*"
_ANYTHING = _tag("anything", r"[\x20-\x7e]*+")
_URI = r"[a-z][a-z0-9+.-]*+:[!-+\--:<-~]++"
_URIS = _tag(
    "addresses with a scheme, as in mailto:dmarc@example.org, with commas between",
    rf"{_URI}(?:{_WSP},{_WSP}{_URI})*",
)
_POLICY = _tag("none, quarantine or reject", "none|quarantine|reject")
_MODE = _tag("r or s", "[rs]")

DMARC = Grammar(
    "DMARC policy",
    "DMARC1",
    "RFC 7489 section 6.3",
    {
        "v": _tag("DMARC1", "DMARC1"),
        "p": _POLICY,
        "sp": _POLICY,
        "np": _POLICY,
        "adkim": _MODE,
        "aspf": _MODE,
        "fo": _tag("0, 1, d and s, with colons between", rf"[01ds](?:{_WSP}:{_WSP}[01ds])*"),
        "pct": _tag("a number from 0 to 100", r"\d{1,2}|100"),
        "psd": _tag("y, n or u", "[ynu]"),
        "t": _tag("y or n", "[yn]"),
        "rf": _tag("afrf", r"[a-z0-9-]++(?:\s*:\s*[a-z0-9-]++)*"),
        "ri": _tag("seconds", r"\d{1,10}"),
        "rua": _URIS,
        "ruf": _URIS,
    },
)
DKIM = Grammar(
    "DKIM key",
    "DKIM1",
    "RFC 6376 section 3.6.1",
    {
        "v": _tag("DKIM1", "DKIM1"),
        "g": _ANYTHING,  # of RFC 4871, ignored since
        "h": _tag("hash names with colons between", r"[a-z0-9-]++(?:\s*:\s*[a-z0-9-]++)*"),
        "k": _tag("rsa or ed25519", "rsa|ed25519"),
        "n": _ANYTHING,
        "p": _tag(
            "base64, or nothing for a key that is revoked",
            r"(?:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)",
        ),
        "s": _tag("* or email", r"(?:[*]|[a-z0-9-]++)(?:\s*:\s*(?:[*]|[a-z0-9-]++))*"),
        "t": _tag("y and s, with a colon between", r"[a-z0-9-]++(?:\s*:\s*[a-z0-9-]++)*"),
    },
)

_ITEM = re.compile(r"\s*([A-Za-z]\w*+)\s*=(.*)", re.ASCII | re.DOTALL)
_BLANKS = re.compile(r"[ \t\r\n]+")
_ADDRESS = re.compile(r"[^\s,:;@]{1,64}@[^\s,:;@]{1,255}", re.ASCII)
_MOST_TAGS = 50  # that are looked at


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of *text*, strings joined, the first of each name."""
    found: dict[str, str] = {}
    for match in filter(None, map(_ITEM.fullmatch, text.split(";"))):
        found.setdefault(match[1], match[2].strip())
    return found


def list_faults(text: str, grammar: Grammar, *, needs_p: bool = True) -> Iterator[str]:
    """Yield what is wrong with the tag list *text*, strings joined, as messages.

    needs_p: whether it lacks something without a tag `p`.
    """
    written = text.rstrip(" ;\t").split(";")
    items = [(part, _ITEM.fullmatch(part)) for part in written]
    names = [match[1] for _part, match in items if match]
    if not names or names[0] != "v":
        message = f'{grammar.what} {quoted(text)} must begin with "v={grammar.version};"'
        yield f"{message} ({grammar.spec})"
        return
    for part, match in items[:_MOST_TAGS]:
        said = _item_fault(grammar, match[1], match[2].strip()) if match else _not_a_tag(part)
        if said:
            yield f"{grammar.what}: {said} ({grammar.spec})"
        if said and match and match[1] == "v":
            return
    for name in sorted(name for name in set(names) & grammar.tags.keys() if names.count(name) > 1):
        yield f"{grammar.what}: the tag {name} stands {names.count(name)} times: keep one"
    if needs_p and "p" not in names:
        yield f"{grammar.what} {quoted(text)} has no tag p, which it needs ({grammar.spec})"


def _not_a_tag(part: str) -> str:
    if not part.strip():
        return "two semicolons stand without a tag between: keep one"
    return f"{quoted(part.strip())} is no tag: write NAME=VALUE"


def _item_fault(grammar: Grammar, name: str, value: str) -> str | None:
    tag = grammar.tags.get(name)
    if tag is None:
        return _unknown_tag(grammar, name)
    if grammar is DKIM and name == "p":
        value = _BLANKS.sub("", value)
    if tag.pattern.fullmatch(value) and (name != "v" or value == grammar.version):
        return None
    meant = _meant(grammar, name, value)
    mend = f": write {quoted(meant, 255)}" if meant else ""
    return f"tag {name} takes {tag.wanted}, not {quoted(value)}{mend}"


def _unknown_tag(grammar: Grammar, name: str) -> str | None:
    if name.lower() in grammar.tags:
        return f"tag names are written in lower case: write {name.lower()}, not {name}"
    known = ", ".join(grammar.tags)
    return f"receivers know no tag {quoted(name)}; they know {known}"


def _meant(grammar: Grammar, name: str, value: str) -> str | None:
    """Return what to write instead of a wrong *value*, where that is plain."""
    if name == "v":
        first, _, rest = value.partition(" ")
        is_version = first.upper() == grammar.version
        return f"v={grammar.version}; {rest}".rstrip("; ") if is_version else None
    if name in ("rua", "ruf"):
        uris = [
            f"mailto:{u}" if _ADDRESS.fullmatch(u) else u for u in map(str.strip, value.split(","))
        ]
        meant = ",".join(uris)
        return f"{name}={meant}" if grammar.tags[name].pattern.fullmatch(meant) else None
    return None
