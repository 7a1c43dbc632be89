"""The one table of what site.yaml and zones/NAME.yaml may hold; docs/site.md is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zonebuild.diagnostic import Finding, Severity
from zonebuild.site.acme import ACME_SITE_KEYS
from zonebuild.site.certstore import CERTSTORE_KEYS
from zonebuild.site.feeds import FEED_SITE_KEYS, FEED_ZONE_KEYS
from zonebuild.site.host import HOST_KEYS
from zonebuild.site.kinds import (
    Key,
    Kind,
    choice,
    either,
    list_of,
    mapping_of,
    one_or_many,
    read_keys,
    record_of,
    scalar,
    within,
    wrong_type,
)
from zonebuild.site.monitoring import MONITORING_KEYS
from zonebuild.site.patterns import DEFAULT_FRAGMENTS, FragmentPattern, parse_paths
from zonebuild.site.rules import FragmentRule, parse_owner_pattern
from zonebuild.site.servers import SERVER_SITE_KEYS, SERVER_ZONE_KEYS
from zonebuild.site.signers import SERVER, SIGNER, NoSigner
from zonebuild.site.tree import MappingNode, Node, ScalarNode
from zonebuild.site.values import (
    MAX_TTL,
    parse_bool,
    parse_check_name,
    parse_count,
    parse_duration,
    parse_name,
    parse_octets,
    parse_percent,
    parse_rdtype,
    parse_template_text,
    parse_text,
    parse_variable_name,
)


@dataclass(frozen=True, slots=True)
class Allow:
    """A check whose findings a zone accepts. name: the owner it is about, None for any."""

    check: str
    name: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """Another severity for a check than its own, and why."""

    severity: Severity
    reason: str


def _severity_rule(severity: str, reason: str) -> SeverityRule:
    return SeverityRule(Severity[severity.upper()], reason)


def _pattern(path: tuple[str, ...], owners: Any, types: Any) -> FragmentPattern:
    return FragmentPattern(path, FragmentRule(owners, types) if owners or types else None)


def _placed(kind: Kind) -> Kind:
    """Return *kind*, of fragment patterns, that notes where each one stands."""

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        value = kind.read(node, name, findings)
        if value is None:
            return None
        paths, rule = (value, None) if isinstance(node, ScalarNode) else (value.paths, value.rule)
        return FragmentPattern(paths, rule, node.location)

    return Kind(kind.wanted, read, kind.fields)


BOOL = scalar("true or false", parse_bool)
NAME = scalar("a domain name", parse_name)
TEXT = scalar("a text", parse_text)
TEMPLATE_TEXT = scalar("a plain text", parse_template_text)
CHECK = scalar("the name of a check", parse_check_name)
RDTYPE = scalar("a record type", parse_rdtype)
OCTETS = scalar("a size", parse_octets)
PERCENT = scalar("a share in percent", parse_percent)
COUNT = scalar("a whole number", parse_count)
TTL = scalar("a duration", parse_duration)
TIMER = within(TTL, 1, MAX_TTL, "seconds")
PATHS = scalar("a path", parse_paths)
OWNER = scalar("an owner", parse_owner_pattern)

_OWNERS = (
    "the owners it may have, relative to the apex: `@` the apex, `www` that name, `*.web` every "
    "name below web, `*` every name below the apex, `_acme.*` with any one label"
)
_FRAGMENT_FIELDS = (
    Key("path", PATHS, None, "", "as the short form", required=True),
    Key(
        "owners",
        list_of("owners", OWNER, least=1),
        (),
        "any",
        _OWNERS,
    ),
    Key(
        "types", list_of("record types", RDTYPE, least=1), (), "any", "the record types it may have"
    ),
)
_ALLOW_FIELDS = (
    Key("check", CHECK, None, "", "the check whose findings are silenced", required=True),
    Key("name", NAME, None, "any", "only those at this owner, absolute"),
    Key("reason", TEXT, None, "", "why they are no mistakes", required=True),
)
_SEVERITY_FIELDS = (
    Key("severity", choice("error", "warning", "info"), None, "", "the new one", required=True),
    Key("reason", TEXT, None, "", "why it differs", required=True),
)

ZONE_KEYS = (
    Key(
        "fragments",
        list_of(
            "paths or mappings with path, owners, types",
            _placed(either(PATHS, record_of(_FRAGMENT_FIELDS, _pattern))),
        ),
        DEFAULT_FRAGMENTS,
        '["soa/{zone} or soa/default", "primary/{zone}", "extra/{zone}/*"]',
        "the files that the zone is made of, in order; `a or b` is the first that exists, `*` "
        "any part of a file's name, `{zone}` the zone's file name",
        "fragments:\n"
        "- soa/{zone} or soa/default\n"
        "- primary/parking\n"
        '- {path: "primary/{zone}.d/web", owners: ["*.web"], types: [A, AAAA, CNAME]}\n'
        '- "extra/*.{zone}"',
    ),
    Key("soa.mname", NAME, None, "the first of `ns`", "the primary server, for the head"),
    Key(
        "soa.rname",
        NAME,
        None,
        "hostmaster below the apex",
        "the mailbox in charge, spelled as a name",
        "soa: {rname: hostmaster.example.org, refresh: 4h}",
    ),
    Key("soa.refresh", TIMER, 14400, "4h", "how often a secondary asks for the serial"),
    Key("soa.retry", TIMER, 3600, "1h", "how soon it asks again where that failed"),
    Key("soa.expire", TIMER, 2419200, "4w", "after which time without an answer it gives up"),
    Key("soa.minimum", TTL, 600, "10m", "the TTL of negative answers (RFC 2308)"),
    Key(
        "ns",
        list_of("domain names", NAME),
        (),
        "[]",
        "the servers of the zone, for the head's apex NS",
        "ns: [ns1.example.org, ns2.example.net]",
    ),
    Key("ttl", TTL, 3600, "1h", "the TTL of records without one, where no `$TTL` precedes"),
    Key(
        "serial",
        choice("date", "unixtime", "counter", "keep"),
        "date",
        "date",
        "how the next serial is made: the day and a count, the time, the next number, or as "
        "the head writes it",
    ),
    Key(
        "policy",
        choice("servers", "default", "strict"),
        "default",
        "default",
        "which checks are made: what every server refuses, what is a mistake, or more than that",
    ),
    Key("signing.enabled", BOOL, None, "true where there is a `signer`", "whether it is signed"),
    Key(
        "signing.cds",
        choice("off", "publish", "delete"),
        "off",
        "off",
        "the CDS and CDNSKEY records at the apex (RFC 7344, RFC 8078)",
    ),
    Key("signing.dnskey_ttl", TTL, None, "that of the SOA record", "the TTL of the DNSKEY RRset"),
    Key(
        "signing.validity",
        TIMER,
        None,
        "the signer's own",
        "how long a signature is valid; want at least twice `soa.expire`",
        "signing: {cds: publish, validity: 8w}",
    ),
    Key(
        "allow",
        list_of("mappings with check, name, reason", record_of(_ALLOW_FIELDS, Allow)),
        (),
        "[]",
        "findings that are accepted",
        "allow: [{check: missing-glue, name: old.example.org, reason: moves in May}]",
    ),
    Key(
        "severity",
        mapping_of(parse_check_name, record_of(_SEVERITY_FIELDS, _severity_rule)),
        {},
        "{}",
        "checks whose findings weigh more or less here",
        "severity: {ttl-out-of-bounds: {severity: info, reason: a test zone}}",
        merges=True,
    ),
    Key(
        "vars",
        mapping_of(parse_variable_name, one_or_many("plain texts", TEMPLATE_TEXT)),
        {},
        "{}",
        "values for the head, as `vars.NAME`",
        "vars: {site: ams, mirrors: [a, b]}",
        merges=True,
    ),
    *SERVER_ZONE_KEYS,
    Key(
        "plan.share",
        PERCENT,
        30,
        "30%",
        "how much of what people write may go or change at once, before it waits for an approval: "
        "records, the SOA and mere TTLs not counted",
        "plan: {share: 50%, least_records: 20}",
    ),
    Key("plan.least_records", COUNT, 10, "10", "a zone with fewer records has no such share"),
    *FEED_ZONE_KEYS,
)


def _read_defaults(node: Node, name: str, findings: list[Finding]) -> Any:
    if isinstance(node, MappingNode):
        return read_keys(node, ZONE_KEYS, findings, of=name)
    findings.append(wrong_type(node, name, "a mapping of keys of zones/NAME.yaml"))
    return None


SITE_KEYS = (
    Key("signer", SIGNER, NoSigner(), "none", "who signs the zones", "signer: local"),
    Key(
        "serve",
        SERVER,
        None,
        "none",
        "the name server on this host that serves the zone files, told of what changed",
        "serve: {kind: nsd, address: 192.0.2.53}",
    ),
    Key(
        "defaults",
        Kind("a mapping of keys of zones/NAME.yaml", _read_defaults),
        {},
        "{}",
        "what holds for every zone that says nothing else",
        "defaults: {ns: [ns1.example.org], soa: {rname: hostmaster.example.org}}",
    ),
    Key("limits.fragment_octets", OCTETS, 64 << 20, "64 MiB", "the size of one file of zone text"),
    Key(
        "limits.template_octets",
        OCTETS,
        64 << 10,
        "64 KiB",
        "the size of a head, as written and as rendered",
        "limits: {fragment_octets: 256 MiB}",
    ),
    Key(
        "plan.zones_share",
        PERCENT,
        10,
        "10%",
        "how many of the zones people may change at once, before all of that waits for an approval",
        "plan: {zones_share: 25%}",
    ),
    Key("plan.least_zones", COUNT, 20, "20", "fewer changed zones than these never wait for that"),
    *FEED_SITE_KEYS,
    *SERVER_SITE_KEYS,
    *ACME_SITE_KEYS,
    *CERTSTORE_KEYS,
    *MONITORING_KEYS,
    *HOST_KEYS,
)
