"""Fields whose values the wire could carry but the standard does not know."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
