"""Where the host's own settings are: the file that a commit cannot change."""

from __future__ import annotations

import os

VARIABLE = "ZONEBUILD_SITE"
DEFAULT = "/etc/zonebuild/site.yaml"


def host_file() -> str:
    """Return the path of the host's own file, "" where there is none.

    The variable names it; where that is not set, the default path counts if there is such a file,
    so that a command typed on the signing host uses the settings that cron uses. Set but empty, the
    variable means that there is none.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return os.path.abspath(named) if named else ""
    return DEFAULT if os.path.lexists(DEFAULT) else ""
