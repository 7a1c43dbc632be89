"""slapd: `slapcat -n 0` tells the files; setting them to what they are takes them up.

SIGHUP ends slapd. `ldapmodify` over its own socket replaces the two paths by the same paths, at
which it reads the files, refusing a pair that does not fit; no connection is lost.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from urllib.parse import unquote

from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.restart.ask import output_of, program, text_of
from zonebuild.restart.listen import endpoint_at, split_host
from zonebuild.restart.processes import arguments_of, read_pid
from zonebuild.restart.service import Command, NoSetup, Pair, Place, Setup

_CERTIFICATE, _KEY = "olcTLSCertificateFile", "olcTLSCertificateKeyFile"
_PID = "olcPidFile"
_WANT_SOCKET = "want ldapi:/// in its -h, or --control URL"
_SCHEMES = {"ldaps": ("none", "636"), "ldap": ("ldap", "389")}
_ATTRIBUTE = re.compile(r"^([A-Za-z;-]+):(:?) ?(.*)$", re.MULTILINE)


def find(place: Place) -> Setup:
    """Return what the configuration of slapd says. Errors: NoSetup."""
    given = ("-F", os.path.abspath(place.config)) if place.config else ()
    ldif = output_of([program("slapcat"), "-n", "0", *given, "-a", "(objectClass=olcGlobal)"])
    said = read_attributes(ldif)
    if _CERTIFICATE not in said or _KEY not in said:
        raise NoSetup(f"cn=config has no {_CERTIFICATE} and {_KEY}: slapd shows no certificate")
    pid = read_pid(text_of(said[_PID])) if _PID in said else None
    if pid is None:
        raise NoSetup(f"cn=config names no {_PID} with a process id: is slapd running?")
    urls = read_urls(arguments_of(pid, "slapd"))
    socket = place.control or next((url for url in urls if url.startswith("ldapi:")), "")
    if not socket.startswith("ldapi:"):
        raise NoSetup(f"slapd listens at no local socket, {_WANT_SOCKET}")
    pair = Pair(said[_CERTIFICATE], said[_KEY], tuple(read_endpoints(urls)), "cn=config")
    cure = Command(
        (program("ldapmodify"), "-Q", "-Y", "EXTERNAL", "-H", socket),
        change(pair.certificate, pair.key),
    )
    test = Command((program("slaptest"), "-u", *given))
    return Setup((pair,), test, cure, "ldapmodify that sets the paths to what they are")


def read_attributes(ldif: str) -> dict[str, str]:
    """Return the first value of each attribute of one entry. Spec: RFC 2849."""
    found: dict[str, str] = {}
    for name, is_coded, value in _ATTRIBUTE.findall(ldif.replace("\n ", "")):
        if is_coded:
            try:
                value = base64.b64decode(value, validate=True).decode("utf-8", "surrogateescape")
            except ValueError:
                continue
        found.setdefault(name, value)
    return found


def change(certificate: str, key: str) -> str:
    """Return the LDIF that has slapd read its files; the paths are coded, whatever they hold."""
    parts = ["dn: cn=config", "changetype: modify"]
    for name, path in ((_CERTIFICATE, certificate), (_KEY, key)):
        coded = base64.b64encode(os.fsencode(path)).decode("ascii")
        parts += [f"replace: {name}", f"{name}:: {coded}", "-"]
    return "\n".join([*parts, ""])


def read_urls(arguments: list[str]) -> list[str]:
    """Return what slapd was told to listen at; `ldap:///` where nothing."""
    for place, argument in enumerate(arguments[:-1]):
        if argument == "-h":
            return arguments[place + 1].split()
    return ["ldap:///"]


def read_endpoints(urls: list[str]) -> Iterator[Endpoint]:
    """Yield where slapd can be asked for its certificate. urls: as its `-h` has them."""
    for url in urls:
        scheme, _, rest = url.partition("://")
        if scheme in _SCHEMES:
            kind, usual = _SCHEMES[scheme]
            host, port = split_host(unquote(rest.partition("/")[0]), usual)
            endpoint = endpoint_at(host, port, starttls=kind)
            if endpoint:
                yield endpoint
