"""Zones whose content a program was not given yet, given to it: first the signer, then the server.

All that changed goes to a program at once, so that it works on them side by side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from zonebuild.builder.delivery.copies import LIMIT, copy_zones
from zonebuild.builder.remembered.handed import Handed
from zonebuild.builder.run import Run
from zonebuild.diagnostic import Location
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import WriteError
from zonebuild.signers.table import program_of
from zonebuild.signers.told import Job, Program, Told, Verdict, file_serial
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name
from zonebuild.site.signers import ExecSigner, OpenDNSSECSigner


class Given(NamedTuple):
    """What one program made of the zones that it was given. where: site.yaml names it."""

    kind: str
    where: Location
    told: Mapping[str, Told]


class Target(NamedTuple):
    """A program that site.yaml names, and whether what it reads are signed zones already."""

    program: Program
    where: Location
    is_server: bool


def targets(run: Run) -> list[Target]:
    """Return the programs that site.yaml names, in the order in which they are told."""
    named = run.site.handoff
    found = (
        (program_of(named.signer), named.signer_at, False),
        (program_of(named.server), named.server_at, True),
    )
    return [Target(program, where, is_server) for program, where, is_server in found if program]


def source_of(run: Run, config: ZoneConfig, *, is_server: bool) -> Path:
    """Return the file that a program is to have: the signed zone for a server, if there is one."""
    if is_server and config.signing.enabled:
        return signed_file(run, config.apex)
    return run.places.unsigned(config.apex)


def signed_file(run: Run, apex: str) -> Path:
    """Return where the signer's zone file lies, if it writes one."""
    signer = run.site.handoff.signer
    if isinstance(signer, OpenDNSSECSigner | ExecSigner) and signer.signed is not None:
        return signer.signed / file_name(apex)
    return run.places.signed(apex)


def give_all(run: Run, configs: Mapping[str, ZoneConfig], handed: Handed) -> list[Given]:
    """Give each program what it has not of the zones of *configs*; return what it made of it."""
    return [_give(run, target, configs, handed) for target in targets(run)]


def _give(run: Run, target: Target, configs: Mapping[str, ZoneConfig], handed: Handed) -> Given:
    program, digests = target.program, dict[str, str]()

    def changed() -> Iterator[tuple[str, bytes]]:
        for apex, config in configs.items():
            if not _is_wanted(run, target, config, handed):
                continue
            source = source_of(run, config, is_server=target.is_server)
            is_built = source == run.places.unsigned(apex)
            data = run.built.read(apex).data if is_built else _content(source)
            if data is None:
                continue
            digest = hashlib.sha256(data).hexdigest()
            if digest != handed.digest(program.kind, apex) or _is_copy_gone(program, apex):
                digests[apex] = digest
                yield apex, data

    jobs, told = _prepare(run, target, configs, changed())
    if jobs:
        given = [replace(j, was_given=bool(handed.digest(program.kind, j.apex))) for j in jobs]
        told = {**told, **program.apply(given)}
    for apex, each in told.items():
        if each.verdict is Verdict.TOLD:
            handed.put(program.kind, apex, digests[apex])
    return Given(program.kind, target.where, told)


def _is_wanted(run: Run, target: Target, config: ZoneConfig, handed: Handed) -> bool:
    if not config.signing.enabled and not target.program.takes_unsigned:
        return False
    # Its YAML is wrong or gone: go on with what was handed off before, begin nothing.
    return config.apex in run.site.zones or bool(handed.digest(target.program.kind, config.apex))


def _is_copy_gone(program: Program, apex: str) -> bool:
    return program.folder is not None and not (program.folder / file_name(apex)).exists()


def _prepare(
    run: Run,
    target: Target,
    configs: Mapping[str, ZoneConfig],
    changed: Iterator[tuple[str, bytes]],
) -> tuple[Sequence[Job], dict[str, Told]]:
    """Return what the program is to be given, and what cannot be; copies it where it reads."""
    folder, jobs, told = target.program.folder, [], dict[str, Told]()
    if folder is None:
        for apex, data in changed:
            file = source_of(run, configs[apex], is_server=target.is_server)
            serial = file_serial(data.decode("utf-8", "replace"))
            jobs.append(Job(apex, file, serial, configs[apex].signing.enabled))
        return jobs, told
    copied = copy_zones(folder, changed, wants_rising=target.program.wants_rising)
    for apex, copy in copied.items():
        if isinstance(copy, str):
            told[apex] = Told(Verdict.UNREACHED, f"no copy can be made for it, {copy}")
        else:
            jobs.append(Job(apex, copy.file, copy.serial, configs[apex].signing.enabled))
    return jobs, told


def _content(path: Path) -> bytes | None:
    try:
        return read_outside(path, LIMIT)
    except SourceError:
        return None


def take_away(run: Run, config: ZoneConfig) -> str:
    """Take a zone away from the programs, with the copies made for them, the server first.

    Returns why one of them still has it, "" where none has.
    Errors: WriteError.
    """
    for program, _, is_server in reversed(targets(run)):
        file = source_of(run, config, is_server=is_server)
        copy = program.folder and program.folder / file_name(config.apex)
        told = program.remove(Job(config.apex, copy or file, None, config.signing.enabled))
        if told.verdict is not Verdict.TOLD:  # a server that has it is not to lose its signer
            return f"{program.kind} {told.why}"
        if copy:
            _unlink(copy)
    return ""


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(path, error) from error
