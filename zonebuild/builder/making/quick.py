"""Large zones of which only machines' records changed, built without reading what people wrote.

What is remembered of the last full build tells where the hand-written part of the built zone ends
and which names it has. A machine's record that is not plainly right, or a zone of which anything
else is to be said, goes through the full build.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from zonebuild.assemble import assemble
from zonebuild.builder.making.built import Built
from zonebuild.builder.making.memory import Memory, recall
from zonebuild.builder.making.numbering import AskServers, History, NumberingError, next_number
from zonebuild.builder.making.placing import Names, refuse, ruled_paths
from zonebuild.builder.outcome import Report
from zonebuild.builder.output import MACHINES
from zonebuild.builder.plans.holding import Holding
from zonebuild.builder.remembered.known_names import hand_octets, kept_names, serial_span
from zonebuild.builder.remembered.serials import KeptSerial
from zonebuild.builder.run import Run, inputs_of
from zonebuild.builder.sources import Part
from zonebuild.checks.limits import limit
from zonebuild.diagnostic import Finding, Severity, sort_findings
from zonebuild.diff import diff_records
from zonebuild.files.manifest import digest
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Record, type_bit
from zonebuild.rdata.types import type_number
from zonebuild.site.config import ZoneConfig
from zonebuild.zonefile import decode_source, read_fragment
from zonebuild.zonefile.columns import edit_rows
from zonebuild.zonefile.write import write_zone

_LIMIT = 1 << 30  # octets of a built zone


def build_quickly(
    run: Run, apex: str, *, ask_servers: AskServers, holding: Holding
) -> Built | None:
    """Return the zone with today's machine records, None where it wants the full build."""
    config, kept = run.site.zones.get(apex), run.serials.get(apex)
    if config is None or kept is None or holding.freezes.of(apex) is not None:
        return None
    memory = recall(run.places, apex)
    admitted = None if memory is None else _Admitted.of(run, config, memory)
    if memory is None or admitted is None or kept.policy != memory.policy:
        return None
    sources = run.reader.read(config, machine_only=True)
    if sources.findings or sources.machine_findings:
        return None
    made = {part.source.path: admitted.text(part) for part in sources.parts}
    others = memory.parts.keys() - ruled_paths(apex).keys()
    if not admitted.is_plain or {path for path, text in made.items() if text is None} != others:
        return None
    report = Report(tuple(sort_findings(limit(admitted.refused))))
    built = Built(apex, report, inputs_of(run, config), True, change="", memory=memory)
    return _numbered(run, built, memory, made, ask_servers)


class _Admitted:
    """The records of producers that are plainly right. refused: what is told of the others."""

    def __init__(self, apex: str, ttl: int | None, names: Names, others: Names) -> None:
        self._apex, self._ttl, self._names, self._others = apex, ttl, names, others
        self._rules = ruled_paths(apex)
        self._ttls: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self.refused: list[Finding] = []
        self.is_plain = True

    @classmethod
    def of(cls, run: Run, config: ZoneConfig, memory: Memory) -> _Admitted | None:
        """Return what admits into the zone of *config*, None where its names are not known."""
        places, apex = run.places, config.apex
        names = kept_names(places.names(apex), memory.hand)
        others = kept_names(places.other_names(apex), memory.hand)
        return None if names is None or others is None else cls(apex, memory.ttl, names, others)

    def text(self, part: Part) -> str | None:
        """Return what a producer's *part* is in the built zone; None for another machine's."""
        producer = self._rules.get(part.source.path)
        if producer is None:
            return None
        fragment = read_fragment(part.source, apex=self._apex, default_ttl=self._ttl)
        self.is_plain = self.is_plain and not fragment.findings and part.rule is None
        dropped = []
        for row, record in enumerate(fragment.records.iterate()):
            refusal = refuse(record, self._apex, self._names, producer)
            if refusal is not None:
                self.refused.append(replace(refusal, severity=Severity.WARNING))
                dropped.append(row)
            elif not self._is_plain(record):
                self.is_plain = False
        if dropped:
            edit_rows(fragment, dropped=dropped, ttls={})
        return "".join(text for _, text in write_zone(assemble(self._apex, [fragment])))

    def _is_plain(self, record: Record) -> bool:
        """Say whether no check can find fault with *record*: it is new, and alone of its kind."""
        kind = (record.owner, record.rdtype)
        is_new = (*kind, record.rdata.lower()) not in self._seen
        self._seen.add((*kind, record.rdata.lower()))
        bit = type_bit(type_number(record.rdtype) or 0)
        taken = self._names.mask(record.owner) | self._others.mask(record.owner)
        return is_new and not taken & bit and self._ttls.setdefault(kind, record.ttl) == record.ttl


