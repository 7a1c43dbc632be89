"""What the fields of the SOA say (RFC 1912 section 2.2, RFC 2308)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
