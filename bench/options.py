"""What every measuring script is told, and the trees that it makes for itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import generate


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that all scripts share."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("--rounds", type=int, default=5, help="measured runs of each command")
    made.add_argument("--data", type=Path, default=Path(__file__).with_name("data"))
    made.add_argument("--json", type=Path, help="write the figures here too")
    return made


def site(data: Path, size: str) -> Path:
    """Return the generated tree of *size* in *data*, made where it is missing."""
    folder = data.absolute() / size
    if not (folder / "plain" / "Makefile").exists():
        zones, records = generate.read_size(size)
        generate.write_site(folder, zones=zones, records=records, plain=True)
    return folder
