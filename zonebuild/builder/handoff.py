"""The stage `handoff`: every built zone to the signer that site.yaml names, where that is due.

The last built zone is signed again in time, also while its sources fail: a broken source stops
no signature.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from zonebuild.assemble import assemble
from zonebuild.builder.outcome import Report
from zonebuild.builder.places import KEYS, SIGNED, STATE, UNSIGNED
from zonebuild.builder.run import Run
from zonebuild.builder.stamps import HANDOFF, Stamp, is_fresh, make_stamp
from zonebuild.builder.zones import Progress
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, read_outside
from zonebuild.model import Zone
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import SITE_FILE, file_name
from zonebuild.zonefile import decode_source, read_fragment

_LIMIT = 1 << 30  # octets of a built zone


def zones_at_hand(run: Run) -> list[str]:
    """Return every zone that may be signed, sorted: one without a file in zones/ still is.

    It is served until `zonebuild remove` takes it away, so its signatures must not expire.
    """
    return sorted({*run.site.zones, *run.site.broken, *run.orphans})


def _config(run: Run, apex: str) -> ZoneConfig:
    for known in (run.site.zones, run.site.fallbacks):
        if apex in known:
            return known[apex]
    return run.orphans[apex]


def zones_to_look_at(run: Run, stamps: dict[str, Stamp]) -> list[str]:
    """Return the zones that may have to be signed, sorted."""
    root, now = run.places.root, run.now
    apexes = zones_at_hand(run)
    return [a for a in apexes if a not in stamps or not is_fresh(root, stamps[a], now)]


def _is_to_be_signed(run: Run, apex: str) -> bool:
    if run.site.signer != "local":
        return False
    config = run.site.zones.get(apex)
    if config is not None:
        return config.signing.enabled
    # Its YAML is wrong or gone: go on with what was signed before, begin nothing.
    return os.path.lexists(run.places.root / STATE / "signed" / file_name(apex))


def untold(run: Run) -> list[Finding]:
    """Return the errors of programs that site.yaml names and that nobody tells of changes yet."""
    named = run.site.handoff
    programs = (
        (named.signer.kind, named.signer_at),
        (named.server and named.server.kind, named.server_at),
    )
    message = (
        "is not told of changed zones by this version: let it read unsigned/ or signed/ by itself, "
        "and write `signer: none` or leave `serve` out"
    )
    return [
        Finding(where, Severity.ERROR, "handoff-not-told", f"{kind} {message}")
        for kind, where in programs
        if kind not in (None, "none", "local")
    ]


def sign_zones(
    run: Run, apexes: Sequence[str], stamps: dict[str, Stamp], *, progress: Progress
) -> None:
    """Sign the built zones of *apexes*; one that cannot be signed stops no other.

    stamps: of all zones; those of *apexes* are replaced. Errors: WriteError.
    """
    for done, apex in enumerate(apexes):
        progress(done, len(apexes))
        config = _config(run, apex)
        begun = time.time_ns()  # only ever compared with the times of files
        report, due = _sign(run, config) if _is_to_be_signed(run, apex) else (Report(), 0)
        run.outcome.put(HANDOFF, apex, report)
        name = file_name(apex)
        written = [f"{SIGNED}/{name}", f"{KEYS}/{name}.pem", f"{STATE}/signed/{name}"]
        written.append(f"{UNSIGNED}/{name}")
        read = [SITE_FILE, config.path]
        stamps[apex] = make_stamp(run.places.root, read, written, since=begun, due=due)


def _sign(run: Run, config: ZoneConfig) -> tuple[Report, int]:
    """Return what there is to say of signing the zone, and when it is due again."""
    from zonebuild.signers.local.disk import sign
    from zonebuild.signers.local.errors import SigningError
    from zonebuild.signers.local.zone_signing import SigningParameters

    zone = _built_zone(run, config.apex)
    if zone is None:
        return Report(), 0
    signing = config.signing
    parameters = SigningParameters(
        validity=signing.validity,
        cds=signing.cds,
        **({} if signing.dnskey_ttl is None else {"dnskey_ttl": signing.dnskey_ttl}),
    )
    try:
        outcome = sign(run.places.root, config.apex, zone, now=run.now, parameters=parameters)
    except SigningError as error:
        where = Location(config.path)
        return Report((Finding(where, Severity.ERROR, "signing", str(error)),)), 0
    return Report(outcome.findings, outcome.waitings), outcome.due_at


def _built_zone(run: Run, apex: str) -> Zone | None:
    path = run.places.unsigned(apex)
    try:
        data = read_outside(path, _LIMIT)
    except SourceError:
        return None
    fragment = read_fragment(decode_source(f"{UNSIGNED}/{file_name(apex)}", data), apex=apex)
    return assemble(apex, [fragment])
