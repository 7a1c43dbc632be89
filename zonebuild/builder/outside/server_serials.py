"""Which serial the servers of a zone have, asked where none is known here.

A server that was silent a few times in a row is not asked again in that run: ten thousand new
zones do not wait for it one after the other.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from zonebuild.builder.run import Run
from zonebuild.site.config import ZoneConfig

if TYPE_CHECKING:
    from zonebuild.probe.answers import Server
    from zonebuild.probe.keyring import Keyring

_PATIENCE = 3  # silences in a row


class ServerSerials:
    """What is asked of the servers of zones in one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._silences: Counter[Server] = Counter()

    def __call__(self, config: ZoneConfig) -> int | None:
        """Return the newest serial; 0 where all have no such zone, None where it is not known."""
        from zonebuild.probe.answers import Answer, Status
        from zonebuild.probe.ask import ask
        from zonebuild.probe.serials import newest_serial

        asked = [each for each in config.servers if self._silences[each] < _PATIENCE]
        answers = list(ask(asked, config.apex, "SOA", keyring=self._keyring))
        for answer in answers:
            is_silent = answer.status is Status.SILENT
            self._silences[answer.server] = self._silences[answer.server] + 1 if is_silent else 0
        mute = (each for each in config.servers if each not in asked)
        return newest_serial([*answers, *(Answer(each, Status.SILENT) for each in mute)])

    @cached_property
    def _keyring(self) -> Keyring:
        from zonebuild.builder.outside.keyring import read_keyring

        return read_keyring(self._run)[0]