def _numbered(
    run: Run, built: Built, memory: Memory, made: dict[str, str | None], ask_servers: AskServers
) -> Built | None:
    """Return *built* with the text that is to be written, None where what stands is odd.

    made: by path the text of each machine's part; None: as it stands.
    """
    config, kept = run.site.zones[built.apex], run.serials[built.apex]
    try:
        old = read_outside(run.places.unsigned(built.apex), _LIMIT)
    except SourceError:
        return None
    end, span = hand_octets(old), serial_span(old)
    if span is None or int(old[span[0] : span[1]]) != kept.serial:
        return None
    machine = _machine_text(old[end:], memory, made)
    if machine == old[end:]:
        return replace(built, digest=memory.digest)
    number = kept.serial
    if _differ(built.apex, *_producers_texts(old[end:], memory, made)):
        history = History(None, kept.serial, kept.policy)
        try:
            number = next_number(
                config, memory.policy, history, now=run.now, ask_servers=ask_servers
            )
        except NumberingError:
            return None
    text = b"".join(_pieces(old, (span[0], str(number).encode(), span[1], end), machine))
    whole = digest(text)
    parts = {
        path: len(text) if text is not None else memory.parts[path] for path, text in made.items()
    }
    return replace(
        built,
        text=text,
        digest=whole,
        serial=KeptSerial(number, memory.policy),
        memory=replace(memory, digest=whole, parts=parts),
    )


def _machine_text(old: bytes, memory: Memory, made: dict[str, str | None]) -> bytes:
    """Return the machine-made part: what is in *made*, and of *old* what stays."""
    if not made:
        return b""
    standing = _standing(old, memory)
    texts = (standing[p] if text is None else text.encode("ascii") for p, text in made.items())
    return b"".join([MACHINES.encode(), *texts])


def _standing(old: bytes, memory: Memory) -> dict[str, bytes]:
    """Return each part of the machine-made text *old*."""
    ends = list(accumulate(memory.parts.values(), initial=len(MACHINES)))
    return {path: old[at:end] for path, at, end in zip(memory.parts, ends, ends[1:], strict=False)}


def _producers_texts(
    old: bytes, memory: Memory, made: dict[str, str | None]
) -> tuple[bytes, bytes]:
    """Return what producers of ours made, as it stands and as it will."""
    standing, others = _standing(old, memory), {p for p, text in made.items() if text is None}
    stood = (text for path, text in standing.items() if path not in others)
    return b"".join(stood), "".join(text for text in made.values() if text).encode("ascii")


def _pieces(old: bytes, cut: tuple[int, bytes, int, int], made: bytes) -> Iterator[memoryview]:
    before, serial, behind, end = cut
    view = memoryview(old)
    yield from (view[:before], memoryview(serial), view[behind:end], memoryview(made))


def _differ(apex: str, *texts: bytes) -> bool:
    """Say whether two machine-made parts have other records, whatever their spelling."""
    old, new = (read_fragment(decode_source("", text), apex=apex).records for text in texts)
    return bool(diff_records(apex, old, new))
