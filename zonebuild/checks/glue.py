"""Addresses that a delegation needs beside it (RFC 9471)."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
