"""What is allowed: comments on a record's line, and findings taken out of the others for them.

`; zonebuild: allow=check-name[,other-check] reason` holds for the record that stands on its line;
of a record over several lines it may stand on any. A zone's YAML says the same of an owner, or of
the zone. Nothing is silenced without a reason, and what silences nothing is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from zonebuild.checks.comments import MAX_ALLOWS, Comment, read_comments
from zonebuild.checks.explain import find_check, unknown_name
from zonebuild.checks.limits import limit
from zonebuild.checks.reading import DROPS_ITS_RECORD
from zonebuild.checks.source_text import text_findings
from zonebuild.diagnostic import Finding, Location, Severity, sort_findings
from zonebuild.model import Zone
from zonebuild.zonefile import Source

Include = Callable[[str, str], Source | str]


class Silenced(NamedTuple):
    """A finding that is allowed, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Allow:
    """One check that is allowed somewhere.

    location: of the allow itself. path, first, last: the lines that it holds for; path None: all.
    owner: absolute, lower case: it holds for the records at this name; None: at any.
    is_shared: it stands where other zones have it, too, so it need not be of use to this one.
    """

    check: str
    reason: str
    location: Location
    path: str | None = None
    first: int = 0
    last: int = 0
    owner: str | None = None
    is_shared: bool = False


class AllowComments:
    """The comments of a zone's sources, gathered while these are read."""

    def __init__(self, is_shared: Callable[[str], bool] = lambda path: False) -> None:
        """Begin with none. is_shared: says whether other zones have the file of that path, too."""
        self._is_shared = is_shared
        self._comments: dict[str, tuple[Comment, ...]] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}

    def take(self, source: Source) -> Source:
        """Read the comments of *source*, look at its text, and return it."""
        self._findings[source.path] = tuple(text_findings(source))
        comments = read_comments(source)
        if comments:
            self._comments[source.path] = comments
        return source

    def taking(self, include: Include | None) -> Include | None:
        """Return *include*, the comments of what it gives read as well."""
        if include is None:
            return None

        def included(including: str, name: str) -> Source | str:
            found = include(including, name)
            return self.take(found) if isinstance(found, Source) else found

        return included

    def allows(self) -> list[Allow]:
        """Return what the comments allow, as far as they have a check and a reason."""
        return [
            Allow(
                check,
                comment.reason,
                comment.location,
                comment.location.path,
                comment.first,
                comment.last,
                is_shared=self._is_shared(comment.location.path),
            )
            for comment in self._all()
            if comment.reason
            for check in comment.checks
            if find_check(check) is not None and check not in DROPS_ITS_RECORD
        ]

    def text_findings(self) -> list[Finding]:
        """Return what the texts tell and their records do not."""
        return [finding for found in self._findings.values() for finding in found]

    def problems(self) -> list[Finding]:
        """Return what is wrong with the comments themselves."""
        findings = [problem for comment in self._all() for problem in _problems(comment)]
        for path, comments in self._comments.items():
            if sum(max(len(comment.checks), 1) for comment in comments) >= MAX_ALLOWS:
                message = f"more than {MAX_ALLOWS} checks are allowed in this file: what follows is"
                message += " not read; say it in the zone's YAML"
                findings.append(_warning("unused-allow", message, Location(path)))
        return limit(findings)

    def _all(self) -> Iterator[Comment]:
        for comments in self._comments.values():
            yield from comments


_FORM = "; zonebuild: allow=check-name reason"


def _problems(comment: Comment) -> Iterator[Finding]:
    """Yield what is wrong with *comment*."""
    if not comment.checks:
        message = f'this comment begins with "zonebuild:" and allows nothing: write {_FORM}'
        yield _warning("allow-without-check", message, comment.location)
        return
    if not comment.reason:
        names = ",".join(comment.checks)[:200]
        message = f"no reason, so nothing is silenced: write ; zonebuild: allow={names} and why"
        yield _warning("allow-without-reason", message, comment.location)
    for check in comment.checks:
        if find_check(check) is None:
            message = f"{unknown_name(check)} Nothing is silenced"
            yield _warning("unknown-check", message, comment.location)
        elif check in DROPS_ITS_RECORD:
            yield unallowable(check, comment.location)


def unallowable(check: str, where: Location) -> Finding:
    """Return what is said of allowing *check*, whose findings stand in the place of records."""
    message = f"{check} cannot be allowed: its records are not read, and would be missing without"
    return _warning("unallowable-check", f"{message} a word; mend them", where)


def _warning(check: str, message: str, where: Location) -> Finding:
    return Finding(where, Severity.WARNING, check, message)


