"""Orders and authorizations as the CA tells them, made values; and the requests about them.

Spec: RFC 8555 sections 7.1.3, 7.1.4, 7.4, 7.5; RFC 9773 section 5 (`replaces`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zonebuild.acme.directory import NEW_ORDER, RENEWAL_INFO, Desk
from zonebuild.acme.problem import Nonsense, Problem
from zonebuild.acme.url import is_url
from zonebuild.acme.wire import Reply, Wire
from zonebuild.diagnostic import quoted

if TYPE_CHECKING:
    from josepy.jwk import JWKEC

PENDING, READY, PROCESSING, VALID, INVALID = "pending", "ready", "processing", "valid", "invalid"
_DNS01 = "dns-01"
_STATES = (PENDING, READY, PROCESSING, VALID, INVALID)
_PROOFS = (PENDING, VALID, INVALID, "deactivated", "expired", "revoked")  # section 7.1.6
_MOST_AUTHORIZATIONS = 200


@dataclass(frozen=True, slots=True)
class Order:
    """One order. certificate: a URL once it is valid. retry: seconds that the CA asks to wait."""

    url: str
    status: str
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str = ""
    error: Problem | None = None
    retry: int | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A dns-01 challenge. error: what was wrong with it, as the CA saw it."""

    url: str
    token: str
    error: Problem | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """The proof of one name. name: without the `*.` of a wildcard."""

    url: str
    name: str
    status: str
    challenge: Challenge | None
    retry: int | None = None
    error: Problem | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new order asks for. replaces: the ARI identifier of a certificate, or empty."""

    names: Sequence[str]
    profile: str = ""
    replaces: str = ""


# Problems that the same order without `replaces` would meet again, or that pass by themselves.
_NOT_ABOUT_REPLACES = frozenset({"rateLimited", "badNonce"})


def new_order(desk: Desk, wanted: Wanted) -> tuple[Order, bool]:
    """Make an order; return it, and whether it says which certificate it replaces.

    Where the CA refuses that it names one, for whatever reason, the order is made without: a
    certificate of another account, or one that the CA forgot, must not stop a renewal.
    Errors: AcmeError.
    """
    payload: dict[str, Any] = {
        "identifiers": [{"type": "dns", "value": name} for name in wanted.names]
    }
    if wanted.profile:
        payload["profile"] = wanted.profile
    if wanted.replaces and desk.has(RENEWAL_INFO):
        try:
            reply = desk.post(NEW_ORDER, {**payload, "replaces": wanted.replaces})
        except Problem as problem:
            if problem.code in _NOT_ABOUT_REPLACES or problem.status >= 500:
                raise
        else:
            return read_order(reply, reply.headers.get("location", ""), desk.url), True
    reply = desk.post(NEW_ORDER, payload)
    return read_order(reply, reply.headers.get("location", ""), desk.url), False


def fetch_order(wire: Wire, url: str) -> Order:
    """Return how the order stands. Errors: AcmeError."""
    return read_order(wire.fetch(url), url, url)


def read_order(reply: Reply, url: str, like: str) -> Order:
    """Return the order in *reply*. Errors: Nonsense."""
    document = reply.document()
    authorizations, status = document.get("authorizations"), document.get("status")
    finalize, certificate = document.get("finalize"), document.get("certificate", "")
    urls: list[Any] = authorizations if isinstance(authorizations, list) else [None]
    links = [url, finalize, *urls, *([certificate] if certificate else [])]
    if (
        status not in _STATES
        or not all(is_url(link, like=like) for link in links)
        or len(urls) > _MOST_AUTHORIZATIONS
    ):
        raise Nonsense(f"{reply.url} answers {quoted(str(dict(document)))}, want an order")
    return Order(
        url,
        str(status),
        tuple(urls),
        str(finalize),
        certificate,
        _error(document, url),
        reply.retry,
    )


def fetch_authorization(wire: Wire, url: str) -> Authorization:
    """Return how an authorization stands. Errors: AcmeError."""
    reply = wire.fetch(url)
    document = reply.document()
    identifier, challenges = document.get("identifier"), document.get("challenges")
    name = identifier.get("value") if isinstance(identifier, dict) else None
    status = document.get("status")
    if not isinstance(name, str) or not isinstance(challenges, list) or status not in _PROOFS:
        raise Nonsense(f"{url} answers {quoted(str(dict(document)))}, want an authorization")
    found = [c for c in challenges if isinstance(c, dict) and c.get("type") == _DNS01]
    errors = [_error(c, url) for c in challenges if isinstance(c, dict)]
    return Authorization(
        url,
        name.lower(),
        str(status),
        _challenge(found[0], url) if found else None,
        reply.retry,
        next(filter(None, errors), None),
    )


def answer(wire: Wire, challenge: Challenge) -> None:
    """Tell the CA to look. Errors: AcmeError."""
    wire.post(challenge.url, {})


def validation(challenge: Challenge, key: JWKEC) -> str:
    """Return the value that the TXT record is to have. Spec: RFC 8555 section 8.4."""
    from acme.challenges import DNS01
    from josepy.errors import DeserializationError
    from josepy.json_util import decode_b64jose

    try:
        token = decode_b64jose(challenge.token)
    except (DeserializationError, ValueError):
        raise Nonsense(f"the CA gave the token {quoted(challenge.token)}") from None
    return str(DNS01(token=token).validation(key))


def finalize(wire: Wire, order: Order, csr: bytes) -> Order:
    """Send the request; one that the CA has already is fine. csr: DER. Errors: AcmeError."""
    text = base64.urlsafe_b64encode(csr).decode("ascii").rstrip("=")
    try:
        return read_order(wire.post(order.finalize, {"csr": text}), order.url, order.url)
    except Problem as problem:
        if problem.code != "orderNotReady":
            raise
    return fetch_order(wire, order.url)


def fetch_chains(wire: Wire, order: Order) -> list[str]:
    """Return the chains of a valid order in PEM, the CA's first one first. Errors: AcmeError."""
    from requests.utils import parse_header_links

    reply = wire.fetch(order.certificate)
    links = parse_header_links(reply.headers.get("link", ""))
    others = [link.get("url", "") for link in links if link.get("rel") == "alternate"]
    good = [url for url in others if is_url(url, like=order.url)][:10]
    return [_pem(reply), *(_pem(wire.fetch(url)) for url in good)]


def _pem(reply: Reply) -> str:
    text = reply.body.decode("ascii", "replace")
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise Nonsense(f"{reply.url} answers {quoted(text)}, want certificates in PEM")
    return text


def _challenge(document: Mapping[str, Any], where: str) -> Challenge:
    url, token = document.get("url"), document.get("token")
    if not is_url(url, like=where) or not isinstance(token, str):
        raise Nonsense(f"{where} has the challenge {quoted(str(dict(document)))}")
    return Challenge(str(url), token, _error(document, where))


def _error(document: Mapping[str, Any], what: str) -> Problem | None:
    error = document.get("error")
    return Problem(error, 0, what) if isinstance(error, dict) else None
