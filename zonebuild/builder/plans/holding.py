"""Which changes of people wait: plans that nobody has approved, and every one in a freeze.

A zone whose change waits is built from the last good copy of its hand-written part. What came with
the changes of many zones stays held, also where later runs look at few of them: state/held knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.outcome import Report
from zonebuild.builder.plans.approved import APPROVED, read_approved
from zonebuild.builder.plans.freeze import Freeze, Freezes, freeze_paths, read_freezes
from zonebuild.builder.run import Run
from zonebuild.diagnostic import Finding, Location, Note, Severity, Waiting
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.plan import CHECKSUM, HELD, Plan, SiteRails, reach_reason, set_checksum, shown_lines
from zonebuild.site.config import ZoneConfig

PLAN = "plan"  # as a stage of the outcome: what is said of many zones together
_LIMIT = 1 << 26  # octets
_LINE = re.compile(rf"([!-~]+) ({CHECKSUM.pattern}) ([0-9]{{1,9}})")
_FEW = 3  # lines of a plan that is held only because of the others


class Reached(NamedTuple):
    """A plan that came with those of other zones. reach: how many zones that were."""

    checksum: str
    reach: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps a zone's hand-written part as it was.

    inputs: the paths that may end it. due: Unix seconds at which time may, 0: it never does.
    """

    findings: tuple[Finding, ...] = ()
    waitings: tuple[Waiting, ...] = ()
    inputs: tuple[str, ...] = ()
    due: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """What decides whether a change waits, the same for all zones of a run.

    zones: how many the site has. approved: checksums. reached: the plans that came with many.
    """

    zones: int
    rails: SiteRails
    approved: frozenset[str] = frozenset()
    reached: Mapping[str, Reached] = field(default_factory=dict)
    freezes: Freezes = field(default_factory=Freezes)

    def reach(self, apex: str, checksum: str) -> int:
        """Return how many zones the plan *checksum* of *apex* came with, 0 for unknown."""
        known = self.reached.get(apex)
        return known.reach if known is not None and known.checksum == checksum else 0

    def reasons(self, apex: str, plan: Plan) -> tuple[str, ...]:
        """Return why *plan* is held, each a clause that follows "it"; none: it is not."""
        if not plan or plan.checksum in self.approved:
            return ()
        reason = reach_reason(self.reach(apex, plan.checksum), self.zones, self.rails)
        return (*plan.reasons, reason) if reason else plan.reasons

    def hold(self, config: ZoneConfig, plan: Plan | None) -> Hold | None:
        """Return what keeps *plan* from being built, None where it may be.

        plan: None for a zone that was never built: only a freeze keeps that from being.
        """
        if plan is not None and not plan:
            return None
        apex, reasons = config.apex, () if plan is None else self.reasons(config.apex, plan)
        freeze = self.freezes.of(apex)
        if not reasons and freeze is None:
            return None
        held, frozen = Hold(), Hold()
        if plan is not None and reasons:
            held = _held(config, plan, reasons)
        if freeze is not None:
            frozen = _frozen(apex, freeze, is_new=plan is None)
        waitings, inputs = held.waitings + frozen.waitings, held.inputs + frozen.inputs
        return Hold(held.findings, waitings, inputs, frozen.due)

    def with_changes(self, changes: Mapping[str, str], looked_at: Collection[str]) -> Holding:
        """Return what decides, now that it is known how many zones were changed.

        Those that are approved do not count. changes: the checksum of the plan of each zone that
        is changed. looked_at: all that were looked at; of the others what is known holds.
        """
        others = {a: r.checksum for a, r in self.reached.items() if a not in looked_at}
        together = {**others, **changes}
        pending = {a: plan for a, plan in together.items() if plan not in self.approved}
        if not reach_reason(len(pending), self.zones, self.rails):
            return self
        approved = self.approved
        if set_checksum(pending.values()) in approved:
            approved |= frozenset(pending.values())
        reached = {
            a: Reached(plan, max(len(pending), self.reach(a, plan)))
            for a, plan in pending.items()
            if a in changes
        }
        return replace(self, approved=approved, reached={**self.reached, **reached})

    def differs(self, other: Holding, apex: str, checksum: str) -> bool:
        """Say whether *other* may decide otherwise of the plan *checksum* of *apex*."""
        is_approved = checksum in self.approved
        return is_approved != (checksum in other.approved) or (
            not is_approved and self.reach(apex, checksum) != other.reach(apex, checksum)
        )

    def held_together(self) -> dict[str, str]:
        """Return the plans, by zone, that are held because they came with many others."""
        return {
            apex: plan
            for apex, (plan, reach) in sorted(self.reached.items())
            if plan not in self.approved and reach_reason(reach, self.zones, self.rails)
        }


