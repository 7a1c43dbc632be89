"""What a site wants of its zones, as far as checks compare with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values that a site or a zone may set.

    min_ttl, max_ttl: seconds; what lies outside is said.
    issuers: the names by which CAA records know the CAs that the site asks; empty: not known.
    now: Unix seconds, for serials that count days; None where the time may not matter.
    """

    min_ttl: int = 30
    max_ttl: int = 604800
    issuers: tuple[str, ...] = ()
    now: int | None = None


NO_SETTINGS = Settings()
