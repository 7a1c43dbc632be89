"""site.yaml and zones/*.yaml into a site: defaults, mistakes, and what a broken file breaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError
from zonebuild.probe.answers import Server
from zonebuild.site.config import Site, ZoneConfig, template_variables
from zonebuild.site.load import Override, load_site
from zonebuild.site.reference import render_reference
from zonebuild.site.schema import SITE_KEYS, ZONE_KEYS, Allow, SeverityRule
from zonebuild.soa import render_head


def load(files: dict[str, str], override: Override | None = None) -> tuple[Site, list[Finding]]:
    def read(path: str, limit: int) -> bytes:
        if path not in files:
            raise SourceError("does not exist")
        return files[path].encode()

    names = [path.removeprefix("zones/") for path in files if path.startswith("zones/")]
    return load_site(read, names, override=override)


def zone(text: str, site: str = "") -> ZoneConfig:
    loaded, findings = load({"site.yaml": site, "zones/example.org.yaml": text})
    assert findings == []
    return loaded.zones["example.org."]


def mistakes(text: str) -> list[str]:
    _, findings = load({"site.yaml": "", "zones/example.org.yaml": text})
    return [f"{f.location.line}:{f.location.column} {f.check} {f.message}" for f in findings]


def test_an_empty_site_has_every_default() -> None:
    site, findings = load({"site.yaml": ""})
    assert findings == []
    assert (site.signer, site.zones, site.is_sound) == ("none", {}, True)
    assert (site.limits.fragment_octets, site.limits.template_octets) == (64 << 20, 64 << 10)


def test_an_empty_zone_has_every_default() -> None:
    config = zone("")
    assert [pattern.paths for pattern in config.fragments] == [
        ("soa/{zone}", "soa/default"),
        ("primary/{zone}",),
        ("extra/{zone}/*",),
    ]
    soa = config.soa
    assert (soa.mname, soa.rname) == (None, "hostmaster.example.org.")
    assert (soa.refresh, soa.retry, soa.expire, soa.minimum) == (14400, 3600, 2419200, 600)
    assert (config.ttl, config.serial, config.policy) == (3600, "date", "default")
    assert (config.signing.enabled, config.signing.cds) == (False, "off")
    assert config.location("ttl") == Location("zones/example.org.yaml")


def test_a_zone_is_signed_where_there_is_a_signer_unless_it_says_no() -> None:
    assert zone("", "signer: local").signing.enabled
    assert not zone("signing: {enabled: false}", "signer: local").signing.enabled


def test_the_first_server_is_the_primary_unless_another_is_named() -> None:
    assert zone("ns: [a.example, b.example]").soa.mname == "a.example."
    assert zone("ns: [a.example]\nsoa: {mname: m.example}").soa.mname == "m.example."


def test_every_key_of_a_zone_is_read() -> None:
    config = zone(
        """
