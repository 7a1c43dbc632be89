"""What was built for a zone, and what is remembered of it, taken away."""

from __future__ import annotations

import os
from pathlib import Path

from zonebuild.builder.places import KEYS, SIGNED, STATE, UNSIGNED
from zonebuild.builder.remembered.handed import Handed
from zonebuild.builder.run import Run
from zonebuild.files.manifest import prune, read_manifest
from zonebuild.files.write import WriteError, remove_file, replace_file
from zonebuild.site.names import file_name


def remove_zone(run: Run, apex: str) -> list[str]:
    """Remove the built and the signed zone of *apex* and its state; return what went.

    Its serial stays known, so that a zone of that name begins above it. Its key is put aside as
    keys/NAME.pem.removed, since what is lost there cannot be made again.
    Errors: WriteError; ManifestError.
    """
    name = file_name(apex)
    built = f"{UNSIGNED}/{name}"
    manifest = read_manifest(run.places.manifest)
    pruned = prune(run.places.root, manifest, [path for path in manifest.entries if path != built])
    replace_file(run.places.manifest, manifest.without([built]).to_bytes())
    removed = list(pruned.removed)
    kept = (f"{STATE}/{folder}/{name}" for folder in ("signed", "keys", "good", "frozen"))
    for path in (f"{SIGNED}/{name}", *kept):
        if remove_file(run.places.root / path):
            removed.append(path)
    run.good.forget(apex)
    handed = Handed(run.places.handed)
    handed.forget(apex)
    handed.save()
    _put_aside(run.places.root / KEYS / f"{name}.pem")
    run.outcome.forget([apex])
    run.outcome.save(run.places.outcome)
    return removed


def _put_aside(key: Path) -> None:
    try:
        os.rename(key, key.with_name(f"{key.name}.removed"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise WriteError(key, error) from error
