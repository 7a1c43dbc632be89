"""Files in primary/ and soa/ that no zone uses, or another zone than they are named for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from zonebuild.checks.check import WARNING, Check
from zonebuild.checks.limits import MAX_PLACES
from zonebuild.checks.outline import SiteFinding
from zonebuild.diagnostic import Finding, Location


def check_files(
    files: Iterable[str], users: Mapping[str, Collection[str]], apexes: Mapping[str, str]
) -> Iterator[SiteFinding]:
    """Yield what is wrong with the names of files in primary/ and soa/.

    files: paths that are there. users: the zones that each path is a part of, at least of those
    that are. apexes: of all zones, by the name of their files.
    A file that also the zone it is named for uses is shared, and no mistake.
    """
    for path in sorted(files):
        by = sorted(users.get(path, ()))
        if not by:
            message = "no zone uses this file: name it among the fragments of one, or remove it"
            yield SiteFinding("", "", _finding("unused-file", path, message))
        named_for = apexes.get(path.partition("/")[2])
        if named_for is not None and by and named_for not in by:
            for apex in by[:MAX_PLACES]:
                message = f"this file is named for the zone {named_for} and used by {apex}"
                message += ": correct its fragments, or rename the file"
                finding = _finding("file-of-another-zone", path, message)
                yield SiteFinding(apex, apex, finding)


def _finding(check: str, path: str, message: str) -> Finding:
    return Finding(Location(path), WARNING, check, message)


# fmt: off
FILE_CHECKS: tuple[Check, ...] = (
    Check(
        name="unused-file", numbers=("Z151",), severity=WARNING, refused_by="",
        spec="docs/site.md, fragments",
        why="Who edits it changes nothing, and may not notice.",
    ),
    Check(
        name="file-of-another-zone", numbers=("Z151",), severity=WARNING, refused_by="",
        spec="docs/site.md, fragments",
        why="Who edits it changes another zone than its name says.",
    ),
)
# fmt: on
