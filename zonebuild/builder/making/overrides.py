"""What a zone's YAML says about checks: another severity, or silence, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from zonebuild.checks.allow import Allow, unallowable
from zonebuild.checks.reading import DROPS_ITS_RECORD
from zonebuild.compile import Asked
from zonebuild.diagnostic import Finding, Severity
from zonebuild.model import absolute
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name


def allows_of(config: ZoneConfig) -> list[Allow]:
    """Return what the zone's `allow:` lets pass."""
    where, is_own = config.location("allow"), config.is_own("allow")
    return [
        Allow(
            allow.check,
            allow.reason,
            where,
            owner=None if allow.name is None else absolute(allow.name, config.apex).lower(),
            is_shared=not is_own,
        )
        for allow in config.allow
        if allow.check not in DROPS_ITS_RECORD
    ]


def is_shared(config: ZoneConfig, path: str) -> bool:
    """Say whether the source at *path* seems to be of other zones, too: it is not named for it."""
    name = re.escape(file_name(config.apex))
    return re.search(rf"(?<![\w-]){name}(?![\w-])", path) is None


def asked_of(config: ZoneConfig, asked: Asked) -> Asked:
    """Return *asked*, and the checks that the zone's `severity:` names: so those that are off."""
    return asked._replace(enabled=asked.enabled.union(config.severity))


def apply_severities(findings: Iterable[Finding], config: ZoneConfig) -> list[Finding]:
    """Return *findings* as bad as the zone's `severity:` says, and what it cannot say."""
    rules = {c: r for c, r in config.severity.items() if not _would_drop(c, r.severity)}
    judged = [
        replace(finding, severity=rules[finding.check].severity)
        if finding.check in rules
        else finding
        for finding in findings
    ]
    return [*judged, *_problems(config)]


def _problems(config: ZoneConfig) -> list[Finding]:
    """Return what the zone's YAML wants to pass over that stands in the place of a record."""
    dropping = {c for c, rule in config.severity.items() if _would_drop(c, rule.severity)}
    allowed = {allow.check for allow in config.allow} & DROPS_ITS_RECORD
    return [
        unallowable(check, config.location(key))
        for key, checks in (("allow", allowed), ("severity", dropping))
        for check in sorted(checks)
    ]


def _would_drop(check: str, severity: Severity) -> bool:
    """Say whether *severity* would let the records pass that *check* keeps out."""
    return check in DROPS_ITS_RECORD and severity is not Severity.ERROR
