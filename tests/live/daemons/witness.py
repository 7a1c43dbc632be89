"""Whoever asks one server all the time, and writes down what it answered: a line each look.

A line is: the serial, when the signature of www's address begins and ends (Unix seconds), the time
of the look, and www's addresses. Both questions go to the server within a millisecond or so.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.live.daemons.host import Daemon, Host

_PAUSE = 0.02
_WAIT = 0.5  # seconds for an answer


class Seen(NamedTuple):
    """One look."""

    serial: int
    inception: int
    expiration: int
    at: int
    addresses: tuple[str, ...]


class Witness(Daemon):
    """A process in *folder* that looks at *zone* at the server *address*."""

    def __init__(self, host: Host, folder: Path, address: str, zone: str) -> None:
        folder.mkdir()
        self._lines = folder / "seen"
        self._lines.touch()
        words = [sys.executable, "-m", __name__, address, zone, str(self._lines)]
        super().__init__(host, words, folder / "log", lambda: self._lines.stat().st_size > 0)

    def seen(self) -> list[Seen]:
        """Return all looks that had an answer, in order; the last line may be half written."""
        lines = self._lines.read_text().split("\n")[:-1]
        return [Seen(*map(int, words[:4]), tuple(words[4:])) for words in map(str.split, lines)]


def _look(address: str, zone: str) -> str | None:
    """Return the line of one look, None where an answer is missing."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rdatatype

    found = []
    for name, rdtype in ((f"www.{zone}", "A"), (zone, "SOA")):
        query = dns.message.make_query(name, rdtype, want_dnssec=True)
        try:
            answer = dns.query.udp(query, address, timeout=_WAIT).answer
        except (OSError, dns.exception.DNSException):
            return None
        by_type = {rrset.rdtype: rrset for rrset in answer}
        if len(by_type) != 2:
            return None
        found.append((by_type[dns.rdatatype.RRSIG], by_type[dns.rdatatype.from_text(rdtype)]))
    (signature,), addresses = found[0]
    (soa,) = found[1][1]
    moments = f"{signature.inception} {signature.expiration} {int(time.time())}"
    return f"{soa.serial} {moments} {' '.join(sorted(map(str, addresses)))}"


def main(address: str, zone: str, path: str) -> None:
    """Look until killed."""
    with Path(path).open("a", buffering=1) as file:
        while True:
            line = _look(address, zone)
            if line is not None:
                file.write(f"{line}\n")
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
