"""`zonebuild check`, `zonebuild compile` and `doit check`: their options, and how they tell."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.sites import DODO, DOIT, SmallSite, environment
from zonebuild.cli import run as zonebuild
from zonebuild.report.told import FORMATS

ZONE = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1.example.net. hostmaster 1 14400 3600 2419200 600
@ NS ns1.example.net.
@ NS ns2.example.net.
"""
OFF = "address-not-public"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.zone").write_text(ZONE + "www A 192.0.2.80\n")
    (tmp_path / "bad.zone").write_text(ZONE + "mail A 192.0.2.256\n")
    (tmp_path / "other.zone").write_text(ZONE.replace("example.org", "example.com"))
    (tmp_path / "informs.zone").write_text(ZONE + "www A 192.0.2.80")
    return tmp_path


CALLS: dict[str, tuple[list[str], int]] = {
    "no file": (["check"], 2),
    "a file and a site": (["check", "--site", ".", "good.zone"], 2),
    "a site and a policy": (["check", "--site", ".", "--policy", "strict"], 2),
    "a folder that is no site": (["check", "--site", "."], 2),
    "a site that is not there": (["check", "--site", "none"], 2),
    "each, clean": (["check", "--each", "good.zone", "other.zone"], 0),
    "each, one wrong": (["check", "--each", "other.zone", "bad.zone"], 1),
    "each, one missing": (["check", "--each", "good.zone", "none.zone"], 2),
    "a check that is off": (["check", "--enable", OFF, "good.zone"], 0),
    "it counts": (["check", "--enable", OFF, "--fail-on", "warning", "good.zone"], 1),
    "an unknown check": (["check", "--enable", "nonsense", "good.zone"], 2),
    "what informs fails nothing": (["check", "--verbose", "--fail-on=warning", "informs.zone"], 0),
    "compile has no site": (["compile", "--site", "."], 2),
    "compile, each format": (["compile", "-o", "out", "--format", "sarif", "good.zone"], 0),
}


@pytest.mark.parametrize(("arguments", "code"), CALLS.values(), ids=CALLS)
def test_the_exit_code(folder: Path, arguments: list[str], code: int) -> None:
    assert zonebuild(arguments) == code


def test_each_file_is_a_zone_with_findings_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zonebuild(["check", "--each", "bad.zone", "other.zone", "bad.zone"])
    said = capsys.readouterr()
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["bad.zone"] * 2
    assert said.err == "2 errors, 0 warnings, 9 records\n"


def test_what_informs_is_told_on_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zonebuild(["check", "informs.zone"])
    assert capsys.readouterr().out == ""
    zonebuild(["check", "--verbose", "informs.zone"])
    assert "no-final-newline" in capsys.readouterr().out


def test_what_is_allowed_is_told_on_request_where_it_stands(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = "; zonebuild: allow=cname-target-missing on Monday"
    (folder / "z").write_text(f"{ZONE}a CNAME new {allow}\n")
    zonebuild(["check", "--verbose", "z"])
    assert "\nz:6:9: allowed: CNAME target new.example.org. does" in capsys.readouterr().out


def test_a_typo_in_enable_is_told_with_the_nearest_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zonebuild(["check", "--enable", "adress-not-public", "good.zone"])
    assert f"did you mean {OFF}?" in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_taken_by_check(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert zonebuild(["check", "--format", form, "bad.zone"]) == 1
    assert "rdata-syntax" in capsys.readouterr().out


def test_doit_check_takes_the_formats_verbose_and_a_baseline(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["b.example"])
    site.write("dodo.py", DODO)
    site.append("primary/b.example", "x A bad\n")

    def check(*options: str) -> tuple[int, str]:
        run = subprocess.run(
            [*DOIT, "check", *options],
            cwd=site.root,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout

    code, said = check("--format=sarif")
    assert code == 1
    assert json.loads(said)["version"] == "2.1.0"
    assert check("--format=github", "--verbose")[1].startswith("::error file=primary/b.example,")
    assert check("--save-baseline=known")[0] == 0
    assert check("--baseline=known") == (0, "")
    assert check("--baseline=none")[0] == 2


@pytest.mark.parametrize(("name", "shown"), [("a\nb", '"a\\nb"'), ("", '""')])
def test_a_name_that_would_break_its_line_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, shown: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert zonebuild(["check", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"zonebuild: {shown} ")
    assert said.count("\n") == 1
