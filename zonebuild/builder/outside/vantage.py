"""Where to look from outside: the servers of a zone, its trust anchors, the addresses of a host.

All of it is read off the zones as they are built; only a name outside the site is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.builder.outside.held_copy import copy_of
from zonebuild.builder.run import Run, all_zones
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.endpoints.records import addresses_of
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Record
from zonebuild.placement import zone_of
from zonebuild.probe.answers import Server
from zonebuild.probe.trust import MAX_OCTETS, Anchor, read_anchors
from zonebuild.site.config import ZoneConfig
from zonebuild.zonefile import decode_source, read_fragment

_ZONE_LIMIT = 1 << 30  # octets of a built zone
_A, _NS, _AAAA, _DNSKEY = 1, 2, 28, 48
_SEP = 1  # the flag of a key that signs keys, RFC 4034 section 2.1.1
_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Servers:
    """Those of a zone, at all their addresses. missing: the names of which none is known."""

    known: tuple[Server, ...]
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class _Built:
    """What a built zone says: the names of its servers, the addresses of its hosts."""

    servers: list[str] = field(default_factory=list)
    addresses: dict[str, list[str]] = field(default_factory=dict)

    def note(self, record: Record, apex: str) -> None:
        if record.rdtype != "NS":
            self.addresses.setdefault(record.owner, []).append(record.rdata)
        elif record.owner == apex:
            self.servers.append(record.rdata.lower())


class Vantage:
    """The zones of *run* as they are served.

    anchors: the file of the map's key, "" for none. findings: what is wrong with that file.
    """

    def __init__(self, run: Run, anchors: str = "") -> None:
        self._run = run
        self._named, self.findings = read_named(run, anchors)
        # A zone without a file in zones/ is served until `zonebuild remove` takes it away.
        self._zones: Mapping[str, ZoneConfig] = {**run.orphans, **all_zones(run)}
        self._built: dict[str, _Built] = {}
        self._elsewhere: dict[str, tuple[str, ...]] = {}
        self._anchors: dict[str, tuple[Anchor, ...]] = {}

    def apex_of(self, name: str) -> str | None:
        """Return the apex of the zone of this site that *name* is in."""
        return zone_of(name, self._zones)

    def servers(self, apex: str) -> Servers:
        """Return the servers that the zone's YAML names, else those of its NS records."""
        given = self._zones[apex].servers
        if given:
            return Servers(given)
        names = sorted(set(self._zone(apex).servers))
        places = {name: self.addresses(name) for name in names}
        known = (Server(address) for found in places.values() for address in found)
        return Servers(tuple(known), tuple(name for name, found in places.items() if not found))

    def anchors(self, apex: str) -> tuple[Anchor, ...]:
        """Return the keys that the signatures of a zone are believed by; none where none is known.

        The map's file comes first; then, for a zone that it does not name, the keys that the signer
        on this host signs with. What a damaged file was to name is not known: no key stands in.
        """
        named = tuple(anchor for anchor in self._named if anchor.zone == apex)
        if named or self.findings:
            return named
        if apex not in self._anchors:
            own = _embedded_key if self._run.site.signer == _LOCAL else _foreign_keys
            self._anchors[apex] = tuple(own(self._run, self._zones[apex]))
        return self._anchors[apex]

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of *host*: as built, or as a resolver says of one elsewhere."""
        apex = self.apex_of(host)
        if apex is not None:
            return tuple(self._zone(apex).addresses.get(host, ()))
        if host not in self._elsewhere:
            self._elsewhere[host] = addresses_of(host).values
        return self._elsewhere[host]

    def _zone(self, apex: str) -> _Built:
        if apex not in self._built:
            self._built[apex] = built = _Built()
            for record in self._records(apex):
                built.note(record, apex)
        return self._built[apex]

    def _records(self, apex: str) -> Iterable[Record]:
        """Return the A, AAAA and NS records of the zone that is built last."""
        try:
            text = read_outside(self._run.places.unsigned(apex), _ZONE_LIMIT)
        except SourceError:
            return ()
        records = read_fragment(decode_source("", text), apex=apex).records
        wanted = (_A, _NS, _AAAA)
        return records.select([row for row, kind in enumerate(records.rdtypes) if kind in wanted])


def read_named(run: Run, path: str) -> tuple[tuple[Anchor, ...], tuple[Finding, ...]]:
    """Return the anchors in the file at *path*, absolute or in the site, and what is wrong there.

    No path, no anchors.
    """
    if not path:
        return (), ()
    place = Path(path)
    try:
        is_outside = place.is_absolute()
        data = read_outside(place, MAX_OCTETS) if is_outside else run.tree.read(path, MAX_OCTETS)
    except SourceError as error:
        message = f"the file of trust anchors {error.reason}, and no answer of a name server counts"
        return (), (Finding(Location(path), Severity.ERROR, "trust-anchor-missing", message),)
    return read_anchors(data.decode("utf-8", "backslashreplace"), path)


def _embedded_key(run: Run, config: ZoneConfig) -> Iterator[Anchor]:
    from zonebuild.signers.local.disk import load_key
    from zonebuild.signers.local.errors import SigningError

    with suppress(SigningError):
        text = load_key(run.places.root, config.apex).dnskey_text
        yield Anchor(config.apex, "DNSKEY", text)


def _foreign_keys(run: Run, config: ZoneConfig) -> Iterator[Anchor]:
    """Yield the key-signing keys in what the signer holds: it is read on this host, not asked."""
    text = copy_of(run, config).text
    if text is None or "DNSKEY" not in text:
        return
    data = text.encode("utf-8", "surrogateescape")
    records = read_fragment(decode_source("", data), apex=config.apex).records
    rows = [row for row, kind in enumerate(records.rdtypes) if kind == _DNSKEY]
    for record in records.select(rows):
        if record.owner == config.apex and int(record.rdata.split()[0]) & _SEP:
            yield Anchor(config.apex, "DNSKEY", record.rdata)
