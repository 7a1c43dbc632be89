"""Ask a CA when it wants a certificate renewed.

Spec: RFC 9773 section 4.1 (the request needs no signature), 4.2 (the answer), 4.3 (errors).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from zonebuild.acme.certificate import Chain
from zonebuild.acme.clock import Clock
from zonebuild.acme.directory import RENEWAL_INFO, Desk
from zonebuild.acme.problem import AcmeError, Problem, Unreachable
from zonebuild.acme.renew import (
    LOOK_AGAIN,
    Schedule,
    Window,
    draw_again,
    take_silence,
    take_window,
)
from zonebuild.acme.url import is_url

_PASSES = (429, 500, 502, 503, 504)


def ask_again(schedule: Schedule, chain: Chain, desk: Desk, clock: Clock) -> Schedule:
    """Return the schedule after asking the CA; a CA that fails leaves the window as it was."""
    now, lifetime = clock.now(), chain.held.lifetime
    try:
        if not chain.ari or not desk.has(RENEWAL_INFO):
            return replace(schedule, look=now + LOOK_AGAIN)
        url = f"{desk.directory.urls[RENEWAL_INFO].rstrip('/')}/{chain.ari}"
        reply = desk.wire.get(url)
        window = read_window(reply.document().get("suggestedWindow"))
    except AcmeError as error:
        return take_silence(schedule, now=now, is_lasting=not _passes(error))
    if window is None:
        return take_silence(schedule, now=now, is_lasting=True)
    explanation = reply.document().get("explanationURL")
    if is_url(explanation, like=url):
        window = replace(window, explanation=str(explanation))
    told = take_window(schedule, window, lifetime, now=now, retry=reply.retry)
    return draw_again(schedule, told, lifetime, clock.draw())


def read_window(document: object) -> Window | None:
    """Return the window that an answer suggests, None where it is none."""
    if not isinstance(document, dict):
        return None
    start, end = _moment(document.get("start")), _moment(document.get("end"))
    return None if start is None or end is None else Window(start, end)


def _moment(text: object) -> int | None:
    """Return Unix seconds of a time with its zone (RFC 3339), None of anything else."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        return None if moment is None or moment.tzinfo is None else int(moment.timestamp())
    except (ValueError, OverflowError):
        return None


def _passes(error: AcmeError) -> bool:
    if isinstance(error, Problem):
        return error.status in _PASSES
    return isinstance(error, Unreachable)
