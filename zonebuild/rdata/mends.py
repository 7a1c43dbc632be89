"""What to write instead of wrong rdata, where that can be told from what is there.

Each function takes the tokens of the rdata and returns the end of a sentence, None where it knows
nothing better than the form that the type wants.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence

from zonebuild.diagnostic import quoted

OCTETS_IN_STRING = 255
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+)')
_OCTET = re.compile(r"\\\d{3}|\\.|.", re.DOTALL)
_LONGEST_SHOWN = 1200  # characters of a line that is shown whole
_ENDS_SHOWN = 24  # characters of each end of a string that is not
_Mend = Callable[[Sequence[str]], str | None]


def mend_of(rdtype: str, rdata: str) -> str | None:
    """Return what to write instead of *rdata*, or what is wrong with it; None where unknown.

    rdata: wrong for *rdtype*, its tokens one space apart, no generic form.
    """
    mend = _MENDS.get(rdtype)
    return None if mend is None or rdata.startswith("\\#") else mend(rdata.split(" "))


# -- addresses ---------------------------------------------------------------------------------


def _ipv4(tokens: Sequence[str]) -> str | None:
    written = tokens[0]
    if ":" in written and _is_address(socket.AF_INET6, written):
        return "an IPv6 address stands in an AAAA record"
    parts = _bare(written).split(".")
    if len(parts) == 4 and all(part.isdigit() and len(part) < 10 for part in parts):
        meant = ".".join(str(int(part)) for part in parts)
        if _is_address(socket.AF_INET, meant):
            return f"write {meant}"
    return _for_a_name(written)


def _ipv6(tokens: Sequence[str]) -> str | None:
    written = tokens[0]
    if _is_address(socket.AF_INET, written):
        return "an IPv4 address stands in an A record"
    meant = _bare(written)
    if meant != written and _is_address(socket.AF_INET6, meant):
        return f"write {meant}"
    return _for_a_name(written) if ":" not in written else None


def _bare(written: str) -> str:
    """Return an address without brackets, prefix length, zone and final dot."""
    return re.split(r"[/%]", written.strip("[]"), maxsplit=1)[0].strip("[]").rstrip(".")


def _for_a_name(written: str) -> str | None:
    is_name = re.fullmatch(r"[\w.-]*[A-Za-z]\.?", written, re.ASCII)
    return "to point at another name write CNAME" if is_name else None


def _is_address(family: socket.AddressFamily, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except OSError:
        return False
    return True


# -- names and numbers -------------------------------------------------------------------------


def _one_name(tokens: Sequence[str]) -> str | None:
    return f"found {len(tokens)} words, want one name" if len(tokens) > 1 else None


def _host_behind(number: str, usual: int) -> _Mend:
    """Return the mend of `host` and `host 10`. number: what stands first; usual: such a one."""

    def mend(tokens: Sequence[str]) -> str | None:
        if len(tokens) == 1 and not tokens[0].isdigit() and ".." not in tokens[0]:
            return f"the {number} is missing: write {quoted(f'{usual} {tokens[0]}')}"
        if len(tokens) == 2 and tokens[1].isdigit() and not tokens[0].isdigit():
            return f"the {number} comes first: write {quoted(f'{tokens[1]} {tokens[0]}')}"
        return _over(65535, tokens[:1])

    return mend


def _service(tokens: Sequence[str]) -> str | None:
    if len(tokens) < 4:
        return f'found {len(tokens)} of 4 fields; the usual ones are "0 0 PORT HOST"'
    return _over(65535, tokens[:3])


def _over(most: int, tokens: Sequence[str]) -> str | None:
    """Name the first of *tokens* that is no number up to *most*."""
    for token in tokens:
        if not (token.isascii() and token.isdigit()):
            return f"{quoted(token)} is no number"
        if len(token) > 9 or int(token) > most:
            return f"{quoted(token)} is over {most}"
    return None


def _soa(tokens: Sequence[str]) -> str | None:
    if len(tokens) != 7:
        return f"found {len(tokens)} of 7 fields"
    serial = tokens[2]
    if serial.isdigit() and len(serial) > 10:
        return f"a serial has ten digits at most: write one like {serial[:8]}00"
    return None


# -- digests -----------------------------------------------------------------------------------


def digest_mend(digits: int, octets: int) -> str:
    """Say how long a digest is and how long it should be, in hex digits as people write them."""
    return f"has {digits} hex digits, want {2 * octets}"


def _digest_behind(most: Sequence[int], octets: dict[str, int]) -> _Mend:
    """Return the mend of rdata with a digest behind numbers, the last of which is its type.

    most: each number's greatest value, 0 where a mnemonic may stand there.
    octets: the length of the digest by its type.
    """
    fields = len(most)

    def mend(tokens: Sequence[str]) -> str | None:
        if len(tokens) <= fields:
            return f"found {len(tokens)} of {fields + 1} fields"
        for token, limit in zip(tokens, most, strict=False):
            if limit and (fault := _over(limit, [token])):
                return fault
        digest = "".join(tokens[fields:])
        odd = re.search(r"[^0-9A-Fa-f]", digest)
        if odd:
            return f"{quoted(odd[0])} is no hex digit"
        wanted = octets.get(tokens[fields - 1].lstrip("0"))
        if wanted is None:
            return "the hex digits are odd in number" if len(digest) % 2 else None
        return f"the digest {digest_mend(len(digest), wanted)}"

    return mend


# -- strings -----------------------------------------------------------------------------------


def _strings(tokens: Sequence[str]) -> str | None:
    """Show the rdata with each string that is too long cut in several."""
    strings = [a or b for a, b in _STRING.findall(" ".join(tokens))]
    octets = [_OCTET.findall(string) for string in strings]
    longest = max(map(len, octets), default=0)
    if longest <= OCTETS_IN_STRING:
        return None
    cuts = [
        "".join(string[start : start + OCTETS_IN_STRING])
        for string in octets
        for start in range(0, len(string) or 1, OCTETS_IN_STRING)
    ]
    line = " ".join(f'"{cut}"' for cut in cuts)
    if len(line) > _LONGEST_SHOWN:
        line = " ".join(f'"{_ends(cut)}"' for cut in cuts[:3]) + (" …" if cuts[3:] else "")
    return f"a string of {longest} octets is too long, write it in parts: {_harmless(line)}"


def _ends(text: str) -> str:
    if len(text) <= 2 * _ENDS_SHOWN:
        return text
    return f"{text[:_ENDS_SHOWN]}…{text[-_ENDS_SHOWN:]}"


def _harmless(line: str) -> str:
    """Return *line* with its quotes and escapes as they are to be written, all else printable."""
    return "".join(c if " " <= c <= "~" or c == "…" else f"\\{ord(c) & 255:03d}" for c in line)


# -- service parameters ------------------------------------------------------------------------

_KEYS = {
    "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath",
    "ohttp", "tls-supported-groups", "docpath",
}  # fmt: skip
_WITHOUT_VALUE = {"no-default-alpn", "ohttp"}


def _parameters(tokens: Sequence[str]) -> str | None:
    """Name the first parameter of SVCB or HTTPS that breaks RFC 9460 sections 2.1, 7 and 8."""
    if not tokens[0].isdigit():
        return f"the priority is missing: write {quoted(' '.join(('1', *tokens)))}"
    if len(tokens) < 2:
        return 'the target is missing: "." is the owner itself'
    found: dict[str, str] = {}
    for token in tokens[2:]:
        key, _, value = token.partition("=")
        fault = _key_fault(key, value, found)
        if fault:
            return fault
        found[key] = value.strip('"')
    return _incomplete(found)


def _key_fault(key: str, value: str, found: dict[str, str]) -> str | None:
    if key in found:
        return f"the key {quoted(key)} stands there twice: join the values with a comma"
    if key not in _KEYS and not re.fullmatch(r"key\d{1,5}", key):
        lower = key.lower()
        meant = f": write {lower}" if lower in _KEYS else ", nor one like key65000"
        return f"{quoted(key)} is no key of RFC 9460{meant}"
    if not value.strip('"') and key not in _WITHOUT_VALUE and key in _KEYS:
        return f"the key {key} wants a value: {key}=…"
    if key in _HINTS:
        wrong = [a for a in value.strip('"').split(",") if not _is_address(_HINTS[key], a)]
        return f"{quoted(wrong[0])} in {key} is no address of its kind" if wrong else None
    return None


_HINTS = {"ipv4hint": socket.AF_INET, "ipv6hint": socket.AF_INET6}


def _incomplete(found: dict[str, str]) -> str | None:
    wanted = [key for key in found.get("mandatory", "").split(",") if key]
    if "mandatory" in wanted:
        return "mandatory never names itself"
    twice = [key for key in wanted if wanted.count(key) > 1]
    if twice:
        return f"mandatory names {quoted(twice[0])} twice"
    absent = [key for key in wanted if key not in found]
    if absent:
        return f"mandatory names {quoted(absent[0])}, which is not there: add it, or do not name it"
    if "no-default-alpn" in found and "alpn" not in found:
        return "no-default-alpn leaves no protocol without alpn: add alpn=h2, or take it away"
    return None


_DS_OCTETS = {"1": 20, "2": 32, "3": 32, "4": 48}
_DANE_OCTETS = {"1": 32, "2": 64}
_MENDS: dict[str, _Mend] = {
    "A": _ipv4,
    "AAAA": _ipv6,
    "AFSDB": _host_behind("subtype", 1),
    "CDS": _digest_behind((65535, 0, 255), _DS_OCTETS),
    "CNAME": _one_name,
    "DNAME": _one_name,
    "DS": _digest_behind((65535, 0, 255), _DS_OCTETS),
    "HTTPS": _parameters,
    "KX": _host_behind("preference", 10),
    "MX": _host_behind("preference", 10),
    "NS": _one_name,
    "PTR": _one_name,
    "SMIMEA": _digest_behind((255, 255, 255), _DANE_OCTETS),
    "SOA": _soa,
    "SPF": _strings,
    "SRV": _service,
    "SSHFP": _digest_behind((255, 255), {"1": 20, "2": 32}),
    "SVCB": _parameters,
    "TLSA": _digest_behind((255, 255, 255), _DANE_OCTETS),
    "TXT": _strings,
}
