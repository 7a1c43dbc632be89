"""What `doit check` says of the zones of a site beside each other; no build depends on it.

Each zone leaves its outline when it is judged. Only zones that others ask are made a second time,
one by one, so that no two of them are in memory together.
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.lineages.wanted_certificates import wanted_certificates
from zonebuild.builder.making.overrides import allows_of, apply_severities, asked_of
from zonebuild.builder.making.zone import make_candidate
from zonebuild.builder.places import KEYS
from zonebuild.builder.run import Run
from zonebuild.builder.sources import ZoneSources
from zonebuild.checks.allow import Allow, AllowComments, Silenced
from zonebuild.checks.caa_accounts import judge_accounts
from zonebuild.checks.limits import limit
from zonebuild.checks.outline import (
    DS,
    Answer,
    Outline,
    Sisters,
    SiteFinding,
    answer_all,
    outline_zone,
)
from zonebuild.checks.policy import apply_policy
from zonebuild.checks.site_files import check_files
from zonebuild.checks.site_wide import SITE_CHECKS, check_site, questions
from zonebuild.checks.table import chosen
from zonebuild.compile import USUAL, Asked
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError
from zonebuild.model import Zone
from zonebuild.site.config import ZoneConfig
from zonebuild.site.fragments import HEADS
from zonebuild.site.names import file_name, is_skipped
from zonebuild.zonefile import decode_source

_NAMED_FOR_ZONES = ("primary", "soa")
_WITHOUT_PTR = "address-without-ptr"


class Look(NamedTuple):
    """What is kept of a zone. outline: None where its sources make none. files: it is made of."""

    outline: Outline | None
    files: frozenset[str]


class WholeSite:
    """The site of *run*, of whose zones one after the other is taken."""

    def __init__(self, run: Run, asked: Asked = USUAL) -> None:
        """Begin with none. asked: which checks are made beside those that zones ask for."""
        self._run, self._asked = run, asked
        self._apexes = frozenset({*run.site.zones, *run.site.broken})
        self._sisters = Sisters(self._apexes)
        self._looks: dict[str, Look] = {}

    def look_at(self, config: ZoneConfig, sources: ZoneSources, zone: Zone | None) -> Look:
        """Return what is needed at the end of *zone*, and of the *sources* that made it."""
        outline = None
        if zone is not None:
            heads = {part.source.path: part.head for part in sources.parts if part.head}

            def placed(place: Location) -> Location:
                head = heads.get(place.path)
                return (
                    place if head is None else Location(place.path, head.template_line(place.line))
                )

            with_addresses = _WITHOUT_PTR in asked_of(config, self._asked).enabled
            outline = outline_zone(zone, self._sisters, placed, with_addresses=with_addresses)
        paths = [*(part.source.path for part in sources.parts), *sources.included]
        return Look(outline, frozenset(map(posixpath.normpath, paths)))

    def keep(self, apex: str, look: Look) -> None:
        """Take the zone of *apex*."""
        self._looks[apex] = look

    def judge(self) -> tuple[list[Finding], list[Silenced]]:
        """Return what is wrong between the zones that were taken, and what they allow of it."""
        found: dict[str, list[SiteFinding]] = {}
        for each in self._found():
            found.setdefault(each.apex, []).append(each)
        findings, silenced = [], []
        for apex, of_zone in sorted(found.items()):
            if apex:
                told, hidden = self._weighed(self._config(apex), of_zone)
            else:
                told, hidden = self._sifted(of_zone, [])
            findings += told
            silenced += hidden
        return findings, silenced

    def _found(self) -> Iterator[SiteFinding]:
        outlines = {a: look.outline for a, look in self._looks.items() if look.outline is not None}
        asked = questions(outlines.values(), self._sisters)
        answers: dict[str, Answer] = {}
        for apex in sorted(asked.keys() & outlines.keys()):
            zone = self._zone(apex)
            if zone is not None:
                answers.update(answer_all(zone, asked[apex]))
        yield from check_site(outlines, answers, self._keys(outlines.values()))
        users: dict[str, set[str]] = {}
        for apex, look in self._looks.items():
            for path in look.files:
                users.setdefault(path, set()).add(apex)
        # Which files a zone uses whose YAML is wrong is not known: then only those in use count.
        is_known = not self._run.site.broken
        files = [path for path in _files(self._run.places.root) if is_known or path in users]
        yield from check_files(files, users, {file_name(apex): apex for apex in self._apexes})
        for apex, wants in sorted(wanted_certificates(self._run).items()):
            zone = self._zone(apex) if apex in self._looks else None
            if zone is not None:
                yield from judge_accounts(apex, zone, wants)

    def _config(self, apex: str) -> ZoneConfig:
        return self._run.site.zones.get(apex) or self._run.site.fallbacks[apex]

    def _zone(self, apex: str) -> Zone | None:
        """Return the zone of *apex* once more; only what could change its records is checked."""
        config, reader = self._config(apex), self._run.reader
        asked = Asked(Severity.ERROR)
        sources = reader.read(config)
        return make_candidate(config, sources, reader, serial=1, good=None, asked=asked).zone

    # -- keys -------------------------------------------------------------------------------

    def _keys(self, outlines: Iterable[Outline]) -> dict[str, tuple[DS, ...]]:
        """Return the DS that the keys of child zones make, as far as this host signs them."""
        if self._run.site.signer != "local":
            return {}
        children = [each for outline in outlines for each in outline.delegations]
        is_wanted = self._asked.least <= Severity.INFO
        apexes = [each.child for each in children if each.ds or is_wanted]
        found = {apex: self._ds(self._config(apex)) for apex in apexes}
        return {apex: ds for apex, ds in found.items() if ds is not None}

    def _ds(self, config: ZoneConfig) -> tuple[DS, ...] | None:
        """Return the DS of *config*'s zone, none where it is not signed, None if nobody knows."""
        root, apex = self._run.places.root, config.apex
        if not config.signing.enabled:
            return ()
        if not (root / KEYS / f"{file_name(apex)}.pem").is_file():
            return None
        from zonebuild.signers.local.disk import load_key
        from zonebuild.signers.local.errors import SigningError
        from zonebuild.signers.local.keys import ds_rdata
        from zonebuild.signers.local.names import read_name

        try:
            key = load_key(root, apex)
        except SigningError:
            return None
        rdatas = [ds_rdata(read_name(apex), key, kind).split(" ") for kind in (2, 4)]
        return tuple(DS(int(a), int(b), int(c), digest) for a, b, c, digest in rdatas)

    # -- what a zone wants of its findings --------------------------------------------------

    def _weighed(
        self, config: ZoneConfig, found: list[SiteFinding]
    ) -> tuple[list[Finding], list[Silenced]]:
        """Return the findings of one zone as it wants them, and those that it allows."""
        asked = asked_of(config, self._asked)
        made = {c.name for c in chosen(SITE_CHECKS, switched_on=asked.enabled, least=asked.least)}
        found = [each for each in found if each.finding.check in made]
        told, silenced = self._sifted(found, allows_of(config))
        return apply_severities(apply_policy(told, config.policy), config), silenced

    def _sifted(
        self, found: list[SiteFinding], allows: list[Allow]
    ) -> tuple[list[Finding], list[Silenced]]:
        """Return the findings that neither *allows* nor comments let pass, and the others."""
        comments = self._comments({each.finding.location.path for each in found})
        allowed = _Allows([*allows, *comments])
        told, silenced = [], []
        for each in found:
            finding, owner = each.finding, each.owner
            if finding.location.path.startswith(HEADS):
                finding = replace(finding, part=None)  # a template has other columns
            allow = allowed.of(finding, owner)
            if allow is None:
                told.append(finding)
            else:
                silenced.append(Silenced(finding, allow.reason))
        return limit(told), silenced

    def _comments(self, paths: Iterable[str]) -> list[Allow]:
        """Return what comments allow in the files at *paths*."""
        comments = AllowComments()
        for path in sorted(paths):
            try:
                data = self._run.tree.read(path, self._run.site.limits.fragment_octets)
            except SourceError:
                continue
            comments.take(decode_source(path, data))
        return comments.allows()


class _Allows:
    """What is allowed, by check and file, to be looked up by place and owner."""

    def __init__(self, allows: Iterable[Allow]) -> None:
        self._by: dict[tuple[str, str | None], list[Allow]] = {}
        for allow in sorted(allows, key=lambda allow: allow.first):
            self._by.setdefault((allow.check, allow.path), []).append(allow)

    def of(self, finding: Finding, owner: str) -> Allow | None:
        """Return what allows *finding*, which points at a record of *owner* or at a file."""
        for allow in self._by.get((finding.check, None), ()):
            if allow.owner in (None, owner):
                return allow
        here = self._by.get((finding.check, finding.location.path), [])
        line = finding.location.line
        if not here or not line:
            return here[0] if here else None
        nearest = here[bisect_right(here, line, key=lambda allow: allow.first) - 1]
        return nearest if nearest.first <= line <= nearest.last else None


def _files(root: Path) -> Iterator[str]:
    """Yield the files whose names may be those of zones, relative to *root*."""
    for top in _NAMED_FOR_ZONES:
        for folder, folders, names in os.walk(root / top):
            folders[:] = [name for name in folders if not is_skipped(name)]
            for name in names:
                if not is_skipped(name):
                    yield os.path.relpath(os.path.join(folder, name), root)
