"""Every type that IANA has assigned, as octets of every length: what we accept, servers load.

The zone is compiled by the command and its output is given to the three checkers.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.c_tools import ENVIRONMENT, needed
from zonebuild.rdata.forms import fault
from zonebuild.rdata.types import type_mnemonic, type_number

pytestmark = [pytest.mark.live, needed]

HEAD = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS ns1
@ NS ns2
ns1 A 199.9.14.201
ns2 A 198.41.0.4
"""
# Of these a zone has one or none, or other records depend on them.
_ALONE = {"NS", "CNAME", "SOA", "DNAME"}
# Only signers make these, and what BIND asks of them goes beyond their shape.
_OF_SIGNERS = {"RRSIG", "NSEC3"}
_TYPES = sorted(
    {*range(1, 128), *range(256, 270), 32768, 32769, 65280}
    - {number for name in (*_ALONE, *_OF_SIGNERS) if (number := type_number(name))}
)
_QUIET = ["-i", "none", "-k", "ignore", "-m", "ignore", "-M", "ignore", "-S", "ignore"]
_CHECKERS = {
    "BIND": (
        ["named-checkzone", *_QUIET, "example.org"],
        r"zone:(\d+): (?!type .* obsolete)(.*)",
    ),
    "NSD": (["nsd-checkzone", "example.org"], r"zone:(\d+): error: (.*)"),
    "Knot": (["kzonecheck", "-o", "example.org"], r"line (\d+) (.*)"),
}
_AT_ONCE = 300  # records; the checkers take far longer for many wrong ones


def accepted_records(lengths: list[int], seed: int) -> Iterator[str]:
    """Yield what `fault` passes of zeros, random octets and small numbers, as `TYPEn \\# …`."""
    for number in _TYPES:
        chance = random.Random(number * 1000 + seed)
        fills: tuple[Callable[[int], bytes], ...] = (
            bytes,
            chance.randbytes,
            lambda size, chance=chance: bytes(chance.choices((0, 1, 2, 3, 4, 8), k=size)),
        )
        for length in lengths if type_number(f"TYPE{number}") else ():
            for fill in fills:
                rdata = f"\\# {length} {fill(length).hex()}".strip()
                found = fault(type_mnemonic(number), rdata, "example.org.")
                if found is None or found.is_record:
                    yield f"TYPE{number} {rdata}"


def refused_lines(records: list[str], folder: Path) -> list[str]:
    """Return what a checker refuses of the zone that is compiled of *records*."""
    source, built = folder / "source", folder / "built.zone"
    source.write_text(HEAD + "".join(f"n{i} {text}\n" for i, text in enumerate(records)))
    command = [sys.executable, "-m", "zonebuild", "compile", "--policy", "servers"]
    command += ["--origin", "example.org", "-o", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:  # a check refuses more than the shape of the rdata
        wrong = {int(line) for line in re.findall(r"source:(\d+):\S* error", done.stdout)}
        kept = [t for i, t in enumerate(source.read_text().splitlines(), 1) if i not in wrong]
        source.write_text("\n".join([*kept, ""]))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    lines, found = built.read_text().split("\n"), []
    for name, (checker, pattern) in _CHECKERS.items():
        said = subprocess.run(
            [*checker, str(built)], capture_output=True, text=True, check=False, timeout=60,
            env=ENVIRONMENT,
        )  # fmt: skip
        for match in re.finditer(pattern, said.stdout + said.stderr):
            found.append(f"{name}: {lines[int(match[1]) - 1]}: {match[2]}")
    return found


def sweep(lengths: list[int], seed: int, folder: Path) -> list[str]:
    records = list(accepted_records(lengths, seed))
    assert len(records) > 60 * len(lengths)  # most types take most lengths
    parts = [records[at : at + _AT_ONCE] for at in range(0, len(records), _AT_ONCE)]
    return [line for part in parts for line in refused_lines(part, folder)]


def test_servers_load_every_type_that_we_accept(tmp_path: Path) -> None:
    assert sweep([0, 1, 2, 3, 4, 5, 7, 18, 24, 36, 53], 1, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 30))
def test_servers_load_every_type_of_every_length(seed: int, tmp_path: Path) -> None:
    assert sweep(list(range(65)), seed, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("RESINFO qnamemin exterr=15,16", "TYPE261\t\\# 22 08716e61"),
        ("TYPE261 \\# 9 08716e616d656d696e", "TYPE261\t\\# 9 08716e616d656d696e"),
        ("AMTRELAY 10 0 1 203.0.113.15", "TYPE260\t\\# 6 0a01cb00710f"),
        ("HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNu rvs.example.org.",
         "TYPE55\t\\# 46 "),
        ("MB mailhost.example.org.", "TYPE7\t\\# 22 "),
        ("TYPE1 \\# 4 c0000201", "A\t\\# 4 c0000201"),
    ],
)  # fmt: skip
def test_types_that_a_server_does_not_know_are_written_by_number(
    text: str, written: str, tmp_path: Path
) -> None:
    assert refused_lines([text], tmp_path) == []
    assert written in (tmp_path / "built.zone").read_text()
