"""What can be wrong with allowing a check: told at the comment, or in the zone's YAML.

`allow` finds these; they stand here for their pages.
"""

from __future__ import annotations

from zonebuild.checks.check import WARNING, Check

_HOUSE = "docs/checks.md, To allow a finding"

# fmt: off
ALLOW_CHECKS: tuple[Check, ...] = (
    Check(
        name="allow-without-check", numbers=(), severity=WARNING, refused_by="", spec=_HOUSE,
        why="A comment that was meant to allow something allows nothing.",
        bad="old NS ns.old.example.net. ; zonebuild: allow single-name-server\n",
        good="old NS ns.old.example.net. ; zonebuild: allow=single-name-server it is being moved\n",
    ),
    Check(
        name="allow-without-reason", numbers=(), severity=WARNING, refused_by="", spec=_HOUSE,
        why="Whoever reads it in a year must know why it is no mistake; until then it is one.",
        bad="www CNAME new ; zonebuild: allow=cname-target-missing\n",
        good="www CNAME new ; zonebuild: allow=cname-target-missing set up on Monday\n",
    ),
    Check(
        name="unallowable-check", numbers=(), severity=WARNING, refused_by="", spec=_HOUSE,
        why="What cannot be read is no record: allowed, it would be missing without a word.",
        bad="www A 192.0.2.256 ; zonebuild: allow=rdata-syntax it is only a test\n",
        good="www A 192.0.2.25 ; only a test\n",
    ),
    Check(
        name="unknown-check", numbers=(), severity=WARNING, refused_by="", spec=_HOUSE,
        why="A check of that name does not exist, so nothing is silenced.",
        bad="www CNAME new ; zonebuild: allow=cname-target-mising set up on Monday\n",
        good="www CNAME new ; zonebuild: allow=cname-target-missing set up on Monday\n",
    ),
    Check(
        name="unused-allow", numbers=(), severity=WARNING, refused_by="", spec=_HOUSE,
        why="What it allowed was mended: left there, it hides the next mistake. It is a warning "
            "under `strict`, too, since a machine's record may be what mended it.",
        bad="www A 192.0.2.2 ; zonebuild: allow=cname-target-missing set up on Monday\n",
        good="www A 192.0.2.2\n",
    ),
)
# fmt: on
