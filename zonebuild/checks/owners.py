"""Owner names that no record of this zone can have."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks.check import Fact
from zonebuild.checks.place import OUTSIDE
from zonebuild.checks.survey import Survey


def out_of_zone(survey: Survey) -> Iterator[Fact]:
    """Find each record whose owner is neither the apex nor below it."""
    for owner, rows in survey.rows_at(survey.places.elsewhere(OUTSIDE)).items():
        name = survey.names[owner]
        for row in rows:
            message = f"owner {name} is not in the zone {survey.apex}: no server would answer it"
            yield Fact(row, f"{message} from here")
