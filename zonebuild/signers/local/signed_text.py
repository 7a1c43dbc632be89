"""The signed zone as text: what an earlier one tells, how a new one is put together.

A record a line, `OWNER TAB TTL TAB TYPE TAB RDATA`, names absolute; owners in canonical order,
the SOA first, each RRset followed by its RRSIG.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from zonebuild.rdata.types import type_mnemonic
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.keys import SigningKey
from zonebuild.signers.local.nodes import RRset
from zonebuild.signers.local.signatures import Signer, kept_expiration, make_rrsig

_SOA_LINE = re.compile(r"^[^\s;]\S*[ \t]+\d+[ \t]+SOA[ \t]+\S+ \S+ (\d{1,10}) ", re.M | re.A)


class Tally(NamedTuple):
    """How many signatures were kept and made, and when the first of them expires (Unix s)."""

    reused: int
    made: int
    first_expiration: int


def published_serial(text: str) -> int | None:
    """Return the serial in the first SOA of *text*, None where there is none to read."""
    found = _SOA_LINE.search(text)
    serial = int(found[1]) if found else 1 << 32
    return serial if serial < 1 << 32 else None


def signatures_in(text: str, key: SigningKey) -> dict[str, str]:
    """Return each signed RRset of a signed zone, as its lines, with its RRSIG line.

    text: what `SignedWriter` made. A zone signed with another key gives nothing.
    """
    if f"\tDNSKEY\t{key.dnskey_text}\n" not in text:
        return {}
    found: dict[str, str] = {}
    lines: list[str] = []
    head: list[str] = []
    for line in text.split("\n")[:-1]:
        fields = line.split("\t", 3)
        if fields[2:3] == ["RRSIG"]:
            found["".join(lines)] = line
            lines = []
            continue
        if fields[:3] != head:
            lines, head = [], fields[:3]
        lines.append(line + "\n")
    return found


class SignedWriter:
    """Collects the lines of a signed zone, keeping the old signatures that are still good."""

    def __init__(self, signer: Signer, old: dict[str, str]) -> None:
        self.signer = signer
        self._old = old
        self._lines: list[str] = []
        self._reused = 0
        self._made = 0
        self._first_expiration = self.signer.period.expiration

    def add(self, rrset: RRset, *, is_signed: bool) -> None:
        """Add *rrset*, and its signature where it *is_signed*.

        Errors: SigningError where an rdata cannot be read.
        """
        self._lines.append(rrset.lines)
        if is_signed:
            self._lines.append(self._kept(rrset) or self._new(rrset))

    def tally(self) -> Tally:
        """Return what was kept and made so far."""
        return Tally(self._reused, self._made, self._first_expiration)

    def text(self) -> str:
        """Return the lines added so far."""
        return "".join(self._lines)

    def _kept(self, rrset: RRset) -> str | None:
        line = self._old.get(rrset.lines)
        expiration = None if line is None else kept_expiration(self.signer, rrset, line)
        if expiration is None:
            return None
        self._reused += 1
        self._first_expiration = min(self._first_expiration, expiration)
        return f"{line}\n"

    def _new(self, rrset: RRset) -> str:
        from dns.exception import DNSException

        self._made += 1
        try:
            return make_rrsig(self.signer, rrset) + "\n"
        except DNSException as error:
            raise _unreadable(self.signer.apex.text, rrset) from error


def _unreadable(apex: str, rrset: RRset) -> SigningError:
    problem = f"{rrset.owner.text} has a {type_mnemonic(rrset.rdtype)} rdata that cannot be read"
    return SigningError(apex, problem, "correct it or remove it")
