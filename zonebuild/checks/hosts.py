"""Which targets of a zone are not plainly the names of hosts: one look for all checks that ask."""

from __future__ import annotations

import re

from zonebuild.checks import bits
from zonebuild.checks.survey import Survey

LABEL = r"[a-z0-9](?:[a-z0-9-]*+(?<=[a-z0-9]))?"  # RFC 1123 section 2.1, in lower case
HOST = re.compile(rf"(?:{LABEL}\.)+")
_PLAIN_SIGNS = b"abcdefghijklmnopqrstuvwxyz0123456789-\n"
_DOTS_END_LINES = bytes.maketrans(b".", b"\n")
_LIKE_ADDRESS = re.compile(r"\n\d{1,3}\.\d")
_PLAIN = re.compile(rf"(?!\d{{1,3}}\.\d)(?:{LABEL}\.)+")


def odd_signs(text: str) -> str:
    """Return the signs of names in lower case that no host's name has, each once.

    text: the names, each behind an LF. A hyphen is among them where one begins or ends a label.
    """
    octets = text.encode().translate(_DOTS_END_LINES)
    signs = set(octets.translate(None, _PLAIN_SIGNS))
    if b"-\n" in octets or b"\n-" in octets:
        signs.add(ord("-"))
    return "".join(map(chr, signs))


def odd_targets(survey: Survey) -> frozenset[int]:
    """Return the targets of NS, MX and SRV that no host is called, or that look like addresses."""
    return survey.once(_odd)


def _odd(survey: Survey) -> frozenset[int]:
    pointing = map(survey.pointing, (bits.NS, bits.MX, bits.SRV))
    targets = set[int]().union(*(targets for _rows, targets in pointing))
    text = "\n".join(["", *map(survey.names.__getitem__, targets)])
    if "\n.\n" not in f"{text}\n" and not odd_signs(text) and not _LIKE_ADDRESS.search(text):
        return frozenset()
    return frozenset(target for target in targets if not _PLAIN.fullmatch(survey.names[target]))
