"""The task graph of this site: `doit list` shows it."""

from zonebuild.tasks import *  # noqa: F403

DOIT_CONFIG = configuration()  # noqa: F405
