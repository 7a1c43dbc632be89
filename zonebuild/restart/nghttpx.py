"""nghttpx: no command prints its configuration, so its file is read; SIGHUP takes it up.

The main process starts a new worker process with the new files and lets the old one finish.
"""

from __future__ import annotations

import os

from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.restart.ask import text_of
from zonebuild.restart.listen import endpoint_at
from zonebuild.restart.service import Hangup, NoSetup, Pair, Place, Setup

_USUAL = "/etc/nghttpx/nghttpx.conf"
_USUAL_FRONTEND = "*,3000"


def find(place: Place) -> Setup:
    """Return what the configuration of nghttpx says. Errors: NoSetup."""
    path = os.path.abspath(place.config or _USUAL)
    return read_setup(text_of(path), path)


def read_setup(text: str, path: str) -> Setup:
    """Return what *text*, of the file *path*, says. Errors: NoSetup."""
    options: dict[str, list[str]] = {}
    for line in text.split("\n"):
        name, is_option, value = line.partition("=")
        if is_option and not line.startswith("#"):
            options.setdefault(name.strip().lower(), []).append(value.strip())
    if not options.get("pid-file"):
        raise NoSetup(f'{path} names no pid-file, want "pid-file=/run/nghttpx.pid"')
    frontends = options.get("frontend") or [_USUAL_FRONTEND]
    endpoints = tuple(each for text in frontends if (each := _endpoint(text)))
    folder = os.path.dirname(path)
    pairs = [
        Pair(os.path.join(folder, certificate), os.path.join(folder, key), endpoints, path)
        for key, certificate in _files(options)
    ]
    cure = Hangup(options["pid-file"][-1], "nghttpx")
    return Setup(tuple(pairs), None, cure, f"SIGHUP to the process of {cure.pid_file}")


def _files(options: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return key and certificate of each pair."""
    keys, certificates = options.get("private-key-file", []), options.get("certificate-file", [])
    found = list(zip(keys[-1:], certificates[-1:], strict=False))
    for value in options.get("subcert", []):
        key, _, certificate = value.partition(";")[0].partition(":")
        found.append((key, certificate))
    return found


def _endpoint(text: str) -> Endpoint | None:
    """Return the endpoint of `HOST,PORT[;PARAMETER...]`, None for one without TLS."""
    where, *parameters = text.split(";")
    host, _, port = where.partition(",")
    return None if "no-tls" in parameters or not port else endpoint_at(host, port)
