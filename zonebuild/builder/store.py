"""The certificates and public keys that the map names, read and judged."""

from __future__ import annotations

from pathlib import Path

from zonebuild.builder.lineages import Held
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.site.tlsa_map import MapEntry
from zonebuild.tlsa.fitness import judge
from zonebuild.tlsa.material import MAX_OCTETS, Material, read_material

_CHAINS = ("fullchain.pem", "cert.pem")  # in a folder, the first that is there
_NEXT, _KEY = "next.pub", "key.pub"
_ABSENT, _FOLDER = "does not exist", "is a directory"


class Store:
    """Reads what lies in the tree, or at absolute paths. now: Unix seconds.

    findings: what is wrong. changes: Unix seconds at which a certificate begins or ends.
    """

    def __init__(self, tree: SourceTree, *, now: int) -> None:
        self._tree, self._now = tree, now
        self.findings: list[Finding] = []
        self.changes: list[int] = []

    def take(self, entry: MapEntry) -> Held | None:
        """Return what lies there for a lineage, None where nothing of it may be used now."""
        try:
            path, certificate = self._certificate(entry.certificate)
            is_folder = path != entry.certificate
            own = self._public(entry.public_key, f"{entry.certificate}/{_KEY}", is_folder)
            planned = self._public(entry.next, f"{entry.certificate}/{_NEXT}", is_folder)
        except SourceError as error:
            self._say(entry, "certificate-unreadable", error.reason)
            return None
        if own is not None and own.public_key != certificate.public_key:
            message = f"{path} is for another key than {entry.public_key or _KEY} holds"
            self._say(entry, "certificate-key-mismatch", f"{message}, want its own")
            return None
        return Held(certificate, planned) if self._is_fit(entry, path, certificate) else None

    def _is_fit(self, entry: MapEntry, path: str, certificate: Material) -> bool:
        hosts = (place.host for place in entry.lineage.places)
        fitness = judge(certificate, hosts, entry.lineage.units, now=self._now)
        self.changes += fitness.changes
        for check, message, is_refused in fitness.flaws:
            severity = Severity.ERROR if is_refused else Severity.WARNING
            self._say(entry, check, f"{path} {message}", severity)
        return not any(flaw.is_refused for flaw in fitness.flaws)

    def _certificate(self, path: str) -> tuple[str, Material]:
        """Return the path of a chain and what it holds. Errors: SourceError, naming the file."""
        found = self._read(path)
        for name in _CHAINS if found == _FOLDER else ():
            path_in = f"{path.rstrip('/')}/{name}"
            found = self._read(path_in)
            if found != _ABSENT:
                path = path_in
                break
        if isinstance(found, str):
            wanted = f", want a certificate, or a folder with {_CHAINS[0]}"
            raise SourceError(f"{path} {found}{wanted if found == _ABSENT else ''}")
        if found.kind != "certificate":
            raise SourceError(f"{path} is a {found.kind}, want a certificate")
        return path, found

    def _public(self, named: str, usual: str, is_folder: bool) -> Material | None:
        """Return the public key that is *named*, or lies in the folder. Errors: SourceError."""
        if not named and not is_folder:
            return None
        path = named or usual
        found = self._read(path)
        if found == _ABSENT and not named:
            return None
        if isinstance(found, str):
            raise SourceError(f"{path} {found}")
        if found.kind == "private key":
            raise SourceError(f"{path} is a private key, want its public part alone")
        return found

    def _read(self, path: str) -> Material | str:
        """Return what the file at *path* holds, or why it cannot be used."""
        try:
            is_outside = path.startswith("/")
            data = (
                read_outside(Path(path), MAX_OCTETS)
                if is_outside
                else self._tree.read(path, MAX_OCTETS)
            )
        except SourceError as error:
            return error.reason
        found = read_material(data)
        return found if isinstance(found, Material) else found.reason

    def _say(
        self, entry: MapEntry, check: str, message: str, severity: Severity = Severity.ERROR
    ) -> None:
        where: Location = entry.certificate_at
        self.findings.append(Finding(where, severity, check, message))
