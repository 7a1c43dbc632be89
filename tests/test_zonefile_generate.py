"""`$GENERATE`, held to what BIND makes of it."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.c_tools import ENVIRONMENT, SEARCH
from tests.reading import findings, no_hang, read, records
from zonebuild.rdata.canonical import parse
from zonebuild.zonefile import reading

COMPILER = shutil.which("named-compilezone", path=SEARCH)
HEAD = "$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\n"
SWITCHES = (
    *(f"-{letter}ignore" for letter in "kmnr"),
    "-inone",
    "-ftext",
    "-Ftext",
    "-sfull",
    "-o-",
)

Loaded = frozenset[tuple[str, int, str, bytes]]

LINES: dict[str, tuple[str, list[str]]] = {
    "number": ("1-2 a$ A 192.0.2.$", ["a1 A 192.0.2.1", "a2 A 192.0.2.2"]),
    "step": ("0-5/3 a$ A 192.0.2.$", ["a0 A 192.0.2.0", "a3 A 192.0.2.3"]),
    "offset": ("1-1 a${10} A 192.0.2.${-1}", ["a11 A 192.0.2.0"]),
    "width": ("7-7 a${0,3} A 192.0.2.1", ["a007 A 192.0.2.1"]),
    "octal": ("9-9 a${0,3,o} A 192.0.2.1", ["a011 A 192.0.2.1"]),
    "hexadecimal": ("250-250 ${0,4,x}.${0,0,X}x A 192.0.2.1", ["00fa.fax A 192.0.2.1"]),
    "nibbles": ("18-18 ${0,5,n} A 192.0.2.1", ["2.1.0 A 192.0.2.1"]),
    "negative": ("1-1 a${-3,3,d} A 192.0.2.1", ["a-02 A 192.0.2.1"]),
    "negative in hex": ("1-1 a${-3,3,x} A 192.0.2.1", ["afffffffe A 192.0.2.1"]),
    "dollar signs": ("1-1 \\$.$$.$ A 192.0.2.1", ["\\$.\\$.1 A 192.0.2.1"]),
    "dollar in front": ("1-1 $$TTL A 192.0.2.1", ["\\$ttl A 192.0.2.1"]),
    "TTL and class": ("1-1 a 60 IN A 192.0.2.$", ["a A 192.0.2.1"]),
    "rdata in quotes": ('1-1 a MX "10 m$"', ["a MX 10 m1.z.example."]),
    "string in quotes": ('1-1 a TXT "\\"b $\\" c"', ['a TXT "b 1" "c"']),
}


@pytest.mark.parametrize(("line", "made"), LINES.values(), ids=LINES.keys())
def test_lines_are_made(line: str, made: list[str]) -> None:
    fragment = read(f"$TTL 60\n$GENERATE {line}\n")
    assert not fragment.findings
    expected = [record.replace(" ", ".z.example. 60 ", 1) for record in made]
    assert records(fragment) == expected
    assert set(fragment.records.lines) == {2}


MISTAKES = {
    "nothing": ("", "f:1:1 bad-generate"),
    "no rdata": ("1-2 a$ A", "f:1:1 bad-generate"),
    "two lines": ("1-2 a$ (\n A 192.0.2.1 )", "f:1:1 bad-generate"),
    "no range": ("1 a$ A 192.0.2.1", "f:1:11 bad-generate"),
    "empty range": ("2-1 a$ A 192.0.2.1", "f:1:11 bad-generate"),
    "step of zero": ("1-2/0 a$ A 192.0.2.1", "f:1:11 bad-generate"),
    "number over C's int": ("1-2147483648 a$ A 192.0.2.1", "f:1:11 bad-generate"),
    "too many steps": ("0-65536 a$ A 192.0.2.1", "f:1:11 bad-generate"),
    "offset over C's int": ("1-2 a${2147483646} A 192.0.2.1", "f:1:15 bad-generate"),
    "unknown base": ("1-2 a${0,1,z} A 192.0.2.1", "f:1:15 bad-generate"),
    "open modifier": ("1-2 a${0,1 A 192.0.2.1", "f:1:15 bad-generate"),
    "empty modifier": ("1-2 a${} A 192.0.2.1", "f:1:15 bad-generate"),
    "width over BIND's buffer": ("1-2 a${0,127} A 192.0.2.1", "f:1:15 bad-generate"),
    "rdata of two words": ("1-2 a$ MX 10 m$", "f:1:21 bad-generate"),
    "$ behind an offset": ("1-2 a TXT ${5}-$", "f:1:21 bad-generate"),
    "unknown type": ("1-2 a BOGUS b", "f:1:17 unknown-type"),
    "rdata": ("1-65536 a A 192.0.2.x$", "f:1 rdata-syntax"),
    "names": ("1-65536 a..$ A 192.0.2.1", "f:1 bad-name"),
    "open parenthesis in rdata": ('1-9 a TXT "("', "f:1 unbalanced-parenthesis"),
}


@pytest.mark.parametrize(("line", "finding"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_said_once_and_reading_goes_on(line: str, finding: str) -> None:
    fragment = read(f"$GENERATE {line}\nnext A 192.0.2.9\nnext2 A x\n")
    below = 2 + line.count("\n")
    assert findings(fragment) == [finding, f"f:{below + 1}:9 rdata-syntax"]
    assert records(fragment)[-1] == "next.z.example. 3600 A 192.0.2.9"


def test_the_owner_behind_generate_is_the_one_before() -> None:
    fragment = read("a A 192.0.2.1\n$GENERATE 1-2 b$ A 192.0.2.$\n A 192.0.2.3\n")
    assert records(fragment)[-1] == "a.z.example. 3600 A 192.0.2.3"


def test_many_generates_are_stopped_by_the_text_they_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ADDED", 1 << 20)
    with no_hang():
        fragment = read("$GENERATE 1-20000 a$ A 192.0.2.1\n" * 20)
    assert 0 < len(fragment.records) < 60_000
    assert {finding.check for finding in fragment.findings} == {"bad-generate"}


# -- against BIND ----------------------------------------------------------------------------


def _binds(folder: Path, text: str) -> Loaded | None:
    """Return what BIND makes of *text*, None where it refuses."""
    folder.joinpath("zone").write_text(text)
    assert COMPILER is not None
    done = subprocess.run(
        [COMPILER, *SWITCHES, "z.example", "zone"],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None
    lines = [line.split(None, 4) for line in done.stdout.splitlines()]
    return frozenset(
        (owner.lower(), int(ttl), rdtype, parse(rdtype, rdata, ".").to_digestable())
        for owner, ttl, _, rdtype, rdata in (line for line in lines if "IN" in line)
    )


def _ours(text: str) -> Loaded | None:
    fragment = read(text)
    if fragment.findings:
        return None
    return frozenset(
        (r.owner, r.ttl, r.rdtype, parse(r.rdtype, r.rdata, r.origin).to_digestable())
        for r in fragment.records.iterate()
        if r.owner.endswith("z.example.")  # BIND leaves out what is not in the zone
    )


def _modifier(chance: random.Random) -> str:
    offset = chance.choice(("0", "1", "-2", "100", "-3", "+2", "255", "2147483647", "", "x"))
    width = chance.choice((",0", ",1", ",2", ",3", ",4", ",5", ",8", ",9", ",126", ",127", ","))
    base = chance.choice(("", ",d", ",o", ",x", ",X", ",n", ",N", ",z", ",dd"))
    usual = chance.random() < 0.8
    if usual:
        offset, width = chance.choice(("0", "1", "-2", "100")), f",{chance.randrange(8)}"
        base = chance.choice(("", ",d", ",o", ",x", ",X", ",n", ",N"))
    return f"${{{offset}{width}{base}}}" if chance.random() < 0.9 else f"${{{offset}}}"


def _name(chance: random.Random) -> str:
    plain = ("$", "$", "a", "b.c", "-", "\\$", "$$", "\\\\", "\\.", "_", "\\065", "{", "}", "@")
    parts = (_modifier(chance) if chance.random() < 0.3 else chance.choice(plain) for _ in range(3))
    return "".join(parts)


def _line(chance: random.Random) -> str:
    span = chance.choice(("0-3", "1-2", "16-18", "254-257", "0-20/5", "3-3", "2-1", "1-2/0", "1-"))
    rdtype, form = chance.choice(
        (("NS", "{}"), ("PTR", "{}"), ("TXT", "{}"), ("TXT", '"{} \\"{} ; b\\""'), ("MX", '"$ {}"'),
         ("SRV", '"0 0 $ {}"'), ("TYPE65280", '"\\# 2 ${{0,4,x}}"'), ("MX", "0 {}"))
    )  # fmt: skip
    state = chance.choice(("", "", "30 ", "IN ", "30 IN ", "IN 1h "))
    rdata = form.format(_name(chance), _name(chance))
    return f"$GENERATE {span} {_name(chance)} {state}{rdtype} {rdata}"


def _compare(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    accepted = 0
    for _ in range(count):
        text = f"{HEAD}{_line(chance)}\n"
        ours = _ours(text)
        if ours is not None:  # what BIND refuses must be refused, and now and then a little more
            assert ours == _binds(folder, text), text
            accepted += 1
    assert accepted > count / 4


@pytest.mark.skipif(COMPILER is None, reason="needs named-compilezone")
def test_what_is_read_is_what_bind_reads(tmp_path: Path) -> None:
    _compare(tmp_path, 150, 1)


@pytest.mark.long
@pytest.mark.skipif(COMPILER is None, reason="needs named-compilezone")
def test_what_is_read_is_what_bind_reads_at_length(tmp_path: Path) -> None:
    _compare(tmp_path, 3_000, 2)


@pytest.mark.skipif(COMPILER is None, reason="needs named-compilezone")
@pytest.mark.parametrize("line", [line for line, _ in LINES.values()], ids=LINES.keys())
def test_bind_reads_the_examples_the_same(tmp_path: Path, line: str) -> None:
    text = f"{HEAD}$GENERATE {line}\n"
    ours = _ours(text)
    assert ours
    assert _binds(tmp_path, text) == ours
