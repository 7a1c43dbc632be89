"""Kinds of values that a key can have, and the reading of a mapping by a table of keys.

A `Kind` turns a node into a typed value or into findings; kinds are built of one another.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding, Location, quoted
from zonebuild.site.tree import (
    Entry,
    ListNode,
    MappingNode,
    Node,
    ScalarNode,
    describe,
    error,
    is_null,
)
from zonebuild.site.values import Wrong

MAX_GUESSES = 100  # a file; each takes difflib a good part of a millisecond

TextParser = Callable[[str], Any]
NodeReader = Callable[[Node, str, list[Finding]], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be.

    wanted: as messages and the reference call it.
    read: returns the value of a node that is not null, called by the name given; None, and what
        is wrong added to the findings, where it has none.
    fields: the keys inside, for the reference.
    """

    wanted: str
    read: NodeReader
    fields: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of site.yaml or of zones/NAME.yaml.

    name: dotted, `soa.refresh` is `refresh:` below `soa:`.
    default: the typed value where none is given; shown: how the reference writes it.
    merges: a zone's mapping is laid over the one of `defaults:` instead of replacing it.
    """

    name: str
    kind: Kind
    default: Any
    shown: str
    doc: str
    example: str = ""
    required: bool = False
    merges: bool = False


class Given(NamedTuple):
    """A value that a file gives, and where it does."""

    value: Any
    location: Location


def scalar(wanted: str, parse: TextParser) -> Kind:
    """Return the kind of a single word or text that *parse* reads."""

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        if not isinstance(node, ScalarNode):
            findings.append(wrong_type(node, name, wanted))
            return None
        return _parsed(parse(node.text), node, name, findings)

    return Kind(wanted, read)


def choice(*words: str) -> Kind:
    """Return the kind of one word among *words*."""

    def parse(text: str) -> str | Wrong:
        return text if text in words else Wrong(f"is unknown, want {_either(words)}")

    return scalar(" or ".join(words), parse)


def within(kind: Kind, least: int, most: int, unit: str) -> Kind:
    """Return *kind* of integers with a range, both ends included."""

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        value = kind.read(node, name, findings)
        if value is None or least <= value <= most:
            return value
        message = f"{name} is {value} {unit}, want {least} to {most}"
        findings.append(error(node.location, "wrong-value", message))
        return None

    return Kind(f"{kind.wanted}, {least} to {most} {unit}", read, kind.fields)


def list_of(plural: str, item: Kind, *, least: int = 0) -> Kind:
    """Return the kind of a list of *least* items or more, as a tuple; all wrong ones are told.

    plural: what the items are called together.
    """
    wanted = f"a list of {plural}"

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        if not isinstance(node, ListNode):
            findings.append(wrong_type(node, name, wanted))
            return None
        if len(node.items) < least:
            message = f"{name} has {len(node.items)} items, want at least {least}"
            findings.append(error(node.location, "wrong-value", message))
            return None
        values = [_item(item, each, f"an item of {name}", findings) for each in node.items]
        return None if None in values else tuple(values)

    return Kind(wanted, read, item.fields)


def mapping_of(parse_key: TextParser, item: Kind) -> Kind:
    """Return the kind of a mapping with free keys that *parse_key* reads."""
    wanted = f"a mapping of names, each to {item.wanted}"

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        if not isinstance(node, MappingNode):
            findings.append(wrong_type(node, name, wanted))
            return None
        values: dict[str, Any] = {}
        for entry in node.entries:
            key_node = ScalarNode(entry.key, entry.location)
            key = _parsed(parse_key(entry.key), key_node, f"a key of {name}", findings)
            called = f"a value of {name}" if key is None else f"{name}.{key}"
            value = _item(item, entry.value, called, findings)
            if key is not None and value is not None:
                values[key] = value
        return values

    return Kind(wanted, read, item.fields)


def record_of(fields: tuple[Key, ...], make: Callable[..., Any]) -> Kind:
    """Return the kind of a mapping with the keys *fields*; *make* takes their values by name."""
    wanted = "a mapping with " + ", ".join(field.name for field in fields)

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        if not isinstance(node, MappingNode):
            findings.append(wrong_type(node, name, wanted))
            return None
        before = len(findings)
        given = read_keys(node, fields, findings, of=name)
        values = {f.name: given[f.name].value if f.name in given else f.default for f in fields}
        return make(**values) if len(findings) == before else None

    return Kind(wanted, read, fields)


def either(first: Kind, second: Kind) -> Kind:
    """Return the kind of a value that is *first* as a scalar or a list, *second* as a mapping."""

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        return (second if isinstance(node, MappingNode) else first).read(node, name, findings)

    return Kind(f"{first.wanted} or {second.wanted}", read, first.fields + second.fields)


def one_or_many(plural: str, item: Kind) -> Kind:
    """Return the kind of a scalar or a list of them."""
    many = list_of(plural, item)

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        return (many if isinstance(node, ListNode) else item).read(node, name, findings)

    return Kind(f"{item.wanted} or {many.wanted}", read)


def read_keys(
    node: MappingNode, keys: Sequence[Key], findings: list[Finding], *, of: str = ""
) -> dict[str, Given]:
    """Return what *node* gives of *keys*, by dotted name; a null counts as not given.

    of: what the mapping is called in messages, empty for a whole file.
    """
    given: dict[str, Given] = {}
    _read_level(node, {key.name: key for key in keys}, "", (of, given, findings))
    present = {entry.key for entry in node.entries if not is_null(entry.value)}
    for key in keys:
        if key.required and key.name not in present:
            message = f"{of} has no {key.name}, want {key.kind.wanted}"
            findings.append(error(node.location, "missing-key", message))
    return given


_Reading = tuple[str, dict[str, Given], list[Finding]]


def _read_level(node: MappingNode, keys: Mapping[str, Key], prefix: str, reading: _Reading) -> None:
    _, given, findings = reading
    for entry in node.entries:
        name = prefix + entry.key
        key = keys.get(name)
        if key is not None:
            value = None if is_null(entry.value) else key.kind.read(entry.value, name, findings)
            if value is not None:
                given[name] = Given(value, entry.value.location)
        elif any(known.startswith(f"{name}.") for known in keys):
            _read_section(entry, keys, name, reading)
        else:
            findings.append(_unknown_key(entry, keys, prefix, reading))


def _read_section(entry: Entry, keys: Mapping[str, Key], name: str, reading: _Reading) -> None:
    if isinstance(entry.value, MappingNode):
        _read_level(entry.value, keys, f"{name}.", reading)
    elif not is_null(entry.value):
        reading[2].append(wrong_type(entry.value, name, "a mapping"))


def _unknown_key(entry: Entry, keys: Iterable[str], prefix: str, reading: _Reading) -> Finding:
    """Return the finding of a key that no table has, naming the nearest that one has."""
    of, _, findings = reading
    below = [key for key in keys if key.startswith(prefix)]
    level = list(dict.fromkeys(key[len(prefix) :].split(".")[0] for key in below))
    near = [key for key in keys if key.rpartition(".")[2] == entry.key]
    if not near and len(findings) < MAX_GUESSES:
        near = [prefix + name for name in difflib.get_close_matches(entry.key[:80], level, 1)]
    wanted = f"did you mean {near[0]}?" if near else f"want one of {', '.join(level)}"
    where = f" in {of}" if of else ""
    message = f"the key {quoted(prefix + entry.key)} is unknown{where}, {wanted}"
    return error(entry.location, "unknown-key", message)


def wrong_type(node: Node, name: str, wanted: str) -> Finding:
    """Return the finding of a value of another form than *wanted*."""
    return error(node.location, "wrong-type", f"{name} is {describe(node)}, want {wanted}")


def _item(kind: Kind, node: Node, name: str, findings: list[Finding]) -> Any:
    if is_null(node):
        findings.append(wrong_type(node, name, kind.wanted))
        return None
    return kind.read(node, name, findings)


def _parsed(value: Any, node: ScalarNode, name: str, findings: list[Finding]) -> Any:
    """Return *value*; None, and a finding, where it is a `Wrong`."""
    if not isinstance(value, Wrong):
        return value
    message = f"{name}: {quoted(node.text)} {value.reason}"
    findings.append(error(node.location, "wrong-value", message))
    return None


def _either(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
