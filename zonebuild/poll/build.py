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

    lock: a descriptor that it inherits. What failed is told after a line with the exit code.
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
    meaning = _MEANINGS.get(done.code, "it did not come to its end")
    code = done.code if done.code in _KNOWN else _MACHINE
    title = f"{root}: doit ended with exit code {done.code}: {meaning}"
    return code, f"{title}\n{done.told.strip() or 'it said nothing'}\n"
