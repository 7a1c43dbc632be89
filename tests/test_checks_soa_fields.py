"""The SOA: its numbers, its serial and its two names."""

from __future__ import annotations

import pytest

from tests.checked_zones import HEAD, findings_of, found_by, read_zone
from zonebuild.checks import soa_fields
from zonebuild.checks.settings import Settings
from zonebuild.checks.table import CHECKS, check_zone
from zonebuild.diagnostic import Finding, Location, Part

NOW = 1_782_907_200  # 2026-07-01 12:00:00 UTC
REST = "@ NS ns\nns A 192.0.2.1\n"
SOA_CHECKS = [check.name for check in soa_fields.CHECKS]


def zone(soa: str, rest: str = REST) -> str:
    return f"$TTL 3600\n@ SOA {soa}\n{rest}"


def message(check: str, soa: str, rest: str = REST) -> str:
    """Return what *check* says of a zone with *soa*."""
    (found,) = found_by(check, zone(soa, rest), head="")
    return found.message


def future(serial: int, now: int | None = NOW) -> list[Finding]:
    (entry,) = [check for check in CHECKS if check.name == "soa-serial-in-the-future"]
    text = zone(f"ns hostmaster {serial} 14400 3600 604800 600")
    return check_zone(read_zone(text), [entry], Settings(now=now))


# -- the numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "soa", "said"),
    [
        (
            "soa-refresh-short",
            "ns h 1 3600 900 604800 600",
            "SOA refresh 3600 s is below 4 hours: write 14400 or more, for NOTIFY tells of changes",
        ),
        (
            "soa-retry-not-below-refresh",
            "ns h 1 4h 4h 604800 600",
            "SOA retry 14400 s is not below the refresh 14400 s: "
            "write a fraction of it, such as a quarter",
        ),
        (
            "soa-retry-short",
            "ns h 1 4h 15m 604800 600",
            "SOA retry 900 s is below an hour: write 3600 or more",
        ),
        (
            "soa-expire-short",
            "ns h 1 4h 1h 1d 600",
            "SOA expire 86400 s is below a week: write 1209600 or more",
        ),
        (
            "soa-minimum-unusual",
            "ns h 1 4h 1h 1w 1w",
            "SOA minimum 604800 s: so long resolvers keep that a name is not there; "
            "write 300 to 86400",
        ),
        (
            "soa-serial-zero",
            "ns h 0 4h 1h 1w 1h",
            "SOA serial 0, which some software reads as none: write 1",
        ),
    ],
)
def test_a_number_is_named_with_what_to_write_instead(check: str, soa: str, said: str) -> None:
    assert message(check, soa) == said


def test_an_expire_below_the_refresh_is_compared_with_it() -> None:
    said = message("soa-expire-short", "ns h 1 3w 1h 2w 1h")
    assert said.endswith("is below the refresh 1814400 s: write 3628800 or more")


def test_a_finding_points_at_the_rdata_of_the_soa() -> None:
    (found,) = found_by("soa-serial-zero", zone("ns h 0 4h 1h 1w 1h"), head="")
    assert (found.location, found.part) == (Location("primary/0", 2), Part.RDATA)


def test_records_before_the_soa_are_counted() -> None:
    (found,) = found_by(
        "soa-not-first", "a A 192.0.2.2\nb TXT x\n" + zone("n h 1 2 3 4 5"), head=""
    )
    assert found.message == "2 records stand before the SOA: let it be the first"


@pytest.mark.parametrize("check", SOA_CHECKS)
@pytest.mark.parametrize(
    "text", ["", REST, "sub SOA . / 0 1 2 3 4\n", "a.example.net. SOA . / 0 1 2 3 4\n"]
)
def test_only_the_soa_at_the_apex_is_judged(check: str, text: str) -> None:
    assert found_by(check, text, head="$TTL 3600\n") == []


def test_of_several_soa_only_the_first_is_judged() -> None:
    second = "@ SOA . / 0 1 2 3 4\n"
    assert {f.check for f in findings_of(second)} == {"several-soa"}


