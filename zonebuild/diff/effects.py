"""What resolvers will see of a change, told from the TTLs of the version before it.

"Publication" is the moment at which all name servers of the zone answer with the new version.
Spec: RFC 1035 section 3.2.1 (TTL), RFC 2308 section 5 (negative answers), RFC 4592 (wildcards),
RFC 9499 section 7 (delegation, glue), RFC 4035 section 5 (a DS makes the child secure).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from zonebuild.diff.rrsets import RRsetChange, rrset_changes
from zonebuild.diff.version import Held, Version
from zonebuild.model import Records, ZoneDiff

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_ADDRESSES = ("A", "AAAA")
_NEGATIVE_FIELDS = frozenset({"minimum", "ttl"})  # of the SOA


class Effect(NamedTuple):
    """What resolvers will see of the change of one RRset.

    seconds: after publication, until when at most an old answer is given; None: not known.
    """

    owner: str
    rdtype: str
    seconds: int | None
    text: str


class _Case(NamedTuple):
    """One RRset in both versions. held, now: None where it is not there."""

    change: RRsetChange
    before: Version
    after: Version
    held: Held | None
    now: Held | None

    @property
    def owner(self) -> str:
        return self.change.owner

    @property
    def rdtype(self) -> str:
        return self.change.rdtype


_Told = tuple[int | None, str]  # seconds, text


def duration(seconds: int) -> str:
    """Return *seconds* as people read them: `1 h 30 min`."""
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def find_effects(
    diff: ZoneDiff, old: Records, new: Records, *, most: int | None = None
) -> tuple[Effect, ...]:
    """Return what resolvers will see of *diff*, RRset by RRset in canonical order.

    old, new: the two versions of the zone. A zone that is new has none.
    most: RRsets, from the first, whose effect is told; None: all.
    """
    if not diff or not len(old) or most == 0:
        return ()
    changes = rrset_changes(diff)[:most]
    owners = {change.owner for change in changes}
    before = Version(diff.origin, old, owners)
    if not len(new):
        ttl = before.longest_ttl
        text = f"what is cached of the zone stays for up to {duration(ttl)} after publication"
        return (Effect(diff.origin, "SOA", ttl, text),)
    after = Version(diff.origin, new, owners)
    effects = [_effect(change, before, after) for change in changes]
    return (*_of_soa(diff, before), *effects)


def _effect(change: RRsetChange, before: Version, after: Version) -> Effect:
    owner, rdtype = change.owner, change.rdtype
    held, now = before.rrset(owner, rdtype), after.rrset(owner, rdtype)
    case = _Case(change, before, after, held, now)
    seconds, text = next(told for told in (rule(case) for rule in _RULES) if told is not None)
    return Effect(owner, rdtype, seconds, text)


def _of_soa(diff: ZoneDiff, before: Version) -> list[Effect]:
    held = before.rrset(diff.origin, "SOA")
    if not diff.soa or held is None:
        return []
    seconds, text = held.ttl, f"the old SOA is cached {_until(held.ttl)}"
    if _NEGATIVE_FIELDS.intersection(field for field, _, _ in diff.soa):
        seconds = before.negative_ttl or 0
        text = f"negative answers that are cached already stay for up to {duration(seconds)}"
    return [Effect(diff.origin, "SOA", seconds, text)]


# -- one rule a situation; the first that has something to say tells it ---------------------------


def _ttl_alone(case: _Case) -> _Told | None:
    if case.change.removed or case.change.added or not case.change.ttls:
        return None
    ttl = max(ttl.old for ttl in case.change.ttls)
    return ttl, f"the old TTL holds {_until(ttl)}"


def _apex_name_servers(case: _Case) -> _Told | None:
    if case.rdtype != "NS" or case.owner != case.before.apex or not case.held:
        return None
    ttl = case.held.ttl
    return ttl, (
        f"the old name servers are asked {_until(ttl)}, "
        "and as long as the delegation in the parent names them"
    )


def _delegation(case: _Case) -> _Told | None:
    """The NS RRset of a zone cut, unless the cut lies below another."""
    if case.rdtype != "NS" or case.owner == case.before.apex or _old_cut_above(case):
        return None
    if case.held is None:
        return _new_delegation(case) if case.before.exists(case.owner) else None
    ttl = case.held.ttl
    if case.now is None:
        return ttl, f"the name servers of the child are asked {_until(ttl)}, {_then(case)}"
    return ttl, (
        f"the old name servers are asked {_until(ttl)}, longer where the child's NS TTL is"
    )


def _new_delegation(case: _Case) -> _Told:
    ttl = case.before.negative_ttl
    return ttl, (
        "new delegation: what this zone answered at and below it is cached for its TTL, "
        f"negative answers {_for(ttl)}"
    )


def _delegation_signer(case: _Case) -> _Told | None:
    if case.rdtype != "DS":
        return None
    if case.held is None:
        if not case.before.rrset(case.owner, "NS"):
            return None
        ttl = case.before.negative_ttl
        return ttl, f"the child counts as unsigned {_for(ttl)}: that it has no DS is cached"
    ttl = case.held.ttl
    if case.now is None:
        return ttl, f"validators want the child signed {_until(ttl)}"
    return ttl, f"validators use the old DS {_until(ttl)}: its key must sign until then"


def _behind_old_cut(case: _Case) -> _Told | None:
    """Glue, and what the child's servers answered for until now."""
    cut = case.before.cut_over(case.owner)
    if cut is None or case.rdtype == "DS":
        return None
    servers = case.before.rrset(cut, "NS")
    ttl = servers.ttl if servers else 0
    if case.after.cut_over(case.owner) is None:
        return ttl, f"the name servers of {cut} are asked {_until(ttl)}"
    if case.held:
        return case.held.ttl, f"the old glue is cached {_until(case.held.ttl)}"
    return 0, "new glue: referrals carry it from publication on"


