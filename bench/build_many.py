"""Build many small zones, cold and with nothing to do, beside the classic Makefile.

    python -m bench.build_many [--rounds N] [--data DIR] [--json FILE]

Targets: 1,000 zones cold in at most a tenth of what `make -j2` takes with cat and named-checkzone;
nothing to do in 0.30 s for 1,000 zones and 0.6 s for 10,000.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench import measure, options

BUILT = ("unsigned", "state", ".zonebuild", "plain/unsigned")


def make_cold(site: Path) -> Callable[[], None]:
    """Return what takes away all that a build left in *site*."""

    def remove() -> None:
        for name in BUILT:
            shutil.rmtree(site / name, ignore_errors=True)

    return remove


def build(site: Path, *, cold: bool) -> tuple[measure.Command, measure.Command]:
    """Return the build of *site* by zonebuild and by make; each cleans up for itself alone."""
    ready = make_cold(site) if cold else None
    doit = (measure.program("doit"), "build")
    make = ("make", "-s", "-j2")
    return (
        measure.Command("doit build", doit, site, ready),
        measure.Command("make -j2", make, site / "plain", ready),
    )


def main(arguments: list[str]) -> None:
    """Make the trees where they are missing, measure, print."""
    chosen = options.parser(__doc__).parse_args(arguments)
    versions = [
        measure.first_line("make", "--version"),
        measure.first_line("named-checkzone", "-v"),
    ]
    many, most = (options.site(chosen.data, size) for size in ("M", "XL"))
    cases = (
        ("1,000 zones × 50 records, cold", build(many, cold=True)),
        ("1,000 zones × 50 records, nothing to do", build(many, cold=False)),
        ("10,000 zones × 20 records, nothing to do", build(most, cold=False)),
    )
    comparisons = [
        measure.compare(title, commands, rounds=chosen.rounds, versions=versions)
        for title, commands in cases
    ]
    measure.report(comparisons, chosen.json)


if __name__ == "__main__":
    main(sys.argv[1:])
