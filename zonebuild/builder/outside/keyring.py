"""The TSIG keys that site.yaml names, read where servers are to be asked with them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from zonebuild.builder.run import Run
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, read_outside
from zonebuild.probe.keyring import MAX_OCTETS, KeyFileError, Keyring, TsigKey, read_key

_OTHERS = stat.S_IROTH | stat.S_IWOTH


def read_keyring(run: Run) -> tuple[Keyring, tuple[Finding, ...]]:
    """Return the keys that can be used, and what is wrong with the files of the others."""
    keys: dict[str, TsigKey] = {}
    findings = []
    for name, path in sorted(run.site.tsig.items()):
        try:
            keys[name] = _read(run.places.root / path, name)
        except (KeyFileError, SourceError) as problem:
            reason = problem.reason if isinstance(problem, SourceError) else str(problem)
            message = f"the TSIG key {name}: {path} {reason}"
            where = Location(run.site.path)
            findings.append(Finding(where, Severity.ERROR, "tsig-key", message))
    return keys, tuple(findings)


def _read(path: Path, name: str) -> TsigKey:
    """Return the key in *path*. Errors: KeyFileError; SourceError."""
    text = read_outside(path, MAX_OCTETS).decode("ascii", "replace")
    if os.stat(path).st_mode & _OTHERS:
        raise KeyFileError("can be read by everybody, want mode 0600 or 0640, and a new key")
    return read_key(text, name)
