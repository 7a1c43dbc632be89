"""Zones beside each other: delegations and children, names in sister zones, files and keys."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from tests.checked_zones import read_zone
from tests.sites import DODO, DOIT, SmallSite, environment
from zonebuild.checks.outline import (
    DS,
    Answer,
    Outline,
    Sisters,
    answer_all,
    outline_zone,
)
from zonebuild.checks.site_files import check_files
from zonebuild.checks.site_wide import SITE_CHECKS, check_site, questions
from zonebuild.cli.site import check_site as tell_site
from zonebuild.cli.verdict import Wanted
from zonebuild.diagnostic import Finding
from zonebuild.signers.local.keys import ds_records, key_to_pem, make_key

PARENT, CHILD, SISTER = "example.org.", "sub.example.org.", "example.net."
REVERSE = "2.0.192.in-addr.arpa."
HEAD = "$TTL 3600\n@ SOA ns.test. h.test. 1 14400 3600 604800 600\n@ NS ns.test.\n"
DIGEST = "0" * 64


def found(
    zones: dict[str, str],
    keys: Mapping[str, Collection[DS]] | None = None,
    *,
    with_addresses: bool = False,
) -> list[Finding]:
    """Return what is wrong between *zones*, bodies by apex."""
    read = {
        apex: read_zone(body if "SOA" in body else HEAD + body, apex=apex)
        for apex, body in zones.items()
    }
    sisters = Sisters(read)
    outlines: dict[str, Outline] = {
        apex: outline_zone(zone, sisters, with_addresses=with_addresses)
        for apex, zone in read.items()
    }
    answers: dict[str, Answer] = {}
    for apex, names in questions(outlines.values(), sisters).items():
        answers |= answer_all(read[apex], names)
    return [each.finding for each in check_site(outlines, answers, keys or {})]


def checks(zones: dict[str, str]) -> list[str]:
    return [finding.check for finding in found(zones)]


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


# -- delegations ----------------------------------------------------------------------------------

GLUED = "sub NS ns.sub\nsub NS ns.test.\nns.sub A 192.0.2.1\n"
OWN = "@ NS ns\nns A 192.0.2.1\n"


def test_a_delegation_that_says_what_its_child_says_is_fine() -> None:
    assert checks({PARENT: GLUED, CHILD: OWN}) == []


def test_an_ns_that_the_child_lacks_is_told_at_the_parent() -> None:
    finding = only(found({PARENT: "sub NS ns.test.\nsub NS ns2.test.\n", CHILD: ""}))
    assert (finding.check, finding.location.line) == ("delegation-differs", 5)
    assert finding.message == (
        "NS ns2.test. of sub.example.org. is not among the NS of the zone sub.example.org. itself: "
        "remove it here, or add it there"
    )


def test_an_ns_that_the_delegation_lacks_is_given_as_a_line() -> None:
    finding = only(found({PARENT: "sub NS ns.test.\n", CHILD: "@ NS ns2.test.\n"}))
    assert "add sub.example.org. NS ns2.test. here" in finding.message
    assert finding.notes[0].location.line == 4


def test_a_child_that_is_not_delegated_is_told_with_the_lines_to_add() -> None:
    finding = only(found({PARENT: "www A 192.0.2.1\n", CHILD: ""}))
    assert finding.check == "child-not-delegated"
    assert finding.message.endswith("add sub.example.org. NS ns.test.")
    assert finding.location.path == "primary/0"


@pytest.mark.parametrize(
    "parent",
    [
        pytest.param("b NS ns.test.\n", id="a cut above it"),
        pytest.param("b DNAME c\n", id="a DNAME above it"),
    ],
)
def test_a_grandchild_that_is_hidden_there_is_not_missed(parent: str) -> None:
    assert checks({PARENT: parent, "a.b.example.org.": ""}) == []


def test_a_grandchild_is_asked_of_its_nearest_parent_alone() -> None:
    zones = {PARENT: "sub NS ns.test.\n", CHILD: "a NS ns.test.\n", "a.sub.example.org.": ""}
    assert checks(zones) == []


def test_glue_is_compared_with_the_address_in_the_hosts_own_zone() -> None:
    findings = found({PARENT: GLUED, CHILD: "@ NS ns\nns A 192.0.2.2\n"})
    assert [f.check for f in findings] == ["glue-differs", "glue-differs"]
    assert findings[0].message == (
        "glue 192.0.2.1 of ns.sub.example.org. is not its address in its own zone: want 192.0.2.2"
    )
    assert findings[1].message.endswith("add ns.sub.example.org. A 192.0.2.2")


def test_spellings_of_one_address_are_no_difference() -> None:
    parent = "sub NS ns.sub\nsub NS ns.test.\nns.sub AAAA 2001:DB8:0:0::1\n"
    assert checks({PARENT: parent, CHILD: "@ NS ns\nns AAAA 2001:db8::1\n"}) == []


def test_a_host_without_glue_has_none_that_could_differ() -> None:
    zones = {PARENT: f"sub NS a.{SISTER}\n", SISTER: "a A 192.0.2.1\n", CHILD: ""}
    zones[CHILD] = HEAD.replace("NS ns.test.", f"NS a.{SISTER}")
    assert checks(zones) == []


def test_glue_that_the_child_does_not_have_is_a_missing_target() -> None:
    zones = {PARENT: GLUED, CHILD: OWN.replace("ns A 192.0.2.1", "*.x A 192.0.2.1")}
    assert checks(zones) == ["sister-target-missing"]


# -- DS -------------------------------------------------------------------------------------------

SIGNED = f"sub NS ns.test.\nsub DS 1 13 2 ( {DIGEST[:32].upper()} {DIGEST[32:]} )\n"
KEY = DS(1, 13, 2, DIGEST)


@pytest.mark.parametrize(
    ("parent", "keys", "check"),
    [
        (SIGNED, [KEY], None),
        (SIGNED, [KEY._replace(tag=2), KEY], None),
        (SIGNED, [KEY._replace(digest_type=4, digest="1" * 96)], None),
        (SIGNED, [KEY._replace(tag=2)], "ds-matches-no-key"),
        (SIGNED, [KEY._replace(digest="1" * 64)], "ds-matches-no-key"),
        (SIGNED, [], "ds-matches-no-key"),
        (SIGNED, None, None),
        ("sub NS ns.test.\n", [KEY], "child-without-ds"),
        ("sub NS ns.test.\n", [], None),
    ],
    ids=[
        "the key", "one of two", "another digest type", "another key", "another digest",
        "not signed", "keys not known", "no DS", "neither",
    ],
)  # fmt: skip
def test_a_ds_is_compared_with_the_keys_of_the_child(
    parent: str, keys: list[DS] | None, check: str | None
) -> None:
    known = {} if keys is None else {CHILD: keys}
    findings = found({PARENT: parent, CHILD: ""}, known)
    assert [f.check for f in findings] == ([] if check is None else [check])


def test_a_wrong_ds_is_given_the_line_to_write() -> None:
    finding = only(found({PARENT: SIGNED, CHILD: ""}, {CHILD: [KEY._replace(tag=7)]}))
    assert finding.message.endswith(f"write sub.example.org. DS 7 13 2 {DIGEST}")


# -- targets in sister zones ----------------------------------------------------------------------

MISSING, BARE, ALIAS = (
    "sister-target-missing", "sister-target-without-address", "sister-target-is-alias",
)  # fmt: skip


@pytest.mark.parametrize(
    ("record", "sister", "check"),
    [
        ("a CNAME b.{}", "", MISSING),
        ("a MX 10 b.{}", "", MISSING),
        ("a NS b.{}", "", MISSING),
        ("_s._tcp SRV 0 0 1 b.{}", "", MISSING),
        ("_a._tcp PTR b.{}", "", MISSING),
        ("a CNAME b.{}", "b TXT x", None),
        ("a MX 10 b.{}", "b TXT x", BARE),
        ("a NS b.{}", "b TXT x", BARE),
        ("a MX 10 {}", "b TXT x", BARE),
        ("_s._tcp SRV 0 0 1 b.{}", "c.b A 192.0.2.1", BARE),
        ("a MX 10 b.{}", "b CNAME c\nc A 192.0.2.1", ALIAS),
        ("a CNAME b.{}", "b CNAME c\nc A 192.0.2.1", None),
        ("a MX 10 b.{}", "b AAAA 2001:db8::1", None),
        ("a MX 10 B.{}", "b A 192.0.2.1", None),
        ("a MX 10 b.{}", "* A 192.0.2.1", None),
        ("a MX 10 b.c.{}", "* A 192.0.2.1\nx.c A 192.0.2.1", MISSING),
        ("a MX 10 b.c.{}", "c NS ns.test.", None),
        ("a MX 10 c.{}", "c NS ns.test.", None),
        ("a MX 10 b.c.{}", "c DNAME d", None),
        ("_acme-challenge CNAME b.{}", "", None),
        ("_acme-challenge.www CNAME b.{}", "", None),
        ("_dmarc CNAME b.{}", "", MISSING),
        ("sub NS ns.test.\na.sub MX 10 b.{}", "", None),
        ("a TXT b.{}", "", None),
    ],
)
def test_a_target_in_a_sister_zone(record: str, sister: str, check: str | None) -> None:
    zones = {PARENT: record.format(SISTER) + "\n", SISTER: f"{sister}\n"}
    assert checks(zones) == ([] if check is None else [check])


def test_a_message_names_the_type_and_the_target() -> None:
    finding = only(found({PARENT: f"a MX 10 b.{SISTER}\n", SISTER: ""}))
    assert finding.message.startswith("MX target b.example.net. does not exist in its zone")


def test_the_zone_nearest_to_the_target_answers() -> None:
    zones = {PARENT: "sub NS ns.test.\n@ MX 10 mail.sub\n", CHILD: "mail A 192.0.2.1\n"}
    assert checks(zones) == []
    zones[CHILD] = ""
    assert checks(zones) == [MISSING]


def test_a_target_in_no_zone_of_the_site_is_nobodys() -> None:
    assert checks({PARENT: "a MX 10 b.example.com.\n", SISTER: ""}) == []


def test_a_zone_that_is_not_there_answers_nothing() -> None:
    sisters = Sisters([PARENT, SISTER])
    outline = outline_zone(read_zone(f"{HEAD}a MX 10 b.{SISTER}\n"), sisters)
    assert questions([outline], sisters) == {SISTER: {f"b.{SISTER}"}}
    assert list(check_site({PARENT: outline}, {}, {})) == []


def test_the_root_as_a_target_is_no_host_of_the_root_zone() -> None:
    root = "@ SOA a. h. 1 14400 3600 604800 600\n@ NS a.\na A 192.0.2.1\norg NS a.\ntest NS a.\n"
    nobody = "@ MX 0 .\n_s._tcp SRV 0 0 0 .\n"
    assert checks({".": root, PARENT: nobody}) == []


def test_the_root_zone_may_be_a_sister() -> None:
    root = "@ SOA a. h. 1 14400 3600 604800 600\n@ NS a.\na A 192.0.2.1\norg NS a.\ntest NS a.\n"
    assert checks({".": "$TTL 60\n" + root, PARENT: "a MX 10 b.\n"}) == ["sister-target-missing"]


# -- reverse zones --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "host", "check"),
    [
        ("1 PTR a.example.org.", "a A 192.0.2.1", None),
        ("1 PTR a.example.org.", "* A 192.0.2.1", None),
        ("1 PTR a.example.org.", "a CNAME b.example.com.", None),
        ("1 PTR a.sub.example.org.", "sub NS ns.test.", None),
        ("1.0/25 PTR a.example.org.", "a A 192.0.2.1", None),
        ("1 CNAME 1.a.example.org.", "", None),
        ("1 PTR a.example.org.", "", "ptr-target-without-address"),
        ("1 PTR a.example.org.", "a TXT x", "ptr-target-without-address"),
        ("1 PTR a.example.org.", "a A 192.0.2.2", "ptr-address-mismatch"),
        ("1 PTR a.example.org.", "a AAAA 2001:db8::1", "ptr-address-mismatch"),
        ("1.0/25 PTR a.example.org.", "a A 192.0.2.2", "ptr-address-mismatch"),
    ],
)
def test_a_ptr_and_its_target(record: str, host: str, check: str | None) -> None:
    assert checks({REVERSE: f"{record}\n", PARENT: f"{host}\n"}) == ([check] if check else [])


def test_a_ptr_is_told_the_record_that_its_target_lacks() -> None:
    finding = only(found({REVERSE: "1 PTR a.example.org.\n", PARENT: ""}))
    assert "add a.example.org. A 192.0.2.1 there" in finding.message


def test_a_ptr_of_ipv6_is_compared_with_any_spelling() -> None:
    apex = "8.b.d.0.1.0.0.2.ip6.arpa."
    owner = "1" + ".0" * 23
    zones = {apex: f"{owner} PTR a.example.org.\n", PARENT: "a AAAA 2001:DB8:0::1\n"}
    assert checks(zones) == []


def test_an_address_without_ptr_is_told_where_that_is_wanted() -> None:
    zones = {REVERSE: "1 PTR a.example.org.\n", PARENT: "a A 192.0.2.1\nb A 192.0.2.2\n"}
    assert found(zones) == []
    finding = only(found(zones, with_addresses=True))
    assert finding.check == "address-without-ptr"
    assert finding.message.endswith("add 2.2.0.192.in-addr.arpa. PTR b.example.org. there")


def test_an_address_in_a_block_of_somebody_else_needs_no_ptr_here() -> None:
    zones = {REVERSE: "0/25 NS ns.test.\n2 CNAME 2.0/25\n", PARENT: "b A 192.0.2.2\n"}
    assert found(zones, with_addresses=True) == []


# -- files ----------------------------------------------------------------------------------------


def names_of(files: list[str], users: dict[str, list[str]]) -> list[tuple[str, str]]:
    apexes = {"example.org": PARENT, "example.net": SISTER}
    return [(f.check, f.location.path) for _, _, f in check_files(files, users, apexes)]


def test_a_file_that_no_zone_uses_is_told() -> None:
    assert names_of(["primary/parking"], {}) == [("unused-file", "primary/parking")]


def test_a_file_of_another_zone_is_told_unless_that_zone_uses_it_too() -> None:
    path = "primary/example.org"
    assert names_of([path], {path: [SISTER]}) == [("file-of-another-zone", path)]
    assert names_of([path], {path: [SISTER, PARENT]}) == []


def test_a_file_that_is_named_for_no_zone_may_be_anybodys() -> None:
    assert names_of(["soa/default"], {"soa/default": [SISTER]}) == []


# -- `doit check` ---------------------------------------------------------------------------------

SITE_NAMES = {check.name for check in SITE_CHECKS}
Tell = Callable[..., list[dict[str, object]]]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Return what gives the findings across zones that `doit check` prints."""

    def tell(site: SmallSite, *enabled: str, verbose: bool = False) -> list[dict[str, object]]:
        wanted = Wanted(form="json", enabled=frozenset(enabled), is_verbose=verbose)
        tell_site(site.root, wanted)
        findings = json.loads(capsys.readouterr().out)["findings"]
        return [finding for finding in findings if finding["check"] in SITE_NAMES]

    return tell


