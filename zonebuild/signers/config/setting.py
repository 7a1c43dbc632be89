"""What configuration is made from: the zones, who signs them, who serves them, and where they lie.

Pure: paths are only joined, never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zonebuild.site.names import file_name
from zonebuild.site.signers import (
    SERVERS,
    SIGNERS,
    BINDSigner,
    ExecSigner,
    KnotSigner,
    NSDServer,
    OpenDNSSECSigner,
    ServerConfig,
    SignerConfig,
    Variant,
)

_SIGNED, _UNSIGNED = "signed", "unsigned"


@dataclass(frozen=True, slots=True, order=True)
class ListedZone:
    """A zone to be listed. apex: absolute, lower case. is_signed: whether it has signatures."""

    apex: str
    is_signed: bool = True

    @property
    def bare_name(self) -> str:
        """The apex as programs spell it: without its final dot, but for the root."""
        return self.apex.rstrip(".") or "."

    @property
    def file_name(self) -> str:
        """The name of its file, which differs for the root and where a label has a slash."""
        return file_name(self.apex)


@dataclass(frozen=True, slots=True)
class Setting:
    """A site as far as configuration tells of it.

    root: the top of the site, absolute. zones: sorted by apex. signer, server: of site.yaml.
    soa_ttl, soa_minimum: seconds, what most zones have.
    """

    root: Path
    zones: Sequence[ListedZone]
    signer: SignerConfig
    server: ServerConfig | None = None
    soa_ttl: int = 3600
    soa_minimum: int = 600

    @property
    def opendnssec(self) -> OpenDNSSECSigner:
        """OpenDNSSEC's options, the defaults where it is not the signer."""
        if isinstance(self.signer, OpenDNSSECSigner):
            return self.signer
        return OpenDNSSECSigner(**_defaults(SIGNERS, "opendnssec"))

    @property
    def knot(self) -> KnotSigner:
        """Knot's options, the defaults where it is not the signer."""
        if isinstance(self.signer, KnotSigner):
            return self.signer
        return KnotSigner(**_defaults(SIGNERS, "knot"))

    @property
    def bind(self) -> BINDSigner:
        """BIND's options, the defaults where it is not the signer."""
        if isinstance(self.signer, BINDSigner):
            return self.signer
        return BINDSigner(**_defaults(SIGNERS, "bind"))

    @property
    def nsd(self) -> NSDServer:
        """NSD's options, the defaults where it is not the server."""
        return self.server or NSDServer(**_defaults(SERVERS, "nsd"))

    @property
    def primary(self) -> tuple[str, int]:
        """Where the zones are served on this host: the address and the port."""
        for known in (self.server, self.signer):
            if isinstance(known, NSDServer | BINDSigner):
                return known.address, known.port
        return "127.0.0.1", 53

    @property
    def unsigned_folder(self) -> Path:
        """Where the built zones lie."""
        return self.root / _UNSIGNED

    @property
    def signed_folder(self) -> Path:
        """Where the signer's zone files lie, for a server that only serves them."""
        if isinstance(self.signer, OpenDNSSECSigner | ExecSigner) and self.signer.signed:
            return self.signer.signed
        return self.root / _SIGNED

    def served_file(self, zone: ListedZone) -> Path:
        """Return the file of *zone* for a server that only serves it."""
        folder = self.signed_folder if zone.is_signed else self.unsigned_folder
        return folder / zone.file_name


def _defaults(variants: Sequence[Variant], kind: str) -> dict[str, Any]:
    (variant,) = (variant for variant in variants if variant.kind == kind)
    return {key.name: key.default for key in variant.fields}
