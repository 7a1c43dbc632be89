"""What a zone says of its mail: MX (RFC 5321, RFC 7505), DKIM keys and DMARC policies."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.checks import bits
from zonebuild.checks.check import ERROR, INFO, WARNING, Check, Fact
from zonebuild.checks.spf import spf_policies
from zonebuild.checks.survey import Survey
from zonebuild.checks.tag_lists import DKIM, DMARC, Grammar, list_faults, tags_of
from zonebuild.checks.texts import strings_of, tagged_rdatas, tagged_rows, unusual_texts
from zonebuild.checks.txt import spoilt_rows
from zonebuild.diagnostic import Part
from zonebuild.model import type_bit
from zonebuild.rdata.canonical import canonical_text

_MX_BIT, _TEXT_BIT = type_bit(bits.MX), type_bit(bits.TXT)
_REVERSE = (".in-addr.arpa.", ".ip6.arpa.")


# -- MX --------------------------------------------------------------------------------------------


def _null_mx(survey: Survey) -> list[int]:
    """Return the rows of the MX that say: no mail."""
    root = survey.indices.get(".")
    if root is None:
        return []
    rows, targets = survey.pointing(bits.MX)
    return [row for row, target in zip(rows, targets, strict=True) if target == root]


def null_mx_and_others(survey: Survey) -> Iterator[Fact]:
    """Find each null MX whose owner has other MX too."""
    null = frozenset(_null_mx(survey))
    for rrset in survey.rrsets.get(bits.MX, ()) if null else ():
        hosts = [row for row in rrset if row not in null]
        for row in [row for row in rrset if row in null] if hosts else ():
            message = f"null MX of {survey.owner(row)}, which has another MX: keep one or the other"
            yield Fact(row, message, Part.RDATA, ((hosts[0], "takes mail"),))


def null_mx_preference(survey: Survey) -> Iterator[Fact]:
    """Find each null MX whose preference is not 0."""
    rows = _null_mx(survey)
    for row, origin, rdata in survey.rdatas(rows):
        preference = canonical_text("MX", rdata, origin).split(" ")[0]
        if preference != "0":
            message = f"null MX of {survey.owner(row)} has preference {preference}"
            yield Fact(row, f"{message}: write MX 0 .", Part.RDATA)


def single_mx(survey: Survey) -> Iterator[Fact]:
    """Find each name whose mail goes to one host."""
    several = {row for rrset in survey.rrsets.get(bits.MX, ()) for row in rrset}
    alone = several.union(_null_mx(survey))
    for row in survey.rows_of(bits.MX):
        if row not in alone:
            yield Fact(
                row, f"{survey.owner(row)} has one MX: add a second host that takes its mail"
            )


def missing_mx(survey: Survey) -> Iterator[Fact]:
    """Find that the apex has no MX, in a zone where hosts may be."""
    if not survey.mask(survey.apex) & _MX_BIT and _may_have_mail(survey):
        yield Fact(None, f"no MX at the apex {survey.apex}: add one, or MX 0 . for no mail")


def _may_have_mail(survey: Survey) -> bool:
    """Say whether the zone is neither a reverse zone nor the root or a top-level domain."""
    apex = survey.apex
    return apex.count(".") > 1 and not f".{apex}".endswith(_REVERSE)


# -- DKIM and DMARC --------------------------------------------------------------------------------


def dkim_syntax(survey: Survey) -> Iterator[Fact]:
    """Find what is wrong with each TXT that begins as a DKIM key does."""
    for row, rdata in _unusual(survey, "dkim"):
        yield from _tag_faults(row, rdata, DKIM, needs_p=True)


def dmarc_syntax(survey: Survey) -> Iterator[Fact]:
    """Find what is wrong with each TXT that begins as a DMARC policy does.

    Where reports may go (RFC 7489 section 7.1) the version is said alone.
    """
    for row, rdata in _unusual(survey, "dmarc"):
        is_policy = survey.owner(row).startswith("_dmarc.")
        yield from _tag_faults(row, rdata, DMARC, needs_p=is_policy)


def _unusual(survey: Survey, prefix: str) -> Iterator[tuple[int, str]]:
    """Yield row and rdata of TXT whose tag begins with *prefix*, but for what is spoilt as text."""
    spoilt = survey.once(spoilt_rows)
    return ((row, rdata) for row, rdata in unusual_texts(survey, prefix) if row not in spoilt)


def _tag_faults(row: int, rdata: str, grammar: Grammar, *, needs_p: bool) -> Iterator[Fact]:
    for message in list_faults("".join(strings_of(rdata)), grammar, needs_p=needs_p):
        yield Fact(row, message, Part.RDATA)


def _dmarc_policies(survey: Survey) -> dict[int, list[tuple[int, str]]]:
    """Return row and text of the DMARC policies of each name that begins with `_dmarc`."""
    found: dict[int, list[tuple[int, str]]] = {}
    for row, rdata in tagged_rdatas(survey, "dmarc1"):
        owner = survey.records.owners[row]
        if survey.names[owner].startswith("_dmarc."):
            found.setdefault(owner, []).append((row, "".join(strings_of(rdata))))
    return found


def several_dmarc(survey: Survey) -> Iterator[Fact]:
    """Find each DMARC policy behind the first of its owner."""
    rrsets = survey.rrsets.get(bits.TXT, ())
    rrsets = [rrset for rrset in rrsets if survey.owner(rrset[0]).startswith("_dmarc.")]
    tagged = frozenset(tagged_rows(survey, "dmarc1") if rrsets else ())
    for rrset in rrsets if tagged else ():
        policies = [row for row in rrset if row in tagged]
        for row in policies[1:] if survey.is_ours(survey.records.owners[rrset[0]]) else ():
            message = f"another DMARC policy of {survey.owner(row)}: keep one"
            yield Fact(row, message, Part.RDATA, ((policies[0], "the first"),))


# -- whether a zone says who may send --------------------------------------------------------------


def mail_without_spf(survey: Survey) -> Iterator[Fact]:
    """Find each name that takes mail and does not say who may send it."""
    rows = survey.rows_of(bits.MX)
    if not rows:
        return
    null = frozenset(_null_mx(survey))
    said = {survey.records.owners[row] for row in spf_policies(survey)}
    for row in rows:
        owner = survey.records.owners[row]
        if owner not in said and row not in null and survey.is_ours(owner):
            said.add(owner)
            message = f"{survey.names[owner]} takes mail and has no SPF policy"
            yield Fact(row, f'{message}: add TXT "v=spf1 mx -all" or the like')


def mail_without_dmarc(survey: Survey) -> Iterator[Fact]:
    """Find that the apex takes mail and no DMARC policy stands for it."""
    if not _takes_mail(survey) or _dmarc_is_elsewhere(survey) or _dmarc_of_apex(survey):
        return
    message = f"{survey.apex} takes mail and has no DMARC policy"
    yield Fact(None, f'{message}: add _dmarc.{survey.apex} TXT "v=DMARC1; p=reject" or the like')


def no_mail_unsaid(survey: Survey) -> Iterator[Fact]:
    """Find what a zone without mail does not say of it: null MX, SPF that denies, DMARC."""
    if not _may_have_mail(survey) or _takes_mail(survey):
        return
    lines = []
    if not survey.mask(survey.apex) & _MX_BIT:
        lines.append("MX 0 .")
    policies = spf_policies(survey)
    texts = [t for r, t in policies.items() if survey.records.owners[r] == survey.apex_index]
    if not any(text.lower().rstrip(" ") == "v=spf1 -all" for text in texts):
        lines.append('TXT "v=spf1 -all"')
    lines = [f"{survey.apex} {line}" for line in lines]
    is_rejecting = tags_of(_dmarc_of_apex(survey)).get("p", "").lower() == "reject"
    if not is_rejecting and not _dmarc_is_elsewhere(survey):
        lines.append(f'_dmarc.{survey.apex} TXT "v=DMARC1; p=reject"')
    if lines:
        wanted = " and ".join(lines)
        yield Fact(None, f"{survey.apex} takes no mail and does not say so to all: write {wanted}")


def _takes_mail(survey: Survey) -> bool:
    if not survey.mask(survey.apex) & _MX_BIT:
        return False
    null = frozenset(_null_mx(survey))
    owners, apex = survey.records.owners, survey.apex_index
    return any(row not in null for row in survey.rows_of(bits.MX) if owners[row] == apex)


def _dmarc_of_apex(survey: Survey) -> str:
    """Return the DMARC policy that stands for the apex, "" where this zone has none."""
    owner = survey.indices.get(f"_dmarc.{survey.apex}", -1)
    policies = _dmarc_policies(survey).get(owner, [])
    return policies[0][1] if policies else ""


def _dmarc_is_elsewhere(survey: Survey) -> bool:
    """Say whether what answers for the policy's name is an alias, a delegation or a wildcard."""
    name = f"_dmarc.{survey.apex}"
    if survey.mask(name) & (bits.CNAME_BIT | bits.NS_BIT):
        return True
    answer = survey.mask(f"*.{survey.apex}")
    return not survey.exists(name) and bool(answer & (bits.CNAME_BIT | _TEXT_BIT))


# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="null-mx-and-others", numbers=("Z073",), severity=ERROR, refused_by="",
        spec="RFC 7505 section 3", find=null_mx_and_others, about=(bits.MX,),
        why="Some senders give up at once, others deliver: mail is lost at random.",
        bad="@ MX 0 .\n@ MX 10 ns\n",
        good="@ MX 10 ns\n",
    ),
    Check(
        name="null-mx-preference", numbers=("Z073",), severity=WARNING, refused_by="",
        spec="RFC 7505 section 3", find=null_mx_preference, about=(bits.MX,),
        why="A null MX has preference 0; others look like a host that was lost.",
        bad="@ MX 10 .\n",
        good="@ MX 0 .\n",
    ),
    Check(
        name="single-mx", numbers=("Z074",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 5321 section 5.1", find=single_mx, about=(bits.MX,),
        why="While that host is away all mail waits at its senders.",
        bad="@ MX 10 ns\n",
        good="@ MX 10 ns\n@ MX 20 mx.example.net.\n",
    ),
    Check(
        name="missing-mx", numbers=("Z074",), severity=WARNING, refused_by="", is_off=True,
        spec="RFC 5321 section 5.1", find=missing_mx,
        why="Without MX the address of the apex takes the mail, most often by oversight.",
        bad="@ A 192.0.2.2\n",
        good="@ A 192.0.2.2\n@ MX 10 ns\n",
    ),
    Check(
        name="dkim-syntax", numbers=("Z085",), severity=WARNING, refused_by="",
        spec="RFC 6376 section 3.6.1", find=dkim_syntax, about=(bits.TXT,),
        why="Receivers cannot use the key: what it signs counts as not signed.",
        bad='s._domainkey TXT "v=DKIM1; k=rsa; p=MIIB.."\n',
        good='s._domainkey TXT "v=DKIM1; k=rsa; p=MIIB"\n',
    ),
    Check(
        name="dmarc-syntax", numbers=("Z085",), severity=WARNING, refused_by="",
        spec="RFC 7489 section 6.3", find=dmarc_syntax, about=(bits.TXT,),
        why="Receivers ignore what they cannot read, or the whole policy.",
        bad='_dmarc TXT "v=DMARC1; p=reject; rua=dmarc@example.org"\n',
        good='_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"\n',
    ),
    Check(
        name="several-dmarc-policies", numbers=("Z085",), severity=WARNING, refused_by="",
        spec="RFC 7489 section 6.6.3", find=several_dmarc, about=(bits.TXT,),
        why="Receivers that find two policies apply none.",
        bad='_dmarc TXT "v=DMARC1; p=none"\n_dmarc TXT "v=DMARC1; p=reject"\n',
        good='_dmarc TXT "v=DMARC1; p=reject"\n',
    ),
    Check(
        name="mail-without-spf", numbers=("Z085",), severity=INFO, refused_by="",
        spec="RFC 7208 section 3", find=mail_without_spf, about=(bits.MX,),
        why="Receivers cannot tell its mail from forged mail, and large ones refuse it.",
        bad="@ MX 10 ns\n",
        good='@ MX 10 ns\n@ TXT "v=spf1 mx -all"\n',
    ),
    Check(
        name="mail-without-dmarc", numbers=("Z085",), severity=INFO, refused_by="",
        spec="RFC 7489 section 6.1", find=mail_without_dmarc, about=(bits.MX,),
        why="Nobody tells receivers what to do with forged mail.",
        bad="@ MX 10 ns\n",
        good='@ MX 10 ns\n_dmarc TXT "v=DMARC1; p=reject"\n',
    ),
    Check(
        name="no-mail-unsaid", numbers=("Z085",), severity=INFO, refused_by="",
        spec="RFC 7505 section 3, RFC 7208 section 10.1.2", find=no_mail_unsaid,
        why="A domain without mail is forged all the more when nothing says that it has none.",
        bad="@ A 192.0.2.2\n",
        good='@ MX 0 .\n@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject"\n',
    ),
)
# fmt: on
