"""A committer tries to run code, to read the host, and to take a key, through `zonebuild poll`.

Every attack is a commit in a real repository, and every poll is a program of its own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repositories import IDENTITY, Git, Repository, Subversion, command
from tests.sites import SITE, environment
from zonebuild.poll.news import UPDATE
from zonebuild.poll.run import find_site, poll
from zonebuild.vcs_update.tracked import exported_by_mistake

KINDS = (Subversion, Git)
# What each file would do: leave a mark outside the site.
MARK = "import pathlib; pathlib.Path({mark!r}).touch()\n"
SHADOWS = ("yaml", "dns", "json", "sqlite3", "doit", "zonebuild", "cryptography", "jinja2", "rich",
           "sitecustomize", "usercustomize", "conftest")  # fmt: skip


class Attack:
    """A site on its host, the desk of a committer, and a mark that only run code makes."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository, self.host, self.desk = repository, repository.host.root, repository.desk
        self.mark = folder / "owned"
        (self.host / "site.yaml").write_text(SITE.replace("signer: none", "signer: local"))
        self.code = MARK.format(mark=str(self.mark))

    def commit(self, *paths: str) -> None:
        """Commit *paths*, which the desk has."""
        if self.repository.kind == "git":
            command(self.desk, "git", "add", "-f", *paths)
        else:
            command(self.desk, "svn", "add", "-q", "--force", "--no-ignore", "--parents", *paths)
        self.repository.save()

    def write(self, path: str, text: str) -> None:
        """Write a file at the desk."""
        place = self.desk / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def poll(self) -> subprocess.CompletedProcess[str]:
        """Poll as cron does, in the site's folder."""
        start = "import sys; from zonebuild.cli import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-P", "-c", start, "poll", "."],
            cwd=self.host, env=environment(**IDENTITY), text=True, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip

    def keys(self) -> dict[str, str]:
        """Return digests of what is secret or remembered on the host."""
        return {
            str(path.relative_to(self.host)): hashlib.sha256(path.read_bytes()).hexdigest()
            for folder in ("keys",)
            for path in sorted((self.host / folder).rglob("*"))
            if path.is_file()
        }


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind.kind))
def attack(tmp_path: Path, request: pytest.FixtureRequest) -> Attack:
    made = Attack(request.param(tmp_path), tmp_path)
    made.write("site.yaml", SITE.replace("signer: none", "signer: local"))
    command(made.host, *("git checkout -q site.yaml" if made.repository.kind == "git"
                         else "svn revert -q site.yaml").split())  # fmt: skip
    made.repository.save()
    assert made.poll().returncode == 0
    assert made.keys()
    return made


def test_no_python_of_a_commit_is_run(attack: Attack) -> None:
    paths = ["dodo.py", *(f"{name}.py" for name in SHADOWS), "tasks/__init__.py"]
    for path in paths:
        attack.write(path, attack.code + (attack.desk / path).read_text()
                     if (attack.desk / path).exists() else attack.code)  # fmt: skip
    attack.commit(*paths)
    attack.write("primary/a.example", "www A 192.0.2.77\nmail A 192.0.2.2\n@ MX 10 mail\n")
    attack.commit("primary/a.example")
    done = attack.poll()
    assert not attack.mark.exists()
    assert "192.0.2.77" in (attack.host / "unsigned/a.example").read_text(), done.stderr


def test_no_configuration_of_a_commit_names_another_graph(attack: Attack) -> None:
    attack.write("evil.py", attack.code + "def task_x():\n    return {'actions': []}\n")
    attack.write("doit.cfg", "[GLOBAL]\ndodoFile = evil.py\n[COMMAND]\nx = evil:X\n")
    attack.write("pyproject.toml", '[tool.doit]\ndodoFile = "evil.py"\n')
    attack.commit("evil.py", "doit.cfg", "pyproject.toml")
    assert attack.poll().returncode == 0
    assert not attack.mark.exists()


