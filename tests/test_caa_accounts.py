"""Whether CAA lets the accounts of a site have what it asks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sites import SmallSite
from zonebuild.checks.caa_rights import Applicant, Property, closest, read_properties, why_not
from zonebuild.cli.site import check_site
from zonebuild.cli.verdict import Wanted

OURS = Applicant(("ca.test",), "https://ca.test/1")


def why(*rdatas: str, wildcard: bool = False) -> str | None:
    """Return why our account may not have a certificate under a set of *rdatas*."""
    return why_not(read_properties(rdatas), OURS, is_wildcard=wildcard)


@pytest.mark.parametrize(
    "rdatas",
    [
        (),
        ('0 issue "ca.test"',),
        ('0 issue "CA.test ; accounturi=https://ca.test/1; validationmethods=http-01,dns-01"',),
        ('0 issue "other.test"', '0 issue "ca.test"'),
        ('0 issue "ca.test; accounturi=https://ca.test/2"', '0 issue "ca.test"'),
        ('0 iodef "mailto:a@b.test"',),
        ('0 issuewild ";"',),
        ('0 unheard "x"',),
        ('128 issue "ca.test"',),
    ],
)
def test_what_lets_us(rdatas: tuple[str, ...]) -> None:
    assert why(*rdatas) is None


@pytest.mark.parametrize(
    ("rdata", "words"),
    [
        ('0 issue ";"', "it lets nobody issue, and not ca.test"),
        ('0 issue "other.test"', "it lets other.test issue"),
        ('0 issue "ca.test; accounturi=https://ca.test/2"', "accounturi is https://ca.test/2, and"),
        ('0 issue "ca.test; validationmethods=http-01"', "dns-01 is not among them"),
        ('128 unheard "x"', "the critical property unheard"),
    ],
)
def test_what_does_not(rdata: str, words: str) -> None:
    assert words in (why(rdata) or "")


def test_issuewild_counts_for_wildcards_alone_and_instead_of_issue() -> None:
    rdatas = ('0 issue ";"', '0 issuewild "ca.test"')
    assert why(*rdatas, wildcard=True) is None
    assert why(*rdatas) is not None
    assert why('0 issue "ca.test"', wildcard=True) is None


def test_the_closest_set_counts() -> None:
    sets = {"b.test.": [Property(0, "issue", "x")], "test.": [Property(0, "issue", "y")]}
    assert closest("a.b.test.", sets)[0] == "b.test."
    assert closest("c.test.", sets)[0] == "test."
    assert closest("org.", sets) == ("", ())


MAP = """lineages:
  www: {certificate: c, issue: {names: [www.a.example]}}
"""


def checked(root: Path, caa: str, capsys: pytest.CaptureFixture[str], *, account: str) -> list[str]:
    """Return what `doit check` finds of accounts."""
    site = SmallSite(root)
    site.add_zone("a.example", f"@ CAA {caa}\nwww A 192.0.2.1\n", "")
    (root / "tlsa-map.yaml").write_text(MAP)
    folder = root / "state/acme/accounts/letsencrypt"
    folder.mkdir(parents=True)
    if account:
        (folder / "account").write_text(f"{account}\n")
        (folder / "caa").write_text("letsencrypt.org\n")
    check_site(site.root, Wanted(form="json"))
    found = json.loads(capsys.readouterr().out)["findings"]
    return [
        f"{each['path']}:{each['line']} {each['message']}"
        for each in found
        if each["check"] == "caa-forbids-our-account"
    ]


CAA = '0 issue "letsencrypt.org; accounturi=https://le.test/1"'


def test_doit_check_compares_caa_with_the_account_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (message,) = checked(tmp_path, CAA, capsys, account="https://le.test/2")
    assert message == (
        "primary/a.example:1 the CAA set does not allow a certificate for www.a.example.: its "
        "accounturi is https://le.test/1, and ours is https://le.test/2"
    )


@pytest.mark.parametrize("account", ["https://le.test/1", ""], ids=["the same", "not known"])
def test_doit_check_says_nothing_where_it_fits_or_nobody_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], account: str
) -> None:
    assert checked(tmp_path, CAA, capsys, account=account) == []
