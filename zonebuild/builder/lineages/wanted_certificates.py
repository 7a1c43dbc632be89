"""Which names the site asks CAs for, with which accounts, as far as state/acme knows them."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.builder.run import Run
from zonebuild.checks.caa_accounts import Want
from zonebuild.checks.caa_rights import Applicant
from zonebuild.files.read import SourceError, read_outside
from zonebuild.placement import zone_of
from zonebuild.site.tlsa_map import MAP_FILE, read_map
from zonebuild.site.yaml import MAX_OCTETS

_LIMIT = 1 << 14  # octets


def wanted_certificates(run: Run) -> dict[str, list[Want]]:
    """Return what is asked for in each zone, by apex; nothing of a CA without an account here."""
    found: dict[str, list[Want]] = {}
    for want in _wants(run):
        apex = zone_of(want.name.removeprefix("*."), run.site.zones)
        if apex is not None:
            found.setdefault(apex, []).append(want)
    return found


def _wants(run: Run) -> Iterator[Want]:
    try:
        wanted, _ = read_map(run.tree.read(MAP_FILE, MAX_OCTETS), run.site.host)
    except SourceError:
        return
    for entry in wanted.entries.values() if wanted is not None else ():
        if entry.issue is None:
            continue
        applicant = _applicant(run, run.site.acme.name_of(entry.issue.ca))
        if applicant is not None:
            yield from (Want(f"{name}.", applicant, entry.lineage.location) for name in entry.names)


def _applicant(run: Run, ca: str) -> Applicant | None:
    folder = run.places.root / run.site.acme.accounts / ca
    try:
        account, domains = (
            read_outside(folder / name, _LIMIT).decode("utf-8", "replace").split()
            for name in ("account", "caa")
        )
    except SourceError:
        return None
    return Applicant(tuple(domains), account[0]) if account and domains else None
