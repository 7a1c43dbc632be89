"""Random small zones: the checks say what a slow reading of the RFCs says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import APEX, findings_of
from tests.naive_zone import NaiveRecord, NaiveZone

HEAD = "$TTL 60\n@ SOA ns.example.net. h 1 2 3 4 5\n@ NS ns.example.net.\n"
LABELS = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3)
NAMES = st.one_of(st.just(APEX), LABELS.map(lambda labels: ".".join([*labels, APEX])))
TARGETS = st.one_of(NAMES, st.just("a.example.net."))
RDATA = {
    "A": "192.0.2.1", "TXT": "a", "NS": "{}", "CNAME": "{}", "DNAME": "{}", "MX": "1 {}",
    "SRV": "0 0 1 {}",
}  # fmt: skip
RECORDS = st.tuples(NAMES, st.sampled_from(list(RDATA)), TARGETS).map(
    lambda parts: NaiveRecord(parts[0], parts[1], parts[2] if "{}" in RDATA[parts[1]] else "")
)
ZONES = st.lists(RECORDS, min_size=1, max_size=7, unique=True)
HEAD_RECORDS = [NaiveRecord(APEX, "SOA", ""), NaiveRecord(APEX, "NS", "ns.example.net.")]
FIRST = HEAD.count("\n") + 1


def found(records: list[NaiveRecord], *checks: str) -> set[NaiveRecord]:
    """Return the records at which one of *checks* holds."""
    lines = [f"{r.owner} {r.rdtype} {RDATA[r.rdtype].format(r.target)}\n" for r in records]
    findings = findings_of("".join(lines), head=HEAD)
    held = [records[f.location.line - FIRST] for f in findings if f.check in checks]
    assert len(held) == len(set(held))
    return set(held)


def naive(records: list[NaiveRecord]) -> NaiveZone:
    return NaiveZone(APEX, HEAD_RECORDS + records)


def is_own_cut(record: NaiveRecord) -> bool:
    is_below = record.target == record.owner or record.target.endswith(f".{record.owner}")
    return record.owner != APEX and is_below


def is_visible(zone: NaiveZone, name: str) -> bool:
    return not zone.is_hidden(name, "NS") and not zone.is_hidden(name, "DNAME")


@given(ZONES)
def test_glue_is_missing_where_an_ns_at_or_below_its_cut_has_no_address(
    records: list[NaiveRecord],
) -> None:
    zone = naive(records)
    wanted = {
        record
        for record in records
        if record.rdtype == "NS"
        and is_own_cut(record)
        and is_visible(zone, record.owner)
        and not {"A", "CNAME"} & zone.types(record.target)
    }
    assert found(records, "missing-glue", "occluded-glue") == wanted


@given(ZONES)
def test_data_is_hidden_at_and_below_cuts_but_for_glue(records: list[NaiveRecord]) -> None:
    zone = naive(records)
    servers = {record.target for record in records if record.rdtype == "NS"}
    wanted = set()
    for record in records:
        is_glue = record.rdtype == "A" and record.owner in servers
        at_cut = record.owner != APEX and "NS" in zone.types(record.owner)
        at_cut = at_cut and not record.owner.startswith("*.")
        hidden = zone.is_hidden(record.owner, "NS")
        if at_cut and not hidden:
            hidden = record.rdtype not in ("NS", "DS", "CNAME", "DNAME")
        if hidden and not is_glue and not zone.is_hidden(record.owner, "DNAME"):
            wanted.add(record)
    assert found(records, "data-below-cut") == wanted


@given(ZONES)
def test_data_below_a_dname_is_all_that_lies_below_it(records: list[NaiveRecord]) -> None:
    zone = naive(records)
    wanted = {record for record in records if zone.is_hidden(record.owner, "DNAME")}
    assert found(records, "data-below-dname") == wanted


@given(ZONES)
def test_a_target_without_address_is_one_that_no_record_and_no_wildcard_answers(
    records: list[NaiveRecord],
) -> None:
    zone = naive(records)
    wanted = {
        record
        for record in records
        if record.rdtype in ("NS", "MX", "SRV")
        and not (record.rdtype == "NS" and is_own_cut(record))
        and is_visible(zone, record.owner)
        and zone.is_ours(record.target)
        and not {"A", "CNAME"} & (zone.answer_types(record.target) or set())
    }
    kinds = ("ns", "mx", "srv")
    assert found(records, *(f"{kind}-target-without-address" for kind in kinds)) == wanted


@given(ZONES)
def test_a_cname_target_is_missing_where_nothing_answers_for_it(
    records: list[NaiveRecord],
) -> None:
    zone = naive(records)
    wanted = {
        record
        for record in records
        if record.rdtype == "CNAME"
        and is_visible(zone, record.owner)
        and zone.is_ours(record.target)
        and zone.answer_types(record.target) is None
    }
    assert found(records, "cname-target-missing") == wanted
