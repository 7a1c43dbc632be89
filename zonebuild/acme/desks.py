"""The directories that a run talks with, each opened once, with our account where it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from zonebuild.acme.account import AccountFolder, Applicant, enter, find_account, register
from zonebuild.acme.clock import Clock
from zonebuild.acme.directory import Desk
from zonebuild.acme.ledger import Event, What, refuse_account
from zonebuild.acme.plan import Place, Plan
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.state import State
from zonebuild.acme.wire import Wire
from zonebuild.files.read import SourceError, read_outside

_LIMIT = 1 << 14  # octets of a file with an HMAC key


@dataclass(slots=True)
class Desks:
    """What is open. made: the accounts that this run registered, by directory."""

    plan: Plan
    state: State
    clock: Clock
    made: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Desk] = field(default_factory=dict)
    _faults: dict[str, AcmeError] = field(default_factory=dict)
    _entered: set[str] = field(default_factory=set)

    def plain(self, place: Place) -> Desk:
        """Return the directory; what it said that is wrong is said again at every call.

        Errors: AcmeError.
        """
        if place.name in self._faults:
            raise self._faults[place.name]
        if place.name not in self._open:
            ca_file = str(self.plan.path(place.ca.ca_file)) if place.ca.ca_file else ""
            desk = Desk(place.url, Wire(ca_file=ca_file, clock=self.clock))
            desk.wire.allow(self.plan.config.wait)
            try:
                _ = desk.directory
            except AcmeError as error:
                self._faults[place.name] = error
                raise
            self._open[place.name] = desk
        return self._open[place.name]

    def entered(self, place: Place) -> Desk:
        """Return the directory with our account, which is made where there is none.

        Errors: AcmeError, WriteError.
        """
        desk = self.plain(place)
        desk.wire.allow(self.plan.config.wait)
        if place.name not in self._entered:
            try:
                if not enter(desk, self.folder(place)):
                    self.register(place)
            except AcmeError as error:
                self._faults[place.name] = error
                raise
            self.folder(place).keep_names(desk.directory.caa)
            self._entered.add(place.name)
        return desk

    def enter_again(self, place: Place) -> Desk:
        """Return the directory after it forgot our account: found again, or made anew.

        Errors: AcmeError, WriteError.
        """
        desk = self.plain(place)
        if not find_account(desk, self.folder(place)):
            self.register(place)
        return desk

    def register(self, place: Place) -> str:
        """Make an account and return its URL, where the CA's limits allow.

        Errors: AcmeError, WriteError.
        """
        now = self.clock.now()
        refusal = refuse_account(self.state.events, place.name, place.limits, now)
        if refusal is not None:
            raise AcmeError(refusal.reason, until=refusal.until)
        applicant = Applicant(place.ca.contact, self._binding(place))
        url = register(self.plain(place), self.folder(place), applicant)
        self.state.note(Event(now, What.REGISTERED, place.name), now=now)
        self.made[place.name] = url
        return url

    def folder(self, place: Place) -> AccountFolder:
        """Return the folder of our account."""
        return AccountFolder(self.plan.path(self.plan.config.accounts) / place.folder)

    def close(self) -> None:
        """Close all connections."""
        for desk in self._open.values():
            desk.wire.close()

    def _binding(self, place: Place) -> tuple[str, str, str] | None:
        eab = place.ca.eab
        if eab is None:
            return None
        try:
            data = read_outside(self.plan.path(eab.key_file), _LIMIT)
        except SourceError as error:
            raise AcmeError(f"the HMAC key {eab.key_file} {error.reason}") from error
        return eab.kid, data.decode("utf-8", "replace").strip(), eab.hash
