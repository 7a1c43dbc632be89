"""The checks that reading the sources makes: `zonefile`, `rdata`, `assemble`, `source_text`.

They stand here for the documentation and the policies. `refused_by` is what BIND 9.18, Knot 3.2
and NSD 4.6 do with the plain case of each.
"""

from __future__ import annotations

from zonebuild.checks.check import Check
from zonebuild.diagnostic import Severity
from zonebuild.rdata.forms import LOADED_ALL_THE_SAME

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

NEXT_FILE = "; the next file\n"  # in an example, parts one file from another
MANY = "; a thousand lines such as\n"  # in an example, stands before one of them


def _read(
    name: str,
    number: str,
    refused_by: str,
    spec: str,
    why: str,
    *,
    bad: str,
    good: str,
    severity: Severity = _E,
    is_off: bool = False,
) -> Check:
    return Check(
        name=name,
        numbers=tuple(number.split()),
        severity=severity,
        refused_by=refused_by,
        spec=spec,
        why=why,
        bad=bad,
        good=good,
        is_off=is_off,
    )


_MASTER_FILE = "RFC 1035 section 5.1"
_HEAD = "@ SOA ns hostmaster 1 14400 3600 604800 600\n@ NS ns\nns A 192.0.2.1\n"
_WITH_TTL = f"$TTL 3600\n{_HEAD}"
_DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

