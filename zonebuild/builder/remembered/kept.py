"""The last good text of each zone's own YAML file, all of them in one file of state/.

A mistake in zones/NAME.yaml changes neither what its zone is made of, nor how the serial is made,
nor whether it is signed; nor does the file's removal, before `zonebuild remove` takes the zone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from zonebuild.builder.remembered.good import GoodDigests, keep_good_file
from zonebuild.files.read import SourceError, read_outside
from zonebuild.site.config import ZoneConfig
from zonebuild.site.load import Override, Read, load_site
from zonebuild.site.names import SUFFIX, ZONES_DIRECTORY, file_name

_LIMIT = 1 << 30  # octets


def yaml_path(apex: str) -> str:
    """Return the path of the YAML file of *apex*, relative to the site."""
    return f"{ZONES_DIRECTORY}/{file_name(apex)}{SUFFIX}"


def read_kept(path: Path, digests: GoodDigests) -> dict[str, bytes]:
    """Return the texts kept in *path*, by the path of their file; none where they are damaged."""
    try:
        text = read_outside(path, _LIMIT)
        data = json.loads(text) if digests.fits(path.name, text) else {}
        return {str(name): str(text).encode() for name, text in data.items()}
    except (SourceError, ValueError, AttributeError, RecursionError):
        return {}


def keep(
    path: Path, digests: GoodDigests, old: Mapping[str, bytes], new: Mapping[str, bytes]
) -> None:
    """Write *new* to *path* if it is not *old*. Errors: WriteError."""
    if old != new:
        texts = {name: text.decode() for name, text in sorted(new.items())}
        keep_good_file(path, digests, (json.dumps(texts, indent=0) + "\n").encode("ascii"))


def configured(
    apexes: Collection[str],
    kept: Mapping[str, bytes],
    read: Read,
    override: Override | None,
    committed: bytes | None,
) -> dict[str, ZoneConfig]:
    """Return what the *kept* texts say of *apexes*; of one without text, what the defaults say.

    read: returns site.yaml unless *committed* is its text. override: the host's own file.
    """
    names = [yaml_path(apex) for apex in apexes]
    texts = {name: kept.get(name, b"") for name in names}

    def read_text(path: str, limit: int) -> bytes:
        return texts[path] if path in texts else read(path, limit)

    files = [name.removeprefix(f"{ZONES_DIRECTORY}/") for name in names]
    site, _ = load_site(read_text, files, override=override, committed=committed)
    return {**site.fallbacks, **site.zones}
