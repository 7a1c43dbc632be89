"""The stores of other ACME clients, read: where each keeps the newest chain and its key.

Their files are links, in part; a link is followed only where it ends inside the client's own store.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.pair import Pair, read_pair
from zonebuild.files.read import SourceError, SourceTree
from zonebuild.site.source import Source
from zonebuild.tlsa.material import MAX_OCTETS


class Layout(NamedTuple):
    """Where a client keeps things, below a folder that lies *up* levels above the path.

    {name}: the last part of the path, {above}: the one before it, {stem}: the name without `_ecc`.
    """

    up: int
    chain: str
    key: str


LAYOUTS: dict[str, Layout] = {
    "acme.sh": Layout(1, "{name}/fullchain.cer", "{name}/{stem}.key"),
    "certbot": Layout(2, "{above}/{name}/fullchain.pem", "{above}/{name}/privkey.pem"),
    "dehydrated": Layout(1, "{name}/fullchain.pem", "{name}/privkey.pem"),
    "lego": Layout(1, "{name}.crt", "{name}.key"),
    "uacme": Layout(1, "{name}/cert.pem", "private/{name}/key.pem"),
    "zonebuild": Layout(
        1, "{name}/issued/current/fullchain.pem", "{name}/issued/current/privkey.pem"
    ),
}


def read_source(root: Path, source: Source) -> Pair:
    """Return the newest chain and key of another client's store.

    root: the site. Errors: StoreError, also while that client writes: the next run looks again.
    """
    layout, path = LAYOUTS[source.layout], root / source.path
    words = {"name": path.name, "above": path.parent.name, "stem": path.name.removesuffix("_ecc")}
    base = path.parents[layout.up - 1]
    chain, key = (_read(base, each.format(**words)) for each in (layout.chain, layout.key))
    try:
        return read_pair(chain, key)
    except StoreError as error:
        raise StoreError(f"{source.path} ({source.layout}): {error}") from error


def _read(base: Path, relative: str) -> bytes:
    path = base / relative
    try:
        with SourceTree(base) as tree:
            return tree.read(relative, MAX_OCTETS)
    except SourceError as error:
        reason = error.reason.replace("leaves the site", f"leaves {base}")
        raise StoreError(f"{path} {reason}") from error
    except OSError as error:
        raise StoreError(f"{base} cannot be opened: {(error.strerror or '').lower()}") from error
