"""Which room tells which program; a new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zonebuild.signers.bind import BIND
from zonebuild.signers.exec import Exec
from zonebuild.signers.knot import Knot
from zonebuild.signers.nsd import NSD
from zonebuild.signers.opendnssec import OpenDNSSEC
from zonebuild.signers.told import Program
from zonebuild.site.signers import ServerConfig, SignerConfig

PROGRAMS: Mapping[str, Callable[[Any], Program]] = {
    "opendnssec": OpenDNSSEC,
    "knot": Knot,
    "bind": BIND,
    "exec": Exec,
    "nsd": NSD,
}


def program_of(config: SignerConfig | ServerConfig | None) -> Program | None:
    """Return what tells the program that *config* names; None for `none` and `local`."""
    make = None if config is None else PROGRAMS.get(config.kind)
    return make(config) if make else None
