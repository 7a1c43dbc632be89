"""Turn a zone's text into one with a mistake, or with something that only looks like one.

Each mutation is a function of a source of randomness and the lines of a zone; `mutate` applies one
or two of them. What comes out is near to a valid zone, for that is where readers differ.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Lines = list[str]
Mutation = Callable[[random.Random, Lines], Lines]

TYPES = (
    "A", "AAAA", "NS", "CNAME", "DNAME", "MX", "TXT", "SRV", "PTR", "SOA", "DS", "CAA", "TLSA",
    "SSHFP", "HTTPS", "SVCB", "NAPTR", "LOC", "HINFO", "RP", "DNSKEY", "NSEC", "RRSIG", "CDS",
    "TYPE65280", "TYPE1", "ANY", "AXFR", "NONE", "BOGUS", "TYPE65536", "SPF", "URI", "OPT",
)  # fmt: skip
CHARACTERS = "\t \n;().\"\\@$*_-0123456789aAzZ/:=,{}<>'&\r\x00\x7f\xff\udc80\udcff\ufeff"
NUMBERS = (
    "0", "-1", "01", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295",
    "4294967296", "99999999999999999999",
)  # fmt: skip
TOKENS = (
    *NUMBERS, "@", ".", "..", "-", "(", ")", '"', '""', ";", "\\", "\\#", "\\# 0", "\\# 1 ff",
    "\\255", "\\256", "\\.", "*", "*.*", "IN", "CH", "HS", "ANY", "1h", "1H30", "1h1h", "1x",
    "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "::", "::1::", "fe80::1%1", "10.0.0.1",
    "ns1", "ns1.", "nowhere", "nowhere.example.org.", "www.example.com", "example.org",
    "a" * 63, "a" * 64, ".".join(["b" * 60] * 4), "xn--", "-a", "a_b", "a b", '"a b"', "0x10",
    "AA==", "A", "abc", "zz", "deadbeef",
)  # fmt: skip
OWNERS = ("@", "ns1", "nowhere", "*", "a.nowhere", "*.*", "a.*.b", "example.org", "example.org.",
          "out.example.net.", "_x._y", "-a", "a/b", "\\000", "\\@", "ns1.ns1", "www")  # fmt: skip
RECORDS = (
    "CNAME ns1", "CNAME www.example.net.", "CNAME @", "CNAME .", "DNAME ns1", "DNAME example.net.",
    "NS ns1", "NS nowhere", "NS ns.below", "NS 45.1.1.1", "NS example.net.", "MX 10 nowhere",
    "MX 10 45.1.1.1", "MX 10 .", "MX 70000 ns1", "SRV 1 2 3 nowhere", "SRV 1 2 65536 ns1",
    "A 45.1.1.1", "A 45.1.1", "A 45.1.1.1.", "AAAA 2a0f::1", "AAAA 45.1.1.1", "AAAA ::ffff:1.2.3.4",
    "TXT x", "TXT", 'TXT "' + "x" * 255 + '"', 'TXT "' + "x" * 256 + '"', "TXT " + "y" * 256,
    "TXT a;b", 'TXT "\u00fc"', 'TXT "open', "TXT a\\", "PTR ns1", "SOA ns1 hm 1 2 3 4 5",
    "SOA ns1 hostmaster@example.org. 1 2 3 4 5", "SOA ns1 hm 20240116000001 2 3 4 5",
    "DS 1 13 2 " + "0f" * 32, "DS 1 13 2 0f", "DS 1 13 9 0f", "DS 1 8 1 " + "0f" * 20,
    "TLSA 3 1 1 " + "0f" * 32, "TLSA 3 1 1 0f", "TLSA 9 9 9 0f", "TLSA 3 1 1 0", "SSHFP 4 2 0f",
    "SSHFP 9 9 0f", "CAA 0 issue ca.example", "CAA 256 issue x", 'CAA 0 is_sue "x"', "CAA 0",
    "HTTPS 0 . alpn=h2", "HTTPS 0 @", "HTTPS 1 . mandatory=port", "HTTPS 1 . alpn=h2 alpn=h3",
    "HTTPS 1 . key1=x port=1", "SVCB 0 ns1 port=1", "SVCB 1 ns1 ipv4hint=1.2.3",
    "NSEC ns1 A", "NSEC3PARAM 1 0 0 -", "RRSIG A 13 2 3600 20300101000000 20200101000000 1 @ AA==",
    "DNSKEY 256 3 13 AA==", "CDS 0 0 0 00", "CDS 0 0 0 0", "CDNSKEY 0 3 0 AA==", "LOC 91 N 0 E 0m",
    "LOC 1 N 1 E 1", 'NAPTR 1 1 "x y" "" "" .', "HINFO a", "RP . .", "URI 1 1 x", 'URI 1 1 ""',
    "EUI48 00-00-00-00-00", "CERT 1 1 1 AA==", "KEY 0 3 13 AA==", "ZONEMD 1 1 1 00", "A6 0 ::",
    "APL 1:1.2.3.4/33", "CSYNC 1 4 A", "OPENPGPKEY AA==", "TYPE1 \\# 3 010203", "TYPE16 \\# 1 05",
    "A \\# 4 2d010101", "TXT \\# 2 0161", "TYPE65280 \\# 2 00", "TYPE65280 00", "MX 1 \\# 3 000100",
)  # fmt: skip
DIRECTIVES = (
    "$ORIGIN sub", "$ORIGIN sub.example.org.", "$ORIGIN example.org", "$ORIGIN .", "$ORIGIN",
    "$ORIGIN example.net.", "$ORIGIN a b", "$TTL 300", "$TTL 1h30m", "$TTL", "$TTL x", "$TTL -1",
    "$TTL 2147483648", "$TTL 4294967296", "$INCLUDE nothing", "$INCLUDE", "$INCLUDE /dev/null",
    "$INCLUDE .", "$GENERATE 1-3 g$ A 45.1.1.$", "$GENERATE 1-3 g$ CNAME ns1", "$GENERATE 3-1 g A",
    "$BOGUS x", "$ttl 300", "$origin example.org.", " $TTL 300", "\t$ORIGIN sub.example.org.",
)  # fmt: skip
TTLS = ("0", "1", "300", "1w", "2147483647", "2147483648", "4294967295", "4294967296", "-1", "1s1")


def mutate(chance: random.Random, text: str) -> str:
    """Return *text* with one or two mutations, three now and then."""
    lines = text.split("\n")
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3))):
        lines = chance.choice(MUTATIONS)(chance, lines) or [""]
    return "\n".join(lines)


def change_line(change: Callable[[random.Random, str], str]) -> Mutation:
    """Return the mutation that puts *change* of one line, comments aside, in its place."""

    def mutation(chance: random.Random, lines: Lines) -> Lines:
        wanted = [i for i, line in enumerate(lines) if line and not line.startswith(";")]
        place = chance.choice(wanted or [0])
        return [*lines[:place], change(chance, lines[place]), *lines[place + 1 :]]

    return mutation


def change_token(change: Callable[[random.Random, str], str]) -> Mutation:
    """Return the mutation that puts *change* of one blank-separated token in its place."""

    def change_one(chance: random.Random, line: str) -> str:
        tokens = line.split(" ")
        place = chance.randrange(len(tokens))
        tokens[place] = change(chance, tokens[place])
        return " ".join(tokens)

    return change_line(change_one)


def insert_line(make: Callable[[random.Random], str]) -> Mutation:
    """Return the mutation that puts a line of *make* between two others or at an end."""

    def mutation(chance: random.Random, lines: Lines) -> Lines:
        # Behind the SOA more often: ahead of it much fails for that reason alone.
        place = chance.randint(chance.choice((0, min(3, len(lines)))), len(lines))
        return [*lines[:place], make(chance), *lines[place:]]

    return mutation


def make_record(chance: random.Random) -> str:
    """Return a record, right or wrong, at a name that may be there already."""
    ttl = chance.choice(("", "", "", "300 ", f"{chance.choice(TTLS)} "))
    return f"{chance.choice(OWNERS)} {ttl}{chance.choice(RECORDS)}"


def make_neighbour(chance: random.Random, lines: Lines) -> Lines:
    """Put a record at the owner of an existing line, or repeat its owner by leaving it out."""
    owners = [line.split()[0] for line in lines if line.strip() and line[0] not in " \t;$"]
    owner = chance.choice([*owners, "", ""])
    return insert_line(lambda chance: f"{owner} {chance.choice(RECORDS)}")(chance, lines)


def drop_line(chance: random.Random, lines: Lines) -> Lines:
    """Take one line away: an SOA, glue, a target, the end of a parenthesis."""
    place = chance.randrange(len(lines))
    return lines[:place] + lines[place + 1 :]


def repeat_line(chance: random.Random, lines: Lines) -> Lines:
    """Write one line again elsewhere."""
    line = chance.choice(lines)
    return insert_line(lambda _: line)(chance, lines)


def repeat_with_ttl(chance: random.Random, lines: Lines) -> Lines:
    """Write one line again with another TTL."""
    owner, _, rest = chance.choice(lines).partition(" ")
    line = f"{owner} {chance.choice(TTLS)} {rest}"
    return insert_line(lambda _: line)(chance, lines)


def swap_lines(chance: random.Random, lines: Lines) -> Lines:
    """Let two lines change places."""
    changed = list(lines)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def cut_end(chance: random.Random, lines: Lines) -> Lines:
    """End the text in the middle of a line."""
    whole = "\n".join(lines)
    return whole[: chance.randrange(len(whole) // 2, len(whole) + 1)].split("\n")


def end_lines_otherwise(chance: random.Random, lines: Lines) -> Lines:
    """Give every line, or one, the end that another system writes."""
    end = chance.choice(("\r", " \r", "\r\r", "\v", "\f"))
    if chance.random() < 0.5:
        return [f"{line}{end}" for line in lines]
    return change_line(lambda _, line: line + end)(chance, lines)


def change_character(chance: random.Random, line: str) -> str:
    """Replace, add or take away one character."""
    place = chance.randrange(len(line) + 1)
    kept = place + chance.choice((0, 1))
    put = CHARACTERS[chance.randrange(len(CHARACTERS))] if chance.random() < 0.9 else ""
    return line[:place] + put + line[kept:]


def swap_tokens(chance: random.Random, line: str) -> str:
    """Let two tokens of a line change places."""
    return " ".join(swap_lines(chance, line.split() or [""]))


def drop_token(chance: random.Random, line: str) -> str:
    """Take one token away."""
    return " ".join(drop_line(chance, line.split(" ")))


def repeat_token(chance: random.Random, line: str) -> str:
    """Write one token twice."""
    tokens = line.split()
    place = chance.randrange(len(tokens)) if tokens else 0
    return " ".join(tokens[: place + 1] + tokens[place:])


def change_type(chance: random.Random, line: str) -> str:
    """Put another type where the line's is."""
    tokens = line.split(" ")
    places = [i for i, token in enumerate(tokens) if token.upper() in TYPES]
    if places:
        tokens[places[0]] = chance.choice(TYPES)
    return " ".join(tokens)