# fmt: off
READER_CHECKS: tuple[Check, ...] = (
    _read("alias-with-parameters", "Z099", "", "RFC 9460 section 2.4.2",
          "Clients ignore the parameters of an alias; only `named-checkzone -C` says so.",
          bad="www HTTPS 0 cdn.example.net. alpn=h2\n",
          good="www HTTPS 1 cdn.example.net. alpn=h2\n"),
    _read("bad-directive", "Z149", "BKN", _MASTER_FILE,
          "A directive without what it needs changes nothing, or too much.",
          bad="$TTL\nwww A 192.0.2.2\n", good="$TTL 1h\nwww A 192.0.2.2\n"),
    _read("bad-escape", "Z147", "BK", _MASTER_FILE,
          "NSD reads \\999 and a lone backslash as something that nobody wrote.",
          bad="www TXT one\\\n", good="www TXT one\\\\\n"),
    _read("bad-generate", "Z145", "BKN", "BIND 9 Administrator Reference Manual, $GENERATE",
          "A range that makes no record, or that no machine could hold.",
          bad="$GENERATE 9-1 dhcp-$ A 192.0.2.$\n", good="$GENERATE 1-9 dhcp-$ A 192.0.2.$\n"),
    _read("bad-name", "Z115", "BKN", "RFC 1035 section 2.3.4",
          "A label has 1 to 63 octets, a name at most 255.",
          bad="www..web A 192.0.2.2\n", good="www.web A 192.0.2.2\n"),
    _read("bad-ttl", "Z026", "BKN", "RFC 2181 section 8",
          "What is no number is refused; of 2^31 and above each server makes another TTL.",
          bad="www 1y A 192.0.2.2\n", good="www 52w A 192.0.2.2\n"),
    _read("byte-order-mark", "Z147", "BKN", _MASTER_FILE,
          "The mark becomes a part of the first owner or directive.",
          bad=f"\ufeff{_WITH_TTL}", good=_WITH_TTL),
    _read("caa-cut-at-semicolon", "Z087", "", "RFC 1035 section 5.1, RFC 8659 section 4.2",
          "Outside of quotes a ; begins a comment: what binds the CA to an account is not served.",
          bad="@ CAA 0 issue ca.example.net; accounturi=https://ca.example.net/acct/1\n",
          good='@ CAA 0 issue "ca.example.net; accounturi=https://ca.example.net/acct/1"\n'),
    _read("control-character", "Z147", "BK", _MASTER_FILE,
          "Invisible octets end up in names; a NUL ends what C programs read.",
          bad="www TXT a\x07\n", good="www TXT a\\007\n"),
    _read("crlf", "Z146", "K", _MASTER_FILE,
          "Knot refuses such files; they are read as if their lines ended with LF.", severity=_W,
          bad="www A 192.0.2.2\r\n", good="www A 192.0.2.2\n"),
    _read("digest-length", "Z091", "", "RFC 6698 section 2.1.3",
          "A TLSA or SMIMEA digest of another length than its type's matches no certificate.",
          bad="_443._tcp.www TLSA 3 1 1 2cf24dba5fb0a30e\n",
          good=f"_443._tcp.www TLSA 3 1 1 {_DIGEST}\n"),
    _read("include", "Z144", "BKN", _MASTER_FILE,
          "What is included must be there, inside the site, and not include itself.",
          bad="$INCLUDE ../secrets\n", good="$INCLUDE include/web\n"),
    # All three load it, each with other TTLs or owners: said loudly, but it is no refusal.
    _read("leaked-state", "Z143", "", "RFC 1035 section 5.1, RFC 2308 section 4",
          "Files joined by `cat`, or read by another server, would give other records.",
          bad=f"$ORIGIN lab.example.org.\nwww A 192.0.2.2\n{NEXT_FILE}mail A 192.0.2.3\n",
          good=f"$ORIGIN lab.example.org.\nwww A 192.0.2.2\n{NEXT_FILE}"
               "$ORIGIN example.org.\nmail A 192.0.2.3\n"),
    _read("missing-owner", "Z142", "BK", _MASTER_FILE,
          "NSD gives such a record to the apex; in joined files it is the owner before.",
          bad=f"$TTL 3600\n  TXT \"hello\"\n{_HEAD}", good=f"$TTL 3600\n@ TXT \"hello\"\n{_HEAD}"),
    _read("missing-space", "Z102", "K", _MASTER_FILE,
          'Words that touch, as in `"a""b"`, are one string to some servers and two to others.',
          bad='www TXT "one""two"\n', good='www TXT "one" "two"\n'),
    _read("missing-ttl", "Z025", "", "RFC 2308 section 4",
          "BIND takes the last TTL or the SOA's minimum, Knot and NSD 3600.",
          bad=_HEAD, good=_WITH_TTL),
    _read("missing-type", "Z028", "BKN", _MASTER_FILE, "An entry without type says nothing.",
          bad="www 3600\n", good="www 3600 A 192.0.2.2\n"),
    _read("no-final-newline", "Z141", "", _MASTER_FILE,
          "Joined to another file the last line runs on; it is read as if it ended.", severity=_I,
          bad="www A 192.0.2.2", good="www A 192.0.2.2\n"),
    _read("non-ascii", "Z147", "K", "RFC 5891 section 4",
          "A name in UTF-8 is never what resolvers ask for: they ask for its A-labels.",
          bad="b\u00fccher A 192.0.2.2\n", good="xn--bcher-kva A 192.0.2.2\n"),
    _read("owner-after-origin", "Z142", "", _MASTER_FILE,
          "All three keep the owner from before the $ORIGIN, which few people expect.",
          bad="www A 192.0.2.2\n$ORIGIN lab.example.org.\n    TXT \"whose?\"\n",
          good="www A 192.0.2.2\n$ORIGIN lab.example.org.\n@   TXT \"of the lab\"\n"),
    _read("rdata-syntax", "Z012 Z015 Z061 Z091 Z102 Z117", "BKN", "the RFC of the type",
          "Rdata that is not what its type wants; each message names the RFC.",
          bad="www A 192.0.2.256\n", good="www A 192.0.2.25\n"),
    _read("relative-origin", "Z149", "KN", _MASTER_FILE,
          "BIND completes it with the old origin; the dot was nearly always forgotten.",
          bad="$ORIGIN lab.example.org\nwww A 192.0.2.2\n",
          good="$ORIGIN lab.example.org.\nwww A 192.0.2.2\n"),
    _read("tab", "Z148", "", "RFC 1035 section 5.1 allows them",
          "A site that aligns its columns with spaces sees others in every diff.",
          severity=_W, is_off=True, bad="www\tA\t192.0.2.2\n", good="www A 192.0.2.2\n"),
    _read("too-many-mistakes", "Z140", "BKN", _MASTER_FILE,
          "The rest of the file was not read; nobody knows what it says.",
          bad=f"{MANY}www A nowhere\n", good=f"{MANY}www A 192.0.2.2\n"),
    _read("unbalanced-parenthesis", "Z140", "BK", _MASTER_FILE,
          "Everything behind an open ( is swallowed; NSD does so without a word.",
          bad="www TXT ( \"one\"\nmail A 192.0.2.2\n",
          good="www TXT ( \"one\" )\nmail A 192.0.2.2\n"),
    _read("unbalanced-quote", "Z140", "BKN", _MASTER_FILE,
          "Everything behind an open quotation mark is swallowed.",
          bad="www TXT \"one\nmail A 192.0.2.2\n", good="www TXT \"one\"\nmail A 192.0.2.2\n"),
    _read("unknown-directive", "Z149", "BKN", _MASTER_FILE,
          "Only $ORIGIN, $TTL, $INCLUDE and $GENERATE are known.",
          bad="$DEFAULT 3600\nwww A 192.0.2.2\n", good="$TTL 3600\nwww A 192.0.2.2\n"),
    _read("unknown-ttl", "Z025", "B", "RFC 2308 section 4",
          "Neither a $TTL nor an earlier record tells how long it may be kept.",
          bad=f"ns A 192.0.2.1\n{_HEAD}", good=f"ns 3600 A 192.0.2.1\n{_WITH_TTL}"),
    _read("unknown-type", "Z028", "BKN", "RFC 3597 section 5, RFC 6895 section 3.1",
          "A typing mistake, or a type that lives in messages alone.",
          bad="www AAAAA 2001:db8::2\n", good="www AAAA 2001:db8::2\n"),
    _read("wrong-class", "Z024", "BKN", "RFC 1035 section 5.2",
          "All records of a zone have one class, and ours is IN.",
          bad="www CH A 192.0.2.2\n", good="www IN A 192.0.2.2\n"),
)
# fmt: on

# Said of records that are taken all the same.
_KEEPS_ITS_RECORD = LOADED_ALL_THE_SAME | {
    "byte-order-mark", "caa-cut-at-semicolon", "crlf", "leaked-state", "missing-ttl",
    "no-final-newline", "owner-after-origin", "tab",
}  # fmt: skip
# What is said in the place of a record: allowed, the record would be missing without a word.
DROPS_ITS_RECORD = frozenset(check.name for check in READER_CHECKS) - _KEEPS_ITS_RECORD
