"""The rule that binds the policy `servers` to what BIND, Knot and NSD do, and its exceptions.

Where all three refuse a zone, we have an error. Where all three accept it and load the same
records, we have none. Between the two we are free.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import generate
from tests.c_tools import Verdicts
from tests.mutations import mutate
from zonebuild.diagnostic import Severity

CORPUS = Path(__file__).with_name("corpus") / "agreement"
GRAPHENEOS = Path(__file__).with_name("real") / "grapheneos" / "zones"
ROOT_ZONE = Path(__file__).with_name("real") / "root" / "root.zone"
# What BIND says without refusing for it.
REMARKS = (
    "warning:",
    "ignoring out-of-zone data",
    "file does not end with newline",
    "set to prior TTL",
    "no TTL specified",
    "bad owner name (check-names)",
    "deprecated",
)
MISSED, FALSE_ALARM, CRASH = "missed", "false alarm", "crash"


class Case(NamedTuple):
    """A zone to be judged by everybody. apex: absolute."""

    name: str
    apex: str
    text: bytes


class Disagreement(NamedTuple):
    """Where the rule does not hold.

    kind: MISSED, FALSE_ALARM or CRASH.
    reason: for MISSED what BIND says, else our first error or exception.
    """

    kind: str
    reason: str

    @property
    def family(self) -> str:
        """The reason without what differs from zone to zone."""
        plain = re.sub(r"\"[^\"]*\"|'[^']*'|[^\s:]*\w\.[^\s:,;/]*|\d+", "…", self.reason)
        return f"{self.kind}: {plain}"


class Exemption(NamedTuple):
    """A documented exception to the rule.

    reason_pattern: a regular expression that the disagreement's reason matches.
    text_pattern: one that is found in the zone's text, so that the row stays narrow.
    """

    name: str
    because: str
    kind: str
    reason_pattern: str
    text_pattern: str = ""


EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "include-outside",
        "the three include any file of the machine; we include only files of the site's tree",
        FALSE_ALARM,
        r"^include: ",
        r"\$INCLUDE +/dev/null",
    ),
    Exemption(
        "generate-at-the-end",
        "BIND alone expands $GENERATE, and not on a last line without line feed, which we mend",
        MISSED,
        r"extra input text$",
        r"\$GENERATE [^\n]*\Z",
    ),
    Exemption(
        "empty-uri",
        "RFC 7553 section 4.4 wants a target; the three load an empty one, dnspython does not",
        FALSE_ALARM,
        r"^rdata-syntax: URI ",
        r"URI +\d+ +\d+ +\"\"",
    ),
    Exemption(
        "ttl-over-31-bits",
        "RFC 2181 section 8: a TTL ends at 2^31 - 1; the three make 0 or less of a larger one",
        FALSE_ALARM,
        r"^bad-ttl: ",
        r"\b(214748364[89]|21474836[5-9]\d|[2-4]\d{9})\b",
    ),
    Exemption(
        "generic-loc",
        "RFC 1876 section 2 wants 16 octets; the three load any number in the form of RFC 3597",
        FALSE_ALARM,
        r"^rdata-syntax: LOC ",
        r"LOC +\\# ",
    ),
    Exemption(
        "generic-tlsa",
        "a digest of another length matches nothing; in the form of RFC 3597 dnspython reads none",
        FALSE_ALARM,
        r"^rdata-syntax: (TLSA|SMIMEA) ",
        r"(TLSA|SMIMEA) +\\# ",
    ),
)


def ours(apex: str, text: bytes) -> list[str]:
    """Return the errors that we find in *text* under the policy `servers`, none included."""
    from zonebuild.compile import compile_zone
    from zonebuild.zonefile import decode_source

    compiled = compile_zone(
        apex, [decode_source("zone", text)], include=include_nothing, policy="servers"
    )
    return [
        f"{finding.check}: {finding.message}"
        for finding in compiled.findings
        if finding.severity is Severity.ERROR
    ]


def include_nothing(_including: str, _name: str) -> str:
    """Answer every `$INCLUDE` as the tools' empty folder does."""
    return "no such file"


