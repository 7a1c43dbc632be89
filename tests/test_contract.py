"""The command line that other people's scripts rely on: exit codes, shapes, places."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.sites import DODO, DOIT, SITE, TODAY, ZONEBUILD, SmallSite, closing, environment
from zonebuild.cli import run as zonebuild

ZONE = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1.example.net. hostmaster 1 14400 3600 2419200 600
@ NS ns1.example.net.
@ NS ns2.example.net.
www A 192.0.2.80
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.zone").write_text(ZONE)
    (tmp_path / "bad.zone").write_text(ZONE + "mail A 192.0.2.256\n")
    (tmp_path / "warn.zone").write_text(ZONE + "www A 192.0.2.80\n")
    return tmp_path


CALLS: dict[str, tuple[list[str], int]] = {
    "check, clean": (["check", "good.zone"], 0),
    "check, an error": (["check", "bad.zone"], 1),
    "check, a warning": (["check", "warn.zone"], 0),
    "check, warnings count": (["check", "--fail-on", "warning", "warn.zone"], 1),
    "check, strict": (["check", "--policy", "strict", "warn.zone"], 1),
    "check, no such file": (["check", "none.zone"], 2),
    "check, a folder": (["check", "."], 2),
    "check, bad usage": (["check", "--policy", "none", "good.zone"], 2),
    "check, no name": (["check", "--origin", "a..b", "good.zone"], 2),
    "compile, clean": (["compile", "-o", "out", "good.zone"], 0),
    "compile, an error": (["compile", "-o", "out", "bad.zone"], 1),
    "compile, nowhere to write": (["compile", "-o", "no/such/out", "good.zone"], 2),
    "diff, the same": (["diff", "good.zone", "good.zone"], 0),
    "diff, different": (["diff", "good.zone", "warn.zone"], 0),
    "diff, not readable": (["diff", "good.zone", "bad.zone"], 2),
    "status, no site": (["status"], 2),
    "init, not empty": (["init", "."], 1),
    "init": (["init", "new"], 0),
    "ds, no key": (["ds", "example.org"], 2),
    "no command": ([], 2),
    "version": (["--version"], 0),
}


@pytest.mark.parametrize(("arguments", "code"), CALLS.values(), ids=CALLS)
def test_the_exit_code(folder: Path, arguments: list[str], code: int) -> None:
    assert zonebuild(arguments) == code


def test_a_finding_has_its_place_and_its_check(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zonebuild(["check", "bad.zone"])
    said = capsys.readouterr()
    assert said.out == (
        'bad.zone:7:8: error: A rdata "192.0.2.256" is not an IPv4 address '
        "(RFC 1035 section 3.4.1) [rdata-syntax]\n"
    )
    assert said.err == "1 error, 0 warnings, 4 records\n"


def test_a_finding_of_the_whole_zone_has_its_column(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "glue.zone").write_text(ZONE + "   MX 10 nowhere\n")
    zonebuild(["check", "glue.zone"])
    assert capsys.readouterr().out.startswith("glue.zone:7:7: error: ")


def test_the_json_of_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zonebuild(["check", "--format", "json", "bad.zone"])
    said = json.loads(capsys.readouterr().out)
    assert said["summary"] == {"errors": 1, "warnings": 0, "records": 4}
    (finding,) = said["findings"]
    assert set(finding) == {"path", "line", "column", "severity", "check", "message"}
    assert (finding["path"], finding["line"], finding["column"]) == ("bad.zone", 7, 8)


def test_the_json_of_diff(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = ZONE.replace("www A 192.0.2.80", "www A 192.0.2.81").replace("@ NS", "@ 60 NS")
    (folder / "new.zone").write_text(new.replace("14400", "7200").replace(" 1 ", " 2 "))
    assert zonebuild(["diff", "--format", "json", "good.zone", "new.zone"]) == 1
    www = {"owner": "www.example.org.", "ttl": 3600, "type": "A"}
    assert json.loads(capsys.readouterr().out) == {
        "origin": "example.org.",
        "added": [{**www, "rdata": "192.0.2.81"}],
        "removed": [{**www, "rdata": "192.0.2.80"}],
        "ttl_changed": [{"owner": "example.org.", "type": "NS", "old": 3600, "new": 60}],
        "soa": {"refresh": {"old": "14400", "new": "7200"}},
    }


def test_what_is_compiled_reads_as_the_same_zone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tail.zone").write_text("; more\nftp CNAME ( www ; the same\n )\n")
    assert zonebuild(["compile", "--origin", "example.org", "good.zone", "tail.zone"]) == 0
    (folder / "out.zone").write_text(capsys.readouterr().out)
    assert zonebuild(["diff", "good.zone", "out.zone"]) == 1
    assert capsys.readouterr().out == (
        "+ ftp.example.org. 3600 CNAME www.example.org.\n"
        "    ftp CNAME: new name: negative answers (NXDOMAIN) for up to 10 min\n"
    )


@pytest.mark.parametrize("name", ["/etc/hostname", "../x", "loop.zone", "gone.zone", "link.zone"])
def test_what_may_not_be_included_is_an_error_at_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / "link.zone").symlink_to("/etc/hostname")
    (folder / "loop.zone").write_text(f"{ZONE}$INCLUDE {name}\n")
    assert zonebuild(["check", "loop.zone"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("loop.zone:7:10: error: $INCLUDE ")
    assert Path("/etc/hostname").read_text().strip() not in said.out + said.err


# -- doit ------------------------------------------------------------------------------------


def doit(site: SmallSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run doit in *site* as a user would."""
    site.write("dodo.py", DODO)
    return subprocess.run(
        [*DOIT, *arguments],
        cwd=site.root,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_doit_is_silent_when_all_is_well_and_ends_with_0(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    for _ in range(2):
        said = doit(site)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    said = doit(site, "status")
    assert said.returncode == 0
    assert re.fullmatch(r"all is well: 3 zones; last run \d+ s ago\n", said.stdout)


def test_a_broken_zone_ends_with_1_and_its_line_in_every_command(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    doit(site)
    site.append("primary/b.example", "x A nowhere\n")
    line = 'primary/b.example:4:5: error: A rdata "nowhere" is not an IPv4 address'
    for arguments in ([], ["build"], ["zone:b.example"], ["check"], ["status"]):
        said = doit(site, *arguments)
        assert said.returncode == 1, arguments
        assert line in said.stdout + said.stderr, arguments
    assert doit(site, "zone:a.example").returncode == 0


def test_the_machine_ends_with_2_and_usage_with_3(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    assert doit(site, "nonsense").returncode == 3
    site.write("site.yaml", "signer: nobody\n")
    said = doit(site)
    assert said.returncode == 2
    assert said.stderr.startswith("site.yaml:1:9: error: ")
    assert "Traceback" not in said.stderr


def test_two_builders_do_not_meet(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    with closing(site.root) as session:
        session.run()
        said = doit(site, "build")
    assert said.returncode == 2
    assert "pid" in said.stderr
    assert "Traceback" not in said.stderr


def test_diff_shows_the_edit_against_what_is_built_and_against_git(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    site.write("dodo.py", DODO)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], cwd=site.root, check=True)
    doit(site)
    site.append("primary/c.example", "new TXT hello\n")
    for against in ("built", "base", "rev:HEAD"):
        said = doit(site, "diff", f"--against={against}")
        wanted = (
            'c.example.\n  + new.c.example. 3600 TXT "hello"\n'
            "      new TXT: new name: negative answers (NXDOMAIN) for up to 10 min\n"
        )
        assert (said.returncode, said.stdout, said.stderr) == (0, wanted, "")
    assert doit(site, "diff", "--against=rev:nothing").returncode == 2


def test_diff_against_subversion(tmp_path: Path) -> None:
    repository = f"file://{tmp_path / 'repository'}"
    subprocess.run(["svnadmin", "create", tmp_path / "repository"], check=True)
    site = SmallSite(tmp_path / "site")
    site.write("dodo.py", DODO)
    folder = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run(["svn", "import", "-q", "-m", "x", "site", repository], **folder)  # type: ignore[call-overload]
    subprocess.run(["svn", "checkout", "-q", repository, "copy"], **folder)  # type: ignore[call-overload]
    (tmp_path / "copy" / "primary" / "c.example").write_text("www A 192.0.2.1\n@ MX 0 .\n")
    said = subprocess.run(
        [*DOIT, "diff", "--against=base"],
        cwd=tmp_path / "copy",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert "  - mail.c.example. 3600 A 192.0.2.2\n" in said.stdout
    assert "  + c.example. 3600 MX 0 .\n" in said.stdout


def test_a_new_site_builds_signs_and_has_a_ds(tmp_path: Path) -> None:
    environ = environment()
    run = {"env": environ, "capture_output": True, "text": True}
    made = subprocess.run([*ZONEBUILD, "init", tmp_path / "new"], check=False, **run)  # type: ignore[call-overload]
    assert made.returncode == 0
    built = subprocess.run([*DOIT], cwd=tmp_path / "new", check=False, **run)  # type: ignore[call-overload]
    assert (built.returncode, built.stderr) == (0, "")
    ds = subprocess.run([*ZONEBUILD, "ds", "example.com"], cwd=tmp_path / "new", check=False, **run)  # type: ignore[call-overload]
    assert ds.stdout.startswith("example.com. IN DS ")


def test_a_ds_that_cannot_be_told_says_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(name: str) -> str:
        assert zonebuild(["ds", name]) == 2
        return capsys.readouterr().err

    monkeypatch.chdir(tmp_path)
    assert f"{tmp_path} is no site: it has no folder zones/" in told("a.example")
    site = SmallSite(tmp_path / "site", ["a.example"])
    monkeypatch.chdir(site.root)
    assert "b.example. is no zone of this site" in told("b.example")
    assert "keys/a.example.pem is missing" in told("a.example")


def test_a_signed_zone_is_removed_only_without_its_file_and_without_a_ds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"], SITE.replace("none", "local"))
    site.run(handoff=True)
    monkeypatch.chdir(site.root)
    answers: list[bool | None] = [None, True, False]
    monkeypatch.setattr("zonebuild.probe.has_ds", lambda apex: answers.pop(0))
    remove = ["remove", "a.example"]
    assert zonebuild(remove) == 1  # its file is there
    site.forget("zones/a.example.yaml")
    assert zonebuild(remove) == 1  # no resolver answers
    assert zonebuild(remove) == 1  # there is a DS
    assert (site.root / "signed" / "a.example").exists()
    assert zonebuild(remove) == 0
    left = {path for path in site.outputs() if "a.example" in path}
    assert left == {"keys/a.example.pem.removed"}
    site.add_zone("a.example")
    site.run()
    assert site.serial("a.example") == TODAY + 1  # what was removed is not forgotten
