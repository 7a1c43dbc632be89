"""DS records: what they digest and how (RFC 4034 section 5, RFC 8624)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
