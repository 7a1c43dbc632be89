"""The embedded signer in a site tree: keys, signed zones, what a lost or damaged file does."""

from __future__ import annotations

import os
import re
import stat
import time
from calendar import timegm
from pathlib import Path

import dns.dnssec
import dns.rdata
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.built_zones import built_zone, validate_all
from zonebuild.signers.local.disk import (
    SignOutcome,
    accept_key,
    is_due,
    load_key,
    new_key,
    sign,
)
from zonebuild.signers.local.errors import SigningError
from zonebuild.signers.local.keys import ds_records, key_from_pem, key_to_pem, make_key
from zonebuild.signers.local.state import state_from_text
from zonebuild.signers.local.zone_signing import SigningParameters

NOW = 1_790_000_000
WWW = "www 3600 A 192.0.2.1\n"
MORE = WWW + "mail 3600 A 192.0.2.2\n"
DAY = 86_400


def signed(
    site: Path, text: str = WWW, *, now: int = NOW, serial: int = 1, apex: str = "example."
) -> SignOutcome:
    zone = built_zone(text, apex, serial)
    return sign(site, apex, zone, now=now, parameters=SigningParameters())


def octets(site: Path) -> dict[str, bytes]:
    return {str(p.relative_to(site)): p.read_bytes() for p in site.rglob("*") if p.is_file()}


def test_the_first_signing_makes_a_key_a_zone_and_its_state(tmp_path: Path) -> None:
    outcome = signed(tmp_path)
    assert sorted(octets(tmp_path)) == [
        "keys/example.pem",
        "signed/example",
        "state/keys/example",
        "state/signed/example",
    ]
    assert (outcome.signed, outcome.serial, outcome.reused) == (True, 1, 0)
    assert validate_all((tmp_path / "signed/example").read_text(), "example.", NOW)


def test_the_first_signing_waits_for_the_parent_and_the_next_does_not(tmp_path: Path) -> None:
    (waiting,) = signed(tmp_path).waitings
    assert ds_records("example.", load_key(tmp_path, "example."))[0] in waiting.way_on
    assert signed(tmp_path).waitings == ()


def test_equal_content_writes_nothing(tmp_path: Path) -> None:
    first = signed(tmp_path)
    before = octets(tmp_path)
    again = signed(tmp_path, now=NOW + 60)
    assert (again.signed, again.serial, again.due_at) == (False, 1, first.due_at)
    assert octets(tmp_path) == before


def test_a_change_keeps_the_other_signatures(tmp_path: Path) -> None:
    signed(tmp_path)
    again = signed(tmp_path, WWW + "mail 60 A 192.0.2.2\n", now=NOW + 60)
    assert (again.signed, again.serial, again.made) == (True, 2, 4)
    assert again.reused > 0


@pytest.mark.parametrize(
    ("apex", "name"),
    [
        (".", "@"),
        ("a.example.", "a.example"),
        ("0/25.2.0.192.in-addr.arpa.", "0%2F25.2.0.192.in-addr.arpa"),
    ],
)
def test_files_have_the_zones_name(tmp_path: Path, apex: str, name: str) -> None:
    signed(tmp_path, "", apex=apex)
    wanted = [f"keys/{name}.pem", f"signed/{name}", f"state/keys/{name}", f"state/signed/{name}"]
    assert sorted(octets(tmp_path)) == wanted


# Keys.


def test_key_and_folder_are_private_under_any_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        outcome = signed(tmp_path)
    finally:
        os.umask(old)
    modes = [stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("keys", "keys/example.pem")]
    assert modes == [0o700, 0o600]
    assert outcome.findings == ()


def test_a_key_that_others_may_read_is_a_warning(tmp_path: Path) -> None:
    signed(tmp_path)
    (tmp_path / "keys").chmod(0o755)
    (tmp_path / "keys/example.pem").chmod(0o640)
    found = signed(tmp_path).findings
    assert [(f.location.path, f.check) for f in found] == [
        ("keys", "key-not-private"),
        ("keys/example.pem", "key-not-private"),
    ]
    assert "0640" in found[1].message


@pytest.mark.parametrize("gone", ["signed/example", "state/signed/example"])
def test_a_lost_key_of_a_signed_zone_is_an_error_and_never_a_new_key(
    tmp_path: Path, gone: str
) -> None:
    signed(tmp_path)
    (tmp_path / "keys/example.pem").unlink()
    (tmp_path / gone).unlink()
    before = octets(tmp_path)
    with pytest.raises(SigningError, match=r"keys/example\.pem is missing; restore it"):
        signed(tmp_path)
    assert octets(tmp_path) == before


