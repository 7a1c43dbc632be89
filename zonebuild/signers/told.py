"""What is given to a program that signs or serves zones, and what it made of each.

Spec: RFC 1982 section 3.2 (which serial is newer), RFC 1035 section 5 (zone files).
"""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from zonebuild.files.read import SourceError, read_outside
from zonebuild.serial import is_newer

CONTROL_SECONDS = 30.0  # a control program is given for one command
_SERIALS = 1 << 32
_LIMIT = 1 << 32  # octets of a zone
# Also an SOA that is spread over lines in parentheses, or without TTL and class.
_SOA = re.compile(
    r"^(?P<before>[^\s;\"]*[ \t]+(?:\d\w*[ \t]+)?(?:IN[ \t]+)?(?:\d\w*[ \t]+)?SOA\s+\S+\s+"
    r"(?:[^\s(\\]|\\.)+[\s(]+)(?P<serial>\d{1,10})(?!\S)",
    re.MULTILINE | re.IGNORECASE,
)


class Verdict(enum.Enum):
    """What became of one zone."""

    TOLD = "told"
    REFUSED = "refused"
    UNREACHED = "unreached"


class Told(NamedTuple):
    """What a program made of one zone.

    why: where REFUSED a clause that follows its name, where UNREACHED a sentence of its own.
    """

    verdict: Verdict
    why: str = ""


TOLD = Told(Verdict.TOLD)


class Unreadable(Exception):
    """What a signer holds of a zone cannot be had; the text is a clause that says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """A zone that changed. apex: absolute. file: what the program is to read.

    serial: that of the file, None where none can be read there. is_signed: whether it is, or is
    to be. was_given: whether the program took it before.
    """

    apex: str
    file: Path
    serial: int | None = None
    is_signed: bool = True
    was_given: bool = False

    @property
    def name(self) -> str:
        """The apex as programs spell it: without its final dot, but for the root."""
        return bare_name(self.apex)


class Program(Protocol):
    """A program that signs or serves."""

    @property
    def kind(self) -> str:
        """How site.yaml spells it."""

    @property
    def folder(self) -> Path | None:
        """Where it reads built zones, None for where they lie."""

    @property
    def takes_unsigned(self) -> bool:
        """Whether it is given zones that are not to be signed, too."""

    @property
    def wants_rising(self) -> bool:
        """Whether a change with an old serial is none to it."""

    def apply(self, jobs: Sequence[Job]) -> Mapping[str, Told]:
        """Give it all of *jobs*, wait until it took them; return what it made of each, by apex."""

    def remove(self, job: Job) -> Told:
        """Take the zone of *job* away from it; one that it does not know is TOLD."""

    def read_back(self, apex: str) -> str:
        """Return what it holds of *apex*, as text. Errors: Unreadable.

        Proofs of denial may be missing, and signatures but for that which ends first.
        """


def bare_name(apex: str) -> str:
    """Return *apex* without its final dot, but for the root."""
    return apex.rstrip(".") or "."


def unreached(jobs: Iterable[Job], why: str) -> dict[str, Told]:
    """Return the verdict that none of *jobs* reached the program."""
    return {job.apex: Told(Verdict.UNREACHED, why) for job in jobs}


def read_file(path: Path) -> str:
    """Return the text of a zone file that a signer wrote. Errors: Unreadable."""
    try:
        return read_outside(path, _LIMIT).decode("utf-8", "surrogateescape")
    except SourceError as problem:
        raise Unreadable(f"{path} {problem.reason}") from problem


def transferred(address: str, port: int, apex: str) -> str:
    """Return the zone that a server of this host gives away, as text. Errors: Unreadable.

    Of its signatures there is that which ends first, and no proof of denial.
    """
    from zonebuild.probe.transfer import Server, TransferError, Transfers

    server = Server(address, port)
    try:
        return Transfers(server).zone(apex, is_brief=True)
    except TransferError as error:
        raise Unreadable(f"at {server} {error}; it is to let this host transfer zones") from error


def file_serial(text: str) -> int | None:
    """Return the serial of the first SOA in the text of a zone, None where there is none."""
    found = _SOA.search(text)
    serial = int(found["serial"]) if found else _SERIALS
    return serial if serial < _SERIALS else None


def with_serial(text: str, serial: int) -> str:
    """Return the text of a zone with *serial* in its first SOA."""
    return _SOA.sub(lambda found: f"{found['before']}{serial}", text, count=1)


def has_reached(served: int, wanted: int) -> bool:
    """Say whether a server with the serial *served* has *wanted*, or what came after it."""
    return not is_newer(wanted, served)


class Pace:
    """Tells when *seconds* have gone by, then twice as many, and so on."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, time.monotonic() + seconds

    def is_due(self) -> bool:
        """Say whether they have since it said so last."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._seconds *= 2
        self._next = now + self._seconds
        return True


def wait_for_all(
    waiting: set[str],
    look: Callable[[set[str]], Mapping[str, Told]],
    *,
    deadline: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> dict[str, Told]:
    """Return what *look* said of each of *waiting*, asked again until all are told of.

    look: says of those it is asked about what is certain by now. deadline: a time of *clock*.
    What is not certain then is left out.
    """
    known: dict[str, Told] = {}
    pause = _FIRST_PAUSE
    while True:
        known.update(look(waiting - known.keys()))
        if known.keys() >= waiting or clock() >= deadline:
            return known
        sleep(min(pause, max(deadline - clock(), 0.0)))
        pause = min(pause * 1.5, _LAST_PAUSE)


_FIRST_PAUSE, _LAST_PAUSE = 0.02, 0.5  # seconds
