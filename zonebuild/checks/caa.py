"""Which CAs may issue certificates (RFC 8659)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
