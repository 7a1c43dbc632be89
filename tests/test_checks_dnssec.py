"""DNSKEY, CDS and CDNSKEY in what people write."""

from __future__ import annotations

import pytest

from tests.checked_zones import findings_of, found_by
from tests.test_checks_tlsa import messages

# Two keys that nobody has, and their digests for example.org.
ONE = (
    "257 3 13 Zd4V/st+w837Vw+oercc4fGOidWXawcFfNu/9f+Ft2Bn2FCYtpA7rYK+sMmI958f"
    "KV6cEoXFgLGZg2Eg7Ru/fg=="
)
OTHER = (
    "257 3 13 yANslSaj7tvZEuj7wti3xTXjQtXAzOTkAJ9r0XvSgZpksC2HY7tNFaMQauNKa4q7"
    "emkObbu6Q8bqosLEPcRQ3A=="
)
OF_ONE = "14545 13 2 1c6d4910329489cc177c88d5c2a6fa3b3bb89695909fb60e9482899df46b5423"
OF_OTHER = "64925 13 2 ed2eb7b38ccb0838a0e326939826812083461f33546597b0961b287525586219"
DELETE = "@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n"


def test_both_forms_that_match_give_no_finding() -> None:
    assert not findings_of(f"@ CDNSKEY {ONE}\n@ CDS {OF_ONE.upper()}\n")


def test_the_delete_form_gives_no_finding() -> None:
    assert not findings_of(DELETE)


def test_a_digest_of_another_key_is_said_at_both() -> None:
    assert messages("cds-mismatch", f"@ CDNSKEY {ONE}\n@ CDS {OF_OTHER}\n") == [
        "CDS is the digest of no CDNSKEY of example.org.: make it of the key that signs",
        "CDNSKEY has no CDS of example.org. with its digest: make that CDS of it",
    ]


def test_a_key_that_is_no_dnskey_here_is_said_once() -> None:
    body = f"@ DNSKEY {ONE}\n@ CDNSKEY {OTHER}\n@ CDS {OF_ONE}\n"
    assert messages("cds-mismatch", body) == [
        "CDS is the digest of no CDNSKEY of example.org.: make it of the key that signs",
        "CDNSKEY is no DNSKEY of example.org.: write the key that signs",
    ]


def test_a_digest_type_that_is_not_known_may_match() -> None:
    assert not messages("cds-mismatch", f"@ CDNSKEY {ONE}\n@ CDS 14545 13 9 0f\n")


def test_the_digest_hangs_on_the_apex() -> None:
    head = "$TTL 3600\n@ SOA ns h 1 2 3 4 5\n@ NS ns.example.net.\n"
    body = f"@ CDNSKEY {ONE}\n@ CDS {OF_ONE}\n"
    assert not found_by("cds-mismatch", body, head=head, apex="example.org.")
    assert found_by("cds-mismatch", body, head=head, apex="example.com.")


@pytest.mark.parametrize(
    "body",
    [f"@ CDS 0 0 0 00\n@ CDNSKEY {ONE}\n", f"@ CDS 0 0 0 00\n@ CDS {OF_ONE}\n"],
    ids=["in the other type", "in its own"],
)
def test_the_delete_form_stands_alone(body: str) -> None:
    (finding,) = found_by("cds-delete-not-alone", body)
    assert finding.message == (
        "CDS asks the parent to delete the DS, others to set it: leave the one form or the other"
    )
    assert [note.location.line for note in finding.notes] == [6]


def test_algorithm_0_has_one_form() -> None:
    assert messages("cds-delete-not-alone", "@ CDS 5 0 0 00\n") == [
        "CDS with algorithm 0 that is not the delete form: write 0 0 0 00"
    ]


def test_the_form_that_is_missing_is_named() -> None:
    assert messages("cds-without-cdnskey", f"@ CDNSKEY {ONE}\n") == [
        "CDNSKEY at example.org. without CDS: some parents read only that one; add it"
    ]


@pytest.mark.parametrize("body", ["sub NS ns.example.net.\nsub ", "x.example.net. "])
def test_keys_of_hidden_owners_are_said_by_other_checks(body: str) -> None:
    assert not messages("dnskey-not-at-apex", f"{body}DNSKEY {ONE}\n")


def test_a_key_that_may_stand_anywhere_is_judged_by_its_algorithm_alone() -> None:
    assert not findings_of(f"www KEY {ONE}\n")
    assert messages("deprecated-key-algorithm", "www KEY 256 3 7 AwEAAQ==\n") == [
        "KEY algorithm 7 (RSASHA1-NSEC3-SHA1) is deprecated: make a key of "
        "13 (ECDSAP256SHA256) or 15 (ED25519)"
    ]
