"""A dated list of the keys that a CA may sign with, for `2 1 1`: text into pins.

    date 2026-08-21
    issuer SHA256 NAME

A CA chooses among its issuers as it likes, also from those in reserve: all of them are listed.
Spec: RFC 7671 section 5.2 (DANE-TA), RFC 6698 section 2.1.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.pin import Pin

MAX_ISSUERS = 50  # more make answers too long for any resolver
MAX_OCTETS = 1 << 16
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_DATE = re.compile(r"date ([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_ISSUER = re.compile(r"issuer ([0-9a-f]{64})(?: [ -~]{1,80})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class IssuerSet:
    """What a list says. date: Unix seconds, when it was true."""

    date: int
    pins: tuple[Pin, ...]

    def age(self, now: int) -> int:
        """Return how old the list is at *now*, in whole days."""
        return max(now - self.date, 0) // 86_400


def parse_set_name(text: str) -> str | Wrong:
    """Return the name of a list: it is the one of a file."""
    if _NAME.fullmatch(text):
        return text
    return Wrong("is no name of a list of issuers, want one such as letsencrypt")


def read_issuers(text: str) -> IssuerSet | Wrong:
    """Return the list that *text* is; lines that are empty or begin with `#` are passed."""
    date, pins = 0, dict[Pin, None]()
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        issuer, day = _ISSUER.fullmatch(line), _DATE.fullmatch(line)
        if issuer is not None:
            pins[Pin(issuer[1])] = None
        elif day is not None and not date and _is_day(*map(int, day.groups())):
            date = calendar.timegm((*map(int, day.groups()), 0, 0, 0))
        else:
            return Wrong(f"has a wrong line {number}, want `date YYYY-MM-DD` or `issuer SHA256`")
    if not date or not 1 <= len(pins) <= MAX_ISSUERS:
        return Wrong(f"has no date, or not 1 to {MAX_ISSUERS} issuers")
    return IssuerSet(date, tuple(pins))


def _is_day(year: int, month: int, day: int) -> bool:
    return year >= 1970 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
