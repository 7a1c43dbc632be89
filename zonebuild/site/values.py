"""The text of one scalar into a typed value, or into what is wrong with it.

Each function takes what was written and returns the value or a `Wrong`; none raises.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_TTL = 2**31 - 1  # seconds; RFC 2181 section 8
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?",
    re.IGNORECASE | re.ASCII,
)
_OCTETS = re.compile(r"(\d{1,15}) ?(KiB|MiB|GiB)?", re.IGNORECASE | re.ASCII)
_OCTET_UNITS = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}) ?%", re.ASCII)
_LABEL = re.compile(r"(?:[A-Za-z0-9_*/-]|\\\d{3}|\\[!-/:-~])++", re.ASCII)
_NAME = re.compile(rf"(?:{_LABEL.pattern}\.)+", re.ASCII)
_ESCAPE = re.compile(r"\\(?:\d{3}|.)", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_LIST_OF_CHECKS = "want a name that `zonebuild explain` lists"
_BREAKS_OUT = re.compile(r'[^ -~]|["();\\]')


class Wrong(NamedTuple):
    """Why a text is no value. reason: a clause that follows the text in a message."""

    reason: str


def parse_text(text: str) -> str | Wrong:
    """Return one line of text that says something, as a reason does."""
    if not text.strip():
        return Wrong("says nothing, want a text")
    return text if text.isprintable() else Wrong("has a line end or control, want one line")


def parse_variable_name(text: str) -> str | Wrong:
    """Return the name of a template variable."""
    return text if _VARIABLE.fullmatch(text) else Wrong("is no name, want letters, digits and _")


def parse_template_text(text: str) -> str | Wrong:
    """Return a text that cannot leave its place in a line of a master file.

    Spec: RFC 1035 section 5.1: a quote, a parenthesis, a semicolon, a backslash mean something.
    """
    found = _BREAKS_OUT.search(text)
    if found is None:
        return text
    shown = found[0] if found[0].isprintable() and found[0].isascii() else f"U+{ord(found[0]):04X}"
    return Wrong(f'holds {shown}, want printable ASCII without " ( ) ; \\')


def parse_check_name(text: str) -> str | Wrong:
    """Return the name of a check that there is."""
    from zonebuild.checks.explain import find_check, nearest_name

    if find_check(text) is not None:
        return text
    near = nearest_name(text)
    return Wrong(f"is no check, {f'did you mean {near}?' if near else _LIST_OF_CHECKS}")


def parse_bool(text: str) -> bool | Wrong:
    """Return a truth value; YAML 1.1's `yes`, `on` and their like are not among them."""
    known = {"true": True, "false": False}.get(text.lower())
    return Wrong("is not a yes or no, want true or false") if known is None else known


def parse_duration(text: str) -> int | Wrong:
    """Return seconds, 0 to MAX_TTL, from a number or from units such as `1h30m`."""
    if _NUMBER.fullmatch(text):
        seconds = int(text)
    elif text and (match := _DURATION.fullmatch(text)):
        factors = _UNITS.values()
        seconds = sum(
            int(n or 0) * factor for n, factor in zip(match.groups(), factors, strict=True)
        )
    else:
        return Wrong("is not a duration, want seconds or a form such as 1h30m")
    return seconds if seconds <= MAX_TTL else Wrong(f"is more than {MAX_TTL} seconds, want less")


def parse_percent(text: str) -> int | Wrong:
    """Return a share of 0 to 100 percent."""
    match = _PERCENT.fullmatch(text)
    if match is None:
        return Wrong("is no share, want one such as 30%")
    return int(match[1]) if int(match[1]) <= 100 else Wrong("is more than 100%, want less")


def parse_count(text: str) -> int | Wrong:
    """Return a whole number, 0 or more."""
    return (
        int(text) if _NUMBER.fullmatch(text) else Wrong("is no whole number, want one such as 10")
    )


def parse_octets(text: str) -> int | Wrong:
    """Return octets, at least 1, from a number or from units such as `64 MiB`."""
    match = _OCTETS.fullmatch(text)
    if match is None:
        return Wrong("is not a size, want octets or a form such as 64 MiB")
    size = int(match[1]) * _OCTET_UNITS[(match[2] or "").lower()]
    return size if 1 <= size <= 1 << 32 else Wrong("is out of range, want 1 octet to 4 GiB")


def parse_address(text: str) -> str | Wrong:
    """Return an IPv4 or IPv6 address in its usual spelling (RFC 5952)."""
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return Wrong("is not an IPv4 or IPv6 address")


def parse_rdtype(text: str) -> str | Wrong:
    """Return the mnemonic of a record type that a zone can hold, in upper case."""
    from zonebuild.rdata.types import type_number

    upper = text.upper()
    if not upper.isascii() or type_number(upper) is None:
        return Wrong("is no record type, want one such as AAAA")
    return upper


def parse_name(text: str) -> str | Wrong:
    """Return an absolute domain name in lower case; its final dot may be left out.

    Spec: RFC 1035 sections 2.3.4 and 5.1.
    """
    if not text.isascii():
        return Wrong(not_ascii_reason(text))
    if "@" in text:
        return Wrong(_mailbox_reason(text))
    if text == ".":
        return text
    name = text if _NAME.fullmatch(text) else f"{text}."
    if not _NAME.fullmatch(name):
        return Wrong("is no domain name, want one such as ns1.example.org")
    labels = _LABEL.findall(name)
    if len(labels) == 1 and name != text:  # nearly always meant to be relative
        return Wrong(f"is one label, want an absolute name, or {name[:64]} for the top-level name")
    return length_problem(labels) or name.lower()


def length_problem(labels: list[str]) -> Wrong | None:
    """Return what is too long about a name of *labels*, None where it fits RFC 1035 2.3.4."""
    sizes = [len(_ESCAPE.sub("x", label)) for label in labels]
    if max(sizes, default=0) > 63:
        return Wrong("has a label of more than 63 octets, want fewer")
    if sum(sizes) + len(sizes) + 1 > 255:
        return Wrong("has more than 255 octets, want fewer")
    return None


def not_ascii_reason(text: str) -> str:
    """Say that *text* is not ASCII and, where it is sure, what its A-labels are (RFC 5890).

    Python's codec knows IDNA 2003 only; what IDNA 2008 spells otherwise does not come back.
    """
    try:
        ascii_form = text.encode("idna").decode("ascii") if len(text) <= 255 else ""
        is_sure = bool(ascii_form) and ascii_form.encode().decode("idna") == text.lower()
    except UnicodeError:
        is_sure = False
    return f"is not ASCII, want {ascii_form}" if is_sure else "is not ASCII, want its xn-- form"


def _mailbox_reason(text: str) -> str:
    local, _, domain = text.partition("@")
    name = local.replace(".", "\\.") + f".{domain.removesuffix('.')}"
    if local and len(name) <= 254 and _NAME.fullmatch(f"{name}."):
        return f"is a mail address, want it as a name: {name}"
    return 'holds "@", want an absolute name'
