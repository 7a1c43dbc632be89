"""The account with a CA: its key on disk, its URL, and what is done to it.

A folder for each directory: `key.pem` (0600), `account` with the URL. While the key changes,
`key.new.pem` lies beside; whoever finds it asks the CA which of the two it knows.
Spec: RFC 8555 section 7.3 (accounts), 7.3.4 (binding), 7.3.5 (key), 7.3.6 (deactivation).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonebuild.acme.directory import KEY_CHANGE, NEW_ACCOUNT, Desk
from zonebuild.acme.problem import AcmeError, Nonsense, Problem
from zonebuild.acme.url import is_url
from zonebuild.acme.wire import Reply
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import make_directory, remove_file, rename_file, replace_file, sweep

if TYPE_CHECKING:
    from josepy.jwk import JWKEC

_KEY, _NEW_KEY, _URL = "key.pem", "key.new.pem", "account"
_CAA = "caa"  # the CA's names in CAA records, for `doit check`
_LIMIT = 1 << 14  # octets of a key
_NO_ACCOUNT = "accountDoesNotExist"


@dataclass(frozen=True, slots=True)
class Applicant:
    """What a new account says. binding: kid, HMAC key (base64url) and hash, None without one."""

    contact: Sequence[str] = ()
    binding: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class AccountFolder:
    """What is kept of one account. path: its folder, made where it is missing."""

    path: Path

    def key(self) -> JWKEC | None:
        """Return the key, None where there is none. Errors: AcmeError."""
        return _read_key(self.path / _KEY)

    def new_key(self) -> JWKEC | None:
        """Return the key that was to follow, None where there is none. Errors: AcmeError."""
        return _read_key(self.path / _NEW_KEY)

    @property
    def url(self) -> str:
        """The account's URL, empty where it is not known."""
        try:
            text = read_outside(self.path / _URL, _LIMIT).decode("utf-8", "replace").strip()
        except SourceError:
            return ""
        return text if is_url(text, like="http:") else ""

    def make_key(self, *, is_next: bool = False) -> JWKEC:
        """Make a key and bring it to disk before anybody uses it. Errors: WriteError."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from josepy.jwk import JWKEC

        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        make_directory(self.path, 0o700)
        replace_file(self.path / (_NEW_KEY if is_next else _KEY), pem, 0o600)
        return JWKEC(key=key)

    def keep_url(self, url: str) -> None:
        """Keep the account's URL. Errors: WriteError."""
        replace_file(self.path / _URL, f"{url}\n".encode())

    def keep_names(self, names: Sequence[str]) -> None:
        """Keep by which names CAA records know the CA. Errors: WriteError."""
        data = "".join(f"{name}\n" for name in names).encode("utf-8", "replace")
        try:
            is_kept = read_outside(self.path / _CAA, _LIMIT) == data
        except SourceError:
            is_kept = not names
        if not is_kept:
            replace_file(self.path / _CAA, data)

    def take_new_key(self) -> None:
        """Let the new key take the old one's place. Errors: WriteError."""
        rename_file(self.path / _NEW_KEY, self.path / _KEY)

    def drop_new_key(self) -> None:
        """Forget the key that was to follow. Errors: WriteError."""
        remove_file(self.path / _NEW_KEY)

    def retire(self, suffix: str) -> None:
        """Put key and URL of an account that is no more aside. Errors: WriteError."""
        for name in (_KEY, _URL, _CAA):
            if os.path.lexists(self.path / name):
                rename_file(self.path / name, self.path / f"{name}.{suffix}")


def enter(desk: Desk, folder: AccountFolder) -> bool:
    """Make the wire of *desk* speak for the account; return False where there is none yet.

    Errors: AcmeError, WriteError.
    """
    sweep(folder.path)  # a run that was killed may have left half a key
    _settle_key_change(desk, folder)
    desk.wire.key, desk.wire.kid = folder.key(), folder.url
    if desk.wire.key is None:
        return False
    return bool(desk.wire.kid) or find_account(desk, folder)


def find_account(desk: Desk, folder: AccountFolder) -> bool:
    """Ask the CA for the URL that belongs to the key; say False where it knows none.

    Errors: AcmeError.
    """
    try:
        reply = desk.post(NEW_ACCOUNT, {"onlyReturnExisting": True}, with_key=True)
    except Problem as problem:
        if problem.code == _NO_ACCOUNT:
            desk.wire.kid = ""
            return False
        raise
    _take_url(desk, folder, reply)
    return True


