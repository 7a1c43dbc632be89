"""`zonebuild acme account` and `revoke`: what people do with an account now and then."""

from __future__ import annotations

import argparse
import sys

from zonebuild.acme.account import change_key, deactivate, enter, look
from zonebuild.acme.certificate import read_chain
from zonebuild.acme.directory import REVOKE
from zonebuild.acme.plan import STAGING, Place
from zonebuild.acme.problem import AcmeError, Problem
from zonebuild.acme.world import World
from zonebuild.cli import fail
from zonebuild.diagnostic import quoted

_KEY_COMPROMISE = 1  # RFC 5280 section 5.3.1


def change_account(world: World, options: argparse.Namespace) -> int:
    """Do what *options* say with the account; return the exit code."""
    place = _place(world, options.ca, staging=options.staging)
    if isinstance(place, str):
        return fail(place)
    try:
        return _DONE[options.what](world, place, options)
    except AcmeError as error:
        return _refuse(error)


def revoke(world: World, lineage: str, reason: int) -> int:
    """Revoke the newest certificate of *lineage*; one that is revoked already is fine."""
    entry = world.plan.entries.get(lineage)
    place = world.plan.directory(entry) if entry else None
    pem = world.store.newest(lineage) if entry else None
    if place is None or pem is None:
        return fail(f"there is no certificate of a lineage {lineage!a} with `issue:`")
    try:
        desk = world.desks.entered(place)
        desk.post(REVOKE, {"certificate": _base64url(pem), "reason": reason})
    except Problem as problem:
        if problem.code != "alreadyRevoked":
            return _refuse(problem)
    except AcmeError as error:
        return _refuse(error)
    if reason == _KEY_COMPROMISE:
        key = read_chain(pem).held.key[:16]
        print(f"{lineage}: `zonebuild lineage compromised {lineage} {key}` lets its next key come")
    print(f"{lineage}: revoked; `zonebuild acme run --force {lineage}` asks for another one")
    return 0


def _place(world: World, ca: str, *, staging: bool) -> Place | str:
    name = world.plan.config.name_of(ca)
    found = world.plan.config.find(name)
    if found is None:
        return f"site.yaml names no CA {name!a} in `acme.ca`"
    if staging and not found.staging:
        return f"the CA {name} has no `staging`"
    return (
        Place(name + STAGING, found.staging, found)
        if staging
        else Place(name, found.directory, found)
    )


def _show(world: World, place: Place, _: argparse.Namespace) -> int:
    desk = world.desks.plain(place)
    if not enter(desk, world.desks.folder(place)):
        print(f"no account at {place.name}; `zonebuild acme account register` makes one")
        return 1
    told = look(desk)
    print(f"{place.name}: {desk.wire.kid} {_shown(told.get('status'))}")
    for identity in map(_shown, desk.directory.caa):
        print(f'CAA 0 issue "{identity}; validationmethods=dns-01; accounturi={desk.wire.kid}"')
    return 0


def _register(world: World, place: Place, options: argparse.Namespace) -> int:
    if options.new_key:
        world.desks.folder(place).retire(f"retired-{world.clock.now()}")
    print(f"{place.name}: {world.desks.register(place)}")
    terms = world.desks.plain(place).directory.meta.get("termsOfService")
    if terms:
        print(f"its terms, to which this agrees: {_shown(terms)}")
    return 0


def _rekey(world: World, place: Place, _: argparse.Namespace) -> int:
    desk = world.desks.entered(place)
    change_key(desk, world.desks.folder(place))
    print(f"{place.name}: {desk.wire.kid} has another key")
    return 0


def _deactivate(world: World, place: Place, _: argparse.Namespace) -> int:
    desk = world.desks.plain(place)
    if not enter(desk, world.desks.folder(place)):
        return fail(f"there is no account at {place.name}")
    url = desk.wire.kid
    deactivate(desk, world.desks.folder(place), world.clock.now())
    print(f"{place.name}: {url} has ended")
    return 0


_DONE = {"show": _show, "register": _register, "rekey": _rekey, "deactivate": _deactivate}


def _shown(value: object) -> str:
    """Return a word of the CA; quoted where it is more than one of plain characters."""
    text = str(value)
    is_plain = text.isascii() and text.isprintable() and not {*text} & {*' "'}
    return text if is_plain else quoted(text)


def _base64url(pem: str) -> str:
    """Return the first certificate of *pem* as requests carry it."""
    body = pem.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
    return "".join(body.split()).replace("+", "-").replace("/", "_").rstrip("=")


def _refuse(error: AcmeError) -> int:
    print(f"zonebuild acme: {error}", file=sys.stderr)
    return 1
