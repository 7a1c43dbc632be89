"""The stages that make records of what machines tell: one entry a producer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zonebuild.builder.lineages import certificates
from zonebuild.builder.machines import challenges, phonehome
from zonebuild.builder.run import Run


@dataclass(frozen=True, slots=True)
class Producer:
    """One stage. name: as the task graph calls it; key: of a zone's YAML, which names its feeds.

    take: does the work and returns when to do it again (Unix seconds), 0: when something changes.
    inputs: directories of the site whose files it reads beside the feeds.
    """

    name: str
    key: str
    take: Callable[[Run], int]
    inputs: tuple[str, ...] = ()


PRODUCERS: tuple[Producer, ...] = (
    Producer(challenges.STAGE, challenges.PRODUCER, challenges.run_challenges),
    Producer(phonehome.STAGE, phonehome.PRODUCER, phonehome.run_host_keys, phonehome.INPUTS),
    Producer(
        certificates.STAGE, certificates.STAGE, certificates.run_certificates, certificates.INPUTS
    ),
)


def find_producer(name: str) -> Producer:
    """Return the producer that the task graph calls *name*."""
    return next(producer for producer in PRODUCERS if producer.name == name)
