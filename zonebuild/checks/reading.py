"""The checks that reading the sources makes: `zonefile`, `rdata` and `assemble` find them.

They stand here for the documentation and the policies. `refused_by` is what BIND 9.18, Knot 3.2
and NSD 4.6 do with the plain case of each.
"""

from __future__ import annotations

from zonebuild.checks.check import Check
from zonebuild.diagnostic import Severity

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


def _read(
    name: str, number: str, refused_by: str, spec: str, why: str, severity: Severity = _E
) -> Check:
    numbers = tuple(number.split())
    return Check(
        name=name, numbers=numbers, severity=severity, refused_by=refused_by, spec=spec, why=why
    )


_MASTER_FILE = "RFC 1035 section 5.1"

# fmt: off
READER_CHECKS: tuple[Check, ...] = (
    _read("alias-with-parameters", "Z099", "", "RFC 9460 section 2.4.2",
          "Clients ignore the parameters of an alias; only `named-checkzone -C` says so."),
    _read("bad-directive", "Z149", "BKN", _MASTER_FILE,
          "A directive without what it needs changes nothing, or too much."),
    _read("bad-escape", "Z147", "BK", _MASTER_FILE,
          "NSD reads \\999 and a lone backslash as something that nobody wrote."),
    _read("bad-generate", "Z145", "BKN", "BIND 9 Administrator Reference Manual, $GENERATE",
          "A range that makes no record, or that no machine could hold."),
    _read("bad-name", "Z115", "BKN", "RFC 1035 section 2.3.4",
          "A label has 1 to 63 octets, a name at most 255."),
    _read("bad-ttl", "Z026", "BKN", "RFC 2181 section 8",
          "What is no number is refused; of 2^31 and above each server makes another TTL."),
    _read("byte-order-mark", "Z147", "BKN", _MASTER_FILE,
          "The mark becomes a part of the first owner or directive."),
    _read("control-character", "Z147", "BK", _MASTER_FILE,
          "Invisible octets end up in names; a NUL ends what C programs read."),
    _read("crlf", "Z146", "K", _MASTER_FILE,
          "Knot refuses such files; they are read as if their lines ended with LF.", _W),
    _read("digest-length", "Z091", "", "RFC 6698 section 2.1.3",
          "A TLSA or SMIMEA digest of another length than its type's matches no certificate."),
    _read("include", "Z144", "BKN", _MASTER_FILE,
          "What is included must be there, inside the site, and not include itself."),
    # All three load it, each with other TTLs or owners: said loudly, but it is no refusal.
    _read("leaked-state", "Z143", "", "RFC 1035 section 5.1, RFC 2308 section 4",
          "Files joined by `cat`, or read by another server, would give other records."),
    _read("missing-owner", "Z142", "BK", _MASTER_FILE,
          "NSD gives such a record to the apex; in joined files it is the owner before."),
    _read("missing-space", "Z102", "K", _MASTER_FILE,
          'Words that touch, as in `"a""b"`, are one string to some servers and two to others.'),
    _read("missing-ttl", "Z025", "", "RFC 2308 section 4",
          "BIND takes the last TTL or the SOA's minimum, Knot and NSD 3600."),
    _read("missing-type", "Z028", "BKN", _MASTER_FILE, "An entry without type says nothing."),
    _read("no-final-newline", "Z141", "", _MASTER_FILE,
          "Joined to another file the last line runs on; it is read as if it ended.", _I),
    _read("non-ascii", "Z147", "K", "RFC 5891 section 4",
          "A name in UTF-8 is never what resolvers ask for: they ask for its A-labels."),
    _read("owner-after-origin", "Z142", "", _MASTER_FILE,
          "All three keep the owner from before the $ORIGIN, which few people expect."),
    _read("rdata-syntax", "Z012 Z015 Z091 Z102 Z117", "BKN", "the RFC of the type",
          "Rdata that is not what its type wants; each message names the RFC."),
    _read("relative-origin", "Z149", "KN", _MASTER_FILE,
          "BIND completes it with the old origin; the dot was nearly always forgotten."),
    _read("too-many-mistakes", "Z140", "BKN", _MASTER_FILE,
          "The rest of the file was not read; nobody knows what it says."),
    _read("unbalanced-parenthesis", "Z140", "BK", _MASTER_FILE,
          "Everything behind an open ( is swallowed; NSD does so without a word."),
    _read("unbalanced-quote", "Z140", "BKN", _MASTER_FILE,
          "Everything behind an open quotation mark is swallowed."),
    _read("unknown-directive", "Z149", "BKN", _MASTER_FILE,
          "Only $ORIGIN, $TTL, $INCLUDE and $GENERATE are known."),
    _read("unknown-ttl", "Z025", "B", "RFC 2308 section 4",
          "Neither a $TTL nor an earlier record tells how long it may be kept."),
    _read("unknown-type", "Z028", "BKN", "RFC 3597 section 5, RFC 6895 section 3.1",
          "A typing mistake, or a type that lives in messages alone."),
    _read("wrong-class", "Z024", "BKN", "RFC 1035 section 5.2",
          "All records of a zone have one class, and ours is IN."),
)
# fmt: on
