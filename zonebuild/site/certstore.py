"""The keys `certstore.*` of site.yaml: where keys and certificates lie, what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from zonebuild.site.feeds import parse_folder
from zonebuild.site.kinds import Key, scalar, within
from zonebuild.site.values import MAX_TTL, parse_count, parse_duration


@dataclass(frozen=True, slots=True)
class CertstoreConfig:
    """Where keys and certificates lie: paths, absolute or below the site's top.

    private: keys, for the machine that holds them alone. public: what the builder reads.
    publication: what hosts fetch. backups: what was.
    backups_kept, exports_kept: the least and the most that are kept of each lineage.
    backups_age: seconds, how long more backups than those are kept.
    sign_with: the SSH key that signs manifests, empty for none.
    """

    private: str = "keys/lineages"
    public: str = "certs"
    publication: str = "publication"
    backups: str = "keys/backups"
    backups_kept: int = 10
    backups_age: int = 31_536_000
    exports_kept: int = 3
    sign_with: str = ""


_PATH = scalar("a path, absolute or below the site's top", parse_folder)
_COUNT = scalar("a whole number", parse_count)
_SECONDS = within(scalar("a duration", parse_duration), 0, MAX_TTL, "seconds")

CERTSTORE_KEYS = (
    Key(
        "certstore.private",
        _PATH,
        "keys/lineages",
        "keys/lineages",
        "the keys and certificates of lineages, for the machine that holds keys",
        "certstore:\n"
        "  private: /var/lib/zonebuild/lineages\n"
        "  publication: /srv/publication\n"
        "  sign_with: /etc/zonebuild/publication.key",
    ),
    Key("certstore.public", _PATH, "certs", "certs", "their public parts, for the builder"),
    Key("certstore.publication", _PATH, "publication", "publication", "what hosts may fetch"),
    Key("certstore.backups", _PATH, "keys/backups", "keys/backups", "backups of keys and chains"),
    Key(
        "certstore.backups_kept",
        within(_COUNT, 1, 10_000, "backups"),
        10,
        "10",
        "so many of a lineage are kept at any age",
    ),
    Key("certstore.backups_age", _SECONDS, 31_536_000, "365d", "more than those, up to this age"),
    Key(
        "certstore.exports_kept",
        within(_COUNT, 2, 1000, "folders"),
        3,
        "3",
        "numbered folders of a lineage, the current one among them",
    ),
    Key(
        "certstore.sign_with",
        _PATH,
        "",
        "none",
        "the SSH key that signs the manifests of the publication folder (`ssh-keygen -Y sign`); "
        "its public part, where an agent holds the key",
    ),
)
