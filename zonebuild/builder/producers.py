"""The stages that make records of what machines tell: one entry a producer.

Each is loaded when it runs: a token's way to the signer does not wait for what reads certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from zonebuild.builder.run import Run


class Producer(NamedTuple):
    """One stage. key: of a zone's YAML, which names its feeds.

    take: does the work and returns when to do it again (Unix seconds), 0: when something changes.
    inputs: directories of the site whose files it reads beside the feeds.
    """

    key: str
    take: Callable[[Run], int]
    inputs: tuple[str, ...] = ()


def _challenges() -> Producer:
    from zonebuild.builder.machines import challenges

    return Producer(challenges.PRODUCER, challenges.run_challenges)


def _host_keys() -> Producer:
    from zonebuild.builder.machines import phonehome

    return Producer(phonehome.PRODUCER, phonehome.run_host_keys, phonehome.INPUTS)


def _certificates() -> Producer:
    from zonebuild.builder.lineages import certificates

    return Producer(certificates.PRODUCER, certificates.run_certificates, certificates.INPUTS)


# By name, as the task graph calls them.
PRODUCERS: Mapping[str, Callable[[], Producer]] = {
    "dnsextra": _challenges,
    "sshfp": _host_keys,
    "tlsa": _certificates,
}
