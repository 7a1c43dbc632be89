"""The services whose configuration can be followed: a line each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from zonebuild.restart.entry import SUFFIXES, read_entry
from zonebuild.restart.service import NoSetup, Place, Setup

# Its name, and the module that has its `find(place)`.
SERVICES: tuple[tuple[str, str], ...] = (
    ("nginx", "zonebuild.restart.nginx"),
    ("apache", "zonebuild.restart.apache"),
    ("nghttpx", "zonebuild.restart.nghttpx"),
    ("postfix", "zonebuild.restart.postfix"),
    ("slapd", "zonebuild.restart.slapd"),
)


def find(service: str, place: Place) -> Setup:
    """Return what is known of *service*, a name of the table or the file of an entry.

    Errors: NoSetup.
    """
    if service.endswith(SUFFIXES):
        return read_entry(service)
    modules = dict(SERVICES)
    if service not in modules:
        wanted = f"want {', '.join(modules)} or the path of a YAML file"
        raise NoSetup(f"{service!a} is no service that is known, {wanted}")
    finder: Callable[[Place], Setup] = import_module(modules[service]).find
    return finder(place)
