"""A CA's directory: where to ask for what, and which profiles there are.

Spec: RFC 8555 section 7.1.1; draft-ietf-acme-profiles (meta.profiles); RFC 9773 section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zonebuild.acme.problem import AcmeError, Nonsense, Problem
from zonebuild.acme.url import is_url
from zonebuild.acme.wire import Reply, Wire
from zonebuild.diagnostic import quoted

NEW_NONCE, NEW_ACCOUNT, NEW_ORDER = "newNonce", "newAccount", "newOrder"
REVOKE, KEY_CHANGE, RENEWAL_INFO = "revokeCert", "keyChange", "renewalInfo"
_NEEDED = (NEW_NONCE, NEW_ACCOUNT, NEW_ORDER)
_MOVED = (404, 405, 410)


@dataclass(frozen=True, slots=True)
class Directory:
    """urls: by the name of the resource. profiles: None where the CA has none at all."""

    urls: Mapping[str, str]
    profiles: Mapping[str, str] | None = None
    needs_binding: bool = False
    caa: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def read_directory(document: Mapping[str, Any], url: str) -> Directory:
    """Return the directory that *document* from *url* is. Errors: Nonsense."""
    urls = {name: value for name, value in document.items() if is_url(value, like=url)}
    missing = [name for name in _NEEDED if name not in urls]
    if missing:
        way_on = "look at the URL in `acme.ca`"
        raise Nonsense(f"{url} is no ACME directory: it has no {', '.join(missing)}", way_on)
    found = document.get("meta")
    meta = found if isinstance(found, dict) else {}
    profiles = meta.get("profiles")
    caa = meta.get("caaIdentities")
    return Directory(
        urls,
        {str(k): str(v) for k, v in profiles.items()} if isinstance(profiles, dict) else None,
        meta.get("externalAccountRequired") is True,
        tuple(map(str, caa)) if isinstance(caa, list) else (),
        meta,
    )


def fault_of_profile(directory: Directory, profile: str) -> str:
    """Return why *profile* cannot be asked for, empty where it can."""
    if not profile:
        return ""
    if directory.profiles is None:
        return f"the CA has no profiles, and would ignore {quoted(profile)}"
    if profile in directory.profiles:
        return ""
    names = ", ".join(quoted(name) for name in sorted(directory.profiles)[:20])
    return f"the CA has no profile {quoted(profile)}, want one of {names}"


@dataclass(slots=True)
class Desk:
    """A CA's directory with the way to it; asked again where its resources have moved."""

    url: str
    wire: Wire
    _known: Directory | None = None

    @property
    def directory(self) -> Directory:
        """The directory. Errors: AcmeError."""
        if self._known is None:
            reply = self.wire.get(self.url)
            self._known = read_directory(reply.document(), reply.url)
            self.wire.new_nonce = self._known.urls[NEW_NONCE]
        return self._known

    def has(self, resource: str) -> bool:
        """Say whether the CA has *resource*. Errors: AcmeError."""
        return resource in self.directory.urls

    def post(self, resource: str, payload: Mapping[str, Any], *, with_key: bool = False) -> Reply:
        """Post to a resource of the directory, which is read again where that is gone.

        Errors: AcmeError.
        """
        url = self._url(resource)
        try:
            return self.wire.post(url, payload, with_key=with_key)
        except AcmeError as error:
            self._known = None
            is_gone = isinstance(error, Nonsense) or (
                isinstance(error, Problem) and error.status in _MOVED
            )
            if not is_gone or self._url(resource) == url:
                raise
            return self.wire.post(self._url(resource), payload, with_key=with_key)

    def _url(self, resource: str) -> str:
        try:
            return self.directory.urls[resource]
        except KeyError:
            raise AcmeError(f"the CA at {self.url} has no {resource}") from None
