"""Who may send mail for a name: SPF (RFC 7208)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.spf_macros import expand_macros
from zonebuild.checks.spf_terms import (
    LOOKING_UP,
    MAX_LOOKUPS,
    Term,
    is_policy,
    policy_faults,
    terms_of,
)
from zonebuild.checks.survey import Survey
from zonebuild.checks.texts import strings_of, tagged_rdatas, tagged_rows, unusual_texts
from zonebuild.diagnostic import Part, quoted
from zonebuild.model import absolute

SPF = 99
_COUNT_UP_TO = 100  # lookups; includes may name each other in rings


def spf_policies(survey: Survey) -> dict[int, str]:
    """Return the SPF policies of the zone, strings joined, by their rising rows."""
    joined = ((row, "".join(strings_of(rdata))) for row, rdata in tagged_rdatas(survey, "spf1"))
    return {row: text for row, text in joined if is_policy(text)}


def several_policies(survey: Survey) -> Iterator[Fact]:
    """Find each SPF policy behind the first of its owner."""
    rrsets = survey.rrsets.get(bits.TXT, ())
    tagged = frozenset(tagged_rows(survey, "spf1") if rrsets else ())
    for rrset in [rrset for rrset in rrsets if len(tagged.intersection(rrset)) > 1]:
        rows = [r for r, _, text in survey.rdatas(rrset) if is_policy("".join(strings_of(text)))]
        if not survey.is_ours(survey.records.owners[rrset[0]]):
            continue
        for row in rows[1:]:
            message = f"another SPF policy of {survey.owner(row)}: join their terms into one TXT"
            yield Fact(row, message, Part.RDATA, ((rows[0], "the first"),))


def wrong_syntax(survey: Survey) -> Iterator[Fact]:
    """Find what SPF policies say that no receiver understands, or all of them ignore."""
    for row, rdata in unusual_texts(survey, "spf"):
        for message in _faults(rdata):
            yield Fact(row, message, Part.RDATA)


@lru_cache(maxsize=1024)
def _faults(rdata: str) -> tuple[str, ...]:
    return tuple(policy_faults(strings_of(rdata), is_bare=not rdata.startswith('"')))


def anyone_may_send(survey: Survey) -> Iterator[Fact]:
    """Find each SPF policy that lets the whole world send."""
    for row, end in _ends(survey):
        if end in ("+all", "all"):
            message = f"SPF policy of {survey.owner(row)} ends in {quoted(end)}"
            yield Fact(row, f'{message}, so anyone may send: write "~all" or "-all"', Part.RDATA)


def no_end(survey: Survey) -> Iterator[Fact]:
    """Find each SPF policy that says nothing of the senders that it does not name."""
    for row, end in _ends(survey):
        if end in ("", "?all"):
            message = f"SPF policy of {survey.owner(row)} says nothing of all other senders"
            yield Fact(row, f'{message}: let it end in "~all" or "-all"', Part.RDATA)


def _ends(survey: Survey) -> Iterator[tuple[int, str | None]]:
    """Yield row and end of each policy whose end wants a look."""
    return ((row, _end_of(rdata)) for row, rdata in unusual_texts(survey, "spf1"))


@lru_cache(maxsize=1024)
def _end_of(rdata: str) -> str | None:
    """Return the `all` of a policy with its qualifier, "redirect", "", or None for no policy."""
    text = "".join(strings_of(rdata))
    if not is_policy(text):
        return None
    terms = list(terms_of(text))
    ends = [f"{term.qualifier}all" for term in terms if term.name == "all"]
    return (ends or [term.name for term in terms if term.name == "redirect"] or [""])[0]


def many_lookups(survey: Survey) -> Iterator[Fact]:
    """Find each SPF policy that needs more lookups than receivers make.

    What policies of other zones need is not known here, so it counts nothing; nor what macros of
    the message would name.
    """
    policies = spf_policies(survey)
    by_owner = {survey.owner(row): text for row, text in policies.items()}
    for row, text in policies.items():
        count = _lookups(text, survey.owner(row), by_owner)
        if count > MAX_LOOKUPS:
            needs = f"at least {count}" if count >= _COUNT_UP_TO else str(count)
            message = f"SPF policy of {survey.owner(row)} needs {needs} lookups"
            yield Fact(row, f"{message}: receivers make {MAX_LOOKUPS}, then refuse it", Part.RDATA)


def _lookups(text: str, sender: str, by_owner: dict[str, str]) -> int:
    """Return how many lookups *text* of *sender*, and what it includes, need, to _COUNT_UP_TO."""
    count, waiting = 0, [(sender, text)]
    while waiting and count < _COUNT_UP_TO:
        domain, policy = waiting.pop()
        terms = [term for term in terms_of(policy) if term.name in LOOKING_UP]
        count += len(terms)
        names = (_included(term, domain, sender) for term in terms)
        waiting += [(name, by_owner[name]) for name in names if name in by_owner]
    return count


def _included(term: Term, domain: str, sender: str) -> str:
    """Return the domain whose policy *term* of the one of *domain* asks for, "" where none is."""
    if term.name not in ("include", "redirect"):
        return ""
    domain, sender = (name.removesuffix(".") for name in (domain, sender))
    name = expand_macros(term.argument[1:], domain=domain, sender=sender)
    return absolute(name, ".").lower() if name else ""


def spf_type(survey: Survey) -> Iterator[Fact]:
    """Find each record of the type SPF, which nobody asks for any more."""
    rows = survey.rows_of(SPF)
    if not rows:
        return
    published = {survey.records.owners[row] for row in spf_policies(survey)}
    for row, _origin, rdata in survey.rdatas(rows):
        message = f"SPF record of {survey.owner(row)}: receivers read TXT alone"
        has_text = survey.records.owners[row] in published
        mend = (
            "remove it" if has_text else f"write TXT {rdata}" if len(rdata) < 256 else "write TXT"
        )
        yield Fact(row, f"{message}; {mend}", Part.TYPE)


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="several-spf-policies", numbers=("Z082",), severity=ERROR, refused_by="",
        spec="RFC 7208 section 3.2", find=several_policies, about=(bits.TXT,),
        why="Receivers that find two policies trust neither: a permanent error.",
        bad='@ TXT "v=spf1 mx -all"\n@ TXT "v=spf1 include:spf.example.net -all"\n',
        good='@ TXT "v=spf1 mx include:spf.example.net -all"\n',
    ),
    Check(
        name="spf-syntax", numbers=("Z083",), severity=WARNING, refused_by="",
        spec="RFC 7208 section 12", find=wrong_syntax, about=(bits.TXT,),
        why="One wrong term makes the whole policy a permanent error.",
        bad='@ TXT "v=spf1 mx" "-all"\n',
        good='@ TXT "v=spf1 mx " "-all"\n',
    ),
    Check(
        name="spf-allows-anyone", numbers=("Z085",), severity=WARNING, refused_by="",
        spec="RFC 7208 section 5.1", find=anyone_may_send, about=(bits.TXT,),
        why="A policy that passes every sender helps forgers more than none.",
        bad='@ TXT "v=spf1 mx +all"\n',
        good='@ TXT "v=spf1 mx -all"\n',
    ),
    Check(
        name="spf-without-end", numbers=("Z085",), severity=INFO, refused_by="",
        spec="RFC 7208 section 4.7", find=no_end, about=(bits.TXT,),
        why="Without `~all`, `-all` or `redirect` the answer for a forger is: neutral.",
        bad='@ TXT "v=spf1 mx"\n',
        good='@ TXT "v=spf1 mx ~all"\n',
    ),
    Check(
        name="spf-lookups", numbers=("Z084",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 7208 section 4.6.4", find=many_lookups, about=(bits.TXT,),
        why="At the eleventh lookup receivers give up: a permanent error.",
        bad='@ TXT "v=spf1 a:a.a a:a.b a:a.c a:a.d a:a.e a:a.f a:a.g a:a.h a:a.i a:a.j mx -all"\n',
        good='@ TXT "v=spf1 ip4:192.0.2.0/24 mx -all"\n',
    ),
    Check(
        name="spf-type", numbers=("Z086",), severity=WARNING, refused_by="",
        spec="RFC 7208 section 3.1", find=spf_type, about=(SPF,),
        why="The type was given up; a policy that stands there alone is no policy.",
        bad='@ SPF "v=spf1 -all"\n',
        good='@ TXT "v=spf1 -all"\n',
    ),
)
# fmt: on
