"""`zonebuild sshfp`: what is held is listed, and approved by a file that is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonebuild.cli import run
from zonebuild.sshfp.approval import read_approval
from zonebuild.sshfp.key import shown
from zonebuild.sshfp.state import Entry, Slot, State, state_text

HOST = "www.example.org."
A, B = "a" * 64, "b" * 64
STATE = State(
    {
        Slot(HOST, 4): Entry(A, 60),
        Slot(HOST, 1): Entry(A, 60, missing=5),
        Slot("a.example.org.", 4): Entry(A, 60, withdrawn=5),
    },
    frozenset({(Slot(HOST, 4), B)}),
)
FILE = Path("approved/sshfp/www.example.org")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site that remembers STATE, and stand in it."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state/sshfp").write_bytes(state_text(STATE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("site")
def test_list_shows_every_key_and_what_is_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sshfp", "list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["a.example.org.", "ed25519", shown(A), "withdrawn"],
        [HOST, "rsa", shown(A), "missing"],
        [HOST, "ed25519", shown(A), "published"],
        [HOST, "ed25519", shown(B), "held"],
    ]


@pytest.mark.usefixtures("site")
def test_what_list_held_prints_is_what_approve_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sshfp", "list", "--held"]) == 0
    assert run(["sshfp", "approve", *capsys.readouterr().out.split()]) == 0
    assert capsys.readouterr().out == f"wrote {FILE}: commit it\n"
    assert read_approval(FILE.read_bytes()) == {4: B}


@pytest.mark.usefixtures("site")
def test_none_is_written_for_every_key_that_the_host_has() -> None:
    assert run(["sshfp", "approve", "WWW.example.org", "none"]) == 0
    assert read_approval(FILE.read_bytes()) == {1: "none", 4: "none"}


@pytest.mark.usefixtures("site")
def test_approvals_of_other_algorithms_stay() -> None:
    FILE.parent.mkdir(parents=True)
    FILE.write_text(f"ecdsa {A}\ned25519 {A}\n")
    assert run(["sshfp", "approve", HOST, B]) == 0
    assert read_approval(FILE.read_bytes()) == {3: A, 4: B}


@pytest.mark.usefixtures("site")
def test_a_key_that_is_not_offered_yet_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sshfp", "approve", HOST, "c" * 64, "--algorithm", "ecdsa"]) == 0
    assert "does not offer this key yet" in capsys.readouterr().err


def test_a_machine_that_does_not_build_needs_the_algorithm(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "state/sshfp").unlink()
    assert run(["sshfp", "approve", HOST, B]) == 2
    assert "want --algorithm" in capsys.readouterr().err
    assert run(["sshfp", "approve", HOST, B, "--algorithm", "rsa"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["../../etc/x", B], "is not a host name"),
        ([HOST, "SHA256:x"], "is no fingerprint"),
        ([HOST, B], ":1: the line is no approval"),
    ],
)
@pytest.mark.usefixtures("site")
def test_what_cannot_be_approved_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.parent.mkdir(parents=True)
    FILE.write_text("damaged\n")
    assert run(["sshfp", "approve", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert FILE.read_text() == "damaged\n"


def test_a_damaged_state_or_no_site_is_said(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "state/sshfp").write_text("damaged\n")
    assert run(["sshfp", "list"]) == 2
    assert "state/sshfp is damaged" in capsys.readouterr().err
    monkeypatch.chdir(site / "state")
    assert run(["sshfp", "list"]) == 2
    assert "want the folder of a site" in capsys.readouterr().err
