"""The names of zones and the names of their files.

NAME is the zone's name in lower case without its final dot, `/` written `%2F`, the root `@`.
"""

from __future__ import annotations

import re

from zonebuild.site.values import Wrong, length_problem, not_ascii_reason

SITE_FILE = "site.yaml"
ZONES_DIRECTORY = "zones"

SUFFIX = ".yaml"
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_/-]*[a-z0-9_/])?", re.ASCII)
_SKIPPED = re.compile(r"\.|#.*#\Z|.*~\Z", re.DOTALL)


def is_skipped(name: str) -> bool:
    """Say whether the file *name* is nobody's source: hidden, or what an editor left behind.

    `.#NAME`, `.zonebuild-tmp.*` and Vim's `.NAME.swp` are hidden files.
    """
    return _SKIPPED.match(name) is not None


def file_name(apex: str) -> str:
    """Return NAME for the zone *apex*. apex: absolute, lower case."""
    return "@" if apex == "." else apex[:-1].replace("/", "%2F")


def zone_name_from_file(stem: str) -> str | Wrong:
    """Return the apex that NAME stands for: absolute, with its final dot.

    stem: the file's name without `.yaml`.
    """
    if stem == "@":
        return "."
    reason = _spelling_problem(stem)
    if reason:
        return Wrong(reason)
    labels = stem.replace("%2F", "/").split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return Wrong("is no zone name, want labels of letters, digits, - and _ with dots between")
    return length_problem(labels) or ".".join(labels) + "."


def _spelling_problem(stem: str) -> str | None:
    """Say what is wrong with the characters of *stem*, None where nothing is."""
    if not stem.isprintable():
        return "has a control character, want a zone name"
    if not stem.isascii():
        return not_ascii_reason(stem)
    bare = stem.replace("%2F", "")
    if "%" in bare:
        return 'has a "%", want it only in %2F, which stands for "/"'
    if bare != bare.lower():
        return f"has upper-case letters, want {stem.lower().replace('%2f', '%2F')}"
    if stem.endswith("."):
        return "ends with a dot, want the name without it"
    return "begins with a dot, want the name without it" if stem.startswith(".") else None
