"""Signing a zone again: its serial, what is kept and what is made anew."""

from __future__ import annotations

import pytest

from tests.built_zones import KEY, NOW, ZONE, signed, validate_all
from zonebuild.signers.local.keys import make_key
from zonebuild.signers.local.signatures import DAY, HOUR, signing_period
from zonebuild.signers.local.signed_text import published_serial, signatures_in
from zonebuild.signers.local.zone_signing import Previous

# Serials.


def test_a_zone_without_history_keeps_its_serial() -> None:
    assert signed(serial=2026112301).serial == 2026112301


@pytest.mark.parametrize(
    ("unsigned", "last", "serial"),
    [
        (1, 1, 2),
        (1, 50, 51),
        (60, 50, 60),
        (51, 50, 51),
        (5, 2**32 - 1, 5),
        (2**32 - 1, 2**32 - 1, 1),
        (1, 2**31, 2**31 + 1),
    ],
)
def test_the_signed_serial_rises_above_the_last(unsigned: int, last: int, serial: int) -> None:
    assert signed(serial=unsigned, previous=Previous("", last)).serial == serial


def test_a_lower_unsigned_serial_alone_changes_nothing() -> None:
    first = signed(serial=7)
    again = signed(serial=3, previous=first, now=NOW + DAY)
    assert (again.is_changed, again.text, again.serial) == (False, first.text, 7)


def test_a_higher_unsigned_serial_is_published() -> None:
    again = signed(serial=9, previous=signed(serial=7))
    assert (again.is_changed, again.serial, again.made) == (True, 9, 1)


# What is kept, what is made.


def test_equal_content_gives_the_old_text() -> None:
    first = signed()
    again = signed(previous=first, now=NOW + DAY)
    assert (again.is_changed, again.text, again.made) == (False, first.text, 0)
    assert again.due_at == first.due_at


def test_one_new_name_makes_four_signatures() -> None:
    first = signed()
    token = signed(ZONE + '_acme-challenge.www 60 TXT "t"\n', previous=first, now=NOW + DAY)
    # the token, its NSEC, the NSEC before it, the SOA
    assert (token.made, token.reused, token.serial) == (4, first.made - 2, 2)
    assert validate_all(token.text, "example.", NOW + DAY)


def test_a_record_that_goes_goes_from_the_signed_zone() -> None:
    again = signed(ZONE.replace("ns.child 3600 A 192.0.2.54\n", ""), previous=signed())
    assert (again.is_changed, again.made) == (True, 1)
    assert "192.0.2.54" not in again.text


def test_a_changed_ttl_is_signed_again() -> None:
    again = signed(ZONE.replace("a.b.ent 3600", "a.b.ent 60"), previous=signed())
    assert again.made == 2


def test_another_key_signs_everything() -> None:
    first = signed()
    again = signed(previous=first, key=make_key())
    assert (again.reused, again.made) == (0, first.made)
    assert validate_all(again.text, "example.", NOW)


def test_signatures_are_renewed_when_expire_and_the_largest_ttl_are_left() -> None:
    first = signed()
    assert first.due_at == NOW + 14 * DAY - 7 * DAY - HOUR
    assert not signed(previous=first, now=first.due_at - 1).is_changed
    renewed = signed(previous=first, now=first.due_at)
    assert (renewed.made, renewed.serial) == (first.made, 2)
    assert renewed.due_at == first.due_at + 7 * DAY - HOUR


def test_signatures_of_a_clock_that_ran_ahead_are_made_anew() -> None:
    ahead = signed(now=NOW + DAY)
    assert signed(previous=ahead).reused == 0


@pytest.mark.parametrize(
    ("expire", "ttl", "validity", "refresh", "length", "margin"),
    [
        (DAY, 3600, None, None, 14 * DAY, DAY + 3600),
        (28 * DAY, 3600, None, None, 56 * DAY, 28 * DAY + 3600),
        (28 * DAY, 3600, 10 * DAY, None, 56 * DAY, 28 * DAY + 3600),
        (DAY, 3600, 30 * DAY, 10 * DAY, 30 * DAY, 10 * DAY),
        (DAY, 3600, 30 * DAY, 60, 30 * DAY, DAY + 3600),
        (DAY, 3600, 14 * DAY, 14 * DAY, 15 * DAY, 14 * DAY),
        (DAY, 30 * DAY, None, None, 32 * DAY, 31 * DAY),
        (2**32 - 1, 2**31 - 1, None, None, 2**30, 2**30 - DAY),
    ],
)
def test_validity_is_twice_expire_and_outlasts_the_margin(
    expire: int, ttl: int, validity: int | None, refresh: int | None, length: int, margin: int
) -> None:
    period = signing_period(NOW, expire=expire, largest_ttl=ttl, validity=validity, refresh=refresh)
    assert (period.inception, period.expiration) == (NOW - HOUR, NOW + length)
    assert period.margin == margin


@pytest.mark.parametrize(
    "edit",
    [
        ("TXT 13 2 300", "TXT 13 3 300"),
        ("TXT 13 2 300", "TXT 14 2 300"),
        ("TXT 13 2 300", "TXT 13 2 301"),
        ("RRSIG\tTXT", "RRSIG\tA"),
        (f" {KEY.tag} example. ", f" {KEY.tag ^ 1} example. "),
        (f" {KEY.tag} example. ", f" {KEY.tag} other. "),
        ("TXT 13 2 300 2", "TXT 13 2 300 x"),
    ],
)
def test_a_signature_whose_fields_are_not_the_ones_wanted_is_made_anew(
    edit: tuple[str, str],
) -> None:
    first = signed()
    lines = first.text.splitlines(keepends=True)
    line = next(line for line in lines if line.startswith("*.wild") and "RRSIG\tTXT" in line)
    assert edit[0] in line
    text = first.text.replace(line, line.replace(*edit))
    again = signed(previous=Previous(text, first.serial))
    assert again.made == 2  # it and the SOA
    assert validate_all(again.text, "example.", NOW)


def test_text_that_is_no_signed_zone_gives_no_signatures() -> None:
    key_line = f"example.\t1\tDNSKEY\t{KEY.dnskey_text}\n"
    for text in ("", "\n\n\t\n", key_line, key_line + "\t\t\t\t\nRRSIG\n\x00", "a\tb\tRRSIG"):
        assert not set(signatures_in(text, KEY)) - {key_line}


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        (signed(serial=42).text, 42),
        ("example. 60 SOA a. b. 7 1 1 1 1\n", 7),
        ("; a comment\nexample.\t60\tSOA\ta. b. 7 1 1 1 1\n", 7),
        ("example.\t60\tSOA\ta. b. 4294967296 1 1 1 1\n", None),
        ("example.\t60\tA\t192.0.2.1\n", None),
        ("", None),
    ],
)
def test_the_published_serial_is_read_from_the_first_soa(text: str, serial: int | None) -> None:
    assert published_serial(text) == serial