@pytest.mark.parametrize(
    "lost", ["", "state/keys/example", "signed/example", "state/signed/example"]
)
def test_another_key_than_the_last_one_signs_nothing(tmp_path: Path, lost: str) -> None:
    """O3: a wrong restore or a copied folder must not make the served zone bogus."""
    signed(tmp_path)
    right = (tmp_path / "keys/example.pem").read_bytes()
    wrong = make_key()
    (tmp_path / "keys/example.pem").write_bytes(key_to_pem(wrong))
    if lost:
        (tmp_path / lost).unlink()
    before = octets(tmp_path)
    with pytest.raises(SigningError) as raised:
        signed(tmp_path, MORE, now=NOW + DAY)
    assert octets(tmp_path) == before
    ours = key_from_pem(right)
    assert ours is not None
    for each in (f"key tag {ours.tag} ", f"key tag {wrong.tag} ", "zonebuild key accept example."):
        assert each in str(raised.value)
    (tmp_path / "keys/example.pem").write_bytes(right)
    assert signed(tmp_path, MORE, now=NOW + DAY).signed


def test_a_key_that_a_person_accepts_signs_from_then_on(tmp_path: Path) -> None:
    signed(tmp_path)
    other = make_key()
    (tmp_path / "keys/example.pem").write_bytes(key_to_pem(other))
    before, found = accept_key(tmp_path, "example.")
    assert (before is not None and before != found, found.tag) == (True, other.tag)
    assert signed(tmp_path, now=NOW + 60).signed
    assert other.dnskey_text in (tmp_path / "signed/example").read_text()


def test_key_signed_file_and_state_lost_together_are_an_error(tmp_path: Path) -> None:
    signed(tmp_path)
    for lost in ("keys/example.pem", "signed/example", "state/signed/example"):
        (tmp_path / lost).unlink()
    before = octets(tmp_path)
    with pytest.raises(SigningError, match="zonebuild key new example"):
        signed(tmp_path)
    assert octets(tmp_path) == before
    made = new_key(tmp_path, "example.")
    assert signed(tmp_path).signed
    assert load_key(tmp_path, "example.").tag == made.tag


def test_a_new_key_replaces_none_that_is_there(tmp_path: Path) -> None:
    signed(tmp_path)
    before = octets(tmp_path)
    with pytest.raises(SigningError, match="is there already"):
        new_key(tmp_path, "example.")
    assert octets(tmp_path) == before


def test_a_zone_that_is_signed_elsewhere_gets_no_first_key(tmp_path: Path) -> None:
    """O4: a first key beside a served signed zone is an outage."""
    zone = built_zone(WWW, "example.", 1)
    refusal = ("192.0.2.1 shows a DNSKEY", "bring its key")
    with pytest.raises(SigningError, match="bring its key"):
        sign(
            tmp_path,
            "example.",
            zone,
            now=NOW,
            parameters=SigningParameters(),
            refuse_first_key=lambda _: refusal,
        )
    assert octets(tmp_path) == {}


def test_a_key_that_is_there_already_signs_a_new_zone(tmp_path: Path) -> None:
    pem = key_to_pem(make_key())
    (tmp_path / "keys").mkdir(0o700)
    (tmp_path / "keys/example.pem").write_bytes(pem)
    signed(tmp_path)
    assert octets(tmp_path)["keys/example.pem"] == pem


def _pem(private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, secret: bytes) -> bytes:
    s = serialization
    lock = s.BestAvailableEncryption(secret) if secret else s.NoEncryption()
    return private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, lock)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"\x00\xff",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _pem(ed25519.Ed25519PrivateKey.generate(), b""),
        _pem(ec.generate_private_key(ec.SECP384R1()), b""),
        _pem(ec.generate_private_key(ec.SECP256R1()), b"secret"),
        key_to_pem(make_key())[:-60],
    ],
    ids=["empty", "binary", "no-key", "ed25519", "p384", "encrypted", "cut-short"],
)
def test_a_file_that_is_no_p256_key_is_an_error(tmp_path: Path, pem: bytes) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/example.pem").write_bytes(pem)
    with pytest.raises(SigningError, match="holds no unencrypted ECDSA P-256 key"):
        signed(tmp_path)
    assert octets(tmp_path) == {"keys/example.pem": pem}


def test_a_key_comes_back_from_its_pem() -> None:
    key = make_key()
    again = key_from_pem(key_to_pem(key))
    assert again is not None
    assert (again.dnskey, again.tag) == (key.dnskey, key.tag)


def test_ds_records_are_dnspythons() -> None:
    key = make_key()
    dnskey = dns.rdata.from_text("IN", "DNSKEY", key.dnskey_text)
    wanted = [dns.dnssec.make_ds("a.example.", dnskey, kind) for kind in ("SHA256", "SHA384")]
    lines = ds_records("A.example.", key, (2, 4))
    assert lines == [f"a.example. IN DS {ds.to_text()}" for ds in wanted]
    assert key.tag == dns.dnssec.key_id(dnskey)  # type: ignore[arg-type]


# Lost, damaged and half-written files.


