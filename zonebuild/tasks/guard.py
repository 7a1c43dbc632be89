"""What stands between a stage and doit: whose failure is which."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from doit.exceptions import TaskError, TaskFailed


def guarded(work: Callable[[], Any], stage: str = "run") -> Any:
    """Do *work*; the machine's failures become an error of the task in one line.

    A bug of ours is one as well: its traceback is kept, and the other stages go on.
    """
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
    except Exception as error:  # noqa: BLE001 - a bug in one stage must not stop the others
        from zonebuild.builder.bugs import bug_finding
        from zonebuild.builder.places import find_places

        print_findings([bug_finding(find_places(Path.cwd()), stage, "", error)])
        return TaskError("", report=False)


def piped(action: Callable[..., Any]) -> Callable[..., Any]:
    """Return *action*, which ends quietly where the reader of its output has gone."""

    @wraps(action)  # doit reads the names of its parameters
    def quiet(*given: Any, **named: Any) -> Any:
        try:
            result = action(*given, **named)
            sys.stdout.flush()
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)  # Python flushes what is left when it ends
            os.close(null)
            return TaskError("", report=False)
        return result

    return quiet


def guarded_fresh(fresh: Callable[[], bool]) -> bool:
    """Say whether the stage is fresh; what cannot be looked at is left to the stage to tell."""
    from zonebuild.builder.places import SiteError

    try:
        return fresh()
    except SiteError:
        return False
    except Exception:  # noqa: BLE001 - the stage meets the same, and reports it
        return False


def result_of(code: int) -> Any:
    """Return what makes doit leave with *code*; what there is to say has been said."""
    results = {0: None, 1: TaskFailed("", report=False)}
    return results.get(code, TaskError("", report=False))
