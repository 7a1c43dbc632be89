"""What the zones' own servers say of CAA, before a CA asks them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zonebuild.acme.served import Scene, Spot
from zonebuild.checks.caa_rights import Applicant, Property, closest, read_properties, why_not
from zonebuild.placement import zone_of
from zonebuild.probe.answers import Status


def caa_fault(scene: Scene, names: Iterable[str], applicant: Applicant) -> str | None:
    """Return why CAA does not let *applicant* have a certificate for *names*, None where it does.

    Only zones whose servers the site names are looked at, up to their apex; a server that is
    silent says nothing, and a CA that names no domain of its own cannot be judged.
    """
    if not applicant.identities:
        return None
    asked: dict[str, Sequence[Property]] = {}
    for name in names:
        base = f"{name.removeprefix('*.')}."
        for owner in _path(scene, base):
            if owner not in asked:
                asked[owner] = _ask(scene, owner)
            if asked[owner]:
                break
        found, properties = closest(base, asked)
        why = why_not(properties, applicant, is_wildcard=name.startswith("*."))
        if why is not None:
            return f"the CAA set at {found} does not allow {name}: {why}"
    return None


def _path(scene: Scene, name: str) -> list[str]:
    """Return *name* and its ancestors up to the apex of its zone, none where that is not ours."""
    owners = [name]
    while owners[-1] not in scene.servers:
        parent = owners[-1].partition(".")[2]
        if not parent:
            return []
        owners.append(parent)
    return owners


def _ask(scene: Scene, owner: str) -> Sequence[Property]:
    apex = zone_of(owner, scene.servers)
    if apex is None:
        return ()
    for server in scene.servers[apex]:
        (answer,) = scene.ask(Spot(owner, apex, (server,)), "CAA")
        if answer.status is Status.ANSWERED:
            return read_properties(answer.values)
        if answer.status is Status.ABSENT:
            return ()
    return ()
