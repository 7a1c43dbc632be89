"""What one name server said of one RRset, as values.

Spec: RFC 1035 section 4.1.1 (response codes, the AA bit).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

PORT = 53


class Status(enum.Enum):
    """How a server met a question; the value is a clause that follows its name."""

    ANSWERED = "has the RRset"
    ABSENT = "answers without it"
    ALIAS = "says that the name is an alias into another zone"
    BOGUS = "has it with signatures that do not hold"
    NOT_AUTHORITATIVE = "answers without authority for the zone"
    REFUSED = "refuses to answer (REFUSED)"
    SERVFAIL = "fails to answer (SERVFAIL)"
    BROKEN = "gives no proper answer"
    SILENT = "is silent"
    UNREACHABLE = "cannot be reached from this host"

    @property
    def is_heard(self) -> bool:
        """Whether the server said anything at all."""
        return self not in (Status.SILENT, Status.UNREACHABLE)


@dataclass(frozen=True, slots=True, order=True)
class Server:
    """A name server at one of its addresses.

    name: absolute, empty where only the address is known. key: the name of the TSIG key that
    questions to it are signed with (RFC 8945), empty for none.
    """

    address: str
    port: int = PORT
    name: str = ""
    key: str = ""

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        where = self.address if self.port == PORT else f"{shown}:{self.port}"
        return f"{self.name} ({where})" if self.name else where


@dataclass(frozen=True, slots=True)
class Answer:
    """What *server* says of one RRset.

    values: of a TXT its character-strings joined, of other types the rdata, names absolute.
    ttl: seconds; None where there is no RRset.
    rtt: seconds from the question to its answer; None where none came.
    alias: the name that a chain of CNAME leads to; None where there is no CNAME.
    detail: a clause that says more, often empty.
    is_proved: whether a denial was asked to be proved, and is.
    """

    server: Server
    status: Status
    values: tuple[str, ...] = ()
    ttl: int | None = None
    rtt: float | None = None
    alias: str | None = None
    detail: str = ""
    is_proved: bool = False

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.server} {self.status.value}{detail}"


def parse_server(text: str) -> Server | None:
    """Return the server of `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`; None for anything else."""
    import ipaddress

    address, port = text, str(PORT)
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or str(PORT)
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 1 << 16):
        return None
    return Server(str(known), int(port))
