"""Tokens: every spelling of a name is one owner, a file a value, and nothing else is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.cli import run as zonebuild
from zonebuild.tokens.folder import FolderError, add_token, has_token, remove_token, tokens_of
from zonebuild.tokens.names import Refused, Token, is_value, read_owner, read_token

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / "contrib" / "acme"
VALUE, OTHER = "-" + "a" * 42, "--" + "B_" * 20 + "9"
OWNER = "_acme-challenge.example.org."
TOKEN = Token(OWNER, VALUE)
ACCOUNT = "_ujmmovf2vn55tgye."


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "dnsextra"
    made.mkdir()
    monkeypatch.setenv("ZONEBUILD_DNSEXTRA", str(made))
    return made


def files(box: Path) -> set[str]:
    return set(os.listdir(box))


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("example.org", OWNER),
        ("example.org.", OWNER),
        ("EXAMPLE.Org", OWNER),
        ("*.example.org", OWNER),
        ("_acme-challenge.example.org", OWNER),
        ("_ACME-Challenge.Example.ORG.", OWNER),
        ("_acme-challenge.*.example.org", OWNER),
        (f"{ACCOUNT}_acme-challenge.example.org", f"{ACCOUNT}{OWNER}"),
        ("bücher.example", "_acme-challenge.xn--bcher-kva.example."),
        ("BU\u0308CHER\u3002example", "_acme-challenge.xn--bcher-kva.example."),
        ("xn--bcher-kva.example", "_acme-challenge.xn--bcher-kva.example."),
        ("org", "_acme-challenge.org."),
    ],
)
def test_every_spelling_of_a_name_is_one_owner(name: str, owner: str) -> None:
    assert read_owner(name) == owner


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "want a domain name"),
        (".", "host name's labels"),
        ("_acme-challenge", "host name's labels"),
        ("_acme-challenge._acme-challenge.example.org", "host name's labels"),
        ("_validation-persist.example.org", "host name's labels"),
        (f"_short.{OWNER}", "host name's labels"),
        ("a..example.org", "host name's labels"),
        ("-a.example.org", "host name's labels"),
        ("../../etc/passwd", "host name's labels"),
        ("a/b.example.org", "host name's labels"),
        ("a\nb.example.org", '"a\\nb"'),
        ("a\udc80.example.org", "IDNA 2003"),
        ("*.*.example.org", "host name's labels"),
        ("192.0.2.1", "is an address"),
        ("2001:db8::1", "host name's labels"),
        ("straße.example", "xn--strae-oqa"),
        ("a" * 64 + ".org", "label of 64 characters"),
        ("a.a" * 80, "at most 222"),
        ("a." * 5000, "10000 characters"),
        ("ä" * 60 + ".example", "IDNA 2003"),
    ],
)
def test_what_is_no_name_of_a_certificate_is_refused(name: str, said: str) -> None:
    refused = read_owner(name)
    assert isinstance(refused, Refused)
    assert said in refused.reason


@given(st.text(max_size=300))
def test_no_text_makes_an_owner_that_a_file_name_cannot_hold(text: str) -> None:
    owner = read_owner(text)
    if isinstance(owner, str):
        name = Token(owner, VALUE).file_name
        assert len(name) <= 255
        assert name.isascii()
        assert not set(name) & set('/\0 \n"')
        assert not name.startswith(".")
    else:
        assert owner.reason.isascii()


@pytest.mark.parametrize(
    "value", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + '"', "ä" * 43]
)
def test_a_value_of_another_form_is_refused(value: str) -> None:
    assert not is_value(value)
    assert isinstance(read_token("example.org", value), Refused)


def test_a_token_is_a_file_of_one_line_that_everybody_may_read(box: Path) -> None:
    before = os.umask(0o077)
    try:
        assert add_token(box, TOKEN)
    finally:
        os.umask(before)
    (path,) = box.iterdir()
    assert path.name == "_acme-challenge.example.org.63bd1f2140996e29"
    assert path.read_text() == f'{OWNER} 60 IN TXT "{VALUE}"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_adding_again_changes_nothing(box: Path) -> None:
    add_token(box, TOKEN)
    before = (box / TOKEN.file_name).stat()
    assert not add_token(box, TOKEN)
    assert (box / TOKEN.file_name).stat() == before


def test_a_file_with_other_content_or_mode_is_made_right(box: Path) -> None:
    path = box / TOKEN.file_name
    path.write_text("half a li")
    assert add_token(box, TOKEN)
    path.chmod(0o600)
    assert add_token(box, TOKEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_symbolic_link_is_replaced_and_its_target_untouched(box: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    (box / TOKEN.file_name).symlink_to(secret)
    (box / TOKEN.plain_file_name).symlink_to(secret)
    add_token(box, TOKEN)
    assert not (box / TOKEN.file_name).is_symlink()
    remove_token(box, TOKEN)
    assert secret.read_text() == "kept"


def test_a_pipe_in_the_way_is_replaced_and_hangs_nobody(box: Path) -> None:
    os.mkfifo(box / TOKEN.file_name)
    os.mkfifo(box / TOKEN.plain_file_name)
    add_token(box, TOKEN)
    assert (box / TOKEN.file_name).is_file()
    remove_token(box, TOKEN)
    assert files(box) == {TOKEN.plain_file_name}


def test_removing_takes_its_own_value_only(box: Path) -> None:
    other = Token(OWNER, OTHER)
    add_token(box, TOKEN)
    add_token(box, other)
    assert remove_token(box, TOKEN)
    assert files(box) == {other.file_name}
    assert not remove_token(box, TOKEN)


def test_removing_takes_its_line_out_of_a_plain_file(box: Path) -> None:
    plain = box / TOKEN.plain_file_name
    line, kept = f"{OWNER.upper()} TXT {VALUE}\r\n", f'{OWNER} 5 IN TXT "{OTHER}"'
    plain.write_bytes(f"{line}{kept}\n{line}".encode())
    assert remove_token(box, TOKEN)
    assert plain.read_text() == f"{kept}\n"
    assert not remove_token(box, TOKEN)
    assert remove_token(box, Token(OWNER, OTHER))
    assert files(box) == set()


@pytest.mark.parametrize(
    "content",
    [
        f'_acme-challenge.www.example.org. 60 IN TXT "{VALUE}"\n',
        f'{OWNER} 60 IN TXT "{VALUE}" "more"\n',
        f'{OWNER} 60 IN TXT "{VALUE}"\n' + "x" * 4096,
    ],
    ids=["another owner", "another record", "more than the builder reads"],
)
def test_any_other_plain_file_stays_as_it_is(box: Path, content: str) -> None:
    plain = box / TOKEN.plain_file_name
    plain.write_text(content)
    assert not remove_token(box, TOKEN)
    assert plain.read_text() == content


def test_what_a_killed_writer_left_is_cleared_by_the_next(box: Path) -> None:
    (box / ".zonebuild-tmp.1.0").write_text("half")
    add_token(box, TOKEN)
    assert files(box) == {TOKEN.file_name}


def test_many_writers_of_one_name_lose_nothing(box: Path) -> None:
    plain = box / TOKEN.plain_file_name
    tokens = [Token(OWNER, f"{number:043d}") for number in range(4)]
    plain.write_text("".join(f"{token.line}\n" for token in tokens))
    code = "import sys; from zonebuild.__main__ import main; main()"

    def both(token: Token) -> int:
        words = [sys.executable, "-c", code, "token"]
        arguments = ["example.org", token.value]
        added = subprocess.run([*words, "add", *arguments], cwd=ROOT, check=False)
        return (
            added.returncode
            + subprocess.run([*words, "remove", *arguments], cwd=ROOT, check=False).returncode
        )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(both, tokens)) == 0
    assert files(box) == set()


def test_the_values_of_a_name_are_read_from_all_its_files(box: Path) -> None:
    add_token(box, TOKEN)
    add_token(box, Token(f"_acme-challenge.a.{OWNER.removeprefix('_acme-challenge.')}", VALUE))
    (box / TOKEN.plain_file_name).write_text(f'x\n{OWNER} 60 IN TXT "{OTHER}"\n')
    old = box / f"{TOKEN.plain_file_name}.{'0' * 16}"
    old.write_text(f'{OWNER} 60 IN TXT "{"o" * 43}"\n')
    os.utime(old, (0, 0))
    assert has_token(box, TOKEN)
    assert has_token(box, Token(OWNER, OTHER))
    assert not has_token(box, Token(OWNER, "x" * 43))
    assert tokens_of(box, OWNER, newer_than=1.0) == (Token(OWNER, OTHER), TOKEN)


@pytest.mark.parametrize("folder", ["absent", "file", "nul\0"])
def test_a_drop_box_that_is_none_is_an_error_with_a_way_out(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="--dir"):
        add_token(tmp_path / folder, TOKEN)


def test_a_directory_in_the_way_is_an_error(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (box / TOKEN.file_name).mkdir()
    assert zonebuild(["token", "add", "example.org", VALUE]) == 2
    assert zonebuild(["token", "remove", "example.org", VALUE]) == 2
    assert "is a directory" in capsys.readouterr().err


# The command line.


@pytest.mark.parametrize("value", [VALUE, OTHER, "-" * 43, "--dir-" + "a" * 37])
@pytest.mark.parametrize("end", [[], ["--"]], ids=["", "--"])
def test_a_value_is_never_an_option(box: Path, value: str, end: list[str]) -> None:
    assert zonebuild(["token", "add", *end, "*.example.org", value]) == 0
    assert files(box) == {Token(OWNER, value).file_name}
    assert zonebuild(["token", "remove", *end, "EXAMPLE.org.", value]) == 0
    assert zonebuild(["token", "remove", *end, "example.org", value]) == 0
    assert files(box) == set()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "--challenge-type", "http-01", "example.org", VALUE], 1, "want dns-01"),
        (["remove", "--challenge-type", "http-01", "example.org", VALUE], 1, "want dns-01"),
        (["wait", "--challenge-type", "http-01", "example.org"], 1, "want dns-01"),
        (["add", "--", "example.org", "-x"], 1, "43 characters"),
        (["add", "a b", VALUE], 1, "host name"),
        (["wait", "--", "example.org", "-x"], 1, "host name"),
        (["wait", VALUE], 1, "want a domain name"),
        (["wait", "example.org"], 1, "of the last hour"),
        (["add", "example.org", "-x"], 2, "required"),
        (["add", "example.org"], 2, "required"),
        (["wait"], 2, "required"),
        ([], 2, "required"),
        (["drop"], 2, "invalid choice"),
        (["add", "--dir", "absent", "example.org", VALUE], 2, "does not exist|no such file"),
        (["wait", "--timeout", "nan", "example.org", VALUE], 2, "want seconds"),
        (["wait", "--silent-after", "-1", "example.org", VALUE], 2, "want seconds|expected one"),
        (["wait", "--server", "ns1", "example.org", VALUE], 2, "want an address"),
        (["wait", "--resolver", "[::1]:0", "example.org", VALUE], 2, "want an address"),
        (["wait", "--trust-anchor", "absent", "example.org", VALUE], 2, "does not exist"),
        (["wait", "--trust-anchor", "a. DS 1", "example.org", VALUE], 2, "no trust anchor"),
        (["wait", "--trust-anchor", "/dev/null", "example.org", VALUE], 2, "is a device"),
    ],
)
def test_what_cannot_be_done_is_said(
    box: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert zonebuild(["token", *arguments]) == code
    told = capsys.readouterr()
    assert any(part in told.err for part in said.split("|")), told.err
    assert files(box) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["add", "--help"], ["wait", "--help"]])
def test_help_is_plain_text_whatever_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("ZONEBUILD_TIMEOUT", "100%s")
    assert zonebuild(["token", *arguments]) == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: zonebuild token")
    assert told.isascii()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with dnspython and zonebuild's own code, and nothing else."""
    made = tmp_path_factory.mktemp("bare")
    venv.create(made, with_pip=False, symlinks=True)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "dns").symlink_to(Path(dns.__file__).parent)
    (packages / "zonebuild").symlink_to(ROOT / "zonebuild")
    return made / "bin" / "python"


