"""Facts and the time of now into what is wrong: pure, so that no stored "all is well" is believed.

What the stages of the last run found stands in its outcome; here is added what only the clock
shows, also when status is all that still runs: no run, ends that have come, silence that lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.status.spans import from_now, span

if TYPE_CHECKING:
    from zonebuild.site.monitoring import MonitoringConfig
    from zonebuild.status.facts import Facts, LineageFacts, ZoneFacts
    from zonebuild.tlsa.state import State

LEEWAY = 300  # seconds that clocks may differ, or be set by
_NEXT_RUN = 3600  # seconds after its time in which a renewal may wait for a run
_LATE_RENEWAL = 86_400  # seconds after its time from which an unmade renewal is a warning
_OF_LIFE = (5, 10)  # the parts of a certificate's life that warning and error never exceed
_SIGN = "see that runs are made and keys are there, then `doit`"
_HOST = "zones"


def judge(facts: Facts, thresholds: MonitoringConfig, *, foreign: int) -> list[Finding]:
    """Return what is wrong now, the worst first, beside what the last run found.

    foreign: seconds before its end that the signature of another signer is an error.
    """
    found = [*_runs(facts, thresholds), *_troubles(facts)]
    for zone in facts.zones.values():
        found += _signatures(zone, facts.now, thresholds, foreign)
        found += _parent(zone, facts.now, thresholds)
        found += _servers(zone, facts.now, thresholds)
    for lineage in facts.lineages.values():
        found += _certificate(lineage, facts.now, thresholds)
    for name, track in facts.tracks.items():
        if name[0] in facts.lineages:
            looked = facts.now - facts.looks.get(name, track.last)
            found += _endpoints(track, facts.lineages[name[0]], facts.now, looked, thresholds)
    return found


# -- runs ----------------------------------------------------------------------------------------


def overdue_after(facts: Facts, thresholds: MonitoringConfig) -> int:
    """Return after how many seconds without a run that is an error; 0: nobody expects any.

    A working copy in which people run `doit` is not expected to run by itself.
    """
    from zonebuild.poll.last_run import BY_ITSELF
    from zonebuild.site.monitoring import USUAL_OVERDUE

    if thresholds.overdue is not None:
        return thresholds.overdue
    expected = [run for kind, run in facts.runs.items() if kind in BY_ITSELF]
    if not expected:
        return 0
    pace = max(expected).pace
    return max(USUAL_OVERDUE, 2 * pace)


def _runs(facts: Facts, thresholds: MonitoringConfig) -> Iterator[Finding]:
    from zonebuild.poll.last_run import ACME, BY_ITSELF, FOLDER

    limit = overdue_after(facts, thresholds)
    if not limit or not facts.is_built:
        return
    counts = BY_ITSELF if thresholds.overdue is None else facts.runs.keys() - {ACME}
    last = max(((run.at, kind) for kind, run in facts.runs.items() if kind in counts), default=None)
    if last is None:
        message = f"no run is known, expected one each {span(limit)}: see that cron runs"
        yield _error("run-overdue", FOLDER, message)
        return
    at, kind = last
    if facts.now - at > limit:
        what = kind if kind in BY_ITSELF else "run"
        way_on = "see that cron, the timer or the service runs; by hand: `zonebuild poll`"
        if thresholds.overdue is None:
            way_on += f"; where nobody polls this copy any more, remove {FOLDER}/{kind}"
        message = f"no {what} for {span(facts.now - at)}, expected one each {span(limit)}: {way_on}"
        if at + LEEWAY < facts.begun <= facts.now:
            message += f"; one that began {span(facts.now - facts.begun)} ago has not ended"
        yield _error("run-overdue", f"{FOLDER}/{kind}", message)
    elif at - facts.now > LEEWAY:
        later = span(at - facts.now)
        message = f"the last {kind} noted a time {later} from now, its clock was wrong: "
        message += "whether runs are made is not known before the next one"
        yield _error("run-in-future", f"{FOLDER}/{kind}", message)


def last_run(facts: Facts) -> int:
    """Return when a build was last run, Unix seconds, 0 where no time before now is known."""
    from zonebuild.poll.last_run import ACME

    times = (run.at for kind, run in facts.runs.items() if kind != ACME)
    return max((at for at in times if at <= facts.now + LEEWAY), default=0)


def _troubles(facts: Facts) -> Iterator[Finding]:
    """Yield what poll met beside the build, whose own findings are in the outcome."""
    from zonebuild.poll.news import BUILD

    is_explained = any(f.severity is Severity.ERROR for f in facts.outcome.findings())
    for kind, told in facts.troubles.items():
        if kind == BUILD and (is_explained or facts.outcome.held_zones()):
            continue
        severity = Severity.ERROR if kind == BUILD else Severity.WARNING
        message = f"for {span(facts.now - told.since)}: {told.title}"
        yield Finding(Location("state/poll.json"), severity, f"poll-{kind}", message)


# -- signatures ----------------------------------------------------------------------------------


def _signatures(
    zone: ZoneFacts, now: int, thresholds: MonitoringConfig, foreign: int
) -> Iterator[Finding]:
    where = f"{_HOST}/{_yaml(zone.apex)}"
    if zone.valid_from > now + LEEWAY:
        message = (
            f"{zone.apex}: signatures are not valid before {span(zone.valid_from - now)} from now: "
            "the clock is wrong now, or was when they were made"
        )
        yield _error("signatures-not-yet-valid", where, message)
    if not zone.first_end:
        return
    left = zone.first_end - now
    if not zone.is_own:
        yield from _foreign_signatures(zone, where, now, foreign)
    elif left <= 0:
        message = f"{zone.apex}: signatures ended {span(left)} ago, no validating resolver takes it"
        yield _error("signatures-ended", where, f"{message}: {_SIGN}")
    elif now >= zone.renewal + _NEXT_RUN:  # before, they are renewed in time, however short
        severity = _grown(left, thresholds.signature_warning, thresholds.signature_error)
        if severity is not None:
            message = f"{zone.apex}: signatures end in {span(left)} and were not renewed: {_SIGN}"
            yield Finding(Location(where), severity, "signatures-end-soon", message)


def _foreign_signatures(zone: ZoneFacts, where: str, now: int, limit: int) -> Iterator[Finding]:
    """Yield what is wrong with the signatures of another program, as far as they were seen.

    What was seen before they were due may well be renewed since: then it is only not known.
    """
    left = zone.first_end - now
    if left > limit:
        return
    if zone.seen < zone.first_end - limit:
        message = f"{zone.apex}: signatures were to end {from_now(left)} when they were last seen, "
        message += f"{span(now - zone.seen)} ago: see that runs are made and that the signer runs"
        yield Finding(Location(where), Severity.WARNING, "signatures-unseen", message)
        return
    check = "signatures-ended" if left <= 0 else "signatures-end-soon"
    message = f"{zone.apex}: signatures end {from_now(left)} and the signer has not renewed them"
    yield _error(check, where, f"{message}: see that it runs and has its keys")


def _parent(zone: ZoneFacts, now: int, thresholds: MonitoringConfig) -> Iterator[Finding]:
    if zone.ds is None:
        return
    where = f"{_HOST}/{_yaml(zone.apex)}"
    checked = zone.ds.checked
    seen = f"seen {span(now - checked)} ago" if checked else "when it was asked last"
    way_on = "have the parent publish what `zonebuild ds` prints"
    if zone.ds.state == "other":
        message = f"{zone.apex}: the parent's DS is of another key ({seen}), "
        message += f"no validating resolver takes the zone: {way_on}"
        yield _error("ds-of-another-key", where, message)
    elif zone.ds.state == "missing" and now - zone.ds.since >= thresholds.ds_warning:
        message = f"{zone.apex}: the parent has no DS ({seen}), nobody validates the zone: {way_on}"
        yield Finding(Location(where), Severity.WARNING, "ds-missing", message)


def _servers(zone: ZoneFacts, now: int, thresholds: MonitoringConfig) -> Iterator[Finding]:
    """Yield each server that is silent, or that has lacked the zone until its copy nearly expires.

    One that has lacked it for less is a warning of the stage `arrival`.
    """
    where = Location(f"{_HOST}/{_yaml(zone.apex)}")
    error = min(thresholds.server_error, zone.expire // 2 or thresholds.server_error)
    for name, server in zone.servers.items():
        if server.behind and now - server.behind >= error:
            age = span(now - server.behind)
            message = (
                f"{zone.apex}: {name} has lacked what the signer has for {age} "
                f"({server.problem or 'no answer'}), and serves nothing once its copy expires: "
                "look at its log, its transfers and its TSIG key"
            )
            yield Finding(where, Severity.ERROR, "server-expiring", message)
        if server.problem and server.answered:
            silent = now - server.answered
            severity = _grown(-silent, -thresholds.server_warning, -error)
            if severity is not None:
                message = f"{zone.apex}: {name} has not answered for {span(silent)}: "
                message += server.problem
                yield Finding(where, severity, "server-silent", message)


def _yaml(apex: str) -> str:
    from zonebuild.site.names import SUFFIX, file_name

    return f"{file_name(apex)}{SUFFIX}"


# -- certificates --------------------------------------------------------------------------------


def certificate_limits(lineage: LineageFacts, thresholds: MonitoringConfig) -> tuple[int, int]:
    """Return how many seconds before its end a certificate is a warning, and an error.

    A certificate of six days is renewed at its half, so that days that suit a year would never end.
    """
    life = max(lineage.end - lineage.start, 0)
    return (
        min(thresholds.certificate_warning, life // _OF_LIFE[0]),
        min(thresholds.certificate_error, life // _OF_LIFE[1]),
    )


def _certificate(
    lineage: LineageFacts, now: int, thresholds: MonitoringConfig
) -> Iterator[Finding]:
    if not lineage.end:
        return
    left = lineage.end - now
    way_on = _renewal_advice(lineage)
    if left <= 0:
        message = f"{lineage.name}: the certificate ended {span(left)} ago: {way_on}"
        yield _error("certificate-ended", lineage.path, message)
        return
    severity = _grown(left, *certificate_limits(lineage, thresholds))
    schedule = lineage.memory.schedule
    is_late = schedule is not None and now - schedule.at > _LATE_RENEWAL
    if severity is None and is_late and lineage.is_renewed and lineage.newest_end == lineage.end:
        severity = Severity.WARNING
    if severity is not None:
        message = f"{lineage.name}: the certificate ends in {span(left)}: {way_on}"
        yield Finding(Location(lineage.path), severity, "certificate-ends-soon", message)


def _renewal_advice(lineage: LineageFacts) -> str:
    if lineage.newest_end > lineage.end:
        return "a newer one is not exported yet, `zonebuild lineage list` has the reason"
    if lineage.memory.why:
        return f"renewal fails: {lineage.memory.why}"
    if lineage.is_renewed:
        return "see that `zonebuild acme run` runs"
    return "put a newer one there"


def _endpoints(
    track: State, lineage: LineageFacts, now: int, looked: int, thresholds: MonitoringConfig
) -> Iterator[Finding]:
    """Yield each endpoint that was seen with another key than the one exported last.

    looked: how many seconds ago that was.
    """
    current = track.current
    if current is None:
        return
    age = now - current.exported
    severity = _grown(-age, -thresholds.endpoint_warning, -thresholds.endpoint_error)
    for (owner, endpoint), pins in track.seen.items():
        if severity is not None and pins and current.pin.name not in pins:
            message = (
                f"{lineage.name}: {endpoint} ({owner}) did not show, {span(looked)} ago, the "
                f"{track.unit} {current.pin} that was exported {span(age)} ago: reload the service"
            )
            yield Finding(Location(lineage.path), severity, "endpoint-not-reloaded", message)


# -- small parts ---------------------------------------------------------------------------------


def _grown(left: int, warning: int, error: int) -> Severity | None:
    """Return how bad it is that *left* seconds are left, None where that is enough."""
    if left <= error:
        return Severity.ERROR
    return Severity.WARNING if left <= warning else None


def _error(check: str, path: str, message: str) -> Finding:
    return Finding(Location(path), Severity.ERROR, check, message)
