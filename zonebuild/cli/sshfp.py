"""`zonebuild sshfp approve|list`: which SSH host keys are published, and which may be.

An approval is a file, approved/sshfp/HOST, that is committed like any other change.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail
from zonebuild.cli.people import who_asks
from zonebuild.report.text import utc
from zonebuild.sshfp.approval import NONE, Damaged, read_what
from zonebuild.sshfp.host import read_host
from zonebuild.sshfp.key import WORDS, shown, word_of

if TYPE_CHECKING:
    from zonebuild.sshfp.state import Entry, State

_LIMIT = 1 << 26  # octets of state/sshfp


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions."""
    actions = parser.add_subparsers(metavar="approve|list", required=True, dest="action")
    line = "write the approval of a host's key, or of its having none"
    command = actions.add_parser("approve", help=line, description=line, allow_abbrev=False)
    command.add_argument("host", metavar="HOST")
    form = "64 hex digits, or SHA256:… as ssh-keygen -l prints it; none: no SSHFP"
    command.add_argument("fingerprint", metavar="FINGERPRINT", help=form)
    text = "of which kind the key is; default: as state/sshfp knows it"
    command.add_argument("--algorithm", choices=sorted(WORDS), help=text)
    line = "print the keys that are published, withdrawn or held"
    command = actions.add_parser("list", help=line, description=line, allow_abbrev=False)
    text = "print HOST and FINGERPRINT of those that want approval, and no more"
    command.add_argument("--held", action="store_true", help=text)


def run(options: argparse.Namespace) -> int:
    """Run the action on the site in this folder: 0 done, 2 could not."""
    root = Path.cwd()
    if not (root / "zones").is_dir():
        return fail(f"{root} has no zones/: want the folder of a site")
    state = _state(root)
    if isinstance(state, str):
        return fail(state)
    if options.action == "list":
        sys.stdout.writelines(_held_lines(state) if options.held else _lines(state))
        return 0
    return _approve(root, state, options.host, options.fingerprint, options.algorithm)


def _state(root: Path) -> State | str:
    """Return what the builder remembers, nothing on a machine that does not build; or why not."""
    from zonebuild.builder.machines.hostkeys import STATE_FILE
    from zonebuild.files.read import SourceError, read_outside
    from zonebuild.sshfp.state import State, read_state

    path = root / "state" / STATE_FILE
    if not os.path.lexists(path):
        return State()
    try:
        state = read_state(read_outside(path, _LIMIT))
    except SourceError as error:
        return f"state/{STATE_FILE} {error.reason}"
    return f"state/{STATE_FILE} is damaged; the next run mends it" if state is None else state


def _lines(state: State) -> Iterator[str]:
    keys = [(slot, e.fingerprint, _what(e)) for slot, e in state.entries.items()]
    keys += [(slot, fingerprint, "held") for slot, fingerprint in state.held]
    for (host, algorithm), fingerprint, what in sorted(keys):
        yield f"{host} {word_of(algorithm)} {shown(fingerprint)} {what}\n"


def _what(entry: Entry) -> str:
    if entry.withdrawn:
        return "withdrawn"
    return "missing" if entry.missing else "published"


def _held_lines(state: State) -> Iterator[str]:
    for slot, fingerprint in sorted(state.held):
        yield f"{slot.host} {shown(fingerprint)}\n"


def _approve(root: Path, state: State, written: str, word: str, algorithm: str | None) -> int:
    from zonebuild.builder.machines.approved_keys import add_approval, approval_path
    from zonebuild.files.read import SourceError
    from zonebuild.files.write import WriteError

    host, what = read_host(written), read_what(word)
    if host is None:
        return fail(f"{written!a} is not a host name")
    if what is None:
        return fail(f"{word!a} is no fingerprint: want SHA256:… or 64 hex digits, or none")
    known = _algorithms(state, host, what)
    chosen = frozenset({WORDS[algorithm]}) if algorithm else known
    if not chosen:
        return fail(f"no such key of {host} is known here: want --algorithm ed25519, or its kind")
    if what != NONE and chosen.isdisjoint(known) and (state.entries or state.held):
        print(f"zonebuild: note: {host} does not offer this key yet", file=sys.stderr)
    try:
        comment = f"{who_asks()}, {utc(int(time.time()))}"
        path = add_approval(root, host, dict.fromkeys(chosen, what), comment)
    except Damaged as error:
        return fail(f"{approval_path(host)}:{error.line}: {error}; mend it, or remove it")
    except SourceError as error:
        return fail(f"{approval_path(host)} {error.reason}")
    except WriteError as error:
        return fail(str(error))
    print(f"wrote {path}: commit it")
    return 0


def _algorithms(state: State, host: str, what: str) -> frozenset[int]:
    """Return the algorithms of the key *what*, or of all that *host* has published."""
    published = {(slot, e.fingerprint) for slot, e in state.entries.items()}
    return frozenset(
        slot.algorithm
        for slot, fingerprint in published | state.held
        if slot.host == host and what in (NONE, fingerprint)
    )
