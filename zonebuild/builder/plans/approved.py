"""approved/: a small file for each plan, or set of plans, that a person has approved.

Its name is the checksum; it is committed with the change. One that is named after a set of plans
approves each plan that it lists, so that it still does where other zones change meanwhile.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from zonebuild.files.read import SourceError, SourceTree
from zonebuild.files.write import make_directory, replace_file
from zonebuild.plan import CHECKSUM, set_checksum

APPROVED = "approved"
_LIMIT = 1 << 24  # octets; a set of 100,000 plans
_ZONE_LINE = re.compile(rf"^zone: \S+ ({CHECKSUM.pattern})$", re.MULTILINE)


def read_approved(root: Path, tree: SourceTree) -> frozenset[str]:
    """Return the checksums of all plans, and sets of plans, that are approved."""
    approved: set[str] = set()
    for name in _names(root / APPROVED):
        approved |= {name, *_members(tree, name)}
    return frozenset(approved)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if CHECKSUM.fullmatch(name))
    except OSError:
        return []


def _members(tree: SourceTree, name: str) -> list[str]:
    """Return the plans that the file lists, none where its name is not made of them."""
    try:
        text = tree.read(f"{APPROVED}/{name}", _LIMIT).decode("utf-8", "replace")
    except SourceError:
        return []
    members = _ZONE_LINE.findall(text)
    return members if set_checksum(members) == name else []


def approval_text(plans: Mapping[str, str], what: Iterable[str], *, who: str, when: str) -> str:
    """Return the content of a file in approved/. plans: the checksum of each zone's plan."""
    zones = [f"zone: {apex} {checksum}" for apex, checksum in sorted(plans.items())]
    lines = [*zones, *(f"what: {clause}" for clause in what), f"who: {who}", f"when: {when}"]
    return "".join(f"{line}\n" for line in lines)


def write_approval(root: Path, checksum: str, text: str) -> str:
    """Write a file into approved/; return its path, relative to the site. Errors: WriteError."""
    make_directory(root / APPROVED)
    replace_file(root / APPROVED / checksum, text.encode())
    return f"{APPROVED}/{checksum}"
