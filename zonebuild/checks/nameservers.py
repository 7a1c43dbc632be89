"""The servers of a zone and of its delegations: how many, named how, reachable how."""

from __future__ import annotations

from zonebuild.checks.check import Check

CHECKS: tuple[Check, ...] = ()
