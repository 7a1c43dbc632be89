"""Random walks of a clock over a site with the embedded signer: ahead, back, right, restarted.

The model knows the true time. Whenever the clock is right and a run has ended, a validator accepts
the signed zone, and it has every token that is not too old. No serial ever goes back. While the
clock is distrusted nothing of what is served moves.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.built_zones import validate_all
from tests.sites import DAY, NOW, SITE, SmallSite
from zonebuild.builder.places import SiteError, find_places
from zonebuild.builder.remembered import clock
from zonebuild.clock import Uptime
from zonebuild.serial import is_newer
from zonebuild.signers.local.signed_text import published_serial

ZONE = "a.example"
HOUR = 3600
MAX_AGE = 7 * DAY
UNSEEN = 2 * DAY  # behind the truth, after a leap: nothing on the host could tell
OFFSETS = (0, 0, 0, 0, 2 * HOUR, 10 * HOUR, 3 * DAY, 100 * DAY, 400 * DAY, 3653 * DAY)
BACK = (-2 * HOUR, -2 * DAY, -400 * DAY, -3653 * DAY)
STEPS = (60, HOUR, 6 * HOUR, DAY, 3 * DAY, 20 * DAY)
WALK = SITE.replace("signer: none", "signer: local") + (
    "  serial: date\nfeeds: {box: box}\nacme: {max_age: 7d}\n"
)


class Walk:
    """One site and its clocks. true: the time as it is; offset: by how much the clock is wrong.

    tokens: when each was dropped. right_since: since when the clock is right, by the true time.
    """

    def __init__(self, root: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chance = random.Random(seed)
        self.has_uptime = bool(seed % 2)
        self.true, self.offset, self.booted, self.boot = NOW, 0, NOW, 0
        self.right_since = NOW
        self.tokens: dict[str, int] = {}
        self.edits = 0
        self.site = SmallSite(root, [], WALK)
        self.site.add_zone(ZONE, yaml="acme: {box: [a.example]}\n")
        self.site.write("box/.zonebuild-feed", "")
        monkeypatch.setattr(clock, "read_uptime", self.uptime)
        self.serials = (0, 0)

    def uptime(self) -> Uptime:
        return Uptime(f"boot-{self.boot}", self.true - self.booted) if self.has_uptime else Uptime()

    def step(self) -> None:
        """Let time pass, and something happen."""
        self.true += self.chance.choice(STEPS)
        happening = self.chance.randrange(6)
        if happening == 0:
            self.boot, self.booted = self.boot + 1, self.true
        elif happening == 1:
            self.edits += 1
            self.site.append(f"primary/{ZONE}", f"h{self.edits} A 192.0.2.9\n")
        elif happening == 2:
            value = f"{len(self.tokens):x}".rjust(43, "v")
            owner = f"_acme-challenge.{ZONE}."
            self.site.write(f"box/{owner}{len(self.tokens):016x}", f'{owner} 60 IN TXT "{value}"\n')
            self.tokens[value] = self.true
        elif happening in (3, 4):
            was = self.offset
            self.offset = self.chance.choice((*OFFSETS, *BACK))
            if was and not self.offset:
                self.right_since = self.true

    def run(self) -> None:
        """Run once, with what people do where they are asked to."""
        before = self.served()
        try:
            self.site.run(self.true + self.offset, handoff=True)
        except SiteError:
            assert self.served() == before
            if self.offset:
                return
            clock.accept_clock(find_places(self.site.root), self.true)
            self.site.run(self.true, handoff=True)
        self.judge_serials()
        if not self.offset:
            self.judge_zone()

    def served(self) -> tuple[bytes, ...]:
        paths = (self.site.root / top / ZONE for top in ("unsigned", "signed"))
        return tuple(path.read_bytes() if path.exists() else b"" for path in paths)

    def judge_serials(self) -> None:
        """No serial goes back, and none is ahead by more than a clock that is let pass."""
        unsigned, signed = (published_serial(text.decode()) or 0 for text in self.served())
        for old, new in zip(self.serials, (unsigned, signed), strict=True):
            assert not old or new == old or is_newer(new, old)
        self.serials = unsigned, signed
        furthest = time.strftime("%Y%m%d99", time.gmtime(self.true + 200 * DAY))
        assert unsigned <= int(furthest)

    def judge_zone(self) -> None:
        text = self.served()[1].decode()
        validate_all(text, f"{ZONE}.", self.true)
        for value, dropped in self.tokens.items():
            if self.true - dropped < MAX_AGE - UNSEEN:
                assert value in text, "a token died early"
            elif self.true - max(dropped, self.right_since) > 2 * MAX_AGE:
                assert value not in text, "a token lives on"


@pytest.mark.parametrize("seed", range(12))
def test_whenever_the_clock_is_right_the_signed_zone_is(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Walk(tmp_path / "site", seed, monkeypatch)
    walk.run()
    for _ in range(40):
        walk.step()
        walk.run()
