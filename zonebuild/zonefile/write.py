"""Records into the text of the built zone: no directive but `$ORIGIN` and `$TTL`, no comment."""

from __future__ import annotations

from collections.abc import Iterator

from zonebuild.model import Records, Zone


def write_records(records: Records) -> Iterator[str]:
    """Yield master-file text of *records* in row order, each piece ending with a line feed.

    Every record has its owner and its TTL; a `$ORIGIN` stands wherever the origin changes.
    Spec: RFC 1035 section 5.1.
    """
    origin = None
    for block in records.blocks:
        if block.origin != origin:
            origin = block.origin
            yield f"$ORIGIN {origin}\n"
        yield block.text


def write_zone(zone: Zone) -> Iterator[tuple[str, str]]:
    """Yield master-file text of *zone* with the path of the fragment that each piece is from.

    Each fragment begins with its `$ORIGIN` and `$TTL`; every record states its owner and its TTL
    all the same, so that each line stands for itself.
    """
    blocks = iter(zone.records.blocks)
    block = next(blocks, None)
    for span in zone.spans:
        origin = zone.apex
        ttl = "" if span.ttl is None else f"$TTL {span.ttl}\n"
        yield span.path, f"$ORIGIN {origin}\n{ttl}"
        while block is not None and block.start < span.end:
            if block.origin != origin:
                origin = block.origin
                yield span.path, f"$ORIGIN {origin}\n"
            yield span.path, block.text
            block = next(blocks, None)
