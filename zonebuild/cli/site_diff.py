"""What `doit diff` prints: what the working copy changes in the zones of a site."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.site import reading_site
from zonebuild.report.diff_blocks import left_out_text
from zonebuild.report.diff_text import MOST_CHANGES, diff_lines
from zonebuild.report.text import paint, visible

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from zonebuild.builder.judging.compare import Compared, OldSide
    from zonebuild.builder.run import Run

AGAINST = "base, rev:REV, built or axfr:HOST[:PORT]"


def diff_site(root: Path, against: str, form: str, *, dnssec: bool = False) -> int:
    """Show what the sources change in the zones: 0, also where they differ; 2 could not run.

    against: one of AGAINST; "" for what was built, the base where nothing was.
    dnssec: the types that signers make count as well.
    """
    from zonebuild.builder.judging.compare import compare_zones
    from zonebuild.vcs import VcsError

    kind, _, rest = (against or _default(root)).partition(":")
    opener = _OLD_SIDES.get(kind)
    if opener is None or (":" in against) != (kind in _WITH_VALUE):
        return fail(f"--against={against}: want {AGAINST}")
    try:
        with reading_site(root) as run:
            if isinstance(run, int):
                return run
            with opener(run, rest) as old:
                if isinstance(old, int):
                    return old
                most = None if form == "json" else MOST_CHANGES
                compared = compare_zones(run, old, dnssec=dnssec, most=most)
                _WRITERS[form](_noted(run, old, compared))
    except VcsError as error:
        return fail(str(error))
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _noted(run: Run, old: OldSide, compared: Iterable[Compared]) -> Iterable[Compared]:
    """Return *compared* with what is to be said of plans that would be held."""
    from zonebuild.builder.judging.compare import BaseSide, BuiltSide
    from zonebuild.builder.judging.foresight import with_hold_notes

    if isinstance(old, BaseSide):
        return with_hold_notes(run, old.base, compared)
    return with_hold_notes(run, None, compared) if isinstance(old, BuiltSide) else compared


def _default(root: Path) -> str:
    return "built" if (root / "unsigned").is_dir() else "base"


# -- the old side ---------------------------------------------------------------------------------


def _built(run: Run, rest: str) -> AbstractContextManager[OldSide | int]:
    from zonebuild.builder.judging.compare import BuiltSide

    return nullcontext(BuiltSide(run.places))


def _base(run: Run, rest: str) -> AbstractContextManager[OldSide | int]:
    return _version_controlled(run, None)


def _revision(run: Run, rest: str) -> AbstractContextManager[OldSide | int]:
    return _version_controlled(run, rest)


@contextmanager
def _version_controlled(run: Run, revision: str | None) -> Iterator[OldSide | int]:
    """Give the site as of *revision*, the base where None, or the exit code. Errors: VcsError."""
    from zonebuild.builder.judging.compare import BaseSide
    from zonebuild.vcs import VcsError, checked_out

    name = "the base" if revision is None else revision
    with checked_out(run.places.root, revision) as folder:
        if not (folder / "zones").is_dir():
            raise VcsError(f"{name} has no site here: its folder zones/ is missing")
        with reading_site(folder) as base:
            if isinstance(base, int):
                fail(f"that was the site as of {name}")
                yield base
            else:
                yield BaseSide(base)


def _served(run: Run, rest: str) -> AbstractContextManager[OldSide | int]:
    from zonebuild.builder.judging.compare import ServedSide
    from zonebuild.probe.transfer import parse_server

    server = parse_server(rest)
    if server is None:
        want = "axfr:HOST, axfr:HOST:PORT or axfr:[IPV6]:PORT"
        return nullcontext(fail(f"--against=axfr:{rest}: want {want}"))
    return nullcontext(ServedSide(server))


_WITH_VALUE = frozenset({"rev", "axfr"})
_OLD_SIDES: dict[str, Callable[[Run, str], AbstractContextManager[OldSide | int]]] = {
    "built": _built,
    "base": _base,
    "rev": _revision,
    "axfr": _served,
}


# -- formats --------------------------------------------------------------------------------------


def _print_text(compared: Iterable[Compared]) -> None:
    colour = wants_colour(sys.stdout)
    for each in compared:
        why = f" ({each.why})" if each.why else ""
        print(paint(visible(f"{each.apex}{why}"), "1", colour))
        lines = diff_lines(each.diff, each.effects, colour=colour) if each.diff else ()
        for line in lines:
            print(f"  {line}")
        if each.left_out:
            print(f"  {left_out_text(each.left_out)}")
        for note in each.notes:
            print(visible(f"  {note}"))


def _print_json(compared: Iterable[Compared]) -> None:
    from zonebuild.report.diff_json import site_diff_json

    print(site_diff_json(compared), end="")


def _print_markdown(compared: Iterable[Compared]) -> None:
    from zonebuild.report.diff_markdown import site_markdown

    for section in site_markdown(compared):
        print(section, end="")


_WRITERS: dict[str, Callable[[Iterable[Compared]], None]] = {
    "text": _print_text,
    "json": _print_json,
    "markdown": _print_markdown,
}
