"""`doit diff` on whole sites: against what was built, version control, and a name server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sites import DODO, DOIT, SmallSite, environment
from zonebuild.cli.site_diff import diff_site

Say = Callable[..., str]
GIT = [
    "git",
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.org",
    "-c",
    "init.defaultBranch=main",
]


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    return SmallSite(tmp_path / "site")


@pytest.fixture
def say(site: SmallSite, capsys: pytest.CaptureFixture[str]) -> Say:
    """Return what `doit diff` prints; it always ends with 0."""

    def told(against: str = "built", form: str = "text", *, dnssec: bool = False) -> str:
        assert diff_site(site.root, against, form, dnssec=dnssec) == 0
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return told


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


EDIT = """\
b.example.
  - mail.b.example. 3600 A 192.0.2.2
  + mail.b.example. 3600 A 192.0.2.9
      mail A: the old address is cached until 1 h after publication
"""


def edit(site: SmallSite) -> None:
    site.write("primary/b.example", "www A 192.0.2.1\nmail A 192.0.2.9\n@ MX 10 mail\n")


def test_an_edit_shows_against_what_was_built(site: SmallSite, say: Say) -> None:
    site.run()
    assert say() == ""
    edit(site)
    assert say() == EDIT


def test_without_anything_built_the_base_is_compared_with(site: SmallSite, say: Say) -> None:
    commit(site.root)
    edit(site)
    assert say("") == EDIT
    site.run()
    assert say("") == ""


@pytest.mark.parametrize("against", ["base", "rev:HEAD", "rev:HEAD~1", "rev:main", "rev:v1"])
def test_an_edit_shows_against_git(site: SmallSite, say: Say, against: str) -> None:
    commit(site.root)
    git(site.root, "tag", "-a", "-m", "x", "v1")
    git(site.root, "commit", "-q", "--allow-empty", "-m", "y")
    edit(site)
    assert say(against) == EDIT


def test_what_an_include_changes_shows_as_well(site: SmallSite, say: Say) -> None:
    site.write("include/more", "more TXT a\n")
    site.append("primary/b.example", "$include include/more\n")
    commit(site.root)
    site.write("include/more", "more TXT b\n")
    assert '+ more.b.example. 3600 TXT "b"' in say("base")


def test_what_the_yaml_changes_shows_as_well(site: SmallSite, say: Say) -> None:
    commit(site.root)
    site.write("zones/a.example.yaml", "ttl: 60\n")
    assert "~ www.a.example. A TTL 3600 -> 60" in say("base")


@pytest.mark.parametrize("against", ["built", "base"])
def test_fragments_of_machines_are_on_both_sides(site: SmallSite, say: Say, against: str) -> None:
    site.write(".gitignore", "extra/\nunsigned/\nstate/\n.zonebuild/\n")
    commit(site.root)
    site.write("extra/a.example/acme", "t TXT token\n")
    site.run()
    assert say(against) == ""


NEW_AND_GONE = """\
a.example. (the zone is gone)
  - a.example. 3600 NS ns1.test.
