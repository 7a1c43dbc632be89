"""The stage `look`: ask name servers and endpoints, and keep what they say for the next run.

It comes last, without the lock: no build waits for it, and what this run handed off is judged by
the next one, which reads `state/observed`. Only a map with `look: true` is looked after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zonebuild.builder.lineages.questions import Questions
from zonebuild.builder.lineages.taking import TrackName
from zonebuild.builder.outside.keyring import read_keyring
from zonebuild.builder.outside.looking import LONGEST, Question, Seen, look
from zonebuild.builder.places import STATE
from zonebuild.builder.run import Run, open_run
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.site.tlsa_map import MAP_FILE, MapEntry, TlsaMap, read_map
from zonebuild.site.yaml import MAX_OCTETS
from zonebuild.tlsa.observed_text import observed_text, read_observed
from zonebuild.tlsa.parameters import unit_of
from zonebuild.tlsa.phase import is_quiet
from zonebuild.tlsa.places import Place
from zonebuild.tlsa.state import Observation, State
from zonebuild.tlsa.state_text import read_states

STATE_FILE, OBSERVED_FILE = f"{STATE}/tlsa", f"{STATE}/observed"
_LIMIT = 1 << 28  # octets
_SOON, _SELDOM = 60, 900  # seconds between two looks at what moves, and at what does not


def kept_states(root: Path) -> dict[TrackName, State]:
    """Return what is remembered of all tracks; nothing where that is lost."""
    return read_states(_content(root / STATE_FILE))


def kept_observations(root: Path) -> dict[TrackName, Observation]:
    """Return what was seen last, by track."""
    return read_observed(_content(root / OBSERVED_FILE))


def _content(path: Path) -> bytes:
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return b""


def look_out(root: Path, *, now: int, longest: float = LONGEST, is_all: bool = False) -> int:
    """Look at whatever is due in the site at *root*; return when to look again, or 0.

    now: Unix seconds. longest: seconds for all questions. is_all: look at all, due or not.
    Errors: SiteError, WriteError.
    """
    with open_run(root, now=now, command="", is_builder=False) as run:
        wanted = _map_of(run)
        if wanted is None or not wanted.look:
            return 0
        entries = {(name, u): e for name, e in wanted.entries.items() for u in e.lineage.units}
        states = {name: s for name, s in kept_states(root).items() if name in entries}
        known = {name: seen for name, seen in kept_observations(root).items() if name in states}
        due = list(states) if is_all else _due_tracks(states, known, entries, now)
        if due:
            known |= _Look(run, wanted, states).at(due, longest)
            replace_file(root / OBSERVED_FILE, observed_text(known))
    return min((_next(known.get(n), states[n], entries[n], now) for n in states), default=0)


def _map_of(run: Run) -> TlsaMap | None:
    """Return the map, None where it is wrong: the stage `tlsa` tells why."""
    try:
        return read_map(run.tree.read(MAP_FILE, MAX_OCTETS), run.site.host)[0]
    except SourceError:
        return None


def _due_tracks(
    states: Mapping[TrackName, State],
    known: Mapping[TrackName, Observation],
    entries: Mapping[TrackName, MapEntry],
    now: int,
) -> list[TrackName]:
    """Return the tracks to look at, in the order of their need: what was never seen comes first."""
    past = {name: seen for name, seen in known.items() if seen.at <= now}
    due = [n for n, s in states.items() if now >= _next(past.get(n), s, entries[n], 0)]
    return sorted(due, key=lambda name: (_at(known.get(name)), name))


def _at(seen: Observation | None) -> int:
    return seen.at if seen else 0


def _next(seen: Observation | None, state: State, entry: MapEntry, now: int) -> int:
    """Return when the track of *state* is due, at the earliest after *now*."""
    owners = {place.owner for place in _of_unit(entry, state.unit)}
    if seen is None or seen.epoch != state.epoch or not is_quiet(state, owners):
        return now and now + _SOON
    return max(seen.at + _SELDOM, now)


def _of_unit(entry: MapEntry, unit: str) -> Iterator[Place]:
    for place in entry.lineage.places:
        if any(unit_of(parameters) == unit for parameters in place.parameters):
            yield place


class _Look:
    """One look. Every owner is asked about once, whatever tracks share it."""

    def __init__(self, run: Run, wanted: TlsaMap, states: Mapping[TrackName, State]) -> None:
        self._run, self._wanted, self._states = run, wanted, states
        self._questions = Questions(run, wanted, states)

    def at(self, names: Iterable[TrackName], longest: float) -> dict[TrackName, Observation]:
        """Return what is seen of the tracks with these *names*."""
        places = {name: tuple(_of_unit(self._wanted.entries[name[0]], name[1])) for name in names}
        every = {place for some in places.values() for place in some}
        questions = {place: self._questions.about(place) for place in every}
        in_order = dict.fromkeys(place for some in places.values() for place in some)
        keyring, _ = read_keyring(self._run)
        asked = [questions[place] for place in in_order]
        seen = look(asked, longest=longest, keyring=keyring)
        return {
            name: self._observation(name, {p.owner: questions[p] for p in some}, seen)
            for name, some in places.items()
        }

    def _observation(
        self, name: TrackName, questions: Mapping[str, Question], seen: Seen
    ) -> Observation:
        servers = {owner: seen.servers(question) for owner, question in questions.items()}
        shown = {owner: seen.endpoints(question, name[1]) for owner, question in questions.items()}
        return Observation(
            self._states[name].epoch,
            self._run.now,
            {owner: views for owner, views in servers.items() if views is not None},
            {owner: each for owner, each in shown.items() if each is not None},
        )
