"""What is known of a site, read from state/, signed/ and certs/: values, and who reads them.

Nothing here asks the network or takes the builder's lock, and no whole signed zone is read: a site
of a thousand zones answers at once. What is missing or damaged is left out; what may not be read is
named in `Facts.unreadable`, since what is not seen cannot be called well.
"""

from __future__ import annotations

import json
import os
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from zonebuild.acme.memory import Memory, read_memories
from zonebuild.acme.plan import GOOD_MAP
from zonebuild.acme.state import FOLDER as ACME_FOLDER
from zonebuild.builder.delivery.arrival_state import Arrival, remembered
from zonebuild.builder.lineages.observation import kept_observations, kept_states
from zonebuild.builder.outcome import Outcome, read_outcome
from zonebuild.builder.places import PRIVATE, SIGNED, STATE, UNSIGNED, Places, find_places
from zonebuild.builder.plans.freeze import Freezes, read_freezes
from zonebuild.builder.remembered.serials import SerialsError, read_serials
from zonebuild.builder.run import read_settings
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.poll.last_run import FOLDER as RUNS
from zonebuild.poll.last_run import LastRun, last_runs
from zonebuild.poll.news import Memory as Troubles
from zonebuild.poll.news import parse_memory
from zonebuild.poll.turn import LOCK
from zonebuild.signers.local.state import state_from_text
from zonebuild.site.config import Site
from zonebuild.site.names import SUFFIX, ZONES_DIRECTORY, file_name, is_skipped, zone_name_from_file
from zonebuild.tlsa.state import State

AUDIT_FILE = f"{STATE}/audit.json"
_ACME_MEMORY, _TROUBLES = f"{ACME_FOLDER}/lineages", f"{STATE}/poll.json"
_HEAD = 4096  # octets of a signed zone: its SOA and the signature of that come first
_SMALL, _LARGE = 1 << 20, 1 << 28  # octets
_MAX_TIME = 1 << 36  # seconds; a year that calendars know


class ServerFacts(NamedTuple):
    """What one server had when it was asked last. Times are Unix seconds, 0: not known.

    serial: None where it gave none. checked: when it was asked. answered: when it last answered.
    behind: since when it lacks what the signer has.
    """

    serial: int | None
    checked: int = 0
    answered: int = 0
    first_end: int = 0
    problem: str = ""
    behind: int = 0


class DsFacts(NamedTuple):
    """What the parent's servers had. state: as the audit calls it.

    checked: when that was seen; since: the first time of it, 0 where that is not known; Unix
    seconds.
    """

    state: str
    checked: int
    since: int = 0


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """One zone. Serials are None, times (Unix seconds) 0 where they are not known.

    first_end: when its first signature ends. renewal: when they are to be made again, known of
    the embedded signer alone. valid_from: the latest inception. expire: of the SOA, seconds.
    is_own: whether this program signed it; seen: when the audit read another signer's copy last.
    keys: tag, algorithm, digest.
    """

    apex: str
    built: int | None = None
    signed: int | None = None
    first_end: int = 0
    renewal: int = 0
    valid_from: int = 0
    expire: int = 0
    is_own: bool = False
    seen: int = 0
    servers: Mapping[str, ServerFacts] = field(default_factory=dict)
    keys: tuple[Mapping[str, object], ...] = ()
    ds: DsFacts | None = None


