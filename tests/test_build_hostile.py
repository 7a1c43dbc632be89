"""What a site's files must not do: end in a traceback, a hang, or a zone that is half."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.killing import Program, by_turns, kill_points, run_killed, table
from tests.sites import DODO, DOIT, SmallSite, environment

BAD = "b.example"


def fifo(place: Path) -> None:
    os.mkfifo(place)


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


def sparse(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(65 << 20)


IN_PLACE_OF_A_FILE: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a fifo": fifo,
    "a dangling link": lambda place: place.symlink_to("nowhere"),
    "a link to itself": lambda place: place.symlink_to(place),
    "a link that leaves": lambda place: place.symlink_to("/etc/hostname"),
    "a link to a device": lambda place: place.symlink_to("/dev/zero"),
    "nothing": lambda place: None,
    "65 MiB of nothing": sparse,
    "binary": lambda place: place.write_bytes(bytes(range(256)) * 100),
    "open parentheses": lambda place: place.write_bytes(b"(" * 100_000),
    "deep": lambda place: place.write_bytes(b"[" * 100_000),
    "deep by lines": lambda place: place.write_bytes(b"- " * 100_000),
}


@pytest.mark.parametrize("made", IN_PLACE_OF_A_FILE)
@pytest.mark.parametrize("file", [f"primary/{BAD}", f"zones/{BAD}.yaml", f"soa/{BAD}"])
def test_nothing_in_place_of_a_file_stops_another_zone(
    tmp_path: Path, file: str, made: str
) -> None:
    site = SmallSite(tmp_path / "site")
    site.run()
    before = site.records(BAD)
    site.forget(file)
    IN_PLACE_OF_A_FILE[made](site.root / file)
    site.append("primary/a.example", "new A 192.0.2.3\n")
    run = site.run()
    assert "new 3600 A 192.0.2.3" in site.records("a.example")
    assert site.records(BAD) == before or (made, file[:3]) == ("binary", "pri")
    may_pass = file.startswith("soa") and made == "nothing"
    is_removed = file.startswith("zones") and made == "nothing"
    assert run.code == (0 if may_pass or is_removed else 1)


def test_a_socket_in_place_of_a_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite(tmp_path / "site")
    site.forget(f"primary/{BAD}")
    monkeypatch.chdir(site.root / "primary")  # a socket's path is short
    listening(Path(BAD))
    assert site.run().code == 1


@pytest.mark.parametrize(
    "name",
    ["UPPER.example.yaml", "a..b.yaml", "x\ny.yaml", "ü.example.yaml", "no-suffix", ".yaml",
     "x" * 64 + ".example.yaml", "a.yaml.yaml~", "%2F.yaml", "*.yaml"],
)  # fmt: skip
def test_an_odd_name_in_zones_stops_no_zone(tmp_path: Path, name: str) -> None:
    site = SmallSite(tmp_path / "site")
    site.write(f"zones/{name}", "")
    run = site.run()
    assert site.records("a.example")
    assert all(line.startswith("zones/") for line in run.told.splitlines())


@pytest.mark.parametrize("file", ["serials", "manifest", "outcome.json", "good/a.example"])
def test_a_damaged_state_ends_in_words(tmp_path: Path, file: str) -> None:
    site = SmallSite(tmp_path / "site")
    site.run()
    site.write(f"state/{file}", b"\0\xff not what was written\n")
    site.append("primary/a.example", "new A 192.0.2.3\n")
    site.write("dodo.py", DODO)
    said = subprocess.run(
        [*DOIT, "build"],
        cwd=site.root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in said.stderr
    assert said.returncode == (2 if file == "serials" else 0)
    is_told = file != "outcome.json"
    assert (f"state/{file}" in said.stderr) == is_told


@pytest.mark.parametrize("stage", ["zones", "handoff"])
def test_damaged_stamps_only_cost_time(tmp_path: Path, stage: str) -> None:
    site = SmallSite(tmp_path / "site")
    site.run(handoff=True)
    before = site.outputs()
    site.write(f".zonebuild/stamps.{stage}", b"\0\xff\0\n" * 100)
    assert site.run(handoff=True).code == 0
    assert site.outputs() == before


CHECK_READ_ONLY = """\
mount --bind {site} {site} && mount -o remount,ro,bind {site} && cd {site} &&
exec {python} -m doit {command}
"""


@pytest.mark.parametrize("command", ["check", "diff --against=built"])
def test_a_tree_that_cannot_be_written_is_checked_all_the_same(
    tmp_path: Path, command: str
) -> None:
    site = SmallSite(tmp_path / "site")
    site.write("dodo.py", DODO)
    site.run()
    site.forget(".zonebuild")
    script = CHECK_READ_ONLY.format(site=site.root, python=sys.executable, command=command)
    said = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, said.stderr if command == "check" else "")
    assert "Traceback" not in said.stderr
    assert not (site.root / ".zonebuild").exists()


FULL_DISK = """\
mount -t tmpfs -o size=64k none {site}/state && mount -t tmpfs -o size=16k none {site}/unsigned &&
cd {site} && {python} -m doit build; code=$?; ls -A unsigned; exit $code
"""


def test_a_full_disk_ends_with_2_and_leaves_no_half_zone(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    site.write("dodo.py", DODO)
    site.append("primary/c.example", "".join(f"h{i} A 192.0.2.9\n" for i in range(2000)))
    for folder in ("state", "unsigned"):
        (site.root / folder).mkdir()
    script = FULL_DISK.format(site=site.root, python=sys.executable)
    said = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "no space left on device" in said.stderr
    assert "Traceback" not in said.stderr
    assert said.stdout == ""  # nothing was renamed into place, nothing was left


# -- kills -----------------------------------------------------------------------------------

STAGES = {"open temporary", "write", "fsync", "rename", "directory fsync"}


def kill_builds(folder: Path, kills: int) -> dict[str, int]:
    """Kill `doit build` at its own system calls; return how often each stage was hit."""
    site = SmallSite(folder.resolve() / "site")
    site.write("dodo.py", DODO)
    program = Program([*DOIT, "build"], environment(PYTHONHASHSEED="0"), site.root)
    log = folder / "strace.log"

    def change(number: int) -> None:
        for zone in ("a.example", "b.example", "c.example"):
            site.write(f"primary/{zone}", f"www A 192.0.2.{number % 250 + 1}\n")

    change(0)
    subprocess.run(program.argv, env=program.env, cwd=program.cwd, check=True)
    change(1)
    points = [p for p in kill_points(program, site.root, log) if p.stage in STAGES]
    hit: dict[str, int] = {}
    for number, point in zip(range(2, 2 + 3 * kills), by_turns(points), strict=False):
        old = {zone: site.built(zone) for zone in ("a.example", "b.example", "c.example")}
        serials = {zone: site.serial(zone) for zone in old}
        change(number)
        stage = run_killed(program, point, log)
        for zone, text in old.items():
            is_new = f"192.0.2.{number % 250 + 1}\n" in site.built(zone)
            assert site.built(zone) == text or (is_new and site.serial(zone) > serials[zone])
        subprocess.run(program.argv, env=program.env, cwd=program.cwd, check=True)
        for zone, serial in serials.items():
            assert f"www\t3600\tA\t192.0.2.{number % 250 + 1}\n" in site.built(zone)
            assert site.serial(zone) > serial
        assert not list(site.root.rglob(".zonebuild-tmp.*"))
        if stage is not None:
            hit[stage] = hit.get(stage, 0) + 1
        if sum(hit.values()) == kills:
            break
    return hit


def test_a_build_killed_at_any_stage_leaves_old_or_new_and_the_next_heals(tmp_path: Path) -> None:
    hit = kill_builds(tmp_path, 15)
    assert set(hit) == STAGES, table(hit)


@pytest.mark.long
def test_two_hundred_killed_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hit = kill_builds(tmp_path, 200)
    with capsys.disabled():
        print(f"\nkills of doit build, by stage\n{table(hit)}")
    assert set(hit) == STAGES
    assert sum(hit.values()) == 200
