"""YAML text into a tree with positions, within limits (YAML 1.1 as libyaml reads it, less).

The parser's events are taken one by one and their depth is counted as they come, so that it is
stopped at level 21: libyaml's loader, whose recursion crashes on deep nesting, is never used,
and its scanner, whose time grows with the square of the depth, sees no more than it must.
Anchors, aliases, tags, directives and second documents are refused.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zonebuild.diagnostic import Finding, Location, Note, quoted
from zonebuild.site.syntax import describe_syntax_error
from zonebuild.site.tree import Entry, ListNode, MappingNode, Node, ScalarNode, describe, error

if TYPE_CHECKING:
    from yaml.events import Event

MAX_OCTETS = 1 << 20
MAX_DEPTH = 20  # the mapping that is the document is level 1
_MAX_CHARACTERS_TOLD = 10

# Beside what YAML forbids: its odd line ends, which editors do not count, a lone CR among them,
# and the marks that show text in another order than it has.
_FORBIDDEN = re.compile(
    "\r(?!\n)|[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff"
    "\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_yaml(data: bytes, path: str) -> tuple[MappingNode | None, list[Finding]]:
    """Return the mapping that *data* is, None where it is none, and all that is wrong with it.

    path: as messages name it. Nothing but comments is an empty mapping.
    """
    text, findings = _decode(data, path)
    if text is None:
        return None, findings
    if _is_blank(text):
        return MappingNode((), Location(path)), findings
    root = _Builder(text, path, findings).build()
    if root is None or isinstance(root, MappingNode):
        return root, findings
    if isinstance(root, ScalarNode) and root.is_null:
        return MappingNode((), Location(path)), findings
    message = f'the file is {describe(root)}, want "key: value" lines'
    findings.append(error(root.location, "wrong-type", message))
    return None, findings


def _is_blank(text: str) -> bool:
    lines = (line.lstrip(" ") for line in text.split("\n"))
    return all(not line.rstrip() or line.startswith("#") for line in lines)


def _decode(data: bytes, path: str) -> tuple[str | None, list[Finding]]:
    """Return *data* as text, None where it is not to be parsed."""
    if len(data) > MAX_OCTETS:
        message = f"the file has {len(data)} octets, want at most {MAX_OCTETS}"
        return None, [error(Location(path), "yaml-too-large", message)]
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8")
        message = f"the octet 0x{data[problem.start]:02X} is not UTF-8, want the file in UTF-8"
        return None, [error(_place(path, before, len(before)), "yaml-encoding", message)]
    findings = _unusable(text, path)
    return (None if findings else text), findings


def _unusable(text: str, path: str) -> list[Finding]:
    """Return the characters of *text* that no file should have, and its directives."""
    findings: list[Finding] = []
    for match in _FORBIDDEN.finditer(text):
        message = f"the character U+{ord(match[0]):04X} is not allowed here, want plain text"
        findings.append(error(_place(path, text, match.start()), "yaml-encoding", message))
        if len(findings) == _MAX_CHARACTERS_TOLD:
            break
    if directive := re.search(r"^%.*", text, re.MULTILINE):
        message = f"{quoted(directive[0])} is a YAML directive, want none"
        findings.append(error(_place(path, text, directive.start()), "yaml-syntax", message))
    return findings


def _place(path: str, text: str, offset: int) -> Location:
    line_start = text.rfind("\n", 0, offset) + 1
    return Location(path, text.count("\n", 0, offset) + 1, offset - line_start + 1)


class _TooDeep(Exception):
    """The document nests deeper than allowed. location: of the level that is too much."""

    def __init__(self, location: Location) -> None:
        self.location = location
        super().__init__(location)


class _Builder:
    """Makes nodes of parser events, in one pass; what is wrong is added to *findings*."""

    def __init__(self, text: str, path: str, findings: list[Finding]) -> None:
        self._text = text
        self._path = path
        self._findings = findings
        self._events = _events(text)

    def build(self) -> Node | None:
        """Return the document, None where reading had to stop."""
        import yaml

        try:
            return self._document()
        except _TooDeep as problem:
            message = f"more than {MAX_DEPTH} levels of lists and mappings, want fewer"
            self._report(problem.location, "yaml-too-deep", message)
        except yaml.YAMLError as problem:
            location, message = describe_syntax_error(problem, self._text, self._path)
            self._report(location, "yaml-syntax", message)
        return None

    def _document(self) -> Node | None:
        next(self._events)  # the start of the stream
        if type(next(self._events)).__name__ == "StreamEndEvent":
            return MappingNode((), Location(self._path))
        root = self._node(next(self._events), 1)
        next(self._events)  # the end of the document
        after = next(self._events)
        if type(after).__name__ != "StreamEndEvent":
            message = "a second document begins here, want one a file"
            self._report(self._location(after), "yaml-several-documents", message)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        location = self._location(event)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event, location)
        self._refuse_properties(event, location)
        if kind == "ScalarEvent":
            return self._scalar(event, location)
        if depth > MAX_DEPTH:
            raise _TooDeep(location)
        if kind == "SequenceStartEvent":
            return self._list(location, depth)
        return self._mapping(location, depth)

    def _alias(self, event: Any, location: Location) -> ScalarNode:
        message = f"{quoted(f'*{event.anchor}')} is an alias, want the value itself"
        self._report(location, "yaml-alias", message)
        return ScalarNode("", location)

    def _refuse_properties(self, event: Any, location: Location) -> None:
        if event.anchor is not None:
            message = (
                f"{quoted(f'&{event.anchor}')} is an anchor, want none: nothing can refer to it"
            )
            self._report(location, "yaml-alias", message)
        if event.tag is not None:
            self._report(location, "yaml-tag", f"{quoted(event.tag)} is a tag, want none")

    @staticmethod
    def _scalar(event: Any, location: Location) -> ScalarNode:
        return ScalarNode(event.value, location, not event.style)

    def _list(self, location: Location, depth: int) -> ListNode:
        return ListNode(tuple(self._nodes("SequenceEndEvent", depth)), location)

    def _nodes(self, end: str, depth: int) -> Iterator[Node]:
        for event in self._events:
            if type(event).__name__ == end:
                return
            yield self._node(event, depth + 1)

    def _mapping(self, location: Location, depth: int) -> MappingNode:
        entries: dict[str, Entry] = {}
        nodes = self._nodes("MappingEndEvent", depth)
        for key in nodes:
            value = next(nodes)
            if not isinstance(key, ScalarNode):
                self._report(key.location, "yaml-syntax", f"a key is {describe(key)}, want a word")
            elif key.text in entries:
                self._refuse_duplicate(key, entries[key.text])
            else:
                entries[key.text] = Entry(key.text, key.location, value)
        return MappingNode(tuple(entries.values()), location)

    def _refuse_duplicate(self, key: ScalarNode, first: Entry) -> None:
        message = f"the key {quoted(key.text)} stands twice, want it once"
        note = Note(first.location, "the first one")
        self._findings.append(error(key.location, "duplicate-key", message, note))

    def _location(self, event: Event) -> Location:
        mark = event.start_mark
        if mark is None:
            return Location(self._path)
        return Location(self._path, mark.line + 1, mark.column + 1)

    def _report(self, location: Location, check: str, message: str) -> None:
        self._findings.append(error(location, check, message))


def _events(text: str) -> Iterator[Event]:
    """Yield the parser's events as they are asked for."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[Event] = yaml.parse(text, Loader=loader)
    return events
