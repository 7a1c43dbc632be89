"""One entry of `fragments:`: which files it names, and what they may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zonebuild.diagnostic import Location
from zonebuild.site.rules import FragmentRule
from zonebuild.site.values import Wrong

FORBIDDEN = frozenset({"keys", "state", "unsigned", "signed", ".zonebuild"})
_OR = re.compile(r"[ \t]+or[ \t]+")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")


@dataclass(frozen=True, slots=True)
class FragmentPattern:
    """One entry of `fragments:`.

    paths: relative to the site, the first that exists counts; only a single one may have a `*`,
        in its last component. `{zone}` stands for the zone's file name.
    rule: None where everything is allowed.
    location: of the entry in the YAML file; an empty path for the built-in default.
    """

    paths: tuple[str, ...]
    rule: FragmentRule | None = None
    location: Location = field(default=Location(""))

    @property
    def is_glob(self) -> bool:
        """Whether it may match any number of files, none among them."""
        return "*" in self.paths[0]


def parse_paths(text: str) -> tuple[str, ...] | Wrong:
    """Return the paths of an entry: one with a `*`, or alternatives with ` or ` between."""
    paths = tuple(_OR.split(text.strip()))
    for path in paths:
        reason = path_problem(path) or _pattern_problem(path)
        if reason:
            return Wrong(reason)
    if len(paths) > 1 and any("*" in path for path in paths):
        return Wrong('has a "*" beside " or ", want one or the other')
    return paths


def path_problem(path: str) -> str | None:
    """Say why *path* may not be a fragment's, None where it may."""
    parts = path.split("/")
    if not path.isprintable() or " " in path:
        return 'has a space or control, want a path, or two with " or " between'
    if path.startswith("/") or ".." in parts:
        return 'leaves the site, want a path from its top without ".."'
    if "" in parts or "." in parts:
        return 'has an empty component, want a path such as "primary/{zone}"'
    if parts[0] in FORBIDDEN:
        return f"is in {parts[0]}/, where no fragment may lie"
    return None


def _pattern_problem(path: str) -> str | None:
    directory, _, last = path.rpartition("/")
    if any(found != "{zone}" for found in _PLACEHOLDER.findall(path)):
        return 'has a brace, want "{zone}" alone'
    if re.search(r"[?\[\]]", path):
        return 'has a wildcard, want "*" alone'
    if "*" in directory or last.count("*") > 1:
        return 'has a "*" too many, want one in the last component'
    if "*" in last and last.count("{zone}") > 1:
        return 'has "{zone}" twice beside "*", want it once'
    return None


DEFAULT_FRAGMENTS = (
    FragmentPattern(("soa/{zone}", "soa/default")),
    FragmentPattern(("primary/{zone}",)),
    FragmentPattern(("extra/{zone}/*",)),
)
