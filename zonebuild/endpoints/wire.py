"""A TCP connection with one deadline and one limit of octets for all that comes over it.

A peer that sends an octet a second holds nobody up: the deadline is not that of a single read.
"""

from __future__ import annotations

import socket
import time

MAX_OCTETS = 1 << 18  # received on one connection: greeting, handshake, chain
_LINE = 4096  # octets
_CHUNK = 1 << 14


class Refused(Exception):
    """The peer does not do its part; the text is a clause that follows its name."""


class Wire:
    """A connection; a context manager closes it. deadline: seconds for everything on it.

    Errors of all methods: Refused, OSError.
    """

    def __init__(self, address: str, port: int, deadline: float) -> None:
        self._ends = time.monotonic() + deadline
        self._left = MAX_OCTETS
        self._buffer = b""
        self._socket = socket.create_connection((address, port), timeout=deadline)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of *data*."""
        self._socket.settimeout(self._remaining())
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """Return what comes next, at least one octet."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        self._socket.settimeout(self._remaining())
        data = self._socket.recv(_CHUNK)
        if not data:
            raise Refused("closes the connection before it has shown a certificate")
        self._left -= len(data)
        if self._left < 0:
            raise Refused(f"sends more than {MAX_OCTETS} octets without showing a certificate")
        return data

    def line(self) -> bytes:
        """Return the next line without its end."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > _LINE:
                raise Refused(f"sends a line of more than {_LINE} octets")
            known, self._buffer = self._buffer, b""
            self._buffer = known + self.receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def take(self, count: int) -> bytes:
        """Return exactly *count* octets."""
        while len(self._buffer) < count:
            known, self._buffer = self._buffer, b""
            self._buffer = known + self.receive()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def expect_silence(self) -> None:
        """Refuse what was sent ahead of the handshake: it would count as if it came by TLS."""
        if self._buffer:
            raise Refused("sends more before the TLS handshake than its protocol allows")

    def _remaining(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
