"""Write site trees of any size, the same bytes for the same arguments.

    python bench/generate.py OUT {S|M|L|XL|ZONESxRECORDS} [--seed N] [--plain]

Every zone has exactly RECORDS records, its SOA included, and no finding under the policy
`default`. With `--plain` the folder OUT/plain has what other programs read: each zone as one
file, a named.conf of all zones, and a Makefile that builds them as one did before.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PRESETS = {"S": (10, 500), "M": (1_000, 50), "L": (1, 1_000_000), "XL": (10_000, 20)}
SERIAL = 2026112301
HEAD_RECORDS = 3  # SOA and two NS
FEWEST_RECORDS = HEAD_RECORDS + 4  # the addresses of ns1 and ns2
NAME_SERVERS = ("ns1.zone00000.example.", "ns2.zone00000.example.")  # of every zone

FRAME = Path(__file__).with_name("frame")  # what is the same in every tree

WORDS = ("alpha", "bravo", "cache", "core", "db", "edge", "ldap", "mail", "node", "vpn", "web")
TTLS = ("",) * 6 + ("300 ", "1h ", "1h30m ", "86400 ", "2D ", "1w ")
CLASSES = ("IN ", "IN ", "IN ", "", "")


class Texts(NamedTuple):
    """One zone as it is written: what people write, and what machines made."""

    primary: str
    generated: str


@dataclass(slots=True)
class Draft:
    """A zone while its records are invented; `draft["v4"]` fills a `{v4}` of the table below.

    owner, origin: of the unit being written; the origin is absolute, as the apex.
    hosts: the last owners of addresses, as label and origin.
    bare_hosts: absolute names of hosts without SSHFP and TLSA, for the machines' fragment.
    """

    apex: str
    chance: random.Random
    origin: str
    owner: str = ""
    hosts: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=64))
    bare_hosts: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return FIELDS[name](self)


def make_digits(draft: Draft, octets: int) -> str:
    """Return *octets* octets as lower-case hexadecimal digits."""
    return f"{draft.chance.getrandbits(8 * octets):0{2 * octets}x}"


def make_address4(draft: Draft) -> str:
    """Return an IPv4 address that looks globally routed."""
    bits = draft.chance.getrandbits(24)
    return f"45.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"


def make_address6(draft: Draft) -> str:
    """Return an IPv6 address that looks globally routed."""
    bits = draft.chance.getrandbits(48)
    return f"2a0f:{bits >> 32:x}:{bits >> 16 & 0xFFFF:x}::{bits & 0xFFFF:x}"


def pick_host(draft: Draft) -> str:
    """Return a name that owns an address, relative where the `$ORIGIN` allows one label."""
    label, origin = draft.chance.choice(draft.hosts)
    return label if origin == draft.origin else f"{label}.{origin}"


def make_key(draft: Draft) -> str:
    """Return what stands for a public key: 80 characters of base64's alphabet."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return "".join(draft.chance.choices(alphabet, k=80))


FIELDS: dict[str, Callable[[Draft], str]] = {
    "owner": lambda draft: draft.owner,
    "host": pick_host,
    "v4": make_address4,
    "v6": make_address6,
    "digest": lambda draft: make_digits(draft, 32),
    "tag": lambda draft: str(draft.chance.getrandbits(16)),
    "key": make_key,
}


class Kind(NamedTuple):
    """A sort of unit: records that are clean by themselves.

    weight: how often it comes.
    records: owner and rdata of each; an empty owner is inherited.
    role: `host` and `bare` (a host without SSHFP and TLSA) can be a target.
    """

    weight: int
    records: tuple[tuple[str, str], ...]
    role: str = ""


