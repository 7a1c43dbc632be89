"""docs/site.md, made of the table of keys: `python -m zonebuild.site.reference > docs/site.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from zonebuild.files.host import DEFAULT, VARIABLE
from zonebuild.site.host import MAP_RULES, SITE_RULES
from zonebuild.site.kinds import Key
from zonebuild.site.schema import SITE_KEYS, ZONE_KEYS
from zonebuild.site.tlsa_map import MAP_FILE, MAP_KEYS

_INTRODUCTION = """\
# site.yaml and zones/NAME.yaml

Made from the table of keys in `zonebuild/site/schema.py`; do not edit.

Both are YAML of at most 1 MiB and 20 levels, without anchors, aliases, tags and second documents.
A key may stand once; an unknown one is an error. A key without a value counts as not given.
A duration is seconds or a form such as `1h30m` (`w`, `d`, `h`, `m`, `s`); a size is octets or
a form such as `64 MiB`. Domain names are absolute, their final dot may be left out where there are
two labels or more. `soa.refresh` is the key `refresh` below `soa`.

NAME is the zone's name in lower case without its final dot, `/` written `%2F`, the root `@`.
What a zone's file does not say is taken from `defaults:` in site.yaml, else from the table here.
A list of the zone replaces the one of `defaults:`; `vars` and `severity` are laid over it, name
by name.

The head, soa/NAME, may name `zone` (the apex), `soa.*`, `ns`, `ttl`, `vars.*` and `serial`, with
`if` and `for`, comparisons, `is defined`, and the filters `default`, `join`, `lower`, `upper`.
"""


def render_reference() -> str:
    """Return docs/site.md."""
    sections = (*_section("site.yaml", SITE_KEYS), *_section("zones/NAME.yaml", ZONE_KEYS))
    return "\n".join([_INTRODUCTION, _host_section(), *sections, *_map_section()])


_HOST = """\
## The host's own file

The environment variable {variable} names it; where that is not set, it is {default},
if there is such a file, and where it is set but empty, there is none. It has the keys of site.yaml,
and each that it gives goes before the one of site.yaml; of `feeds` both count, name by name. It
belongs to root or to the user who runs zonebuild, and nobody else may write it. A commit must not
run a program or read a file of the host, so only this file may have these keys; in site.yaml they
are the error `host-only`:

{always}

and, where the path is absolute or leads into `keys/`, `state/`, `signed/`, `unsigned/` or
`publication/`:

{paths}

In tlsa-map.yaml such a path is an error unless it is below a folder of `paths.allow`:

{mapped}
"""


def _host_section() -> str:
    """Return what the host's own file is, and which keys only it may have."""
    return _HOST.format(
        variable=VARIABLE,
        default=DEFAULT,
        always=_names_of(rule.path for rule in SITE_RULES if not rule.is_path),
        paths=_names_of(rule.path for rule in SITE_RULES if rule.is_path),
        mapped=_names_of(rule.path for rule in MAP_RULES),
    )


def _names_of(paths: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(f"`{'.'.join(path)}`" for path in paths) + "."


def _section(title: str, keys: tuple[Key, ...]) -> Iterator[str]:
    yield from _table(title, keys)
    yield "\nExamples, one of each:\n"
    yield "```yaml"
    yield from (key.example for key in keys if key.example)
    yield "```\n"


def _map_section() -> Iterator[str]:
    yield from _table(MAP_FILE, MAP_KEYS)
    yield "\nAn example:\n"
    yield from (f"    {key.example}" for key in MAP_KEYS if key.example)
    yield ""


def _table(title: str, keys: tuple[Key, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| key | value | default | what it is |"
    yield "|---|---|---|---|"
    for key in keys:
        yield from _rows(key.name, key)


def _rows(name: str, key: Key) -> Iterator[str]:
    yield _row(name, key)
    for field in key.kind.fields:
        yield from _rows(f"{name} … {field.name}", field)


def _row(name: str, key: Key) -> str:
    default = "required" if key.required else key.shown
    return f"| `{name}` | {key.kind.wanted} | {default} | {key.doc} |"


if __name__ == "__main__":
    sys.stdout.write(render_reference())
