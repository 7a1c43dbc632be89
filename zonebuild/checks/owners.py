"""Owner names that no record of this zone can have."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.place import OUTSIDE
from zonebuild.checks.survey import Survey


def out_of_zone(survey: Survey) -> Iterator[Fact]:
    """Find each record whose owner is neither the apex nor below it."""
    for owner, rows in survey.rows_at(survey.places.elsewhere(OUTSIDE)).items():
        name = survey.names[owner]
        for row in rows:
            message = f"owner {name} is not in the zone {survey.apex}: no server would answer it"
            yield Fact(row, f"{message} from here")


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="out-of-zone", numbers=("Z023",), severity=ERROR, refused_by="N",
        spec="RFC 1035 section 5.2", find=out_of_zone,
        why="BIND and Knot drop such records in silence, so they are never served.",
        bad="www.example.net. A 192.0.2.2\n", good="www A 192.0.2.2\n",
    ),
)
# fmt: on
