"""The files of one zone, read: its head rendered, its fragments as text, what was looked at."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, SourceTree
from zonebuild.site.config import Site, ZoneConfig, template_variables
from zonebuild.site.fragments import FragmentFinder, FragmentSource
from zonebuild.site.rules import FragmentRule
from zonebuild.soa import SERIAL_MARK, Head, render_head
from zonebuild.zonefile import Source, decode_source


@dataclass(frozen=True, slots=True)
class Part:
    """One fragment of a zone. text: of a head, with `{{ serial }}` still in it."""

    source: Source
    is_machine: bool
    rule: FragmentRule | None
    head: Head | None = None

    def with_serial(self, serial: int) -> Source:
        """Return the source with *serial* where the head wants it."""
        if self.head is None or not self.head.has_serial:
            return self.source
        return self.source._replace(text=self.source.text.replace(SERIAL_MARK, str(serial)))


@dataclass(slots=True)
class ZoneSources:
    """What the files of one zone hold.

    findings: about files that cannot be had, and heads that cannot be rendered.
    included: paths that `$INCLUDE` asked for, found or not, in the order of asking.
    """

    parts: list[Part] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    machine_findings: list[Finding] = field(default_factory=list)
    included: dict[str, None] = field(default_factory=dict)

    @property
    def hand(self) -> list[Part]:
        """The parts that people write."""
        return [part for part in self.parts if not part.is_machine]

    @property
    def machine(self) -> list[Part]:
        """The parts that machines make."""
        return [part for part in self.parts if part.is_machine]

    def serial_marks(self) -> int:
        """Return how often the head asks for the serial."""
        return sum(part.source.text.count(SERIAL_MARK) for part in self.parts if part.head)


class SourceReader:
    """Reads the files of zones out of the site's tree."""

    def __init__(self, root: Path, tree: SourceTree, site: Site, finder: FragmentFinder) -> None:
        self._root, self._tree, self._site, self._finder = root, tree, site, finder

    def read(self, zone: ZoneConfig, *, machine_only: bool = False) -> ZoneSources:
        """Return what the files of *zone* hold, as far as they can be read.

        machine_only: those that people write are not read.
        """
        sources = ZoneSources()
        found, missing = self._finder.find(zone)
        sources.findings += missing
        for fragment in found:
            if machine_only and not fragment.is_machine:
                continue
            part = self._part(zone, fragment, sources)
            if part is not None:
                sources.parts.append(part)
        # What machines made comes last, wherever `fragments:` names it.
        sources.parts.sort(key=lambda part: part.is_machine)
        return sources

    def _part(
        self, zone: ZoneConfig, fragment: FragmentSource, sources: ZoneSources
    ) -> Part | None:
        path, is_machine = fragment.path, fragment.is_machine
        findings = sources.machine_findings if is_machine else sources.findings
        try:
            data = self._tree.read(path, self._site.limits.fragment_octets)
        except SourceError as error:
            finding = Finding(
                Location(path), Severity.ERROR, "unreadable-file", f"{path} {error.reason}"
            )
            findings.append(finding)
            return None
        if not fragment.is_head:
            return Part(decode_source(path, data), is_machine, fragment.rule)
        limit = self._site.limits.template_octets
        head = render_head(path, data, template_variables(zone), limit=limit)
        findings += head.findings
        source = decode_source(path, head.text.encode("utf-8"))
        return Part(source, is_machine, fragment.rule, head)

    def include(self, sources: ZoneSources, including: str, name: str) -> Source | str:
        """Return what `$INCLUDE` *name* in the file *including* means, or why it is refused.

        That is the file beside the including one; where there is none, from the site's top.
        """
        if name.startswith("/"):
            return "an absolute path; want one relative to the including file"
        if ".." in name.split("/"):
            return "a path with ..; want one that goes down from the including file's folder"
        beside = posixpath.join(posixpath.dirname(including), name)
        reasons = []
        for path in dict.fromkeys((beside, posixpath.normpath(name))):
            sources.included[path] = None
            try:
                data = self._tree.read(path, self._site.limits.fragment_octets)
            except SourceError as error:
                reasons.append(f"{path} {error.reason}")
                if os.path.lexists(self._root / path):
                    break  # what lies beside the file is meant, also where it cannot be used
            else:
                return decode_source(path, data)
        return "; ".join(reasons)


def in_template(findings: Sequence[Finding], parts: Sequence[Part]) -> list[Finding]:
    """Return *findings*, those in the rendered text of a head moved to the template's line."""
    heads = {part.source.path: part.head for part in parts if part.head is not None}
    moved = []
    for finding in findings:
        head = heads.get(finding.location.path)
        if head is not None and finding.location.line:
            where = Location(finding.location.path, head.template_line(finding.location.line))
            finding = replace(finding, location=where, part=None)
        moved.append(finding)
    return moved
