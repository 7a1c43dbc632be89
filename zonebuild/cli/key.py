"""`zonebuild key`: let a person choose the key that signs a zone, where no run may choose one."""

from __future__ import annotations

import argparse
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.zonefile.entry import name_key

_PATIENCE = 60.0  # seconds to wait for a run that is under way
_KINDS = {
    "new": "make a new key, although the zone may be signed elsewhere or had another key",
    "accept": "sign with the key that is at keys/NAME.pem from now on, whichever was before",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to do, and the zone."""
    kinds = "; ".join(f"{kind}: {text}" for kind, text in _KINDS.items())
    parser.add_argument("kind", choices=sorted(_KINDS), help=kinds)
    parser.add_argument("name", metavar="NAME", help="the zone")


def run(options: argparse.Namespace) -> int:
    """Make or accept a key: 0 done, 1 refused, 2 could not."""
    from zonebuild.builder.places import SiteError, find_places
    from zonebuild.builder.remembered.kept import yaml_path
    from zonebuild.builder.run import require_owner
    from zonebuild.files.lock import Lock, LockError
    from zonebuild.files.write import WriteError
    from zonebuild.signers.local.errors import SigningError

    apex, root = name_key(options.name, "."), Path.cwd()
    if apex is None:
        return fail(f"{options.name!a} is not a domain name")
    if not (root / yaml_path(apex)).exists():
        return fail(f"{apex} is no zone of this site: {root}")
    places = find_places(root)
    try:
        require_owner(places)
        with Lock(places.lock, command="zonebuild key", wait=_PATIENCE):
            return _choose(root, apex, options.kind)
    except SigningError as error:
        fail(str(error))
        return 1
    except (SiteError, LockError, WriteError) as error:
        return fail(str(error))


def _choose(root: Path, apex: str, kind: str) -> int:
    from zonebuild.signers.local.disk import accept_key, load_key, new_key
    from zonebuild.signers.local.keys import ds_records

    if kind == "new":
        print(f"{apex} is signed with a new key from the next run on: the {new_key(root, apex)}")
    else:
        before, found = accept_key(root, apex)
        instead = "" if before in (None, found) else f", no longer with the {before}"
        print(f"{apex} is signed with the {found} from the next run on{instead}")
    print("The parent zone needs:")
    for line in ds_records(apex, load_key(root, apex)):
        print(line)
    return 0
