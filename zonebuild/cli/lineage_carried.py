"""`zonebuild lineage carried`: hosts have the key, where keys are carried there by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.cli.lineage_state import change_tracks, find_key, refuse
from zonebuild.tlsa.orders import note_carried
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import Key, State


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lineage, the hosts, the key, and a proof."""
    parser.add_argument("lineage", metavar="NAME", help="the lineage")
    parser.add_argument("hosts", metavar="HOST", nargs="+", help="a host that has the key")
    text = "the key's digest, or 8 digits or more of it; default: the one that was not yet exported"
    parser.add_argument("--key", default="", metavar="DIGEST", help=text)
    text = "a request for a certificate from that host: the proof that it has the key"
    parser.add_argument("--csr", metavar="FILE", help=text)


def run(options: argparse.Namespace) -> int:
    """Remember it: 0 done, 1 no such key, host or proof, 2 could not."""
    name: str = options.lineage
    proof: Pin | None = None
    hosts = _hosts(name, options.hosts)
    if isinstance(hosts, Wrong):
        return refuse(f"{name} {hosts.reason}")
    if options.csr is not None:
        requested = _requested(options.csr)
        if isinstance(requested, Wrong):
            return fail(f"{options.csr!a} {requested.reason}")
        proof = requested

    def change(state: State) -> State | Wrong:
        key = _chosen(state, options.key, proof)
        return key if isinstance(key, Wrong) else note_carried(state, key.pin, hosts)

    code = change_tracks(name, "carried", change, units=("key",))
    if code == 0:
        print(f"{name}: {', '.join(hosts)} noted")
    return code


def _hosts(lineage: str, given: list[str]) -> tuple[str, ...] | Wrong:
    """Return the names of *given* hosts, absolute; each must be one of the lineage."""
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import read_settings
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.site.tlsa_map import MAP_FILE, read_map
    from zonebuild.site.yaml import MAX_OCTETS

    try:
        wanted, _ = read_map(
            read_outside(Path(MAP_FILE), MAX_OCTETS), read_settings(Path.cwd()).host
        )
    except SourceError as error:
        return Wrong(f"cannot be looked up: {MAP_FILE} {error.reason}")
    except SiteError as error:
        return Wrong(f"cannot be looked up: {error}")
    entry = wanted.entries.get(lineage) if wanted else None
    if entry is None:
        return Wrong(f"is no lineage of {MAP_FILE}, or the map is wrong: `doit check`")
    known = sorted({place.host for place in entry.lineage.places})
    names = tuple(f"{host.lower().removesuffix('.')}." for host in given)
    for name in names:
        if name not in known:
            return Wrong(f"does not answer at {name!a}, want one of {', '.join(known)}")
    return names


def _requested(path: str) -> Pin | Wrong:
    """Return the key that the request at *path* is signed with, which proves who has it."""
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.tlsa.material import MAX_OCTETS, read_material
    from zonebuild.tlsa.pin import pin_of

    try:
        found = read_material(read_outside(Path(path), MAX_OCTETS))
    except SourceError as error:
        return Wrong(error.reason)
    if isinstance(found, Wrong):
        return found
    if found.kind != "request":
        return Wrong(
            f"is a {found.kind}, want a request (CSR), which proves that its maker has the key"
        )
    return pin_of(found.public_key)


def _chosen(state: State, digits: str, proof: Pin | None) -> Key | Wrong:
    """Return the key that is meant. proof: of which somebody has shown that they have it."""
    if proof is not None:
        key = state.key(proof)
        if key is None:
            return Wrong(f"lists no key {proof}, which the request is made with: plan it first")
        other = find_key(state, digits) if digits else key
        return key if other == key else Wrong("is asked about another key than that of the request")
    if digits:
        return find_key(state, digits)
    coming = [key for key in state.keys if not key.exported]
    if len(coming) == 1:
        return coming[0]
    return Wrong(f"lists {len(coming)} keys that were not yet exported, want --key DIGEST")
