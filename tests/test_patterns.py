"""Expressions that every Python from 3.11 on reads alike.

Before 3.11.5 a possessive or atomic group loses its place when a repetition in it took something
and what follows that fails (Python's issue 106052), and Debian 12 has 3.11.2.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "zonebuild"
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
POSSESSIVE = (codes.POSSESSIVE_REPEAT, codes.ATOMIC_GROUP)
MODULES = sorted(
    ".".join(("zonebuild", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if "template" not in path.parts and path.stem not in ("__main__", "__init__", "reference")
)


def loses_its_place(parsed: Iterable[Any], *, is_inside: bool = False) -> bool:
    """Say whether a possessive group has a repetition in it, of more than one number of times."""
    for code, argument in parsed:
        if is_inside and code in REPEATS and argument[0] != argument[1]:
            return True
        is_group = code in POSSESSIVE and not is_single(argument)
        if any(loses_its_place(each, is_inside=is_inside or is_group) for each in below(argument)):
            return True
    return False


def is_single(argument: Any) -> bool:
    """Say whether what is repeated is one character."""
    (group,) = below(argument)
    return len(group) == 1 and group[0][0] in (
        codes.IN,
        codes.LITERAL,
        codes.NOT_LITERAL,
        codes.ANY,
    )


def below(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from below(each)


# Prints each expression that a module of the package compiles while it is loaded.
_RECORD = """\
import importlib, json, re, sys
from re import _compiler
compile, seen = _compiler.compile, []

def record(pattern, flags=0):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"].partition(".")[0] == "re":
        frame = frame.f_back
    if frame.f_globals["__name__"].startswith("zonebuild."):
        text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        seen.append((frame.f_globals["__name__"], text, int(flags)))
    return compile(pattern, flags)

_compiler.compile = record
for module in sys.stdin.read().split():
    importlib.import_module(module)
print(json.dumps(seen))
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r'(?:"(?:[^"\\]|\\.)*+" )*+', True),
        (r"(?>ab?c)", True),
        (r"(?:a(?:b|c)*)*", False),
        (r"(?:a++b)*+", True),
        (r"(?:a(?:b|cd{3}))*+(?:d|e)++[a-z]*+", False),
    ],
)
def test_what_loses_its_place(text: str, wanted: bool) -> None:
    assert loses_its_place(parser.parse(text)) is wanted


def test_no_expression_loses_its_place() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _RECORD],
        input="\n".join(MODULES), check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seen = json.loads(told.stdout)
    assert len(seen) > 100
    found = [
        (module, pattern)
        for module, pattern, flags in seen
        if loses_its_place(parser.parse(pattern, flags & re.VERBOSE))
    ]
    assert found == []
