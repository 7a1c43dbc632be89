"""A whole zone from one of its name servers, as master-file text.

Spec: RFC 5936 (AXFR), RFC 1035 section 4.2.2 (two octets of length before each message),
RFC 2181 section 8 (a TTL of more than 31 bits is 0).
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.rdata.canonical import MAX_TTL
from zonebuild.rdata.types import type_mnemonic

if TYPE_CHECKING:
    import dns.message
    import dns.name

_CONNECT = 5.0  # seconds a server is given to take the connection
_SILENCE = 10.0  # seconds between two of its messages
_WHOLE = 300.0  # seconds a transfer may take
_LIMIT = 64 << 20  # octets of all messages of a zone
_PORT = 53
_RCODE = 0xF  # where it stands among the flags
_HEADER = 12  # octets
_POINTER = 192  # an octet from here on begins a compression pointer
_IN, _SOA, _RRSIG = 1, 6, 46
_DENIAL = (47, 50)  # NSEC, NSEC3
_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\]|(?P<host>[^\s:\[\]/]+))(?::(?P<port>\d+))?"
)


class TransferError(Exception):
    """The zone cannot be had from the server; the text is a clause that says why."""


class Server(NamedTuple):
    """Where a name server answers. host: a name or an IPv4 or IPv6 address."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_server(text: str) -> Server | None:
    """Return the server that `HOST[:PORT]` names, None where *text* is no such thing.

    An IPv6 address stands alone or, before a port, in brackets.
    """
    if text.count(":") > 1 and "[" not in text:
        text = f"[{text}]"
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    host, port = match["six"] or match["host"], int(match["port"] or _PORT)
    return Server(host, port) if 0 < port < 65_536 and not host.startswith("-") else None


class Transfers:
    """Transfers zones from one server; one that cannot be reached is asked only once.

    Each time is in seconds: to connect, of silence, of a whole transfer. limit: octets of a zone.
    """

    def __init__(
        self,
        server: Server,
        *,
        silence: float = _SILENCE,
        whole: float = _WHOLE,
        limit: int = _LIMIT,
    ) -> None:
        self._server = server
        self._silence, self._whole, self._limit = silence, whole, limit
        self._unreachable: TransferError | None = None

    def zone(self, apex: str, *, is_brief: bool = False) -> str:
        """Return the records of the zone of *apex*, one a line, behind a line with its `$ORIGIN`.

        Names are relative to it, as people and built zones have most of them.
        is_brief: without proofs of denial and, of all signatures, with that which ends first.

        Errors: TransferError.
        """
        if self._unreachable is not None:
            raise self._unreachable
        with self._connect() as connection:
            reader = _Reader(connection, time.monotonic() + self._whole, self._limit)
            connection.settimeout(self._silence)
            try:
                lines = _lines(apex, connection, reader, is_brief=is_brief)
                return "".join(f"{line}\n" for line in lines)
            except TimeoutError as error:
                raise TransferError("did not send the whole zone in time") from error
            except OSError as error:
                reason = (error.strerror or "the connection broke").lower()
                raise TransferError(f"broke the transfer off: {reason}") from error

    def _connect(self) -> socket.socket:
        host, port = self._server
        try:
            return socket.create_connection((host, port), timeout=_CONNECT)
        except (OSError, UnicodeError) as error:  # UnicodeError: what no name of a host can be
            reason = str(getattr(error, "strerror", None) or "cannot be reached").lower()
            self._unreachable = TransferError(f"cannot be reached: {reason}")
            raise self._unreachable from error


class _Reader:
    """Takes messages from a connection, up to a deadline and a number of octets."""

    def __init__(self, connection: socket.socket, deadline: float, limit: int) -> None:
        self._connection, self._deadline, self._left = connection, deadline, limit

    def message(self) -> bytes:
        """Return the next message. Errors: TransferError; OSError."""
        length = int.from_bytes(self._exactly(2))
        self._left -= length
        if self._left < 0:
            raise TransferError("sends more than a zone may have octets")
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            if time.monotonic() > self._deadline:
                raise TimeoutError
            got = self._connection.recv(count - len(data))
            if not got:
                raise TransferError("ended the transfer before the whole zone was there")
            data += got
        return bytes(data)


def _lines(
    apex: str, connection: socket.socket, reader: _Reader, *, is_brief: bool
) -> Iterator[str]:
    """Yield the `$ORIGIN` and the records between the first SOA and the last, the first included.

    All messages are taken before they are read: a server drops who takes them too slowly.
    """
    import dns.exception

    question = _question(apex)
    wire = question.to_wire()
    connection.sendall(len(wire).to_bytes(2) + wire)
    name = question.question[0].name
    try:
        message = reader.message()
        first = next(_records(message, question.id))
        if first.rdtype != _SOA or first.owner != name:
            raise TransferError("sends a zone that does not begin with its SOA")
        messages = [message, *_others(reader, question.id, _soas(message))]
        records = chain.from_iterable(_records(message, question.id) for message in messages)
        rest = (each for each in records if each.rdtype != _SOA or each.owner != name)
        yield f"$ORIGIN {apex}"
        for record in (first, *(_brief(rest) if is_brief else rest)):
            yield record.line(name)
    except (dns.exception.DNSException, struct.error, IndexError) as error:
        raise TransferError("sends a message that cannot be read") from error