def test_a_kill_between_zone_and_state_is_healed(tmp_path: Path) -> None:
    signed(tmp_path)
    state = (tmp_path / "state/signed/example").read_bytes()
    signed(tmp_path, WWW + "a 60 A 192.0.2.2\n", now=NOW + 60)
    (tmp_path / "state/signed/example").write_bytes(state)
    healed = signed(tmp_path, WWW + "a 60 A 192.0.2.2\n", now=NOW + 120)
    assert (healed.serial, healed.reused) == (3, 0)
    assert validate_all((tmp_path / "signed/example").read_text(), "example.", NOW + 120)
    assert not signed(tmp_path, WWW + "a 60 A 192.0.2.2\n", now=NOW + 180).signed


@pytest.mark.parametrize("gone", ["signed/example", "state/signed/example"])
def test_one_lost_file_is_made_again_with_a_higher_serial(tmp_path: Path, gone: str) -> None:
    signed(tmp_path, serial=7)
    (tmp_path / gone).unlink()
    assert signed(tmp_path, serial=7).serial == 8


@pytest.mark.parametrize("at", [0.01, 0.3, 0.6, 0.99])
def test_a_flipped_octet_in_the_signed_zone_keeps_no_signature(tmp_path: Path, at: float) -> None:
    signed(tmp_path)
    path = tmp_path / "signed/example"
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 1
    path.write_bytes(content)
    again = signed(tmp_path, now=NOW + 60)
    assert (again.signed, again.reused, again.serial) == (True, 0, 2)
    assert validate_all(path.read_text(), "example.", NOW + 60)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"zonebuild-signed 2\n", b"x" * 60_000])
def test_a_damaged_state_is_made_again(tmp_path: Path, content: bytes) -> None:
    signed(tmp_path)
    (tmp_path / "state/signed/example").write_bytes(content)
    assert is_due(tmp_path, "example.", NOW)
    assert (signed(tmp_path).serial, signed(tmp_path).signed) == (2, False)


def test_without_any_readable_serial_nothing_is_signed(tmp_path: Path) -> None:
    signed(tmp_path)
    (tmp_path / "signed/example").write_bytes(b"garbage\n")
    (tmp_path / "state/signed/example").write_bytes(b"garbage\n")
    with pytest.raises(SigningError, match="neither signed/example nor state/signed/example"):
        signed(tmp_path)


@pytest.mark.parametrize("place", ["signed/example", "state/signed/example", "keys/example.pem"])
def test_a_named_pipe_in_the_way_is_refused_and_does_not_hang(tmp_path: Path, place: str) -> None:
    signed(tmp_path)
    (tmp_path / place).unlink()
    os.mkfifo(tmp_path / place)
    with pytest.raises(SigningError, match=rf"{place} is a "):
        signed(tmp_path)


# When a zone is due.


def test_a_zone_is_due_when_its_signatures_are(tmp_path: Path) -> None:
    due_at = signed(tmp_path).due_at
    assert [is_due(tmp_path, "example.", t) for t in (NOW, due_at - 1, due_at)] == [
        False,
        False,
        True,
    ]
    assert signed(tmp_path, now=due_at).signed
    assert not is_due(tmp_path, "example.", due_at)


def first_end(tmp_path: Path) -> int:
    """Return when the first signature of the signed zone expires, Unix seconds."""
    text = (tmp_path / "signed/example").read_text()
    ends = re.findall(r"\tRRSIG\t\S+ \d+ \d+ \d+ (\d{14}) ", text)
    return min(timegm(time.strptime(end, "%Y%m%d%H%M%S")) for end in ends)


def test_the_end_of_the_first_signature_is_kept(tmp_path: Path) -> None:
    for text, now in ((WWW, NOW), (MORE, NOW + DAY), (WWW, NOW + 9 * DAY)):
        signed(tmp_path, text, now=now)
        state = state_from_text((tmp_path / "state/signed/example").read_text())
        assert state is not None
        assert state.first_end == first_end(tmp_path) > now


def test_what_an_earlier_version_kept_is_still_trusted(tmp_path: Path) -> None:
    signed(tmp_path)
    path = tmp_path / "state/signed/example"
    before, kept = (tmp_path / "signed/example").stat(), path.read_text()
    path.write_text(re.sub(r"end \d+\n", "", kept))
    assert not signed(tmp_path).signed
    assert (path.read_text(), (tmp_path / "signed/example").stat()) == (kept, before)


def test_a_zone_that_was_never_signed_is_due(tmp_path: Path) -> None:
    assert is_due(tmp_path, "example.", NOW)


def test_a_zone_is_due_after_a_clock_that_ran_ahead(tmp_path: Path) -> None:
    signed(tmp_path, now=NOW + 10**8)
    assert is_due(tmp_path, "example.", NOW)
    assert signed(tmp_path).signed
    assert not is_due(tmp_path, "example.", NOW)