fragments:
- soa/default
- {path: "primary/{zone}.d/web", owners: ["*.Web"], types: [a, AAAA]}
soa: {mname: M.example., rname: r.example, refresh: 1h, retry: 2h, expire: 3w, minimum: 0}
ns: [n.example]
ttl: 2h
serial: unixtime
policy: strict
signing: {enabled: true, cds: delete, dnskey_ttl: 1d, validity: 8w}
allow: [{check: missing-glue, reason: why not}, {check: cname-loop, name: a.example, reason: so}]
severity: {missing-glue: {severity: info, reason: a test}}
vars: {a: b, c: [d, e]}
servers: [192.0.2.1, "[2001:DB8::0]:5353", {address: 192.0.2.2, port: 54, key: Hidden}]
plan: {share: 5 %, least_records: 0}
acme: {dnsextra: [Example.org, "*.example.org"]}
sshfp: {phonehome: [a.example]}
"""
    )
    web = config.fragments[1]
    assert (web.paths, web.location[1:]) == (("primary/{zone}.d/web",), (4, 3))
    assert web.rule is not None
    assert (web.rule.owners, web.rule.types) == (("*.web",), ("A", "AAAA"))
    assert (config.soa.mname, config.soa.refresh, config.soa.minimum) == ("m.example.", 3600, 0)
    assert (config.signing.dnskey_ttl, config.signing.validity) == (86400, 4838400)
    assert config.allow[0] == Allow("missing-glue", None, "why not")
    assert config.allow[1].name == "a.example."
    assert config.severity == {"missing-glue": SeverityRule(Severity.INFO, "a test")}
    assert config.vars == {"a": "b", "c": ("d", "e")}
    assert config.servers == (
        Server("192.0.2.1"),
        Server("2001:db8::", 5353),
        Server("192.0.2.2", 54, key="hidden."),
    )
    assert (config.plan.share, config.plan.least_records) == (5, 0)
    assert config.acme == {"dnsextra": ("example.org.", "*.example.org.")}
    assert config.sshfp == {"phonehome": ("a.example.",)}
    assert set(config.locations) == {key.name for key in ZONE_KEYS}


def test_a_zone_overrides_defaults_key_by_key() -> None:
    site = (
        "defaults:\n  ttl: 60\n  soa: {refresh: 1h, retry: 5m}\n  vars: {a: b, c: d}\n  ns: [x.a]"
    )
    config = zone("soa: {retry: 9m}\nvars: {c: e}\nns: [z.a]\nttl:\n", site)
    assert (config.ttl, config.soa.refresh, config.soa.retry) == (60, 3600, 540)
    assert config.vars == {"a": "b", "c": "e"}
    assert config.ns == ("z.a.",)
    assert config.location("ttl") == Location("site.yaml", 2, 8)
    assert [config.is_own(key) for key in ("ttl", "soa.retry", "serial")] == [False, True, False]


MISTAKES = """
tttl: 1 => 1:1 unknown-key the key "tttl" is unknown, did you mean ttl?
mname: a => 1:1 unknown-key the key "mname" is unknown, did you mean soa.mname?
soa: {mnam: a} => 1:7 unknown-key the key "soa.mnam" is unknown, did you mean soa.mname?
soa: {q: a} => 1:7 unknown-key the key "soa.q" is unknown, \
want one of mname, rname, refresh, retry, expire, minimum
ttl: [1] => 1:6 wrong-type ttl is a list, want a duration
ttl: 1y => 1:6 wrong-value ttl: "1y" is not a duration, want seconds or a form such as 1h30m
soa: x => 1:6 wrong-type soa is "x", want a mapping
soa: {refresh: 0} => 1:16 wrong-value soa.refresh is 0 seconds, want 1 to 2147483647
ns: a.example => 1:5 wrong-type ns is "a.example", want a list of domain names
ns: [a.b, ~] => 1:11 wrong-type an item of ns is empty, want a domain name
serial: day => 1:9 wrong-value serial: "day" is unknown, want date, unixtime, counter or keep
vars: {a-b: c} => 1:8 wrong-value a key of vars: "a-b" is no name, \
want letters, digits and _
vars: a => 1:7 wrong-type vars is "a", \
want a mapping of names, each to a plain text or a list of plain texts
signing: {enabled: yes} => 1:20 wrong-value signing.enabled: "yes" is not a yes or no, \
want true or false
allow: [{check: cname-loop}] => 1:9 missing-key an item of allow has no reason, want a text
allow: [{check: cname-loop, reason: ' '}] => 1:37 wrong-value reason: " " says nothing, want a text
allow: [{check: glue-missing, reason: x}] => 1:17 wrong-value check: "glue-missing" is no check, \
did you mean missing-glue?
severity: {xyzzy: {severity: info, reason: x}} => 1:12 wrong-value a key of severity: "xyzzy" \
is no check, want a name that `zonebuild explain` lists
allow: [a] => 1:9 wrong-type an item of allow is "a", \
want a mapping with check, name, reason
servers: [a] => 1:11 wrong-value an item of servers: "a" is no IP address, with :PORT or without
plan: {share: 30} => 1:15 wrong-value plan.share: "30" is no share, want one such as 30%
plan: {share: 101%} => 1:15 wrong-value plan.share: "101%" is more than 100%, want less
plan: {least_records: -1} => 1:23 wrong-value plan.least_records: "-1" is no whole number, \
want one such as 10
fragments: [{path: x, owners: []}] => 1:31 wrong-value owners has 0 items, want at least 1
fragments: [keys/x] => 1:13 wrong-value an item of fragments: "keys/x" is in keys/, \
where no fragment may lie
"""


@pytest.mark.parametrize("case", MISTAKES.strip().split("\n"))
def test_a_mistake_says_what_was_found_and_what_is_wanted(case: str) -> None:
    text, _, told = case.partition(" => ")
    assert mistakes(text) == [told]


def test_all_mistakes_of_a_file_are_told() -> None:
    found = mistakes("ns: [a..b, c., d..e]\nttl: x\nvars: {a: 'x;', b: [y, 'z\"']}\nwhat: 1\n")
    assert [line.split()[0] for line in found] == ["1:6", "1:16", "2:6", "3:11", "3:24", "4:1"]


LINES = """ttl: x,ttl: 1h,soa:,  mname: a@b.example, "a\\n": b,ns: [a,  - a,vars: {"x\\e": [y]},
vars: {a: [b]},  x,allow: [{}],fragments: ["\\r"],fragments: [{path: [a]}],servers: [1.2.3.4.5],
severity: {a: {severity: x}},severity: [],signing: ~,soa: "\\ud800",? ["a"]"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([s.strip("\n") for s in LINES.split(",")]), max_size=6))
def test_any_lines_end_in_a_zone_or_in_printable_findings(lines: list[str]) -> None:
    site, findings = load({"site.yaml": "", "zones/a.yaml": "\n".join(lines)})
    assert ("a." in site.zones) != ("a." in site.broken)
    assert ("a." in site.broken) == bool(findings)
    assert all(f.message.isprintable() and f.message.isascii() for f in findings)


def test_a_broken_file_breaks_its_zone_alone() -> None:
    site, findings = load(
        {"site.yaml": "", "zones/a.yaml": "ttl: x", "zones/b.yaml": "", "zones/c.yaml": "["}
    )
    assert list(site.zones) == ["b."]
    assert list(site.broken) == ["a.", "c."]
    assert site.is_sound
    assert {f.location.path for f in findings} == {"zones/a.yaml", "zones/c.yaml"}


def test_a_broken_site_yaml_is_told_and_not_sound() -> None:
    site, findings = load({"site.yaml": "signer: me\n", "zones/a.yaml": ""})
    assert not site.is_sound
    assert [f.message for f in findings] == [
        'signer: "me" is unknown, want local, none, opendnssec, knot, bind or exec'
    ]
    assert list(site.zones) == ["a."]


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    site, findings = load({})
    assert not site.is_sound
    assert [(f.check, f.message) for f in findings] == [
        ("unreadable-file", "site.yaml does not exist")
    ]


def test_a_file_of_mistakes_is_told_in_part_and_counted() -> None:
    text = "".join(f"key{i}: 1\n" for i in range(60_000))
    _, findings = load({"site.yaml": text})
    assert len(findings) == 101
    assert findings[0].message == "59900 more mistakes in this file"


def test_the_hosts_own_file_goes_before_site_yaml_key_by_key() -> None:
    override = Override("/etc/zonebuild/site.yaml", b"signer: local\nfeeds: {b: /b}\nx: 1\n")
    committed = "signer: none\nfeeds: {a: a}\ndefaults: {ttl: 60}"
    site, findings = load({"site.yaml": committed, "zones/a.yaml": ""}, override)
    assert (site.signer, site.zones["a."].ttl) == ("local", 60)
    assert site.feeds == {"a": "a", "b": "/b"}
    assert str(findings[0].location) == "/etc/zonebuild/site.yaml:3:1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("signer: {kind: exec, command: [sign]}", 1),
        ("signer: {kind: knot, command: [knotc]}", 1),
        ("signer:\n  kind: opendnssec\n  enforcer_command: [x]", 3),
        ("signer: {kind: exec, command: [x], remove_command: [y]}", 1),
        ("signer: {kind: bind, unsigned: /srv/x}", 1),
        ("signer: {kind: bind, address: 192.0.2.1}", 1),
        ("serve: {kind: nsd, command: [nsd-control]}", 1),
        ("feeds: {a: /var/a}", 1),
        ("feeds: {a: keys}", 1),
        ("feeds: {a: ./state/x}", 1),
        ("tsig: {k: k.key}", 1),
        ("acme: {trust_anchor: /etc/root.key}", 1),
        ("acme: {accounts: keys/x}", 1),
        ("acme: {ca: {x: {directory: 'https://x.example/d', ca_file: /etc/x}}}", 1),
        ("certstore: {private: /srv/keys}", 1),
        ("certstore:\n  sign_with: k", 2),
        ("code: trusted", 1),
        ("dodo: /x", 1),
        ("hooks: {a: [x]}", 1),
        ("paths: {allow: [/]}", 1),
    ],
)
def test_a_commit_names_no_command_no_secret_and_no_path_of_the_host(text: str, line: int) -> None:
    site, findings = load({"site.yaml": text})
    assert not site.is_sound
    assert {f.location.line for f in findings if f.check == "host-only"} == {line}
    own = load({"site.yaml": ""}, Override("/etc/zonebuild/site.yaml", text.encode()))
    assert own[1] == []


