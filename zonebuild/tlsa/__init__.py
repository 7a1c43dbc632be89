"""Certificates and keys, made TLSA records, and the order in which keys may take turns.

The records of a lineage come from its tracks: one each for its keys (`3 1 x`), certificates
(`3 0 x`) and issuers (`2 1 x`). A track lists whatever is served or may soon be; `rollover.advance`
says at each run what is listed, what may be exported and what is waited for. Nothing here reads a
file, asks a server or looks at the clock (RFC 6698, RFC 7671).
"""