def test_a_jail_with_dnspython_alone_adds_removes_and_waits(bare: Path, box: Path) -> None:
    def token(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = [str(bare), "-I", "-m", "zonebuild", "token", *arguments]
        return subprocess.run(words, cwd=box, capture_output=True, text=True, check=False)

    for absent in ("jinja2", "yaml", "doit", "rich", "cryptography"):
        code = f"import {absent}"
        assert subprocess.run([bare, "-I", "-c", code], stderr=-3, check=False).returncode == 1
    assert token("add", "example.org", VALUE).returncode == 0
    assert files(box) == {TOKEN.file_name}
    waited = token("wait", "--server", "127.0.0.1:1", "--timeout", "0", "example.org", VALUE)
    assert (waited.returncode, waited.stderr.count("Traceback")) == (1, 0)
    assert "no server has the values" in waited.stderr
    anchored = token("wait", "--trust-anchor", "example.org. DS 1 13 2 00", "example.org", VALUE)
    assert (anchored.returncode, "cryptography" in anchored.stderr) == (2, True)
    assert token("remove", "example.org", VALUE).returncode == 0
    assert files(box) == set()


# The hooks, with a stand-in for the program that notes what it is called with.


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for zonebuild notes its arguments, `|` between them, a call a line."""
    program, noted = tmp_path / "zone build", tmp_path / "calls"
    program.write_text(
        '#!/bin/sh\nIFS="|"\necho "$*" >>"$CALLS"\ncase "$*" in *"$FAILS"*) exit 1 ;; esac\n'
    )
    program.chmod(0o755)
    noted.touch()
    monkeypatch.setenv("ZONEBUILD_COMMAND", str(program))
    monkeypatch.setenv("CALLS", str(noted))
    monkeypatch.setenv("FAILS", "nothing")
    return noted


def hook(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [str(HOOKS / name), *arguments]
    env = os.environ | environment
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def noted(calls: Path) -> list[str]:
    return calls.read_text().splitlines()


def test_dehydrated_publishes_all_and_waits_once(calls: Path) -> None:
    triples = ["example.org", "t 1", VALUE, "*.b.org", "t*", OTHER]
    assert hook("dehydrated-hook", "deploy_challenge", *triples).returncode == 0
    assert hook("dehydrated-hook", "clean_challenge", *triples).returncode == 0
    assert noted(calls) == [
        f"token|add|--|example.org|{VALUE}",
        f"token|add|--|*.b.org|{OTHER}",
        f"token|wait|--|example.org|{VALUE}|*.b.org|{OTHER}",
        f"token|remove|--|example.org|{VALUE}",
        f"token|remove|--|*.b.org|{OTHER}",
    ]


@pytest.mark.parametrize("fails", ["wait", OTHER])
def test_dehydrated_leaves_nothing_behind_when_it_fails(calls: Path, fails: str) -> None:
    triples = ["example.org", "t", VALUE, "b.org", "t", OTHER]
    assert hook("dehydrated-hook", "deploy_challenge", *triples, FAILS=fails).returncode == 1
    removed = [line for line in noted(calls) if "|remove|" in line]
    assert removed == [
        f"token|remove|--|example.org|{VALUE}",
        f"token|remove|--|b.org|{OTHER}",
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["this_hookscript_is_broken__dehydrated_is_working_fine__please_ignore_unknown"], 0),
        (["deploy_cert", "example.org", "key"], 0),
        ([], 0),
        (["deploy_challenge"], 1),
        (["deploy_challenge", "example.org", "token"], 1),
    ],
)
def test_dehydrated_handlers_of_other_kinds(calls: Path, arguments: list[str], code: int) -> None:
    assert hook("dehydrated-hook", *arguments).returncode == code
    assert noted(calls) == []


def test_certbot_waits_at_its_last_challenge_for_all_of_them(calls: Path) -> None:
    asked = {"CERTBOT_ALL_DOMAINS": "a.org,*.a.org,b.org", "CERTBOT_DOMAIN": "b.org"}
    asked |= {"CERTBOT_VALIDATION": VALUE}
    assert hook("certbot-auth", CERTBOT_REMAINING_CHALLENGES="1", **asked).returncode == 0
    assert hook("certbot-auth", CERTBOT_REMAINING_CHALLENGES="0", **asked).returncode == 0
    assert hook("certbot-cleanup", CERTBOT_IDENTIFIER="new.org", **asked).returncode == 0
    assert noted(calls) == [
        f"token|add|--|b.org|{VALUE}",
        f"token|add|--|b.org|{VALUE}",
        f"token|wait|--|b.org|{VALUE}|a.org|*.a.org|b.org",
        f"token|remove|--|new.org|{VALUE}",
    ]


@pytest.mark.parametrize("fails", ["add", "wait"])
def test_certbot_is_told_loudly_what_it_ignores(calls: Path, fails: str) -> None:
    told = hook("certbot-auth", CERTBOT_DOMAIN="a.org", CERTBOT_VALIDATION=VALUE, FAILS=fails)
    assert told.returncode == 1
    assert "the CA will refuse" in told.stderr


def test_lego_presents_waits_and_cleans_up(calls: Path) -> None:
    assert hook("lego-exec", "present", OWNER, VALUE).returncode == 0
    assert hook("lego-exec", "cleanup", OWNER, VALUE).returncode == 0
    assert hook("lego-exec", "timeout").returncode == 0
    assert [line.split("|")[1] for line in noted(calls)] == ["add", "wait", "remove"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["present", "--", "example.org", "token", "key"],
        ["present", "alias.example.net.", VALUE],
        ["present", OWNER],
    ],
    ids=["RAW", "an alias that is no challenge", "no value"],
)
def test_lego_in_any_other_mode_is_refused(calls: Path, arguments: list[str]) -> None:
    assert hook("lego-exec", *arguments).returncode == 1
    assert noted(calls) == []


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01", "dns-account-01"])
def test_uacme_declines_what_is_not_dns_01(calls: Path, challenge: str) -> None:
    assert hook("uacme-hook", "begin", challenge, "a.org", "token", VALUE).returncode == 1
    assert hook("uacme-hook", "failed", challenge, "a.org", "token", VALUE).returncode == 0
    assert noted(calls) == []


def test_uacme_begins_and_ends_and_cleans_up_what_failed(calls: Path) -> None:
    asked = ["dns-01", "a.org", "token", VALUE]
    assert hook("uacme-hook", "begin", *asked).returncode == 0
    assert hook("uacme-hook", "done", *asked).returncode == 0
    assert hook("uacme-hook", "begin", *asked, FAILS="wait").returncode == 1
    actions = [line.split("|")[1] for line in noted(calls)]
    assert actions == ["add", "wait", "remove", "add", "wait", "remove"]


ACME_SH = """
_err() { echo "$*" >&2; }
_info() { echo "$*"; }
_readaccountconf_mutable() { cat "$CONF/$1" 2>/dev/null; }
_saveaccountconf_mutable() { printf '%s' "$2" >"$CONF/$1"; }
. "$PLUGIN"
"$@"
"""


@pytest.mark.parametrize(
    ("name", "code"),
    [("_acme-challenge.a.org", 0), (f"{ACCOUNT}_acme-challenge.a.org", 0), ("alias.a.org", 1)],
)
def test_acme_sh_adds_without_waiting_and_remembers_its_settings(
    calls: Path, tmp_path: Path, name: str, code: int
) -> None:
    def plugin(function: str, **settings: str) -> int:
        env = os.environ | {"CONF": str(tmp_path), "PLUGIN": str(HOOKS / "dns_zonebuild.sh")}
        words = ["sh", "-uc", ACME_SH, "sh", function, name, VALUE]
        return subprocess.run(words, env=env | settings, check=False).returncode

    assert plugin("dns_zonebuild_add", ZONEBUILD_DNSEXTRA="/a box") == code
    assert plugin("dns_zonebuild_rm") == code
    assert (tmp_path / "ZONEBUILD_DNSEXTRA").read_text() == "/a box"
    assert plugin("dns_zonebuild_add", ZONEBUILD_WAIT="yes") == code
    actions = [line.split("|")[1] for line in noted(calls)]
    assert actions == (["add", "remove", "add", "wait"] if code == 0 else [])


def test_the_hooks_are_clean_shell() -> None:
    hooks = sorted(HOOKS.iterdir())
    assert len(hooks) == 6
    checked = subprocess.run(
        ["shellcheck", "--shell=sh", *hooks], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
