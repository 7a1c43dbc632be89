"""Which URLs of a CA are followed: none that is less safe than the one that led there."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_url(value: object, *, like: str) -> bool:
    """Say whether *value* is a URL, and not less safe than *like*. Spec: RFC 8555 section 6.1."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    safe = ("https",) if urlsplit(like).scheme == "https" else ("https", "http")
    return parts.scheme in safe and bool(parts.netloc) and " " not in value
