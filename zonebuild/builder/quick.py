"""Large zones of which only machines' records changed, built without reading what people wrote.

What is remembered of the last full build tells where the hand-written part of the built zone ends
and which names it has. A machine's record that is not plainly right, or a zone of which anything
else is to be said, goes through the full build.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zonebuild.assemble import assemble
from zonebuild.builder.holding import Holding
from zonebuild.builder.job import Built
from zonebuild.builder.known_names import hand_octets, kept_names, serial_span
from zonebuild.builder.memory import Memory, recall
from zonebuild.builder.numbering import AskServers, History, NumberingError, next_number
from zonebuild.builder.outcome import Report
from zonebuild.builder.output import zone_text
from zonebuild.builder.placing import Names, refuse, ruled_paths
from zonebuild.builder.run import Run, inputs_of
from zonebuild.builder.serials import KeptSerial
from zonebuild.builder.sources import Part
from zonebuild.checks.limits import limit
from zonebuild.diagnostic import Finding, Severity, sort_findings
from zonebuild.diff import diff_records
from zonebuild.files.manifest import digest
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Fragment, Record, Zone, type_bit
from zonebuild.rdata.types import type_number
from zonebuild.site.config import ZoneConfig
from zonebuild.zonefile import decode_source, read_fragment
from zonebuild.zonefile.columns import edit_rows

_LIMIT = 1 << 30  # octets of a built zone


def build_quickly(
    run: Run, apex: str, *, ask_servers: AskServers, holding: Holding
) -> Built | None:
    """Return the zone with today's machine records, None where it wants the full build."""
    config, kept = run.site.zones.get(apex), run.serials.get(apex)
    if config is None or kept is None or holding.freezes.of(apex) is not None:
        return None
    memory = recall(run.places, apex)
    names = None if memory is None else kept_names(run.places, apex, memory.hand)
    if memory is None or names is None or kept.policy != memory.policy:
        return None
    sources = run.reader.read(config, machine_only=True)
    if sources.findings or sources.machine_findings:
        return None
    admitted = _Admitted(config, memory, names)
    fragments = [admitted.fragment(part) for part in sources.parts]
    if not admitted.is_plain:
        return None
    machine = frozenset(part.source.path for part in sources.parts)
    zone = assemble(apex, [fragment for fragment in fragments if fragment is not None])
    report = Report(tuple(sort_findings(limit(admitted.refused))))
    built = Built(apex, report, inputs_of(run, config), True, change="", memory=memory)
    return _numbered(run, config, built, zone, machine, kept, ask_servers)


class _Admitted:
    """The records of machines that are plainly right. refused: what is told of the others."""

    def __init__(self, config: ZoneConfig, memory: Memory, names: Names) -> None:
        self._config, self._memory, self._names = config, memory, names
        self._rules = ruled_paths(config.apex)
        self._ttls: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self.refused: list[Finding] = []
        self.is_plain = True

    def fragment(self, part: Part) -> Fragment | None:
        """Return *part* read; None, and nothing is plain any more, where it is not right."""
        if part.source.path not in self._rules or part.rule is not None:
            self.is_plain = False
            return None
        apex, ttl = self._config.apex, self._memory.ttl
        fragment = read_fragment(part.source, apex=apex, default_ttl=ttl)
        producer, dropped = self._rules[part.source.path], []
        for row, record in enumerate(fragment.records.iterate()):
            refusal = refuse(record, apex, self._names, producer)
            if refusal is not None:
                self.refused.append(replace(refusal, severity=Severity.WARNING))
                dropped.append(row)
            elif not self._is_plain(record):
                self.is_plain = False
        self.is_plain = self.is_plain and not fragment.findings
        if dropped:
            edit_rows(fragment, dropped=dropped, ttls={})
        return fragment

    def _is_plain(self, record: Record) -> bool:
        """Say whether no check can find fault with *record*: it is new, and alone of its kind."""
        kind = (record.owner, record.rdtype)
        is_new = (*kind, record.rdata.lower()) not in self._seen
        self._seen.add((*kind, record.rdata.lower()))
        bit = type_bit(type_number(record.rdtype) or 0)
        is_free = not self._names.mask(record.owner) & bit
        return is_new and is_free and self._ttls.setdefault(kind, record.ttl) == record.ttl


def _numbered(
    run: Run,
    config: ZoneConfig,
    built: Built,
    zone: Zone,
    machine: frozenset[str],
    kept: KeptSerial,
    ask_servers: AskServers,
) -> Built | None:
    """Return *built* with the text that is to be written, None where what stands is odd."""
    try:
        old = read_outside(run.places.unsigned(config.apex), _LIMIT)
    except SourceError:
        return None
    end, span, memory = hand_octets(old), serial_span(old), built.memory
    if span is None or memory is None or int(old[span[0] : span[1]]) != kept.serial:
        return None
    made = zone_text(zone, machine).encode("ascii")
    if old[end:] == made:
        return replace(built, digest=memory.digest)
    number = kept.serial
    if _differ(config.apex, old[end:], made):
        history = History(None, kept.serial, kept.policy)
        try:
            number = next_number(
                config, memory.policy, history, now=run.now, ask_servers=ask_servers
            )
        except NumberingError:
            return None
    text = b"".join(_pieces(old, (span[0], str(number).encode(), span[1], end), made))
    whole = digest(text)
    return replace(
        built,
        text=text,
        digest=whole,
        serial=KeptSerial(number, memory.policy),
        memory=replace(memory, digest=whole),
    )


def _pieces(old: bytes, cut: tuple[int, bytes, int, int], made: bytes) -> Iterator[memoryview]:
    before, serial, behind, end = cut
    view = memoryview(old)
    yield from (view[:before], memoryview(serial), view[behind:end], memoryview(made))


def _differ(apex: str, *texts: bytes) -> bool:
    """Say whether two machine-made parts have other records, whatever their spelling."""
    old, new = (read_fragment(decode_source("", text), apex=apex).records for text in texts)
    return bool(diff_records(apex, old, new))
