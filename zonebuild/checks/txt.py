"""TXT records whose text is not what was meant: cut at a `;`, or escaped twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, Check, Fact
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Part, quoted

_TAGGED = r"(?:v=(?:DKIM1|DMARC1|STSv1|TLSRPTv1|BIMI1)|k=(?:rsa|ed25519))"
# What is left of a value that wants more when its `;` was taken for the begin of a comment.
_CUT = re.compile(rf"({_TAGGED})(?:\\\\)*")
_ESCAPED = re.compile(rf'"?(?:{_TAGGED}|p=[A-Za-z0-9+/]+=*)[^\\]*+\\')
_BACKSLASHES = re.compile(r"(?:\\\\|\\092)+\\?;")


def txt_cut_at_semicolon(survey: Survey) -> Iterator[Fact]:
    """Find each TXT without quotes of which only what stands before its first `;` is left."""
    for row, left in survey.once(_cut).items():
        said = f"TXT of {survey.owner(row)} is only {quoted(left)}"
        message = f'{said}: a ; outside of quotes begins a comment; write "{left}; …"'
        yield Fact(row, message, Part.RDATA)


def txt_escaped_twice(survey: Survey) -> Iterator[Fact]:
    """Find each TXT of tags and values with a backslash before its `;`."""
    for row, meant in survey.once(_escaped).items():
        shown = meant.replace("\t", "\\009")[:200] + ("…" if meant[200:] else "")
        message = f"TXT of {survey.owner(row)} has a backslash in its text before a ;"
        yield Fact(row, f"{message}: write {shown}", Part.RDATA)


def spoilt_rows(survey: Survey) -> frozenset[int]:
    """Return the rows that the checks here speak of: what their tags say was not meant."""
    return frozenset((*survey.once(_cut), *survey.once(_escaped)))


def _cut(survey: Survey) -> dict[int, str]:
    """Return what is left of each TXT that is cut, by its row."""
    cut = ((row, _CUT.fullmatch(rdata)) for row, _origin, rdata in survey.unusual(bits.TXT))
    return {row: match[1] for row, match in cut if match}


def _escaped(survey: Survey) -> dict[int, str]:
    """Return the rdata that was meant for each TXT that is escaped twice, by its row."""
    found = {}
    for row, _origin, rdata in survey.unusual(bits.TXT):
        if _ESCAPED.match(rdata):
            meant, count = _BACKSLASHES.subn(";", rdata)
            if count:
                found[row] = meant
    return found


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="txt-cut-at-semicolon", numbers=("Z103",), severity=ERROR, refused_by="",
        spec="RFC 1035 section 5.1", find=txt_cut_at_semicolon, about=(bits.TXT,),
        why="Outside of quotes a ; begins a comment: the rest of the value is not served.",
        bad="_dmarc TXT v=DMARC1; p=none\n", good='_dmarc TXT "v=DMARC1; p=none"\n',
    ),
    Check(
        name="txt-escaped-twice", numbers=("Z102",), severity=ERROR, refused_by="",
        spec="RFC 1035 section 5.1, RFC 6376 section 3.2", find=txt_escaped_twice,
        about=(bits.TXT,),
        why="The backslash is served, and the tag in front of it has a value that nobody knows.",
        bad='_dmarc TXT "v=DMARC1\\\\; p=none"\n', good='_dmarc TXT "v=DMARC1\\; p=none"\n',
    ),
)
# fmt: on