def _changed(case: _Case) -> _Told | None:
    if case.held is None or case.now is None:
        return None
    ttl, size = case.held
    noun = "address" if case.rdtype in _ADDRESSES else "record"
    plural = {"address": "addresses"}.get(noun, f"{noun}s")
    old = f"the old {noun} is" if size == 1 else f"the old {plural} are"
    return ttl, f"{old} cached {_until(ttl)}"


def _removed(case: _Case) -> _Told | None:
    if case.held is None:
        return None
    ttl = case.held.ttl
    return ttl, f"still answered from caches {_until(ttl)}, {_then(case)}"


def _new_type(case: _Case) -> _Told | None:
    if not case.before.exists(case.owner):
        return None
    alias = case.before.rrset(case.owner, "CNAME")
    if alias:
        return alias.ttl, f"answered through the old CNAME {_until(alias.ttl)}"
    ttl = case.before.negative_ttl
    return ttl, f"new type: negative answers (NODATA) {_for(ttl)}"


def _new_below_dname(case: _Case) -> _Told | None:
    above = case.before.dname_over(case.owner)
    dname = above and case.before.rrset(above, "DNAME")
    if not above or not dname:
        return None
    return dname.ttl, f"answered through the DNAME of {above} {_until(dname.ttl)}"


def _new_beside_wildcard(case: _Case) -> _Told | None:
    wildcard = case.before.wildcard_for(case.owner)
    if wildcard is None:
        return None
    answer = case.before.rrset(wildcard, case.rdtype) or case.before.rrset(wildcard, "CNAME")
    if answer:
        return answer.ttl, f"new name: answers from {wildcard} are cached {_until(answer.ttl)}"
    ttl = case.before.negative_ttl
    return ttl, f"new name beside {wildcard}: negative answers (NODATA) {_for(ttl)}"


def _new_name(case: _Case) -> _Told:
    ttl = case.before.negative_ttl
    new = "new wildcard: for what it covers" if case.owner.startswith("*.") else "new name:"
    return ttl, f"{new} negative answers (NXDOMAIN) {_for(ttl)}"


_RULES: tuple[Callable[[_Case], _Told | None], ...] = (
    _ttl_alone,
    _apex_name_servers,
    _delegation,
    _delegation_signer,
    _behind_old_cut,
    _changed,
    _removed,
    _new_below_dname,
    _new_type,
    _new_beside_wildcard,
    _new_name,
)


# -- words ----------------------------------------------------------------------------------------


def _until(ttl: int) -> str:
    return f"until {duration(ttl)} after publication"


def _for(ttl: int | None) -> str:
    return "for as long as the SOA says" if ttl is None else f"for up to {duration(ttl)}"


def _old_cut_above(case: _Case) -> bool:
    return case.before.cut_over(case.owner) not in (None, case.owner)


def _then(case: _Case) -> str:
    """Return what answers for an RRset that is gone, once no cache has it any more."""
    after, owner = case.after, case.owner
    cut, dname = after.cut_over(owner), after.dname_over(owner)
    if cut:
        return f"then by the name servers of {cut}"
    if dname:
        return f"then through the DNAME of {dname}"
    if after.rrset(owner, "CNAME"):
        return "then through the new CNAME"
    if after.exists(owner):
        return "then NODATA"
    wildcard = after.wildcard_for(owner)
    return f"then from {wildcard}" if wildcard else "then NXDOMAIN"
