"""What is to be asked about each place of the map: of which servers, and of which endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from zonebuild.builder.lineages.store import Store
from zonebuild.builder.lineages.taking import TrackName
from zonebuild.builder.outside.looking import KINDS, Question, name_of
from zonebuild.builder.outside.vantage import Servers, Vantage
from zonebuild.builder.run import Run
from zonebuild.endpoints.certificate import algorithm_of
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.probe.answers import Server
from zonebuild.site.tlsa_map import MapEntry, TlsaMap
from zonebuild.tlsa.pin import pin_of
from zonebuild.tlsa.places import Place
from zonebuild.tlsa.state import State


class Questions:
    """What a run asks about the places of a map.

    states: what is remembered of its tracks. findings: what is wrong with its trust anchors.
    """

    def __init__(self, run: Run, wanted: TlsaMap, states: Mapping[TrackName, State]) -> None:
        self._states = states
        self._vantage = Vantage(run, wanted.anchors)
        self.findings = self._vantage.findings
        self._store = Store(run.tree, now=run.now)
        self._at_owner: dict[str, list[MapEntry]] = {}
        for entry in wanted.entries.values():
            for place in entry.lineage.places:
                self._at_owner.setdefault(place.owner, []).append(entry)

    def about(self, place: Place) -> Question:
        """Return whom to ask about *place*, and what."""
        apex = self._vantage.apex_of(place.owner)
        servers = self._vantage.servers(apex) if apex is not None else Servers(())
        host, addresses = place.host.removesuffix("."), self._vantage.addresses(place.host)
        ends = [Endpoint(address, place.port, host, place.starttls) for address in addresses]
        is_asked = place.protocol == "tcp" and bool(ends)
        return Question(
            place.owner,
            servers.known,
            servers.missing,
            self._vantage.anchors(apex) if apex is not None else (),
            endpoints=tuple(ends) if is_asked else (),
            dark=() if is_asked else tuple(map(name_of, ends)) or (f"{host}:{place.port}",),
            has_kinds=self._has_kinds(place.owner),
        )

    def servers_of(self, name: str) -> tuple[Server, ...]:
        """Return the known servers of the zone that *name* is in."""
        apex = self._vantage.apex_of(name)
        return self._vantage.servers(apex).known if apex is not None else ()

    def _has_kinds(self, owner: str) -> bool:
        """Say whether the host may have keys of several algorithms: what is unknown may be any."""
        kinds, known = set(), set()
        for entry in self._at_owner[owner]:
            held = self._store.take(entry)
            for each in filter(None, (held.issued, held.exported, held.planned) if held else ()):
                kinds.add(algorithm_of(each.public_key))
                known.add(pin_of(each.public_key).name)
        listed = {
            key.pin.name
            for entry in self._at_owner[owner]
            if (state := self._states.get((entry.lineage.name, "key")))
            for key in state.keys
        }
        return len(kinds) >= len(KINDS) or not listed <= known