def test_no_bytecode_of_a_commit_is_loaded(attack: Attack) -> None:
    import importlib.util
    import py_compile

    source = attack.desk.parent / "evil.py"
    source.write_text(attack.code)
    tag = f"__pycache__/dodo.{sys.implementation.cache_tag}.pyc"
    (attack.desk / "__pycache__").mkdir()
    py_compile.compile(
        str(source),
        str(attack.desk / tag),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    assert importlib.util.MAGIC_NUMBER
    attack.commit(tag)
    assert attack.poll().returncode == 0
    assert not attack.mark.exists()


COMMANDS = (
    "signer: {{kind: exec, command: [{touch}, {mark}]}}\n",
    "signer: local\nserve: {{kind: nsd, command: [{touch}, {mark}]}}\n",
    "signer: {{kind: knot, command: [{touch}, {mark}]}}\n",
    "signer: local\nhooks: {{x: [{touch}, {mark}]}}\n",
    "signer: local\ncode: trusted\n",
)


@pytest.mark.parametrize("text", COMMANDS)
def test_no_command_of_a_commit_is_run(attack: Attack, text: str) -> None:
    said = text.format(touch="/usr/bin/touch", mark=attack.mark)
    attack.write("site.yaml", SITE.replace("signer: none\n", said))
    attack.write("dodo.py", attack.code)
    attack.commit("site.yaml", "dodo.py")
    keys = attack.keys()
    done = attack.poll()
    assert done.returncode == 2
    assert "[host-only]" in done.stderr
    assert not attack.mark.exists()
    assert attack.keys() == keys


OURS: dict[str, Callable[[Attack], str]] = {
    "a key": lambda attack: "keys/a.example.pem",
    "a freeze": lambda attack: "state/frozen.site",
    "serials": lambda attack: "state/serials",
    "an order": lambda attack: "state/lineages/web",
    "a built zone": lambda attack: "unsigned/a.example",
    "a signed zone": lambda attack: "signed/a.example",
    "a publication": lambda attack: "publication/web/1/cert.pem",
    "a cache": lambda attack: ".zonebuild/stamps.zones",
}


@pytest.mark.parametrize("what", OURS)
def test_what_is_ours_never_comes_with_a_commit(attack: Attack, what: str) -> None:
    path = OURS[what](attack)
    keys = attack.keys()
    there = attack.host / path
    before = there.read_bytes() if there.is_file() else None
    attack.write(path, "the committer's\n")
    attack.commit(path)
    done = attack.poll()
    assert done.returncode == 2
    assert path.split("/")[0] in done.stderr
    assert "is refused" in done.stderr
    assert attack.keys() == keys
    assert (there.read_bytes() if there.is_file() else None) == before


LINKS = {
    "keys": "/tmp",
    "extra/a.example": "../primary",
    "primary/b": "/etc/passwd",
    "include/c": "../keys/a.example.pem",
    "certs": "../..",
}


@pytest.mark.parametrize("path", LINKS)
def test_no_link_of_a_commit_leads_anywhere(attack: Attack, path: str) -> None:
    place = attack.desk / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
    if os.path.lexists(place):
        pytest.skip("the desk has a folder there")
    place.symlink_to(LINKS[path])
    keys = attack.keys()
    attack.commit(path)
    done = attack.poll()
    assert done.returncode == 2
    assert "symbolic link" in done.stderr or "holds what zonebuild makes" in done.stderr
    assert attack.keys() == keys
    assert not (attack.host / path).is_symlink()


def test_a_refused_revision_stops_no_build_and_ends_when_it_is_taken_back(attack: Attack) -> None:
    attack.write("keys/a.example.pem", "x\n")
    attack.commit("keys/a.example.pem")
    assert attack.poll().returncode == 2
    attack.host.joinpath("dnsextra").mkdir(exist_ok=True)
    remove = ("git", "rm", "-rqf", "keys") if attack.repository.kind == "git" else (
        "svn", "rm", "-q", "--force", "keys")  # fmt: skip
    command(attack.desk, *remove)
    attack.repository.save()
    done = attack.poll()
    assert done.returncode == 0, done.stderr
    assert (attack.host / "keys/a.example.pem").read_text().startswith("-----BEGIN")


SECRETS = (
    "anchors: {path}\nlook: true\n",
    "lineages: {{a: {{certificate: {path}, places: [{{host: www.a.example, port: 443}}]}}}}\n",
    "lineages: {{a: {{certificate: certs/a, next: {path}, "
    "places: [{{host: www.a.example, port: 443}}]}}}}\n",
    "lineages: {{a: {{certificate: certs/a, source: {{layout: lego, path: {path}}}, "
    "places: [{{host: www.a.example, port: 443}}]}}}}\n",
)


@pytest.mark.parametrize("text", SECRETS)
@pytest.mark.parametrize("where", ["outside", "keys/a.example.pem"])
def test_no_message_quotes_what_a_commit_points_at(attack: Attack, text: str, where: str) -> None:
    secret = attack.host.parent / "secret"
    secret.write_text("TOPSECRET a.example. IN DS MIGHAgEAMBMGByqGSM49\n")
    path = str(secret) if where == "outside" else where
    attack.write("tlsa-map.yaml", text.format(path=path))
    attack.commit("tlsa-map.yaml")
    done = attack.poll()
    said = done.stdout + done.stderr + (attack.host / "state/outcome.json").read_text()
    assert "[host-only]" in done.stderr
    for line in [*secret.read_text().split(), *_lines_of_keys(attack.host)]:
        assert len(line) < 16 or line not in said


def _lines_of_keys(host: Path) -> list[str]:
    return [line for key in (host / "keys").glob("*.pem") for line in key.read_text().split("\n")]


def test_a_poll_in_this_process_refuses_alike(attack: Attack) -> None:
    attack.write("state/frozen.site", "until: 2099\n")
    attack.commit("state/frozen.site")
    done = poll(find_site(str(attack.host)))
    assert done.code == 2
    assert (UPDATE and "state/frozen.site" in done.text) or "state" in done.text


def test_a_new_site_keeps_what_is_ours_out_of_version_control(tmp_path: Path) -> None:
    from zonebuild.vcs_update.incoming import OURS

    made = tmp_path / "new"
    start = "import sys; from zonebuild.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", start, "init", str(made)],
        cwd=tmp_path, env=environment(), text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert f"svn propset svn:ignore -F {made}/.svnignore {made}" in done.stdout
    command(tmp_path, "svnadmin", "create", "store")
    command(tmp_path, "svn", "checkout", "-q", f"file://{tmp_path}/store", "new")
    command(tmp_path, "svn", "propset", "-q", "svn:ignore", "-F", f"{made}/.svnignore", str(made))
    command(made, "git", "init", "-q", ".")
    for folder in OURS:
        (made / folder).mkdir(exist_ok=True)
        (made / folder / "x").touch()
    told = command(made, "git", "status", "--porcelain", "--untracked-files=all")
    told += command(made, "svn", "status")
    assert [line for line in told.splitlines() if line.split()[-1].split("/")[0] in OURS] == []


