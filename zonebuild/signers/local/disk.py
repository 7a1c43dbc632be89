"""The embedded signer in a site tree: `keys/`, `signed/` and `state/signed/`.

A kill at any instant is healed by the next run: the key is on disk before a zone tells of it,
the signed zone before the state that vouches for it. A zone without that vouching is signed
anew as a whole, with a serial above the one in its file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, make_directory, replace_file
from zonebuild.model import Zone
from zonebuild.serial import is_newer
from zonebuild.signers.local import keys
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.remembered_key import (
    KeyIdentity,
    identity_from_text,
    identity_in_zone,
    identity_of,
    identity_to_text,
)
from zonebuild.signers.local.signed_text import published_serial
from zonebuild.signers.local.state import SignedState, digest, state_from_text, state_to_text
from zonebuild.signers.local.zone_signing import (
    Previous,
    SignedZone,
    SigningParameters,
    sign_zone,
)

_SIGNED_LIMIT = 1 << 32  # octets
_SMALL_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class SignOutcome:
    """What one signing did.

    signed: whether signed/NAME was written. serial: what signed/NAME publishes.
    due_at: Unix seconds when the zone is to be signed again, also without a change.
    reused, made: how many signatures were kept and made.
    """

    signed: bool
    serial: int
    due_at: int
    reused: int
    made: int
    findings: tuple[Finding, ...] = ()
    waitings: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a zone's files are. apex: absolute. site: the folder of the tree."""

    apex: str
    site: Path
    key: Path
    signed: Path
    state: Path
    remembered: Path

    def shown(self, path: Path) -> str:
        """Return *path* as messages name it."""
        return path.relative_to(self.site).as_posix()


# Returns why a zone may not be signed first with this key, None for a new one, and the next step.
FirstKey = Callable[[keys.SigningKey | None], tuple[str, str] | None]


def sign(
    site_root: Path,
    apex: str,
    zone: Zone,
    *,
    now: int,
    parameters: SigningParameters,
    refuse_first_key: FirstKey = lambda _: None,
) -> SignOutcome:
    """Sign *zone* into signed/NAME, unless that is what stands there and nothing is due.

    apex: absolute, lower case. now: Unix seconds.
    refuse_first_key: asked before a key is made.
    Errors: SigningError where the zone cannot be signed as it is; WriteError.
    """
    places = _places(site_root, apex)
    content, state = _read(places, places.signed, _SIGNED_LIMIT), _read_state(places)
    is_known = content is not None or os.path.lexists(places.state)
    remembered = _remembered(places, content)
    key = _key(places, remembered, is_known=is_known, refuse=refuse_first_key)
    previous = _previous(places, content, state)
    zone_signed = sign_zone(zone, key, parameters, now=now, previous=previous)
    _remember(places, identity_of(key))
    _write(places, zone_signed, state)
    return SignOutcome(
        zone_signed.is_changed,
        zone_signed.serial,
        zone_signed.due_at,
        zone_signed.reused,
        zone_signed.made,
        _exposed(places),
        () if is_known else (_wait_for_parent(apex, key),),
    )


def is_due(site_root: Path, apex: str, now: int) -> bool:
    """Say whether the zone is to be signed again for time's sake alone; reads its state only.

    apex: absolute, lower case. now: Unix seconds. Without a readable state it is due.
    """
    try:
        state = _read_state(_places(site_root, apex))
    except SigningError:
        return True
    return state is None or not state.valid_from <= now < state.due_at


def load_key(site_root: Path, apex: str) -> keys.SigningKey:
    """Return the key of a zone that has one.

    apex: absolute, lower case.
    Errors: SigningError where keys/NAME.pem is missing or holds no usable key.
    """
    places = _places(site_root, apex)
    shown, pem = places.shown(places.key), _read(places, places.key, _SMALL_LIMIT)
    if pem is None:
        raise SigningError(
            apex, f"{shown} is missing", f"restore it from a backup{_starting_over(places)}"
        )
    key = keys.key_from_pem(pem)
    if key is None:
        problem = f"{shown} holds no unencrypted ECDSA P-256 key in PEM form (PKCS#8)"
        raise SigningError(apex, problem, f"restore it from a backup{_starting_over(places)}")
    return key


def _starting_over(places: _Places) -> str:
    return (
        "; where it is lost, have the parent remove its DS, wait until that DS has left every "
        f"cache, then let a new key be made: zonebuild key new {places.apex}"
    )


def _remembered(places: _Places, content: bytes | None) -> KeyIdentity | None:
    """Return the key that signed last: as remembered, else that of the signed zone *content*."""
    kept = _read(places, places.remembered, _SMALL_LIMIT)
    known = None if kept is None else identity_from_text(kept.decode("ascii", "replace"))
    if known is None and content is not None:
        return identity_in_zone(content.decode("utf-8", "replace"))
    return known


def _remember(places: _Places, key: KeyIdentity) -> None:
    """Keep *key* as the one that signs, before any zone tells of it."""
    text = identity_to_text(key).encode("ascii")
    if _read(places, places.remembered, _SMALL_LIMIT) != text:
        make_directory(places.remembered.parent)
        replace_file(places.remembered, text)


def _key(
    places: _Places, remembered: KeyIdentity | None, *, is_known: bool, refuse: FirstKey
) -> keys.SigningKey:
    """Return the zone's key; a new one only for a zone that was never signed, here or elsewhere."""
    if is_known or remembered is not None or os.path.lexists(places.key):
        key = load_key(places.site, places.apex)
        if remembered not in (None, identity_of(key)):
            raise _another_key(places, remembered, identity_of(key))
        if remembered is None and not is_known:
            _refuse(places, refuse, key)
        return key
    _refuse(places, refuse, None)
    return _make_key(places)


