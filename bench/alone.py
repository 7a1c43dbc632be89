"""A signer by itself, the least that any builder can do: a token behind the zone, signed, served.

No check, no state, no lock. Where a program signs it is a shell loop: sed, mv and the signer's own
command. The embedded signer is called in this process, with everything loaded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench.chain import Chain
from tests.live.daemons import bind, knot, nsd
from zonebuild.assemble import assemble
from zonebuild.signers.local.disk import sign
from zonebuild.signers.local.zone_signing import SigningParameters
from zonebuild.zonefile import decode_source, read_fragment

Loop = Callable[[Path], None]  # given a token's file

_SHELL = 'set -e; sed "s/@SERIAL@/$1/" "$2" "$3" >"$4.new"; mv "$4.new" "$4"; shift 4; exec "$@"'
_SOA = re.compile(r"(?<=\tSOA\t)(\S+ \S+ )([0-9]+)")
_GREATER = count(1 << 10)  # beyond what the builder adds while it is measured


def loop_of(kind: str, made: Chain) -> Loop:
    """Return what gives a token to the signer of *made*, which is one of `bench.chain.KINDS`."""
    return _SIGNERS[kind](made)


def _shell(made: Chain, file: Path, *command: str) -> Loop:
    """Return the loop of a program that reads *file* when it is told by *command*."""
    text, serial = _without_serial((made.site / "unsigned" / made.zone).read_text())
    base = made.folder / "base"
    base.write_text(text)

    def loop(token: Path) -> None:
        raised = str((serial + next(_GREATER)) % (1 << 32))
        made.here.run(["sh", "-c", _SHELL, "sh", raised, base, token, file, *command])

    return loop


def _without_serial(zone: str) -> tuple[str, int]:
    """Return *zone* with a mark in the place of its serial, and the serial."""
    found = _SOA.search(zone)
    if found is None:
        raise SystemExit("the built zone has no SOA record")
    return f"{zone[: found.start(2)]}@SERIAL@{zone[found.end(2) :]}", int(found[2])


def _opendnssec(made: Chain) -> Loop:
    return _shell(made, made.site / "unsigned" / made.zone, "ods-signer", "sign", made.zone)


def _knot(made: Chain) -> Loop:
    command = [*knot.command(made.folder / "knot"), "zone-reload", made.zone]
    return _shell(made, made.site / "unsigned" / made.zone, *command)


def _bind(made: Chain) -> Loop:
    folder = made.folder / "bind"
    command = [*bind.command(folder), "reload", made.zone]
    return _shell(made, folder / "zones" / made.zone, *command)


def _embedded(made: Chain) -> Loop:
    base = (made.site / "unsigned" / made.zone).read_bytes()
    apex, reload = f"{made.zone}.", [*nsd.command(made.folder / "nsd"), "reload", made.zone]

    def loop(token: Path) -> None:
        source = decode_source(made.zone, base + token.read_bytes())
        zone = assemble(apex, [read_fragment(source, apex=apex)])
        sign(made.site, apex, zone, now=int(time.time()), parameters=SigningParameters())
        made.here.run(reload)

    return loop


_SIGNERS: dict[str, Callable[[Chain], Loop]] = {
    "embedded signer, NSD": _embedded,
    "OpenDNSSEC, NSD": _opendnssec,
    "Knot": _knot,
    "BIND": _bind,
}
