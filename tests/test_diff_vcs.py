"""Version control gives the site as it was committed, and never touches the working copy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from zonebuild.vcs import VcsError, checked_out, find_vcs

FILES = {"site.yaml": "signer: none\n", "primary/a": "www A 192.0.2.1\n", "zones/a.yaml": ""}
GIT = [
    "git",
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.org",
    "-c",
    "init.defaultBranch=main",
]


def call(folder: Path, *command: str | Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def git(folder: Path, *arguments: str) -> None:
    call(folder, *GIT, *arguments)


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    hidden = (".svn", ".git")
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in hidden
    }


def in_git(tmp_path: Path) -> Path:
    root = write(tmp_path / "repository", FILES)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def in_git_subfolder(tmp_path: Path) -> Path:
    root = write(tmp_path / "repository", {"other/file": "x\n"})
    site = write(root / "dns" / "site", FILES)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return site


def in_svn(tmp_path: Path) -> Path:
    return _in_svn(tmp_path, "trunk")


def in_svn_subfolder(tmp_path: Path) -> Path:
    return _in_svn(tmp_path, "trunk/dns/site")


def _in_svn(tmp_path: Path, place: str) -> Path:
    url = f"file://{tmp_path / 'repository'}"
    call(tmp_path, "svnadmin", "create", "repository")
    write(tmp_path / "import" / place, FILES)
    call(tmp_path / "import", "svn", "import", "-q", "-m", "one", ".", url)
    call(tmp_path, "svn", "checkout", "-q", f"{url}/trunk", "copy")
    return tmp_path / "copy" / Path(place).relative_to("trunk")


KINDS = (in_git, in_git_subfolder, in_svn, in_svn_subfolder)


@pytest.fixture(params=KINDS, ids=[kind.__name__ for kind in KINDS])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: Path = request.param(tmp_path)
    return made


def test_the_base_is_what_was_committed_and_the_working_copy_stays(site: Path) -> None:
    write(site, {"primary/a": "changed\n", "primary/new": "not committed\n"})
    (site / "site.yaml").unlink()
    before = contents(site)
    with checked_out(site) as folder:
        assert contents(folder) == FILES
        assert folder not in (site, *site.parents)
    assert contents(site) == before
    assert not folder.exists()


def test_what_is_only_marked_for_the_next_commit_is_not_in_the_base(site: Path) -> None:
    write(site, {"primary/new": "x\n"})
    tool = find_vcs(site)
    assert tool
    call(site, tool, "add", "-q" if tool == "svn" else "--", "primary/new")
    call(site, tool, "rm", "-q", "primary/a")
    with checked_out(site) as folder:
        assert contents(folder) == FILES


def test_what_machines_made_is_added(site: Path) -> None:
    write(site, {"extra/a/acme": "t TXT x\n"})
    with checked_out(site) as folder:
        assert contents(folder) == {**FILES, "extra/a/acme": "t TXT x\n"}


@pytest.mark.parametrize("revision", ["", "-x", "--help", "-r", "a\nb", "a\0b"])
def test_what_is_no_revision_is_refused_before_anything_runs(
    site: Path, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(VcsError, match="is no revision"), checked_out(site, revision):
        pytest.fail("it was checked out")


def test_a_revision_that_is_not_there_names_the_command_and_its_error(site: Path) -> None:
    with pytest.raises(VcsError, match=r"(git|svn) .*: exit code \d"), checked_out(site, "99x"):
        pytest.fail("it was checked out")


def test_a_tool_that_is_missing_is_said_to_be(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(VcsError, match="No such file"), checked_out(site):
        pytest.fail("it was checked out")


@pytest.mark.parametrize("revision", ["1", "PREV", "BASE"])
def test_svn_revisions(tmp_path: Path, revision: str) -> None:
    site = in_svn(tmp_path)
    write(site, {"primary/a": "second\n"})
    call(site, "svn", "commit", "-q", "-m", "two")
    call(site, "svn", "update", "-q")
    with checked_out(site, revision) as folder:
        wanted = "second\n" if revision == "BASE" else FILES["primary/a"]
        assert contents(folder)["primary/a"] == wanted


def test_git_gives_the_committed_octets_whatever_attributes_say(tmp_path: Path) -> None:
    site = in_git(tmp_path)
    attributes = "primary/a export-ignore\nprimary/b export-subst\n*.yaml text eol=crlf\n"
    write(site, {".gitattributes": attributes, "primary/b": "$Format:%H$\n"})
    (site / "primary" / "c").write_bytes(b"\xff\x00\r\n")
    git(site, "add", "-A")
    git(site, "commit", "-q", "-m", "two")
    with checked_out(site) as folder:
        assert (folder / "primary" / "a").read_text() == FILES["primary/a"]
        assert (folder / "primary" / "b").read_text() == "$Format:%H$\n"
        assert (folder / "primary" / "c").read_bytes() == b"\xff\x00\r\n"
        assert b"\r" not in (folder / "site.yaml").read_bytes()


def test_git_links_are_links_and_odd_names_are_names(tmp_path: Path) -> None:
    site = in_git(tmp_path)
    (site / "primary" / "link").symlink_to("a")
    (site / "primary" / "a b\tc\n\udcff").write_text("odd\n")
    git(site, "add", "-A")
    git(site, "commit", "-q", "-m", "two")
    with checked_out(site) as folder:
        assert os.readlink(folder / "primary" / "link") == "a"
        assert (folder / "primary" / "a b\tc\n\udcff").read_text() == "odd\n"


def test_a_hostile_git_tree_leads_nowhere(tmp_path: Path) -> None:
    site = in_git(tmp_path)
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"],
        cwd=site,
        input=b"x",
        capture_output=True,
        check=True,
    ).stdout.strip()
    names = (b"..", b".git", b"a/../../b")
    entries = b"".join(b"100644 " + name + b"\0" + bytes.fromhex(blob.decode()) for name in names)
    tree = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        cwd=site, input=entries, capture_output=True, check=True, text=False,
    ).stdout.decode().strip()  # fmt: skip
    made = subprocess.run(
        [*GIT, "commit-tree", "-m", "x", tree], cwd=site, capture_output=True, check=True, text=True
    ).stdout.strip()
    with checked_out(site, made) as folder:
        assert contents(folder) == {}
        assert {path.name for path in folder.parent.iterdir()} == {"site"}


def test_a_folder_outside_version_control_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(VcsError, match="neither in a git nor"), checked_out(tmp_path):
        pytest.fail("it was checked out")
