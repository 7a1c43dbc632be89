"""The numbers of an overview, for programs that keep them: monitoring plugins, Prometheus.

Spec: Monitoring Plugins Development Guidelines, section "Performance data":
`'label'=value[UOM];[warn];[crit];[min];[max]`; a range `N:` alerts below N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.status.agenda import next_event
from zonebuild.status.judge import certificate_limits, last_run, overdue_after

if TYPE_CHECKING:
    from zonebuild.status.overview import Overview


class Metric(NamedTuple):
    """One number. unit: `s`, or "" for a count. warn, crit: ranges as the guidelines write them."""

    label: str
    value: int
    unit: str = ""
    warn: str = ""
    crit: str = ""

    def text(self) -> str:
        """Return it as performance data has it."""
        least = "" if self.unit else "0"
        return f"{self.label}={self.value}{self.unit};{self.warn};{self.crit};{least};".rstrip(";")


def metrics(overview: Overview) -> Iterator[Metric]:
    """Yield the numbers of the whole site; what is not known is left out."""
    facts, thresholds, now = overview.facts, overview.thresholds, overview.facts.now
    yield Metric("zones", len(facts.zones))
    yield Metric("lineages", len(facts.lineages))
    yield Metric("errors", overview.errors, crit="0")
    yield Metric("warnings", overview.warnings, warn="0")
    yield Metric("held", overview.held, warn="0")
    yield Metric("waiting", len(overview.waitings))
    last = last_run(facts)
    if last:
        limit = overdue_after(facts, thresholds)
        yield Metric("last_run", max(now - last, 0), "s", crit=f"{limit}" if limit else "")
    ends = [zone.first_end for zone in facts.zones.values() if zone.first_end]
    if ends:
        limits = (f"{thresholds.signature_warning}:", f"{thresholds.signature_error}:")
        yield Metric("first_signature_end", min(ends) - now, "s", *limits)
    lineages = [lineage for lineage in facts.lineages.values() if lineage.end]
    if lineages:
        first = min(lineages, key=lambda lineage: lineage.end)
        warn, crit = certificate_limits(first, thresholds)
        yield Metric("first_certificate_end", first.end - now, "s", f"{warn}:", f"{crit}:")
    following = next_event(overview.events, now)
    if following is not None:
        yield Metric("next_event", following.at - now, "s")


def prometheus_lines(overview: Overview) -> Iterator[str]:
    """Yield the text format of Prometheus' node_exporter; times are Unix seconds."""
    for name, helps, samples_of in _FAMILIES:
        samples = list(samples_of(overview))
        if samples:
            yield f"# HELP zonebuild_{name} {helps}"
            yield f"# TYPE zonebuild_{name} gauge"
            yield from (f"zonebuild_{name}{labels} {value}" for labels, value in samples)


Samples = Iterator[tuple[str, int]]


def _run_times(overview: Overview) -> Samples:
    yield from ((_label(kind=kind), run.at) for kind, run in overview.facts.runs.items())


def _serials(overview: Overview) -> Samples:
    for zone in overview.facts.zones.values():
        for at, serial in (("built", zone.built), ("signed", zone.signed)):
            if serial is not None:
                yield _label(zone=zone.apex, at=at), serial


def _served_serials(overview: Overview) -> Samples:
    for zone in overview.facts.zones.values():
        for server, seen in zone.servers.items():
            if seen.serial is not None:
                yield _label(zone=zone.apex, server=server), seen.serial


def _signature_ends(overview: Overview) -> Samples:
    zones = overview.facts.zones.values()
    yield from ((_label(zone=zone.apex), zone.first_end) for zone in zones if zone.first_end)


def _certificate_ends(overview: Overview) -> Samples:
    lineages = overview.facts.lineages.values()
    yield from ((_label(lineage=each.name), each.end) for each in lineages if each.end)


# The name after `zonebuild_`, what it is, its samples.
_FAMILIES: tuple[tuple[str, str, Callable[[Overview], Samples]], ...] = (
    ("status", "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN", lambda o: iter([("", int(o.level))])),
    ("status_timestamp_seconds", "when this was judged", lambda o: iter([("", o.facts.now)])),
    ("zones", "zones of the site", lambda o: iter([("", len(o.facts.zones))])),
    ("errors", "errors now", lambda o: iter([("", o.errors)])),
    ("warnings", "warnings now", lambda o: iter([("", o.warnings)])),
    ("held", "zones with a plan that is held", lambda o: iter([("", o.held)])),
    ("waiting", "what waits", lambda o: iter([("", len(o.waitings))])),
    ("last_run_timestamp_seconds", "end of the last run of each kind", _run_times),
    ("zone_serial", "serial as built, as signed", _serials),
    ("zone_served_serial", "serial at each server", _served_serials),
    ("signature_end_timestamp_seconds", "end of the first signature", _signature_ends),
    ("certificate_end_timestamp_seconds", "end of what hosts may serve", _certificate_ends),
)


def _label(**labels: str) -> str:
    """Return *labels* as Prometheus quotes them."""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
