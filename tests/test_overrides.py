"""What a site's zones allow: in their YAML and on their lines, through a build and a check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sites import PRIMARY, SmallSite
from zonebuild.cli import run as zonebuild
from zonebuild.diagnostic import Severity

MISMATCH = "www 60 A 192.0.2.9"  # beside the www of PRIMARY, with another TTL
ALLOW = "; zonebuild: allow=rrset-ttl-mismatch moves tonight"


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    return SmallSite(tmp_path / "site", ["a.example", "b.example"])


def check(site: SmallSite, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    """Return what `zonebuild check --site` says, and its exit code."""
    capsys.readouterr()
    code = zonebuild(["check", "--format", "json", *options, "--site", str(site.root)])
    return {**json.loads(capsys.readouterr().out), "code": code}


def places(said: dict[str, object], key: str = "findings") -> list[tuple[str, int, str]]:
    findings = said.get(key, [])
    assert isinstance(findings, list)
    return [(f["path"], f["line"], f["check"]) for f in findings]


# -- comments -------------------------------------------------------------------------------------


def test_a_comment_lets_an_error_pass_in_a_build(site: SmallSite) -> None:
    site.append("primary/b.example", f"{MISMATCH} {ALLOW}\n")
    run = site.run()
    assert (run.code, run.findings) == (0, ())
    assert "www 60 A 192.0.2.9" in site.records("b.example")


def test_the_last_good_part_is_still_allowed_what_it_was(site: SmallSite) -> None:
    site.append("primary/b.example", f"{MISMATCH} {ALLOW}\n")
    site.run()
    site.append("primary/b.example", "new A bad\n")
    site.write("extra/b.example/script", "_acme-challenge 60 TXT one\n")
    run = site.run()
    assert run.errors == {"rdata-syntax"}
    assert {"www 60 A 192.0.2.9", "_acme-challenge 60 TXT one"} <= site.records("b.example")


def test_a_machine_allows_nothing(site: SmallSite) -> None:
    site.write("extra/b.example/script", f"{MISMATCH} {ALLOW}\n")
    run = site.run()
    assert run.warnings == {"rrset-ttl-mismatch"}
    assert "www 60 A 192.0.2.9" not in site.records("b.example")


def test_a_comment_in_a_head_is_placed_in_the_template(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    head = (site.root / "soa/default").read_text()
    site.write("soa/default", head + "{% if true %}\n{% endif %}\nx A 192.0.2.1 ; zonebuild: no\n")
    assert places(check(site, capsys)) == [
        ("soa/default", head.count("\n") + 3, "allow-without-check")
    ]


def test_in_a_file_that_zones_share_an_allow_need_not_be_of_use(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    head = (site.root / "soa/default").read_text()
    site.write("soa/default", f"{head}x A 192.0.2.1 {ALLOW}\n")
    assert places(check(site, capsys)) == []
    site.append("primary/b.example", f"y A 192.0.2.1 {ALLOW}\n")
    assert places(check(site, capsys)) == [("primary/b.example", 4, "unused-allow")]


# -- the zone's YAML ------------------------------------------------------------------------------


def yaml(**keys: str) -> str:
    return "".join(f"{key}: {value}\n" for key, value in keys.items())


def allowed(check: str, name: str = "") -> str:
    return f"[{{check: {check}, {f'name: {name}, ' if name else ''}reason: a test}}]"


@pytest.mark.parametrize("name", ["", "www.b.example"])
def test_the_yaml_allows_for_an_owner_or_for_all(site: SmallSite, name: str) -> None:
    site.append("primary/b.example", f"{MISMATCH}\n")
    site.write("zones/b.example.yaml", yaml(allow=allowed("rrset-ttl-mismatch", name)))
    assert (site.run().code, site.run().findings) == (0, ())


def test_an_allow_of_the_yaml_that_silences_nothing_is_told_where_it_stands(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("zones/b.example.yaml", yaml(allow=allowed("rrset-ttl-mismatch", "www.b.example")))
    assert places(check(site, capsys)) == [("zones/b.example.yaml", 1, "unused-allow")]


def test_one_of_the_defaults_need_not_be_of_use(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.append("site.yaml", f"  allow: {allowed('rrset-ttl-mismatch')}\n")
    assert places(check(site, capsys)) == []


@pytest.mark.parametrize("key", ["allow", "severity"])
def test_the_yaml_lets_no_record_go_missing(
    site: SmallSite, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    site.append("primary/b.example", "x A bad\n")
    rule = "{rdata-syntax: {severity: info, reason: a test}}"
    value = allowed("rdata-syntax") if key == "allow" else rule
    site.write("zones/b.example.yaml", yaml(**{key: value}))
    said = check(site, capsys)
    assert [name for _, _, name in places(said)] == ["rdata-syntax", "unallowable-check"]
    assert said["code"] == 1


def test_an_unknown_check_breaks_the_zones_yaml(site: SmallSite) -> None:
    site.write("zones/b.example.yaml", yaml(allow=allowed("ttl-mismatch-rrset")))
    (finding,) = site.run().findings
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith("is no check, did you mean rrset-ttl-mismatch?")


def test_a_check_that_is_off_is_made_where_the_yaml_names_it_or_a_person_asks(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    off = "address-not-public"
    assert places(check(site, capsys)) == []
    assert {name for *_, name in places(check(site, capsys, "--enable", off))} == {off}
    site.write("zones/b.example.yaml", f"severity: {{{off}: {{severity: error, reason: x}}}}\n")
    said = check(site, capsys)
    assert {(path, name) for path, _, name in places(said)} == {("primary/b.example", off)}
    assert said["code"] == 1


# -- told on request ------------------------------------------------------------------------------


def test_what_informs_and_what_is_allowed_is_told_on_request(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("primary/b.example", f"{PRIMARY}{MISMATCH} {ALLOW}\nlast A 192.0.2.3")
    quiet, verbose = check(site, capsys), check(site, capsys, "--verbose")
    assert places(quiet) == []
    assert ("primary/b.example", 5, "no-final-newline") in places(verbose)
    assert places(verbose, "allowed") == [("primary/b.example", 4, "rrset-ttl-mismatch")]


def test_a_site_has_a_baseline(site: SmallSite, capsys: pytest.CaptureFixture[str]) -> None:
    site.append("primary/b.example", "x A bad\n")
    known = str(site.root / "known")
    assert check(site, capsys, "--save-baseline", known)["code"] == 0
    assert check(site, capsys, "--baseline", known)["code"] == 0
    site.append("primary/a.example", "x A bad\n")
    said = check(site, capsys, "--baseline", known)
    assert (said["code"], places(said)) == (1, [("primary/a.example", 4, "rdata-syntax")])


def test_a_site_is_checked_without_its_dodo_and_nothing_is_written(
    site: SmallSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("dodo.py", "raise SystemExit('executed')\n")
    before = sorted(site.root.rglob("*"))
    assert check(site, capsys)["code"] == 0
    assert sorted(site.root.rglob("*")) == before
