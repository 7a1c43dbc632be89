"""The certificates and public keys that the map names, read and judged."""

from __future__ import annotations

from pathlib import Path

from zonebuild.builder.lineages.issuer_sets import Issuers
from zonebuild.builder.lineages.taking import Held
from zonebuild.diagnostic import Finding, Location, Severity, Waiting, has_errors
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.site.tlsa_map import MapEntry
from zonebuild.tlsa.fitness import judge
from zonebuild.tlsa.material import MAX_OCTETS, Material, read_material

_CHAINS = ("fullchain.pem", "cert.pem")  # in a folder, the first that is there
_ISSUED = "issued.pem"  # in the folder of a certificate store: the newest chain, exported or not
_NEXT, _KEY = "next.pub", "key.pub"
_ABSENT, _FOLDER = "does not exist", "is a directory"


class Store:
    """Reads what lies in the tree, or at absolute paths. now: Unix seconds.

    findings: what is wrong. waitings: for first certificates.
    changes: Unix seconds at which a certificate begins or ends.
    paths: all that was looked for, there or not.
    """

    def __init__(self, tree: SourceTree, *, now: int) -> None:
        self._tree, self._now = tree, now
        self.findings: list[Finding] = []
        self.waitings: list[Waiting] = []
        self.changes: list[int] = []
        self.paths: dict[str, None] = {}
        self._issuers = Issuers(tree, now=now)

    def take(self, entry: MapEntry) -> Held | None:
        """Return what lies there for a lineage, None where nothing of it may be used now."""
        held = self._held(entry)
        issuers = self._issuers.pins(entry)
        self.paths |= self._issuers.paths
        return held and held._replace(issuers=issuers)

    def _held(self, entry: MapEntry) -> Held | None:
        folder = entry.certificate.rstrip("/")
        try:
            found = self._read(entry.certificate)
            newest = self._read(f"{folder}/{_ISSUED}") if found == _FOLDER else _ABSENT
            if newest != _ABSENT:
                issued = _as_certificate(f"{folder}/{_ISSUED}", newest, "")
                return self._kept(entry, folder, issued)
            if (entry.issue or entry.source) and self._is_unissued(folder, found):
                self._wait(entry)
                return None
            path, certificate = self._certificate(entry.certificate, found)
            is_folder = path != entry.certificate
            own = self._public(entry.public_key, f"{folder}/{_KEY}", is_folder)
            planned = self._public(entry.next, f"{folder}/{_NEXT}", is_folder)
        except SourceError as error:
            self._say(entry, "certificate-unreadable", error.reason)
            return None
        if own is not None and own.public_key != certificate.public_key:
            message = f"{path} is for another key than {entry.public_key or _KEY} holds"
            self._say(entry, "certificate-key-mismatch", f"{message}, want its own")
            return None
        is_fit = self._is_fit(entry, path, certificate)
        return Held(certificate, certificate, planned) if is_fit else None

    def _kept(self, entry: MapEntry, folder: str, issued: Material) -> Held | None:
        """Return what a certificate store has: one that holds a chain back until it may go out.

        Where the newest chain is not fit, it is as if it had never been issued.
        Errors: SourceError.
        """
        path = f"{folder}/{_CHAINS[0]}"
        found = self._read(path)
        exported = None if found == _ABSENT else _as_certificate(path, found, "")
        planned = self._public(entry.next, f"{folder}/{_NEXT}", is_folder=True)
        is_new = exported is None or issued.certificate != exported.certificate
        if is_new and self._is_fit(entry, f"{folder}/{_ISSUED}", issued):
            return Held(issued, exported, planned, has_keeper=True)
        if exported is not None and self._is_fit(entry, path, exported):
            return Held(exported, exported, planned, has_keeper=True)
        return None

    def _is_fit(self, entry: MapEntry, path: str, certificate: Material) -> bool:
        hosts = (place.host for place in entry.lineage.places)
        fitness = judge(certificate, hosts, entry.lineage.units, now=self._now)
        self.changes += fitness.changes
        for check, message, is_refused in fitness.flaws:
            severity = Severity.ERROR if is_refused else Severity.WARNING
            self._say(entry, check, f"{path} {message}", severity)
        wrong = list(self._issuers.judge(entry, path, certificate))
        self.findings += wrong
        return not any(flaw.is_refused for flaw in fitness.flaws) and not has_errors(wrong)

    def _certificate(self, path: str, found: Material | str) -> tuple[str, Material]:
        """Return the path of a chain and what it holds, where *found* is what lies at *path*.

        Errors: SourceError, naming the file.
        """
        for name in _CHAINS if found == _FOLDER else ():
            path_in = f"{path.rstrip('/')}/{name}"
            found = self._read(path_in)
            if found != _ABSENT:
                path = path_in
                break
        return path, _as_certificate(path, found, f", or a folder with {_CHAINS[0]}")

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
        self.paths[path] = None
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

    def _is_unissued(self, folder: str, found: Material | str) -> bool:
        """Say whether there is no chain yet, where *found* is what lies at the lineage's path."""
        return found == _ABSENT or (
            found == _FOLDER and all(self._read(f"{folder}/{n}") == _ABSENT for n in _CHAINS)
        )

    def _wait(self, entry: MapEntry) -> None:
        what = f"the first certificate of {entry.lineage.name}"
        why = f"nothing lies at {entry.certificate} yet"
        way_on = "the next run of `doit acme`" if entry.issue else "`zonebuild export` takes it"
        self.waitings.append(Waiting(what, why, None, way_on))

    def _say(
        self, entry: MapEntry, check: str, message: str, severity: Severity = Severity.ERROR
    ) -> None:
        where: Location = entry.certificate_at
        self.findings.append(Finding(where, severity, check, message))


def _as_certificate(path: str, found: Material | str, more: str) -> Material:
    """Return what was *found* at *path* if it is a certificate. Errors: SourceError.

    more: what else would do.
    """
    if isinstance(found, str):
        wanted = f", want a certificate{more}"
        raise SourceError(f"{path} {found}{wanted if found == _ABSENT else ''}")
    if found.kind != "certificate":
        raise SourceError(f"{path} is a {found.kind}, want a certificate")
    return found