def two_zones(root: Path, primary: str, yaml: str = "") -> SmallSite:
    site = SmallSite(root, zones=["b.example"])
    site.add_zone("a.example", primary, yaml)
    return site


def test_a_site_whose_zones_agree_has_nothing_to_tell(tmp_path: Path, tell: Tell) -> None:
    assert tell(two_zones(tmp_path, "@ MX 10 mail.b.example.\n")) == []


def test_a_finding_stands_at_the_record_that_asks(tmp_path: Path, tell: Tell) -> None:
    (finding,) = tell(two_zones(tmp_path, "x TXT y\n@ MX 10 m.b.example.\n"))
    assert (finding["check"], finding["severity"]) == ("sister-target-missing", "warning")
    assert [finding[key] for key in ("path", "line", "column")] == ["primary/a.example", 2, 6]


def test_a_finding_in_a_head_stands_at_the_line_of_the_template(tmp_path: Path, tell: Tell) -> None:
    site = two_zones(tmp_path, "", "ns: [ns1.test., ns2.b.example.]\n")
    (finding,) = tell(site)
    assert [finding[key] for key in ("path", "line")] == ["soa/default", 4]


def test_the_policy_of_the_zone_weighs_it(tmp_path: Path, tell: Tell) -> None:
    (finding,) = tell(two_zones(tmp_path, "@ MX 10 m.b.example.\n", "policy: strict\n"))
    assert finding["severity"] == "error"


