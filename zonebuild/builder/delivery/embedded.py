"""Built zones to the embedded signer, where a change or the age of signatures wants it."""

from __future__ import annotations

import os
from functools import partial

from zonebuild.assemble import assemble
from zonebuild.builder.delivery.first_key import refuse_first_key
from zonebuild.builder.outcome import Report
from zonebuild.builder.places import STATE, UNSIGNED
from zonebuild.builder.run import Run
from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.model import Zone
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name
from zonebuild.zonefile import decode_source, read_fragment

_AGAIN = 60  # seconds until a zone that could not be signed is tried again


def sign_if_wanted(run: Run, config: ZoneConfig) -> tuple[Report, int]:
    """Sign the zone where that is this program's; return what there is to say, and when it is due.

    Errors: WriteError.
    """
    return _sign(run, config) if _is_to_be_signed(run, config.apex) else (Report(), 0)


def _is_to_be_signed(run: Run, apex: str) -> bool:
    if run.site.signer != "local":
        return False
    config = run.site.zones.get(apex)
    if config is not None:
        return config.signing.enabled
    # Its YAML is wrong or gone: go on with what was signed before, begin nothing.
    return os.path.lexists(run.places.root / STATE / "signed" / file_name(apex))


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
        outcome = sign(
            run.places.root,
            config.apex,
            zone,
            now=run.now,
            parameters=parameters,
            refuse_first_key=partial(refuse_first_key, run, config),
        )
    except SigningError as error:
        where = Location(config.path)
        finding = Finding(where, Severity.ERROR, "signing", str(error))
        return Report((finding,)), run.now + _AGAIN
    return Report(outcome.findings, outcome.waitings), outcome.due_at


def _built_zone(run: Run, apex: str) -> Zone | None:
    data = run.built.read(apex).data
    if data is None:
        return None
    fragment = read_fragment(decode_source(f"{UNSIGNED}/{file_name(apex)}", data), apex=apex)
    return assemble(apex, [fragment])
