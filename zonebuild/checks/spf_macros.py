"""The macros of SPF, as far as the policy alone tells what they stand for (RFC 7208 section 7)."""

from __future__ import annotations

import re

_MACRO = re.compile(r"%(?:\{([a-z])(\d*)(r?)([-.+,/_=]*)\}|([%_-]))", re.IGNORECASE | re.ASCII)
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
_MOST_LABELS = 127  # of a name; more of them are all


def expand_macros(text: str, *, domain: str, sender: str) -> str | None:
    """Return *text* with its macros expanded, None where a message must tell what they are.

    domain: whose policy it stands in, sender: whose policy was asked for first; no final dot.
    Spec: RFC 7208 sections 7.2 and 7.3.
    """
    known = {"d": domain, "o": sender}
    if any(m[1] and m[1].lower() not in known for m in _MACRO.finditer(text)):
        return None
    return _MACRO.sub(lambda match: _SIGNS[match[5]] if match[5] else _part(match, known), text)


def _part(match: re.Match[str], known: dict[str, str]) -> str:
    """Return the labels that one macro means: the last so many, perhaps in reverse."""
    letter, digits, is_reversed, delimiters = match.group(1, 2, 3, 4)
    labels = re.split(f"[{re.escape(delimiters or '.')}]", known[letter.lower()])
    if is_reversed:
        labels.reverse()
    most = min(int(digits[:4] or _MOST_LABELS), _MOST_LABELS) or _MOST_LABELS
    return ".".join(labels[-most:])
