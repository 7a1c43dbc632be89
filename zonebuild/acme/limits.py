"""What a CA allows, as data: how often, in which period, and what renewals do not count towards.

Let's Encrypt fills its limits up again by and by; counting what lies in a sliding window of the
whole period is never laxer than that. Spec: https://letsencrypt.org/docs/rate-limits/
"""

from __future__ import annotations

from dataclasses import dataclass

_HOUR, _DAY = 3600, 86400
ORDERS, DOMAIN, NAMES, FAILURES, ACCOUNTS = "orders", "domain", "names", "failures", "accounts"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *count* in any *period* (seconds)."""

    count: int
    period: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one directory.

    counts: by ORDERS (new orders of an account), DOMAIN (certificates of a registered domain),
        NAMES (certificates of one exact set of names), FAILURES (failed authorizations of a name),
        ACCOUNTS (new accounts). What is missing is not limited.
    renewal_exempt: what a certificate for a set that had one before does not count towards.
    ari_exempt: the same where the order says which certificate it replaces, in time (RFC 9773).
    """

    counts: dict[str, Limit]
    renewal_exempt: frozenset[str] = frozenset()
    ari_exempt: frozenset[str] = frozenset()


FORCED = Limit(3, 7 * _DAY)  # of one set, where its number is limited: a person's haste, counted
_EXEMPT = (frozenset({ORDERS, DOMAIN}), frozenset({ORDERS, DOMAIN, NAMES}))

LIMITS: dict[str, Limits] = {
    "letsencrypt": Limits(
        {
            ORDERS: Limit(300, 3 * _HOUR),
            DOMAIN: Limit(50, 7 * _DAY),
            NAMES: Limit(5, 7 * _DAY),
            FAILURES: Limit(5, _HOUR),
            ACCOUNTS: Limit(10, 3 * _HOUR),
        },
        *_EXEMPT,
    ),
    "letsencrypt-staging": Limits(
        {
            ORDERS: Limit(1500, 3 * _HOUR),
            NAMES: Limit(30000, 7 * _DAY),
            FAILURES: Limit(200, _HOUR),
            ACCOUNTS: Limit(50, 3 * _HOUR),
        },
        *_EXEMPT,
    ),
    "none": Limits({}),
}
