"""A service at one address, and the chain of certificates that it shows there, as values."""

from __future__ import annotations

from dataclasses import dataclass

PROTOCOL = "none"  # TLS on connect


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A port of one address. address: IPv4 or IPv6.

    name: what the client asks for (SNI, RFC 6066 section 3), without final dot; may be empty.
    starttls: one of `zonebuild.tlsa.places.STARTTLS`.
    algorithm: `rsa` or `ecdsa` where a server that has both is to show that one, else empty.
    """

    address: str
    port: int
    name: str = ""
    starttls: str = PROTOCOL
    algorithm: str = ""

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        kind = "" if self.starttls == PROTOCOL else f" ({self.starttls})"
        return f"{shown}:{self.port}{kind}"


@dataclass(frozen=True, slots=True)
class Served:
    """What an endpoint shows.

    chain: certificates in DER, its own first. Before Python 3.13 there is no way to more than that.
    reason: a clause that follows the endpoint, where there is no chain.
    """

    endpoint: Endpoint
    chain: tuple[bytes, ...] = ()
    reason: str = ""

    @property
    def certificate(self) -> bytes:
        """The endpoint's own certificate in DER, empty where none was shown."""
        return self.chain[0] if self.chain else b""
