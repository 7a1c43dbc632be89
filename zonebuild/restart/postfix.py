"""Postfix: `postconf` tells its parameters and its services; `postfix reload` takes files up.

The smtpd processes that serve end after their session, the new ones read the new files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.restart.ask import output_of, program
from zonebuild.restart.listen import endpoint_at, split_host
from zonebuild.restart.service import Command, Pair, Place, Setup

# The certificate's parameter, and its key's.
_FILES = (
    ("smtpd_tls_cert_file", "smtpd_tls_key_file"),
    ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
)
_CHAINS, _INTERFACES = "smtpd_tls_chain_files", "inet_interfaces"
_WRAPPED, _LEVEL = "smtpd_tls_wrappermode", "smtpd_tls_security_level"
_ASKED = (*(name for names in _FILES for name in names), _CHAINS, _INTERFACES, _WRAPPED, _LEVEL)
_PORTS = {"smtp": "25", "submission": "587", "smtps": "465", "submissions": "465"}


def find(place: Place) -> Setup:
    """Return what the configuration of Postfix says. Errors: NoSetup."""
    given = ("-c", os.path.abspath(place.config)) if place.config else ()
    ask = (program("postconf"), *given)
    common = _parameters(output_of([*ask, "-x", *_ASKED]))
    services = output_of([*ask, "-M"]).split("\n")
    own = _parameters(output_of([*ask, "-P"]))
    pairs = list(read_pairs(common, services, own))
    postfix = (program("postfix"), *given)
    return Setup(
        tuple(pairs),
        Command((*postfix, "check")),
        Command((*postfix, "reload")),
        " ".join((*postfix, "reload")),
    )


def read_pairs(
    common: Mapping[str, str], services: list[str], own: Mapping[str, str]
) -> Iterator[Pair]:
    """Yield the pairs that the smtpd services show.

    services: lines of master.cf. own: what they set for themselves, by `NAME/inet/PARAMETER`.
    """
    for line in services:
        words = line.split()
        if line.startswith(" ") or len(words) < 8 or words[1] != "inet" or words[7] != "smtpd":
            continue
        prefix = f"{words[0]}/inet/"
        set_here = {name.removeprefix(prefix): own[name] for name in own if name.startswith(prefix)}
        parameters = {**common, **set_here}
        endpoints = tuple(_endpoints(words[0], parameters))
        for certificate, key in _files(parameters):
            if endpoints:
                yield Pair(certificate, key, endpoints, f"master.cf, {words[0]}")


def _files(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    chains = parameters.get(_CHAINS, "").replace(",", " ").split()
    if chains:  # each holds a key and its certificate; beside it the others do not count
        yield from ((chain, chain) for chain in chains)
        return
    for certificate, key in _FILES:
        path = parameters.get(certificate, "")
        own = parameters.get(key, "")
        if path and path != "none":
            yield path, path if own in ("", f"${certificate}") else own


def _endpoints(service: str, parameters: Mapping[str, str]) -> Iterator[Endpoint]:
    """Yield where a service of master.cf listens, none where it offers no TLS."""
    is_wrapped = parameters.get(_WRAPPED) == "yes"
    if not is_wrapped and parameters.get(_LEVEL) not in ("may", "encrypt"):
        return
    host, port = split_host(service, "")
    host, port = ("", host) if not port else (host, port)
    hosts = [host] if host else parameters.get(_INTERFACES, "all").replace(",", " ").split()
    for each in hosts:
        at = {"all": "", "loopback-only": "", "$myhostname": ""}.get(each, each)
        kind = "none" if is_wrapped else "smtp"
        endpoint = endpoint_at(at, _PORTS.get(port, port), starttls=kind)
        if endpoint:
            yield endpoint


def _parameters(text: str) -> dict[str, str]:
    parts = (line.partition("=") for line in text.split("\n") if "=" in line)
    return {name.strip(): value.strip() for name, _, value in parts}
