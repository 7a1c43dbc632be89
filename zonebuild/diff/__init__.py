"""Two versions of a zone into what differs between them, and what resolvers will see of it.

`records` finds the differences, `rrsets` groups them, `inside` marks what differs within a
value, `version` and `effects` tell from the TTLs how long the old answers live on in caches.
"""

from __future__ import annotations

from zonebuild.diff.compare import Comparison, compare_versions
from zonebuild.diff.effects import Effect, find_effects
from zonebuild.diff.records import DNSSEC_TYPES, diff_records, without_dnssec_lines
from zonebuild.diff.rrsets import RRsetChange, rrset_changes

__all__ = [
    "DNSSEC_TYPES",
    "Comparison",
    "Effect",
    "RRsetChange",
    "compare_versions",
    "diff_records",
    "find_effects",
    "rrset_changes",
    "without_dnssec_lines",
]
