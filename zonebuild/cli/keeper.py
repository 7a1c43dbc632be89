"""The store of keys and certificates of the site in this folder, for the commands that use it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail

if TYPE_CHECKING:
    from zonebuild.certstore.keeper import Keeper


def with_keeper(command: str, act: Callable[[Keeper], int]) -> int:
    """Return what *act* returns for the store here; 1 where it refuses, 2 where it cannot run."""
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.remembered.clock import require_clock
    from zonebuild.builder.run import open_run
    from zonebuild.certstore.error import StoreError
    from zonebuild.certstore.keeper import Keeper
    from zonebuild.cli.site import print_findings
    from zonebuild.files.write import WriteError

    root, now = Path.cwd(), int(time.time())
    try:
        with open_run(root, now=now, command=command, is_builder=False) as opened:
            require_clock(opened.places, now)  # backups are removed by their age
            if opened.site_findings:
                print_findings(opened.site_findings)
                return fail("site.yaml has errors: nothing was done")
            return act(Keeper(opened))
    except StoreError as error:
        fail(str(error))
        return 1
    except SiteError as error:
        print_findings(error.findings)
        return fail(str(error))
    except WriteError as error:
        return fail(str(error))
