"""SRV, URI, PTR, RP and LP records and what they point at."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