def _refuse(places: _Places, refuse: FirstKey, key: keys.SigningKey | None) -> None:
    """Raise SigningError where a first signature, with *key* or a new one, would be an outage."""
    refused = refuse(key)
    if refused is not None:
        raise SigningError(places.apex, *refused)


def _make_key(places: _Places) -> keys.SigningKey:
    key = keys.make_key()
    make_directory(places.key.parent, 0o700)
    replace_file(places.key, keys.key_to_pem(key), 0o600)
    return key


def _another_key(places: _Places, old: KeyIdentity | None, found: KeyIdentity) -> SigningError:
    return SigningError(
        places.apex,
        f"{places.shown(places.key)} is the {found}, but the zone was signed last with the {old}; "
        "resolvers that have the old DNSKEY or the parent's DS would call it bogus",
        f"bring that key back to {places.shown(places.key)} from a backup; "
        "or, where the parent has no DS of it in any cache, accept the one that is there: "
        f"zonebuild key accept {places.apex}",
    )


def new_key(site_root: Path, apex: str) -> KeyIdentity:
    """Make a new key at a person's explicit request and remember it as the one that signs.

    Errors: SigningError where keys/NAME.pem is there already; WriteError.
    """
    places = _places(site_root, apex)
    if os.path.lexists(places.key):
        shown = places.shown(places.key)
        cure = f"move it to a safe place first; or sign with it: zonebuild key accept {apex}"
        raise SigningError(apex, f"{shown} is there already", cure)
    made = identity_of(_make_key(places))
    _remember(places, made)
    return made


def accept_key(site_root: Path, apex: str) -> tuple[KeyIdentity | None, KeyIdentity]:
    """Remember the key at keys/NAME.pem as the one that signs; return the one before, and it.

    Errors: SigningError where there is no usable key; WriteError.
    """
    places = _places(site_root, apex)
    found = identity_of(load_key(site_root, apex))
    before = _remembered(places, _read(places, places.signed, _SIGNED_LIMIT))
    _remember(places, found)
    return before, found


def _wait_for_parent(apex: str, key: keys.SigningKey) -> Waiting:
    lines = "; ".join(keys.ds_records(apex, key))
    why = "the zone is signed for the first time, its parent does not vouch for its key yet"
    return Waiting(f"DS of {apex}", why, None, f"give the parent zone: {lines}")


def _previous(places: _Places, content: bytes | None, state: SignedState | None) -> Previous:
    """Return the last signed zone, its text only where the state vouches for it.

    Errors: SigningError where the zone was signed and no serial of it can be read.
    """
    text = "" if content is None else content.decode("utf-8", "replace")
    serials = [published_serial(text), state.serial if state else None]
    known = [serial for serial in serials if serial is not None]
    if not known and (content is not None or os.path.lexists(places.state)):
        problem = f"neither {places.shown(places.signed)} nor {places.shown(places.state)} "
        raise SigningError(
            places.apex,
            problem + "holds the serial that was published last",
            "restore one of them; or, where the unsigned serial is greater than the one that "
            "the servers have, remove both",
        )
    last = known[0] if known else None
    if len(known) == 2 and is_newer(known[1], known[0]):
        last = known[1]
    is_trusted = content is not None and state is not None and digest(content) == state.sha256
    return Previous(text if is_trusted else "", last)


def _write(places: _Places, zone: SignedZone, old: SignedState | None) -> None:
    """Write what changed: the signed zone, then the state that vouches for it."""
    content = zone.text.encode("utf-8")
    valid_from = zone.valid_from if zone.is_changed or old is None else old.valid_from
    state = SignedState(zone.serial, zone.due_at, valid_from, digest(content), zone.first_end)
    with WriteBatch() as batch:
        if zone.is_changed:
            make_directory(places.signed.parent)
            batch.stage(places.signed, content)
        if state != old:
            make_directory(places.state.parent)
            batch.stage(places.state, state_to_text(state).encode("ascii"))
        batch.commit()


def _exposed(places: _Places) -> tuple[Finding, ...]:
    """Return a warning for the key and for its folder where others may read them."""
    found = []
    for path, wanted in ((places.key.parent, 0o700), (places.key, 0o600)):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            message = f"mode {mode:04o} lets others reach the signing key; {wanted:04o} is wanted"
            place = Location(places.shown(path))
            found.append(Finding(place, Severity.WARNING, "key-not-private", message))
    return tuple(found)


def _places(site_root: Path, apex: str) -> _Places:
    name = "@" if apex == "." else apex[:-1].replace("/", "%2F")
    return _Places(
        apex,
        site_root,
        site_root / "keys" / f"{name}.pem",
        site_root / "signed" / name,
        site_root / "state" / "signed" / name,
        site_root / "state" / "keys" / name,
    )


def _read_state(places: _Places) -> SignedState | None:
    content = _read(places, places.state, _SMALL_LIMIT)
    return None if content is None else state_from_text(content.decode("ascii", "replace"))


def _read(places: _Places, path: Path, limit: int) -> bytes | None:
    """Return what *path* holds, None where it does not exist.

    Errors: SigningError where it exists and cannot be read.
    """
    if not os.path.lexists(path):
        return None
    try:
        return read_outside(path, limit)
    except SourceError as error:
        problem = f"{places.shown(path)} {error.reason}"
        raise SigningError(places.apex, problem, "a readable regular file is wanted") from error
