"""`zonebuild approve`: let a plan that is held be built, by a file that is committed with it."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zonebuild.cli import fail, wants_colour
from zonebuild.cli.people import who_asks
from zonebuild.cli.site import reading_site
from zonebuild.plan import CHECKSUM, change_lines
from zonebuild.report.text import paint, utc, visible
from zonebuild.zonefile.entry import name_key

if TYPE_CHECKING:
    from zonebuild.builder.judging.foresight import Foreseen, Foresight
    from zonebuild.builder.run import Run

_LIKE_CHECKSUM = re.compile(r"[0-9A-Fa-f]{16,}")
_AGAINST = "built, base or rev:REV"
_COLOURS = {"!": "35", "-": "31", "+": "32", "~": "33"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the zones, the old side, and consent."""
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="zones or checksums of plans; none: all"
    )
    parser.add_argument(
        "--against",
        metavar="OLD",
        default="",
        help=f"what the change is a change of: {_AGAINST}; default: built, else base",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Write the files: 0 done or nothing to do, 1 refused, 2 could not."""
    from zonebuild.files.write import WriteError
    from zonebuild.vcs import VcsError

    words = [name.removeprefix("approved/") for name in options.names]
    checksums = [word for word in words if CHECKSUM.fullmatch(word)]
    odd = [word for word in words if _LIKE_CHECKSUM.fullmatch(word) and word not in checksums]
    if odd:
        return fail(f"{odd[0]} is no checksum of a plan; expected 32 digits 0-9 and a-f")
    keys = {name: name_key(name, ".") for name in words if name not in checksums}
    wrong = [name for name, apex in keys.items() if apex is None]
    if wrong:
        return fail(f"{wrong[0]!a} is not a domain name")
    root = Path.cwd()
    against = options.against or ("built" if (root / "unsigned").is_dir() else "base")
    if against not in ("built", "base") and not against.startswith("rev:"):
        return fail(f"--against={against}: want {_AGAINST}")
    try:
        with reading_site(root) as site, _old_side(root, against) as base:
            if isinstance(site, int) or isinstance(base, int):
                return 2
            names = list(filter(None, keys.values()))
            code = _approve_checksums(site, base, checksums, options.yes) if checksums else 0
            if code or (checksums and not names):
                return code
            return _approve(site, base, names, options.yes)
    except (VcsError, WriteError) as error:
        return fail(str(error))


@contextmanager
def _old_side(root: Path, against: str) -> Iterator[Run | int | None]:
    """Give the site as version control has it, None for what was built. Errors: VcsError."""
    if against == "built":
        yield None
        return
    from zonebuild.vcs import checked_out

    revision = against[4:] if against.startswith("rev:") else None
    with checked_out(root, revision) as folder, reading_site(folder) as base:
        yield base


def _approve(site: Run, base: Run | None, names: Sequence[str], is_sure: bool) -> int:
    from zonebuild.builder.judging.foresight import foresee

    foresight = foresee(site, base)
    held = {each.apex: each for each in foresight.plans}
    free = [name for name in names if name not in held]
    if free:
        print(f"zonebuild: no plan of {', '.join(free)} is held", file=sys.stderr)
        return 1
    chosen = {apex: held[apex] for apex in names or held}
    if not chosen:
        print("nothing is held")
        return 0
    for each in chosen.values():
        _show(each)
    if not is_sure and not sys.stdin.isatty():
        return fail("standard input is no terminal to ask at; want --yes")
    if not is_sure and not _is_agreed(len(chosen)):
        print("zonebuild: nothing is approved", file=sys.stderr)
        return 1
    _write(site, _files(foresight, chosen, is_all=not names))
    return 0


def _approve_checksums(site: Run, base: Run | None, checksums: Sequence[str], is_sure: bool) -> int:
    """Approve plans by the names that a message gave them, whatever this working copy would build.

    The change may be committed already, and this a clone that has never built.
    """
    from zonebuild.builder.judging.foresight import foresee

    foresight = foresee(site, base)
    files: dict[str, list[Foreseen]] = {}
    for checksum in checksums:
        files[checksum] = [each for each in foresight.plans if each.plan.checksum == checksum]
        if foresight.together and checksum == foresight.set_checksum:
            files[checksum] = [e for e in foresight.plans if e.apex in foresight.together]
        for each in files[checksum]:
            _show(each)
        if not files[checksum]:
            print(
                f"{checksum}: what this plan changes cannot be shown here: it is no change of what "
                "this working copy is compared with; the message about it lists the records, and "
                "--against=rev:REV compares with the revision before the change"
            )
    if not is_sure and not sys.stdin.isatty():
        return fail("standard input is no terminal to ask at; expected --yes")
    if not is_sure and not _is_agreed(len(files)):
        print("zonebuild: nothing is approved", file=sys.stderr)
        return 1
    _write(site, files)
    return 0


def _show(each: Foreseen) -> None:
    print(f"{each.apex}: held: it {'; it '.join(each.reasons)}")
    colour = wants_colour(sys.stdout)
    for line in change_lines(each.plan.diff):
        print(f"  {paint(visible(line), _COLOURS[line[0]], colour)}")


def _is_agreed(number: int) -> bool:
    try:
        answer = input(f"approve {'this plan' if number == 1 else f'these {number} plans'}? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")


def _files(
    foresight: Foresight, chosen: Mapping[str, Foreseen], *, is_all: bool
) -> dict[str, list[Foreseen]]:
    """Return the files to write by checksum: one for all that comes together, else one a zone."""
    together = set(foresight.together) if is_all else set()
    files = {each.plan.checksum: [each] for apex, each in chosen.items() if apex not in together}
    if together:
        files[foresight.set_checksum] = [held for a, held in chosen.items() if a in together]
    return files


def _write(site: Run, files: Mapping[str, Sequence[Foreseen]]) -> None:
    """Write the files and name each. Errors: WriteError."""
    from zonebuild.builder.plans.approved import approval_text, write_approval

    who, when = who_asks(), utc(int(time.time()))
    for checksum, approved in files.items():
        plans = {each.apex: each.plan.checksum for each in approved}
        what = dict.fromkeys(f"it {reason}" for each in approved for reason in each.reasons)
        text = approval_text(plans, what, who=who, when=when)
        path = write_approval(site.places.root, checksum, text)
        print(f"wrote {path}: commit it with the change")
