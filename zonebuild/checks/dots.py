"""Names that lack their final dot: `www.example.org` instead of `www.example.org.`.

A relative name with a dot inside is an ordinary thing (`a.b` below the origin), so these questions
are answered with "surely" or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks.names import is_below, without_doubled_origin
from zonebuild.checks.survey import Survey
from zonebuild.model import absolute

_RELATIVE = re.compile(r"[\w*-]+(?:\.[\w-]+)+", re.ASCII)  # with a dot inside, plainly spelled
_UNMISTAKABLE = frozenset({"com", "net", "org", "edu", "gov", "info", "biz", "arpa"})
# Top-level domains that people point at, beside those of two letters.
_WELL_KNOWN = _UNMISTAKABLE | {
    "mil", "int", "name", "pro", "mobi", "app", "dev", "cloud", "online", "site", "store", "shop",
    "xyz", "tech", "page", "email", "systems", "services", "network", "digital", "agency", "goog",
}  # fmt: skip


def dotted(survey: Survey, written: str, origin: str, *, is_covered: bool = False) -> str | None:
    """Return *written* with the final dot that it surely lacks, None where it may be meant.

    written: a name as it stands in the source. origin: absolute, what it hangs on.
    is_covered: a wildcard answers for it, so that only a name that nobody gives a host is a sign.
    """
    if survey.apex == "." or not _RELATIVE.fullmatch(written):
        return None
    if is_inside(survey, f"{written.lower()}."):
        return f"{written}."
    last = written.rpartition(".")[2].lower()
    is_sign = last in _UNMISTAKABLE if is_covered else _is_top_level(last)
    return f"{written}." if is_sign and not survey.exists(absolute(last, origin).lower()) else None


def meant_target(survey: Survey, row: int, name: str, written: str) -> str | None:
    """Return the name that a target without its final dot was meant to be, None where it is none.

    row: the record's. name: the target as it is read. written: as its source spells it.
    """
    origin = survey.records.block(row).origin
    meant = without_doubled_origin(name, apex=survey.apex, origin=origin)
    return meant or dotted(survey, written, origin)


def is_dotted_inside(written: str) -> bool:
    """Say whether *written* is relative and has a dot inside."""
    return _RELATIVE.fullmatch(written) is not None


def is_inside(survey: Survey, name: str) -> bool:
    """Say whether *name* is the apex or lies below it."""
    return name == survey.apex or is_below(name, survey.apex)


def _is_top_level(label: str) -> bool:
    return label in _WELL_KNOWN or (len(label) == 2 and label.isalpha())


def written_owners(survey: Survey, rows: list[int]) -> Iterator[tuple[int, str, str]]:
    """Yield row, origin and owner as written of *rows*, which must rise."""
    block, lines = None, [""]
    for row in rows:
        wanted = survey.records.block(row)
        if wanted is not block:
            block, lines = wanted, wanted.text.split("\n")
        yield row, wanted.origin, lines[row - wanted.start].partition("\t")[0]
