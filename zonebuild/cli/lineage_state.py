"""What is remembered of a lineage's tracks, changed by a person, under the lock of the site."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.tlsa.parameters import Wrong
from zonebuild.tlsa.state import Key, State

if TYPE_CHECKING:
    from zonebuild.builder.places import Places

_PATIENCE = 60.0  # seconds to wait for a run that is under way
LEAST_DIGITS = 8  # of a digest that stands for a key
Change = Callable[[State], "State | Wrong"]


def change_tracks(lineage: str, command: str, change: Change, *, units: tuple[str, ...]) -> int:
    """Let *change* give a new state of each track of *lineage* that is one of *units*.

    A `Wrong` from all of them is a refusal, and changes nothing. The next run goes by the new ones.
    Returns the exit code: 0 done, 1 refused, 2 could not.
    """
    from zonebuild.builder.places import find_places
    from zonebuild.files.lock import Lock, LockError
    from zonebuild.files.write import WriteError

    root = Path.cwd()
    if not (root / "zones").is_dir():
        return fail(f"{root} is no site: it has no folder zones/")
    places = find_places(root)
    try:
        with Lock(places.lock, command=f"zonebuild lineage {command}", wait=_PATIENCE):
            return _change(places, lineage, change, units)
    except (LockError, WriteError) as error:
        return fail(str(error))


def _change(places: Places, lineage: str, change: Change, units: tuple[str, ...]) -> int:
    from zonebuild.builder.lineages.certificates import STAGE
    from zonebuild.builder.lineages.observation import STATE_FILE, kept_states
    from zonebuild.files.write import replace_file
    from zonebuild.tlsa.state_text import states_text

    states = kept_states(places.root)
    changed = _changed(states, lineage, change, units)
    if isinstance(changed, Wrong):
        return refuse(f"{lineage} {changed.reason}")
    replace_file(places.root / STATE_FILE, states_text((states | changed).values()))
    places.stamps(STAGE).unlink(missing_ok=True)
    return 0


def _changed(
    states: Mapping[tuple[str, str], State], lineage: str, change: Change, units: tuple[str, ...]
) -> dict[tuple[str, str], State] | Wrong:
    own = {name: state for name, state in states.items() if name[0] == lineage}
    if not own:
        known = ", ".join(sorted({name for name, _ in states})[:5]) or "none"
        return Wrong(f"is no lineage that was built, want one of its own: {known}")
    tried = {name: change(state) for name, state in own.items() if name[1] in units}
    if not tried:
        return Wrong(
            f"has no {' or '.join(units)} that takes turns: its records are of another kind"
        )
    done = {name: state for name, state in tried.items() if isinstance(state, State)}
    return done or next(wrong for wrong in tried.values() if isinstance(wrong, Wrong))


def find_key(state: State, digits: str) -> Key | Wrong:
    """Return the key of *state* whose digest begins with *digits*."""
    wanted = digits.lower().removesuffix("…")
    fitting = [key for key in state.keys if key.pin.name.startswith(wanted)]
    if len(fitting) == 1 and len(wanted) >= LEAST_DIGITS:
        return fitting[0]
    listed = ", ".join(str(key.pin) for key in state.keys) or "none"
    return Wrong(f"lists no key {digits!a}, want {LEAST_DIGITS} digits or more of one: {listed}")


def refuse(message: str) -> int:
    """Say on standard error why nothing was done; return the exit code of a refusal."""
    print(f"zonebuild: {message}", file=sys.stderr)
    return 1
