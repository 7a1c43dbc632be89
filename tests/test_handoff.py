"""Built zones handed to programs: what is told when, what is remembered, what faults do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites import NOW, PRIMARY, SITE, SmallSite
from zonebuild.builder.delivery.handoff import AGAIN
from zonebuild.cli.remove import run as remove_command

SIGNER = """\
#!/bin/sh
# Takes what is asked for, one line of its log a run; `fault.NAME` holds an exit code for a zone.
cd {folder}
echo "$*" >> log
[ -e fault.$1 ] && {{ echo "no $1" >&2; exit $(cat fault.$1); }}
[ "$1" = all ] && cat > names
[ -z "$3" ] || sed 's/ A /&/' "$2" > "$3"
exit 0
"""


class Given(SmallSite):
    """A small site whose signer is a command that keeps a log."""

    def __init__(self, folder: Path, words: str = "'{zone}', '{unsigned}', '{signed}'") -> None:
        self.folder = folder / "signer"
        (self.folder / "signed").mkdir(parents=True)
        program = self.folder / "sign"
        program.write_text(SIGNER.format(folder=self.folder))
        program.chmod(0o755)
        options = f"command: [{program}, {words}], remove_command: [{program}, gone, '{{zone}}']"
        signer = f"signer: {{kind: exec, {options}, signed: {self.folder}/signed}}\n"
        super().__init__(
            folder / "site", ["a.example", "b.example"], SITE.replace("signer: none\n", signer)
        )

    def calls(self) -> list[str]:
        """Return the first words of what the command was given since the last call."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(line.split(" ")[0] for line in lines)

    def fault(self, zone: str, code: int | None) -> None:
        """Have the command end with *code* for *zone*; None mends it."""
        place = self.folder / f"fault.{zone}"
        if code is None:
            place.unlink()
        else:
            place.write_text(str(code))

    def change(self, zone: str, address: str = "192.0.2.9") -> None:
        """Change the zone."""
        self.write(f"primary/{zone}", PRIMARY.replace("192.0.2.1", address))


@pytest.fixture
def site(tmp_path: Path) -> Given:
    return Given(tmp_path)


def test_every_new_zone_is_handed_off_once(site: Given) -> None:
    assert site.run(handoff=True).code == 0
    assert site.calls() == ["a.example", "b.example"]
    assert (site.folder / "signed/a.example").read_text() == site.built("a.example")
    site.run(handoff=True, settle=True)
    assert site.calls() == []


def test_only_what_changed_is_handed_off(site: Given) -> None:
    site.run(handoff=True)
    site.calls()
    site.change("b.example")
    site.run(handoff=True, settle=True)
    assert site.calls() == ["b.example"]


def test_equal_content_is_not_given_again_though_its_file_is_new(site: Given) -> None:
    site.run(handoff=True)
    site.calls()
    path = site.root / "unsigned/a.example"
    path.write_bytes(path.read_bytes())
    site.run(handoff=True, settle=True)
    assert site.calls() == []


def test_what_was_given_is_given_again_where_that_was_forgotten(site: Given) -> None:
    site.run(handoff=True)
    site.calls()
    (site.root / "state/handed").unlink()
    (site.root / ".zonebuild/stamps.handoff").unlink()
    site.run(handoff=True, settle=True)
    assert site.calls() == ["a.example", "b.example"]


def test_a_damaged_line_of_what_was_given_is_forgotten(site: Given) -> None:
    site.run(handoff=True)
    handed = site.root / "state/handed"
    whole = handed.read_bytes()
    handed.write_bytes(whole.replace(b"a.example", b"a\xffexample"))
    (site.root / ".zonebuild/stamps.handoff").unlink()
    site.calls()
    site.run(handoff=True, settle=True)
    assert site.calls() == ["a.example"]
    assert handed.read_bytes() == whole


def test_a_zone_that_is_refused_is_an_error_of_its_own(site: Given) -> None:
    site.fault("a.example", 1)
    run = site.run(handoff=True)
    assert (run.code, run.errors) == (1, {"handoff-refused"})
    assert "zones/a.example.yaml: error: exec " in run.told
    assert "no a.example" in run.told
    assert (site.folder / "signed/b.example").exists()


def test_a_refused_zone_is_tried_again_when_it_changes_or_after_a_while(site: Given) -> None:
    site.fault("a.example", 1)
    site.run(handoff=True, settle=True)
    site.calls()
    assert site.run(NOW + AGAIN - 1, handoff=True, settle=True).code == 1
    assert site.calls() == []
    site.change("a.example")
    site.run(NOW + AGAIN - 1, handoff=True, settle=True)
    assert site.calls() == ["a.example"]
    site.fault("a.example", None)
    assert site.run(NOW + 2 * AGAIN, handoff=True, settle=True).code == 0
    assert site.calls() == ["a.example"]


