"""Each lineage of the map, one after the other: its source, its next key, its export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zonebuild.builder.places import SiteError
from zonebuild.builder.run import Run
from zonebuild.certstore.error import StoreError
from zonebuild.certstore.export import Export, Outcome
from zonebuild.certstore.keys import DEFAULT_KIND
from zonebuild.certstore.sources import read_source
from zonebuild.certstore.store import Store, open_store
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, read_outside
from zonebuild.site.tlsa_map import MAP_FILE, MapEntry, TlsaMap, read_map
from zonebuild.site.yaml import MAX_OCTETS
from zonebuild.tlsa.orders_text import Orders, read_orders
from zonebuild.tlsa.parameters import Wrong

_LIMIT = 1 << 16  # octets of a file of orders


@dataclass(slots=True)
class Turn:
    """What came of one lineage.

    taken: the number of a chain that came from its source. is_next: the next key was made.
    """

    name: str
    export: Export = field(default_factory=lambda: Export(Outcome.NOTHING))
    taken: int = 0
    is_next: bool = False
    findings: list[Finding] = field(default_factory=list)


class Keeper:
    """The store of a site, with its map and the builder's orders. now: Unix seconds.

    Errors, when made: SiteError, where the map cannot be read.
    """

    def __init__(self, run: Run) -> None:
        self._run, self.now = run, run.now
        self._root: Path = run.places.root
        self.store: Store = open_store(self._root, run.site.certstore)
        self.map: TlsaMap = _map(run)

    def entry(self, name: str) -> MapEntry:
        """Return a lineage of the map. Errors: StoreError."""
        entry = self.map.entries.get(name)
        if entry is None:
            known = ", ".join(sorted(self.map.entries)[:5]) or "none"
            raise StoreError(f"{name!a} is no lineage of {MAP_FILE}, want one of its own: {known}")
        return entry

    def orders(self, name: str) -> Orders | None:
        """Return what the builder lets be done, None where it has not said yet.

        Errors: StoreError.
        """
        path = self._run.places.orders / name
        try:
            found = read_orders(read_outside(path, _LIMIT))
        except SourceError as error:
            if error.reason == "does not exist":
                return None
            raise StoreError(f"{path} {error.reason}") from error
        if isinstance(found, Wrong):
            raise StoreError(f"{path} {found.reason}: `doit` writes it anew")
        return found

    def export(self, names: Sequence[str]) -> Iterator[Turn]:
        """Do what is due for the lineages called *names*, and yield what came of each.

        Errors: WriteError; StoreError for a name that the map has not, or the manifest's key.
        """
        for entry in [self.entry(name) for name in names or sorted(self.map.entries)]:
            yield self._turn(entry)
        self.store.mend(self.now)

    def take(self, entry: MapEntry) -> int:
        """Keep the newest chain of another client's store; return its number, 0 where it is known.

        Errors: StoreError, WriteError.
        """
        if entry.source is None:
            raise StoreError(f"lineage {entry.lineage.name} has no `source:`, want one in the map")
        name = entry.lineage.name
        pair = read_source(self._root, entry.source)
        hosts = [place.host for place in entry.lineage.places]
        names = hosts if "issuer" in entry.lineage.units else ()
        before = self.store.newest_number(name)
        number = self.store.keep_issued(
            name, pair.files["fullchain.pem"], pair.key, self.now, names=names
        )
        return 0 if number == before else number

    def prepare_next(self, entry: MapEntry) -> bool:
        """Make the next key where there is none; return whether it was made now.

        Errors: StoreError, WriteError.
        """
        kind = entry.issue.key if entry.issue is not None else DEFAULT_KIND
        return self.store.prepare_next(entry.lineage.name, kind)

    def renew_key(self, entry: MapEntry) -> None:
        """Let the next request use a fresh key, for a lineage whose key no TLSA record lists.

        Errors: StoreError, WriteError.
        """
        name = entry.lineage.name
        orders = self.orders(name)
        if entry.issue is None:
            raise StoreError(f"lineage {name} has no `issue:`: whoever asks for it makes its keys")
        if orders is None:
            raise StoreError(f"the builder has given no orders for {name} yet: run `doit`")
        if "key" in orders.export:
            raise StoreError(f"TLSA records list the key of {name}: say so where they are built")
        self.store.renew_key(name, entry.issue.key)

    def _turn(self, entry: MapEntry) -> Turn:
        """Do what is due for one lineage; what its source lacks keeps nothing else from going."""
        turn = Turn(entry.lineage.name)
        if entry.source is not None:
            try:
                turn.taken = self.take(entry)
            except StoreError as error:
                turn.findings.append(_wrong(entry.source.location, str(error)))
        if not self.store.has(turn.name) and entry.issue is None:
            return turn
        try:
            orders = self.orders(turn.name)
            if orders is not None and orders.wants_next and entry.source is None:
                turn.is_next = self.prepare_next(entry)
            turn.export = self.store.export(turn.name, orders, self.now, mends=False)
        except StoreError as error:
            turn.findings.append(_wrong(entry.certificate_at, str(error)))
        return turn


def _wrong(where: Location, message: str) -> Finding:
    return Finding(where, Severity.ERROR, "certificate-not-exported", message)


def _map(run: Run) -> TlsaMap:
    try:
        found, findings = read_map(run.tree.read(MAP_FILE, MAX_OCTETS), run.site.host)
    except SourceError as error:
        raise SiteError(f"{MAP_FILE} {error.reason}, want the map of lineages") from error
    if found is None:
        raise SiteError(f"{MAP_FILE} has errors", findings)
    return found
