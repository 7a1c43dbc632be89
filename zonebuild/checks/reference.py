"""docs/checks.md, made of the table of checks: `python -m zonebuild.checks.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from zonebuild.checks.check import Check
from zonebuild.checks.table import ALL_CHECKS

_INTRODUCTION = """\
# The checks

Made from the table in `zonebuild/checks/`; do not edit.

An error in what people write puts the last good copy of that part in its place; a machine's record
that brings one is left out alone. Warnings are told, and the zone is built. The policy `servers`
is for the first import of old zones: an error is only what one of BIND 9.18, Knot 3.2 and NSD 4.6
refuses to load, which the column "refused by" says with their initials. Under `strict` every
warning is an error.

The numbers are those of the project's catalogue of facts.
"""


def render_reference() -> str:
    """Return docs/checks.md."""
    checks = sorted(ALL_CHECKS, key=lambda check: check.name)
    whole = [check for check in checks if check.find is not None]
    reading = [check for check in checks if check.find is None]
    return "\n".join(
        [
            _INTRODUCTION,
            *_section("Of the zone as a whole", whole),
            *_section("While the sources are read", reading),
        ]
    )


def _section(title: str, checks: list[Check]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| check | severity | refused by | numbers | rests on | why |"
    yield "|---|---|---|---|---|---|"
    for check in checks:
        numbers = ", ".join(check.numbers)
        refused = check.refused_by or "nobody"
        yield (
            f"| `{check.name}` | {check.severity.label} | {refused} | {numbers} "
            f"| {check.spec} | {check.why} |"
        )
    yield ""


if __name__ == "__main__":
    sys.stdout.write(render_reference())
