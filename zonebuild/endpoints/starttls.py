"""The few words of each protocol after which TLS begins.

Spec: RFC 3207 (SMTP), RFC 2595 and RFC 9051 section 6.2.1 (IMAP), RFC 2595 section 4 (POP3),
RFC 4511 section 4.14 (LDAP).
"""

from __future__ import annotations

from collections.abc import Callable

from zonebuild.diagnostic import quoted
from zonebuild.endpoints.wire import Refused, Wire

_MAX_LINES = 100  # of one answer
_CLIENT = b"zonebuild.invalid"
_LDAP_OID = b"1.3.6.1.4.1.1466.20037"
# LDAPMessage 1, ExtendedRequest with that name: BER, every length below 128.
_LDAP_REQUEST = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _LDAP_OID
_LDAP_ANSWER, _LDAP_SUCCESS = b"\x02\x01\x01\x78", b"\x0a\x01\x00"


def start_tls(wire: Wire, kind: str) -> None:
    """Bring *wire* to where the TLS handshake begins. kind: one of STARTTLS.

    Errors: Refused, OSError.
    """
    _DIALOGUES[kind](wire)
    wire.expect_silence()


def _none(wire: Wire) -> None:
    """Begin at once."""


def _smtp(wire: Wire) -> None:
    _smtp_reply(wire, b"220", "no greeting of SMTP")
    wire.send(b"EHLO " + _CLIENT + b"\r\n")
    offered = _smtp_reply(wire, b"250", "no answer to EHLO")
    if not any(line[4:].strip().upper() == b"STARTTLS" for line in offered):
        raise Refused("offers no STARTTLS")
    wire.send(b"STARTTLS\r\n")
    _smtp_reply(wire, b"220", "no leave to start TLS")


def _smtp_reply(wire: Wire, code: bytes, lack: str) -> list[bytes]:
    """Return the lines of one reply (RFC 5321 section 4.2.1)."""
    lines: list[bytes] = []
    while len(lines) < _MAX_LINES:
        lines.append(wire.line())
        if not lines[-1].startswith(code):
            raise _unexpected(lack, lines[-1])
        if lines[-1][3:4] != b"-":
            return lines
    raise Refused(f"answers with more than {_MAX_LINES} lines")


def _imap(wire: Wire) -> None:
    _begins(wire, b"* OK", "no greeting of IMAP")
    wire.send(b"a STARTTLS\r\n")
    for _ in range(_MAX_LINES):
        line = wire.line()
        if line.upper().startswith(b"A OK"):
            return
        if not line.startswith(b"* "):
            raise _unexpected("no leave to start TLS", line)
    raise Refused(f"answers with more than {_MAX_LINES} lines")


def _pop3(wire: Wire) -> None:
    _begins(wire, b"+OK", "no greeting of POP3")
    wire.send(b"STLS\r\n")
    _begins(wire, b"+OK", "no leave to start TLS")


def _ldap(wire: Wire) -> None:
    wire.send(_LDAP_REQUEST)
    tag, length = wire.take(2)
    body = b""
    if tag == 0x30:
        body = wire.take(length if length < 0x80 else _long(wire, length & 0x7F))
    if not body.startswith(_LDAP_ANSWER) or body[5:8] != _LDAP_SUCCESS:
        raise Refused("gives no leave to start TLS")


def _long(wire: Wire, count: int) -> int:
    """Return a length that is written in *count* octets."""
    if not 1 <= count <= 2:
        raise Refused("gives no proper answer of LDAP")
    return int.from_bytes(wire.take(count), "big")


def _begins(wire: Wire, wanted: bytes, lack: str) -> None:
    line = wire.line()
    if not line.upper().startswith(wanted):
        raise _unexpected(lack, line)


def _unexpected(lack: str, line: bytes) -> Refused:
    return Refused(f"gives {lack} but {quoted(line.decode('latin-1'))}")


_DIALOGUES: dict[str, Callable[[Wire], None]] = {
    "none": _none,
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ldap": _ldap,
}
