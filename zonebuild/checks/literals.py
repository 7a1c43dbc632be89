"""IP addresses written where the name of a host is wanted."""

from __future__ import annotations

import re

from zonebuild.checks.survey import Survey

_V4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_V6 = r"(?=[0-9a-f.]*:[0-9a-f.]*:)[0-9a-f:.]+"
_ADDRESS = re.compile(rf"{_V4}|{_V6}", re.ASCII)
# What the name of a target begins with where an address may be meant.
BEGINS_LIKE_ADDRESS = re.compile(rf"{_V4}\.|{_V6}\.", re.ASCII)


def address_meant(survey: Survey, row: int, target: int) -> str | None:
    """Return the address that the target of record *row* spells, None where it is a name.

    A relative `192.0.2.1` has become `192.0.2.1.example.org.`, which is a name, but no host's.
    """
    name = survey.names[target]
    if not BEGINS_LIKE_ADDRESS.match(name):
        return None
    for suffix in (survey.records.block(row).origin, survey.apex, ""):
        written = name.removesuffix(f".{suffix}")
        if written != name and _ADDRESS.fullmatch(written):
            return written
    return None
