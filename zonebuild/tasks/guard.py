"""What stands between a stage and doit: whose failure is which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doit.exceptions import TaskError, TaskFailed


def guarded(work: Callable[[], Any]) -> Any:
    """Do *work*; the machine's failures become an error of the task in one line."""
    from zonebuild.builder.places import SiteError
    from zonebuild.cli.site import print_findings
    from zonebuild.files.manifest import ManifestError
    from zonebuild.files.write import WriteError

    try:
        return work()
    except SiteError as error:
        if error.is_told:
            return TaskError("", report=False)
        error.is_told = True
        print_findings(error.findings)
        return TaskError(str(error))
    except (WriteError, ManifestError) as error:
        return TaskError(str(error))


def guarded_fresh(fresh: Callable[[], bool]) -> bool:
    """Say whether the stage is fresh; what cannot be looked at is left to the stage to tell."""
    from zonebuild.builder.places import SiteError

    try:
        return fresh()
    except SiteError:
        return False


def result_of(code: int) -> Any:
    """Return what makes doit leave with *code*; what there is to say has been said."""
    results = {0: None, 1: TaskFailed("", report=False)}
    return results.get(code, TaskError("", report=False))
