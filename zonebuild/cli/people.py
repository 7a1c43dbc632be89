"""Who runs a command, for what is written down with a name."""

from __future__ import annotations

import os


def who_asks() -> str:
    """Return the name of the user who runs this, behind `sudo` that of the one before it."""
    import pwd

    before = os.environ.get("SUDO_USER", "")
    if before.isprintable() and before:
        return before
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
