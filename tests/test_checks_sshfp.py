"""SSHFP: messages, and what must not be said."""

from __future__ import annotations

import pytest

from tests.checked_zones import findings_of, found_by
from tests.test_checks_tlsa import messages

SHA1, SHA256 = "0f" * 20, "0f" * 32


def test_an_algorithm_that_is_not_assigned_is_said_with_those_that_are() -> None:
    assert messages("sshfp-field-unknown", f"ns SSHFP 5 2 {SHA256}\n") == [
        "SSHFP algorithm 5 is not assigned: write one of 1 (RSA), 2 (DSA), 3 (ECDSA), "
        "4 (Ed25519), 6 (Ed448)"
    ]


def test_both_fields_of_a_record_are_said() -> None:
    assert len(messages("sshfp-field-unknown", "ns SSHFP 0 9 0f\n")) == 2


def test_sha1_says_what_to_write() -> None:
    assert messages("sshfp-sha1", f"ns SSHFP 4 1 {SHA1}\n") == [
        'SSHFP of ns.example.org. has a SHA-1 fingerprint: write "4 2" and the SHA-256 '
        "fingerprint in its place"
    ]


@pytest.mark.parametrize("body", ["sub NS ns.example.net.\nsub {0}", "x.example.net. {0}"])
def test_a_hidden_owner_needs_no_address_here(body: str) -> None:
    assert not found_by("sshfp-host-without-address", body.format(f"SSHFP 4 2 {SHA256}\n"))


def test_a_wildcard_needs_no_address() -> None:
    assert not findings_of(f"* SSHFP 4 2 {SHA256}\n")


def test_the_finding_stands_at_the_first_record_of_its_host() -> None:
    body = f"a SSHFP 4 2 {SHA256}\na SSHFP 1 2 {SHA256}\nb SSHFP 4 2 {SHA256}\n"
    found = found_by("sshfp-host-without-address", body)
    assert [finding.location.line for finding in found] == [5, 7]
