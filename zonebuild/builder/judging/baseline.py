"""Findings that are known and accepted for now: a file that only new ones are told beside.

An entry is a check, a path and a message, and how often it was found there: line numbers are left
out, so that what merely moved is not new.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file

_LIMIT = 64 << 20  # octets
_VERSION = 1
_LINE = re.compile(r"\b(lines? )\d+")
_MOST = 1 << 31  # times that one finding is known


class BaselineError(Exception):
    """A baseline that cannot be used."""


class Key(NamedTuple):
    """What stays of a finding when lines move: where lines are named, their number is left out."""

    path: str
    check: str
    message: str


def key_of(finding: Finding) -> Key:
    """Return what *finding* is known by."""
    return Key(finding.location.path, finding.check, _LINE.sub(r"\1N", finding.message))


def fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield for each of *findings* what it is known by, in hex; of equal ones each has its own."""
    seen: Counter[Key] = Counter()
    for finding in findings:
        key = key_of(finding)
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        yield sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def without_known(findings: Iterable[Finding], known: Counter[Key]) -> list[Finding]:
    """Return those of *findings* that are new; of equal ones as many are new as are too many."""
    left = known.copy()
    new = []
    for finding in findings:
        key = key_of(finding)
        left[key] -= 1
        if left[key] < 0:
            new.append(finding)
    return new


def read_baseline(path: Path) -> Counter[Key]:
    """Return what the file at *path* knows. Errors: BaselineError."""
    try:
        data = json.loads(read_outside(path, _LIMIT))
        if data["version"] != _VERSION:
            raise BaselineError(f"{path} is a baseline of another version, want {_VERSION}")
        return Counter(dict(map(_entry, data["findings"])))
    except SourceError as error:
        raise BaselineError(f"{path} {error.reason}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{path} is no baseline; --save-baseline {path} writes one"
        raise BaselineError(message) from error


def _entry(data: dict[str, Any]) -> tuple[Key, int]:
    key = Key(str(data["path"]), str(data["check"]), str(data["message"]))
    times = int(data.get("times", 1))
    if not 0 < times < _MOST:
        raise ValueError(times)
    return key, times


def write_baseline(path: Path, findings: Iterable[Finding]) -> None:
    """Write what is known of *findings* to *path*, in one step. Errors: WriteError."""
    replace_file(path, baseline_text(Counter(map(key_of, findings))))


def baseline_text(known: Counter[Key]) -> bytes:
    """Return the file of *known*, a line an entry, so that a change of it reads as a change."""
    lines = []
    for key, times in sorted(known.items()):
        entry: dict[str, object] = key._asdict()
        if times > 1:
            entry["times"] = times
        lines.append(json.dumps(entry))
    body = ",\n".join(lines)
    return f'{{"version": {_VERSION}, "findings": [\n{body}\n]}}\n'.encode("ascii")
