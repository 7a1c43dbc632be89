"""A service that is not in the table: a small YAML file says what there is to know of it.

certificate: /etc/ssl/mail/fullchain.pem
key: /etc/ssl/mail/privkey.pem
endpoints: ["127.0.0.1:993", "127.0.0.1:143 imap"]     # ADDRESS:PORT and how TLS begins
test: [doveconf, -n]                                   # may be left out
cure: [doveadm, reload]
"""

from __future__ import annotations

from pathlib import Path

from zonebuild.diagnostic import quoted
from zonebuild.endpoints.endpoint import PROTOCOL, Endpoint
from zonebuild.files.read import SourceError, read_outside
from zonebuild.restart.listen import endpoint_at, split_host
from zonebuild.restart.service import Command, NoSetup, Pair, Setup
from zonebuild.site.tree import ListNode, MappingNode, ScalarNode, describe
from zonebuild.site.yaml import MAX_OCTETS, read_yaml
from zonebuild.tlsa.places import STARTTLS

_TEXTS, _LISTS = ("certificate", "key"), ("endpoints", "test", "cure")
_OPTIONAL = ("test",)
SUFFIXES = (".yaml", ".yml")


def read_entry(path: str) -> Setup:
    """Return what the file *path* says of a service. Errors: NoSetup."""
    try:
        root, findings = read_yaml(read_outside(Path(path), MAX_OCTETS), path)
    except SourceError as error:
        raise NoSetup(f"{quoted(path)} {error.reason}") from error
    if findings:
        raise NoSetup(f"{findings[0].location}: {findings[0].message}")
    values = _values(root, path)
    missing = [key for key in (*_TEXTS, *_LISTS) if key not in values and key not in _OPTIONAL]
    if missing:
        raise NoSetup(f"{path} has no {' and no '.join(missing)}")
    endpoints = tuple(_endpoint(text, path) for text in values["endpoints"])
    pair = Pair(values["certificate"][0], values["key"][0], endpoints, path)
    if not (pair.certificate.startswith("/") and pair.key.startswith("/")):
        raise NoSetup(f"{path} has a path that does not begin with a slash, want absolute paths")
    test, cure = Command(values.get("test", ())), Command(values["cure"])
    return Setup((pair,), test if test.words else None, cure, " ".join(cure.words))


def _values(root: MappingNode | None, path: str) -> dict[str, tuple[str, ...]]:
    """Return the texts of each key."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in root.entries if root else ():
        node = entry.value
        nodes = node.items if isinstance(node, ListNode) and entry.key in _LISTS else (node,)
        texts = tuple(each.text for each in nodes if isinstance(each, ScalarNode) and each.text)
        if entry.key not in (*_TEXTS, *_LISTS):
            wanted = ", ".join((*_TEXTS, *_LISTS))
            raise NoSetup(f"{entry.location}: {quoted(entry.key)} is unknown, want {wanted}")
        is_list = isinstance(node, ListNode)
        if len(texts) != len(nodes) or not texts or is_list != (entry.key in _LISTS):
            wanted = 'a list such as ["a", "b"]' if entry.key in _LISTS else "a path"
            where = f"{entry.location}: {entry.key}"
            raise NoSetup(f"{where} is {describe(node)}, want {wanted}")
        found[entry.key] = texts
    return found


def _endpoint(text: str, path: str) -> Endpoint:
    where, _, kind = text.partition(" ")
    host, port = split_host(where, "")
    endpoint = endpoint_at(host, port, starttls=kind.strip() or PROTOCOL)
    if endpoint is None or endpoint.starttls not in STARTTLS:
        wanted = f'want "ADDRESS:PORT" and perhaps one of {", ".join(STARTTLS[1:])}'
        raise NoSetup(f"{path}: {quoted(text)} is no endpoint, {wanted}")
    return endpoint
