"""The tables of `signer:` and `serve:`: each kind's options, their types and defaults.

A new kind is one dataclass and one line of `SIGNERS` or `SERVERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding, quoted
from zonebuild.site.kinds import Key, Kind, list_of, record_of, scalar, within, wrong_type
from zonebuild.site.tree import Entry, MappingNode, Node, ScalarNode, error, is_null
from zonebuild.site.values import Wrong, parse_address, parse_count, parse_duration, parse_text

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}", re.ASCII)
_PATH = re.compile(r'/(?:[^\0-\x1f\x7f"\\])*')


@dataclass(frozen=True, slots=True)
class NoSigner:
    """Zones are built and signed by nobody."""

    kind: str = "none"


@dataclass(frozen=True, slots=True)
class EmbeddedSigner:
    """`signer: local`: the signer inside this program."""

    kind: str = "local"


@dataclass(frozen=True, slots=True)
class OpenDNSSECSigner:
    """`signer: {kind: opendnssec}`; `SIGNERS` explains each field. deadline: seconds."""

    enforcer_command: tuple[str, ...]
    signer_command: tuple[str, ...]
    policy: str
    unsigned: Path | None
    signed: Path
    signconf: Path
    deadline: int
    kind: str = "opendnssec"


@dataclass(frozen=True, slots=True)
class KnotSigner:
    """`signer: {kind: knot}`; `SIGNERS` explains each field. deadline: seconds."""

    command: tuple[str, ...]
    template: str
    unsigned: Path | None
    deadline: int
    kind: str = "knot"


@dataclass(frozen=True, slots=True)
class BINDSigner:
    """`signer: {kind: bind}`; `SIGNERS` explains each field. deadline: seconds."""

    command: tuple[str, ...]
    policy: str
    unsigned: Path
    keys: Path
    address: str
    port: int
    deadline: int
    kind: str = "bind"


@dataclass(frozen=True, slots=True)
class ExecSigner:
    """`signer: {kind: exec}`; `SIGNERS` explains each field. deadline: seconds."""

    command: tuple[str, ...]
    remove_command: tuple[str, ...]
    signed: Path | None
    deadline: int
    kind: str = "exec"


@dataclass(frozen=True, slots=True)
class NSDServer:
    """`serve: {kind: nsd}`; `SERVERS` explains each field. deadline: seconds."""

    command: tuple[str, ...]
    pattern: str
    unsigned_pattern: str
    base: str | None
    address: str
    port: int
    deadline: int
    kind: str = "nsd"


SignerConfig = NoSigner | EmbeddedSigner | OpenDNSSECSigner | KnotSigner | BINDSigner | ExecSigner
ServerConfig = NSDServer


def parse_word(text: str) -> str | Wrong:
    """Return the name of a policy, a template or a pattern in a daemon's configuration."""
    if _WORD.fullmatch(text):
        return text
    return Wrong("is no such name, want letters, digits, _, - and .")


def parse_folder(text: str) -> Path | Wrong:
    """Return an absolute path that no daemon's configuration could misread."""
    if _PATH.fullmatch(text) and text.isprintable():
        return Path(text)
    return Wrong('is no absolute path without " and \\, want one such as /var/lib/signed')


_WORDS = list_of("words: a program and its arguments", scalar("a word", parse_text), least=1)
_NAME = scalar("a name", parse_word)
_FOLDER = scalar("an absolute path", parse_folder)
_ADDRESS = scalar("an IP address", parse_address)
_PORT = within(scalar("a number", parse_count), 1, 65535, "for a port")
_DEADLINE = within(scalar("a duration", parse_duration), 1, 3600, "seconds")


def _command(*words: str, name: str = "command", doc: str = "") -> Key:
    """Return the key of a control program that is called *words* by default."""
    told = doc or "how it is controlled; where it runs in a jail: [jexec, NAME, " + words[0] + "]"
    return Key(name, _WORDS, words, f"[{', '.join(words)}]", told)


def _deadline(seconds: int, doc: str) -> Key:
    return Key("deadline", _DEADLINE, seconds, f"{seconds}s", doc)


def _folder(name: str, default: str, doc: str) -> Key:
    return Key(name, _FOLDER, Path(default), default, doc)


