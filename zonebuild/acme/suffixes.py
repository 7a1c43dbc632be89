"""The registered domain of a name: one label below a public suffix."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@cache
def registered_domain(name: str) -> str:
    """Return the registered domain of *name*, which may be a wildcard; itself where it has none."""
    host = name.removeprefix("*.")
    return str(_suffixes().privatesuffix(host) or host)
