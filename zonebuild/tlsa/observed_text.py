"""The text of what was seen from outside, written after one run and read by the next.

A file with any harm in it tells nothing: then nothing has been seen, and all waits go on.

    zonebuild-observed 1
    track LINEAGE UNIT EPOCH AT
    server OWNER SERVER TTL 3-1-1-HEX,…|none|unproved|-
    endpoint OWNER ENDPOINT SHA256/SHA512,…|none|-
    end SUM

`none` is an answer that there is nothing, `unproved` one without a proof, `-` is no answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import EndpointView, Observation, ServerView

HEAD = "zonebuild-observed 1"
TrackName = tuple[str, str]  # lineage and unit
_NOTHING, _UNPROVED, _SILENT = "none", "unproved", "-"
_TRACK = re.compile(r"track (\S+) (\S+) ([0-9]{1,12}) ([0-9]{1,12})")
_SERVER = re.compile(r"server (\S+) (\S+) ([0-9]{1,10}) (none|unproved|-|[0-9a-f,-]+)")
_ENDPOINT = re.compile(r"endpoint (\S+) (\S+) (none|-|[0-9a-f,/]+)")


def observed_text(observed: Mapping[TrackName, Observation]) -> bytes:
    """Return the file that keeps *observed*; no name in it has white space."""
    body = f"{HEAD}\n"
    for name, seen in sorted(observed.items()):
        body += "".join(f"{line}\n" for line in _lines(name, seen))
    return f"{body}end {_sum(body)}\n".encode()


def _lines(name: TrackName, seen: Observation) -> Iterator[str]:
    yield f"track {' '.join(name)} {seen.epoch} {seen.at}"
    for owner, servers in sorted(seen.servers.items()):
        for view in servers:
            rdatas = None if view.rdatas is None else {r.replace(" ", "-") for r in view.rdatas}
            shown = _joined(rdatas) if view.is_proved else _UNPROVED
            yield f"server {owner} {view.server} {view.ttl} {shown}"
    for owner, endpoints in sorted(seen.endpoints.items()):
        for each in endpoints:
            pins = None if each.pins is None else {"/".join(pin) for pin in each.pins}
            yield f"endpoint {owner} {each.endpoint} {_joined(pins)}"


def _joined(words: set[str] | None) -> str:
    return _SILENT if words is None else ",".join(sorted(words)) or _NOTHING


def _split(text: str) -> list[str] | None:
    return None if text == _SILENT else [] if text == _NOTHING else text.split(",")


def _sum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def read_observed(data: bytes) -> dict[TrackName, Observation]:
    """Return what the file keeps, by track; nothing where it is damaged."""
    text = data.decode("utf-8", "replace")
    body, _, end = text.rpartition("end ")
    if not body.startswith(f"{HEAD}\n") or end != f"{_sum(body)}\n":
        return {}
    found: dict[TrackName, Observation] = {}
    name: TrackName = ("", "")
    for line in body.split("\n")[1:-1]:
        if track := _TRACK.fullmatch(line):
            name = track[1], track[2]
            found[name] = Observation(int(track[3]), int(track[4]), {}, {})
        elif name not in found or not _note(found, name, line):
            return {}
    return found


def _note(found: dict[TrackName, Observation], name: TrackName, line: str) -> bool:
    """Add what *line* says to the track *name*; say whether it says anything that is known."""
    seen = found[name]
    if server := _SERVER.fullmatch(line):
        is_proved = server[4] != _UNPROVED
        rdatas = _split(server[4]) if is_proved else []
        known = None if rdatas is None else frozenset(r.replace("-", " ") for r in rdatas)
        view = ServerView(server[2], known, int(server[3]), is_proved)
        views = (*seen.servers.get(server[1], ()), view)
        found[name] = replace(seen, servers={**seen.servers, server[1]: views})
        return True
    if endpoint := _ENDPOINT.fullmatch(line):
        words = _split(endpoint[3])
        pins = None if words is None else frozenset(_pin(word) for word in words)
        each = EndpointView(endpoint[2], pins)
        shown = (*seen.endpoints.get(endpoint[1], ()), each)
        found[name] = replace(seen, endpoints={**seen.endpoints, endpoint[1]: shown})
        return True
    return False


def _pin(word: str) -> Pin:
    sha256, _, sha512 = word.partition("/")
    return Pin(sha256, sha512)