def register(desk: Desk, folder: AccountFolder, applicant: Applicant) -> str:
    """Make an account, or find the one of the key that is there; return its URL.

    Errors: AcmeError, WriteError.
    """
    if desk.directory.needs_binding and applicant.binding is None:
        way_on = "write `eab:` below `acme.ca` in site.yaml"
        raise AcmeError(f"the CA at {desk.url} wants an External Account Binding", way_on)
    desk.wire.key = folder.key() or folder.make_key()
    payload: dict[str, Any] = {"termsOfServiceAgreed": True}
    if applicant.contact:
        payload["contact"] = [f"mailto:{address}" for address in applicant.contact]
    if applicant.binding is not None:
        payload["externalAccountBinding"] = _bound(desk, applicant.binding)
    return _take_url(desk, folder, desk.post(NEW_ACCOUNT, payload, with_key=True))


def change_key(desk: Desk, folder: AccountFolder) -> None:
    """Give the account another key. Errors: AcmeError, WriteError.

    A refusal may follow a yes that was lost on its way, so that the CA is asked which key it knows.
    """
    from acme.jws import JWS
    from josepy.jwa import ES256

    old = desk.wire.key
    if old is None:
        raise AcmeError("there is no account key to change")
    new, kid = folder.make_key(is_next=True), desk.wire.kid
    url = desk.directory.urls.get(KEY_CHANGE, "")
    inner = json.dumps({"account": kid, "oldKey": _public(old)}).encode("ascii")
    signed = JWS.sign(inner, new, ES256, None, url, None)
    try:
        desk.post(KEY_CHANGE, json.loads(str(signed.json_dumps())))
    except Problem:
        if _settle_key_change(desk, folder):
            return
        desk.wire.key, desk.wire.kid = old, kid
        raise
    folder.take_new_key()
    desk.wire.key = new


def deactivate(desk: Desk, folder: AccountFolder, now: int) -> None:
    """End the account for ever. Errors: AcmeError, WriteError."""
    desk.wire.post(desk.wire.kid, {"status": "deactivated"})
    folder.retire(f"deactivated-{now}")
    desk.wire.key, desk.wire.kid = None, ""


def look(desk: Desk) -> Mapping[str, Any]:
    """Return what the CA says of the account. Errors: AcmeError."""
    return desk.wire.fetch(desk.wire.kid).document()


def _settle_key_change(desk: Desk, folder: AccountFolder) -> bool:
    """Finish, or forget, a change of the key that was cut off; say whether it is finished."""
    new = folder.new_key()
    if new is None:
        return False
    desk.wire.key, desk.wire.kid = new, ""
    is_known = find_account(desk, folder)
    if is_known:
        folder.take_new_key()
    else:
        folder.drop_new_key()
    return is_known


def _take_url(desk: Desk, folder: AccountFolder, reply: Reply) -> str:
    url = reply.headers.get("location", "")
    if not is_url(url, like=desk.url):
        raise Nonsense(f"{reply.url} gives no URL of the account")
    status = reply.document().get("status")
    if status in ("deactivated", "revoked"):
        way_on = "`zonebuild acme account register --new-key` makes another one"
        raise AcmeError(f"the account {url} is {status}", way_on)
    folder.keep_url(url)
    desk.wire.kid = url
    return url


def _bound(desk: Desk, binding: tuple[str, str, str]) -> Mapping[str, Any]:
    """Return the JWS that ties the key to the account that a person has with the CA."""
    from acme.jws import JWS
    from josepy import jwa
    from josepy.b64 import b64decode
    from josepy.jwk import JWKOct

    kid, secret, hash_name = binding
    if desk.wire.key is None:
        raise AcmeError("there is no account key to bind")
    try:
        mac = JWKOct(key=b64decode(secret))
    except (ValueError, TypeError) as error:
        raise AcmeError("the HMAC key of `eab` is not base64url") from error
    payload = json.dumps(_public(desk.wire.key)).encode("ascii")
    url = desk.directory.urls[NEW_ACCOUNT]
    made = JWS.sign(payload, mac, getattr(jwa, hash_name), None, url, kid)
    return dict(json.loads(str(made.json_dumps())))


def _public(key: JWKEC) -> Mapping[str, Any]:
    return dict(key.public_key().to_json())


def _read_key(path: Path) -> JWKEC | None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from josepy.jwk import JWKEC

    if not os.path.lexists(path):
        return None
    try:
        if stat.S_IMODE(os.lstat(path).st_mode) & 0o077:
            raise AcmeError(f"{path} may be read by others", f"chmod 600 {path}")
        key = load_pem_private_key(read_outside(path, _LIMIT), None)
    except (SourceError, OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise AcmeError(f"{path} is no P-256 key in PEM", "restore it from a backup, or move it")
    return JWKEC(key=key)
