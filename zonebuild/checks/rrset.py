"""RRsets whose records contradict or repeat each other (RFC 2181 section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, WARNING, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted
from zonebuild.rdata.canonical import TARGET_TOKEN, canonical_text
from zonebuild.rdata.types import type_mnemonic

_TTL_SAYS_NOTHING = frozenset({bits.SOA, bits.RRSIG})  # several SOA are one finding already


def rrset_ttl_mismatch(survey: Survey) -> Iterator[Fact]:
    """Find each record whose TTL is not that of the first record of its RRset."""
    ttls = survey.records.ttls
    for rdtype, rrsets in survey.rrsets.items():
        if rdtype in _TTL_SAYS_NOTHING:
            continue
        several = [rows for rows in rrsets if len(rows) > 2 or ttls[rows[0]] != ttls[rows[1]]]
        mixed = [rows for rows in several if len({ttls[row] for row in rows}) > 1]
        for rows in mixed:
            first = ttls[rows[0]]
            for row in [row for row in rows if ttls[row] != first]:
                what = f"{survey.type_of(row)} of {survey.owner(row)}"
                message = f"{what} has TTL {ttls[row]}, the first of its RRset has {first}"
                message += ": all records of an RRset need one TTL"
                yield Fact(row, message, Part.TTL, ((rows[0], f"TTL {first} here"),))


def duplicate_record(survey: Survey) -> Iterator[Fact]:
    """Find each record that says again what an earlier record of its RRset says."""
    texts = survey.repeated_texts
    suspects = [
        rows
        for rdtype, rrsets in survey.rrsets.items()
        for rows in _that_may_repeat(survey, rdtype, rrsets)
    ]
    pointing = sorted(row for rows in suspects for row in rows if row not in texts)
    if pointing:
        texts = texts | {row: (origin, rdata) for row, origin, rdata in survey.rdatas(pointing)}
    for rows in suspects:
        rdtype = survey.records.rdtypes[rows[0]]
        for row, first in _repeats(rdtype, [(row, *texts[row]) for row in rows]):
            what = f"{survey.owner(row)} {type_mnemonic(rdtype)} {quoted(texts[row][1])}"
            yield Fact(row, f"{what} stands here again: remove one", notes=((first, "the first"),))


def _that_may_repeat(survey: Survey, rdtype: int, rrsets: list[list[int]]) -> list[list[int]]:
    """Return those of *rrsets* that may hold a record twice; hosts are compared as numbers."""
    if rdtype == bits.SOA:
        return []  # several SOA are a finding of their own
    if type_mnemonic(rdtype) not in TARGET_TOKEN:
        return rrsets
    same = survey.before_same_target
    near = [rows for rows in rrsets if rows[0] in same or rows[-1] - rows[0] > 1]
    return [rows for rows in near if len(set(survey.targets_of(rows))) < len(rows)]


def _repeats(rdtype: int, records: list[tuple[int, str, str]]) -> Iterator[tuple[int, int]]:
    """Yield the row of each repeated record and that of the first. records: row, origin, rdata."""
    if _surely_differ(rdtype, [rdata for _row, _origin, rdata in records]):
        return
    mnemonic = type_mnemonic(rdtype)
    first_of: dict[str, int] = {}
    for row, origin, rdata in records:
        first = first_of.setdefault(_one_spelling(mnemonic, rdata, origin), row)
        if first != row:
            yield row, first


def _one_spelling(mnemonic: str, rdata: str, origin: str) -> str:
    """Return the canonical *rdata*, its target in lower case also where DNSSEC keeps its case."""
    text = canonical_text(mnemonic, rdata, origin)
    if mnemonic not in TARGET_TOKEN:
        return text
    before = text.split(" ", TARGET_TOKEN[mnemonic])
    target, *behind = before.pop().split(" ", 1)
    return " ".join([*before, target.lower(), *behind])


def _surely_differ(rdtype: int, rdatas: list[str]) -> bool:
    """Say whether a glance is enough to tell that no two of *rdatas* are equal."""
    fold = _FOLDS.get(rdtype)
    if fold is None or "\\" in "".join(rdatas):
        return False
    return len(set(map(fold, rdatas))) == len(rdatas)


def _as_it_is(rdata: str) -> str:
    return rdata


def _without_quotes(rdata: str) -> str:
    return rdata.replace('"', "").replace(" ", "")


def _without_number(rdata: str) -> str:
    return _without_quotes(rdata).lower().lstrip("0123456789")


def _tail(rdata: str) -> str:
    """Return the end of what most rdata has; nothing where its first numbers would be in it."""
    plain = _without_quotes(rdata).lower()
    return plain[-12:] if len(plain) > 24 else ""


# What all spellings of one rdata share, where that is cheap to have and no octet is escaped.
_FOLDS: dict[int, Callable[[str], str]] = {
    1: _as_it_is,  # A
    16: _without_quotes,  # TXT
    43: _tail,  # DS
    44: _tail,  # SSHFP
    52: _tail,  # TLSA
    257: _without_number,  # CAA
}


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="rrset-ttl-mismatch", numbers=("Z020",), severity=ERROR, refused_by="",
        spec="RFC 2181 section 5.2", find=rrset_ttl_mismatch,
        why="BIND serves the first TTL, Knot the last; signers break on it.",
        bad="a 300 A 192.0.2.2\na 600 A 192.0.2.3\n",
        good="a 300 A 192.0.2.2\na 300 A 192.0.2.3\n",
    ),
    Check(
        name="duplicate-record", numbers=("Z021", "Z022"), severity=WARNING, refused_by="",
        spec="RFC 2181 section 5", find=duplicate_record,
        why="Served once; whoever removes one copy believes the record gone.",
        bad="a A 192.0.2.2\na A 192.0.2.2\n", good="a A 192.0.2.2\n",
    ),
)
# fmt: on