@dataclass(frozen=True, slots=True)
class LineageFacts:
    """One lineage of tlsa-map.yaml. Times are Unix seconds, 0 where they are not known.

    path: of the certificate that hosts may serve. start, end: its dates. newest_end: the end of
    the newest one, exported or not. is_renewed: whether `acme run` asks for the next.
    roll_after: the age, in seconds, at which its key is replaced, 0 for never.
    list_end: when its list of issuers is too old.
    """

    name: str
    path: str
    start: int = 0
    end: int = 0
    newest_end: int = 0
    is_renewed: bool = False
    roll_after: int = 0
    list_end: int = 0
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known. now: Unix seconds. unreadable: what could not be read, and why.

    looks: when each track was last looked at from outside. begun: when the last poll began, Unix
    seconds. is_built: whether any run was made here.
    accounts: URL by CA. troubles: what poll told last.
    """

    places: Places
    now: int
    site: Site | None
    zones: Mapping[str, ZoneFacts]
    lineages: Mapping[str, LineageFacts]
    tracks: Mapping[tuple[str, str], State]
    looks: Mapping[tuple[str, str], int]
    runs: Mapping[str, LastRun]
    begun: int
    outcome: Outcome
    freezes: Freezes
    troubles: Troubles
    accounts: Mapping[str, str]
    is_built: bool
    unreadable: tuple[str, ...] = ()


def gather(root: Path, now: int) -> Facts:
    """Return what is known of the site at *root*. now: Unix seconds."""
    return _Gathering(root, now).facts()


class _Gathering:
    """One reading of a site, which collects what could not be read."""

    def __init__(self, root: Path, now: int) -> None:
        self._root, self._now = root, now
        self._places = find_places(root)
        self._unreadable: list[str] = []

    def facts(self) -> Facts:
        """Read all of it."""
        self._check_folders()
        zones, outcome = self._zones(), self._outcome()
        site = self._site()
        lineages = self._lineages(site)
        return Facts(
            places=self._places,
            now=self._now,
            site=site,
            zones=zones,
            lineages=lineages,
            tracks=kept_states(self._root) if lineages else {},
            looks={n: seen.at for n, seen in kept_observations(self._root).items()},
            runs=last_runs(str(self._root)),
            begun=self._begun(),
            outcome=outcome,
            freezes=read_freezes(self._places, self._now),
            troubles=parse_memory(self._text(_TROUBLES, _SMALL)),
            accounts=dict(self._accounts(site)),
            is_built=not outcome.is_lost or any(z.built is not None for z in zones.values()),
            unreadable=tuple(dict.fromkeys(self._unreadable)),
        )

    def _check_folders(self) -> None:
        """Note which folders may not be read: what they hold would look as if it were not there."""
        for folder in (STATE, RUNS, f"{STATE}/signed", SIGNED):
            path = self._root / folder
            if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):
                self._unreadable.append(f"{folder}/ may not be read by this user")

    def _begun(self) -> int:
        """Return when the last poll began, Unix seconds, 0 where none is known."""
        try:
            return int(os.stat(self._places.cache / LOCK).st_mtime)
        except OSError:
            return 0

    def _site(self) -> Site | None:
        from zonebuild.builder.places import SiteError

        try:
            return read_settings(self._root)
        except SiteError as error:
            self._unreadable.append(str(error))
            return None

    def _outcome(self) -> Outcome:
        found = read_outcome(self._places.outcome)
        if found.is_lost and os.path.lexists(self._places.outcome):
            self._text(f"{STATE}/outcome.json", _LARGE)  # says so where it may not be read
            self._unreadable.append(
                f"{STATE}/outcome.json cannot be used: what failed is not known until the next run"
            )
        return found

    # -- zones ------------------------------------------------------------------------------

    def _zones(self) -> dict[str, ZoneFacts]:
        try:
            serials = read_serials(self._places.serials)
        except SerialsError as error:
            serials = {}
            self._unreadable.append(str(error))
        arrivals, audits = remembered(self._places), self._audits()
        apexes = {*self._names(ZONES_DIRECTORY, SUFFIX), *self._names(UNSIGNED, "")}
        return {
            apex: self._zone(
                apex,
                serials[apex].serial if apex in serials else None,
                arrivals.get(apex),
                _mapping(audits.get(apex)),
            )
            for apex in sorted(apexes)
        }

    def _names(self, folder: str, suffix: str) -> Iterator[str]:
        try:
            names = os.listdir(self._root / folder)
        except FileNotFoundError:
            return
        except OSError as error:
            self._unreadable.append(f"{folder}/: {(error.strerror or 'unreadable').lower()}")
            return
        for name in names:
            if name.endswith(suffix) and not is_skipped(name):
                apex = zone_name_from_file(name.removesuffix(suffix))
                if isinstance(apex, str):
                    yield apex

    def _zone(
        self, apex: str, built: int | None, arrival: Arrival | None, audit: Mapping[str, Any]
    ) -> ZoneFacts:
        name = file_name(apex)
        kept = state_from_text(self._text(f"{STATE}/signed/{name}", _SMALL))
        head = read_head(self._head(f"{SIGNED}/{name}"))
        signatures, ds = _mapping(audit.get("signatures")), _mapping(audit.get("ds"))
        ends = [head.end, kept.first_end if kept else 0, _time(signatures.get("first_end"))]
        return ZoneFacts(
            apex,
            built,
            head.serial if head.serial is not None else kept.serial if kept else None,
            min((each for each in ends if each), default=0),
            kept.due_at if kept else 0,
            kept.valid_from if kept else _time(signatures.get("latest_inception")),
            head.expire or read_head(self._head(f"{UNSIGNED}/{name}")).expire,
            bool(head.end or kept),
            _time(audit.get("at")),
            dict(_servers(arrival, _mapping(audit.get("servers")))),
            _keys(audit.get("keys"), head),
            _ds(ds) if "state" in ds else None,
        )

    def _audits(self) -> Mapping[str, Any]:
        """Return what the task `audit` found of each zone; nothing where that is lost."""
        try:
            data = _mapping(json.loads(self._text(AUDIT_FILE, _LARGE) or "{}"))
        except (ValueError, RecursionError):
            return {}
        at = data.get("at")
        return {apex: {"at": at, **_mapping(z)} for apex, z in _mapping(data.get("zones")).items()}

    # -- lineages ---------------------------------------------------------------------------

    def _lineages(self, site: Site | None) -> dict[str, LineageFacts]:
        from zonebuild.site.host import NO_TERMS
        from zonebuild.site.tlsa_map import MAP_FILE, read_map
        from zonebuild.site.yaml import MAX_OCTETS

        data = self._text(MAP_FILE, MAX_OCTETS)
        terms = site.host if site else NO_TERMS
        wanted = read_map(data.encode(), terms)[0] if data else None
        if data and wanted is None:  # what is wrong with it is the stage's to report
            good = self._text(GOOD_MAP, MAX_OCTETS, is_private=True)
            wanted = read_map(good.encode(), terms)[0] if good else None
        if wanted is None or not wanted.entries:
            return {}
        from zonebuild.builder.lineages.issuer_sets import Issuers

        memories = read_memories(self._text(_ACME_MEMORY, _LARGE, is_private=True).encode())
        found = {}
        with SourceTree(self._root, forbidden=PRIVATE) as tree:
            issuers = Issuers(tree, now=self._now)
            for name, entry in wanted.entries.items():
                path, dates, newest = self._certificate(tree, entry.certificate)
                found[name] = LineageFacts(
                    name,
                    path,
                    *dates,
                    newest_end=newest,
                    is_renewed=entry.issue is not None,
                    roll_after=entry.roll_after,
                    list_end=issuers.end(entry),
                    memory=memories.get(name, Memory()),
                )
        return found

    def _certificate(self, tree: SourceTree, path: str) -> tuple[str, tuple[int, int], int]:
        """Return the file that hosts may serve, its dates, and the end of the newest."""
        folder = path.rstrip("/")
        for name in ("", "/fullchain.pem", "/cert.pem"):
            dates = self._dates(tree, folder + name)
            if dates != (0, 0):
                newest = self._dates(tree, f"{folder}/issued.pem") if name else dates
                return folder + name, dates, max(newest[1], dates[1])
        return path, (0, 0), self._dates(tree, f"{folder}/issued.pem")[1]

    def _dates(self, tree: SourceTree, path: str) -> tuple[int, int]:
        """Return from when to when the certificate at *path* is valid, zeros where none is."""
        from zonebuild.tlsa.fitness import judge
        from zonebuild.tlsa.material import MAX_OCTETS, Material, read_material

        try:
            is_outside = path.startswith("/")
            data = (
                read_outside(Path(path), MAX_OCTETS) if is_outside else tree.read(path, MAX_OCTETS)
            )
        except SourceError:
            return 0, 0
        found = read_material(data)
        if not isinstance(found, Material) or not found.certificate:
            return 0, 0
        changes = judge(found, (), ("key",), now=self._now).changes
        return (changes[0], changes[1] - 1) if len(changes) == 2 else (0, 0)

    def _accounts(self, site: Site | None) -> Iterator[tuple[str, str]]:
        """Yield each CA's name, as site.yaml has it, and the URL of the account there."""
        if site is None:
            return
        folder = self._root / site.acme.accounts
        try:
            names = sorted(os.listdir(folder))
        except OSError:  # there is none, or it is another user's: then it is nobody's business here
            return
        for name in names:
            url = self._text(f"{folder}/{name}/account", _SMALL, is_private=True).strip()
            if url:
                yield name.replace(".", "/"), url

    # -- files ------------------------------------------------------------------------------

    def _text(self, path: str, limit: int, *, is_private: bool = False) -> str:
        """Return the text at *path*, "" where there is none.

        is_private: another user may well not be allowed to read it.
        """
        place = self._root / path
        try:
            return read_outside(place, limit).decode("utf-8", "replace")
        except SourceError as error:
            if os.path.lexists(place) and not is_private:
                self._unreadable.append(f"{path} {error.reason}")
            return ""

    def _head(self, path: str) -> str:
        """Return the beginning of the signed zone at *path*, "" where there is none."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(self._root / path, flags)
        except FileNotFoundError:
            return ""
        except OSError as error:
            self._unreadable.append(f"{path}: {(error.strerror or 'unreadable').lower()}")
            return ""
        try:
            return os.read(descriptor, _HEAD).decode("utf-8", "replace")
        except OSError:  # a directory
            return ""
        finally:
            os.close(descriptor)


class SignedHead(NamedTuple):
    """What the beginning of a signed zone shows; None and 0 where it shows nothing.

    expire: of its SOA, seconds. end: when the signature of that ends, Unix seconds. tag, algorithm:
    of the key that made it.
    """

    serial: int | None = None
    expire: int = 0
    end: int = 0
    tag: int = 0
    algorithm: int = 0


def read_head(head: str) -> SignedHead:
    """Return what *head* shows, the beginning of a zone as this program writes it."""
    found = SignedHead()
    for line in head.split("\n", 4)[:4]:  # a built zone's $ORIGIN and $TTL come first
        fields = line.split("\t", 3)
        words = fields[3].split(" ") if len(fields) == 4 else []
        if fields[2:3] == ["SOA"] and len(words) == 7 and words[2].isdecimal():
            expire = int(words[5]) if words[5].isdecimal() else 0
            found = found._replace(serial=int(words[2]), expire=expire)
        elif fields[2:3] == ["RRSIG"] and len(words) > 6 and words[0] == "SOA":
            numbers = [int(word) if word.isdecimal() else 0 for word in (words[6], words[1])]
            end = _signature_time(words[4])
            found = SignedHead(found.serial, found.expire, end, *numbers)
    return found


def _signature_time(text: str) -> int:
    """Return the Unix seconds of YYYYMMDDHHmmSS (RFC 4034 section 3.2), 0 where it is none."""
    from time import strptime

    try:
        return timegm(strptime(text, "%Y%m%d%H%M%S"))
    except ValueError:
        return 0


def _ds(audited: Mapping[str, Any]) -> DsFacts:
    return DsFacts(
        str(audited["state"]), _time(audited.get("checked")), _time(audited.get("since"))
    )


def _keys(audited: object, head: SignedHead) -> tuple[Mapping[str, Any], ...]:
    """Return the keys that the audit saw; without one, the key that signed the SOA."""
    if isinstance(audited, list) and audited:
        return tuple(each for each in audited if isinstance(each, dict))
    return ({"tag": head.tag, "algorithm": head.algorithm, "digest": None},) if head.end else ()


def _servers(
    arrival: Arrival | None, audited: Mapping[str, Any]
) -> Iterable[tuple[str, ServerFacts]]:
    """Yield what each server had: what the audit saw last, else what arrival did."""
    for server, lag in (arrival.lags if arrival else {}).items():
        is_behind = arrival is not None and lag.milliseconds is None
        said, since = (lag.said, arrival.since) if arrival and is_behind else ("", 0)
        yield server, ServerFacts(lag.serial, problem=said, behind=since)
    for server, each in audited.items():
        facts = _mapping(each)
        serial, problem = facts.get("serial"), facts.get("problem")
        yield (
            server,
            ServerFacts(
                serial if isinstance(serial, int) else None,
                _time(facts.get("checked")),
                _time(facts.get("answered")),
                _time(facts.get("first_end")),
                problem if isinstance(problem, str) else "",
            ),
        )


def _mapping(value: object) -> Mapping[str, Any]:
    """Return *value* where it is an object of JSON, else an empty one."""
    return value if isinstance(value, dict) else {}


def _time(value: object) -> int:
    """Return *value* where it is a time in Unix seconds, else 0."""
    is_time = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_TIME
    return value if is_time and isinstance(value, int) else 0
