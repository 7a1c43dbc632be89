"""Certificates from an ACME CA by dns-01, proven through the site's own drop-box.

What decides is pure: `renew`, `backoff`, `ledger`, `limits`, `memory` and `due` take values and
the time in. The rest talks to the CA with the packages acme and josepy (`zonebuild[acme]`).
"""
