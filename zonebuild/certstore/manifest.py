"""Manifests of the publication folder: SHA-256 sums for `sha256sum -c`, signed by an SSH key.

    # lineage mx1
    # number 12
    # made 2026-11-18T09:06:40Z
    SHA256  fullchain.pem

Who takes a folder looks at its lineage and number, too: a signed folder of another lineage, or an
older one, is signed as well. The manifest of the whole names what is current in every lineage.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.folders import (
    current,
    keep_only,
    name_of,
    numbers,
    put_folder,
    sweep_folders,
    switch,
)
from zonebuild.files.read import SourceError, read_outside

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
WHOLE = ".manifest"  # no lineage has such a name
NAMESPACE = "zonebuild-publication"
_LIMIT = 1 << 24  # octets of a manifest
_KEPT = 3  # manifests of the whole
_SECONDS = 30  # for ssh-keygen, which may ask an agent


def sums_text(files: Mapping[str, bytes], heads: Mapping[str, object], *, now: int) -> bytes:
    """Return the manifest of *files*, by path, as one folder has it.

    heads: what is said of the folder, by word. now: Unix seconds.
    """
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    said = "".join(f"# {word} {value}\n" for word, value in {**heads, "made": made}.items())
    each = (f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    return (said + "".join(each)).encode()


def sign(manifest: Path, key: str) -> None:
    """Sign *manifest* into the file `.sig` beside it. key: the path of an SSH key, "" for none.

    Errors: StoreError.
    """
    if not key:
        return
    command = ["ssh-keygen", "-Y", "sign", "-f", key, "-n", NAMESPACE, str(manifest)]
    try:
        done = subprocess.run(  # its own agent may be asked, nobody at a terminal
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"`{' '.join(command)}` could not run: {type(error).__name__}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-200:]
        shown = "".join(c if c.isprintable() else " " for c in said)
        raise StoreError(
            f"`{' '.join(command)}` ended with exit code {done.returncode}: {shown}; nothing is "
            "exported unsigned: mend `certstore.sign_with`, a key without a passphrase or in an "
            "agent"
        )


def write_whole(publication: Path, key: str, *, now: int) -> bool:
    """Write the manifest of the whole where it says something else; return whether it did.

    Errors: StoreError, WriteError.
    """
    wanted = _lines(publication)
    folder = publication / WHOLE
    sweep_folders(folder)
    at = current(folder)
    if at and _said(folder / name_of(at) / SUMS) == wanted:
        return False
    number = max([0, *numbers(folder)]) + 1
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    text = f"# number {number}\n# made {made}\n{''.join(wanted)}".encode()
    put_folder(folder, name_of(number), {SUMS: text}, lambda place: sign(place / SUMS, key))
    switch(folder, number)
    keep_only(folder, set(numbers(folder)[-_KEPT:]))
    return True


def _lines(publication: Path) -> list[str]:
    """Return the lines of the whole: those of every current folder, with its path."""
    found = []
    for lineage in sorted(_lineages(publication)):
        number = current(publication / lineage)
        if number:
            place = f"{lineage}/{name_of(number)}"
            lines = _said(publication / place / SUMS)
            found += [f"{line[:64]}  {place}/{line[66:]}" for line in lines]
    return found


def _lineages(publication: Path) -> Iterable[str]:
    try:
        return [path.name for path in publication.iterdir() if path.name != WHOLE]
    except FileNotFoundError:
        return []


def _said(path: Path) -> list[str]:
    """Return the lines of a manifest without what is said of the folder; none where unreadable."""
    try:
        text = read_outside(path, _LIMIT).decode("utf-8", "replace")
    except SourceError:
        return []
    return [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
