"""Where a challenge is served, and whether every authoritative server shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zonebuild.acme.problem import AcmeError
from zonebuild.placement import zone_of
from zonebuild.probe.keyring import Keyring
from zonebuild.tokens.names import PREFIX, Token

if TYPE_CHECKING:
    from zonebuild.probe.answers import Answer, Server
    from zonebuild.probe.trust import Anchor
    from zonebuild.probe.wait import Outcome

_MAX_ALIASES = 8
_AGAIN = 2.0  # seconds for one more look at each name, after all together failed


@dataclass(frozen=True, slots=True)
class Scene:
    """Who serves what. servers: of each zone that names them, by apex, else `resolver` knows.

    anchors: what an answer in their zones must be signed with. wait: seconds.
    keyring: the TSIG keys that servers want.
    """

    servers: Mapping[str, Sequence[Server]]
    resolver: Server | None = None
    anchors: Sequence[Anchor] = ()
    wait: float = 600.0
    keyring: Keyring = field(default_factory=dict)

    def locate(self, name: str) -> Spot:
        """Return where the challenge of *name* (no wildcard) is served.

        A CNAME is followed; its end must be a challenge's owner again, since the drop-box takes
        no other. Errors: AcmeError.
        """
        owner = f"{PREFIX}{name}."
        for _ in range(_MAX_ALIASES):
            spot = self._spot(owner)
            if not spot.owner.startswith(PREFIX):
                way_on = f"let it lead to `{PREFIX}NAME`: the drop-box takes no other owner"
                raise AcmeError(f"{PREFIX}{name}. is an alias of {spot.owner}", way_on)
            alias = self._alias(spot)
            if alias is None:
                return spot
            owner = alias
        raise AcmeError(f"{PREFIX}{name}. is an alias of an alias without an end")

    def _spot(self, owner: str) -> Spot:
        from zonebuild.probe.servers import NotFound, locate

        apex = zone_of(owner, self.servers)
        if apex is not None:
            return Spot(owner, apex, tuple(self.servers[apex]))
        try:
            found = locate(owner, "TXT", resolver=self.resolver)
        except NotFound as error:
            reason = str(error).partition(";")[0]
            way_on = "name the zone's `servers` in its YAML, or `acme.resolver` in site.yaml"
            raise AcmeError(reason, way_on) from error
        return Spot(found.owner, found.zone, found.servers)

    def ask(self, spot: Spot, rdtype: str) -> tuple[Answer, ...]:
        """Return what each server says of the owner of *spot*, validated where that can be."""
        from zonebuild.probe.ask import ask

        anchors = self.anchors_of(spot.zone)
        return ask(spot.servers, spot.owner, rdtype, anchors=anchors, keyring=self.keyring)

    def _alias(self, spot: Spot) -> str | None:
        """Return where the owner leads, None where it is no alias, or nobody says so."""
        found = next((answer.alias for answer in self.ask(spot, "TXT") if answer.alias), None)
        return None if found == spot.owner else found

    def anchors_of(self, zone: str) -> Sequence[Anchor]:
        """Return the trust anchors where *zone* has any, else none."""
        return self.anchors if any(anchor.zone == zone for anchor in self.anchors) else ()


@dataclass(frozen=True, slots=True)
class Spot:
    """An owner of a challenge, the apex of its zone, and the servers of that."""

    owner: str
    zone: str
    servers: tuple[Server, ...]


def missing(scene: Scene, spots: Iterable[Spot], tokens: Iterable[Token]) -> dict[str, str]:
    """Wait until all servers show all *tokens*; return why not, by the owners that lack any."""
    places = {spot.owner: spot for spot in spots}
    values: dict[str, set[str]] = {}
    for token in tokens:
        values.setdefault(token.owner, set()).add(token.value)
    wanted = {places[owner]: frozenset(found) for owner, found in values.items()}
    if not wanted or _wait(scene, wanted, scene.wait).is_everywhere:
        return {}
    each = {spot: _wait(scene, {spot: found}, _AGAIN) for spot, found in wanted.items()}
    return {spot.owner: _why(found) for spot, found in each.items() if not found.is_everywhere}


def _wait(scene: Scene, wanted: Mapping[Spot, frozenset[str]], seconds: float) -> Outcome:
    from zonebuild.probe.ask import ask_server
    from zonebuild.probe.wait import Patience, wait_for

    anchors = {spot.owner: scene.anchors_of(spot.zone) for spot in wanted}
    by_server: dict[Server, dict[str, frozenset[str]]] = {}
    for spot, values in wanted.items():
        for server in spot.servers:
            by_server.setdefault(server, {})[spot.owner] = values

    def ask(server: Server, owner: str) -> Answer:
        return ask_server(server, owner, "TXT", anchors=anchors[owner], keyring=scene.keyring)

    return wait_for(by_server, ask, Patience(seconds, min(60.0, seconds)))


def _why(outcome: Outcome) -> str:
    if outcome.lacking:
        return "; ".join(str(lack) for lack in outcome.lacking)
    silent = ", ".join(str(answer) for answer in outcome.passed)
    return f"no server shows the challenge: {silent or 'none answers'}"