def test_a_commit_that_removes_a_tracked_key_does_not_delete_it_here(attack: Attack) -> None:
    # Somebody put the live key under version control on the host itself; another takes it out.
    path = "keys/a.example.pem"
    if attack.repository.kind == "git":
        command(attack.host, "git", "add", "-f", path)
        command(attack.host, "git", "commit", "-qm", "key")
        command(attack.host, "git", "push", "-q")
        command(attack.desk, "git", "pull", "-q", "--rebase")
        command(attack.desk, "git", "rm", "-q", path)
    else:
        command(attack.host, "svn", "add", "-q", "--force", "--no-ignore", "--parents", path)
        command(attack.host, "svn", "commit", "-qm", "key", "keys")
        command(attack.desk, "svn", "update", "-q")
        command(attack.desk, "svn", "rm", "-q", path)
    keys = attack.keys()
    attack.repository.save()
    done = attack.poll()
    assert (done.returncode, attack.keys()) == (2, keys)
    assert path in done.stderr
    if attack.repository.kind == "git":
        _, _, steps = done.stderr.partition("on this host: ")
        for step in steps.splitlines()[0].split(" && "):  # what the message names leads on
            command(attack.host, *step.split())
        done = attack.poll()
        assert (done.returncode, attack.keys()) == (0, keys), done.stderr


def test_an_export_with_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "primary").mkdir()
    (tmp_path / "primary" / "b").symlink_to("/etc/passwd")
    (tmp_path / "primary" / "c").symlink_to("d")
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "a.example").symlink_to("../primary")
    assert exported_by_mistake(str(tmp_path)) == [
        "extra/a.example is a symbolic link where machines write",
        "primary/b is a symbolic link that leads out of what is committed",
    ]


@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link to it"])
def test_no_file_of_the_site_is_the_host_s_own(
    attack: Attack, monkeypatch: pytest.MonkeyPatch, is_link: bool
) -> None:
    own = attack.host / "host.yaml"
    if is_link:
        own = attack.host.parent / "link.yaml"
        own.symlink_to(attack.host / "host.yaml")
    monkeypatch.setenv("ZONEBUILD_SITE", str(own))
    attack.write("host.yaml", "code: trusted\n")
    attack.write("dodo.py", attack.code + (attack.desk / "dodo.py").read_text())
    attack.commit("host.yaml", "dodo.py")
    done = attack.poll()
    assert done.returncode == 2
    assert "is in the site, where a commit could change it" in done.stderr
    assert not attack.mark.exists()
