"""`zonebuild review`: what passes and what is refused, before it is served."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.sites import SmallSite
from zonebuild.cli import run as zonebuild
from zonebuild.cli.review import without_signer_types
from zonebuild.model import Records
from zonebuild.zonefile import decode_source, read_fragment

HEAD = """\
a.example. 3600 IN SOA ns1.test. hostmaster.test. 99 14400 3600 2419200 600
a.example. 3600 IN NS ns1.test.
a.example. 3600 IN NS ns2.test.
"""
SIGNATURE = "A 13 3 3600 20370101000000 20260101000000 1 a.example. AAAA"
BODY = f"""\
a.example. 3600 IN MX 10 mail.a.example.
mail.a.example. 3600 IN A 192.0.2.2
mail.a.example. 3600 IN RRSIG {SIGNATURE}
www.a.example. 3600 IN A 192.0.2.1
www.a.example. 600 IN NSEC a.example. A RRSIG NSEC
a.example. 3600 IN DNSKEY 257 3 13 AAAA
"""
LOOP = "x.a.example. 3600 IN CNAME x.a.example.\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallSite:
    """A site with a.example built, in whose folder the command runs."""
    made = SmallSite(tmp_path / "site", ["a.example"])
    made.run()
    monkeypatch.chdir(made.root)
    return made


def review(monkeypatch: pytest.MonkeyPatch, text: str | bytes, *arguments: str) -> int:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    return zonebuild(["review", "--origin", "a.example", *arguments])


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("arguments", [(), ("--built",)], ids=["alone", "with-built"])
def test_the_signed_form_of_the_built_zone_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert review(monkeypatch, HEAD + BODY, *arguments) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("192.0.2.1\n", "192.0.2.66\n", "+ www.a.example. 3600 A 192.0.2.66"),
        ("www.a.example. 3600 IN A 192.0.2.1\n", "", "- www.a.example. 3600 A 192.0.2.1"),
        ("2419200", "2419201", "expire"),
    ],
    ids=["changed", "missing", "soa"],
)
def test_what_differs_from_the_built_zone_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    told: str,
) -> None:
    changed = (HEAD + BODY).replace(old, new)
    assert review(monkeypatch, changed) == 0
    assert review(monkeypatch, changed, "--built") == 1
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "check"),
    [(HEAD + LOOP, "cname-loop"), (BODY, "missing-soa"), (HEAD + "www A\n", "rdata-syntax"),
     (HEAD.encode() + b"\xff\0\n", "non-ascii")],
    ids=["loop", "no-soa", "rdata", "octets"],
)  # fmt: skip
def test_a_zone_with_errors_is_refused_also_outside_a_site(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | bytes,
    check: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert review(monkeypatch, text) == 1
    assert f"[{check}]" in capsys.readouterr().out


def test_what_the_zone_allows_passes(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review(monkeypatch, HEAD + BODY + LOOP) == 1
    site.write("zones/a.example.yaml", "allow: [{check: cname-loop, reason: a test}]\n")
    assert review(monkeypatch, HEAD + BODY + LOOP) == 0


def test_what_a_comment_of_the_sources_allows_passes_as_it_stands_in_the_built_zone(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.append("primary/a.example", "x CNAME x ; zonebuild: allow=cname-loop a test\n")
    assert site.run().code == 0
    assert review(monkeypatch, HEAD + BODY + LOOP, "--built") == 0
    assert review(monkeypatch, HEAD + BODY + LOOP.replace("x.", "y."), "--built") == 1


def test_nsd_names_the_zone_in_the_environment(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIFY_ZONE", "a.example")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.example. 60 IN A 1\n")))
    monkeypatch.chdir("/")
    assert zonebuild(["review", "--site", str(site.root)]) == 1


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (("--built",), HEAD, "unsigned/a.example does not exist"),
        (("--axfr", "127.0.0.1:0"), "", "want HOST, HOST:PORT"),
        (("--axfr", "127.0.0.1:1"), "", "cannot be reached"),
        (("--origin", "a..b"), "", "is not a domain name"),
    ],
    ids=["not-built", "no-server", "down", "no-name"],
)
def test_what_cannot_be_looked_at_is_no_pass(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    text: str,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert review(monkeypatch, text, *arguments) == 2
    assert told in capsys.readouterr().err


def records_of(text: str) -> Records:
    return read_fragment(decode_source("a", text.encode()), apex="a.example.").records


def test_signers_types_are_left_out_and_all_columns_agree() -> None:
    text = HEAD + "$ORIGIN sub.a.example.\n" + BODY + "$ORIGIN t.\nx.a.example. 60 NSEC a. A\n"
    kept = without_signer_types(records_of(text))
    assert [record.rdtype for record in kept.iterate()] == ["SOA", "NS", "NS", "MX", "A", "A"]
    assert [kept.record(row) for row in range(len(kept))] == list(kept.iterate())
    names = kept.name_list()
    targets = [(kept.record(row).rdtype, names[name]) for row, name in
               zip(kept.target_rows, kept.targets, strict=True)]  # fmt: skip
    assert ("MX", "mail.a.example.") in targets
    assert {rdtype for rdtype, _ in targets} <= {"SOA", "NS", "MX"}
    assert [record.line for record in kept.iterate()] == [1, 2, 3, 5, 6, 8]