def find_disagreement(
    verdicts: Verdicts, errors: Sequence[str], text: bytes
) -> Disagreement | None:
    """Return where *verdicts* and our *errors* break the rule, unless an exemption covers it."""
    if errors and verdicts.all_accept() and verdicts.load_the_same():
        return unless_exempt([Disagreement(FALSE_ALARM, error) for error in errors], text)
    if not errors and verdicts.all_refuse():
        return unless_exempt([Disagreement(MISSED, first_complaint(verdicts))], text)
    return None


def unless_exempt(found: Sequence[Disagreement], text: bytes) -> Disagreement | None:
    """Return the first of *found* that no row of EXEMPTIONS covers."""
    shown = text.decode("latin-1")
    return next((one for one in found if not is_exempt(one, shown)), None)


def is_exempt(found: Disagreement, text: str) -> bool:
    """Say whether a row of EXEMPTIONS covers *found* in the zone *text*."""
    return any(
        row.kind == found.kind
        and re.search(row.reason_pattern, found.reason)
        and re.search(row.text_pattern, text)
        for row in EXEMPTIONS
    )


def first_complaint(verdicts: Verdicts) -> str:
    """Return the first line that BIND says about a zone that it refused, remarks aside."""
    lines = verdicts.bind.message.splitlines()
    grave = [line for line in lines if not any(words in line for words in REMARKS)]
    return next(iter(grave or lines), "nothing said")


def base_cases() -> tuple[Case, ...]:
    """Return the zones that mutations begin with: the corpus and some generated ones."""
    corpus = [read_case(path) for path in sorted(CORPUS.glob("*.zone"))]
    head = generate.render_head()
    generated = []
    for seed in range(8):
        texts = generate.write_zone("zone.example", 16, seed)
        whole = (head + texts.primary + texts.generated).encode()
        generated.append(Case(f"generated-{seed}", "zone.example.", whole))
    return (*corpus, *generated)


def real_cases() -> tuple[Case, ...]:
    """Return the zones that real organisations publish, what they include written out."""
    files = sorted(GRAPHENEOS.glob("*.zone"))
    included = {
        name for file in files for name in re.findall(rb"\$INCLUDE (\S+)", file.read_bytes())
    }
    zones = [file for file in files if file.name.encode() not in included]
    tree = [
        Case(zone.stem, f"{zone.stem}.", flattened(zone))
        for zone in zones
        if b" SOA " in flattened(zone)
    ]
    return (*tree, Case("root", ".", ROOT_ZONE.read_bytes()))


def flattened(path: Path) -> bytes:
    """Return the text of *path* with the text of each `$INCLUDE` in its place."""

    def included(match: re.Match[bytes]) -> bytes:
        return flattened(path.with_name(match[1].decode("ascii")))

    return re.sub(rb"^\$INCLUDE (\S+)$", included, path.read_bytes(), flags=re.MULTILINE)


def read_case(path: Path) -> Case:
    """Return the zone in *path*; its first line says its apex."""
    text = path.read_bytes()
    match = re.match(rb"; apex: (\S+)\n", text)
    if match is None:
        raise ValueError(f"{path}: the first line wants '; apex: NAME'")
    return Case(path.stem, match[1].decode("ascii"), text)


def mutated_cases(count: int, seed: int) -> Iterator[Case]:
    """Yield *count* mutated zones; each depends on *seed* and its own number alone.

    The root zone is too large to be judged again and again.
    """
    bases = base_cases() + real_cases()[:-1]
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        base = chance.choice(bases)
        text = mutate(chance, base.text.decode("ascii"))
        name = f"{base.name}-{seed}/{number}"
        yield Case(name, base.apex, text.encode("utf-8", "surrogateescape"))
