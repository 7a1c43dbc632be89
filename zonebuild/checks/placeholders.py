"""What was to be replaced before anybody reads it, and stands there all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import quoted

# `{{ name }}` and `{% … %}` of Jinja, `@NAME@` of makefiles and autoconf.
_BRACES = re.compile(r"\{\{[^{}\"\n]*\}\}|\{%[^{}\"\n]*%\}")
_AT_SIGNS = re.compile(r"@[A-Z][A-Z0-9_]+@", re.ASCII)


def placeholder_left(survey: Survey) -> Iterator[Fact]:
    """Find each record with the placeholder of a template in it, the first of the record."""
    patterns = [_AT_SIGNS]
    # A search for a letter is fast, one for either of two braces is not.
    if any("{{" in block.text or "{%" in block.text for block in survey.records.blocks):
        patterns.append(_BRACES)
    found = {row: match[0] for pattern in patterns for row, match in survey.search(pattern)}
    for row in sorted(found):
        message = f"{quoted(found[row])} is left of a template: only heads in soa/ are templates"
        yield Fact(row, f"{message}; write what it stands for")


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="placeholder-left", numbers=("Z150",), severity=ERROR, refused_by="",
        spec="docs/site.md, fragments", find=placeholder_left,
        why="It is served as it stands: no program comes behind that would replace it.",
        bad='www TXT "{{ serial }}"\n', good='www TXT "{ }"\n',
    ),
)
# fmt: on
