"""SVCB and HTTPS records (RFC 9460)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
