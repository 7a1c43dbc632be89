"""Polls of working copies, of real subversion and git repositories."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.polling import environment_of_polls
from tests.repositories import IDENTITY, ZONE, Git, Repository, Subversion, command
from zonebuild.poll.news import EDIT, UPDATE
from zonebuild.vcs_update import find_working_copy
from zonebuild.vcs_update.told import Update
from zonebuild.vcs_update.update import update_site

KINDS = (Subversion, Git)


@pytest.fixture(autouse=True)
def _this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (*environment_of_polls().items(), *IDENTITY.items()):
        monkeypatch.setenv(name, value)


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind.kind))
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Repository]:
    made: Repository = request.param(tmp_path)
    yield made
    assert not (tmp_path / "mark").exists()


def kinds(update: Update) -> set[str]:
    return {trouble.kind for trouble in update.troubles}


def test_a_commit_is_built_by_the_next_poll(repository: Repository) -> None:
    repository.host.settle()
    repository.commit("new A 192.0.2.7\n")
    done = repository.host.poll()
    assert (done.code, done.text, done.is_done) == (0, "", True)
    assert "new" in repository.host.built("a.example")
    assert not repository.host.poll().has_built


def test_a_new_file_and_a_removed_one_come_too(repository: Repository) -> None:
    repository.commit("", "zones/new.example.yaml")
    assert repository.update() == Update(is_changed=True)
    assert (repository.host.root / "zones/new.example.yaml").exists()
    assert repository.update() == Update()


def test_without_an_update_a_commit_stays_where_it_is(repository: Repository) -> None:
    repository.host.settle()
    repository.commit("new A 192.0.2.7\n")
    assert not repository.host.poll(is_updated=False).has_built


def test_a_local_edit_is_built_told_and_kept(repository: Repository) -> None:
    repository.host.settle()
    repository.host.append(ZONE, "edit A 192.0.2.8\n")
    repository.commit("other A 192.0.2.7\n", "include/other")
    done = repository.host.poll()
    assert (done.code, done.has_built) == (0, True)
    assert f"  {ZONE}\n" in done.text
    assert "edited here and not committed" in done.text
    assert "edit" in repository.host.built("a.example")
    assert (repository.host.root / "include/other").exists()
    assert repository.host.poll().text == ""


def test_a_local_edit_that_is_taken_back_is_told(repository: Repository) -> None:
    was = (repository.host.root / ZONE).read_text()
    repository.host.append(ZONE, "edit A 192.0.2.8\n")
    assert "edited" in repository.host.settle().text
    repository.host.write(ZONE, was)
    assert repository.host.poll().text.startswith(
        "zonebuild poll: all is well again after 0 min; this is over: edited here"
    )


def test_an_edit_of_what_is_also_changed_there_stops_the_update_alone(
    repository: Repository,
) -> None:
    repository.host.append(ZONE, "edit A 192.0.2.8\n")
    edited = (repository.host.root / ZONE).read_text()
    repository.commit("theirs A 192.0.2.7\n")
    done = repository.host.poll()
    assert (done.code, done.has_built) == (2, True)
    assert "is edited here and changed in the repository" in done.text
    assert (repository.host.root / ZONE).read_text() == edited
    assert "edit" in repository.host.built("a.example")


def test_a_conflict_is_told_and_nothing_is_updated(repository: Repository) -> None:
    repository.host.append(ZONE, "edit A 192.0.2.8\n")
    repository.commit("theirs A 192.0.2.7\n")
    host = repository.host.root
    if repository.kind == "svn":
        command(host, "svn", "update", "-q", "--accept", "postpone")
    else:
        command(host, "git", "commit", "-qam", "mine")
        command(host, "git", "fetch", "-q")
        subprocess.run(["git", "merge", "-q"], cwd=host, capture_output=True, check=False)
    update = repository.update()
    assert UPDATE in kinds(update)
    assert f"{ZONE} is in conflict" in update.troubles[-1].text


def test_a_repository_out_of_reach_is_told_once_and_built_from_what_is_there(
    repository: Repository,
) -> None:
    repository.host.append(ZONE, "edit A 192.0.2.8\n")
    away = repository.store.rename(repository.folder / "away")
    done = repository.host.poll()
    assert (done.code, done.has_built) == (2, True)
    assert "not brought up to date, built from what is there" in done.text
    assert f"  {ZONE}\n" in done.text
    assert repository.host.poll().text == ""
    away.rename(repository.store)
    over = repository.host.poll()
    assert over.code == 0
    assert over.text.startswith("zonebuild poll: over after 0 min: not brought up to date")


def test_a_server_that_hangs_is_given_up(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = tmp_path / "bin" / repository.kind
    sleeper.parent.mkdir()
    sleeper.write_text(f"#!/bin/sh\nsleep 60 & echo $! >{tmp_path}/pid; wait\n")
    sleeper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sleeper.parent}:{os.environ['PATH']}")
    with open(os.devnull) as null:
        mark, lock = str(tmp_path / "mark"), null.fileno()
        root = str(repository.host.root)
        update = update_site(root, repository.kind, mark=mark, lock=lock, seconds=0.2)
    assert "no end after 0.2 s" in update.troubles[-1].text
    time.sleep(0.1)
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}/fd/0")


def test_a_program_that_is_missing_is_told(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    update = repository.update()
    assert f"{repository.kind}: cannot be run: No such file" in update.troubles[-1].text


def test_a_site_in_a_folder_of_a_working_copy_is_found(repository: Repository) -> None:
    assert find_working_copy(str(repository.host.root / "zones")) == repository.kind
    assert find_working_copy(str(repository.folder)) is None


def test_many_edits_are_named_up_to_a_limit(repository: Repository) -> None:
    for number in range(30):
        repository.commit("", f"include/{number}")
    repository.update()
    for number in range(30):
        repository.host.write(f"include/{number}", "x")
    update = repository.update()
    assert kinds(update) == {EDIT}
    assert update.troubles[0].text.endswith("\n  and 20 more")


# -- subversion alone ---------------------------------------------------------------------------


def test_a_working_copy_that_a_killed_update_left_locked_is_cleaned(tmp_path: Path) -> None:
    repository = Subversion(tmp_path)
    lock_it = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1])\n"
        "base.execute(\"insert into wc_lock values (1, '', -1)\"); base.commit()\n"
    )
    command(tmp_path, sys.executable, "-c", lock_it, str(repository.host.root / ".svn/wc.db"))
    repository.commit("new A 192.0.2.7\n")
    assert "svn cleanup" in repository.update().troubles[-1].text
    (tmp_path / "mark").touch()  # now it was ours
    assert repository.update() == Update(is_changed=True)
    assert (repository.host.root / ZONE).read_text() == "new A 192.0.2.7\n"


def test_externals_are_not_fetched(tmp_path: Path) -> None:
    repository = Subversion(tmp_path)
    command(repository.desk, "svn", "propset", "-q", "svn:externals", "^/team team", ".")
    command(tmp_path, "svn", "mkdir", "-qm", "team", f"file://{repository.store}/team")
    repository.save()
    assert repository.update() == Update(is_changed=True)
    assert not (repository.host.root / "team").exists()
    assert repository.update() == Update()


def test_a_branch_of_its_own_commits_is_told(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    repository.host.write("include/mine", "")
    command(repository.host.root, "git", "add", ".")
    command(repository.host.root, "git", "commit", "-qm", "mine")
    repository.commit("new A 192.0.2.7\n")
    update = repository.update()
    assert "want: git push" in update.troubles[-1].text
    assert "new" not in (repository.host.root / ZONE).read_text()


@pytest.mark.parametrize(
    ("switch", "said"),
    [(("--detach",), "want: git switch"), (("-c", "own"), "own follows none")],
)
def test_a_branch_that_follows_none_is_told(
    tmp_path: Path, switch: tuple[str, ...], said: str
) -> None:
    repository = Git(tmp_path)
    command(repository.host.root, "git", "switch", "-q", *switch)
    assert said in repository.update().troubles[-1].text


def test_a_repository_without_a_remote_needs_no_update(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    command(repository.host.root, "git", "remote", "remove", "origin")
    assert repository.update() == Update()


def test_what_a_killed_pull_had_begun_is_done_again(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    repository.commit("long A 192.0.2.7\n" * 100)
    repository.commit("", "include/new")
    host = repository.host.root
    command(host, "git", "fetch", "-q")
    (tmp_path / "mark").touch()
    (host / ".git/index.lock").touch()
    (host / ZONE).write_text("long A 192.")  # cut off
    repository.host.write("include/new", "")
    repository.host.append("soa/default", "; mine\n")
    update = repository.update()
    assert (update.is_changed, kinds(update)) == (True, {EDIT})
    assert (host / ZONE).read_text() == "long A 192.0.2.7\n" * 100
    assert "; mine" in (host / "soa/default").read_text()


def test_an_edit_survives_the_mending_of_a_killed_pull(tmp_path: Path) -> None:
    repository = Git(tmp_path)
    repository.commit("theirs A 192.0.2.7\n")
    (tmp_path / "mark").touch()
    command(repository.host.root, "git", "fetch", "-q")
    repository.host.write(ZONE, "mine A 192.0.2.8\n")
    assert "edited here and changed" in repository.update().troubles[-1].text
    assert (repository.host.root / ZONE).read_text() == "mine A 192.0.2.8\n"


def test_what_is_reported_names_the_revision_and_its_author(repository: Repository) -> None:
    repository.host.settle()
    repository.commit("new A 192.0.2.777\n")
    *_, last = repository.host.poll().text.splitlines()
    assert last.startswith("the working copy has ")
    assert " by " in last
    assert repository.host.poll().text == ""
