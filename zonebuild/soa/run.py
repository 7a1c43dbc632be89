"""One rendering: the names in force, what was written so far, how much may still be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_STEPS = 100_000  # template nodes visited by the turns of loops, together


class Problem(Exception):
    """What is wrong with a construct or a value. line: 1-based, in the template."""

    def __init__(self, check: str, message: str, line: int) -> None:
        self.check = check
        self.message = message
        self.line = line
        super().__init__(check, message, line)


class Undefined(Problem):
    """A name that is not given."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__("undefined-variable", message, line)


class TooLarge(Problem):
    """More output or more work than allowed; nothing goes on after it."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__("template-too-large", message, line)


class Run:
    """The state of one rendering.

    names: what the template may name. limit: characters of output.
    text parts and problems gather as it goes; lines: for each line written, the template's.
    """

    def __init__(self, names: Mapping[str, Any], limit: int) -> None:
        self.names = dict(names)
        self.parts: list[str] = []
        self.lines: list[int] = []
        self.problems: dict[tuple[int, str, str], None] = {}
        self._limit = limit
        self._left = limit
        self._steps = 0
        self._is_at_line_start = True

    def write(self, text: str, line: int, *, is_source: bool = False) -> None:
        """Add *text*, which comes from *line* of the template.

        is_source: its own line ends are line ends of the template.
        """
        if not text:
            return
        self._left -= len(text)
        if self._left < 0:
            raise TooLarge(f"the rendered head has more than {self._limit} characters", line)
        self.parts.append(text)
        if self._is_at_line_start:
            self.lines.append(line)
        self._is_at_line_start = text.endswith("\n")
        begun = text.count("\n") - self._is_at_line_start
        self.lines += [line + i * is_source for i in range(1, begun + 1)]

    def spend(self, steps: int, line: int) -> None:
        """Count *steps* of work."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooLarge("the loops of the head take too many turns, want fewer", line)

    def report(self, problem: Problem) -> None:
        """Remember *problem*, once."""
        self.problems[problem.line, problem.check, problem.message] = None


Expression = Callable[[Run], Any]
Statement = Callable[[Run], None]


def run_all(statements: Sequence[Statement], run: Run) -> None:
    """Execute *statements*; a problem of one does not keep the next from being tried."""
    for statement in statements:
        try:
            statement(run)
        except TooLarge:
            raise
        except Problem as problem:
            run.report(problem)
