"""Which zones a run builds, what it writes, and when it does nothing at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sites import DAY, NOW, SITE, TODAY, SmallSite, closing, environment
from zonebuild.builder import session as session_module

Edit = Callable[[SmallSite], object]
SIGNED = SITE.replace("signer: none", "signer: local")


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    """Three zones that were built, and stamps that say so."""
    small = SmallSite(tmp_path / "site")
    small.run(settle=True)
    small.run(settle=True)
    return small


def test_every_zone_is_built_from_its_head_and_its_primary(site: SmallSite) -> None:
    assert site.records("a.example") == {
        "@ 3600 NS ns1.test.",
        "@ 3600 NS ns2.test.",
        "www 3600 A 192.0.2.1",
        "mail 3600 A 192.0.2.2",
        "@ 3600 MX 10 mail",
    }
    assert {path.name for path in (site.root / "unsigned").iterdir()} == {
        "a.example",
        "b.example",
        "c.example",
    }


def test_a_built_zone_has_no_comment_no_blank_line_and_no_include(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    site.write("include/contact", "contact TXT x ; who\n")
    site.append("primary/a.example", "\n; nothing\n$INCLUDE include/contact\n")
    site.append("primary/a.example", "$GENERATE 1-2 h$ A 192.0.2.$\n")
    site.run()
    assert not [line for line in site.built("a.example").splitlines() if not line or ";" in line]
    assert "$INCLUDE" not in site.built("a.example")
    assert {"contact 3600 TXT x", "h2 3600 A 192.0.2.2"} <= site.records("a.example")


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", site=SIGNED)
    site.run(handoff=True, settle=True)
    site.run(handoff=True, settle=True)
    before = site.outputs()
    assert site.run(handoff=True).stages == ()
    assert site.outputs() == before
    assert {path.partition("/")[0] for path in before} == {"unsigned", "signed", "state", "keys"}


def test_looking_again_writes_nothing_where_nothing_changed(site: SmallSite) -> None:
    before = site.outputs()
    site.forget(".zonebuild")
    assert site.run().stages == ("zones",)
    assert site.outputs() == before


def _settled(site: SmallSite) -> dict[str, tuple[int, int, bytes]]:
    return {path: found for path, found in site.outputs().items() if path.startswith("unsigned")}


@pytest.mark.parametrize(
    "edit",
    [
        lambda site: site.append("primary/a.example", "; a comment\n\n"),
        lambda site: site.write("primary/a.example", "; first\n" + _primary(site)),
        lambda site: site.append("soa/default", "; a comment of the head\n"),
        lambda site: site.append("zones/a.example.yaml", "# a comment\n"),
        lambda site: site.append("site.yaml", "# a comment\n"),
        lambda site: site.write("zones/a.example.yaml", "ttl: 1h\n"),
    ],
    ids=["end", "begin", "head", "zone yaml", "site yaml", "the same value"],
)
def test_a_changed_comment_changes_no_octet_no_serial_and_no_time(
    site: SmallSite, edit: Edit
) -> None:
    before = _settled(site)
    edit(site)
    assert site.run(NOW + DAY, settle=True).stages == ("zones",)
    assert _settled(site) == before


def _primary(site: SmallSite) -> str:
    return (site.root / "primary/a.example").read_text()


EDITS: dict[str, tuple[Edit, str]] = {
    "primary": (
        lambda s: s.append("primary/a.example", "new A 192.0.2.9\n"),
        "new 3600 A 192.0.2.9",
    ),
    "head": (lambda s: s.append("soa/default", "@ TXT new\n"), "@ 3600 TXT new"),
    "own head": (
        lambda s: s.write("soa/a.example", (s.root / "soa/default").read_text() + "h TXT own\n"),
        "h 3600 TXT own",
    ),
    "zone yaml": (lambda s: s.write("zones/a.example.yaml", "ttl: 60\n"), "www 60 A 192.0.2.1"),
    "site yaml": (lambda s: s.append("site.yaml", "  ttl: 61\n"), "www 61 A 192.0.2.1"),
    "fragment": (lambda s: s.write("extra/a.example/script", "t TXT x\n"), "t 3600 TXT x"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_is_built(site: SmallSite, name: str) -> None:
    edit, record = EDITS[name]
    edit(site)
    run = site.run(settle=True)
    assert run.stages == ("zones",)
    assert record in site.records("a.example")
    assert site.serial("a.example") == TODAY + 1


def test_only_the_zone_that_changed_is_written(site: SmallSite) -> None:
    before = _settled(site)
    site.append("primary/b.example", "new A 192.0.2.9\n")
    site.run(settle=True)
    changed = {path for path, found in _settled(site).items() if found != before[path]}
    assert changed == {"unsigned/b.example"}


def test_an_edit_that_keeps_size_and_time_is_seen(site: SmallSite) -> None:
    path = site.root / "primary/a.example"
    was = path.stat()
    path.write_text(path.read_text().replace("192.0.2.1", "192.0.2.7"))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert path.stat().st_size == was.st_size
    site.run(settle=True)
    assert "www 3600 A 192.0.2.7" in site.records("a.example")


def test_an_edit_during_the_run_is_seen_by_the_next(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example"])
    with closing(site.root) as session:
        session.run()
        session.build_zones()
        site.append("primary/a.example", "new A 192.0.2.9\n")
    site.run()
    assert "new 3600 A 192.0.2.9" in site.records("a.example")


def test_an_edit_of_what_a_symbolic_link_leads_to_is_seen(site: SmallSite) -> None:
    site.write("shared/text", _primary(site))
    site.forget("primary/a.example")
    (site.root / "primary/a.example").symlink_to("../shared/text")
    site.run(settle=True)
    site.run(settle=True)
    site.append("shared/text", "new A 192.0.2.9\n")
    site.run(settle=True)
    assert "new 3600 A 192.0.2.9" in site.records("a.example")


def test_a_changed_include_is_built_also_one_that_was_missing(site: SmallSite) -> None:
    site.append("primary/a.example", "$INCLUDE include/x\n")
    assert site.run(settle=True).errors == {"include"}
    site.write("include/x", "inc A 192.0.2.5\n")
    assert site.run(settle=True).code == 0
    site.write("include/x", "inc A 192.0.2.6\n")
    site.run(settle=True)
    assert "inc 3600 A 192.0.2.6" in site.records("a.example")


def test_an_include_that_appears_beside_its_file_is_taken_before_the_one_at_the_top(
    site: SmallSite,
) -> None:
    site.write("include/x", "inc A 192.0.2.5\n")
    site.append("primary/a.example", "$INCLUDE include/x\n")
    site.run(settle=True)
    site.write("primary/include/x", "inc A 192.0.2.6\n")
    site.run(settle=True)
    assert "inc 3600 A 192.0.2.6" in site.records("a.example")


@pytest.mark.parametrize("flat", [False, True], ids=["a folder a zone", "flat"])
def test_fragments_come_change_and_go(tmp_path: Path, flat: bool) -> None:
    site = SmallSite(tmp_path / "site", [])
    pattern = "extra/*.{zone}" if flat else "extra/{zone}/*"
    site.add_zone("a.example", yaml=f'fragments: [soa/default, "primary/{{zone}}", "{pattern}"]\n')
    path = "extra/acme.a.example" if flat else "extra/a.example/script"
    site.run(settle=True)
    site.write(path, "t TXT one\n")
    site.run(settle=True)
    assert "t 3600 TXT one" in site.records("a.example")
    site.write(path, "t TXT two\n")
    site.run(settle=True)
    assert "t 3600 TXT two" in site.records("a.example")
    site.forget(path)
    site.run(settle=True)
    assert not [record for record in site.records("a.example") if record.startswith("t ")]


def test_a_flat_fragment_belongs_to_the_longest_zone_name(tmp_path: Path) -> None:
    yaml = 'fragments: [soa/default, "primary/{zone}", "extra/*.{zone}"]\n'
    site = SmallSite(tmp_path / "site", [])
    for zone in ("example", "a.example"):
        site.add_zone(zone, yaml=yaml)
    site.write("extra/tlsa.a.example", "t TXT x\n")
    site.run()
    assert "t 3600 TXT x" in site.records("a.example")
    assert "t 3600 TXT x" not in site.records("example")


def test_what_editors_leave_behind_is_no_fragment(site: SmallSite) -> None:
    for name in (".acme.swp", "acme~", "#acme#", ".zonebuild-tmp.1.1"):
        site.write(f"extra/a.example/{name}", "t TXT x\n")
    site.run(settle=True)
    assert not [record for record in site.records("a.example") if record.startswith("t ")]


def test_a_hand_edited_built_zone_heals_with_a_greater_serial(site: SmallSite) -> None:
    path = site.root / "unsigned/a.example"
    with path.open("a") as file:
        file.write("evil\t60\tA\t192.0.2.66\n")
    site.run(settle=True)
    assert "evil" not in site.built("a.example")
    assert site.serial("a.example") == TODAY + 1
    assert (site.root / "state/good/a.example").read_text() == site.built("a.example")


def test_a_deleted_built_zone_comes_back_as_it_was(site: SmallSite) -> None:
    before = site.built("a.example")
    site.forget("unsigned/a.example")
    assert site.run(NOW + DAY, settle=True).stages == ("zones",)
    assert site.built("a.example") == before


def test_a_new_zone_is_built_and_the_others_stay(site: SmallSite) -> None:
    before = _settled(site)
    site.add_zone("d.example")
    site.run(settle=True)
    assert site.serial("d.example") == TODAY
    assert {path: _settled(site)[path] for path in before} == before


def test_building_one_zone_leaves_the_others_to_the_next_run(site: SmallSite) -> None:
    for zone in ("a.example", "b.example"):
        site.append(f"primary/{zone}", "new A 192.0.2.9\n")
    site.add_zone("d.example")
    with closing(site.root) as session:
        session.build_zone("a.example.")
    assert "new" in site.built("a.example")
    assert "new" not in site.built("b.example")
    site.run(settle=True)
    assert "new" in site.built("b.example")
    assert site.built("d.example")


def test_a_zone_whose_file_is_gone_stays_built_waits_and_is_looked_at_no_more(
    site: SmallSite,
) -> None:
    site.append("primary/b.example", "x A bad\n")
    assert site.run(settle=True).code == 1
    before = site.built("b.example")
    site.forget("zones/b.example.yaml")
    assert site.run(settle=True).code == 0
    assert site.built("b.example") == before
    assert "zonebuild remove b.example." in (site.root / "state/outcome.json").read_text()
    site.run(settle=True)
    assert site.run().stages == ()


def test_a_zone_whose_file_is_gone_is_still_signed_in_time(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", ["a.example", "b.example"], site=SIGNED)
    site.run(handoff=True)
    before = (site.root / "signed/b.example").read_text()
    site.forget("zones/b.example.yaml")
    site.run(NOW + 70 * DAY, handoff=True)
    assert (site.root / "signed/b.example").read_text() != before


def test_a_changed_library_or_program_makes_every_zone_stale(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "program_key", lambda: "another")
    before = site.outputs()
    with closing(site.root) as session:
        assert not session.zones_are_fresh()
    assert site.run(settle=True).stages == ("zones",)
    assert site.outputs() == before


def test_the_program_key_changes_with_a_file_of_the_package(tmp_path: Path) -> None:
    package = tmp_path / "zonebuild"
    shutil.copytree(Path(session_module.__file__).parents[1], package)
    script = "from zonebuild.builder.remembered.stamps import program_key; print(program_key())"

    def key() -> str:
        command = [sys.executable, "-B", "-c", script]
        env = environment(PYTHONPATH=str(tmp_path))
        done = subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout

    before = key()
    assert before == key()
    with (package / "diff.py").open("a") as file:
        file.write("\n")
    assert key() != before


BUILD = """
import sys
from pathlib import Path
from zonebuild.builder.session import Session
session = Session(Path(sys.argv[1]), command="a test", now=int(sys.argv[2]))
session.build_zones()
"""


def test_equal_sources_give_equal_octets_under_any_hash_seed_and_in_any_folder(
    tmp_path: Path,
) -> None:
    built = set()
    for seed, folder in (("0", "one"), ("1", "two/deeper"), ("4711", "three")):
        site = SmallSite(tmp_path / folder, ["a.example"])
        site.write("primary/a.example", "".join(f"h{i % 7} TXT {i}\n" for i in range(60)))
        for name in ("one", "two", "three"):
            site.write(f"extra/a.example/{name}", f"{name} TXT x\nc CNAME {name}\n")
        command = [sys.executable, "-B", "-c", BUILD, str(site.root), str(NOW)]
        subprocess.run(command, env=environment(PYTHONHASHSEED=seed), check=True)
        built.add(site.built("a.example"))
    assert len(built) == 1
    assert "two" in built.pop()


def test_many_zones_built_by_several_processes_are_as_built_by_one(tmp_path: Path) -> None:
    names = [f"z{i}.example" for i in range(120)]
    many, one = SmallSite(tmp_path / "many", names), SmallSite(tmp_path / "one", names)
    many.run()
    for name in names:
        with closing(one.root) as session:
            session.build_zone(f"{name}.")
    assert [many.built(name) for name in names] == [one.built(name) for name in names]
    assert (many.root / "state/manifest").read_text() == (one.root / "state/manifest").read_text()


def test_a_dangling_link_where_nothing_was_is_noticed(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    site.run()
    site.run(settle=True)
    assert site.run(settle=True).stages == ()
    (site.root / "soa/b.example").symlink_to("nowhere")
    assert site.run(settle=True).errors == {"unreadable-file"}
