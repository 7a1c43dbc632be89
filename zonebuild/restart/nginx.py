"""nginx: `nginx -T` prints every file of the configuration; `nginx -s reload` takes them up.

The workers that serve are new after a reload, the master is not; it reads the files as root.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import glob

from zonebuild.diagnostic import quoted
from zonebuild.restart.ask import execute, program, text_of
from zonebuild.restart.listen import client_name, endpoint_at, split_host
from zonebuild.restart.service import Command, NoSetup, Pair, Place, Setup
from zonebuild.signers.command import Done

_MARK = re.compile(r"^# configuration file (.+):$", re.MULTILINE)
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[{};])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'
    |(?P<word>(?:\$\{[^}\s]*\}|[^\s{};"'\\]|\\.)(?:\$\{[^}\s]*\}|[^\s{};\\]|\\.)*)""",
    re.VERBOSE | re.DOTALL,
)
_NO_FILES = ("data:", "engine:", "store:", "$")
_MAX_FILES = 2000
_MAX_DEPTH = 20  # of includes and of blocks


@dataclass(slots=True)
class Block:
    """What one block says, and what it takes from those around it."""

    kind: str
    certificates: list[tuple[str, str]] = field(default_factory=list)  # path, where
    keys: list[str] = field(default_factory=list)
    listens: list[list[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    is_tls: bool = False


def find(place: Place) -> Setup:
    """Return what the configuration of nginx says. Errors: NoSetup."""
    base = [program("nginx"), *(("-c", os.path.abspath(place.config)) if place.config else ())]
    passed: list[str] = []
    dump = execute([*base, "-T"])
    files = files_of(dump.out) if dump.is_ok else _walk(place.config or _usual_path(base), dump)
    servers = read_servers(files)
    pairs = [pair for server in servers for pair in _pairs(server, passed)]
    cure = Command((*base, "-s", "reload"))
    return Setup(tuple(pairs), Command((*base, "-t")), cure, "nginx -s reload", tuple(passed))


def _usual_path(base: Sequence[str]) -> str:
    """Return the path of the configuration that nginx was built with."""
    match = re.search(r"--conf-path=(\S+)", execute([*base, "-V"]).said)
    return match[1] if match else "/etc/nginx/nginx.conf"


def _walk(path: str, dump: Done) -> dict[str, str]:
    """Return the files of a configuration that nginx refuses to print, because it is at fault.

    A key that does not fit is such a fault, and `look` says it better than nginx.
    """
    main = os.path.abspath(path)
    files: dict[str, str] = {}
    waiting = [main]
    while waiting:
        path = waiting.pop()
        if path in files:
            continue
        if len(files) == _MAX_FILES:
            raise NoSetup(f"{dump}; its configuration has more than {_MAX_FILES} files")
        files[path] = text_of(path)
        for pattern in re.findall(r"^\s*include\s+([^;\s]+)\s*;", files[path], re.MULTILINE):
            waiting += sorted(glob(os.path.join(os.path.dirname(main), pattern.strip("\"'"))))
    return files


def files_of(dump: str) -> dict[str, str]:
    """Return the text of each file that `nginx -T` prints, the main one first."""
    parts = _MARK.split(dump)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def read_servers(files: Mapping[str, str]) -> list[Block]:
    """Return the `server` blocks of a configuration, with what they inherit. Errors: NoSetup."""
    if not files:
        raise NoSetup("nginx -T prints no configuration file")
    main = next(iter(files))
    return _Reader(files, os.path.dirname(main)).read(main, Block("main"), 0)


class _Reader:
    """Walks the blocks of the files, `include` in its place."""

    def __init__(self, files: Mapping[str, str], folder: str) -> None:
        self._files = files
        self._folder = folder

    def read(self, path: str, block: Block, depth: int) -> list[Block]:
        return self._body(_tokens(self._files[path]), path, block, depth)

    def _body(
        self, tokens: Iterator[tuple[str, bool]], path: str, block: Block, depth: int
    ) -> list[Block]:
        """Return the servers up to the end of *block*, and note what it says itself."""
        if depth > _MAX_DEPTH:
            raise NoSetup(f"{quoted(path)} nests more than {_MAX_DEPTH} levels deep")
        words: list[str] = []
        servers: list[Block] = []
        for word, is_mark in tokens:
            if not is_mark:
                words.append(word)
                continue
            if word == "{":
                inner = Block(words[0] if words else "")
                servers += self._body(tokens, path, inner, depth + 1)
                servers += [inner] if inner.kind == "server" else []
            elif word == "}":
                break
            elif words[:1] == ["include"]:
                servers += self._included(words[1:], block, depth + 1)
            elif words:
                self._note(words, path, block)
            words = []
        return [_inherit(server, block) for server in servers]

    def _included(self, patterns: list[str], block: Block, depth: int) -> list[Block]:
        wanted = [os.path.join(self._folder, pattern) for pattern in patterns]
        paths = [p for p in self._files if any(fnmatch.fnmatchcase(p, each) for each in wanted)]
        return [server for path in paths for server in self.read(path, block, depth)]

    def _note(self, words: list[str], path: str, block: Block) -> None:
        name, values = words[0], words[1:]
        if name == "ssl_certificate" and values:
            block.certificates.append((self._path(values[0]), path))
        elif name == "ssl_certificate_key" and values:
            block.keys.append(self._path(values[0]))
        elif name == "listen" and values:
            block.listens.append(values)
        elif name == "server_name":
            block.names += values
        elif name == "ssl":
            block.is_tls = values == ["on"]

    def _path(self, value: str) -> str:
        return value if value.startswith(_NO_FILES) else os.path.join(self._folder, value)


def _inherit(block: Block, outer: Block) -> Block:
    """Return *block* with the files of *outer* where it names none of its own."""
    if block.certificates or not outer.certificates:
        return block
    return replace(block, certificates=outer.certificates, keys=outer.keys)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words, and the marks `{`, `}` and `;` as such."""
    for match in _TOKEN.finditer(text):
        if match["mark"]:
            yield match["mark"], True
        elif match.lastgroup:
            yield re.sub(r"\\(.)", r"\1", match[match.lastgroup]), False


def _pairs(server: Block, passed: list[str]) -> Iterator[Pair]:
    """Yield the pairs of a server that speaks TLS."""
    if server.kind != "server" or not server.certificates:
        return
    names = [name for name in map(client_name, server.names) if name]
    endpoints = []
    for listen in server.listens:
        if server.is_tls or "ssl" in listen[1:]:
            host, port = split_host(listen[0], "80")
            endpoints.append(endpoint_at(host, port, name=names[0] if names else ""))
    known = tuple(endpoint for endpoint in endpoints if endpoint)
    for (certificate, where), key in zip(server.certificates, server.keys, strict=False):
        if (
            "$" in certificate + key
            or certificate.startswith(_NO_FILES)
            or key.startswith(_NO_FILES)
        ):
            passed.append(f"{where}: {quoted(certificate)} is no file of a fixed name")
        elif known:
            yield Pair(certificate, key, known, where)