def test_a_soa_in_generic_form_is_read() -> None:
    rdata = "\\# 22 00 00 00000000 00003840 00000e10 00093a80 00000258"
    assert message("soa-serial-zero", rdata)


# -- a serial that is a date ----------------------------------------------------------------------


def test_a_serial_of_a_day_to_come_is_named_with_today() -> None:
    (found,) = future(2026070300)
    assert found.message == (
        "SOA serial 2026070300 is a day to come, today's begin at 2026070100: "
        "every later serial has to be greater still"
    )


@pytest.mark.parametrize(
    "serial",
    [2026070100, 2026070199, 2026070299, 2025123199, 1, 1_782_907_200, 3_000_000_000, 4294967295],
    ids=["today", "full", "tomorrow", "last year", "counter", "unixtime", "no day", "greatest"],
)
def test_a_serial_up_to_tomorrow_or_that_is_no_day_is_fine(serial: int) -> None:
    assert future(serial) == []


def test_without_a_clock_no_serial_is_in_the_future() -> None:
    assert future(2099010100, now=None) == []


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rname", "mend"),
    [
        ("hostmaster@example.org.", "write hostmaster.example.org."),
        ("hostmaster@example.org", "write hostmaster.example.org."),
        ("hostmaster\\@example.org.", "write hostmaster.example.org."),
        ("john.doe@example.org.", "write john\\.doe.example.org."),
    ],
)
def test_an_at_sign_is_mended_with_the_dots_before_it_escaped(rname: str, mend: str) -> None:
    assert message("soa-rname-with-at-sign", f"ns {rname} 1 4h 1h 1w 1h").endswith(mend)


def test_an_at_sign_among_odd_characters_has_no_mend() -> None:
    said = message("soa-rname-with-at-sign", "ns a@b@c. 1 4h 1h 1w 1h")
    assert said == 'SOA RNAME "a@b@c." has an "@", which is a dot there'


def test_an_at_sign_is_one_finding() -> None:
    found = findings_of(zone("ns hostmaster@example.org. 1 4h 1h 1w 1h"), head="")
    assert [f.check for f in found] == ["soa-rname-with-at-sign"]


@pytest.mark.parametrize("rname", ["a/b", ".", "a.b_c.example.net.", "a\\032b.example.net."])
def test_an_rname_that_is_no_mailbox_is_told_what_to_write(rname: str) -> None:
    said = message("soa-rname-not-mailbox", f"ns {rname} 1 4h 1h 1w 1h")
    assert said.endswith("write hostmaster.example.org.")


@pytest.mark.parametrize("rname", ["h", "@", "h.example.net.", "a\\.b+c=d_e", "*"])
def test_an_rname_that_is_a_mailbox_is_fine(rname: str) -> None:
    assert found_by("soa-rname-not-mailbox", zone(f"ns {rname} 1 4h 1h 1w 1h"), head="") == []


def test_an_alias_as_primary_is_told() -> None:
    said = message("soa-mname-no-server", "p h 1 4h 1h 1w 1h", f"{REST}p CNAME ns\n")
    assert said == "SOA MNAME p.example.org. is an alias: name the host that it leads to"


def test_a_primary_below_a_dname_that_has_records_is_left_to_the_check_of_these() -> None:
    rest = f"{REST}old DNAME example.net.\np.old A 192.0.2.2\n"
    assert found_by("soa-mname-no-server", zone("p.old h 1 4h 1h 1w 1h", rest), head="") == []


def test_a_hidden_primary_is_named() -> None:
    said = message("soa-mname-not-in-ns", "hidden h 1 4h 1h 1w 1h")
    assert "hidden.example.org. is none of the name servers of example.org." in said


def test_no_primary_at_all_is_no_hidden_one() -> None:
    assert found_by("soa-mname-not-in-ns", zone(". h 1 4h 1h 1w 1h"), head="") == []


def test_the_usual_head_has_no_finding() -> None:
    assert [f for check in SOA_CHECKS for f in found_by(check, HEAD, head="")] == []
