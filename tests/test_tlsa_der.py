"""EC private keys as GnuTLS writes them: the secret has a leading octet 0, or lacks one."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from zonebuild.tlsa.der import with_whole_secret
from zonebuild.tlsa.material import Material, read_material

CURVES = {ec.SECP256R1: 32, ec.SECP384R1: 48, ec.SECP521R1: 66}
TRADITIONAL = PrivateFormat.TraditionalOpenSSL


def secret_of(length: int, value: int) -> bytes:
    return value.to_bytes(length, "big")


def clean(curve: type[ec.EllipticCurve], value: int) -> bytes:
    key = ec.derive_private_key(value, curve())
    return key.private_bytes(Encoding.DER, TRADITIONAL, NoEncryption())


def respelled(der: bytes, secret: bytes, other: bytes) -> bytes:
    """Return *der* with *other* as its secret, every length made right by OpenSSL's own rules."""
    start = der.index(b"\x04" + bytes((len(secret),)) + secret)
    rest = der[start + 2 + len(secret) :]
    body = b"\x02\x01\x01\x04" + bytes((len(other),)) + other + rest
    size = bytes((len(body),)) if len(body) < 128 else b"\x81" + bytes((len(body),))
    return b"\x30" + size + body


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("kind", ["longer", "shorter"])
def test_a_secret_of_another_length_is_the_same_key(
    curve: type[ec.EllipticCurve], kind: str
) -> None:
    length = CURVES[curve]
    value = 0xABCDEF << (8 * (length - 6))  # begins with octets 0
    der, secret = clean(curve, value), secret_of(length, value)
    other = b"\0" + secret if kind == "longer" else secret.lstrip(b"\0")
    given = respelled(der, secret, other)
    assert given != der
    assert with_whole_secret(given) == der
    expected = read_material(der)
    assert isinstance(expected, Material)
    assert read_material(given) == expected


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_reads_the_same_key_in_pem() -> None:
    der, secret = clean(ec.SECP256R1, 12345), secret_of(32, 12345)
    given = respelled(der, secret, b"\0" + secret)
    command = ["openssl", "ec", "-inform", "DER", "-pubout", "-outform", "DER"]
    public = subprocess.run(command, input=given, capture_output=True, check=True).stdout
    found = read_material(pem(given))
    assert isinstance(found, Material)
    assert found.public_key == public


def pem(der: bytes) -> bytes:
    from base64 import encodebytes

    begin, end = b"-----BEGIN EC PRIVATE KEY-----\n", b"-----END EC PRIVATE KEY-----\n"
    return begin + encodebytes(der) + end


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        clean(ec.SECP256R1, 1)[:-1],
        clean(ec.SECP256R1, 1) + b"\0",
        clean(ec.SECP256K1, 1),
        respelled(clean(ec.SECP256R1, 1), secret_of(32, 1), b"\1" * 33),
    ],
    ids=["nothing", "empty", "cut-off", "longer", "other-curve", "too-large"],
)
def test_what_is_no_such_key_stays_as_it_is(data: bytes) -> None:
    assert with_whole_secret(data) == data


def test_a_locked_key_is_still_told_as_locked() -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    key = ec.generate_private_key(ec.SECP256R1())
    locked = key.private_bytes(Encoding.PEM, TRADITIONAL, BestAvailableEncryption(b"x"))
    assert b"EC PRIVATE KEY" in locked
    assert "locked with a password" in str(read_material(locked))
