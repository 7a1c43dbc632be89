"""TLSA and SMIMEA records (RFC 6698, RFC 8162)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
