"""Which zones a primary serves already."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from zonebuild.probe.answers import Server, Status

_PARALLEL = 32  # questions at a time


def find_served(server: Server, apexes: Collection[str]) -> tuple[set[str], str]:
    """Return those of *apexes* that *server* has a SOA of; and why none, where it is not heard.

    A server that does not answer the first question is asked no other.
    """
    from zonebuild.probe.ask import ask_server

    names = sorted(apexes)
    if not names:
        return set(), ""
    first = ask_server(server, names[0], "SOA")
    if not first.status.is_heard:
        return set(), str(first)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        others = pool.map(lambda name: ask_server(server, name, "SOA"), names[1:])
        answers = [first, *others]
    served = zip(names, answers, strict=True)
    return {name for name, answer in served if answer.status is Status.ANSWERED}, ""
