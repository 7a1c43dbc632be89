"""The three numbers, owners and pins: what is taken, what is refused and why."""

from __future__ import annotations

import pytest

from tests.tlsa_material import octets, public_der
from zonebuild.tlsa.material import Material, read_material
from zonebuild.tlsa.parameters import (
    DEFAULT,
    Parameters,
    Wrong,
    association_data,
    owner_of,
    parse_parameters,
    unit_of,
)
from zonebuild.tlsa.pin import Pin, pin_for, pin_from, pin_of
from zonebuild.tlsa.places import (
    Lineage,
    Place,
    parse_lineage_name,
    parse_port,
    parse_protocol,
    usual_starttls,
)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("3 1 1", "key"), ("3 1 2", "key"), ("3 0 1", "certificate"), ("2 1 1", "issuer")],
)
def test_parameters_name_what_takes_turns(text: str, unit: str) -> None:
    found = parse_parameters(text)
    assert isinstance(found, Parameters)
    assert (str(found), unit_of(found)) == (text, unit)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no usage, selector and matching type"),
        ("3 1 1\n", "is no usage, selector and matching type"),
        ("٣ 1 1", "is no usage, selector and matching type"),
        ("0 1 1", "has usage 0, which needs a public CA"),
        ("1 1 1", "has usage 1, which needs a public CA"),
        ("3 1 0", "has matching type 0, which makes answers too long"),
        ("3 1 3", "has a matching type that is not assigned"),
        ("3 2 1", "has a usage or selector that is not assigned"),
        ("4 1 1", "has a usage or selector that is not assigned"),
        ("2 0 1", 'pins the certificate of an issuer, which is renewed, want "2 1 1"'),
    ],
)
def test_other_parameters_are_refused_with_what_is_wanted(text: str, reason: str) -> None:
    found = parse_parameters(text)
    assert isinstance(found, Wrong)
    assert found.reason.startswith(reason)
    assert " want " in found.reason


def test_no_octets_have_no_digest() -> None:
    for matching in (0, 1, 2):
        with pytest.raises(ValueError, match="no octets"):
            association_data(b"", matching)
    with pytest.raises(ValueError, match="no octets"):
        pin_of(b"")


def test_owners() -> None:
    assert owner_of("mx.example.org.", 25) == "_25._tcp.mx.example.org."
    assert owner_of(".", 853, "udp") == "_853._udp."
    with pytest.raises(ValueError, match="65536"):
        owner_of("mx.example.org.", 65_536)


@pytest.mark.parametrize("matching", [1, 2])
def test_a_pin_is_read_back_from_what_it_publishes(matching: int) -> None:
    pin, parameters = pin_of(b"key"), Parameters(3, 1, matching)
    rdata = pin.rdata(parameters)
    assert rdata is not None
    read = pin_from(rdata)
    assert read is not None
    assert read[0] == parameters
    assert read[1].is_same(pin)
    assert read[1].rdata(parameters) == rdata
    assert read[1].rdata(Parameters(3, 1, 3 - matching)) is None


@pytest.mark.parametrize("rdata", ["", "3 1 1", "3 1 1 0f", f"1 1 1 {'0f' * 32}", "a b c d"])
def test_rdata_that_no_track_makes_pins_nothing(rdata: str) -> None:
    assert pin_from(rdata) is None


def test_pins_of_which_nothing_is_known_are_not_the_same() -> None:
    assert not Pin("a" * 64).is_same(Pin("", "b" * 128))


def test_each_unit_pins_its_own_part_of_a_chain() -> None:
    chain = read_material(octets("certificate", "rsa") + octets("certificate", "ecdsa"))
    assert isinstance(chain, Material)
    assert pin_for(chain, "key") == pin_of(public_der("rsa"))
    assert pin_for(chain, "certificate") == pin_of(chain.certificate)
    assert pin_for(chain, "issuer") == pin_of(public_der("ecdsa"))


def test_a_key_alone_pins_no_certificate_and_no_issuer() -> None:
    key = read_material(octets("public key", "rsa"))
    assert isinstance(key, Material)
    assert pin_for(key, "certificate") == Wrong("is a public key, want a certificate")
    assert isinstance(pin_for(key, "issuer"), Wrong)


def test_a_place_owns_records_at_its_port_or_where_its_alias_leads() -> None:
    place = Place("mx.example.org.", 25)
    assert place.owner == "_25._tcp.mx.example.org."
    assert Place("mx.example.org.", 25, alias="_dane.example.org.").owner == "_dane.example.org."
    both = Place("mx.example.org.", 25, parameters=(Parameters(3, 0, 1), DEFAULT))
    assert Lineage("mx", "certs/mx", (place, both)).units == ("certificate", "key")


def test_words_of_the_map() -> None:
    assert parse_port("25") == 25
    assert parse_protocol("tcp") == "tcp"
    assert parse_lineage_name("mx.example.org") == "mx.example.org"
    assert [usual_starttls(port) for port in (25, 443)] == ["smtp", "none"]
    wrong = [
        parse_port("0"),
        parse_port("65536"),
        parse_protocol("tls"),
        parse_lineage_name("../x"),
    ]
    assert all(isinstance(each, Wrong) for each in wrong)
