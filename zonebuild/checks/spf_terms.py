"""SPF policies as text: their terms, and what is wrong with them (RFC 7208 section 12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from zonebuild.diagnostic import quoted
from zonebuild.rdata.grammar import is_plain

_IS_POLICY = re.compile(r"v=spf1(?= |\Z)", re.IGNORECASE)
_BEGIN = re.compile(r'[" ]*v *= *spf1(?!\w)[;,: ]*+([^"]*)"?', re.IGNORECASE)
_QUALIFIERS = "+?~-"
_OCTETS_IN_STRING = 255
_LONGEST_SLIP = 500  # characters; the patterns of slips take the square of their length

_MACRO = r"%(?:\{[slodiphvSLODIPHV]\d*[rR]?[-.+,/_=]*\}|[%_-])"
_TOP_LABEL = r"(?!\d+\.?(?:/|\Z))[A-Za-z0-9][A-Za-z0-9-]*+(?<!-)"
_DOMAIN = rf"(?:{_MACRO}|[!-$&-~])*(?:\.{_TOP_LABEL}\.?|{_MACRO})"
_PREFIXES = r"(?:/(?:[0-9]|[12]\d|3[0-2]))?(?://(?:\d|[1-9]\d|1[01]\d|12[0-8]))?"
_TERM = re.compile(rf"([{_QUALIFIERS}]?)([A-Za-z][\w.-]*+)(.*)", re.ASCII | re.DOTALL)
_UNKNOWN_MODIFIER = re.compile(rf"=(?:{_MACRO}|[!-$&-~])*", re.ASCII)

MAX_LOOKUPS = 10  # RFC 7208 section 4.6.4
LOOKING_UP = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
MODIFIERS = frozenset({"redirect", "exp"})


class Term(NamedTuple):
    """A directive or a modifier of a policy. name: in lower case; argument: with its `:` or `=`."""

    qualifier: str
    name: str
    argument: str


class _Form(NamedTuple):
    """What a mechanism or modifier takes behind its name, in words and as a pattern."""

    wanted: str
    section: str
    pattern: re.Pattern[str]


def _form(wanted: str, section: str, pattern: str) -> _Form:
    return _Form(wanted, section, re.compile(pattern, re.ASCII))


_HOST = "nothing, or a colon and a domain, and perhaps prefix lengths as in /24//64"
_FORMS: dict[str, _Form] = {
    "all": _form("nothing", "5.1", ""),
    "include": _form("a colon and a domain", "5.2", f":{_DOMAIN}"),
    "a": _form(_HOST, "5.3", f"(?::{_DOMAIN})?{_PREFIXES}"),
    "mx": _form(_HOST, "5.4", f"(?::{_DOMAIN})?{_PREFIXES}"),
    "ptr": _form("nothing, or a colon and a domain", "5.5", f"(?::{_DOMAIN})?"),
    "ip4": _form("a colon and an IPv4 address, perhaps with /0 to /32", "5.6", r":[0-9.]+(/\d+)?"),
    "ip6": _form(
        "a colon and an IPv6 address, perhaps with /0 to /128", "5.6", r":[0-9A-Fa-f:.]+(/\d+)?"
    ),
    "exists": _form("a colon and a domain", "5.7", f":{_DOMAIN}"),
    "redirect": _form('"=" and a domain', "6.1", f"={_DOMAIN}"),
    "exp": _form('"=" and a domain', "6.2", f"={_DOMAIN}"),
}
_NETWORKS = {"ip4": ("A", 32), "ip6": ("AAAA", 128)}  # as which type, and its bits

_LENGTHS = tuple(map(str, range(129)))

# Common slips, and what was meant; taken only where that is a correct term.
_Q = rf"([{_QUALIFIERS}]?)"
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(slip, re.ASCII | re.IGNORECASE), meant)
    for slip, meant in (
        (_Q + r"ip4?:([0-9a-f.:]+:[0-9a-f.:]*(?:/\d+)?)", r"\1ip6:\2"),
        (_Q + r"ip6?:(\d+\.[\d.]+(?:/\d+)?)", r"\1ip4:\2"),
        (_Q + r"ipv([46])[:=](.+)", r"\1ip\2:\3"),
        (_Q + r"(ip[46]|include|a|mx|ptr|exists)=:?(.+)", r"\1\2:\3"),
        (_Q + r"(redirect|exp):=?(.+)", r"\2=\3"),
        (r"(\d+\.[\d.]+(?:/\d+)?)", r"ip4:\1"),
        (r"([0-9a-f]*:[0-9a-f:.]+(?:/\d+)?)", r"ip6:\1"),
        (r"((?:[\w-]+\.)+[a-z][\w-]*)", r"a:\1"),
        (r"(.+?)[;,.]+", r"\1"),
        ("(?:\xe2\x80[\x90-\x95]|\x96|\x97|--|_)all", "-all"),
    )
)


def is_policy(text: str) -> bool:
    """Say whether *text*, strings joined, is an SPF policy (RFC 7208 section 4.5)."""
    return _IS_POLICY.match(text) is not None


def terms_of(text: str) -> Iterator[Term]:
    """Yield the correct terms of the policy *text*."""
    for word in text.split(" ")[1:]:
        match = _TERM.fullmatch(word)
        if match and not term_fault(word):
            yield Term(match[1], match[2].lower(), match[3])


def policy_faults(strings: Sequence[str], *, is_bare: bool) -> Iterator[str]:
    """Yield what is wrong with the SPF policy in a TXT of *strings*, as messages.

    is_bare: its first string stands without quotation marks.
    """
    joined = "".join(strings)
    glued = _glued(strings)
    if glued:
        yield _glue_message(strings, glued, is_bare=is_bare)
        joined = "".join(f" {s}" if i in glued else s for i, s in enumerate(strings))
    if not is_policy(joined):
        begin = _BEGIN.match(joined)
        meant = f"write {quoted(f'v=spf1 {begin[1]}'.rstrip(), 255)}" if begin else "write it so"
        message = f'text {quoted(joined)} is no SPF policy, which begins with "v=spf1 "'
        yield f"{message}: {meant} (RFC 7208 section 4.5)"
        return
    words = [word for word in joined.split(" ")[1:] if word]
    if any(map(is_policy, words)):
        message = f"SPF policy {quoted(joined)} holds a second version"
        yield f"{message}: keep one policy (RFC 7208 section 4.6.1)"
        return
    yield from _word_faults(words)
    yield from _order_faults([word for word in words if not term_fault(word)])


def _glued(strings: Sequence[str]) -> list[int]:
    """Return the indices of strings that begin a term right behind the end of another.

    A string of 255 octets was cut by length alone, so what joins to a correct term is meant so.
    """
    found = []
    for index in range(1, len(strings)):
        before, after = strings[index - 1].rpartition(" ")[2], strings[index].partition(" ")[0]
        is_cut = len(strings[index - 1]) == _OCTETS_IN_STRING and not term_fault(before + after)
        if _is_whole(before) and _is_whole(after) and not is_cut:
            found.append(index)
    return found


def _is_whole(word: str) -> bool:
    """Say whether *word* is a known term, or the version, that needs no more."""
    match = _TERM.fullmatch(word)
    is_known = match is not None and (match[2].lower() in _FORMS and not term_fault(word))
    return is_known or is_policy(word)


def _glue_message(strings: Sequence[str], glued: Sequence[int], *, is_bare: bool) -> str:
    first = strings[glued[0] - 1].rpartition(" ")[2]
    second = strings[glued[0]].partition(" ")[0]
    message = f"SPF strings join without a space, to {quoted(first + second)}"
    if is_bare:
        mend = f"{quoted(' '.join(strings), 255)} in quotation marks"
    else:
        mend = f"{quoted(first + ' ')} {quoted(second)}, with a space inside the quotation marks"
    return f"{message}: write {mend} (RFC 7208 section 3.3)"


def _word_faults(words: Sequence[str]) -> Iterator[str]:
    """Yield the message of each of *words* that is no term."""
    rest = iter(range(len(words)))
    for index in rest:
        word = words[index]
        said = term_fault(word)
        if said is None:
            continue
        meant = _with_next(word, words[index + 1]) if index + 1 < len(words) else None
        if meant:
            pair = f"SPF terms {quoted(word)} and {quoted(words[index + 1])} are one"
            yield f"{pair}: write {quoted(meant, 255)}"
            next(rest)
        else:
            yield said


def _with_next(word: str, following: str) -> str | None:
    """Return the term that *word* and *following* are without the space between, if they are."""
    is_open = word[-1] in ":=/" or word in _QUALIFIERS
    if is_open and not term_fault(word + following):
        return word + following
    is_name = word.lstrip(_QUALIFIERS).lower() in _FORMS
    if is_name and term_fault(following):
        candidates = (f"{word}{following}", f"{word}:{following}", f"{word}={following}")
        return next((meant for meant in candidates if not term_fault(meant)), None)
    return None


@lru_cache(maxsize=4096)
def term_fault(word: str) -> str | None:
    """Return what is wrong with *word* as a term of a policy, None where nothing is.

    Spec: RFC 7208 sections 4.6.1 and 12; unknown modifiers are correct (section 6).
    """
    match = _TERM.fullmatch(word)
    name = match[2].lower() if match else ""
    form = _FORMS.get(name)
    if match and form and not (match[1] and name in MODIFIERS):
        if form.pattern.fullmatch(match[3]) and _is_network(name, match[3]):
            return None
        return _message(word, f"{name} takes {form.wanted} (RFC 7208 section {form.section})")
    if match and not match[1] and _UNKNOWN_MODIFIER.fullmatch(match[3]):
        return None
    known = ", ".join(known for known in _FORMS if known not in MODIFIERS)
    return _message(word, f"it is no mechanism; they are {known} (RFC 7208 section 4.6.1)")


def _is_network(name: str, argument: str) -> bool:
    """Say whether *argument*, `:ADDRESS[/LENGTH]`, is right for ip4 or ip6; others are."""
    if name not in _NETWORKS:
        return True
    rdtype, bits = _NETWORKS[name]
    address, slash, length = argument[1:].partition("/")
    return is_plain(rdtype, address) and (not slash or length in _LENGTHS[: bits + 1])


def _message(word: str, wanted: str) -> str:
    for slip, replacement in _SLIPS if len(word) <= _LONGEST_SLIP else ():
        match = slip.fullmatch(word)
        meant = match.expand(replacement) if match else ""
        if match and _is_whole(meant):
            return f"SPF term {quoted(word)} is wrong: write {quoted(meant, 255)}; {wanted}"
    return f"SPF term {quoted(word)} is wrong: {wanted}"


def _order_faults(words: Sequence[str]) -> Iterator[str]:
    """Yield what is never looked at, or stands twice, among correct *words*."""
    terms = [Term(m[1], m[2].lower(), m[3]) for m in map(_TERM.fullmatch, words) if m]
    names = [term.name for term in terms]
    for name in sorted(MODIFIERS):
        if names.count(name) > 1:
            message = f"SPF modifier {name} stands {names.count(name)} times"
            yield f"{message}: keep one (RFC 7208 section 6)"
    if "all" not in names:
        return
    end = names.index("all")
    late = [w for w, t in zip(words, terms, strict=True) if not t.argument.startswith("=")]
    late = late[late.index(words[end]) + 1 :]
    if late:
        message = f"SPF mechanisms behind {quoted(words[end])} are never looked at"
        yield f"{message}: move {quoted(' '.join(late))} before it (RFC 7208 section 5.1)"
    if "redirect" in names:
        wrong = words[names.index("redirect")]
        message = f"SPF modifier {quoted(wrong)} is ignored where there is {quoted(words[end])}"
        yield f"{message}: keep one of them (RFC 7208 section 6.1)"
