"""A YAML document as a tree of values that know where they stand.

Scalars are the text that was written: the schema alone decides what `no` or `010` means.
"""

from __future__ import annotations

from typing import NamedTuple

from zonebuild.diagnostic import Finding, Location, Note, Severity, quoted

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})  # YAML 1.2 section 10.3.2


class ScalarNode(NamedTuple):
    """A word or a string. is_plain: it was written without quotes and not as a block."""

    text: str
    location: Location
    is_plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether nothing was given: no text, `~` or `null`, unquoted."""
        return self.is_plain and self.text in _NULLS


class ListNode(NamedTuple):
    """A list. location: of its first item or its bracket."""

    items: tuple[Node, ...]
    location: Location


class Entry(NamedTuple):
    """One `key: value`. location: of the key."""

    key: str
    location: Location
    value: Node


class MappingNode(NamedTuple):
    """A mapping in the order of the file; no key stands twice."""

    entries: tuple[Entry, ...]
    location: Location


Node = ScalarNode | ListNode | MappingNode


def describe(node: Node) -> str:
    """Return what *node* is, for a message: its text in quotes, "a list" or "a mapping"."""
    if isinstance(node, ScalarNode):
        return "empty" if node.is_null else quoted(node.text)
    return "a list" if isinstance(node, ListNode) else "a mapping"


def is_null(node: Node) -> bool:
    """Say whether *node* stands for "not given"."""
    return isinstance(node, ScalarNode) and node.is_null


def error(location: Location, check: str, message: str, *notes: Note) -> Finding:
    """Return the finding of an error at *location*."""
    return Finding(location, Severity.ERROR, check, message, notes)
