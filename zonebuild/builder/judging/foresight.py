"""Which plans the next run would hold, told without building anything: for `diff` and `approve`.

The old side is the last good copy of each zone, or the site as version control has it. Both lead
to the same checksum where they hold the same records, so what is approved on one machine is what
another builds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from zonebuild.builder.judging.compare import BaseSide, Compared, make_zone
from zonebuild.builder.making.zone import hand_written_zone
from zonebuild.builder.output import soa_serial
from zonebuild.builder.plans.approved import APPROVED
from zonebuild.builder.plans.holding import Holding, read_holding
from zonebuild.builder.run import Run
from zonebuild.diff import diff_records
from zonebuild.model import Records
from zonebuild.plan import Plan, make_plan, set_checksum
from zonebuild.zonefile import read_fragment


class Foreseen(NamedTuple):
    """A plan that would be held. reasons: each a clause that follows "it"."""

    apex: str
    plan: Plan
    reasons: tuple[str, ...]


class Foresight(NamedTuple):
    """All plans that would be held, by zone. together: those held since they come together."""

    plans: tuple[Foreseen, ...]
    together: tuple[str, ...] = ()

    @property
    def set_checksum(self) -> str:
        """The one checksum that approves all that is held because it comes together."""
        return set_checksum(each.plan.checksum for each in self.plans if each.apex in self.together)


def foresee(run: Run, base: Run | None, apexes: Iterable[str] | None = None) -> Foresight:
    """Return the plans that would be held if *run*'s sources were built now.

    base: the site as it was; None compares with the last good copies.
    apexes: the zones that may have changed; None looks at all of them.
    """
    known = {*run.site.zones, *run.site.broken}
    looked_at = sorted(known if apexes is None else known.intersection(apexes))
    found = ((apex, _plan(run, base, apex)) for apex in looked_at)
    plans = {apex: plan for apex, plan in found if plan is not None}
    holding = read_holding(run)
    if base is not None:  # what was held on this machine is another change
        holding = replace(holding, reached={})
    changes = {apex: plan.checksum for apex, plan in plans.items()}
    return _judged(holding.with_changes(changes, looked_at), plans)


def _judged(holding: Holding, plans: dict[str, Plan]) -> Foresight:
    judged = [Foreseen(apex, plan, holding.reasons(apex, plan)) for apex, plan in plans.items()]
    held = tuple(each for each in judged if each.reasons)
    together = {each.apex for each in held}.intersection(holding.held_together())
    return Foresight(held, tuple(sorted(together)))


def hold_notes(
    run: Run, base: Run | None, apexes: Iterable[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the lines that are to be said of each zone whose plan would be held.

    base, apexes: as for `foresee`.
    """
    foresight = foresee(run, base, apexes)
    notes = {each.apex: _notes(each) for each in foresight.plans}
    path, number = f"{APPROVED}/{foresight.set_checksum}", len(foresight.together)
    line = f"to approve all {number} zones, commit {path}: zonebuild approve writes it"
    return notes | {apex: (*notes[apex], line) for apex in foresight.together}


def _notes(each: Foreseen) -> tuple[str, ...]:
    path = f"{APPROVED}/{each.plan.checksum}"
    return (
        f"would be held: it {'; it '.join(each.reasons)}",
        f"to approve it, commit {path} with the change: zonebuild approve {each.apex} writes it",
    )


def with_hold_notes(run: Run, base: Run | None, compared: Iterable[Compared]) -> Iterator[Compared]:
    """Yield *compared*, each with what is to be said of a plan that would be held.

    base: as for `foresee`. All are taken first: how many there are is one of the reasons.
    """
    everything = list(compared)
    notes = hold_notes(run, base, [each.apex for each in everything if each.diff])
    for each in everything:
        yield each._replace(notes=(*each.notes, *notes.get(each.apex, ())))


def _plan(run: Run, base: Run | None, apex: str) -> Plan | None:
    """Return what people changed in *apex*, None for nothing, or where either side has errors."""
    if base is not None and BaseSide(base).is_same(run, apex):
        return None
    old = _good_records(run, apex) if base is None else _written(base, apex, serial=1)
    if old is None:
        return None
    new = _written(run, apex, serial=soa_serial(old, apex) or 1)
    diff = None if new is None else diff_records(apex, old, new)
    if new is None or not diff:
        return None
    sides = [run] if base is None else [run, base]
    if any(isinstance(make_zone(side, apex), str) for side in sides):
        return None
    config = run.site.zones.get(apex) or run.site.fallbacks[apex]
    return make_plan(diff, old, new, config.plan)


def _good_records(run: Run, apex: str) -> Records | None:
    """Return the last good copy of what people write, None where there is none or a damaged one."""
    good = run.good.read(apex).part
    records = None if good is None else read_fragment(good, apex=apex).records
    return None if records is None or soa_serial(records, apex) is None else records


def _written(run: Run, apex: str, *, serial: int) -> Records | None:
    """Return what people write in *apex*, None where *run* has no such zone."""
    config = run.site.zones.get(apex) or run.site.fallbacks.get(apex)
    if config is None:
        return None
    sources = run.reader.read(config)
    return hand_written_zone(config, sources, run.reader, serial=serial).records
