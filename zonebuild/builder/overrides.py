"""What a zone's YAML says about checks: another severity, or silence, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zonebuild.diagnostic import Finding
from zonebuild.model import Zone, absolute
from zonebuild.site.config import ZoneConfig


def apply_overrides(findings: Sequence[Finding], config: ZoneConfig, zone: Zone) -> list[Finding]:
    """Return *findings* as the zone's `severity:` and `allow:` want them."""
    if not config.severity and not config.allow:
        return list(findings)
    owners = _owners(findings, zone)
    judged = []
    for finding in findings:
        if _is_allowed(finding, config, owners):
            continue
        rule = config.severity.get(finding.check)
        judged.append(replace(finding, severity=rule.severity) if rule is not None else finding)
    return judged


def _is_allowed(
    finding: Finding, config: ZoneConfig, owners: dict[tuple[str, int], set[str]]
) -> bool:
    here = owners.get((finding.location.path, finding.location.line), set())
    return any(
        allow.check == finding.check
        and (allow.name is None or absolute(allow.name, config.apex).lower() in here)
        for allow in config.allow
    )


def _owners(findings: Sequence[Finding], zone: Zone) -> dict[tuple[str, int], set[str]]:
    """Return the owners of the records on each line that *findings* name."""
    wanted = {(finding.location.path, finding.location.line) for finding in findings}
    lines = {line for _, line in wanted}
    rows = [row for row, line in enumerate(zone.records.lines) if line in lines]
    owners: dict[tuple[str, int], set[str]] = {}
    for record in zone.records.select(rows):
        place = (record.path, record.line)
        if place in wanted:
            owners.setdefault(place, set()).add(record.owner)
    return owners
