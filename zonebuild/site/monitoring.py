"""The keys `monitoring.*` of site.yaml: from when on something is a warning, or an error."""

from __future__ import annotations

from dataclasses import dataclass

from zonebuild.site.kinds import Key, scalar, within
from zonebuild.site.values import parse_duration

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class MonitoringConfig:
    """From when on something is a warning, or an error. All are seconds.

    overdue: without a run; None: a quarter of an hour, and only where runs come by themselves.
    signature_*, certificate_*: before the end. endpoint_*: since the certificate was exported
    that the endpoint does not show. server_*: since the server was last seen with the zone.
    ds_warning: since the zone was first signed, without a DS at its parent.
    """

    overdue: int | None = None
    signature_warning: int = 7 * _DAY
    signature_error: int = 3 * _DAY
    certificate_warning: int = 14 * _DAY
    certificate_error: int = 3 * _DAY
    endpoint_warning: int = _HOUR
    endpoint_error: int = _DAY
    server_warning: int = _HOUR
    server_error: int = 7 * _DAY
    ds_warning: int = 7 * _DAY


USUAL_OVERDUE = 15 * _MINUTE  # of a site that is polled each minute
_DEFAULT = MonitoringConfig()
_SECONDS = within(scalar("a duration", parse_duration), 0, 366 * _DAY, "seconds")


def _key(name: str, shown: str, doc: str, example: str = "") -> Key:
    return Key(f"monitoring.{name}", _SECONDS, getattr(_DEFAULT, name), shown, doc, example)


MONITORING_KEYS = (
    _key(
        "overdue",
        "15m where it is polled",
        "after which time without a run `status` reports an error; by itself only where `poll` or "
        "`watch` runs without a terminal, given here for every kind of run",
        "monitoring: {overdue: 1h, certificate_warning: 21d}",
    ),
    _key(
        "signature_warning",
        "7d",
        "how long before its end a signature is a warning, where it should have been renewed by "
        "then; another signer's: `arrival.signatures`, an error",
    ),
    _key("signature_error", "3d", "and an error"),
    _key(
        "certificate_warning",
        "14d",
        "how long before its end a certificate is a warning; never more than a fifth of its life",
    ),
    _key("certificate_error", "3d", "and an error; never more than a tenth of its life"),
    _key(
        "endpoint_warning",
        "1h",
        "how long after an export an endpoint that shows another certificate is a warning",
    ),
    _key("endpoint_error", "1d", "and an error"),
    _key("server_warning", "1h", "how long a silent name server is no warning yet"),
    _key(
        "server_error",
        "7d",
        "nor an error; at most half of the zone's SOA expire, after which it serves nothing",
    ),
    _key(
        "ds_warning",
        "7d",
        "how long a zone that was signed for the first time may wait for its DS",
    ),
)
