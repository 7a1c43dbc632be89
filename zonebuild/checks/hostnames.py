"""Names that should be host names, and names with a forgotten dot (RFC 952, RFC 1123)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