def change_number(chance: random.Random, token: str) -> str:
    """Put another number where there is one."""
    return chance.choice(NUMBERS) if token.isdigit() else token + chance.choice(".0-x")


def change_dot(_: random.Random, token: str) -> str:
    """Add the final dot, or take it away."""
    return token[:-1] if token.endswith(".") else f"{token}."


def wrap(chance: random.Random, line: str) -> str:
    """Put parentheses or quotes around a part of a line, whole or half."""
    tokens = line.split(" ")
    start = chance.randrange(len(tokens))
    stop = chance.randint(start, len(tokens))
    opening, closing = chance.choice(
        (("(", ")"), ("(\n", "\n)"), ("(", ""), ("", ")"), ('"', '"'), ('"', ""), ("((", "))"))
    )
    return " ".join([*tokens[:start], opening, *tokens[start:stop], closing, *tokens[stop:]])


def change_case(_: random.Random, token: str) -> str:
    """Turn capital letters into small ones and the other way."""
    return token.swapcase()


def escape(chance: random.Random, token: str) -> str:
    """Write one character of a token as an escape, or break the escape."""
    if not token or not token.isascii():
        return token
    place = chance.randrange(len(token))
    spellings = (f"\\{ord(token[place]):03d}", f"\\{token[place]}", "\\9", "\\1a")
    written = chance.choice(spellings)
    return token[:place] + written + token[place + 1 :]


MUTATIONS: tuple[Mutation, ...] = (
    insert_line(make_record),
    insert_line(make_record),
    insert_line(lambda chance: chance.choice(DIRECTIVES)),
    make_neighbour,
    make_neighbour,
    drop_line,
    drop_line,
    repeat_line,
    repeat_with_ttl,
    swap_lines,
    cut_end,
    end_lines_otherwise,
    change_line(change_character),
    change_line(change_character),
    change_line(swap_tokens),
    change_line(drop_token),
    change_line(repeat_token),
    change_line(change_type),
    change_line(wrap),
    change_line(lambda chance, line: f"{chance.choice((' ', chr(9)))}{line}"),
    change_token(lambda chance, _: chance.choice(TOKENS)),
    change_token(change_number),
    change_token(change_dot),
    change_token(change_case),
    change_token(escape),
)