A, AAAA = ("{owner}", "A\t{v4}"), ("", "AAAA\t{v6}")
DKIM = 'TXT ( "v=DKIM1; k=rsa; p={key}" ; (one of three\n\t\t"{key}"\n\t\t"wwIDAQAB" )'
TLSA = ("_443._tcp.{owner}", "TLSA 3 1 1 {digest}")
DELEGATION = (
    ("{owner}", "NS ns.{owner}"),
    ("", "NS ns.hoster.example."),
    ("", "DS {tag} 13 2 {digest}"),
    ("ns.{owner}", "A {v4}"),
    ("", "AAAA {v6}"),
)
KINDS = (
    Kind(20, (A,), "bare"),
    Kind(20, (A, AAAA), "bare"),
    Kind(5, (A, AAAA, ("", "SSHFP 4 2 {digest}")), "host"),
    Kind(5, (A, AAAA, ("", 'TXT "host={owner}; rack 7" "asset {tag}"')), "bare"),
    Kind(4, (A, AAAA, ("", "HTTPS 1 . alpn=h2"), TLSA), "host"),
    Kind(22, (("{owner}", "CNAME\t{host}"),)),
    Kind(6, (("{owner}", "MX 10 {host}"), ("", "MX 20 mx.backup.example."))),
    Kind(4, (("{owner}", 'TXT "v=spf1 ip4:{v4} include:spf.example.com -all"'),)),
    Kind(2, (("s1._domainkey.{owner}", DKIM),)),
    Kind(4, (("_sip._tcp.{owner}", "SRV\t10 60 5060 {host}"),)),
    Kind(4, DELEGATION),
    Kind(2, (("{owner}", 'CAA 0 issue "letsencrypt.org"'), ("", 'CAA 0 issuewild ";"'))),
)
WEIGHTS = tuple(kind.weight for kind in KINDS)
FIRST_HOSTS, FIRST_KIND = ("ns1", "ns2"), KINDS[1]


