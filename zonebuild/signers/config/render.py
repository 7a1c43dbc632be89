"""A site into the configuration files of the programs around it; each kind is one line of KINDS.

Pure but for the templates, which lie in the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.signers.config.setting import ListedZone, Setting

if TYPE_CHECKING:
    import jinja2

_SUFFIX = ".j2"
_UNQUOTABLE = '"\\'


class ConfigError(Exception):
    """No configuration can be written for this site; the text says why and what to do."""


class Rendered(NamedTuple):
    """One file. unlisted: zones that this program cannot have, each a sentence that says why."""

    name: str
    text: str
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A zone as templates see it. path: the file that the program reads; is_plain: see NSD."""

    name: str
    path: str
    is_signed: bool
    is_plain: bool


class Kind(NamedTuple):
    """One program. files: its templates, without their suffix; rows: the zones it is told."""

    name: str
    files: tuple[str, ...]
    rows: Callable[[Setting], Iterator[_Row]]
    line: str
    unlisted: Callable[[Setting], Iterator[str]] = lambda setting: iter(())


def _row(zone: ListedZone, path: Path) -> _Row:
    text = str(path)
    if not text.isprintable() or any(character in text for character in _UNQUOTABLE):
        raise ConfigError(
            f"{text!a}: a path with such a character cannot be written into the configuration "
            "of other programs; want a site at a path without quotes and backslashes"
        )
    return _Row(zone.bare_name, text, zone.is_signed, zone.bare_name == zone.file_name)


def _opendnssec(setting: Setting) -> Iterator[_Row]:
    folder = setting.opendnssec.unsigned or setting.unsigned_folder
    return (_row(zone, folder / zone.file_name) for zone in setting.zones if zone.is_signed)


def _knot(setting: Setting) -> Iterator[_Row]:
    if setting.signer.kind != "knot":
        return _served(setting)
    folder = setting.knot.unsigned or setting.unsigned_folder
    return (_row(zone, folder / zone.file_name) for zone in setting.zones)


def _bind(setting: Setting) -> Iterator[_Row]:
    if setting.signer.kind != "bind":
        return _served(setting)
    return (_row(zone, setting.bind.unsigned / zone.file_name) for zone in setting.zones)


def _served(setting: Setting) -> Iterator[_Row]:
    return (_row(zone, setting.served_file(zone)) for zone in setting.zones)


def _nsd(setting: Setting) -> Iterator[_Row]:
    """Yield the zones whose files NSD can name; `%2` in a path means a letter of the zone to it."""
    return (_row(z, setting.served_file(z)) for z in setting.zones if "%" not in z.file_name)


def _nsd_unlisted(setting: Setting) -> Iterator[str]:
    for zone in setting.zones:
        if "%" in zone.file_name:
            yield (
                f"{zone.apex} is not in NSD's list: NSD takes the % in {zone.file_name} for a "
                "placeholder; serve it by Knot or BIND, or from a link of another name"
            )


KINDS = (
    Kind(
        "opendnssec",
        ("zonelist.xml", "conf.xml", "kasp.xml"),
        _opendnssec,
        "OpenDNSSEC's list of zones, and examples of conf.xml and kasp.xml",
    ),
    Kind("knot", ("knot-template.conf", "knot-zones.conf"), _knot, "Knot's template and zones"),
    Kind("bind", ("named-zones.conf",), _bind, "BIND's zones"),
    Kind(
        "nsd",
        ("nsd-patterns.conf", "nsd-zone.list"),
        _nsd,
        "NSD's patterns, and the list of the zones that it was told of",
        _nsd_unlisted,
    ),
)


def render(kind: Kind, setting: Setting) -> Iterator[Rendered]:
    """Yield the files of *kind*. Errors: ConfigError."""
    _refuse_paths(setting)
    rows, unlisted = tuple(kind.rows(setting)), tuple(kind.unlisted(setting))
    environment = _environment()
    for name in kind.files:
        template = environment.get_template(name + _SUFFIX)
        yield Rendered(name, template.render(setting=setting, zones=rows), unlisted)
        unlisted = ()


def _refuse_paths(setting: Setting) -> None:
    for folder in (setting.unsigned_folder, setting.signed_folder):
        _row(ListedZone("."), folder)


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("zonebuild.signers.config"),
        autoescape=jinja2.select_autoescape(("xml" + _SUFFIX,)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["knot_path"] = lambda path: str(path).replace("%", "%%")
    return environment