_COPIED = Key(
    "unsigned",
    _FOLDER,
    None,
    "unsigned/ of the site",
    "the folder from which it reads the built zones: they are copied there",
)
_QUERIED = (
    Key("address", _ADDRESS, "127.0.0.1", "127.0.0.1", "where it answers on this host"),
    Key("port", _PORT, 53, "53", "the port there"),
)
_OPENDNSSEC = (
    _command("ods-enforcer", name="enforcer_command"),
    _command("ods-signer", name="signer_command"),
    Key("policy", _NAME, "default", "default", "the policy of new zones in kasp.xml"),
    _COPIED,
    _folder("signed", "/var/lib/opendnssec/signed", "the folder into which it signs"),
    _folder("signconf", "/var/lib/opendnssec/signconf", "the folder of its signer configurations"),
    _deadline(60, "how long the signing of what changed may take"),
)
_KNOT = (
    _command("knotc"),
    Key("template", _NAME, "zonebuild", "zonebuild", "the template of new zones in knot.conf"),
    _COPIED,
    _deadline(60, "how long the signing of what changed may take"),
)
_BIND = (
    _command("rndc"),
    Key(
        "policy",
        _NAME,
        "default",
        "default",
        "the dnssec-policy of new zones; BIND's own takes no TTL over 24 hours",
    ),
    _folder(
        "unsigned",
        "/var/lib/bind/zonebuild",
        "the folder to which the built zones are copied; named keeps its own files beside them",
    ),
    _folder("keys", "/var/lib/bind/keys", "the folder of its keys"),
    *_QUERIED,
    _deadline(20, "how long the loading of what changed may take"),
)
_EXEC = (
    Key(
        "command",
        _WORDS,
        (),
        "",
        "what signs: with `{zone}` (the name), `{unsigned}` or `{signed}` (the paths) in a word it "
        "runs once a zone, else once, the names on its standard input, a line each; exit code 75: "
        "try again later",
        required=True,
    ),
    Key("remove_command", _WORDS, (), "nothing is run", "the same for `zonebuild remove`"),
    Key("signed", _FOLDER, None, "unknown", "the folder into which it signs"),
    _deadline(60, "how long one run of it may take"),
)
_NSD = (
    _command("nsd-control"),
    Key("pattern", _NAME, "zonebuild", "zonebuild", "the pattern of new zones that are signed"),
    Key(
        "unsigned_pattern",
        _NAME,
        "zonebuild-unsigned",
        "zonebuild-unsigned",
        "the pattern of those that are not",
    ),
    Key(
        "base",
        _NAME,
        None,
        "none",
        "a pattern of yours that both include: `provide-xfr`, `notify` and the like",
    ),
    *_QUERIED,
    _deadline(10, "how long until it serves what changed"),
)


class Variant(NamedTuple):
    """One kind: its name, its options, and what takes their values by name."""

    kind: str
    fields: tuple[Key, ...]
    make: Callable[..., Any]


SIGNERS = (
    Variant("local", (), EmbeddedSigner),
    Variant("none", (), NoSigner),
    Variant("opendnssec", _OPENDNSSEC, OpenDNSSECSigner),
    Variant("knot", _KNOT, KnotSigner),
    Variant("bind", _BIND, BINDSigner),
    Variant("exec", _EXEC, ExecSigner),
)
SERVERS = (Variant("nsd", _NSD, NSDServer),)
_ELSEWHERE = {"nsd": "signs nothing, want `signer: local` and `serve: nsd`"}


def variant_of(variants: Sequence[Variant]) -> Kind:
    """Return the kind of `WORD` or `{kind: WORD, OPTION: …}`, WORD one of *variants*."""
    by_name = {variant.kind: variant for variant in variants}

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        word = _kind_node(node, name, findings)
        if word is None:
            return None
        variant = by_name.get(word.text)
        if variant is None:
            findings.append(_unknown_kind(word, name, list(by_name)))
            return None
        entries: tuple[Entry, ...] = ()
        if isinstance(node, MappingNode):
            entries = tuple(entry for entry in node.entries if entry.key != "kind")
        options = MappingNode(entries, node.location)
        return record_of(variant.fields, variant.make).read(options, name, findings)

    shown = tuple(
        replace(field, name=f"kind: {variant.kind}, {field.name}")
        for variant in variants
        for field in variant.fields
    )
    return Kind(f"{' or '.join(by_name)}, or a mapping with kind and its options", read, shown)


def _kind_node(node: Node, name: str, findings: list[Finding]) -> ScalarNode | None:
    """Return the word that names the kind; None, and a finding, where there is none."""
    if isinstance(node, ScalarNode):
        return node
    if not isinstance(node, MappingNode):
        findings.append(wrong_type(node, name, "a word or a mapping with kind"))
        return None
    for entry in node.entries:
        value = entry.value
        if entry.key == "kind" and isinstance(value, ScalarNode) and not is_null(value):
            return value
    findings.append(error(node.location, "missing-key", f"{name} has no kind, want a word"))
    return None


def _unknown_kind(word: ScalarNode, name: str, known: Sequence[str]) -> Finding:
    wanted = " or ".join((", ".join(known[:-1]), known[-1])) if known[1:] else known[0]
    reason = _ELSEWHERE.get(word.text) or f"is unknown, want {wanted}"
    return error(word.location, "wrong-value", f"{name}: {quoted(word.text)} {reason}")


SIGNER = variant_of(SIGNERS)
SERVER = variant_of(SERVERS)
