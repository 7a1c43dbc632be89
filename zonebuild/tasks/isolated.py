"""`doit` over the package's own task graph: nothing of the site's folder is executed.

A working copy is data: whoever may commit must not run code as the user who signs. So `poll` and
`watch` start this program instead of `doit`. It reads no dodo.py, no doit.cfg, no pyproject.toml
and no bytecode of the site, and no module is imported from there. The host's own file
(ZONEBUILD_SITE) may say otherwise: `dodo: /etc/zonebuild/dodo.py` names a graph outside the site,
and `code: trusted` has the site's own dodo.py run as `doit` does.
"""

from __future__ import annotations

import os
import sys
from typing import Any

TRUSTED = "trusted"


def main() -> None:
    """Run the default tasks in the current folder; leave with the exit code of the contract."""
    sys.exit(run_doit(sys.argv[1:]))


def run_doit(arguments: list[str]) -> int:
    """Run doit with *arguments* on the site in the current folder; return its exit code."""
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import read_host_code

    try:
        code, dodo = read_host_code(os.getcwd())
    except SiteError as error:
        print(f"zonebuild: {error}", file=sys.stderr)
        return 2
    if code == TRUSTED:
        sys.path.insert(0, os.getcwd())
        return int(DoitMain().run(arguments))
    if dodo:
        return int(DoitMain(config_filenames=()).run(["run", "-f", dodo, "-d", ".", *arguments]))
    return int(DoitMain(ModuleTaskLoader(package_graph()), config_filenames=()).run(arguments))


def package_graph() -> dict[str, Any]:
    """Return the tasks of every site, as doit's loader takes them."""
    from zonebuild import tasks

    graph = {name: getattr(tasks, name) for name in tasks.__all__ if name.startswith("task_")}
    return {"DOIT_CONFIG": tasks.configuration(), **graph}


if __name__ == "__main__":
    main()
