"""`zonebuild compile`: one zone made of files, judged and written as one file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from zonebuild.cli import check, fail
from zonebuild.cli.sources import SourceFiles
from zonebuild.files.write import WriteBatch, WriteError
from zonebuild.zonefile.write import write_zone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `check` takes of files, and where to write."""
    check.add_common_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OUT", help="instead of standard output")
    parser.add_argument("files", metavar="FILE", nargs="+", help="fragments, in order")


def run(options: argparse.Namespace) -> int:
    """Judge the files, report on standard error, and write the zone where nothing fails."""
    files = SourceFiles()
    compiled = check.compile_files(options, files, options.files)
    if compiled is None:
        return 2
    stream = sys.stdout if options.output else sys.stderr
    code = check.report([compiled], options, files, stream)
    if code:
        return code
    chunks = (text.encode("ascii") for _, text in write_zone(compiled.zone))
    return _write_file(Path(options.output), chunks) if options.output else _print(chunks)


def _write_file(path: Path, chunks: Iterable[bytes]) -> int:
    try:
        with WriteBatch() as batch:
            batch.stage(path, chunks)
            batch.commit()
    except WriteError as error:
        return fail(str(error))
    return 0


def _print(chunks: Iterable[bytes]) -> int:
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    return 0
