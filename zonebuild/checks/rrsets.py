"""RRsets of several records out of the columns of a zone (RFC 2181 section 5)."""

from __future__ import annotations

from collections.abc import Sequence

from zonebuild.model import Records

_RRsets = dict[int, dict[int, list[int]]]  # by type, then by owner


def repeated_rrsets(records: Records, repeated: Sequence[int]) -> dict[int, list[list[int]]]:
    """Return by type the RRsets of several records, each as its rising rows.

    repeated: rising rows; at least every row that is not the first of its RRset.
    Most RRsets stand together in their source; only owners whose records are scattered cost a
    pass over all rows.
    """
    owners, rdtypes = records.owners, records.rdtypes
    together: _RRsets = {}
    scattered = set()
    for row in repeated:
        owner, rdtype = owners[row], rdtypes[row]
        if owners[row - 1] != owner or rdtypes[row - 1] != rdtype:
            scattered.add(owner)
            continue
        rrsets = together.setdefault(rdtype, {})
        if owner in rrsets:
            rrsets[owner].append(row)
        else:
            rrsets[owner] = [row - 1, row]
    if scattered:
        for rdtype, rrsets in _rrsets_of(records, scattered).items():
            together.setdefault(rdtype, {}).update(rrsets)
    return {
        rdtype: several
        for rdtype, rrsets in sorted(together.items())
        if (several := [rows for rows in rrsets.values() if len(rows) > 1])
    }


def _rrsets_of(records: Records, owners: set[int]) -> _RRsets:
    """Return all RRsets of *owners*, also those of one record."""
    found: _RRsets = {}
    for row in [row for row, owner in enumerate(records.owners) if owner in owners]:
        of_type = found.setdefault(records.rdtypes[row], {})
        of_type.setdefault(records.owners[row], []).append(row)
    return found
