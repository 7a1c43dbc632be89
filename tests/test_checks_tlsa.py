"""TLSA, SMIMEA and OPENPGPKEY: messages, and what must not be said."""

from __future__ import annotations

import pytest

from tests.checked_zones import findings_of, found_by

DIGEST = "0f" * 32
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HASH = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6"
CUT = "sub NS ns.example.net.\n"


def messages(check: str, body: str) -> list[str]:
    return [finding.message for finding in found_by(check, body)]


def test_each_field_that_is_not_assigned_is_said_with_what_it_may_be() -> None:
    assert messages("tlsa-field-unknown", f"_443._tcp.ns TLSA 4 2 9 {DIGEST}\n") == [
        "TLSA usage 4 is not assigned: write one from 0 to 3",
        "TLSA selector 2 is not assigned: write one from 0 to 1",
        "TLSA matching type 9 is not assigned: write one from 0 to 2",
    ]


def test_a_generic_record_is_read() -> None:
    assert messages("tlsa-whole-certificate", "_443._tcp.ns TLSA \\# 4 03010042\n") == [
        "TLSA of _443._tcp.ns.example.org. holds what it matches in full (matching type 0): write "
        '"3 1 1" and its SHA-256 digest'
    ]


def test_the_digest_of_nothing_is_found_in_any_spelling() -> None:
    spellings = (NOTHING, NOTHING.upper(), f"{NOTHING[:8]} {NOTHING[8:]}")
    for spelling in spellings:
        assert messages("digest-of-nothing", f"_443._tcp.ns TLSA 3 1 1 {spelling}\n")


@pytest.mark.parametrize(
    ("owner", "severity"),
    [
        ("ns", "error"),
        ("_tcp.ns", "error"),
        ("_443.ns", "error"),
        ("_0443._tcp.ns", "error"),
        ("_443._tpc.ns", "error"),
        ("_dane.ns", "warning"),
        ("tlsa._dane", "warning"),
    ],
)
def test_an_owner_without_port_is_an_error_where_no_other_zone_can_mean_it(
    owner: str, severity: str
) -> None:
    (finding,) = found_by("tlsa-owner-without-port", f"{owner} TLSA 3 1 1 {DIGEST}\n")
    assert finding.severity.label == severity


def test_the_owner_to_write_is_shown() -> None:
    (message,) = messages("tlsa-owner-without-port", f"ns TLSA 3 1 1 {DIGEST}\n")
    assert "write _443._tcp.ns.example.org. " in message


HIDDEN = {
    "below a cut": f"{CUT}x.sub TLSA 3 1 1 {DIGEST}\n",
    "at a cut": f"{CUT}sub TLSA 3 1 1 {DIGEST}\n",
    "below a DNAME": f"old DNAME example.net.\nx.old TLSA 3 1 1 {DIGEST}\n",
    "out of the zone": f"example.net. TLSA 3 1 1 {DIGEST}\n",
}


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("check", ["tlsa-owner-without-port", "tlsa-host-without-address"])
def test_of_hidden_owners_only_another_check_speaks(check: str, body: str) -> None:
    assert not messages(check, body)
    assert not messages(check, body.replace("x.", "_443._tcp.x."))


def test_wrong_fields_are_said_of_hidden_records_too() -> None:
    assert messages("tlsa-field-unknown", f"{CUT}_443._tcp.sub TLSA 4 1 1 {DIGEST}\n")


def test_a_key_of_mail_says_what_its_owner_wants() -> None:
    (message,) = messages("mail-key-owner-not-hashed", "hugh OPENPGPKEY AA==\n")
    assert message == (
        "OPENPGPKEY at hugh.example.org.: the owner wants the first 56 hex digits of the SHA-256 "
        "of the mailbox, then _openpgpkey"
    )


def test_a_wildcard_that_the_record_itself_takes_away_is_named() -> None:
    body = f"* A 192.0.2.2\n_443._tcp.a.b TLSA 3 1 1 {DIGEST}\n"
    (message,) = messages("tlsa-host-without-address", body)
    assert message == (
        "TLSA of the host a.b.example.org., which has no A or AAAA: this record makes the name "
        "exist, so *.example.org. does not answer for it; write its addresses out"
    )


def test_a_wildcard_behind_another_name_is_not_named() -> None:
    body = f'* A 192.0.2.2\nb TXT "b"\n_443._tcp.a.b TLSA 3 1 1 {DIGEST}\n'
    (message,) = messages("tlsa-host-without-address", body)
    assert "*" not in message


def test_a_host_is_named_once() -> None:
    body = "".join(f"_{port}._tcp.www TLSA 3 1 1 {DIGEST}\n" for port in (25, 443, 465))
    assert len(messages("tlsa-host-without-address", body)) == 1


def test_the_rollover_of_a_host_gives_no_finding() -> None:
    other = "1e" * 32
    assert not findings_of(
        f"_443._tcp.ns TLSA 3 1 1 {DIGEST}\n_443._tcp.ns TLSA 3 1 1 {other}\n"
        f"{HASH}._smimecert SMIMEA 3 0 0 3082\n"
    )
