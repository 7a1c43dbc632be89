"""An overview as one JSON object; docs/monitoring.md and docs/status.schema.json describe it.

All times are Unix seconds, UTC; null where a thing is not known. Names of keys are stable: what is
added later does not change what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zonebuild import __version__
from zonebuild.report.json import finding_object, waiting_object
from zonebuild.status.agenda import Event
from zonebuild.status.facts import LineageFacts, ServerFacts, ZoneFacts
from zonebuild.status.judge import overdue_after
from zonebuild.status.overview import Overview
from zonebuild.tlsa.state import Key, State

FORMAT = 1


def status_document(overview: Overview) -> dict[str, Any]:
    """Return *overview* as an object of JSON."""
    facts = overview.facts
    failed, held = set(facts.outcome.failed_zones()), set(facts.outcome.held_zones())
    return {
        "version": FORMAT,
        "program": __version__,
        "now": facts.now,
        "level": overview.level.name.lower(),
        "headline": overview.headline(),
        "summary": {
            "zones": len(facts.zones),
            "lineages": len(facts.lineages),
            "errors": overview.errors,
            "warnings": overview.warnings,
            "held": overview.held,
            "waiting": len(overview.waitings),
        },
        "failures": [finding_object(finding) for finding in overview.findings],
        "waiting": [waiting_object(waiting) for waiting in overview.waitings],
        "unreadable": list(facts.unreadable),
        "runs": {kind: run.at for kind, run in facts.runs.items()},
        "zones": {
            apex: {**_zone(zone), "failed": apex in failed, "held": apex in held}
            for apex, zone in facts.zones.items()
        },
        "lineages": {
            name: _lineage(lineage, facts.tracks) for name, lineage in facts.lineages.items()
        },
        "accounts": dict(facts.accounts),
        "events": [event_object(event) for event in overview.events],
        "thresholds": _thresholds(overview),
    }


def event_object(event: Event) -> dict[str, Any]:
    """Return *event* as an object of JSON."""
    return event._asdict()


def _thresholds(overview: Overview) -> dict[str, int | None]:
    kept = overview.thresholds
    found = {name: getattr(kept, name) for name in type(kept).__slots__}
    return {**found, "overdue": overdue_after(overview.facts, kept) or None}


def _zone(zone: ZoneFacts) -> dict[str, Any]:
    return {
        "serials": {
            "built": zone.built,
            "signed": zone.signed,
            "served": {name: server.serial for name, server in zone.servers.items()},
        },
        "servers": {name: _server(server) for name, server in zone.servers.items()},
        "signatures": {
            "first_end": zone.first_end or None,
            "renewal": zone.renewal or None,
            "latest_inception": zone.valid_from or None,
        },
        "keys": [dict(key) for key in zone.keys],
        "ds": zone.ds and {"state": zone.ds.state, "checked": zone.ds.checked or None},
    }


def _server(server: ServerFacts) -> dict[str, Any]:
    return {
        "serial": server.serial,
        "checked": server.checked or None,
        "answered": server.answered or None,
        "first_end": server.first_end or None,
        "problem": server.problem,
        "behind_since": server.behind or None,
    }


def _lineage(lineage: LineageFacts, tracks: Mapping[tuple[str, str], State]) -> dict[str, Any]:
    schedule = lineage.memory.schedule
    return {
        "certificate": lineage.path,
        "start": lineage.start or None,
        "end": lineage.end or None,
        "newest_end": lineage.newest_end or None,
        "renewal": schedule.at if lineage.is_renewed and schedule else None,
        "failures": lineage.memory.failures.count,
        "problem": lineage.memory.why,
        "issuer_list_end": lineage.list_end or None,
        "tracks": {
            unit: [_key(key, state) for key in state.keys]
            for (name, unit), state in tracks.items()
            if name == lineage.name
        },
    }


def _key(key: Key, state: State) -> dict[str, Any]:
    return {
        "digest": key.pin.name,
        "current": key.is_current,
        "compromised": key.pin.name in state.compromised,
        "listed": key.listed or None,
        "visible": key.visible or None,
        "exported": key.exported or None,
        "cleared": key.cleared or None,
    }