def test_a_program_that_cannot_be_reached_is_tried_again_without_a_build(site: Given) -> None:
    site.fault("a.example", 75)
    site.fault("b.example", 75)
    run = site.run(handoff=True, settle=True)
    assert (run.code, run.errors) == (1, {"handoff-failed"})
    assert "exec has not taken a.example., b.example.: " in run.told
    built = (site.root / "unsigned/a.example").stat()
    site.fault("a.example", None)
    run = site.run(handoff=True, settle=True)
    assert (run.errors, "zones" in run.stages) == ({"handoff-failed"}, False)
    site.fault("b.example", None)
    assert site.run(handoff=True, settle=True).code == 0
    assert (site.root / "unsigned/a.example").stat() == built
    assert site.run(handoff=True, settle=True).stages == ()


def test_what_is_not_handed_off_waits(site: Given) -> None:
    site.fault("b.example", 75)
    site.run(handoff=True)
    outcome = (site.root / "state/outcome.json").read_text()
    assert '"what": "hand-off to exec"' in outcome
    assert '"way_on": "see that exec runs and can be controlled; every run tries again"' in outcome


def test_a_command_without_places_gets_all_names_at_once(tmp_path: Path) -> None:
    site = Given(tmp_path, "all")
    assert site.run(handoff=True).code == 0
    assert site.calls() == ["all"]
    assert (site.folder / "names").read_text() == "a.example\nb.example\n"


def test_a_command_that_is_not_there_is_no_fault_of_the_zones(tmp_path: Path) -> None:
    site = Given(tmp_path)
    (site.folder / "sign").unlink()
    run = site.run(handoff=True)
    assert run.errors == {"handoff-failed"}
    assert "cannot be run: no such file or directory" in run.told


def test_a_zone_that_is_not_to_be_signed_is_no_signer_s(site: Given) -> None:
    site.write("zones/a.example.yaml", "signing: {enabled: false}\n")
    site.run(handoff=True)
    assert site.calls() == ["b.example"]


def test_a_zone_whose_yaml_broke_is_handed_off_all_the_same(site: Given) -> None:
    site.run(handoff=True)
    site.calls()
    site.write("zones/a.example.yaml", "ttl: soon\n")
    site.write("extra/a.example/made", "new A 192.0.2.77\n")
    site.run(handoff=True, settle=True)
    assert "192.0.2.77" in site.built("a.example")
    assert site.calls() == ["a.example"]


def remove(site: Given, monkeypatch: pytest.MonkeyPatch, zone: str) -> int:
    from argparse import Namespace

    (site.root / f"zones/{zone}.yaml").unlink(missing_ok=True)
    monkeypatch.chdir(site.root)
    return remove_command(Namespace(name=zone, no_ds=True))


def test_a_removed_zone_is_taken_away_from_its_program(
    site: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run(handoff=True)
    site.calls()
    assert remove(site, monkeypatch, "b.example") == 0
    assert capsys.readouterr().err == ""
    assert site.calls() == ["gone"]
    assert "b.example" not in (site.root / "state/handed").read_text()
    assert not (site.root / "unsigned/b.example").exists()


def test_a_name_with_nothing_to_remove_is_told(
    site: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    site.run(handoff=True)
    site.calls()
    monkeypatch.chdir(site.root)
    assert remove_command(Namespace(name="bb.example", no_ds=False)) == 0
    assert capsys.readouterr().err == "zonebuild: there is nothing of bb.example. to remove\n"
    assert site.calls() == []


def test_a_zone_stays_while_its_program_cannot_be_told(
    site: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.run(handoff=True)
    site.fault("gone", 75)
    assert remove(site, monkeypatch, "b.example") == 1
    assert "b.example. is not removed: exec " in capsys.readouterr().err
    assert (site.root / "unsigned/b.example").exists()
    site.fault("gone", None)
    assert remove(site, monkeypatch, "b.example") == 0


def test_a_zone_that_a_signer_has_is_not_removed_without_a_look_at_its_parent(
    site: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    site.run(handoff=True)
    (site.root / "zones/b.example.yaml").unlink()
    monkeypatch.chdir(site.root)
    monkeypatch.setattr("zonebuild.probe.has_ds", lambda apex: True)
    assert remove_command(Namespace(name="b.example", no_ds=False)) == 1
    assert "its parent still has a DS" in capsys.readouterr().err
