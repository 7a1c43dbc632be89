"""TXT records whose text is not what was meant."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
