"""The strings of TXT records, as those who read them see them (RFC 1035 sections 3.3.14, 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from zonebuild.checks import bits
from zonebuild.checks.survey import Survey

_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"|((?:[^\s"\\]|\\.)++)', re.DOTALL)
_VERSION = r'["\\ ]*[vV] *= *(\w+)'
_TAG, _TAGGED_TXT = (re.compile(begin + _VERSION, re.ASCII) for begin in ("", r"\tTXT\t"))
_ESCAPE = re.compile(r"\\(?:(\d{3})|(.))", re.ASCII | re.DOTALL)


@lru_cache(maxsize=1024)
def strings_of(rdata: str) -> tuple[str, ...]:
    """Return the character strings of a TXT's *rdata*, each character an octet.

    rdata: correct, in presentation format, and not `\\#` of RFC 3597.
    """
    return tuple(_unescaped(quoted or bare) for quoted, bare in _STRING.findall(rdata))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match[1])) if match[1] else match[2], text)


def tagged_rows(survey: Survey, prefix: str) -> list[int]:
    """Return the rising rows of TXT that begin with `v=` and a word that begins with *prefix*.

    prefix: in lower case. What stands before the tag, blanks or a quotation mark too many, does
    not hide it.
    """
    words = survey.once(_tagged) if bits.TXT in survey.rdtypes else {}
    return sorted(row for word in words if word.startswith(prefix) for row in words[word])


def tagged_rdatas(survey: Survey, prefix: str) -> Iterator[tuple[int, str]]:
    """Yield row and rdata of what `tagged_rows` returns."""
    return ((row, rdata) for row, _origin, rdata in survey.rdatas(tagged_rows(survey, prefix)))


def unusual_texts(survey: Survey, prefix: str) -> Iterator[tuple[int, str]]:
    """Yield what `tagged_rdatas` yields, without what a glance finds right."""
    words = survey.once(_unusual)
    return (found for word in words if word.startswith(prefix) for found in words[word])


def _tagged(survey: Survey) -> dict[str, list[int]]:
    """Return the rising rows of TXT that begin with `v=WORD`, by that word in lower case."""
    found: dict[str, list[int]] = {}
    for row, match in survey.search(_TAGGED_TXT):
        if survey.records.rdtypes[row] == bits.TXT:
            found.setdefault(match[1].lower(), []).append(row)
    return found


def _unusual(survey: Survey) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row, _origin, rdata in survey.unusual(bits.TXT):
        match = _TAG.match(rdata)
        if match:
            found.setdefault(match[1].lower(), []).append((row, rdata))
    return found
