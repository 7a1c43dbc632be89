"""TTLs beside what the site wants."""

from __future__ import annotations

import pytest

from tests.checked_zones import HEAD, HEAD_LINES, found_by, read_zone
from zonebuild.checks.limits import MAX_PLACES
from zonebuild.checks.settings import Settings
from zonebuild.checks.table import CHECKS, check_zone
from zonebuild.diagnostic import Part

TTL_CHECKS = [check for check in CHECKS if check.name == "ttl-out-of-bounds"]


def test_a_short_ttl_names_the_record_and_the_least() -> None:
    (found,) = found_by("ttl-out-of-bounds", "a 5 A 192.0.2.2\n")
    said = "A of a.example.org. has TTL 5, below 30, the least that is wanted here"
    assert (found.message, found.part) == (said, Part.TTL)


def test_a_long_ttl_names_the_record_and_the_most() -> None:
    (found,) = found_by("ttl-out-of-bounds", "a 2w TXT x\n")
    said = "TXT of a.example.org. has TTL 1209600, above 604800, the most that is wanted here"
    assert found.message == said


def test_the_site_sets_the_bounds() -> None:
    zone = read_zone(HEAD + "a 59 A 192.0.2.2\nb 3601 A 192.0.2.3\n")
    found = check_zone(zone, TTL_CHECKS, Settings(min_ttl=60, max_ttl=3600))
    assert [f.message.split(",")[0] for f in found] == [
        "A of a.example.org. has TTL 59",
        "A of b.example.org. has TTL 3601",
    ]


@pytest.mark.parametrize("ttl", [30, 604_800])
def test_the_bounds_themselves_are_fine(ttl: int) -> None:
    assert check_zone(read_zone(f"{HEAD}a {ttl} A 192.0.2.2\n"), TTL_CHECKS) == []


def test_a_ttl_that_many_records_have_is_one_finding_at_the_first() -> None:
    lines = "".join(f"a{i} 5 A 192.0.2.2\n" for i in range(MAX_PLACES + 1))
    (found,) = found_by("ttl-out-of-bounds", lines)
    assert found.location.line == HEAD_LINES + 1
    assert found.message.startswith(f"{MAX_PLACES + 1} records, from this one on, have TTL 5,")


def test_a_ttl_that_a_hundred_records_have_is_told_of_each() -> None:
    lines = "".join(f"a{i} 5 A 192.0.2.2\n" for i in range(MAX_PLACES))
    assert len(found_by("ttl-out-of-bounds", lines)) == MAX_PLACES


def test_a_zone_without_records_has_no_ttl() -> None:
    assert check_zone(read_zone(""), TTL_CHECKS) == []
