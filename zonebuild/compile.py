"""Sources into a checked zone: read each alone, look for leaks, assemble, check, judge.

Pure: whoever calls it has read the files and decides what to do with the findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from zonebuild.assemble import assemble, find_leaks
from zonebuild.checks.allow import Allow, AllowComments, Sieve, Silenced
from zonebuild.checks.check import Check, about
from zonebuild.checks.limits import limit
from zonebuild.checks.policy import apply_policy, made_under
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.checks.settings import NO_SETTINGS, Settings
from zonebuild.checks.survey import Survey
from zonebuild.checks.table import chosen
from zonebuild.diagnostic import Finding, Severity, has_errors, sort_findings
from zonebuild.model import Fragment, Zone
from zonebuild.zonefile import Source, read_fragment
from zonebuild.zonefile.reader import Include

_READ = frozenset(check.name for check in READER_CHECKS)
_ON = frozenset(check.name for check in READER_CHECKS if not check.is_off)


class Compiled(NamedTuple):
    """A zone and all that is to be said of it, sorted.

    silenced: what would be said if nothing allowed it. sieve: what allowed it.
    """

    zone: Zone
    findings: list[Finding]
    silenced: Sequence[Silenced]
    sieve: Sieve


class Asked(NamedTuple):
    """Which checks are made. least: what weighs less is not; enabled: made all the same."""

    least: Severity = Severity.WARNING
    enabled: frozenset[str] = frozenset()


USUAL = Asked()


class Made(NamedTuple):
    """The checks of the zone that are made, and the names of all that are, the reader's too."""

    checks: tuple[Check, ...]
    names: frozenset[str]


@lru_cache(maxsize=64)
def checks_made(policy: str, asked: Asked) -> Made:
    """Return the checks that *policy* has a use for and that are *asked*: the same for most zones.

    policy: `servers`, `default` or `strict`.
    """
    wanted = made_under(policy, asked.enabled)
    checks = chosen(wanted, switched_on=asked.enabled, least=asked.least)
    names = _ON.union(_READ & asked.enabled, (check.name for check in checks))
    return Made(checks, names)


class Judgement(NamedTuple):
    """How a zone is judged: by which policy, against which settings, and what is allowed in it.

    comments: what its sources allow. allows: what is allowed beside.
    """

    policy: str = "default"
    asked: Asked = USUAL
    settings: Settings = NO_SETTINGS
    comments: AllowComments | None = None
    allows: Sequence[Allow] = ()


_PLAIN = Judgement()


def compile_zone(
    apex: str,
    sources: Iterable[Source],
    *,
    default_ttl: int | None = None,
    include: Include | None = None,
    policy: str = "default",
    asked: Asked = USUAL,
) -> Compiled:
    """Return the zone that *sources* make in their order, and what is wrong with it.

    apex: absolute, lower case. default_ttl: seconds, where no `$TTL` holds; None: there is none.
    include: finds what `$INCLUDE` names. policy: `servers`, `default` or `strict`.
    """
    comments = AllowComments()
    taken, include = map(comments.take, sources), comments.taking(include)
    fragments = read_fragments(apex, taken, default_ttl=default_ttl, include=include)
    return judge_fragments(apex, fragments, Judgement(policy, asked, comments=comments))


def read_fragments(
    apex: str, sources: Iterable[Source], *, default_ttl: int | None, include: Include | None
) -> list[Fragment]:
    """Return the fragments of *sources*; the last `$TTL` of the first governs the others.

    sources: may come one by one, so that no more than one text is in memory.
    """
    fragments: list[Fragment] = []
    for source in sources:
        fragments.append(read_fragment(source, apex=apex, default_ttl=default_ttl, include=include))
        del source  # its text may be large
        if len(fragments) == 1 and fragments[0].leaks.ttl is not None:
            default_ttl = fragments[0].leaks.ttl
    return fragments


def judge_fragments(
    apex: str,
    fragments: Sequence[Fragment],
    by: Judgement = _PLAIN,
    *,
    written: int | None = None,
) -> Compiled:
    """Return the zone that *fragments* make, taking over their records, and its findings.

    written: how many of them, from the first, people wrote: what leaks is looked for in these.
    """
    read = [finding for fragment in fragments for finding in fragment.findings]
    is_read = not has_errors(read)
    read += find_leaks(apex, fragments[:written])
    zone = assemble(apex, fragments)
    comments = by.comments or AllowComments()
    read += [f for f in comments.text_findings() if f.check in _ON or f.check in by.asked.enabled]
    sieve = Sieve([*comments.allows(), *by.allows], zone)
    made = checks_made(by.policy, by.asked)
    survey = Survey(zone, by.settings)
    checks = about(made.checks, survey.rdtypes)
    found = (finding for check in checks for finding in check.findings(survey))
    # What is allowed goes before the rest is counted: a count must not stand for both.
    findings = [*sieve.sift(read), *limit(sieve.sift(found)), *comments.problems()]
    findings = apply_policy(findings, by.policy)
    if is_read:  # else what an allow is for may just not have been read
        findings += sieve.unused(made.names)
    return Compiled(zone, sort_findings(findings), sieve.silenced, sieve)