ALLOWED = """\
allow:
  - {{check: sister-target-missing, name: "{}", reason: it is to come}}
"""


@pytest.mark.parametrize(
    ("primary", "yaml", "told"),
    [
        ("@ MX 10 m.b.example.\n", ALLOWED.format("@"), 0),
        ("@ MX 10 m.b.example.\n", ALLOWED.format("www.a.example."), 1),
        ("@ MX 10 m.b.example. ; zonebuild: allow=sister-target-missing to come\n", "", 0),
        ("@ MX 10 m.b.example. ; zonebuild: allow=sister-target-is-alias to come\n", "", 1),
    ],
    ids=["by name", "at another name", "by comment", "another check"],
)
def test_what_a_zone_allows_is_not_told(
    tmp_path: Path, tell: Tell, primary: str, yaml: str, told: int
) -> None:
    assert len(tell(two_zones(tmp_path, primary, yaml))) == told


def test_the_severity_of_the_yaml_holds_and_switches_on(tmp_path: Path, tell: Tell) -> None:
    yaml = "severity: {{{}: {{severity: error, reason: we want it}}}}\n"
    site = SmallSite(tmp_path, zones=["b.example"])
    site.add_zone(REVERSE[:-1], "9 PTR www.b.example.\n")
    assert tell(site) == []
    site.add_zone(REVERSE[:-1], "9 PTR www.b.example.\n", yaml.format("ptr-address-mismatch"))
    (finding,) = tell(site)
    assert (finding["check"], finding["severity"]) == ("ptr-address-mismatch", "error")


