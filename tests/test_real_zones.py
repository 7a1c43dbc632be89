"""What is said of zones that people run: no error, and each warning is counted and true.

tests/golden/real_zones.json holds the counts; `python -m tests.test_real_zones` makes it anew.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.agreement import Case, real_cases
from zonebuild.compile import compile_zone
from zonebuild.diagnostic import Severity
from zonebuild.zonefile import decode_source

GOLDEN = Path(__file__).with_name("golden") / "real_zones.json"
CASES = real_cases()


def counts(case: Case) -> dict[str, int]:
    """Return how often each check speaks of a zone, with its severity, under `default`."""
    found = compile_zone(case.apex, [decode_source(case.name, case.text)]).findings
    told = (f for f in found if f.severity >= Severity.WARNING)
    return dict(sorted(Counter(f"{f.severity.label} {f.check}" for f in told).items()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_said_of_a_real_zone_is_what_was_looked_at(case: Case) -> None:
    assert counts(case) == json.loads(GOLDEN.read_text())[case.name]


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps({case.name: counts(case) for case in CASES}, indent=1) + "\n")
