"""Compile one zone of a million records, beside the C programs that do the same.

    python -m bench.compile_large [--records N] [--rounds N] [--data DIR] [--json FILE]

Targets: with `--policy servers` on one core at most 0.65 of named-compilezone's time and no more
memory than it; with `--policy default` at most 0.90; on all cores, no slower than kzonecheck.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import measure, options

ONE_CORE = ("taskset", "-c", "0")


def compile_zone(zone: Path, name: str, policy: str) -> tuple[str, ...]:
    """Return the command that compiles *zone* under *policy*."""
    out = str(zone.with_suffix(".compiled"))
    head = (measure.program("zonebuild"), "compile", "--origin", name)
    return (*head, "--policy", policy, "-o", out, str(zone))


def compile_peer(zone: Path, name: str) -> tuple[str, ...]:
    """Return BIND's command for the same; without `-i local` it would ask the resolver."""
    out = str(zone.with_suffix(".bind"))
    head = ("named-compilezone", "-q", "-i", "local", "-F", "text")
    return (*head, "-o", out, name, str(zone))


def compare_all(zone: Path, name: str, rounds: int) -> list[measure.Comparison]:
    """Return the comparisons of the target's rows."""
    servers, default = (compile_zone(zone, name, policy) for policy in ("servers", "default"))
    bind = compile_peer(zone, name)
    bind_version = measure.first_line("named-compilezone", "-v")
    knot_version = measure.first_line("kzonecheck", "-V")
    one_core = (
        measure.Command("zonebuild, servers", (*ONE_CORE, *servers)),
        measure.Command("zonebuild, default", (*ONE_CORE, *default)),
        measure.Command("named-compilezone", (*ONE_CORE, *bind)),
    )
    all_cores = (
        measure.Command("zonebuild, servers", servers),
        measure.Command("kzonecheck", ("kzonecheck", "-o", name, str(zone))),
    )
    return [
        measure.compare("One core", one_core, rounds=rounds, versions=(bind_version,)),
        measure.compare("All cores", all_cores, rounds=rounds, versions=(knot_version,)),
    ]


def main(arguments: list[str]) -> None:
    """Make the zone where it is missing, measure, print."""
    parser = options.parser(__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    chosen = parser.parse_args(arguments)
    site = options.site(chosen.data, f"1x{chosen.records}")
    name = (site / "plain" / "zones").read_text().strip()
    comparisons = compare_all(site / "plain" / name, name, chosen.rounds)
    measure.report(comparisons, chosen.json)


if __name__ == "__main__":
    main(sys.argv[1:])