def test_files_that_no_zone_uses_and_of_other_zones_are_told(tmp_path: Path, tell: Tell) -> None:
    site = two_zones(tmp_path, "", "fragments: [soa/default, primary/b.example]\n")
    site.add_zone("b.example", "", "fragments: [soa/default, primary/parking]\n")
    site.write("primary/parking", "$INCLUDE sub/more\n")
    site.write("primary/sub/more", "")
    site.write("primary/.hidden", "")
    told = {(finding["check"], finding["path"]) for finding in tell(site)}
    assert told == {
        ("unused-file", "primary/a.example"),
        ("file-of-another-zone", "primary/b.example"),
    }


def test_a_comment_in_an_unused_file_says_why_it_is_there(tmp_path: Path, tell: Tell) -> None:
    site = two_zones(tmp_path, "")
    site.write("primary/next-year", "; zonebuild: allow=unused-file for next year\nx A 192.0.2.1\n")
    assert tell(site) == []


def test_while_a_zones_yaml_is_broken_no_file_is_called_unused(tmp_path: Path, tell: Tell) -> None:
    site = two_zones(tmp_path, "", "fragments: {}\n")
    site.write("primary/more", "")
    assert tell(site) == []


def test_a_zone_that_cannot_be_made_stops_no_other(tmp_path: Path, tell: Tell) -> None:
    site = two_zones(tmp_path, "@ MX 10 mail.b.example.\n@ MX 10 m.c.example.\n")
    site.add_zone("c.example")
    site.append("primary/b.example", "x A 192.0.2.300\n")
    assert [finding["message"] for finding in tell(site) if finding["line"]] == [
        "MX target m.c.example. does not exist in its zone, which is of this site: add it there"
    ]


