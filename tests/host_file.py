"""The host's own file in tests: what site.yaml must not say goes there, as on a signing host."""

from __future__ import annotations

import os
from pathlib import Path

from zonebuild.files.host import VARIABLE
from zonebuild.site.host import SITE_RULES, committed_beyond_rights
from zonebuild.site.yaml import read_yaml


def settings_path(root: Path) -> Path:
    """Return where `write_settings` puts the host's own file of the site at *root*."""
    return root.parent / f"{root.name}.host.yaml"


def write_settings(root: Path, text: str) -> None:
    """Write *text* as the settings of the site at *root*, where a hostmaster would.

    It is site.yaml, unless a commit may not say all of that: then it is the host's own file, which
    ZONEBUILD_SITE names from now on, and site.yaml is empty.
    """
    node, _ = read_yaml(text.encode("utf-8", "surrogateescape"), "site.yaml")
    if not committed_beyond_rights(node, SITE_RULES):
        (root / "site.yaml").write_text(text)
        return
    place = settings_path(root)
    place.write_text(text)
    (root / "site.yaml").write_text("")
    os.environ[VARIABLE] = str(place)


def write_host_file(root: Path, text: str) -> None:
    """Write *text* as the host's own file beside the site at *root*."""
    place = settings_path(root)
    place.write_text(text)
    os.environ[VARIABLE] = str(place)


def allow_paths(root: Path) -> None:
    """Let tlsa-map.yaml of the site at *root* name files anywhere, as its host's own file may."""
    place = settings_path(root)
    text = place.read_text() if place.exists() else (root / "site.yaml").read_text()
    if "paths: {allow" not in text:
        write_host_file(root, text + "paths: {allow: [/]}\n")


def trust_code(root: Path) -> None:
    """Have polls run dodo.py of the site at *root*, as its host's own file may say."""
    place = settings_path(root)
    text = place.read_text() if place.exists() else ""
    if "code: trusted" not in text:
        write_host_file(root, text + "code: trusted\n")


def add_settings(text: str) -> None:
    """Add *text* to the host's own file that is in use."""
    place = Path(os.environ[VARIABLE])
    place.write_text(place.read_text() + text)
