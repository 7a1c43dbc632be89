"""The embedded signer: one ECDSA P-256 key a zone, NSEC, signatures kept while they are good.

    names ─▶ nodes ─▶ nsec ─┐
    keys ───────────────────┼─▶ zone_signing (pure) ─▶ sign (disk)
    wire ─▶ signatures ─────┤
    signed_text, state ─────┘

Spec: RFC 4033, 4034, 4035 (DNSSEC), 6605 (ECDSA), 6781 (practice), 9077 (the TTL of NSEC).
"""
