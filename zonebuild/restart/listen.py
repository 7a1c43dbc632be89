"""The addresses that configurations listen at, made endpoints that this machine can connect to."""

from __future__ import annotations

import ipaddress

from zonebuild.endpoints.endpoint import PROTOCOL, Endpoint

_V4, _V6 = "127.0.0.1", "::1"
_ANY_V4 = "0.0.0.0"  # noqa: S104 - what is listened at, and connected to by loopback
_EVERYWHERE = dict.fromkeys(("", "*", _ANY_V4, "_default_", "localhost"), _V4) | {"::": _V6}
MAX_PORT = 65_535


def endpoint_at(
    host: str, port: str, *, name: str = "", starttls: str = PROTOCOL
) -> Endpoint | None:
    """Return where to connect to what listens at *host* (perhaps in brackets) and *port*.

    None for what is no address, or no port: names are not looked up.
    """
    bare = host.removeprefix("[").removesuffix("]")
    address = _EVERYWHERE.get(bare, bare)
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= MAX_PORT):
        return None
    return Endpoint(address, int(port), name, starttls)


def split_host(text: str, usual_port: str) -> tuple[str, str]:
    """Return host and port of `HOST:PORT`, `[IPV6]:PORT`, `HOST` or `PORT`."""
    if text.startswith("["):
        host, _, rest = text.partition("]")
        return host[1:], rest.removeprefix(":") or usual_port
    host, colon, port = text.rpartition(":")
    if colon:
        return host, port
    return ("", text) if text.isdigit() else (text, usual_port)


def client_name(name: str) -> str:
    """Return a host name for which *name* of a configuration stands, empty where there is none.

    A wildcard is asked for by a name below it; a regular expression is asked for by none.
    """
    if name.startswith("*."):
        name = f"www.{name[2:]}"
    elif name.startswith("."):
        name = name[1:]
    is_plain = name.isascii() and name.replace("-", "a").replace(".", "a").isalnum()
    has_letter = any(letter.isalpha() for letter in name)
    return name.lower().strip(".") if is_plain and has_letter and ".." not in name else ""
