"""What site.yaml says of CAs, and tlsa-map.yaml of the certificates to ask them for."""

from __future__ import annotations

import pytest

from zonebuild.site.acme import LETS_ENCRYPT, AcmeConfig, Binding, CaConfig
from zonebuild.site.issue import Issue
from zonebuild.site.load import Override, load_site
from zonebuild.site.tlsa_map import TlsaMap, read_map

OURS = """acme:
  mode: together
  ca:
    ours:
      directory: https://ca.example.org/dir
      staging: http://localhost:14000/dir
      ca_file: /etc/ssl/ours.pem
      contact: [hostmaster@example.org]
      eab: {kid: k-1, key_file: /etc/ours.hmac}
"""


def acme(text: str) -> AcmeConfig:
    """Return what site.yaml says; it must be in order."""
    host = Override("/etc/zonebuild/site.yaml", text.encode())
    site, findings = load_site(lambda path, limit: b"", (), override=host)
    assert findings == []
    return site.acme


def wrong(text: str) -> str:
    """Return the one thing that is wrong with site.yaml."""
    _, (finding,) = load_site(lambda path, limit: text.encode(), ())
    return f"{finding.location} {finding.message}"


def tlsa_map(issue: str, places: str = "[{host: mx.example.org, port: 25}]") -> TlsaMap | str:
    """Return the map of one lineage, or what is wrong with it."""
    text = f"lineages:\n  a: {{certificate: c, issue: {issue}, places: {places}}}\n"
    found, findings = read_map(text.encode())
    return found or f"{findings[0].location} {findings[0].message}"


def test_without_a_word_it_is_lets_encrypt_apart_from_the_builder() -> None:
    config = acme("")
    assert (config.mode, config.dropbox, config.staging_first) == ("apart", "dnsextra", True)
    assert config.name_of("") == "letsencrypt"
    assert config.find("letsencrypt") == LETS_ENCRYPT
    assert config.find("other") is None


def test_a_ca_has_directories_trust_contact_and_a_binding() -> None:
    config = acme(OURS)
    assert config.mode == "together"
    assert config.name_of("") == "ours"
    assert config.find("ours") == CaConfig(
        "https://ca.example.org/dir",
        "http://localhost:14000/dir",
        "/etc/ssl/ours.pem",
        ("hostmaster@example.org",),
        Binding("k-1", "/etc/ours.hmac"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acme: {ca: {a: {directory: http://ca.example.org/d}}}", "is not https"),
        ("acme: {ca: {a: {directory: ca.example.org}}}", "is no URL"),
        ("acme: {ca: {a: {directory: 'https://[::1/'}}}", "is no URL"),
        ("acme: {ca: {a: {staging: https://ca.example.org/d}}}", "has no directory"),
        ("acme: {ca: {a: {directory: https://c.test/d, contact: [me]}}}", "is no mail address"),
        ("acme: {ca: {a: {directory: https://c.test/d, eab: {kid: k}}}}", "has no key_file"),
        ("acme: {ca: {../x: {directory: https://c.test/d}}}", "is no name"),
        ("acme: {wait: 2h}", "acme.wait is 7200 seconds, want 1 to 3600"),
        ("acme: {resolver: ns1}", "is no address"),
        ("acme: {mode: both}", "is unknown, want apart or together"),
        ("acme: {modus: apart}", "did you mean acme.mode?"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(text: str, message: str) -> None:
    said = wrong(text)
    assert said.startswith("site.yaml:1:")
    assert message in said


def test_a_lineage_asks_for_the_hosts_of_its_places() -> None:
    found = tlsa_map(
        "{}", "[{host: b.example.org, port: [25, 465]}, {host: a.example.org, port: 1}]"
    )
    assert isinstance(found, TlsaMap)
    assert found.entries["a"].issue == Issue()
    assert found.entries["a"].names == ("a.example.org", "b.example.org")


def test_names_that_are_given_are_lower_case_and_sorted_each_once() -> None:
    found = tlsa_map("{names: [WWW.example.org., '*.example.org', www.example.org]}")
    assert isinstance(found, TlsaMap)
    assert found.entries["a"].names == ("*.example.org", "www.example.org")


def test_a_lineage_without_the_key_asks_for_nothing() -> None:
    found, _ = read_map(b"lineages: {a: {certificate: c}}")
    assert found is not None
    assert (found.entries["a"].issue, found.entries["a"].names) == (None, ())


MANY = "[" + ", ".join(f"h{n}.example.org" for n in range(101)) + "]"


@pytest.mark.parametrize(
    ("issue", "message"),
    [
        ("{names: [_x.example.org]}", "is no name for a certificate"),
        ("{names: ['www.*.example.org']}", "is no name for a certificate"),
        ("{names: ['*.org']}", "is no name for a certificate"),
        ("{names: [b\u00fccher.example]}", "want xn--bcher-kva.example"),
        ("{names: []}", "has 0 items, want at least 1"),
        (f"{{names: {MANY}}}", "has 101 items, want at most 100"),
        ("{key: ed25519}", "is unknown, want ec-p256"),
        ("{hook: [/bin/sh, -c, id]}", "hook is a list, want the name of a hook"),
        ("{profil: x}", "did you mean profile?"),
    ],
)
def test_what_is_wrong_with_a_wish_is_told(issue: str, message: str) -> None:
    said = tlsa_map(issue)
    assert isinstance(said, str)
    assert said.startswith("tlsa-map.yaml:2:")
    assert message in said


def test_a_wish_without_any_name_is_told() -> None:
    assert tlsa_map("{}", "[]") == "tlsa-map.yaml:2:6 lineage a has no names, and no places"
