"""The key `source:` of a lineage in tlsa-map.yaml: the store of another ACME client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zonebuild.diagnostic import Location
from zonebuild.site.feeds import parse_folder
from zonebuild.site.kinds import Given, Key, choice, scalar
from zonebuild.site.tlsa_places import located

LAYOUTS = ("acme.sh", "certbot", "dehydrated", "lego", "uacme", "zonebuild")


@dataclass(frozen=True, slots=True)
class Source:
    """Where another client keeps a chain and its key.

    layout: of LAYOUTS. path: absolute, or below the site's top. location: in the map.
    """

    layout: str
    path: str
    location: Location


def _source(values: dict[str, Any], _: Mapping[str, Given], at: Location) -> Source:
    return Source(values["layout"], values["path"].rstrip("/"), at)


SOURCE_FIELDS = (
    Key("layout", choice(*LAYOUTS), None, "", "whose store it is", required=True),
    Key(
        "path",
        scalar("a path, absolute or below the site's top", parse_folder),
        None,
        "",
        "as `docs/acme-clients.md` says for each",
        required=True,
    ),
)
SOURCE = located(SOURCE_FIELDS, _source)
