"""What a zone's names mean, worked out slowly from the RFCs' words, to compare the checks with.

Records are (owner, type, target or ""), owners and targets absolute names without escapes.
"""

from __future__ import annotations

from typing import NamedTuple


class NaiveRecord(NamedTuple):
    """A record; target is "" for types that name no host."""

    owner: str
    rdtype: str
    target: str


class NaiveZone:
    """Every question is a walk over all records."""

    def __init__(self, apex: str, records: list[NaiveRecord]) -> None:
        self.apex, self.records = apex, records

    def types(self, name: str) -> set[str]:
        return {record.rdtype for record in self.records if record.owner == name}

    def above(self, name: str) -> list[str]:
        """The names from *name*'s parent up to the apex."""
        labels = name.split(".")
        up = [".".join(labels[i:]) for i in range(1, len(labels) - 1)]
        return up[: up.index(self.apex) + 1] if self.apex in up else []

    def is_inside(self, name: str) -> bool:
        return name == self.apex or self.apex in self.above(name)

    def is_hidden(self, name: str, rdtype: str) -> bool:
        """RFC 1034 4.2.1, RFC 6672 2.4: something above *name* has NS (not the apex) or DNAME."""
        holders = [n for n in self.above(name) if rdtype in self.types(n)]
        return any(n != self.apex or rdtype == "DNAME" for n in holders)

    def is_ours(self, name: str) -> bool:
        hidden = self.is_hidden(name, "NS") or self.is_hidden(name, "DNAME")
        is_cut = name != self.apex and "NS" in self.types(name)
        return self.is_inside(name) and not hidden and not is_cut

    def exists(self, name: str) -> bool:
        """RFC 8020: a name exists that owns something, or has an owner below it."""
        return any(r.owner == name or r.owner.endswith(f".{name}") for r in self.records)

    def answer_types(self, name: str) -> set[str] | None:
        """RFC 4592 3.3: what answers for *name*; None where it does not exist."""
        if self.exists(name):
            return self.types(name)
        encloser = next((n for n in self.above(name) if self.exists(n)), self.apex)
        return self.types(f"*.{encloser}") or None
