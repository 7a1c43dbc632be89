"""The task graph of this site: read it like a Makefile. `doit list` shows it.

dnsextra ─┐
tlsa ─────┼─▶ zones ─▶ handoff ─▶ arrival ─▶ outcome ─▶ look   `doit` runs these
sshfp ────┘     └──────────────────────────▶ outcome            `doit build` hands nothing off

acme ┈▶ dnsextra, certificates                         `doit acme` is a run of its own
"""

from zonebuild.tasks import *  # noqa: F403

DOIT_CONFIG = configuration()  # noqa: F405
