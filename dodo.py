"""The task graph of this site: read it like a Makefile. `doit list` shows it.

dnsextra ─┐
tlsa ─────┼─▶ zones ─▶ handoff ─▶ arrival ─▶ outcome ─▶ look   `doit` runs these
sshfp ────┘     └──────────────────────────▶ outcome            `doit build` hands nothing off

acme ┈▶ dnsextra, certificates                         `doit acme` is a run of its own
"""

from zonebuild.tasks import (
    configuration,
    task_acme,
    task_arrival,
    task_build,
    task_check,
    task_config,
    task_diff,
    task_dnsextra,
    task_handoff,
    task_look,
    task_outcome,
    task_rehearse,
    task_sshfp,
    task_status,
    task_tlsa,
    task_verify,
    task_zone,
    task_zones,
)

DOIT_CONFIG = configuration()

__all__ = [
    "DOIT_CONFIG",
    "task_acme",
    "task_arrival",
    "task_build",
    "task_check",
    "task_config",
    "task_diff",
    "task_dnsextra",
    "task_handoff",
    "task_look",
    "task_outcome",
    "task_rehearse",
    "task_sshfp",
    "task_status",
    "task_tlsa",
    "task_verify",
    "task_zone",
    "task_zones",
]
