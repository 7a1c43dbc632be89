"""What goes wrong between here and a CA, in words that people can act on.

Spec: RFC 8555 section 6.7 (problem documents and their types), RFC 9773 section 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zonebuild.diagnostic import quoted

PREFIX = "urn:ietf:params:acme:error:"
_LONGEST = 300  # characters of a CA's own words
_MOST = 10  # subproblems that are told

# What to do about each type that a client can meet; the CA's own words say the rest.
WAYS_ON: Mapping[str, str] = {
    "accountDoesNotExist": "`zonebuild acme account register` makes an account",
    "alreadyReplaced": "the order is made without `replaces`",
    "badCSR": "look at the `key:` and the `names:` of the lineage",
    "badNonce": "the CA refuses every nonce: try later",
    "badPublicKey": "another `key:` for the lineage, or `zonebuild acme account rekey`",
    "badRevocationReason": "give another --reason",
    "caa": "the CAA records of the zone do not let this CA issue: see `doit check`",
    "dns": "the CA's resolvers could not look the name up: look at DNSSEC and at every server",
    "connection": "the CA could not reach the zone's servers",
    "externalAccountRequired": "write `eab:` below `acme.ca`: the CA gives you its kid and key",
    "incorrectResponse": "the CA saw another value: look at every server of the zone",
    "invalidContact": "mend `contact:` below `acme.ca`",
    "invalidProfile": "the CA's directory lists the profiles that there are",
    "rateLimited": "wait; the ledger in state/acme/ledger shows what was asked",
    "rejectedIdentifier": "the CA does not issue for that name: take it out of the lineage",
    "serverInternal": "the CA has trouble: it is tried again",
    "unauthorized": "look at what every server of the zone answers, then try again",
    "unsupportedContact": "mend `contact:` below `acme.ca`",
    "unsupportedIdentifier": "the CA does not issue for that name: take it out of the lineage",
    "userActionRequired": "a person must follow what the CA says",
}


class AcmeError(Exception):
    """Something did not work. reason: a sentence; way_on: what to do, often empty.

    until: Unix seconds before which another try is no use; 0 where that is not known.
    """

    def __init__(self, reason: str, way_on: str = "", *, until: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.way_on, self.until = reason, way_on, until

    def __str__(self) -> str:
        return f"{self.reason}; {self.way_on}" if self.way_on else self.reason


class Unreachable(AcmeError):
    """The CA could not be asked at all."""


class Nonsense(AcmeError):
    """The CA answered something that the protocol does not know."""


class Problem(AcmeError):
    """The CA said what is wrong. code: without its URN; status: of HTTP.

    names: the identifiers that it is about, as far as the CA says.
    """

    def __init__(
        self, document: Mapping[str, Any], status: int, what: str, *, until: int = 0
    ) -> None:
        self.status = status
        self.code = _word(document.get("type")).removeprefix(PREFIX)
        self.names = tuple(_names(document))
        said = "; ".join(_sentences(document)) or f"HTTP status {status}, and no word why"
        way_on = WAYS_ON.get(self.code, "")
        super().__init__(f"{what}: {self.code or 'refused'}: {said}", way_on, until=until)


def problem_code(document: object) -> str:
    """Return the type of a problem document without its URN, empty where it has none."""
    found = document.get("type") if isinstance(document, Mapping) else None
    return _word(found).removeprefix(PREFIX)


def _sentences(document: Mapping[str, Any]) -> list[str]:
    own = _word(document.get("detail")) or _word(document.get("title"))
    found = [quoted(own, _LONGEST)] if own else []
    for each in _subproblems(document)[:_MOST]:
        name = "".join(_names({"identifier": each.get("identifier")}))
        found.append(f"{quoted(name)}: {quoted(_word(each.get('detail')), _LONGEST)}")
    return found


def _names(document: Mapping[str, Any]) -> list[str]:
    places = [document, *_subproblems(document)]
    identifiers = (place.get("identifier") for place in places)
    values = (each.get("value") for each in identifiers if isinstance(each, Mapping))
    return [value for value in values if isinstance(value, str)]


def _subproblems(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("subproblems")
    return [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
