"""The survey of a zone: each question answered once, and a glance at rows that hides nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checked_zones import APEX, CORPUS, HEAD, corpus_file, read_zone
from zonebuild.assemble import assemble
from zonebuild.checks import bits, lines
from zonebuild.checks.settings import Settings
from zonebuild.checks.survey import Survey
from zonebuild.checks.table import CHECKS, check_zone
from zonebuild.diagnostic import Finding
from zonebuild.model import Zone
from zonebuild.zonefile import decode_source, read_fragment

# Finds every row of the types that are usually only glanced at.
EVERY_ROW = re.compile(r"\t(?:DS|SRV|SSHFP|TLSA|CAA|HTTPS|TXT)\t")
ZONES = sorted(CORPUS.glob("*.zone"))
SETTINGS = Settings(issuers=("ca.example.net",), now=1_790_000_000)


def corpus_zone(name: str) -> Zone:
    data, apex, _expected = corpus_file(CORPUS / name)
    return assemble(apex, [read_fragment(decode_source("zone", data), apex=apex)])


@pytest.fixture(scope="module")
def corpus() -> list[Zone]:
    return [corpus_zone(path.name) for path in ZONES]


def judged(zone: Zone) -> list[Finding]:
    return sorted(check_zone(zone, CHECKS, SETTINGS), key=repr)


def judged_row_by_row(zone: Zone) -> list[Finding]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "UNUSUAL", EVERY_ROW)
        return judged(zone)


# -- asked once -----------------------------------------------------------------------------------


def test_a_question_is_answered_once_for_each_zone() -> None:
    asked: list[str] = []

    def ask(survey: Survey) -> int:
        asked.append(survey.apex)
        return len(asked)

    surveys = [Survey(read_zone(HEAD)) for _ in range(2)]
    assert [survey.once(ask) for survey in surveys for _ in range(2)] == [1, 1, 2, 2]


def test_a_check_finds_nothing_without_the_types_that_it_is_about(corpus: list[Zone]) -> None:
    for survey in map(Survey, corpus):
        for check in CHECKS:
            if check.find and check.about and survey.rdtypes.isdisjoint(check.about):
                assert not list(check.find(survey)), (check.name, survey.apex)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_is_about_the_types_of_its_bad_zone(check: object) -> None:
    zone = corpus_zone(f"bad-{getattr(check, 'name')}.zone")  # noqa: B009
    about = getattr(check, "about")  # noqa: B009
    assert not about or not Survey(zone).rdtypes.isdisjoint(about)


# -- rows and targets -----------------------------------------------------------------------------


def test_rows_and_targets_of_a_type_are_those_that_a_look_at_each_finds(
    corpus: list[Zone],
) -> None:
    for zone in corpus:
        survey, records = Survey(zone), zone.records
        for rdtype in {*records.rdtypes, bits.DNAME}:
            rows = [row for row, found in enumerate(records.rdtypes) if found == rdtype]
            assert list(survey.rows_of(rdtype)) == rows
            pairs = zip(records.target_rows, records.targets, strict=True)
            aimed = [(row, target) for row, target in pairs if records.rdtypes[row] == rdtype]
            assert list(zip(*survey.pointing(rdtype), strict=True)) == aimed


def test_rdatas_are_those_of_the_records(corpus: list[Zone]) -> None:
    for zone in corpus:
        rows = range(0, len(zone.records), 2)
        wanted = [(r, zone.records.record(r)) for r in rows]
        assert list(Survey(zone).rdatas(rows)) == [(r, w.origin, w.rdata) for r, w in wanted]


# -- the glance -----------------------------------------------------------------------------------

USUAL = (
    f"DS 12345 13 2 {'0f' * 32}", f"DS 1 8 4 {'0f' * 48}", "SRV 0 1 5060 ns",
    "SRV 10 60 443 sip.example.net.", f"SSHFP 4 2 {'0f' * 32}", f"TLSA 3 1 1 {'0f' * 32}",
    'CAA 0 issue "letsencrypt.org"', 'CAA 0 issuewild ";"', "CAA 0 issue ca-1.example.net",
    "HTTPS 1 . alpn=h2", "HTTPS 2 ns alpn=h2,h3", "TXT hello", 'TXT "a; b" "v=spf1 +all"',
    'TXT "v=spf1 -all"', 'TXT "v=spf1 a mx ip4:192.0.2.0/24 include:_spf.example.net ~all"',
    'TXT "v=spf1 redirect=_spf.example.net"', 'TXT "v=DKIM1; k=rsa; p="',
    'TXT "v=DKIM1; h=sha256; k=rsa; p=MIIB" "AAAA" "AQAB"', 'TXT "v=DKIM1; k=ed25519; p=MII="',
    'TXT "v=DMARC1; p=reject"', 'TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org;"',
)  # fmt: skip


@pytest.mark.parametrize("record", USUAL)
def test_the_usual_spelling_is_not_looked_at_twice(record: str) -> None:
    survey = Survey(read_zone(f"{HEAD}a {record}\n"))
    assert not any(map(survey.unusual, survey.rdtypes))


@pytest.mark.parametrize("record", USUAL)
def test_no_check_has_a_word_for_the_usual_spelling(record: str) -> None:
    body = f"a A 192.0.2.2\na NS ns.example.net.\n_443._tcp.a {record}\n"
    zone = read_zone(HEAD + (body if record.startswith("TLSA") else f"a {record}\n"))
    assert judged(zone) == judged_row_by_row(zone)


def test_what_a_string_looks_like_is_no_record() -> None:
    survey = Survey(read_zone(f'{HEAD}a TXT "x\tTXT\tv=spf1 +all" "\tDS\t1 1 1 00"\n'))
    assert not survey.unusual(bits.DS)
    assert not [f for f in judged(survey.zone) if f.check.startswith(("spf", "ds"))]


def test_a_glance_hides_nothing_of_the_corpus(corpus: list[Zone]) -> None:
    assert list(map(judged, corpus)) == list(map(judged_row_by_row, corpus))


WORDS = {
    "DS": ["1", "05", "13 2", "13 1", "5 2", "8 4 ", "12 3", f" {'0f' * 20}", f" {'0f' * 32}"],
    "SRV": ["0 ", "0 0 ", "00 ", "1 ", "443 ", ".", "ns", "@"],
    "SSHFP": ["1 ", "2 ", "5 ", "4 2 ", "04 ", "0f" * 20, "0f" * 32],
    "TLSA": ["0 ", "1 ", "2 ", "3 1 1 ", "03 ", "4 ", "0f" * 32, "e3b0c442", "98fc1c149afbf4c8"],
    "CAA": ["0 ", "128 ", "1 ", "issue ", "issuewild ", "iodef ", '"', ";", "a.b", ".", " ", "-"],
    "HTTPS": ["0 ", "1 ", ". ", "ns ", "alpn=h2 ", "ipv4hint=192.0.2.9 ", "key4=", "port=1"],
    "TXT": [
        '"', '" "', "v=", "V=", " ", "spf1", "all", "-all", "~all", "mx", "a ", "ip4:", "1.2.3.4",
        "/32", "/33", "01.2.3.4", "256.1.1.1", "include:", "redirect=", "a.b", "a.1", ".", ";",
        "; ", "DKIM1", "DMARC1", "k=rsa", "p=", "none", "reject", "MIIB", "M", "=", "\\\\", "\\;",
        "rua=", "mailto:", "a@b",
    ],
}  # fmt: skip
RECORDS = st.sampled_from(list(WORDS)).flatmap(
    lambda rdtype: st.lists(st.sampled_from(WORDS[rdtype]), min_size=1, max_size=9).map(
        lambda words: f"{rdtype} {''.join(words)}"
    )
)
POLICIES = st.sampled_from(["v=spf1 ", "v=DKIM1; k=rsa; p=", "v=DMARC1; p="]).flatmap(
    lambda begin: st.lists(st.sampled_from([*WORDS["TXT"], "a", "AA", " "]), max_size=6).map(
        lambda words: f'TXT "{begin}{"".join(words)}"'
    )
)


@given(st.lists(st.one_of(RECORDS, POLICIES), min_size=1, max_size=12))
def test_a_glance_hides_nothing_of_random_records(records: list[str]) -> None:
    body = "".join(f"{'a' if i % 3 else '_dmarc'} {text}\n" for i, text in enumerate(records))
    fragment = read_fragment(decode_source("zone", (HEAD + body).encode()), apex=APEX)
    zone = assemble(APEX, [fragment])
    assert judged(zone) == judged_row_by_row(zone)
