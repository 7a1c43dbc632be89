"""Who may put what into a zone: a rule of owners and types for one fragment or producer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zonebuild.diagnostic import quoted
from zonebuild.site.values import Wrong

_LABEL = re.compile(r"[A-Za-z0-9_/-]+|\*", re.ASCII)


@dataclass(frozen=True, slots=True)
class FragmentRule:
    """The owners and types that a fragment may have; an empty tuple leaves them free.

    owners: patterns relative to the apex, in lower case: `@` the apex, `www` that name, `*.web`
        every name below web, `*` every name below the apex, `_acme.*` a name with any one label.
    types: mnemonics in upper case.
    """

    owners: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def parse_owner_pattern(text: str) -> str | Wrong:
    """Return one pattern of `owners:` in lower case."""
    if text == "@":
        return text
    if text.endswith("."):
        return Wrong("is absolute, want it relative to the apex, without its final dot")
    if not all(_LABEL.fullmatch(label) for label in text.split(".")):
        return Wrong("is no owner, want @, a name, or a name with * for a label")
    return text.lower()


def outside_rule(rule: FragmentRule, owner: str, rdtype: str, apex: str) -> str | None:
    """Say why *rule* forbids a record, None where it allows it.

    owner, apex: absolute, lower case. rdtype: mnemonic in upper case.
    """
    if rule.types and rdtype not in rule.types:
        return f"{rdtype} of {owner} is not among the types of this file: {', '.join(rule.types)}"
    if rule.owners and not any(_matches(pattern, owner, apex) for pattern in rule.owners):
        allowed = ", ".join(quoted(pattern) for pattern in rule.owners)
        return f"{owner} is not among the owners of this file: {allowed} in {apex}"
    return None


def _matches(pattern: str, owner: str, apex: str) -> bool:
    suffix = apex if apex == "." else f".{apex}"
    if owner == apex or not owner.endswith(suffix):
        return owner == apex and pattern == "@"
    return _match_labels(pattern.split("."), owner[: -len(suffix)].split("."))


def _match_labels(pattern: Sequence[str], labels: Sequence[str]) -> bool:
    """Match label by label; a leading `*` stands for one label or more, any other for one."""
    if pattern[0] == "*" and len(labels) > len(pattern):
        labels = labels[len(labels) - len(pattern) :]
    if len(pattern) != len(labels):
        return False
    return all(p in ("*", label) for p, label in zip(pattern, labels, strict=True))
