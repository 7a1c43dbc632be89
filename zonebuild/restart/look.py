"""What a service shows, against what lies in its files.

Spec: RFC 5280 section 4.1.2.5 (validity); RFC 8446 section 4.4.2 (the certificate comes first).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.endpoints.certificate import algorithm_of, read_facts, why_not_valid
from zonebuild.endpoints.endpoint import Endpoint, Served
from zonebuild.endpoints.fetch import fetch
from zonebuild.files.read import SourceError, read_outside
from zonebuild.restart.service import Pair
from zonebuild.tlsa.material import MAX_OCTETS, Material, read_material
from zonebuild.tlsa.parameters import Wrong

_PRIVATE = b"PRIVATE KEY-----"


class State(enum.Enum):
    """How a service fares with a pair; the value is the word that is printed."""

    CURRENT = "current"
    NEEDED = "restart needed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """How it stands with one pair at one place. text: a sentence without its end."""

    state: State
    text: str


def look(pairs: Sequence[Pair], now: float) -> list[Found]:
    """Return how it stands with each of *pairs*, a place of the network each.

    now: Unix time in seconds.
    """
    found: list[Found] = []
    wanted: dict[Endpoint, bytes] = {}
    read = [(pair, read_pair(pair, now)) for pair in pairs]
    several = _with_several_keys((p, m) for p, m in read if isinstance(m, Material))
    for pair, material in read:
        if isinstance(material, Found):
            found.append(material)
            continue
        if not pair.endpoints:
            found.append(Found(State.UNKNOWN, f"{pair.where} tells no address that can be asked"))
        algorithm = algorithm_of(material.public_key)
        for plain in pair.endpoints:
            endpoint = replace(plain, algorithm=algorithm) if plain in several else plain
            wanted.setdefault(endpoint, material.certificate)  # the first one is the default there
    shown = fetch(list(wanted))
    return found + [_compare(served, wanted[served.endpoint]) for served in shown]


def read_pair(pair: Pair, now: float) -> Material | Found:
    """Return the certificate of *pair* once it holds and its key fits. now: Unix time."""
    certificate, key = _read(pair.certificate), _read(pair.key)
    if isinstance(certificate, Found):
        return certificate
    if isinstance(key, Found):
        return key
    own = read_material(certificate)
    if isinstance(own, Wrong):
        return _refused(pair.certificate, own.reason)
    if not own.certificate:
        return _refused(pair.certificate, f"holds a {own.kind}, want a certificate")
    if _PRIVATE not in key:
        return _refused(pair.key, "holds no private key in PEM")
    secret = read_material(key)
    if isinstance(secret, Wrong):
        return _refused(pair.key, secret.reason)
    if secret.public_key != own.public_key:
        return _refused(pair.key, f"is not the key of the certificate {quoted(pair.certificate)}")
    facts = read_facts(own.certificate)
    reason = why_not_valid(facts, now) if facts else "cannot be read"
    return _refused(pair.certificate, reason) if reason else own


def _read(path: str) -> bytes | Found:
    try:
        return read_outside(Path(path), MAX_OCTETS)
    except SourceError as error:
        is_hidden = "denied" in error.reason  # to this user; the service may well read it
        return Found(
            State.UNKNOWN if is_hidden else State.REFUSED, f"{quoted(path)} {error.reason}"
        )


def _refused(path: str, reason: str) -> Found:
    return Found(State.REFUSED, f"{quoted(path, 200)} {reason}")


def _with_several_keys(read: Iterable[tuple[Pair, Material]]) -> set[Endpoint]:
    """Return the endpoints that have keys of several algorithms, and show the one asked for."""
    algorithms: dict[Endpoint, set[str]] = {}
    for pair, material in read:
        for endpoint in pair.endpoints:
            algorithms.setdefault(endpoint, set()).add(algorithm_of(material.public_key))
    return {endpoint for endpoint, known in algorithms.items() if len(known) > 1}


def _compare(served: Served, wanted: bytes) -> Found:
    endpoint = served.endpoint
    where = f"{endpoint} as {endpoint.name}" if endpoint.name else str(endpoint)
    if not served.chain:
        return Found(State.UNKNOWN, f"{where} {served.reason}")
    if served.certificate == wanted:
        return Found(State.CURRENT, f"{where} shows the certificate that lies in its file")
    return Found(State.NEEDED, f"{where} shows another certificate than lies in its file")