def _held(config: ZoneConfig, plan: Plan, reasons: tuple[str, ...]) -> Hold:
    apex, path = config.apex, f"{APPROVED}/{plan.checksum}"
    why, command = f"held: it {'; it '.join(reasons)}", f"zonebuild approve {config.apex}"
    message = (
        f"the change of {apex} is {why}; want the file {path}, committed with the change "
        f"({command} writes it), or the change undone"
    )
    where = Location(config.path)
    lines = shown_lines(plan.diff) if plan.reasons else shown_lines(plan.diff, _FEW)
    notes = tuple(Note(where, line) for line in lines)
    finding = Finding(where, Severity.WARNING, HELD, message, notes)
    waiting = Waiting(f"change of {apex}", why, None, f"{command}, and commit {path}; or undo it")
    return Hold((finding,), (waiting,), (APPROVED,))


def _frozen(apex: str, freeze: Freeze, *, is_new: bool) -> Hold:
    what = f"new zone {apex}" if is_new else f"change of {apex}"
    way_on = f"zonebuild freeze --end, or zonebuild freeze --end {apex}"
    waiting = Waiting(what, f"frozen: {freeze.reason}", freeze.until, way_on)
    return Hold((), (waiting,), tuple(freeze_paths(apex)), freeze.until or 0)


def read_holding(run: Run) -> Holding:
    """Return what decides which changes wait in this run."""
    site = run.site
    return Holding(
        len(site.zones) + len(site.broken),
        site.plan,
        read_approved(run.places.root, run.tree),
        _read_reached(run.places.reached),
        read_freezes(run.places, run.now),
    )


def _read_reached(path: Path) -> dict[str, Reached]:
    """Return what *path* keeps; a line that is damaged keeps nothing."""
    try:
        lines = read_outside(path, _LIMIT).decode("ascii", "replace").split("\n")
    except SourceError:
        return {}
    found = (_LINE.fullmatch(line) for line in lines)
    return {match[1]: Reached(match[2], int(match[3])) for match in found if match}


def remember_reached(run: Run, holding: Holding, changes: Mapping[str, str | None]) -> None:
    """Keep which plans came with many, as far as they still wait; say what waits together.

    changes: of each zone looked at its plan, "" for none, None where it is not known.
    Errors: WriteError.
    """
    kept = {
        apex: plan
        for apex, plan in holding.reached.items()
        if (apex in run.site.zones or apex in run.site.broken)
        and plan.checksum not in holding.approved
        and changes.get(apex) in (None, plan.checksum)
    }
    if kept != _read_reached(run.places.reached):
        lines = (f"{apex} {plan.checksum} {plan.reach}\n" for apex, plan in sorted(kept.items()))
        replace_file(run.places.reached, "".join(lines).encode("ascii"))
    run.outcome.put(PLAN, "", _together(run.site.path, replace(holding, reached=kept)))


def _together(site: str, holding: Holding) -> Report:
    """Return what is said of the plans that are held together."""
    plans = holding.held_together()
    if not plans:
        return Report()
    reach = max(holding.reached[apex].reach for apex in plans)
    why = f"held: it {reach_reason(reach, holding.zones, holding.rails)}"
    path = f"{APPROVED}/{set_checksum(plans.values())}"
    shown = ", ".join(list(plans)[:10]) + (
        f" and {len(plans) - 10} more" if len(plans) > 10 else ""
    )
    message = (
        f"the change of {shown} is {why}; want the file {path}, committed with the change, which "
        "approves all of it (zonebuild approve writes it), or the change undone"
    )
    finding = Finding(Location(site), Severity.WARNING, HELD, message)
    way_on = f"zonebuild approve, and commit {path}; or undo it"
    return Report((finding,), (Waiting(f"change of {len(plans)} zones", why, None, way_on),))
