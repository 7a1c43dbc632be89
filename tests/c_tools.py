"""Ask the checkers of BIND, Knot and NSD about one zone, and what they loaded.

Neither asks the network: `named-checkzone` gets `-i local`, the other two never do. What Knot
loaded cannot be had (`kzonecheck` prints no zone) but for what it says of TTLs, so records are
BIND's and NSD's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from dns.name import Name
    from dns.tokenizer import Token

TIMEOUT = 10  # seconds for each program
TOOLS = ("named-checkzone", "kzonecheck", "nsd-checkzone")
SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
ENVIRONMENT = {"PATH": SEARCH, "LC_ALL": "C", "TZ": "UTC"}

needed = pytest.mark.skipif(
    not all(shutil.which(tool, path=SEARCH) for tool in TOOLS),
    reason=f"needs {', '.join(TOOLS)}",
)

# Owner in lower case, type, TTL in seconds, rdata in canonical form (RFC 4034 section 6.2).
LoadedRecord = tuple[str, int, int, bytes]


class Verdict(NamedTuple):
    """What one program said of a zone.

    dump: the program's own print of what it loaded; None where it refused or prints none.
    """

    accepted: bool
    message: str
    apex: str
    dump: str | None = None

    def records(self) -> frozenset[LoadedRecord] | None:
        """Return what the program loaded; None where its print is missing or unreadable."""
        from dns.exception import DNSException

        with contextlib.suppress(DNSException):
            return None if self.dump is None else frozenset(_iterate_dump(self.dump, self.apex))
        return None


class Verdicts(NamedTuple):
    """What the three said of the same zone."""

    bind: Verdict
    knot: Verdict
    nsd: Verdict

    def all_accept(self) -> bool:
        """Say whether all three would load the zone."""
        return all(verdict.accepted for verdict in self)

    def all_refuse(self) -> bool:
        """Say whether none of the three would load the zone."""
        return not any(verdict.accepted for verdict in self)

    def load_the_same(self) -> bool:
        """Say whether what they loaded is known and the same, as far as Knot tells.

        Of an RRset with several TTLs Knot takes the last, BIND the first.
        """
        if "TTL mismatch" in self.knot.message:
            return False
        records = self.bind.records()
        return records is not None and records == self.nsd.records()


def judge(text: bytes, apex: str) -> Verdicts:
    """Ask the three about the zone *text*.

    apex: absolute or relative to the root; given to each without its final dot.
    """
    name = apex.rstrip(".") or "."
    with tempfile.TemporaryDirectory(prefix="zone-") as folder:
        zone = Path(folder, "zone")
        zone.write_bytes(text)
        return Verdicts(
            _judge_bind(name, folder), _judge_knot(name, folder), _judge_nsd(name, folder)
        )


def said_more_than_ok(verdict: Verdict) -> str:
    """Return what a program said beside that the zone is fine."""
    usual = ("OK", " is ok", "loaded serial", "dump zone to", "No semantic error found")
    lines = verdict.message.splitlines()
    return "\n".join(line for line in lines if not any(word in line for word in usual))


def _run(folder: str, *command: str) -> tuple[int, str, str]:
    """Return exit code, output and messages; a program that hangs counts as one that refused."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=ENVIRONMENT, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, "", f"{command[0]}: no answer in {TIMEOUT} s"
    output, messages = (
        part.decode("ascii", "backslashreplace") for part in (done.stdout, done.stderr)
    )
    return done.returncode, output, messages


def _judge_bind(name: str, folder: str) -> Verdict:
    # named-checkzone, for named-compilezone refuses by default what a server would load.
    options = ("-i", "local", "-D", "-s", "full", "-o", "loaded", name, "zone")
    code, output, messages = _run(folder, "named-checkzone", *options)
    loaded = Path(folder, "loaded")
    dump = loaded.read_text("ascii", "replace") if code == 0 and loaded.exists() else None
    return Verdict(code == 0, output + messages, name, dump)


def _judge_knot(name: str, folder: str) -> Verdict:
    code, output, messages = _run(folder, "kzonecheck", "-v", "-o", name, "zone")
    return Verdict(code == 0, output + messages, name)


def _judge_nsd(name: str, folder: str) -> Verdict:
    code, output, messages = _run(folder, "nsd-checkzone", "-p", name, "zone")
    dump = output if code == 0 else None
    return Verdict(code == 0, messages, name, dump)


def _iterate_dump(dump: str, name: str) -> Iterator[LoadedRecord]:
    """Yield record by record: a reader of RRsets would merge their TTLs.

    Errors: DNSException where the print is no master-file text.
    """
    import dns.name
    import dns.rdatatype
    import dns.tokenizer

    origin = owner = dns.name.from_text(name)
    tokens = dns.tokenizer.Tokenizer(dump)
    while not (token := tokens.get(want_leading=True)).is_eof():
        if token.is_eol():
            continue
        if token.value == "$ORIGIN":
            origin = tokens.get_name()
            tokens.get_eol()
            continue
        if not token.is_whitespace():
            owner = tokens.as_name(token, origin)
        ttl, _, rdtype = tokens.get_int(), tokens.get(), tokens.get_string()
        rdata = _join(tokens.get_remaining())
        number = int(dns.rdatatype.from_text(rdtype))
        tokens.get_eol()
        yield owner.to_text().lower(), number, ttl, _wire(rdtype, rdata, origin)


def _join(tokens: list[Token]) -> str:
    """Return *tokens* as text again; `alpn="h2"` stays in one piece."""
    text = ""
    for token in tokens:
        value = f'"{token.value}"' if token.is_quoted_string() else token.value
        text += value if token.is_quoted_string() and text.endswith("=") else f" {value}"
    return text


def _wire(rdtype: str, text: str, origin: Name) -> bytes:
    """Return canonical rdata, or *text* itself for the few types that dnspython cannot read."""
    import dns.rdata
    from dns.exception import DNSException

    try:
        rdata = dns.rdata.from_text("IN", rdtype, text, origin, relativize=False)
    except DNSException:
        return text.lower().replace(" ", "").encode()
    return rdata.to_digestable(origin)
