"""docs/checks.md, made of the table of checks: `python -m zonebuild.checks.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from zonebuild.checks.check import Check
from zonebuild.checks.explain import PAGES, example_lines, refusing, weight
from zonebuild.checks.reading import DROPS_ITS_RECORD, READER_CHECKS
from zonebuild.checks.silence import ALLOW_CHECKS
from zonebuild.checks.site_wide import SITE_CHECKS

_INTRODUCTION = """\
# The checks

Made from the table in `zonebuild/checks/`; do not edit. `zonebuild explain CHECK` prints the same
of one check.

An error in what people write puts the last good copy of that part in its place; a machine's record
that brings one is left out alone. Warnings are told, and the zone is built. What only informs is
told with `--verbose`. The policy `servers` is for the first import of old zones: an error is only
what one of BIND 9.18, Knot 3.2 and NSD 4.6 refuses to load, and of what they load only mixed TTLs,
duplicates, hidden records and names that lead nowhere are told. Under `strict` every warning is an
error.

## To allow a finding

At the end of the record's line, and of a record over several lines on any of them:

    ; zonebuild: allow=check-name[,other-check] why it is right here

or in zones/NAME.yaml, for one owner or for the zone; `severity:` makes a check weigh more or less
instead, and switches one on that is off:

    allow: [{check: check-name, name: www.example.org, reason: why it is right here}]
    severity: {check-name: {severity: warning, reason: why we want it}}

Without a reason nothing is silenced. An allow that silences nothing is told, and `--verbose` lists
what is silenced. What stands in the place of a record that could not be read cannot be allowed.

Or all that is found today is written down, and from then on only what is new is told and fails:
`zonebuild check --save-baseline FILE …`, later `--baseline FILE`.
"""

_CATALOGUE = """\
## By number

The numbers are those of the project's catalogue of facts.

| number | checks |
|---|---|"""

# The catalogue's numbers: first and last of each of its parts.
NUMBERS = (
    (1, 18), (20, 28), (30, 40), (50, 69), (70, 88), (90, 104), (110, 119), (130, 136), (140, 153),
)  # fmt: skip

# What the catalogue has, and no check of a zone finds.
WITHOUT_CHECK: tuple[tuple[str, str], ...] = (
    ("Z017", "found by the build, which knows what is published: `serial-not-raised`"),
    ("Z036", "left out: an alias of the apex does no harm"),
    ("Z133", "not in an unsigned zone: `signed-data-in-unsigned`"),
    ("Z135", "of the signed zone: left to `dnssec-verify`, `kzonecheck` and `ldns-verify-zone`"),
    ("Z152", "a token that may not come in is quarantined where the drop-box is read"),
    ("Z153", "no mistake: such a plan is held until it is approved"),
)

_SECTIONS = (
    ("While the sources are read", READER_CHECKS),
    ("Between the zones of a site", SITE_CHECKS),
    ("Of what is allowed", ALLOW_CHECKS),
)


def render_reference() -> str:
    """Return docs/checks.md."""
    apart = {check.name for _, checks in _SECTIONS for check in checks}
    whole = [check for check in PAGES if check.name not in apart]
    lines = [_INTRODUCTION, _CATALOGUE, *_catalogue(), ""]
    for title, checks in (("Of the zone as a whole", whole), *_SECTIONS):
        lines += [f"## {title}", "", *_pages(checks)]
    return "\n".join(lines)


def numbers() -> list[str]:
    """Return every number of the catalogue."""
    return [f"Z{number:03}" for first, last in NUMBERS for number in range(first, last + 1)]


def _catalogue() -> Iterator[str]:
    reasons = dict(WITHOUT_CHECK)
    for number in numbers():
        names = [f"[`{c.name}`](#{c.name})" for c in PAGES if number in c.numbers]
        yield f"| {number} | {', '.join(names) or reasons.get(number, '')} |"


def _pages(checks: Iterable[Check]) -> Iterator[str]:
    for check in sorted(checks, key=lambda check: check.name):
        yield f"### {check.name}"
        yield ""
        facts = [f"**{weight(check)}**", f"refused by {refusing(check)}", check.spec]
        facts += [", ".join(check.numbers)] if check.numbers else []
        facts += ["cannot be allowed"] if check.name in DROPS_ITS_RECORD else []
        yield f"{' · '.join(facts)}"
        yield ""
        yield check.why
        yield ""
        yield from _example(check)


def _example(check: Check) -> Iterator[str]:
    if check.bad:
        yield from ("```dns", "; wrong", *example_lines(check.bad))
        yield from ("; right", *example_lines(check.good)) if check.good else ()
        yield from ("```", "")


if __name__ == "__main__":
    sys.stdout.write(render_reference())