class Sieve:
    """Takes what is allowed out of findings, and remembers which allow was of use."""

    def __init__(self, allows: Collection[Allow], zone: Zone | None = None) -> None:
        """Take *allows*. zone: tells which lines are an owner's, where findings come without."""
        self._silenced: list[Silenced] = []
        self.allows = allows
        self._used: set[int] = set()  # by identity: two allows may be equal
        self._by_line: dict[tuple[str, str], list[Allow]] = {}
        self._wide: dict[str, list[Allow]] = {}
        for allow in sorted(allows, key=_first):
            if allow.path is not None:
                self._by_line.setdefault((allow.path, allow.check), []).append(allow)
            else:
                self._wide.setdefault(allow.check, []).append(allow)
        self._lines = _lines_of(zone, {allow.owner for allow in allows})

    @property
    def silenced(self) -> list[Silenced]:
        """What was taken out, sorted."""
        by_finding = {each.finding: each for each in self._silenced}
        return [by_finding[finding] for finding in sort_findings(by_finding)]

    def sift(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """Return those of *findings* that nothing allows."""
        return self._sifted(findings) if self.allows else findings

    def _sifted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        return (finding for finding in findings if not self.is_allowed(finding))

    def is_allowed(self, finding: Finding, owner: str | None = None) -> bool:
        """Say whether *finding* is taken out. owner: of the record that it points at, if known."""
        allow = self._allow_of(finding, owner)
        if allow is not None:
            self._used.add(id(allow))
            self._silenced.append(Silenced(finding, allow.reason))
        return allow is not None

    def _allow_of(self, finding: Finding, owner: str | None) -> Allow | None:
        path, line, _ = finding.location
        if finding.check in DROPS_ITS_RECORD:
            return None
        here = self._by_line.get((path, finding.check), [])
        before = bisect_right(here, line, key=_first)
        if before and line <= here[before - 1].last:
            return here[before - 1]
        for allow in self._wide.get(finding.check, ()):
            if allow.owner in (None, owner) or (path, line) in self._lines.get(allow.owner, ()):
                return allow
        return None

    def unused(self, made: Collection[str]) -> list[Finding]:
        """Return what is said of the allows that nothing needed. made: the checks that were."""
        idle = [
            allow
            for allow in self.allows
            if id(allow) not in self._used and allow.check in made and not allow.is_shared
        ]
        return limit(map(_unused, idle))

    def carried(self, zone: Zone) -> list[Allow]:
        """Return the allows of comments that were of use, by the owners of their lines in *zone*.

        So they also hold for a copy of these records that has no comments.
        """
        by_path: dict[str, dict[int, list[Allow]]] = {}
        for allow in self.allows:
            if allow.path is not None and id(allow) in self._used:
                by_path.setdefault(allow.path, {}).setdefault(allow.first, []).append(allow)
        return [
            Allow(allow.check, allow.reason, allow.location, owner=owner, is_shared=True)
            for path, by_line in by_path.items()
            for allow, owner in _owned(by_line, path, zone)
        ]


def _unused(allow: Allow) -> Finding:
    about = f" at {allow.owner}" if allow.owner else ""
    message = f"{allow.check} is allowed{about}, and finds nothing here: remove the allow"
    return _warning("unused-allow", message, allow.location)


_Places = frozenset[tuple[str, int]]  # paths and lines


def _lines_of(zone: Zone | None, owners: Collection[str | None]) -> dict[str | None, _Places]:
    """Return the places of the records at each of *owners*, as far as *zone* tells them."""
    if zone is None or not any(owners):
        return {}
    records = zone.records
    wanted = {records.names.get(owner, -1): owner for owner in owners if owner is not None}
    places: dict[str | None, set[tuple[str, int]]] = {}
    for row in compress(range(len(records)), map(wanted.__contains__, records.owners)):
        owner = wanted[records.owners[row]]
        places.setdefault(owner, set()).add(records.location(row)[:2])
    return {owner: frozenset(found) for owner, found in places.items()}


def _owned(by_line: dict[int, list[Allow]], path: str, zone: Zone) -> Iterator[tuple[Allow, str]]:
    """Yield each allow with each owner of its lines. by_line: of *path*, by their first line."""
    records, names = zone.records, zone.records.name_list()
    firsts, owned = sorted(by_line), set()
    ends = [block.start for block in records.blocks[1:]] + [len(records)]
    for block, end in zip(records.blocks, ends, strict=True):
        for row in range(block.start, end) if block.path == path else ():
            before = bisect_right(firsts, records.lines[row])
            if before and records.lines[row] <= by_line[firsts[before - 1]][0].last:
                owned.add((firsts[before - 1], records.owners[row]))
    for first, owner in sorted(owned):
        yield from ((allow, names[owner]) for allow in by_line[first])


def _first(allow: Allow) -> int:
    return allow.first