def write_zone(name: str, records: int, seed: int) -> Texts:
    """Invent the zone *name*; the same arguments give the same texts.

    records: how many the zone has with its head, at least FEWEST_RECORDS.
    """
    draft = Draft(f"{name}.", random.Random(f"{seed}/{name}"), f"{name}.")
    generated = min(max(2, records // 50), records - FEWEST_RECORDS)
    primary = "".join(write_primary(draft, records - HEAD_RECORDS - generated))
    return Texts(primary, "".join(write_generated(draft, generated)))


def write_primary(draft: Draft, records: int) -> Iterator[str]:
    """Yield the lines that people write: *records* records, comments, moves of the origin."""
    yield f"; what people wrote of {draft.apex}\n\n"
    for host in FIRST_HOSTS:
        yield from write_unit(draft, FIRST_KIND, host, "")
    left = records - len(FIRST_HOSTS) * len(FIRST_KIND.records)
    number = 0
    while left:
        number += 1
        yield from write_interlude(draft, number)
        kind = draft.chance.choices(KINDS, WEIGHTS)[0]
        if len(kind.records) > left:
            kind = KINDS[0]
        owner = f"{draft.chance.choice(WORDS)}-{number}"
        yield from write_unit(draft, kind, owner, draft.chance.choice(TTLS))
        left -= len(kind.records)
    yield f"$ORIGIN {draft.apex}\n$TTL 1h\n"


def write_unit(draft: Draft, kind: Kind, owner: str, ttl: str) -> Iterator[str]:
    """Yield the records of one unit, all with the same TTL (`1h `, or empty: none written)."""
    draft.owner = owner
    for name, rdata in kind.records:
        gap = "\t" if not name or draft.chance.random() < 0.5 else " "
        ahead = f"{name}{gap}{ttl}{draft.chance.choice(CLASSES)}"
        yield f"{ahead}{rdata}\n".format_map(draft)
    if kind.role:
        draft.hosts.append((owner, draft.origin))
    if kind.role == "bare":
        draft.bare_hosts.append(f"{owner}.{draft.origin}")


def write_interlude(draft: Draft, number: int) -> Iterator[str]:
    """Yield, now and then, a line that is no record."""
    dice = draft.chance.random()
    if dice < 0.01:
        moved = draft.origin != draft.apex
        draft.origin = draft.apex if moved else f"dept{number}.{draft.apex}"
        yield f"\n$ORIGIN {draft.origin}\n"
    elif dice < 0.012:
        yield f"$TTL {draft.chance.choice(('3600', '1h', '2h30m', '1d'))}\n"
    elif dice < 0.04:
        yield f"; {draft.chance.choice(WORDS)} rack {number % 40}, ticket #{number}\n"
    elif dice < 0.05:
        yield "\n"


def write_generated(draft: Draft, records: int) -> Iterator[str]:
    """Yield the lines that machines make: TLSA, SSHFP and challenges at hosts without them."""
    yield "; made by machines, do not edit\n"
    for number in range(records):
        host = draft.bare_hosts[number // 3]
        digest = make_digits(draft, 32)
        match number % 3:
            case 0:
                yield f"_443._tcp.{host} 3600 IN TLSA 3 1 1 {digest}\n"
            case 1:
                yield f"{host} 3600 IN SSHFP 4 2 {digest}\n"
            case _:
                yield f'_acme-challenge.{host} 60 IN TXT "{digest[:43]}"\n'


def read_frame(path: str) -> str:
    """Return the text of a file that every tree has."""
    return (FRAME / path).read_text(encoding="ascii")


def render_head() -> str:
    """Return the head as other programs read it; it is the same for every zone."""
    from jinja2 import Environment

    # Zone text, not markup: nothing is to be escaped.
    template = Environment(autoescape=False, trim_blocks=True).from_string(
        read_frame("soa/default")
    )
    return template.render(serial=SERIAL, ns=NAME_SERVERS, soa={"mname": NAME_SERVERS[0]}) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write *text*, its folder made where needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii", newline="\n")


def write_site(out: Path, *, zones: int, records: int, seed: int = 1, plain: bool = False) -> None:
    """Write a site of *zones* zones with *records* records each into *out*."""
    names = [f"zone{number:05d}.example" for number in range(zones)]
    for path in ("site.yaml", "dodo.py", "soa/default"):
        write_file(out / path, read_frame(path))
    if plain:
        write_plain_frame(out / "plain", names)
    head = render_head() if plain else ""
    for name in names:
        texts = write_zone(name, records, seed)
        write_file(out / "zones" / f"{name}.yaml", "")
        write_file(out / "primary" / name, texts.primary)
        write_file(out / "extra" / name / "generated", texts.generated)
        if plain:
            write_file(out / "plain" / "soa" / name, head)
            write_file(out / "plain" / name, head + texts.primary + texts.generated)


def write_plain_frame(folder: Path, names: list[str]) -> None:
    """Write what stands beside the plain zones: their names, BIND's configuration, a Makefile."""
    zones = (f'zone "{name}" {{ type primary; file "{name}"; }};\n' for name in names)
    write_file(folder / "zones", "".join(f"{name}\n" for name in names))
    write_file(folder / "named.conf", "".join(zones))
    write_file(folder / "Makefile", read_frame("Makefile"))


def read_size(text: str) -> tuple[int, int]:
    """Return zones and records of a preset's name or of `ZONESxRECORDS`.

    Errors: ValueError when *text* is neither, or a zone would be too small.
    """
    if text in PRESETS:
        return PRESETS[text]
    zones, records = map(int, text.split("x"))
    if zones < 1 or records < FEWEST_RECORDS:
        raise ValueError(text)
    return zones, records


def main(arguments: list[str]) -> None:
    """Write the tree that *arguments* ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("size", type=read_size, metavar="{S|M|L|XL|ZONESxRECORDS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="write the peers' input too")
    chosen = parser.parse_args(arguments)
    zones, records = chosen.size
    write_site(chosen.out, zones=zones, records=records, seed=chosen.seed, plain=chosen.plain)


if __name__ == "__main__":
    main(sys.argv[1:])
