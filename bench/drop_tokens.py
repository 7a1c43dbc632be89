"""One ACME token into a zone, from the file to the unsigned zone, beside the classic Makefile.

    python -m bench.drop_tokens [--rounds N] [--data DIR] [--json FILE]

Targets, for a whole `doit zone:NAME`: 0.4 s into one zone of a thousand, 0.5 s into a zone of a
million records; 10,000 tokens that lie there cost 0.5 s more at most.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench import measure, options

MANY = 10_000


def value_of(number: int) -> str:
    """Return the token of that number: 43 characters of base64url."""
    return urlsafe_b64encode(hashlib.sha256(str(number).encode()).digest())[:43].decode()


def prepare(site: Path) -> str:
    """Let a feed put tokens into the first zone of *site*; build it; return its name."""
    name = (site / "plain" / "zones").read_text().split()[0]
    feed = site / "dnsextra"
    feed.mkdir(exist_ok=True)
    for path in feed.iterdir():
        path.unlink()
    (feed / ".zonebuild-feed").touch()
    settings = site / "site.yaml"
    if "feeds:" not in settings.read_text():
        settings.write_text(settings.read_text() + "feeds: {dnsextra: dnsextra}\n")
    allowed = f'acme: {{dnsextra: [{name}, "*.{name}"]}}\n'
    (site / "zones" / f"{name}.yaml").write_text(allowed)
    for _ in range(3):  # the second finds files as old as they must be to be believed
        subprocess.run((measure.program("doit"), "build"), cwd=site, check=True)
    return name


def new_token(site: Path, name: str, numbers: count[int]) -> Callable[[], None]:
    """Return what puts another token in the place of the last."""
    owner = f"_acme-challenge.{name}"

    def drop() -> None:
        text = f'{owner}. 60 IN TXT "{value_of(next(numbers))}"\n'
        (site / "dnsextra" / owner).write_text(text)

    return drop


def changed_head(site: Path, name: str) -> Callable[[], None]:
    """Return what makes the zone of the Makefile stale, as a token does; it is no file of ours."""
    return (site / "plain" / "soa" / name).touch


def lay_many(site: Path, name: str) -> None:
    """Lay MANY tokens into the feed; of hosts that the zone has not, so that each is refused."""
    for number in range(MANY):
        owner = f"_acme-challenge.h{number}.{name}"
        text = f'{owner}. 60 IN TXT "{value_of(number)}"\n'
        (site / "dnsextra" / owner).write_text(text)


def compare(title: str, site: Path, name: str, rounds: int) -> measure.Comparison:
    """Return what one token costs, beside make."""
    drop = new_token(site, name, count(1_000_000))
    commands = (
        measure.Command("doit zone:NAME", (measure.program("doit"), f"zone:{name}"), site, drop),
        measure.Command(
            "make unsigned/NAME",
            ("make", "-s", f"unsigned/{name}"),
            site / "plain",
            changed_head(site, name),
        ),
    )
    return measure.compare(title, commands, rounds=rounds)


def main(arguments: list[str]) -> None:
    """Make the trees where they are missing, measure, print."""
    chosen = options.parser(__doc__).parse_args(arguments)
    comparisons = []
    for title, size in (
        ("One token into one of 1,000 zones", "M"),
        ("One token into a zone of 1,000,000 records", "1x1000000"),
    ):
        site = options.site(chosen.data, size)
        name = prepare(site)
        comparisons.append(compare(title, site, name, chosen.rounds))
        if size == "M":
            lay_many(site, name)
            title = f"The same with {MANY:,} tokens in the feed"
            comparisons.append(compare(title, site, name, chosen.rounds))
            prepare(site)
    measure.report(comparisons, chosen.json)


if __name__ == "__main__":
    main(sys.argv[1:])
