"""The stage `sshfp`: the phonehome feeds of a site into `extra/NAME/sshfp`, and what it waits for.

What is remembered is written before the fragments: a kill in between repeats the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from zonebuild.builder.machines.approved_keys import read_approvals
from zonebuild.builder.machines.feed_reports import report_feeds
from zonebuild.builder.machines.feeds import read_fragments, used_feeds, write_fragments
from zonebuild.builder.machines.hostkeys import (
    Home,
    Rules,
    Taken,
    read_phonehome,
    recall,
    take_host_keys,
)
from zonebuild.builder.remembered.known_names import known_names
from zonebuild.builder.remembered.stamps import feed_folder
from zonebuild.builder.run import Run, all_zones
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.model import type_bit
from zonebuild.placement import zone_of
from zonebuild.probe.answers import Server
from zonebuild.sshfp.given import Terms
from zonebuild.sshfp.say import APPROVED
from zonebuild.sshfp.state import Slot, State, state_text

STAGE = PRODUCER = "sshfp"
INPUTS = (APPROVED,)
_LIMIT = 1 << 26  # octets of what is remembered
_ADDRESSES = type_bit(1) | type_bit(28)
_ASK_AGAIN = 60  # seconds until servers are asked again whether they forgot a record


def run_host_keys(run: Run) -> int:
    """Take the host keys of all feeds into their fragments; return when to look again, or 0.

    Errors: WriteError.
    """
    rules = _rules(run)
    feeds = {
        name: read_phonehome(feed_folder(run.places.root, path), name, rules)
        for name, path in used_feeds(run, PRODUCER).items()
    }
    data = _kept(run)
    state, lost = recall(data, read_fragments(run, PRODUCER), rules, now=run.now)
    approvals, damaged = read_approvals(run.places.root, run.tree)
    gone = dict(_gone(run, rules, state))
    taken = take_host_keys(feeds, rules, state, approvals=approvals, gone=gone, now=run.now)
    if data is None or state_text(taken.state) != data:
        _keep(run, taken)
    write_fragments(run, PRODUCER, taken.fragments)
    report_feeds(run, STAGE, feeds, [*lost, *damaged, *taken.findings], taken.waitings)
    is_asking = any(_servers(run, rules, slot) for slot in taken.state.leaving())
    dues = [due for due in (taken.due, run.now + _ASK_AGAIN if is_asking else 0) if due]
    return min(dues, default=0)


def _kept(run: Run) -> bytes | None:
    try:
        return read_outside(run.places.host_keys, _LIMIT)
    except SourceError:
        return None


def _keep(run: Run, taken: Taken) -> None:
    """Remember the state; a site without host keys has no such file."""
    if taken.state != State() or run.places.host_keys.exists():
        replace_file(run.places.host_keys, state_text(taken.state))


def _rules(run: Run) -> Rules:
    wanted = run.site.sshfp
    homes = {
        apex: Home(
            Terms(ttl=wanted.ttl, expire=config.soa.expire, handed_off=_handed_off(run, apex)),
            config.sshfp,
        )
        for apex, config in all_zones(run).items()
    }
    names = cache(lambda apex: known_names(run.places, run.good, apex))

    def has_address(host: str) -> bool:
        apex = zone_of(host, rules.homes)
        known = None if apex is None else names(apex)
        return known is None or bool(known.mask(host) & _ADDRESSES)

    rules = Rules(
        homes=homes,
        is_host=has_address,
        grace=wanted.grace,
        stale_after=wanted.stale_after,
        hold_new=wanted.hold_new,
    )
    return rules


def _handed_off(run: Run, apex: str) -> int:
    """Return when the zone was last signed here, Unix seconds; 0 for never, or elsewhere."""
    try:
        return int(run.places.signed(apex).stat().st_mtime)
    except OSError:
        return 0


# -- withdrawn records, as the servers answer them -------------------------------------------------


def _servers(run: Run, rules: Rules, slot: Slot) -> tuple[Server, ...]:
    apex = zone_of(slot.host, rules.homes)
    return all_zones(run)[apex].servers if apex is not None else ()


def _gone(run: Run, rules: Rules, state: State) -> Iterator[tuple[Slot, int]]:
    """Yield the withdrawn records that no server answers any more, with the time of asking."""
    asked: dict[str, Mapping[Server, frozenset[int]] | None] = {}
    for slot in state.leaving():
        servers = _servers(run, rules, slot)
        if not servers:
            continue
        if slot.host not in asked:
            asked[slot.host] = _ask(run, slot.host, servers)
        heard = asked[slot.host]
        if heard is not None and not any(slot.algorithm in known for known in heard.values()):
            yield slot, run.now


def _ask(run: Run, host: str, servers: tuple[Server, ...]) -> dict[Server, frozenset[int]] | None:
    """Return by server the algorithms of the SSHFP it answers; None where one gave no answer."""
    from zonebuild.builder.outside.keyring import read_keyring
    from zonebuild.probe.answers import Status
    from zonebuild.probe.ask import ask

    heard: dict[Server, frozenset[int]] = {}
    for answer in ask(servers, host, "SSHFP", keyring=read_keyring(run)[0]):
        if answer.status not in (Status.ANSWERED, Status.ABSENT):
            return None
        numbers = (value.split(" ")[0] for value in answer.values)
        heard[answer.server] = frozenset(int(n) for n in numbers if n.isdigit())
    return heard
