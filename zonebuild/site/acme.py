"""The keys `acme.*` of site.yaml: the CAs, and how certificates are asked for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zonebuild.site.feeds import parse_folder
from zonebuild.site.issue import parse_word
from zonebuild.site.kinds import Key, choice, list_of, mapping_of, record_of, scalar, within
from zonebuild.site.values import (
    Wrong,
    parse_bool,
    parse_duration,
    parse_text,
)

APART, TOGETHER = "apart", "together"
HASHES = ("HS256", "HS384", "HS512")
USUAL = "letsencrypt"
_NO_LIMITS = "none"
_MAILBOX = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Binding:
    """An External Account Binding. key_file: holds the HMAC key, base64url."""

    kid: str
    key_file: str
    hash: str = "HS256"


@dataclass(frozen=True, slots=True)
class CaConfig:
    """One CA. directory, staging: URLs, staging empty where there is none.

    ca_file: the certificates that its own TLS certificate is checked with, empty for the system's.
    limits: a name in the table of limits. contact: mail addresses.
    """

    directory: str
    staging: str = ""
    ca_file: str = ""
    contact: tuple[str, ...] = ()
    eab: Binding | None = None
    limits: str = _NO_LIMITS


LETS_ENCRYPT = CaConfig(
    "https://acme-v02.api.letsencrypt.org/directory",
    "https://acme-staging-v02.api.letsencrypt.org/directory",
    limits=USUAL,
)


@dataclass(frozen=True, slots=True)
class AcmeConfig:
    """What holds for all challenges, and for certificates that are asked for here.

    ttl, max_age, wait: seconds. mode: APART or TOGETHER. ca: by name, as site.yaml has them.
    accounts, dropbox, trust_anchor: paths, absolute or below the site's top; empty for none.
    resolver: an address, empty for this machine's resolvers.
    """

    ttl: int
    max_age: int
    mode: str = APART
    ca: Mapping[str, CaConfig] = field(default_factory=dict)
    accounts: str = "state/acme/accounts"
    dropbox: str = "dnsextra"
    staging_first: bool = True
    wait: int = 600
    resolver: str = ""
    trust_anchor: str = ""

    def name_of(self, ca: str) -> str:
        """Return the name of the CA that a lineage means with *ca*."""
        return ca or (next(iter(self.ca)) if len(self.ca) == 1 else USUAL)

    def find(self, ca: str) -> CaConfig | None:
        """Return the CA of that name, None where there is none."""
        return self.ca.get(ca) or (LETS_ENCRYPT if ca == USUAL else None)


def parse_directory(text: str) -> str | Wrong:
    """Return the URL of a CA's directory. Spec: RFC 8555 section 6.1: https.

    Plain http is taken for this machine only, for a CA of a test.
    """
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return Wrong("is no URL")
    if not text.isascii() or not text.isprintable() or " " in text or not host or parts.fragment:
        return Wrong("is no URL, want the one of a CA's directory")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)):
        return text
    return Wrong("is not https, and nothing else is safe")


def parse_mailbox(text: str) -> str | Wrong:
    """Return a mail address of the plain form that CAs take. Spec: RFC 8555 section 7.3."""
    return text if _MAILBOX.fullmatch(text) else Wrong("is no mail address such as a@example.org")


def parse_resolver(text: str) -> str | Wrong:
    """Return the address of a resolver, with a port or without."""
    from zonebuild.probe.answers import parse_server

    if parse_server(text) is None:
        return Wrong("is no address, want one such as 192.0.2.1 or [::1]:5353")
    return text


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_PATH = scalar("a path, absolute or below the site's top", parse_folder)
_URL = scalar("a URL", parse_directory)
_EAB_FIELDS = (
    Key("kid", scalar("a text", parse_text), None, "", "the key identifier", required=True),
    Key("key_file", _PATH, None, "", "a file with the HMAC key, base64url", required=True),
    Key("hash", choice(*HASHES), "HS256", "HS256", "of the HMAC"),
)
_CA_FIELDS = (
    Key("directory", _URL, None, "", "its directory", required=True),
    Key("staging", _URL, "", "none", "its directory for trials"),
    Key("ca_file", _PATH, "", "the system's", "the certificates that its TLS is checked with"),
    Key(
        "contact",
        list_of("mail addresses", scalar("a mail address", parse_mailbox)),
        (),
        "[]",
        "for a new account; Let's Encrypt keeps none",
    ),
    Key(
        "eab",
        record_of(_EAB_FIELDS, Binding),
        None,
        "none",
        "the binding to an account that you have with it (RFC 8555 section 7.3.4)",
    ),
    Key("limits", choice(USUAL, _NO_LIMITS), _NO_LIMITS, _NO_LIMITS, "which limits it has"),
)
ACME_SITE_KEYS = (
    Key(
        "acme.mode",
        choice(APART, TOGETHER),
        APART,
        APART,
        "whether `doit acme` waits for the builder's next run, or builds and hands off itself",
    ),
    Key(
        "acme.ca",
        mapping_of(parse_word, record_of(_CA_FIELDS, CaConfig)),
        {},
        "letsencrypt",
        "the CAs, by name; letsencrypt needs no entry",
        "acme:\n"
        "  ca:\n"
        "    ours: {directory: https://ca.example.org/dir, ca_file: /etc/ssl/our-ca.pem}",
    ),
    Key("acme.accounts", _PATH, "state/acme/accounts", "state/acme/accounts", "the account keys"),
    Key("acme.dropbox", _PATH, "dnsextra", "dnsextra", "where challenges go: the builder's feed"),
    Key(
        "acme.staging_first",
        scalar("true or false", parse_bool),
        True,
        "true",
        "whether a new set of names is tried at the CA's staging directory first",
    ),
    Key(
        "acme.wait",
        within(scalar("a duration", parse_duration), 1, 3600, "seconds"),
        600,
        "10m",
        "how long servers may take to show the challenges, and then the CA for all that is asked "
        "of it; an authorization may live an hour only",
    ),
    Key(
        "acme.resolver",
        scalar("an IP address, with a port or without", parse_resolver),
        "",
        "this machine's",
        "who knows the servers of a zone that names no `servers`",
    ),
    Key(
        "acme.trust_anchor",
        _PATH,
        "",
        "none",
        "a file of DS or DNSKEY records; a challenge below one counts only where it validates",
    ),
)
