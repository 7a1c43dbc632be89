"""The hooks in contrib/, each against a real repository of its kind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sites import REPOSITORY, SmallSite, environment

HOOKS = REPOSITORY / "contrib" / "hooks"
BAD = "x A 192.0.2.256\n"
WRONG = 'primary/b.example:4:5: error: A rdata "192.0.2.256"'
DODO = "import pathlib; pathlib.Path('{}').touch()\n"
GIT = (
    "git",
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.org",
    "-c",
    "init.defaultBranch=main",
)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with this tree's zonebuild, as PATH would have it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "zonebuild"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={REPOSITORY} exec {sys.executable} -B -m zonebuild "$@"\n'
    )
    program.chmod(0o755)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    made = SmallSite(tmp_path / "site", ["b.example"])
    made.write("dodo.py", DODO.format(tmp_path / "executed"))
    return made


def run(*command: Any, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = environment()
    if path is not None:
        environ["PATH"] = f"{path}:{environ['PATH']}"
    return subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def done(*command: Any, cwd: Path, path: Path | None = None) -> str:
    """Run what has to succeed."""
    ran = run(*command, cwd=cwd, path=path)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# -- git ------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path, site: SmallSite, programs: Path) -> Path:
    """A bare repository with the hook; the site is a working copy with one good commit."""
    bare = tmp_path / "bare.git"
    done(*GIT, "init", "-q", "--bare", bare, cwd=tmp_path)
    shutil.copy(HOOKS / "git-pre-receive", bare / "hooks" / "pre-receive")
    done(*GIT, "init", "-q", cwd=site.root)
    done(*GIT, "remote", "add", "origin", bare, cwd=site.root)
    commit(site)
    return bare


def commit(site: SmallSite) -> None:
    done(*GIT, "add", "-A", cwd=site.root)
    done(*GIT, "commit", "-q", "--allow-empty", "-m", "x", cwd=site.root)


def push(site: SmallSite, programs: Path, *refs: str) -> subprocess.CompletedProcess[str]:
    return run(*GIT, "push", "origin", *(refs or ("main",)), cwd=site.root, path=programs)


def test_git_takes_a_good_site_and_refuses_a_bad_one(
    site: SmallSite, bare: Path, programs: Path
) -> None:
    assert push(site, programs).returncode == 0
    good = done(*GIT, "rev-parse", "main", cwd=bare)
    site.append("primary/b.example", BAD)
    commit(site)
    refused = push(site, programs)
    assert refused.returncode == 1
    assert WRONG in refused.stderr
    assert "refs/heads/main is refused" in refused.stderr
    assert done(*GIT, "rev-parse", "main", cwd=bare) == good
    done(*GIT, "fsck", "--strict", cwd=bare)
    site.write("primary/b.example", "www A 192.0.2.1\n")
    commit(site)
    assert push(site, programs).returncode == 0


def test_git_executes_nothing_of_what_is_pushed(
    site: SmallSite, bare: Path, programs: Path, tmp_path: Path
) -> None:
    site.write(".gitattributes", "primary/* export-ignore filter=bad\n")
    command = f"touch {tmp_path / 'executed'}; echo"
    done(*GIT, "config", "filter.bad.smudge", command, cwd=bare)
    site.append("primary/b.example", BAD)
    commit(site)
    assert WRONG in push(site, programs).stderr
    assert not (tmp_path / "executed").exists()


def test_git_follows_no_symbolic_link_of_the_tree(
    site: SmallSite, bare: Path, programs: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret TXT hidden\n")
    (site.root / "primary/b.example").unlink()
    (site.root / "primary/b.example").symlink_to(tmp_path / "secret")
    commit(site)
    assert "hidden" not in push(site, programs).stderr


def test_git_judges_every_ref_but_those_deleted_or_not_named(
    site: SmallSite, bare: Path, programs: Path
) -> None:
    push(site, programs, "main", "main:refs/heads/old")
    site.append("primary/b.example", BAD)
    commit(site)
    done(*GIT, "tag", "-a", "-m", "x", "v1", cwd=site.root)
    assert push(site, programs, ":refs/heads/old").returncode == 0
    assert push(site, programs, "v1").returncode == 1
    done(*GIT, "config", "zonebuild.ref", "refs/heads/m*", cwd=bare)
    assert push(site, programs, "v1").returncode == 0
    assert push(site, programs, "main").returncode == 1


def test_git_looks_for_the_site_where_it_is_told_to(
    site: SmallSite, bare: Path, programs: Path
) -> None:
    done(*GIT, "config", "zonebuild.site", "dns", cwd=bare)
    refused = push(site, programs)
    assert refused.returncode == 1
    assert "zonebuild: dns: No such file" in refused.stderr


# -- subversion -----------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path, site: SmallSite, programs: Path) -> Path:
    """A working copy of the site, whose repository has the hook."""
    repository = tmp_path / "repository"
    done("svnadmin", "create", repository, cwd=tmp_path)
    hook = repository / "hooks" / "pre-commit"
    text = (HOOKS / "svn-pre-commit.py").read_text()
    assert "/usr/local/bin" in text
    hook.write_text(text.replace("/usr/local/bin", str(programs)))
    hook.chmod(0o755)
    url = f"{repository.as_uri()}/trunk"
    done("svn", "import", "-q", "-m", "x", site.root, url, cwd=tmp_path)
    done("svn", "checkout", "-q", url, "copy", cwd=tmp_path)
    return tmp_path / "copy"


def svn_commit(copy: Path) -> subprocess.CompletedProcess[str]:
    return run("svn", "commit", "-q", "-m", "x", cwd=copy)


def test_svn_takes_a_good_site_and_refuses_a_bad_one(copy: Path, tmp_path: Path) -> None:
    primary = copy / "primary" / "b.example"
    good = primary.read_text()
    primary.write_text(good + BAD)
    refused = svn_commit(copy)
    assert refused.returncode == 1
    assert WRONG in refused.stderr
    primary.write_text(good + "y A 192.0.2.9\n")
    assert svn_commit(copy).returncode == 0
    assert "y A 192.0.2.9" in done("svn", "cat", "-r", "HEAD", primary, cwd=copy)
    assert not (tmp_path / "executed").exists()


def test_svn_refuses_a_bad_first_import(site: SmallSite, copy: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    site.append("primary/b.example", BAD)
    hook = repository / "hooks" / "pre-commit"
    hook.write_text(hook.read_text().replace('SITE = "trunk"', 'SITE = "new/site"'))
    url = f"{repository.as_uri()}/new/site"
    refused = run("svn", "import", "-q", "-m", "x", site.root, url, cwd=tmp_path)
    assert (refused.returncode, WRONG in refused.stderr) == (1, True)


def test_svn_sees_what_is_added_copied_moved_and_removed(copy: Path) -> None:
    done("svn", "copy", "-q", "primary", "others", cwd=copy)
    done("svn", "move", "-q", "primary", "moved", cwd=copy)
    done("svn", "move", "-q", "moved", "primary", cwd=copy)
    (copy / "zones" / "c.example.yaml").write_text("fragments: [soa/default, others/b.example]\n")
    done("svn", "add", "-q", "zones/c.example.yaml", cwd=copy)
    assert svn_commit(copy).returncode == 0
    done("svn", "delete", "-q", "others", cwd=copy)
    refused = svn_commit(copy)
    assert refused.returncode == 1
    assert "others/b.example" in refused.stderr


def test_svn_leaves_alone_what_is_not_the_sites(copy: Path, tmp_path: Path) -> None:
    hook = tmp_path / "repository" / "hooks" / "pre-commit"
    hook.write_text(hook.read_text().replace('SITE = "trunk"', 'SITE = "elsewhere"'))
    (copy / "primary" / "b.example").write_text(BAD)
    assert svn_commit(copy).returncode == 0


def test_svn_refuses_what_it_cannot_judge(copy: Path, tmp_path: Path, programs: Path) -> None:
    (programs / "zonebuild").unlink()
    (copy / "primary" / "b.example").write_text("www A 192.0.2.1\n")
    refused = svn_commit(copy)
    assert refused.returncode == 1
    assert "could not be judged" in refused.stderr


# -- pre-commit -----------------------------------------------------------------------------------


def pre_commit_hooks() -> dict[str, dict[str, Any]]:
    import yaml

    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    return {hook["id"]: hook for hook in hooks}


@pytest.mark.parametrize("name", ["zonebuild-site", "zonebuild-zone"])
def test_an_entry_has_what_pre_commit_wants_of_it(name: str) -> None:
    hook = pre_commit_hooks()[name]
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()
    assert hook["language"] == "python"


@pytest.mark.parametrize(
    ("name", "path", "is_looked_at"),
    [
        ("zonebuild-site", "zones/example.org.yaml", True),
        ("zonebuild-site", "primary/example.org", True),
        ("zonebuild-site", "site.yaml", True),
        ("zonebuild-site", "docs/site.yaml", False),
        ("zonebuild-site", "unsigned/example.org", False),
        ("zonebuild-zone", "a/b.zone", True),
        ("zonebuild-zone", "b.zone.orig", False),
    ],
)
def test_pre_commit_looks_at_what_zones_are_made_of(
    name: str, path: str, is_looked_at: bool
) -> None:
    assert bool(re.search(pre_commit_hooks()[name]["files"], path)) == is_looked_at


def test_the_entries_refuse_a_bad_commit_of_a_real_repository(
    site: SmallSite, programs: Path
) -> None:
    done(*GIT, "init", "-q", cwd=site.root)
    commit(site)
    hooks = pre_commit_hooks()
    hook = site.root / ".git" / "hooks" / "pre-commit"
    of_site, of_zones = (hooks[name]["entry"] for name in ("zonebuild-site", "zonebuild-zone"))
    staged = "git diff --cached --name-only -z -- '*.zone'"
    hook.write_text(f"#!/bin/sh\n{of_site} && {staged} | xargs -0r {of_zones}\n")
    hook.chmod(0o755)
    good = (site.root / "primary/b.example").read_text()
    for path, content, code in (
        ("primary/b.example", good + BAD, 1),
        ("primary/b.example", good, 0),
        ("one.zone", "@ 60 SOA a. b. 1 2 3 4 5\n@ 60 NS a.example.net.\n", 0),
        ("two.zone", "@ 60 NS a.example.net.\n", 1),
    ):
        site.write(path, content)
        done(*GIT, "add", "-A", cwd=site.root)
        tried = run(*GIT, "commit", "--allow-empty", "-m", "x", cwd=site.root, path=programs)
        assert tried.returncode == code, tried.stderr