def test_file_names_that_are_no_zones() -> None:
    site, findings = load(
        {
            "site.yaml": "",
            **dict.fromkeys(("zones/A.yaml", "zones/b", "zones/.c.yaml", "zones/d.yaml~"), ""),
        }
    )
    assert (site.zones, site.broken) == ({}, {})
    assert [(f.location.path, f.severity, f.check) for f in findings] == [
        ("zones/A.yaml", Severity.ERROR, "zone-file-name"),
        ("zones/b", Severity.WARNING, "zone-file-name"),
    ]


def test_what_a_zone_gives_to_its_head() -> None:
    config = zone("ns: [a.example]\nvars: {x: y}\n")
    head = render_head(
        "soa/default",
        b"{{ zone }} {{ soa.mname }} {{ soa.expire }} {{ ns|join }} {{ ttl }} {{ vars.x }}",
        template_variables(config),
    )
    assert head.text == "example.org. a.example. 2419200 a.example. 3600 y"


def test_a_head_that_wants_a_primary_where_none_is_given_is_told() -> None:
    head = render_head("soa/default", b"{{ soa.mname }}", template_variables(zone("")))
    assert [f.check for f in head.findings] == ["undefined-variable"]


def test_the_reference_is_made_of_the_table() -> None:
    reference = Path(__file__).parent.parent / "docs" / "site.md"
    assert reference.read_text() == render_reference()


def test_the_examples_of_the_table_are_right() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", render_reference(), re.DOTALL)
    assert len(blocks) == 2
    host = Override("/etc/zonebuild/site.yaml", blocks[0].encode())
    assert load({"site.yaml": "", "zones/a.yaml": blocks[1]}, host)[1] == []


def test_every_default_that_is_shown_is_the_default() -> None:
    by_name = {key.name: key for key in ZONE_KEYS}
    shown = {name: key.shown for name, key in by_name.items() if key.default is not None}
    text = "\n".join(f"{name}: {text}" for name, text in shown.items() if "." not in name)
    written, unwritten = zone(text), zone("")
    for name in (name for name in shown if name not in ("fragments",) and "." not in name):
        assert getattr(written, name) == getattr(unwritten, name)
    assert [p.paths for p in written.fragments] == [p.paths for p in unwritten.fragments]
    for name in (name for name in shown if "." in name):
        section, _, key = name.partition(".")
        config = zone(f"{section}: {{{key}: {shown[name]}}}")
        assert getattr(getattr(config, section), key) == by_name[name].default


def test_no_key_stands_twice_in_the_table() -> None:
    for keys in (SITE_KEYS, ZONE_KEYS):
        assert len({key.name for key in keys}) == len(keys)
