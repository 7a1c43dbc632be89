"""TTLs that are too short or too long for what the site wants."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from zonebuild.checks.check import WARNING, Check, Fact
from zonebuild.checks.limits import MAX_PLACES
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part


def ttl_out_of_bounds(survey: Survey) -> Iterator[Fact]:
    """Find each TTL below the least or above the most that the site wants."""
    least, most = survey.settings.min_ttl, survey.settings.max_ttl
    wrong = {ttl for ttl in set(survey.records.ttls) if not least <= ttl <= most}
    if wrong:
        yield from _facts(survey, wrong)


def _facts(survey: Survey, wrong: set[int]) -> Iterator[Fact]:
    """Yield the fact of each record with a TTL of *wrong*, one fact for a TTL that many have."""
    ttls = survey.records.ttls
    found: dict[int, list[int]] = {}
    for row in compress(range(len(ttls)), map(wrong.__contains__, ttls)):
        found.setdefault(ttls[row], []).append(row)
    least, most = survey.settings.min_ttl, survey.settings.max_ttl
    for ttl, rows in found.items():
        what = f"below {least}, the least" if ttl < least else f"above {most}, the most"
        what += " that is wanted here"
        if len(rows) > MAX_PLACES:
            message = f"{len(rows)} records, from this one on, have TTL {ttl}, {what}"
            yield Fact(rows[0], message, Part.TTL)
            continue
        for row in rows:
            message = f"{survey.type_of(row)} of {survey.owner(row)} has TTL {ttl}, {what}"
            yield Fact(row, message, Part.TTL)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="ttl-out-of-bounds", numbers=("Z027",), severity=WARNING, refused_by="",
        spec="RFC 1912 section 2.2, RFC 8767 section 4, RFC 9199 section 3.5",
        find=ttl_out_of_bounds,
        why="Too short and each use waits for the servers; too long and a mistake stays for weeks.",
        bad="a 5 A 192.0.2.2\nb 2419200 A 192.0.2.2\n",
        good="a 300 A 192.0.2.2\nb 86400 A 192.0.2.2\n",
    ),
)
# fmt: on
