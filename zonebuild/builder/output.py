"""A built zone as text: its fragments in order, what machines made behind what people wrote.

A line `; made by machines` stands between the two, so that a built zone is also the last good
copy of its hand-written part.
"""

from __future__ import annotations

from zonebuild.model import Records, Zone
from zonebuild.rdata.canonical import canonical_text
from zonebuild.zonefile import Source, decode_source, read_fragment
from zonebuild.zonefile.write import write_zone

MACHINES = "; made by machines\n"
_SOA = 6


def zone_text(zone: Zone, machine_paths: frozenset[str]) -> str:
    """Return the text of *zone*; the fragments of *machine_paths* come last and are marked."""
    pieces, is_marked = [], False
    for path, text in write_zone(zone):
        if path in machine_paths and not is_marked:
            pieces.append(MACHINES)
            is_marked = True
        pieces.append(text)
    return "".join(pieces)


def hand_written(path: str, data: bytes) -> Source:
    """Return the hand-written part of a built zone. path: as messages name it."""
    source = decode_source(path, data)
    return source._replace(text=source.text.partition(MACHINES)[0])


def read_built(path: str, data: bytes, apex: str) -> Records:
    """Return the records of a zone that was built before; what is damaged in it is left out."""
    return read_fragment(decode_source(path, data), apex=apex).records


def soa_serial(records: Records, apex: str) -> int | None:
    """Return the serial of the SOA at *apex*, None where there is none."""
    row = _soa_row(records, apex)
    return None if row is None else int(_soa_text(records, row).split(" ")[2])


def set_serial(zone: Zone, serial: int) -> None:
    """Put *serial* into the SOA of *zone*, which has one."""
    records = zone.records
    row = _soa_row(records, zone.apex)
    if row is None:
        return
    block = records.block(row)
    lines = block.text.split("\n")
    fixed = lines[row - block.start].rpartition("\t")[0]
    fields = _soa_text(records, row).split(" ")
    fields[2] = str(serial)  # MNAME RNAME SERIAL …
    lines[row - block.start] = f"{fixed}\t{' '.join(fields)}"
    index = records.blocks.index(block)
    records.blocks[index] = block._replace(text="\n".join(lines))


def _soa_text(records: Records, row: int) -> str:
    """Return the SOA's rdata in its own form, also where it is written as RFC 3597 has it."""
    record = records.record(row)
    if record.rdata.startswith("\\#"):
        return canonical_text(record.rdtype, record.rdata, record.origin)
    return record.rdata


def _soa_row(records: Records, apex: str) -> int | None:
    owner = records.names.get(apex)
    start = 0
    while True:
        try:
            row = records.rdtypes.index(_SOA, start)
        except ValueError:
            return None
        if records.owners[row] == owner:
            return row
        start = row + 1
