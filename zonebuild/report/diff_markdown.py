"""The difference of two zones as Markdown, fit for a comment on a merge request.

What comes from zones stands in code spans and fences longer than any run of backticks in it, so
that nothing of it is read as Markdown, as HTML or as the mention of a person.
Spec: CommonMark 0.31 sections 4.5 (fenced code blocks) and 6.1 (code spans).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zonebuild.diff import Effect
from zonebuild.model import ZoneDiff
from zonebuild.report.diff_blocks import (
    OwnerBlock,
    counted,
    effect_texts,
    left_out_text,
    owner_blocks,
    summary,
)
from zonebuild.report.diff_text import rrset_lines
from zonebuild.report.text import visible

if TYPE_CHECKING:
    from zonebuild.builder.judging.compare import Compared

MOST_CHANGES = 100  # of one zone that are shown; the rest is counted
MOST_CHARACTERS = 50_000  # of all zones; a comment on GitHub ends at 65,536

_LONGEST_LINE = 1_000  # characters
_BACKTICKS = re.compile(r"`+")


def zone_markdown(
    diff: ZoneDiff, effects: Iterable[Effect] = (), *, why: str = "", limit: int = MOST_CHANGES
) -> str:
    """Return *diff* as a heading, a fence in the language `diff` and a list of its effects."""
    blocks, left = owner_blocks(diff, effects, limit)
    fence = _fence(list(_lines(diff, blocks)))
    head = f"### {code(diff.origin)}"
    told = [*([why] if why else []), summary(diff) or "no difference"]
    parts = [head, "; ".join(told), fence, *_effects(diff, blocks)]
    if any(left):
        parts.append(f"... and {counted(left)} more")
    return "\n\n".join(part for part in parts if part) + "\n"


def site_markdown(compared: Iterable[Compared]) -> Iterator[str]:
    """Yield a section a zone, up to a length that a comment can have; the rest is counted."""
    length, missing = 0, 0
    for each in compared:
        section = _section(each)
        length += len(section)
        if length > MOST_CHARACTERS:
            missing += 1
        else:
            yield f"{section}\n"
    if missing:
        noun = "zone is" if missing == 1 else "zones are"
        yield f"{missing:,} more {noun} not shown: there is no room; `--format json` has all\n"


def code(text: str) -> str:
    """Return *text* on one line as a code span that nothing inside it can end."""
    shown = visible(text)
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    room = " " if len(ticks) > 1 else ""
    return f"{ticks}{room}{shown}{room}{ticks}"


def _section(compared: Compared) -> str:
    if compared.diff is None:
        text = f"### {code(compared.apex)}\n\n{code(compared.why)}\n"
    else:
        text = zone_markdown(compared.diff, compared.effects, why=compared.why)
    more = [left_out_text(compared.left_out)] if compared.left_out else []
    more += [code(note) for note in compared.notes]
    return text + "".join(f"\n{line}\n" for line in more)


def _lines(diff: ZoneDiff, blocks: Sequence[OwnerBlock]) -> Iterator[str]:
    for block in blocks:
        for field, old, new in block.soa:
            yield f"! {diff.origin} SOA {field} {old} -> {new}"
        for change in block.changes:
            # Only `!` is painted where comments are shown, not our `~`.
            yield from (
                line.replace("~", "!", 1) if line[0] == "~" else line
                for line in rrset_lines(change)
            )


def _fence(lines: Sequence[str]) -> str:
    shown = "\n".join(_shortened(visible(line)) for line in lines)
    longest = max(map(len, _BACKTICKS.findall(shown)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}diff\n{shown}\n{ticks}" if shown else ""


def _shortened(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    return f"{line[:_LONGEST_LINE]}... ({len(line):,} characters)"


def _effects(diff: ZoneDiff, blocks: Iterable[OwnerBlock]) -> Iterator[str]:
    """Yield one list of what resolvers will see; names in it stand in code spans."""
    items = []
    for block in blocks:
        items += [f"- {code(text)}" for text in effect_texts(diff, block)]
    if items:
        yield "What resolvers will see:\n\n" + "\n".join(items)
