"""Run `doit`, the whole of it, as a program of its own."""

from __future__ import annotations

from zonebuild.poll.child import ChildError, Done, run_child
from zonebuild.poll.program import isolated_command, isolated_environment

_KNOWN = (0, 1, 2)
_MACHINE = 2
_MEANINGS = {
    1: "a zone failed or is held",
    2: "the machine or the configuration is at fault",
    3: "doit does not accept dodo.py",
}


def run_doit(root: str, *, lock: int) -> tuple[int, str]:
    """Return the exit code of `doit` in *root*, 0, 1 or 2, and what it told.

    lock: a descriptor that it inherits. The first line says what is wrong with which zone.
    """
    command = isolated_command("zonebuild.tasks.isolated")
    environment = isolated_environment(root)
    try:
        done = run_child(command, root, lock=lock, environment=environment, is_answer_told=True)
    except ChildError as error:
        return _MACHINE, str(error)
    return result_of(done, root)


def result_of(done: Done, root: str) -> tuple[int, str]:
    """Return what `run_doit` does, of a `doit` in *root* that has ended."""
    if done.code == 0:
        return 0, done.told
    code = done.code if done.code in _KNOWN else _MACHINE
    headline = _headline(root) if done.code == 1 else ""
    if not headline:
        meaning = _MEANINGS.get(done.code, "it did not come to its end")
        headline = f"doit ended with exit code {done.code}: {meaning}"
    return code, f"{root}: {headline}\n{done.told.strip() or 'it printed nothing'}\n"


def _headline(root: str) -> str:
    """Return in one sentence what the run that has just ended found wrong, "" if not known."""
    from pathlib import Path

    from zonebuild.builder.outcome import read_outcome
    from zonebuild.builder.places import find_places

    return read_outcome(find_places(Path(root)).outcome).headline()
