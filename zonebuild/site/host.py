"""What the host's own file alone may say, and the finding where a committed file says it.

Whoever may commit to a site must not thereby run programs on the signing host, read its files or
name its secrets. Commands, paths that leave the site, and the addresses of signers are named in the
file that ZONEBUILD_SITE names, which only the host's administrator writes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zonebuild.diagnostic import Finding
from zonebuild.files.host import VARIABLE
from zonebuild.site.kinds import Key, choice, list_of, mapping_of, scalar
from zonebuild.site.tree import ListNode, MappingNode, Node, ScalarNode, error
from zonebuild.site.values import Wrong, parse_text

_PRIVATE = frozenset({"unsigned", "signed", "keys", "state", ".zonebuild", "publication"})
_ABSOLUTE = re.compile(r"/(?:[^\0-\x1f\x7f])*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HostTerms:
    """What the host's own file allows and defines.

    code: "data" or "trusted". dodo: an absolute path, "" for none. hooks: commands by name.
    allow: absolute folders from which tlsa-map.yaml may name files.
    """

    code: str = "data"
    dodo: str = ""
    hooks: Mapping[str, tuple[str, ...]] | None = None
    allow: tuple[str, ...] = ()

    def permits(self, path: str) -> bool:
        """Return whether tlsa-map.yaml may name *path*: in the site, or in a folder allowed."""
        if not leaves_site(path):
            return True
        normal = posixpath.normpath(path)
        folders = [posixpath.normpath(folder) for folder in self.allow]
        return path.startswith("/") and any(
            normal == folder or normal.startswith(f"{folder.rstrip('/')}/") for folder in folders
        )


NO_TERMS = HostTerms()


def leaves_site(path: str) -> bool:
    """Return whether *path*, as a site's file writes it, leads out of what people commit."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return path.startswith("/") or ".." in parts or (bool(parts) and parts[0] in _PRIVATE)


def parse_absolute(text: str) -> str | Wrong:
    """Return an absolute path without `..`."""
    if _ABSOLUTE.fullmatch(text) and ".." not in text.split("/"):
        return text
    return Wrong(
        'is not an absolute path; expected one such as /etc/zonebuild/dodo.py, without ".."'
    )


def parse_hook_name(text: str) -> str | Wrong:
    """Return the name of a hook."""
    return (
        text if _NAME.fullmatch(text) else Wrong("is not a name; expected letters, digits, - or _")
    )


_FOLDER = scalar("an absolute path", parse_absolute)
_WORDS = list_of("words: a program and its arguments", scalar("a word", parse_text), least=1)

HOST_KEYS = (
    Key(
        "code",
        choice("data", "trusted"),
        "data",
        "data",
        "whether `poll` and `watch` run the site's own dodo.py. Whoever may commit then runs code "
        "as the user who polls",
        "code: data",
    ),
    Key("dodo", _FOLDER, "", "none", "a task graph outside the site that `poll` and `watch` run"),
    Key(
        "hooks",
        mapping_of(parse_hook_name, _WORDS),
        {},
        "{}",
        "commands by name, which `issue: {hook: NAME}` of tlsa-map.yaml may have run",
        "hooks: {reload-web: [/usr/local/sbin/reload-web]}",
    ),
    Key(
        "paths.allow",
        list_of("absolute paths", _FOLDER),
        (),
        "[]",
        "folders outside the site from which tlsa-map.yaml may name certificates, other clients' "
        "stores and trust anchors",
        "paths: {allow: [/var/lib/lego]}",
    ),
)


class _Rule(NamedTuple):
    """path: of a value in the file, `*` for any key. what: what it is, for the message.

    is_path: it is allowed where it stays inside the site.
    """

    path: tuple[str, ...]
    what: str
    is_path: bool = False


def _rules(what: str, *paths: str, is_path: bool = False) -> tuple[_Rule, ...]:
    return tuple(_Rule(tuple(path.split(".")), what, is_path) for path in paths)


SITE_RULES = (
    *_rules("a command", "signer.command", "signer.enforcer_command", "signer.signer_command"),
    *_rules("a command", "signer.remove_command", "serve.command", "hooks"),
    *_rules("where a daemon answers", "signer.address", "signer.port"),
    *_rules("where a daemon answers", "serve.address", "serve.port"),
    *_rules("a folder of the host", "signer.unsigned", "signer.signed", "signer.signconf"),
    *_rules("a folder of the host", "signer.keys", "paths"),
    *_rules("whether committed code runs", "code", "dodo"),
    *_rules("the place of a secret", "tsig", "acme.ca.*.eab.key_file", "certstore.sign_with"),
    *_rules("a path that leaves the site", "feeds.*", is_path=True),
    *_rules("a path that leaves the site", "acme.accounts", "acme.dropbox", is_path=True),
    *_rules("a path that leaves the site", "acme.trust_anchor", "acme.ca.*.ca_file", is_path=True),
    *_rules("a path that leaves the site", "certstore.private", "certstore.public", is_path=True),
    *_rules("a path that leaves the site", "certstore.publication", is_path=True),
    *_rules("a path that leaves the site", "certstore.backups", is_path=True),
)
MAP_RULES = (
    *_rules("a path that leaves the site", "anchors", "lineages.*.certificate", is_path=True),
    *_rules("a path that leaves the site", "lineages.*.next", is_path=True),
    *_rules("a path that leaves the site", "lineages.*.public_key", is_path=True),
    *_rules("a path that leaves the site", "lineages.*.source.path", is_path=True),
)


def committed_beyond_rights(
    root: Node | None, rules: Sequence[_Rule], terms: HostTerms = NO_TERMS
) -> list[Finding]:
    """Return a finding for each value below *root* that a committed file must not have.

    terms: what the host's own file allows.
    """
    findings = []
    for rule in rules:
        for node in _values_at(root, rule.path):
            if rule.is_path and isinstance(node, ScalarNode) and terms.permits(node.text):
                continue
            if isinstance(node, ScalarNode) and node.is_null:
                continue
            findings.append(_finding(rule, node))
    return findings


def _finding(rule: _Rule, node: Node) -> Finding:
    place = "`paths: {allow: [FOLDER]}` of the host's own file" if rule in MAP_RULES else ""
    remedy = f"allow it by {place}" if place else "write it into the host's own file"
    message = (
        f"{'.'.join(rule.path)} is {rule.what}, and a commit must not decide that; "
        f"{remedy}, which {VARIABLE} names (docs/security.md)"
    )
    return error(node.location, "host-only", message)


def _values_at(node: Node | None, path: tuple[str, ...]) -> Iterator[Node]:
    if node is None:
        return
    if not path:
        yield node
    elif isinstance(node, MappingNode):
        for entry in node.entries:
            # Keys may be written dotted or nested; the reader of keys accepts the nested form.
            if path[0] in ("*", entry.key):
                yield from _values_at(entry.value, path[1:])
    elif isinstance(node, ListNode) and path[0] == "*":
        for item in node.items:
            yield from _values_at(item, path[1:])
