"""What is known of a service on this machine, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zonebuild.endpoints.endpoint import Endpoint

COMMAND_SECONDS = 30.0  # a command of a service is given
MAX_OCTETS = 4 << 20  # of a configuration file, or of what a service prints of it


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate, its key, and where the service shows it.

    certificate, key: paths, absolute; the same where one file holds both.
    endpoints: none where the configuration does not tell any that can be asked.
    where: the place of the configuration that names the files, for messages.
    """

    certificate: str
    key: str
    endpoints: tuple[Endpoint, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Command:
    """An argument vector. given: its standard input."""

    words: tuple[str, ...]
    given: str = ""


@dataclass(frozen=True, slots=True)
class Hangup:
    """SIGHUP to the process whose id a file holds. program: what that process must be."""

    pid_file: str
    program: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What the configuration of a service says.

    test: judges the configuration; None where the service has no such command.
    cure: what makes the running service take up its files. how: the same in words.
    passed: what of the configuration could not be followed, a sentence each.
    """

    pairs: tuple[Pair, ...]
    test: Command | None
    cure: Command | Hangup
    how: str
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service's configuration is. config: a file or folder, empty for the usual one.

    control: of slapd, the URL of its socket; empty for the one that it was started with.
    """

    config: str = ""
    control: str = ""


class NoSetup(Exception):
    """The configuration cannot be learnt; the text is a sentence that says why."""


Find = Callable[[Place], Setup]  # Errors: NoSetup
