"""What the signer holds of a zone, and in how much it differs from what was built."""

from __future__ import annotations

import re
from calendar import timegm
from time import strptime
from typing import NamedTuple

from zonebuild.builder.places import SIGNED, UNSIGNED
from zonebuild.builder.run import Run
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Records, ZoneDiff
from zonebuild.signers.table import program_of
from zonebuild.signers.told import Unreadable, file_serial
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name

_LIMIT = 1 << 32  # octets
# When a signature ends and begins, as any signer writes it (RFC 4034 section 3.2).
_PERIOD = re.compile(r"[ \t]RRSIG(?:[\s(]+\w+){4}[\s(]+(\d{14})[\s()]+(\d{14})[\s)]", re.ASCII)
_OWN_SOA = {"opendnssec": {"ttl", "minimum"}}  # the fields that a signer's policy decides


class Copy(NamedTuple):
    """What is held. text: of the zone; reason: a clause that says why there is none.

    is_foreign: whether another program made it. is_awaited: whether there should be one.
    """

    text: str | None
    reason: str = ""
    is_foreign: bool = False
    is_awaited: bool = False

    @property
    def serial(self) -> int | None:
        """The serial of the zone, None where it is not held."""
        return None if self.text is None else file_serial(self.text)

    @property
    def period(self) -> tuple[int, int] | None:
        """When the first signature of another program ends and the last begins, Unix seconds."""
        if not self.is_foreign or self.text is None:
            return None
        found = _PERIOD.findall(self.text)
        if not found:
            return None
        try:
            return _seconds(min(end for end, _ in found)), _seconds(max(at for _, at in found))
        except ValueError:  # no date: a server that reads it refuses the zone
            return None


def _seconds(text: str) -> int:
    return timegm(strptime(text, "%Y%m%d%H%M%S"))


def copy_of(run: Run, config: ZoneConfig) -> Copy:
    """Return what is to be served of the zone: the signer's copy, or the built zone itself."""
    program = program_of(run.site.handoff.signer)
    is_built = run.places.unsigned(config.apex).exists()
    if program is not None and (config.signing.enabled or program.takes_unsigned):
        try:
            return Copy(program.read_back(config.apex), is_foreign=True, is_awaited=is_built)
        except Unreadable as problem:
            return Copy(None, str(problem), is_foreign=True, is_awaited=is_built)
    is_signed = run.site.signer == "local" and config.signing.enabled
    path = f"{SIGNED if is_signed else UNSIGNED}/{file_name(config.apex)}"
    try:
        data = read_outside(run.places.root / path, _LIMIT)
    except SourceError as problem:
        return Copy(None, f"{path} {problem.reason}")
    return Copy(data.decode("utf-8", "surrogateescape"))


def difference(run: Run, config: ZoneConfig, copy: Copy) -> int:
    """Return in how many records and SOA fields *copy* is not the built zone.

    Types that signers make, the serial, and what the signer's policy says of the SOA do not count.
    """
    from zonebuild.diff import compare_versions, without_dnssec_lines

    try:
        built = read_outside(run.places.unsigned(config.apex), _LIMIT)
    except SourceError:
        return 0
    apex = config.apex
    mine = _records(apex, built)
    text = without_dnssec_lines(copy.text or "")
    theirs = _records(apex, text.encode("utf-8", "surrogateescape"))
    diff = compare_versions(apex, mine, theirs, most=0).diff
    return _count(diff, _OWN_SOA.get(run.site.signer, set()))


def _records(apex: str, data: bytes) -> Records:
    from zonebuild.zonefile import decode_source, read_fragment

    return read_fragment(decode_source("", data), apex=apex).records


def _count(diff: ZoneDiff, own: set[str]) -> int:
    fields = [field for field, _, _ in diff.soa if field not in own]
    ttls = [change for change in diff.ttl_changed if change.rdtype != "SOA" or "ttl" not in own]
    return len(diff.added) + len(diff.removed) + len(fields) + len(ttls)
