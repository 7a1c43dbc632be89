"""A built zone as nodes in canonical order: owners, their RRsets, and what is authoritative.

Spec: RFC 4034 section 6 (order); RFC 4035 section 2.2 (what is signed); RFC 2181 section 5.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zonebuild.model import Zone
from zonebuild.rdata.canonical import canonical_text
from zonebuild.rdata.types import written_type
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.names import Key, Name, is_below, read_name

NS, SOA, DNAME, DS = 2, 6, 39, 43


class RRset(NamedTuple):
    """Records of one owner and type; *lines* is their text, *ttl* in seconds."""

    owner: Name
    rdtype: int
    ttl: int
    rdatas: tuple[str, ...]
    lines: str


class Authority(enum.Enum):
    """What of a node the zone is authoritative for, and so signs."""

    ALL = "all"
    DS_ONLY = "a delegation point"
    NONE = "glue or occluded"


class Node(NamedTuple):
    """An owner and its RRsets, the SOA first, the others by the number of their type."""

    owner: Name
    rrsets: tuple[RRset, ...]
    authority: Authority = Authority.ALL

    def is_signed(self, rdtype: int) -> bool:
        """Say whether the RRset of *rdtype* at this node carries a signature."""
        if self.authority is Authority.DS_ONLY:
            return rdtype == DS
        return self.authority is Authority.ALL


def make_rrset(owner: Name, rdtype: int, ttl: int, rdatas: Sequence[str]) -> RRset:
    """Return the RRset of *rdatas*, each once, in the order of their text.

    rdatas: canonical spelling, names absolute. ttl: seconds.
    """
    head = f"{owner.text}\t{ttl}\t{written_type(rdtype)}\t"
    if len(rdatas) == 1:
        return RRset(owner, rdtype, ttl, tuple(rdatas), f"{head}{rdatas[0]}\n")
    ordered = tuple(sorted(set(rdatas)))
    return RRset(owner, rdtype, ttl, ordered, "".join([f"{head}{rdata}\n" for rdata in ordered]))


def read_nodes(zone: Zone, added: Iterable[RRset] = ()) -> list[Node]:
    """Return the nodes of *zone* and of the RRsets *added*, in canonical order.

    Records of one RRset whose TTLs differ all get the least of them (RFC 2181 section 5.2).
    """
    drafts = _drafts(zone)
    extra: dict[Key, list[RRset]] = {}
    for rrset in added:
        extra.setdefault(rrset.owner.key, []).append(rrset)
    nodes = []
    for owner, types in drafts:
        rrsets = [make_rrset(owner, rdtype, *draft) for rdtype, draft in types.items()]
        rrsets += extra.get(owner.key, [])
        if len(rrsets) > 1:
            rrsets.sort(key=_soa_first)
        nodes.append(Node(owner, tuple(rrsets)))
    nodes.sort(key=_sort_key)
    return list(_with_authority(nodes, read_name(zone.apex).key))


_Draft = tuple[int, list[str]]
_Owner = tuple[Name, dict[int, _Draft]]


def _drafts(zone: Zone) -> Iterable[_Owner]:
    """Return the owners of *zone*, each with the TTL and the rdatas of its types."""
    records = zone.records
    names = records.name_list()
    by_index: dict[int, _Owner] = {}
    by_key: dict[Key, _Owner] = {}
    for row, rdata in enumerate(_spelled(zone)):
        index = records.owners[row]
        drafted = by_index.get(index)
        if drafted is None:  # two spellings may name one owner
            name = read_name(names[index])
            drafted = by_index[index] = by_key.setdefault(name.key, (name, {}))
        _add(drafted[1], records.rdtypes[row], records.ttls[row], rdata)
    return by_key.values()


def _spelled(zone: Zone) -> Iterator[str]:
    """Yield the canonical spelling of each record's rdata, in row order.

    Errors: SigningError where an rdata cannot be read.
    """
    from dns.exception import DNSException

    row = 0
    try:
        for block in zone.records.blocks:
            for row, line in enumerate(block.text.split("\n")[:-1], block.start):  # noqa: B007
                _, _, mnemonic, rdata = line.split("\t", 3)
                yield canonical_text(mnemonic, rdata, block.origin)
    except DNSException as error:
        problem = f"{zone.records.location(row)} has an rdata that cannot be read"
        raise SigningError(zone.apex, problem, "correct it or remove it") from error


def _add(types: dict[int, _Draft], rdtype: int, ttl: int, rdata: str) -> None:
    old = types.get(rdtype)
    if old is None:
        types[rdtype] = (ttl, [rdata])
        return
    old[1].append(rdata)
    if ttl < old[0]:
        types[rdtype] = (ttl, old[1])


def _with_authority(nodes: Iterable[Node], apex: Key) -> Iterator[Node]:
    """Yield the nodes, each told what of it is authoritative; below a cut or a DNAME, nothing."""
    covered: Key | None = None
    for node in nodes:
        if covered is not None and is_below(node.owner.key, covered):
            yield Node(node.owner, node.rrsets, Authority.NONE)
            continue
        types = {rrset.rdtype for rrset in node.rrsets}
        is_cut = NS in types and node.owner.key != apex
        covered = node.owner.key if is_cut or DNAME in types else None
        yield Node(node.owner, node.rrsets, Authority.DS_ONLY) if is_cut else node


def _soa_first(rrset: RRset) -> tuple[bool, int]:
    return (rrset.rdtype != SOA, rrset.rdtype)


def _sort_key(node: Node) -> Key:
    return node.owner.key