def signed_site(root: Path, ds: str) -> SmallSite:
    site = SmallSite(root, zones=["sub.a.example"], site=SITE_LOCAL)
    site.add_zone("a.example", f"sub NS ns1.test.\nsub NS ns2.test.\n{ds}")
    return site


SITE_LOCAL = """\
signer: local
defaults:
  ns: [ns1.test., ns2.test.]
  soa: {rname: hostmaster.test.}
"""


def test_the_ds_in_the_parent_must_be_of_the_key_in_keys(tmp_path: Path, tell: Tell) -> None:
    key = make_key()
    site = signed_site(tmp_path, f"sub DS 1 13 2 {DIGEST}\n")
    assert tell(site) == []
    site.write("keys/sub.a.example.pem", key_to_pem(key)).chmod(0o600)
    (line,) = ds_records("sub.a.example.", key)
    (finding,) = tell(site)
    assert (finding["check"], finding["severity"]) == ("ds-matches-no-key", "error")
    site.write("primary/a.example", f"sub NS ns1.test.\nsub NS ns2.test.\n{line}\n")
    assert tell(site) == []


def test_a_signed_child_without_ds_is_told_on_request(tmp_path: Path, tell: Tell) -> None:
    site = signed_site(tmp_path, "")
    site.write("keys/sub.a.example.pem", key_to_pem(make_key())).chmod(0o600)
    assert tell(site) == []
    assert [finding["check"] for finding in tell(site, verbose=True)] == ["child-without-ds"]


def test_a_key_that_cannot_be_read_says_nothing(tmp_path: Path, tell: Tell) -> None:
    site = signed_site(tmp_path, f"sub DS 1 13 2 {DIGEST}\n")
    site.write("keys/sub.a.example.pem", "no key\n").chmod(0o600)
    assert tell(site) == []


def test_doit_check_tells_it_and_the_build_does_not(tmp_path: Path) -> None:
    site = two_zones(tmp_path, "@ MX 10 m.b.example.\n", "policy: strict\n")
    site.write("dodo.py", DODO)
    command = [*DOIT, "check"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "[sister-target-missing]" in done.stdout
    assert site.run().code == 0
