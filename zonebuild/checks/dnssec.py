"""DNSKEY, CDS and CDNSKEY in what people write (RFC 4035, RFC 7344)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
