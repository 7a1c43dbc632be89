"""The stage `handoff`: every built zone to the signer that site.yaml names, and to the server.

The last built zone is signed again in time, also while its sources fail: a broken source stops
no signature. What a program did not take is given to it again, without a build; one that refuses
a zone is asked again a little later, or when the zone changes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from zonebuild.builder.bugs import attempt
from zonebuild.builder.delivery.embedded import sign_if_wanted
from zonebuild.builder.delivery.handover import Given, give_all
from zonebuild.builder.making.zones import Progress
from zonebuild.builder.outcome import Report
from zonebuild.builder.places import KEYS, SIGNED, STATE, UNSIGNED
from zonebuild.builder.remembered.handed import Handed
from zonebuild.builder.remembered.stamps import HANDOFF, Stamp, is_fresh, make_stamp
from zonebuild.builder.run import Run
from zonebuild.diagnostic import Finding, Location, Severity, Waiting
from zonebuild.signers.told import Verdict
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import SITE_FILE, file_name

AGAIN = 300  # seconds until a program is asked again about a zone that it refused
_SHOWN = 5  # zones in one message
PROGRAMS = "handoff to"  # the stage under which there is what is said of a program as a whole


def zones_at_hand(run: Run) -> list[str]:
    """Return every zone that may be signed, sorted: one without a file in zones/ still is.

    It is served until `zonebuild remove` takes it away, so its signatures must not expire.
    """
    return sorted({*run.site.zones, *run.site.broken, *run.orphans})


def config_of(run: Run, apex: str) -> ZoneConfig:
    """Return what is known of how *apex*, one of the zones at hand, is built."""
    for known in (run.site.zones, run.site.fallbacks):
        if apex in known:
            return known[apex]
    return run.orphans[apex]


def zones_to_look_at(run: Run, stamps: dict[str, Stamp]) -> list[str]:
    """Return the zones that may have to be signed or handed off, sorted."""
    root, now = run.places.root, run.now
    apexes = zones_at_hand(run)
    return [a for a in apexes if a not in stamps or not is_fresh(root, stamps[a], now)]


def hand_off(
    run: Run, apexes: Sequence[str], stamps: dict[str, Stamp], *, progress: Progress
) -> None:
    """Sign the built zones of *apexes* and hand them off; a fault of one stops no other.

    stamps: of all zones; those of *apexes* are replaced. Errors: WriteError.
    """
    begun = time.time_ns()  # only ever compared with the times of files
    signed: dict[str, tuple[Report, int]] = {}
    for done, apex in enumerate(apexes):
        progress(done, len(apexes))
        work = partial(sign_if_wanted, run, config_of(run, apex))
        signed[apex] = attempt(
            run.places, HANDOFF, apex, work, lambda bug: (Report((bug,)), run.now)
        )
    handed = Handed(run.places.handed)
    configs = {apex: config_of(run, apex) for apex in apexes}
    given = give_all(run, configs, handed)
    handed.save()
    for apex, (report, due) in signed.items():
        refused = (*_refusals(configs[apex], given), *_damage(run, apex))
        run.outcome.put(HANDOFF, apex, report._replace(findings=report.findings + refused))
        stamps[apex] = _stamp(run, configs[apex], begun, _due(run, apex, given, due))
    run.outcome.put(PROGRAMS, "", _silences(run, given))


def _stamp(run: Run, config: ZoneConfig, begun: int, due: int) -> Stamp:
    name = file_name(config.apex)
    written = [f"{SIGNED}/{name}", f"{KEYS}/{name}.pem", f"{STATE}/signed/{name}"]
    written += [f"{STATE}/keys/{name}", f"{UNSIGNED}/{name}"]
    read = [SITE_FILE, config.path]
    return make_stamp(run.places.root, read, written, since=begun, due=due)


def _due(run: Run, apex: str, given: Sequence[Given], due: int) -> int:
    """Return when the zone is to be looked at again. due: for its signatures, 0 for never."""
    verdicts = {each.told[apex].verdict for each in given if apex in each.told}
    if Verdict.UNREACHED in verdicts:
        return run.now
    if Verdict.REFUSED in verdicts:
        return min(due or run.now + AGAIN, run.now + AGAIN)
    return due


def _refusals(config: ZoneConfig, given: Sequence[Given]) -> list[Finding]:
    """Return the errors of programs that do not take the zone."""
    where = Location(config.path)
    return [
        Finding(where, Severity.ERROR, "handoff-refused", f"{each.kind} {told.why}")
        for each in given
        if (told := each.told.get(config.apex)) and told.verdict is Verdict.REFUSED
    ]


def _damage(run: Run, apex: str) -> list[Finding]:
    """Return the error of a built zone that is not what was built, so that nobody is given it."""
    if not run.built.read(apex).is_damaged:
        return []
    message = (
        "it is not what was built (state/manifest has another SHA-256), so it is neither signed "
        "nor handed over; it is written again as soon as the sources of the zone are right"
    )
    where = Location(f"{UNSIGNED}/{file_name(apex)}")
    return [Finding(where, Severity.ERROR, "built-zone-damaged", message)]


def _silences(run: Run, given: Sequence[Given]) -> Report:
    """Return an error for each program that could not be told of zones, and what waits for it."""
    findings, waitings = [], []
    for each in given:
        missed = {a: t.why for a, t in each.told.items() if t.verdict is Verdict.UNREACHED}
        if not missed:
            continue
        why = f"{each.kind} has not taken {_names(missed)}: {next(iter(missed.values()))}"
        findings.append(Finding(each.where, Severity.ERROR, "handoff-failed", why))
        way_on = f"see that {each.kind} runs and can be controlled; every run tries again"
        waitings.append(Waiting(f"hand-off to {each.kind}", why, None, way_on))
    return Report(tuple(findings), tuple(waitings))


def _names(apexes: Mapping[str, str]) -> str:
    names = sorted(apexes)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
