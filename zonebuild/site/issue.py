"""The key `issue:` of a lineage in tlsa-map.yaml: what certificate to ask a CA for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from zonebuild.diagnostic import Finding
from zonebuild.site.host import parse_hook_name
from zonebuild.site.kinds import Key, Kind, choice, list_of, record_of, scalar
from zonebuild.site.tree import Node, error
from zonebuild.site.values import Wrong, parse_bool, parse_name, parse_text

KEY_KINDS = ("ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096")
MAX_NAMES = 100  # of one certificate; more no CA takes
_HOST = re.compile(r"(?:\*\.)?(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.){2,}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issue:
    """What certificate a lineage asks for.

    names: lower case, without a final dot, a wildcard with its `*.`; empty for the hosts of its
        places. ca: of `acme.ca` in site.yaml, empty for the one that there is.
    profile, chain: empty for what the CA gives by itself. key: one of KEY_KINDS.
    hook: the name of a command of the host's own file, "" for none.
    staging_first: None as `acme.staging_first` says.
    """

    names: tuple[str, ...] = ()
    ca: str = ""
    profile: str = ""
    key: str = "ec-p256"
    chain: str = ""
    staging_first: bool | None = None
    hook: str = ""


def parse_certificate_name(text: str) -> str | Wrong:
    """Return a name of a certificate, lower case, without its final dot.

    Spec: RFC 8555 section 7.1.3: of wildcards, a single `*` as the first label.
    """
    name = parse_name(text)
    if isinstance(name, Wrong):
        return name
    if not _HOST.fullmatch(name):
        return Wrong(
            "is no name for a certificate, want one such as www.example.org, *.example.org"
        )
    return name.removesuffix(".")


def parse_word(text: str) -> str | Wrong:
    """Return the name of a CA or of one of its profiles."""
    return text if _WORD.fullmatch(text) else Wrong("is no name, want letters, digits, . _ and -")


def _at_most(most: int, kind: Kind) -> Kind:
    """Return *kind*, of lists, with no more than *most* items."""

    def read(node: Node, name: str, findings: list[Finding]) -> Any:
        values = kind.read(node, name, findings)
        if values is None or len(values) <= most:
            return values
        message = f"{name} has {len(values)} items, want at most {most}"
        findings.append(error(node.location, "wrong-value", message))
        return None

    return Kind(kind.wanted, read, kind.fields)


_NAME = scalar("a name", parse_certificate_name)
ISSUE_FIELDS = (
    Key(
        "names",
        _at_most(MAX_NAMES, list_of("names", _NAME, least=1)),
        (),
        "the hosts of its places",
        f"of the certificate, wildcards too, at most {MAX_NAMES}; profiles may allow fewer",
    ),
    Key("ca", scalar("a name", parse_word), "", "the one of `acme.ca`, else letsencrypt", "who"),
    Key(
        "profile",
        scalar("a name", parse_word),
        "",
        "what the CA gives by itself",
        "one that the CA's directory lists: with Let's Encrypt classic, tlsserver or shortlived",
    ),
    Key("key", choice(*KEY_KINDS), "ec-p256", "ec-p256", "of keys that are made from now on"),
    Key(
        "chain",
        scalar("a name", parse_text),
        "",
        "the CA's first",
        "the chain whose topmost certificate was issued by this common name",
    ),
    Key(
        "staging_first",
        scalar("true or false", parse_bool),
        None,
        "as `acme.staging_first`",
        "whether the CA's staging directory must give a certificate for these names first",
    ),
    Key(
        "hook",
        scalar("the name of a hook", parse_hook_name),
        "",
        "none",
        "the command of that name in `hooks:` of the host's own file, run without a shell when a "
        "certificate has come, and again by each run until it succeeds; "
        "ZONEBUILD_LINEAGE and ZONEBUILD_NAMES are in its environment",
    ),
)
ISSUE = record_of(ISSUE_FIELDS, Issue)
