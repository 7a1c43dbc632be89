"""The page of a check: why it is one, where that is written, an example, how to allow it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from zonebuild.checks.check import Check
from zonebuild.checks.reading import DROPS_ITS_RECORD
from zonebuild.checks.silence import ALLOW_CHECKS
from zonebuild.checks.site_wide import SITE_CHECKS
from zonebuild.checks.table import ALL_CHECKS
from zonebuild.diagnostic import quoted

_BY_NAME = {check.name: check for check in (*ALL_CHECKS, *SITE_CHECKS, *ALLOW_CHECKS)}
PAGES: tuple[Check, ...] = tuple(sorted(_BY_NAME.values(), key=lambda check: check.name))
_SERVERS = {"B": "BIND", "K": "Knot", "N": "NSD"}
_LONGEST_NAME = 80  # characters that are compared with the names of checks
_NEAR = 0.6  # of the pairs of letters of two names: where one is taken for the other


def find_check(name: str) -> Check | None:
    """Return the check of that *name*, None where there is none."""
    return _BY_NAME.get(name)


def nearest_name(name: str) -> str | None:
    """Return the name of the check that *name* nearly is, None where none is near."""
    pairs = _pairs(name[:_LONGEST_NAME].lower())
    likeness, nearest = max((_likeness(pairs, of_check), n) for n, of_check in _PAIRS.items())
    return nearest if likeness >= _NEAR else None


def _pairs(name: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(f" {name} ")))


def _likeness(some: frozenset[str], other: frozenset[str]) -> float:
    """Return 0 to 1 (Dice's coefficient); far cheaper than difflib: a file may hold many names."""
    return 2 * len(some & other) / (len(some) + len(other))


_PAIRS = {name: _pairs(name) for name in _BY_NAME}


def unknown_name(name: str) -> str:
    """Return what is said of a *name* that no check has, and of the nearest one."""
    near = nearest_name(name)
    advice = f"did you mean {near}?" if near else "zonebuild explain lists them."
    return f"no check is called {quoted(name)}, {advice}"


def list_checks() -> Iterator[str]:
    """Yield a line for each check: its name, how much it weighs, why it is one."""
    width = max(map(len, _BY_NAME))
    for check in PAGES:
        yield f"{check.name:{width}}  {weight(check):13}  {check.why}"


def explain(check: Check) -> Iterator[str]:
    """Yield the lines of the page of *check*."""
    yield f"{check.name}: {weight(check)}"
    yield ""
    yield check.why
    yield ""
    yield f"  refused by   {refusing(check)}"
    yield f"  rests on     {check.spec}"
    if check.numbers:
        yield f"  catalogue    {', '.join(check.numbers)}"
    for title, text in (("Wrong", check.bad), ("Right", check.good)):
        if text:
            yield ""
            yield f"{title}:"
            yield from (f"    {line}" for line in example_lines(text))
    yield ""
    yield from how_to_allow(check)


def weight(check: Check) -> str:
    """Return how much *check* weighs, in a word or two."""
    return f"{check.severity.label}, off" if check.is_off else check.severity.label


def refusing(check: Check) -> str:
    """Return the name servers that refuse to load what *check* finds."""
    return ", ".join(_SERVERS[initial] for initial in check.refused_by) or "no name server"


def example_lines(text: str) -> list[str]:
    """Return the lines of an example, what cannot be seen of it written out."""
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n"):
        lines[-1] += " (and here the file ends)"
    return ["".join(map(_shown, line)) for line in lines]


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def how_to_allow(check: Check) -> Iterator[str]:
    """Yield how a finding of *check* is silenced, or why it cannot be."""
    name = check.name
    if name in DROPS_ITS_RECORD:
        yield "It cannot be allowed: what cannot be read is no record, and would be missing"
        yield "without a word."
        return
    if check.is_off:
        yield "It is off. To make it in a zone, in zones/NAME.yaml:"
        yield f"    severity: {{{name}: {{severity: warning, reason: why we want it}}}}"
        yield f"and on a command line: --enable {name}"
        yield ""
    yield "To allow it, at the end of the record's line:"
    yield f"    ; zonebuild: allow={name} why it is right here"
    yield "or in zones/NAME.yaml, for one owner or, without `name`, for the zone:"
    yield f"    allow: [{{check: {name}, name: www.example.org, reason: why it is right here}}]"
