"""Apache: no command prints where certificates are, so the files that it reads are read.

`-D DUMP_INCLUDES` names them. A graceful restart takes the files up; the parent process, which
stays, reads them as root.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from zonebuild.diagnostic import quoted
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.restart.ask import output_of, program, text_of
from zonebuild.restart.listen import client_name, endpoint_at, split_host
from zonebuild.restart.service import Command, Pair, Place, Setup

_INCLUDED = re.compile(r"^\s*\((?:\*|\d+)\)\s+(/.*)$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
_OPEN, _CLOSE = "<virtualhost", "</virtualhost>"


@dataclass(slots=True)
class Host:
    """A `<VirtualHost>`, or what stands outside of all. path: of its file."""

    path: str
    addresses: list[str] = field(default_factory=list)
    name: str = ""
    certificates: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    is_tls: bool = False


def find(place: Place) -> Setup:
    """Return what the configuration of Apache says. Errors: NoSetup."""
    given = ("-f", os.path.abspath(place.config)) if place.config else ()
    base = (program("apache2ctl", "apachectl", "httpd"), *given)
    test = (*base, "-t")
    paths = _INCLUDED.findall(output_of([*test, "-D", "DUMP_INCLUDES"]))
    paths = paths or [os.path.abspath(place.config)] * bool(place.config)
    hosts, ports, root = read_hosts((path, text_of(path)) for path in dict.fromkeys(paths))
    passed: list[str] = []
    pairs = [pair for host in hosts for pair in _pairs(host, ports, root, passed)]
    cure = Command((*base, "-k", "graceful"))
    return Setup(tuple(pairs), Command(test), cure, " ".join(cure.words), tuple(passed))


def read_hosts(files: Iterable[tuple[str, str]]) -> tuple[list[Host], list[str], str]:
    """Return the hosts, what `Listen` names and the `ServerRoot` of a configuration.

    files: path and text of each. Conditions are taken to hold.
    """
    main = Host("")
    hosts, root = [main], ""
    listens: list[str] = []
    defined: dict[str, str] = {}
    for path, text in files:
        main.path = main.path or path
        host = main
        for words in _directives(text, defined):
            name, values = words[0].lower(), words[1:]
            if name == _OPEN:
                host = Host(path, [value.rstrip(">") for value in values if value != ">"])
                host.is_tls = main.is_tls
                hosts.append(host)
            elif name == _CLOSE:
                host = main
            elif name == "define" and len(values) == 2:
                defined[values[0]] = values[1]
            elif name == "listen" and values:
                listens.append(values[0])
            elif name == "serverroot" and values:
                root = values[0]
            elif values:
                _note(host, name, values)
    return hosts, listens, root


def _note(host: Host, name: str, values: list[str]) -> None:
    if name == "sslcertificatefile":
        host.certificates.append(values[0])
    elif name == "sslcertificatekeyfile":
        host.keys.append(values[0])
    elif name == "sslengine":
        host.is_tls = values[0].lower() == "on"
    elif name == "servername":
        host.name = client_name(values[0].rpartition("://")[2].partition(":")[0])


def _directives(text: str, defined: dict[str, str]) -> Iterable[list[str]]:
    """Yield the words of each line; a backslash at its end continues it."""
    for line in text.replace("\\\n", " ").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        known = _VARIABLE.sub(lambda m: defined.get(m[1], os.environ.get(m[1], m[0])), line)
        try:
            words = shlex.split(known.replace("\\", "\\\\"))
        except ValueError:  # a quote that does not end
            words = known.split()
        if words:
            yield words


def _pairs(host: Host, listens: list[str], root: str, passed: list[str]) -> Iterable[Pair]:
    """Yield the pairs of a host that speaks TLS."""
    if not host.is_tls or not host.certificates:
        return
    endpoints = tuple(dict.fromkeys(_endpoints(host, listens)))
    keys = host.keys or host.certificates  # without one, the certificate's file holds the key
    for certificate, key in zip(host.certificates, keys, strict=False):
        if "${" in certificate + key or ":" in certificate + key:
            passed.append(f"{host.path}: {quoted(certificate)} is no file of a fixed name")
        else:
            paths = [os.path.join(root, path) for path in (certificate, key)]
            yield Pair(paths[0], paths[1], endpoints, host.path)


def _endpoints(host: Host, listens: list[str]) -> Iterable[Endpoint]:
    ports = [split_host(listen, "") for listen in listens]
    for address, port in [split_host(text, "*") for text in host.addresses] or ports:
        for at, known in [(address, port)] if port != "*" else [(address, p) for _, p in ports]:
            endpoint = endpoint_at(at, known, name=host.name)
            if endpoint:
                yield endpoint
