"""What keeps a zone from being signed."""

from __future__ import annotations


class SigningError(Exception):
    """The zone cannot be signed as it is.

    apex: absolute. problem: what was found. way_out: what a person does about it.
    """

    def __init__(self, apex: str, problem: str, way_out: str) -> None:
        super().__init__(f"{apex}: cannot be signed: {problem}; {way_out}")
        self.apex = apex
        self.problem = problem
        self.way_out = way_out
