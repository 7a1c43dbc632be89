"""The lists of issuers that the map names: the site's own in issuers/, else this program's."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from zonebuild.diagnostic import Finding, Severity
from zonebuild.files.read import SourceError, SourceTree
from zonebuild.site.tlsa_map import MapEntry
from zonebuild.tlsa.issuers import MAX_OCTETS, IssuerSet, read_issuers
from zonebuild.tlsa.material import Material
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.pin import Pin, pin_for

FOLDER = "issuers"
_DAY = 86_400


class Issuers:
    """Reads each list once. now: Unix seconds. paths: all that was looked for in the site."""

    def __init__(self, tree: SourceTree, *, now: int) -> None:
        self._tree, self._now = tree, now
        self._known: dict[str, IssuerSet | Wrong] = {}
        self.paths: dict[str, None] = {}

    def pins(self, entry: MapEntry) -> tuple[Pin, ...]:
        """Return the issuers that are listed for a lineage, none where its map names no list."""
        found = self._of(entry.issuers) if entry.issuers else None
        return found.pins if isinstance(found, IssuerSet) else ()

    def end(self, entry: MapEntry) -> int:
        """Return when the list of a lineage is too old, Unix seconds; 0 where it names none."""
        found = self._of(entry.issuers) if entry.issuers else None
        return found.date + entry.issuers_max_age if isinstance(found, IssuerSet) else 0

    def judge(self, entry: MapEntry, path: str, chain: Material) -> Iterator[Finding]:
        """Yield what is wrong with the list of a lineage, or with the issuer of its *chain*.

        path: of the chain, for messages. What is no error lets the chain be used.
        """
        if not entry.issuers:
            return
        found, name = self._of(entry.issuers), f"the list of issuers {entry.issuers}"
        where = entry.certificate_at
        if isinstance(found, Wrong):
            yield Finding(where, Severity.ERROR, "issuers-unreadable", f"{name} {found.reason}")
            return
        if found.age(self._now) * _DAY > entry.issuers_max_age:
            message = (
                f"{name} is {found.age(self._now)} days old, and the CA may take new issuers "
                f"meanwhile: look at its list, and write a newer {FOLDER}/{entry.issuers}"
            )
            yield Finding(where, Severity.WARNING, "issuers-old", message)
        issuer = pin_for(chain, "issuer")
        if not isinstance(issuer, Pin) or not any(issuer.is_same(pin) for pin in found.pins):
            shown = issuer if isinstance(issuer, Pin) else "none"
            message = (
                f"{path} has an issuer ({shown}) that {name} lacks, so no 2 1 1 record of it does: "
                f"add it to {FOLDER}/{entry.issuers} if it is right"
            )
            yield Finding(where, Severity.ERROR, "issuer-not-listed", message)

    def _of(self, name: str) -> IssuerSet | Wrong:
        if name not in self._known:
            text = self._text(name)
            self._known[name] = text if isinstance(text, Wrong) else read_issuers(text)
        return self._known[name]

    def _text(self, name: str) -> str | Wrong:
        """Return the site's own list, this program's where it has none."""
        path = f"{FOLDER}/{name}"
        self.paths[path] = None
        try:
            return self._tree.read(path, MAX_OCTETS).decode("ascii", "replace")
        except SourceError as error:
            if error.reason != "does not exist":
                return Wrong(f"cannot be used: {path} {error.reason}")
        packaged = files("zonebuild.site").joinpath("issuers", name)
        if packaged.is_file():
            return packaged.read_text("ascii")
        return Wrong(f"is not known, want a file {path}, or letsencrypt")
