"""doit's reporter for cron, which mails whatever is printed."""

from __future__ import annotations

import sys
from typing import Any

from doit.exceptions import TaskError
from doit.reporter import ConsoleReporter


class QuietReporter(ConsoleReporter):  # type: ignore[misc]
    """Prints nothing but what the machine refused: cron mails whatever is printed."""

    desc = "prints only what failed"

    def execute_task(self, task: Any) -> None:
        """Say nothing: a stage tells its own findings."""

    skip_uptodate = skip_ignore = execute_task

    def add_failure(self, task: Any, fail: Any) -> None:
        """Print a machine's failure in one line; a bug with its traceback; no outcome twice."""
        if isinstance(fail, TaskError) and fail.report:
            print(f"{task.name}: {fail.get_msg().strip()}", file=sys.stderr)

    def runtime_error(self, msg: str) -> None:
        """Print why doit itself could not go on."""
        print(msg, file=sys.stderr)

    def complete_run(self) -> None:
        """Say nothing."""
