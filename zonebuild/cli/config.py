"""`zonebuild config`: the configuration of signers, servers and secondaries, typed by nobody."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonebuild.cli import fail
from zonebuild.diagnostic import quoted
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteBatch, WriteError, make_directory, sweep
from zonebuild.zonefile.entry import name_key

if TYPE_CHECKING:
    from zonebuild.builder.run import Run
    from zonebuild.signers.config.catalog import Catalog, Step
    from zonebuild.signers.config.setting import Setting

CATALOG, CATALOG_FILE = "catalog", "catalog.zone"
DEFAULT_FOLDER = Path("state/config")
_KINDS = ("opendnssec", "knot", "bind", "nsd", CATALOG)
_LIMIT = 64 << 20  # octets of a file that was written here before
_SHOWN = 10  # names in one message


class Asked(NamedTuple):
    """What is to be written. kinds: none for what site.yaml names and a catalog that is there.

    folder: relative to the site. catalog: the apex of the catalog, "" as it was.
    primary: where members are asked for, "" for the server on this host.
    is_free: whether as many members may change as do.
    """

    kinds: Sequence[str] = ()
    folder: Path = DEFAULT_FOLDER
    catalog: str = ""
    primary: str = ""
    is_free: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the kinds, the folder, and what a catalog needs."""
    known = ", ".join(_KINDS)
    parser.add_argument(
        "kinds", metavar="KIND", nargs="*", type=_kind, help=f"{known}; default: what the site uses"
    )
    parser.add_argument("--dir", metavar="DIR", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--catalog", metavar="NAME", default="", help="the catalog's own name")
    parser.add_argument(
        "--primary",
        metavar="ADDRESS[:PORT]",
        default="",
        help="what serves a zone before it becomes a member; default: the server on this host",
    )
    parser.add_argument(
        "--let-members-change", action="store_true", help="of the catalog, as many as do"
    )


def run(options: argparse.Namespace) -> int:
    """Write the files: 0 they stand as they should, 1 the catalog is held, 2 could not run."""
    name = options.catalog and name_key(options.catalog, ".")
    if name is None:
        return fail(f"{options.catalog!a} is not a domain name")
    asked = Asked(options.kinds, options.dir, name, options.primary, options.let_members_change)
    return write_config(Path.cwd(), asked)


def write_config(root: Path, asked: Asked) -> int:
    """Write what is *asked* for about the site at *root*; return the exit code."""
    from zonebuild.builder.places import SiteError
    from zonebuild.builder.run import open_run
    from zonebuild.cli.site import print_findings
    from zonebuild.signers.config.render import ConfigError

    try:
        now, command = int(time.time()), "zonebuild config"
        with open_run(root.absolute(), now=now, command=command, is_builder=True) as opened:
            if opened.site_findings:
                print_findings(opened.site_findings)
                return fail("site.yaml has errors: nothing was written")
            return _write(opened, root.absolute() / asked.folder, asked)
    except SiteError as error:
        print_findings(error.findings)
        return fail(str(error))
    except (WriteError, ConfigError) as error:
        return fail(str(error))


def _write(run: Run, folder: Path, asked: Asked) -> int:
    """Write the files into *folder*; what is already there stays untouched."""
    from zonebuild.signers.config.render import KINDS, render

    setting = setting_of(run)
    kinds = asked.kinds or _usual(setting, folder)
    if not kinds:
        return fail(f"site.yaml names no signer and no server: say which of {', '.join(_KINDS)}")
    code, texts = 0, {}
    for kind in KINDS:
        for rendered in render(kind, setting) if kind.name in kinds else ():
            texts[rendered.name] = rendered.text
            for sentence in rendered.unlisted:
                print(f"zonebuild: {sentence}", file=sys.stderr)
    if CATALOG in kinds:
        text = _catalog_text(run, setting, folder / CATALOG_FILE, asked)
        if isinstance(text, int):
            code = text
        else:
            texts[CATALOG_FILE] = text
    for path in _write_files(folder, texts):
        print(f"wrote {path}")
    return code


def setting_of(run: Run) -> Setting:
    """Return what configuration tells of the site of *run*: also zones that wait for a removal."""
    from zonebuild.signers.config.setting import ListedZone, Setting

    site = run.site
    configs = {**run.orphans, **site.fallbacks, **site.zones}
    known = {*run.orphans, *site.broken, *site.zones}
    zones = [ListedZone(apex, configs[apex].signing.enabled) for apex in sorted(known)]
    ttls = Counter(configs[apex].ttl for apex in known)
    minima = Counter(configs[apex].soa.minimum for apex in known)
    handoff = site.handoff
    return Setting(
        run.places.root,
        zones,
        handoff.signer,
        handoff.server,
        soa_ttl=ttls.most_common(1)[0][0] if ttls else 3600,
        soa_minimum=minima.most_common(1)[0][0] if minima else 600,
    )


def _usual(setting: Setting, folder: Path) -> list[str]:
    used = {setting.signer.kind, setting.server.kind if setting.server else ""}
    has_catalog = (folder / CATALOG_FILE).exists()
    return [kind for kind in _KINDS if kind in used or (kind == CATALOG and has_catalog)]


def _catalog_text(run: Run, setting: Setting, path: Path, asked: Asked) -> str | int:
    """Return the text of the catalog, or the exit code where it stays as it is."""
    from zonebuild.probe.answers import Server, parse_server
    from zonebuild.signers.config.catalog import next_catalog, write_catalog
    from zonebuild.signers.config.served import find_served

    server = parse_server(asked.primary) if asked.primary else Server(*setting.primary)
    if server is None:
        return fail(f"--primary {asked.primary!a}: want ADDRESS, ADDRESS:PORT or [IPV6]:PORT")
    old = _old_catalog(path, asked.catalog)
    if isinstance(old, str):
        return fail(old)
    zones = {zone.apex for zone in setting.zones}
    if old.apex in zones:
        return fail(f"{old.apex} is a zone of the site, want another name for the catalog")
    served, silence = find_served(server, zones - old.members.keys())
    rails = None if asked.is_free else run.site.plan
    step = next_catalog(old, zones, served, now=run.now, rails=rails)
    for line in _catalog_lines(step, server, silence):
        print(f"zonebuild: {line}", file=sys.stderr)
    return 1 if step.held else write_catalog(step.catalog)


def _old_catalog(path: Path, apex: str) -> Catalog | str:
    """Return the catalog that stands in *path*, or why none can follow it."""
    from zonebuild.signers.config.catalog import DEFAULT_APEX, Catalog, read_catalog

    if not path.exists():
        return Catalog(apex or DEFAULT_APEX, 0)
    try:
        old = read_catalog(read_outside(path, _LIMIT).decode("ascii", "replace"))
    except SourceError as error:
        return f"{path} {error.reason}"
    if old is None:
        return f"{path} is no catalog that `zonebuild config` wrote: move it away"
    if apex not in ("", old.apex):
        return f"{path} is the catalog {old.apex}, not {apex}: move it away, or want --dir DIR"
    return old


def _catalog_lines(step: Step, server: object, silence: str) -> Iterator[str]:
    if step.held:
        yield f"the catalog stays as it is: {step.held}"
        for word, names in (("new", step.added), ("gone", step.removed)):
            if names:
                yield f"  {word}: {_names(names)}"
        yield "look at them, then run: zonebuild config --let-members-change catalog"
    if silence:
        yield f"no zone becomes a member of the catalog: {quoted(silence, 200)}"
    elif step.waiting:
        yield f"no members yet, as {server} does not serve them: {_names(step.waiting)}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _write_files(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write what differs from what is there; return its paths. Errors: WriteError."""
    make_directory(folder)
    sweep(folder)
    data = {folder / name: text.encode("utf-8") for name, text in texts.items()}
    changed = [path for path, wanted in data.items() if _content(path) != wanted]
    with WriteBatch() as batch:
        for path in changed:
            batch.stage(path, data[path])
        batch.commit()
    return changed


def _content(path: Path) -> bytes | None:
    try:
        return read_outside(path, _LIMIT)
    except SourceError:
        return None


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise argparse.ArgumentTypeError(f"{text!a} is unknown, want {', '.join(_KINDS)}")
    return text