def _brief(records: Iterable[_Record]) -> Iterator[_Record]:
    """Yield *records* without proofs of denial and, of signatures, with that which ends first."""
    first: _Record | None = None
    for record in records:
        if record.rdtype == _RRSIG:
            if first is None or record.expiration < first.expiration:
                first = record
        elif record.rdtype not in _DENIAL:
            yield record
    if first is not None:
        yield first


def _others(reader: _Reader, identifier: int, soas: int) -> Iterator[bytes]:
    """Yield the messages up to that with the second SOA. Errors: TransferError; OSError."""
    while soas < 2:
        message = reader.message()
        _counts(message, identifier)
        soas += _soas(message)
        yield message


def _counts(message: bytes, identifier: int) -> tuple[int, int]:
    """Return how many questions and how many records *message* has. Errors: TransferError."""
    import dns.rcode

    found, flags, questions, answers = struct.unpack_from("!HHHH", message)
    if found != identifier:
        raise TransferError("answers another question")
    if flags & _RCODE:
        rcode = dns.rcode.to_text(dns.rcode.Rcode(flags & _RCODE))
        raise TransferError(f"refuses the transfer: {rcode}")
    if not answers:
        raise TransferError("sends no zone")
    return questions, answers


def _soas(message: bytes) -> int:
    """Return how many SOA records *message* has, without a look at anything else."""
    questions, answers = struct.unpack_from("!HH", message, 4)
    at, found = _HEADER, 0
    for _ in range(questions):
        at = _behind_name(message, at) + 4  # type and class
    for _ in range(answers):
        at = _behind_name(message, at)
        rdtype, size = struct.unpack_from("!H6xH", message, at)
        at += 10 + size
        found += rdtype == _SOA
    return found


def _behind_name(message: bytes, at: int) -> int:
    """Return where the name at *at* ends (RFC 1035 section 4.1.4)."""
    while 0 < message[at] < _POINTER:
        at += message[at] + 1
    return at + (2 if message[at] else 1)


def _question(apex: str) -> dns.message.QueryMessage:
    import dns.exception
    import dns.message
    import dns.rdatatype

    try:
        return dns.message.make_query(apex, dns.rdatatype.AXFR, flags=0)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise TransferError("cannot be asked for a name with such octets") from error


class _Record(NamedTuple):
    """One record: its owner begins at *at* of *message*, its *size* octets of rdata at *start*."""

    message: bytes
    at: int
    ttl: int
    rdtype: int
    start: int
    size: int

    @property
    def owner(self) -> dns.name.Name:
        """The owner, read at each call."""
        import dns.name

        return dns.name.from_wire(self.message, self.at)[0]

    @property
    def expiration(self) -> int:
        """When the signature that it is ends, Unix seconds (RFC 4034 section 3.1.5)."""
        return int.from_bytes(self.message[self.start + 8 : self.start + 12])

    def line(self, origin: dns.name.Name) -> str:
        """Return it as a master file with this origin has it."""
        owner = self.owner.relativize(origin).to_text()
        return f"{owner} {self.ttl} IN {type_mnemonic(self.rdtype)} {self.rdata(origin)}"

    def rdata(self, origin: dns.name.Name) -> str:
        """Return the rdata; what dnspython refuses in the form that any type has (RFC 3597)."""
        import dns.exception
        import dns.rdata
        import dns.rdataclass
        import dns.rdatatype

        kind, start, size = dns.rdatatype.RdataType.make(self.rdtype), self.start, self.size
        try:
            read = dns.rdata.from_wire(dns.rdataclass.IN, kind, self.message, start, size)
            return read.to_text(origin, relativize=True)
        except dns.exception.DNSException:
            return f"\\# {size} {self.message[start : start + size].hex()}"


def _records(message: bytes, identifier: int) -> Iterator[_Record]:
    """Yield the records behind the questions. Errors: TransferError; struct.error; IndexError.

    dnspython's own reader of messages would refuse all of it for one odd record.
    """
    questions, answers = _counts(message, identifier)
    at = _HEADER
    for _ in range(questions):
        at = _behind_name(message, at) + 4  # type and class
    for _ in range(answers):
        begin, at = at, _behind_name(message, at)
        rdtype, rdclass, ttl, size = struct.unpack_from("!HHIH", message, at)
        start = at + 10
        at = start + size
        if rdclass != _IN or at > len(message):
            raise struct.error
        yield _Record(message, begin, ttl if ttl <= MAX_TTL else 0, rdtype, start, size)