"""


def test_a_new_zone_and_one_that_is_gone_are_said_to_be(site: SmallSite, say: Say) -> None:
    commit(site.root)
    site.forget("zones/a.example.yaml", "primary/a.example")
    site.add_zone("new.example")
    told = say("base")
    assert told.startswith(NEW_AND_GONE)
    assert "@ SOA: what is cached of the zone stays for up to 1 h after publication" in told
    assert "new.example. (the zone is new)\n  + new.example. 3600 NS ns1.test.\n" in told
    zones = {each["zone"]: each["why"] for each in json.loads(say("base", "json"))}
    assert zones == {"a.example.": "the zone is gone", "new.example.": "the zone is new"}
    assert "### `new.example.`\n\nthe zone is new; 6 added\n" in say("base", "markdown")


def test_a_zone_that_was_built_is_not_taken_away_with_its_file(site: SmallSite, say: Say) -> None:
    site.run()
    site.forget("zones/a.example.yaml")
    assert say() == (
        "a.example. (its file in zones/ is gone: it is served as it was built "
        "until `zonebuild remove`)\n"
    )


WHY = 'now: cannot be built: primary/a.example:1:7: A rdata "x" is not an IPv4 address'


def test_a_zone_that_cannot_be_built_on_one_side_is_said_to_be(site: SmallSite, say: Say) -> None:
    commit(site.root)
    site.write("primary/a.example", "www A x\n")
    edit(site)
    told = say("base")
    assert told.startswith(f"a.example. ({WHY}")
    assert told.endswith(EDIT)
    first, _ = json.loads(say("base", "json"))
    assert first["why"].startswith(WHY)
    assert (first["zone"], first["diff"]) == ("a.example.", None)
    assert f"### `a.example.`\n\n`{WHY}" in say("base", "markdown")
    commit(site.root)
    site.write("primary/a.example", "www A 192.0.2.1\n")
    assert say("base").startswith("a.example. (before: cannot be built: ")


def test_the_json_of_a_site_has_an_object_for_each_zone_that_changes(
    site: SmallSite, say: Say
) -> None:
    site.run()
    edit(site)
    mail = {"owner": "mail.b.example.", "ttl": 3600, "type": "A"}
    assert json.loads(say("built", "json")) == [
        {
            "zone": "b.example.",
            "why": "",
            "diff": {
                "origin": "b.example.",
                "added": [{**mail, "rdata": "192.0.2.9"}],
                "removed": [{**mail, "rdata": "192.0.2.2"}],
                "ttl_changed": [],
                "soa": {},
            },
            "effects": [
                {
                    "owner": "mail.b.example.",
                    "type": "A",
                    "seconds": 3600,
                    "text": "the old address is cached until 1 h after publication",
                }
            ],
            "left_out": 0,
            "notes": [],
        }
    ]


def test_a_site_of_many_zones_is_compared_in_their_order(tmp_path: Path) -> None:
    from zonebuild.builder.judging.compare import BuiltSide, compare_zones
    from zonebuild.cli.site import reading_site

    names = [f"z{number:03}.example" for number in range(120)]
    site = SmallSite(tmp_path / "site", names)
    with reading_site(site.root) as run:
        assert not isinstance(run, int)
        found = list(compare_zones(run, BuiltSide(run.places)))
    assert [each.apex for each in found] == [f"{name}." for name in names]
    assert {each.why for each in found} == {"the zone is new"}


def test_a_kept_serial_that_alone_differs_is_no_difference(site: SmallSite, say: Say) -> None:
    head = "$TTL 60\n@ SOA ns1.test. h.test. {} 1 1 1 1\n@ NS ns1.test.\n@ NS ns2.test.\n"
    site.write("soa/a.example", head.format(1))
    site.run()
    site.write("soa/a.example", head.format(2))
    assert say() == ""
    site.append("soa/a.example", "@ TXT x\n")
    assert '+ a.example. 60 TXT "x"' in say()


WRONG = {
    "nothing such": "nonsense",
    "base has no value": "base:x",
    "built has no value": "built:",
    "rev wants one": "rev",
    "rev is empty": "rev:",
    "rev is an option": "rev:--output=x",
    "rev is not there": "rev:nothing",
    "rev has a line feed": "rev:HEAD\nx",
    "rev is no commit": "rev:HEAD:primary",
    "axfr wants a host": "axfr:",
    "axfr with a port that is none": "axfr:192.0.2.1:99999",
}


@pytest.mark.parametrize("against", WRONG.values(), ids=WRONG)
def test_what_cannot_be_compared_with_ends_with_2_and_one_line(
    site: SmallSite, capsys: pytest.CaptureFixture[str], against: str
) -> None:
    commit(site.root)
    assert diff_site(site.root, against, "text") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("zonebuild: ")
    assert "Traceback" not in said.err
    assert not (site.root / "x").exists()


def test_a_site_without_version_control_has_no_base(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff_site(site.root, "base", "text") == 2
    assert "neither in a git nor in a subversion working copy" in capsys.readouterr().err


def test_a_base_whose_site_file_is_wrong_is_named(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (site.root / "site.yaml").read_text()
    site.write("site.yaml", "signer: nobody\n")
    commit(site.root)
    site.write("site.yaml", good)
    assert diff_site(site.root, "base", "text") == 2
    assert "that was the site as of the base" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_makes_no_noise(site: SmallSite) -> None:
    site.write("dodo.py", DODO)
    commit(site.root)
    for zone in ("a.example", "b.example", "c.example"):
        site.append(f"primary/{zone}", "".join(f"h{i} TXT {'x' * 200}\n" for i in range(299)))
    running = subprocess.Popen(
        [*DOIT, "diff"],
        cwd=site.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    assert running.stderr
    assert running.stdout.readline() == "a.example.\n"
    running.stdout.close()
    assert running.stderr.read() == ""
    assert running.wait(60) == 0
    running.stderr.close()
