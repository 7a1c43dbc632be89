"""Who may send mail for a name: SPF (RFC 7208) and DMARC (RFC 7489)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
