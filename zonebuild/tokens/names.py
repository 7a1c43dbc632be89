"""A challenge's name and value as ACME clients spell them, made one owner name and one token.

Clients hand over `example.org`, `*.example.org`, `_acme-challenge.example.org.`, upper case and
IDN in either form. A U-label becomes an A-label by the standard library's IDNA 2003; the four
characters that IDNA 2008 reads differently are refused, because each reading is another domain.

Spec: RFC 8555 section 8.4 (dns-01); RFC 5891 and RFC 3490 (IDNA); RFC 1035 section 2.3.4 (sizes).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from zonebuild.diagnostic import quoted

CHALLENGE_TYPE = "dns-01"
PREFIX = "_acme-challenge."
TTL = 60  # seconds; the builder decides for itself
VALUE_PATTERN = "[A-Za-z0-9_-]{43}"

_VALUE = re.compile(VALUE_PATTERN)
_WRITTEN_PREFIX = re.compile(r"(?:_[a-z2-7]{16}\.)?_acme-challenge\.")
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LABEL_END = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490 section 3.1
_DEVIATIONS = frozenset("\u00df\u03c2\u200c\u200d")  # other domains in IDNA 2003 and in IDNA 2008
_MAX_LABEL = 63
_MAX_NAME = 253  # characters, without the final dot
_MAX_FILE_NAME = 255  # octets
_FILE_END = re.compile(r"\.[0-9a-f]{16}")
_DIGITS = 16  # of the SHA-256 of the value, hexadecimal


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be taken. reason: what was found and what is wanted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Token:
    """One value at one owner. owner: absolute, lower case, A-labels; value: 43 characters."""

    owner: str
    value: str

    @property
    def line(self) -> str:
        """The record as a line of master-file text."""
        return f'{self.owner} {TTL} IN TXT "{self.value}"'

    @property
    def file_name(self) -> str:
        """The name of the file that holds this token and nothing else."""
        digest = hashlib.sha256(self.value.encode("ascii")).hexdigest()
        return f"{self.plain_file_name}.{digest[:_DIGITS]}"

    @property
    def plain_file_name(self) -> str:
        """The name that simple hooks give a file for all values of the owner."""
        return self.owner.removesuffix(".")


def read_token(name: str, value: str) -> Token | Refused:
    """Return the token that a client means by *name* and *value*.

    Spec: RFC 8555 section 8.4: the value is the base64url form of a SHA-256 digest.
    """
    owner = read_owner(name)
    if isinstance(owner, Refused):
        return owner
    if not is_value(value):
        return Refused(
            f"{quoted(value)} has {len(value)} characters and is no value of a dns-01 challenge, "
            "want exactly 43 characters of A-Z, a-z, 0-9, - and _"
        )
    return Token(owner, value)


def is_value(text: str) -> bool:
    """Say whether *text* has the form of a dns-01 challenge's value."""
    return _VALUE.fullmatch(text) is not None


def is_file_of(file_name: str, owner: str) -> bool:
    """Say whether a file of that name holds tokens of *owner*: `OWNER` or `OWNER.<16 digits>`."""
    rest = file_name.removeprefix(owner.removesuffix("."))
    return rest != file_name and (not rest or _FILE_END.fullmatch(rest) is not None)


def read_owner(name: str) -> str | Refused:
    """Return the owner of the challenge for *name*: absolute, lower case, with its prefix.

    `_acme-challenge.` is added where it is missing, a wildcard's `*.` is taken off, the label of
    a dns-account challenge is kept.
    """
    if not name or len(name) > _MAX_NAME + len("*..") + len(PREFIX):
        return Refused(f"{quoted(name)} has {len(name)} characters, want a domain name")
    labels = _to_ascii(name)
    if isinstance(labels, Refused):
        return labels
    text = ".".join(labels)
    written = _WRITTEN_PREFIX.match(text)
    prefix = written.group() if written else PREFIX
    host = text.removeprefix(prefix).removeprefix("*.")
    return _fault(name, host) or _owner(name, prefix, host)


def _owner(name: str, prefix: str, host: str) -> str | Refused:
    owner = prefix + host
    if len(owner) > min(_MAX_NAME, _MAX_FILE_NAME - 1 - _DIGITS):
        limit = _MAX_FILE_NAME - 1 - _DIGITS - len(prefix)
        return Refused(
            f"{quoted(name)} is a name of {len(host)} characters, want at most {limit}: "
            "the name of its file would be too long"
        )
    return f"{owner}."


def _to_ascii(name: str) -> list[str] | Refused:
    """Return the labels of *name* as lower-case A-labels, without the empty one at its end."""
    labels = _LABEL_END.split(name)
    if len(labels) > 1 and not labels[-1]:
        del labels[-1]
    made: list[str] = []
    for label in labels:
        text = label.lower() if label.isascii() else _a_label(label)
        if isinstance(text, Refused):
            return text
        made.append(text)
    return made


def _a_label(label: str) -> str | Refused:
    """Return the A-label of *label*, or why it has none that everybody agrees on."""
    from encodings.idna import ToASCII

    if _DEVIATIONS & set(label):
        wanted = "xn--" + label.lower().encode("punycode").decode("ascii")
        return Refused(
            f"the label {quoted(label)} is another domain in IDNA 2003 than in IDNA 2008, "
            f"write its A-label; in IDNA 2008 that is {quoted(wanted)}"
        )
    try:
        return ToASCII(label).decode("ascii").lower()
    except UnicodeError:
        return Refused(f"the label {quoted(label)} has no form in IDNA 2003, want an A-label")


def _fault(name: str, host: str) -> Refused | None:
    """Say what is wrong with the host name that a challenge is for, None where nothing is."""
    labels = host.split(".")
    for label in labels:
        if len(label) > _MAX_LABEL:
            found = f"a label of {len(label)} characters, want at most {_MAX_LABEL}"
            return Refused(f"{quoted(name)} has {found}")
        if not _HOST_LABEL.fullmatch(label):
            return Refused(
                f"{quoted(name)} has the label {quoted(label)}, want a host name's labels: "
                "letters, digits and inner hyphens"
            )
    if labels[-1].isdigit():
        return Refused(
            f"{quoted(name)} is an address, and {CHALLENGE_TYPE} is for domain names only"
        )
    return None
