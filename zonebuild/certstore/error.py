"""Why the store would not do what it was asked for."""

from __future__ import annotations


class StoreError(Exception):
    """The store refuses, or lacks what is needed: one sentence for people, without any secret."""
