"""The difference of two zones as the JSON objects that design.md promises to scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zonebuild.diff import Effect
from zonebuild.model import Change, ZoneDiff

if TYPE_CHECKING:
    from zonebuild.builder.judging.compare import Compared


def diff_json(diff: ZoneDiff) -> str:
    """Return the difference of two zones as a JSON object, in canonical order."""
    return _dump(diff_object(diff))


def site_diff_json(compared: Iterable[Compared]) -> str:
    """Return a JSON list with an object a zone: what differs, why not, what resolvers will see."""
    return _dump([compared_object(each) for each in compared])


def compared_object(compared: Compared) -> dict[str, object]:
    """Return what the sources change in one zone as a JSON object; `diff` may be null."""
    return {
        "zone": compared.apex,
        "why": compared.why,
        "diff": None if compared.diff is None else diff_object(compared.diff),
        "effects": [_effect_object(effect) for effect in compared.effects],
        "left_out": compared.left_out,
        "notes": list(compared.notes),
    }


def diff_object(diff: ZoneDiff) -> dict[str, object]:
    """Return *diff* as a JSON object; of the SOA what changed beside the serial."""
    return {
        "origin": diff.origin,
        "added": [_change_object(change) for change in diff.added],
        "removed": [_change_object(change) for change in diff.removed],
        "ttl_changed": [
            {"owner": c.owner, "type": c.rdtype, "old": c.old, "new": c.new}
            for c in diff.ttl_changed
        ],
        "soa": {field: {"old": old, "new": new} for field, old, new in diff.soa},
    }


def _change_object(change: Change) -> dict[str, object]:
    owner, ttl, rdtype, rdata = change
    return {"owner": owner, "ttl": ttl, "type": rdtype, "rdata": rdata}


def _effect_object(effect: Effect) -> dict[str, object]:
    owner, rdtype, seconds, text = effect
    return {"owner": owner, "type": rdtype, "seconds": seconds, "text": text}


def _dump(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
