"""What a host's file offers: the keys that ssh-keygen makes, and nothing else."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.sshfp.blob import read_key
from zonebuild.sshfp.host import is_allowed, names_host, read_host
from zonebuild.sshfp.key import Key, is_fingerprint, read_fingerprint, shown
from zonebuild.sshfp.lines import MAX_KEYS, MAX_LINES, MAX_OCTETS, Offer, read_offer

HOST = "www.example.org."
NAME = HOST[:-1]


def text_of(*fields: bytes) -> str:
    """Return a blob of these strings in base64."""
    blob = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return base64.b64encode(blob).decode()


def pub(kind: str, *fields: bytes) -> str:
    """Return a line of a .pub file."""
    return f"{kind} {text_of(kind.encode(), *fields)} root@host\n"


def mpint(number: int) -> bytes:
    """Return *number* as RFC 4251 section 5 wants it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


ED25519 = pub("ssh-ed25519", bytes(range(32)))
BLOB = ED25519.split()[1]
P256 = pub("ecdsa-sha2-nistp256", b"nistp256", b"\4" + bytes(64))


def offer(text: str) -> Offer:
    """Return what the file of HOST offers."""
    return read_offer(HOST, text.encode("utf-8", "surrogatepass"))


def only_key(text: str) -> Key:
    """Return the one key of a file without a refusal."""
    found = offer(text)
    assert found.refusals == ()
    (key,) = found.keys
    return key


def reason(text: str) -> str:
    """Return why the file gives no key."""
    found = offer(text)
    assert not found.keys
    (refusal,) = found.refusals
    return refusal.reason


KEY = only_key(ED25519)

# -- the keys of ssh-keygen -----------------------------------------------------------------------

REAL = {
    "rsa-2048": 1, "rsa-3072": 1, "ecdsa-256": 3, "ecdsa-384": 3, "ecdsa-521": 3, "ed25519-256": 4,
}  # fmt: skip


def keygen(*arguments: str) -> str:
    """Return what ssh-keygen prints."""
    done = subprocess.run(["ssh-keygen", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="session")
def real_keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return a .pub file of each kind, made by ssh-keygen."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name in (*REAL, "rsa-1024"):
        kind, _, bits = name.partition("-")
        keygen(
            "-q", "-t", kind, "-b", bits, "-N", "", "-C", "é; $INCLUDE", "-f", str(folder / name)
        )
    return {name: folder / f"{name}.pub" for name in (*REAL, "rsa-1024")}


@pytest.mark.parametrize("name", REAL)
def test_a_fingerprint_is_what_ssh_keygen_says(real_keys: Mapping[str, Path], name: str) -> None:
    path = real_keys[name]
    key = only_key(path.read_text())
    assert key.algorithm == REAL[name]
    assert keygen("-lf", str(path)).split()[1] == shown(key.fingerprint)


@pytest.mark.parametrize("name", REAL)
def test_the_records_of_ssh_keygen_say_the_same(real_keys: Mapping[str, Path], name: str) -> None:
    path = real_keys[name]
    key = only_key(path.read_text())
    for owner in (NAME, HOST, "www"):
        records = keygen("-r", owner, "-f", str(path)), keygen("-g", "-r", owner, "-f", str(path))
        assert [only_key(text) for text in records] == [key, key]


def test_a_hashed_known_hosts_file_of_ssh_keygen_is_read(
    real_keys: Mapping[str, Path], tmp_path: Path
) -> None:
    line = real_keys["ed25519-256"].read_text()
    path = tmp_path / "known_hosts"
    path.write_text(f"{NAME} {line}other.example.org {P256}")
    keygen("-q", "-H", "-f", str(path))
    found = offer(path.read_text())
    assert path.read_text().startswith("|1|")
    assert found.keys == {only_key(line)}
    assert [refusal.line for refusal in found.refusals] == [2]


def test_a_short_rsa_key_of_ssh_keygen_is_refused(real_keys: Mapping[str, Path]) -> None:
    why = reason(real_keys["rsa-1024"].read_text())
    assert why == "is an RSA key of 1024 bits, want 2048 to 16384, or Ed25519"


# -- the forms of a line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ED25519, ED25519.replace(" root@host", ""), ED25519.replace("\n", "\r\n"),
        ED25519.replace(" ", "\t"), f"\n# host:22 SSH-2.0-OpenSSH_9.2p1\n{ED25519}",
        f"; {NAME}:22 SSH-2.0-x\n{ED25519}", f"{NAME} {ED25519}", f"{HOST} {ED25519}",
        f"www {ED25519}", f"{NAME.upper()} {ED25519}", f"a.example.net,{NAME},192.0.2.1 {ED25519}",
        f"[{NAME}]:2222 {ED25519}", f"[192.0.2.1]:2222,[{NAME}]:2222 {ED25519}",
        f"{NAME} IN SSHFP 4 2 {KEY.fingerprint}\n", f"{HOST} 3600 in sshfp 4 2 {KEY.fingerprint}\n",
        f"{NAME} IN SSHFP 4 2 {KEY.fingerprint.upper()}\n{NAME} IN SSHFP 4 1 {'0f' * 20}\n",
        f"{NAME} IN TYPE44 \\# 34 0402{KEY.fingerprint}\n",
        f"{NAME} IN TYPE44 \\# 34 04 02 {KEY.fingerprint}\n{NAME} IN TYPE44 \\# 22 0401{'0f' * 20}",
        ED25519 * 3,
    ],
)  # fmt: skip
def test_a_key_is_taken_in_every_form(line: str) -> None:
    assert only_key(line) == KEY


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"mail.example.org {ED25519}", "does not name the host"),
        (f"192.0.2.1 {ED25519}", "does not name the host"),
        (f"*.example.org {ED25519}", "does not name the host"),
        (f"!{NAME} {ED25519}", "does not name the host"),
        (f"|1|AAAA|AAAA {ED25519}", "does not name the host"),
        (f"|1|é|AAAA|x {ED25519}", "does not name the host"),
        (f"mail IN SSHFP 4 2 {KEY.fingerprint}", "does not name the host"),
        (f"@cert-authority {NAME} {ED25519}", "has a marker"),
        (f"@revoked {NAME} {ED25519}", "has a marker"),
        (f"{NAME} IN SSHFP 4 1 {'0f' * 20}", "has a SHA-1 fingerprint"),
        (f"{NAME} IN SSHFP 2 2 {KEY.fingerprint}", "DSA"),
        (f"{NAME} IN SSHFP 6 2 {KEY.fingerprint}", "want algorithm 1, 3 or 4"),
        (f"{NAME} IN SSHFP 4 3 {KEY.fingerprint}", "want algorithm 1, 3 or 4"),
        (f"{NAME} IN SSHFP 4 2 {KEY.fingerprint[:-1]}", "want algorithm 1, 3 or 4"),
        (f"{NAME} IN SSHFP 4 2 {KEY.fingerprint} ; x", "want algorithm 1, 3 or 4"),
        (f"{NAME} IN SSHFP 4 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "of an empty key"),
        (f"{NAME} IN TYPE44 \\# 33 0402{KEY.fingerprint}", "is no line of"),
        (f"{NAME} CH SSHFP 4 2 {KEY.fingerprint}", "is no line of"),
        (f"{NAME} IN A 192.0.2.1", "is no line of"),
        ("$INCLUDE /etc/shadow", "is no line of"),
        ("root:$6$secret:19000:0:99999:7:::", "is no line of"),
        (f"www {NAME} {ED25519}", "is no line of"),
        (f'from="*" {ED25519}', "does not name the host"),
    ],
)  # fmt: skip
def test_whatever_else_a_line_holds_is_refused(line: str, why: str) -> None:
    assert why in reason(line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (pub("ssh-dss", b"p", b"q", b"g", b"y"), "is a DSA key"),
        (pub("ssh-ed25519-cert-v01@openssh.com", b"n", b"k"), "is a certificate"),
        (pub("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"), "security token"),
        (pub("ssh-ed448", bytes(57)), "is an Ed448 key"),
        (pub("ssh-xmss@openssh.com", b"x"), "is an XMSS key"),
        (pub("ssh-new", b"x"), "no key of a known type"),
        (f"ssh-rsa {BLOB}", "of another type than it says"),
        (f"ssh-ed25519 {text_of(b'ssh-ed25519 ', bytes(32))}", "of another type than it says"),
        (pub("ssh-ed25519", bytes(31)), "no Ed25519 key of 32 octets"),
        (pub("ssh-ed25519", bytes(32), b""), "no Ed25519 key of 32 octets"),
        (pub("ssh-ed25519"), "no Ed25519 key of 32 octets"),
        (pub("ecdsa-sha2-nistp256", b"nistp384", b"\4" + bytes(64)), "whose curve is not the one"),
        (pub("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(64)), "uncompressed point"),
        (pub("ecdsa-sha2-nistp384", b"nistp384", b"\4" + bytes(64)), "uncompressed point"),
        (pub("ssh-rsa", mpint(65537), mpint(2**2047 - 1)), "RSA key of 2047 bits"),
        (pub("ssh-rsa", mpint(65537), mpint(2**16384 + 1)), "RSA key of 16385 bits"),
        (pub("ssh-rsa", mpint(1), mpint(2**2048 - 1)), "cannot work"),
        (pub("ssh-rsa", mpint(65537), mpint(2**2048 - 2)), "cannot work"),
        (pub("ssh-rsa", mpint(65537), b"\0" + mpint(2**2048 - 1)), "no RSA key of an exponent"),
        (pub("ssh-rsa", mpint(65537), mpint(2**2048 - 1)[1:]), "no RSA key of an exponent"),
        (pub("ssh-rsa", mpint(65537), b""), "no RSA key of an exponent"),
        (pub("ssh-rsa", mpint(65537)), "no RSA key of an exponent"),
        (f"ssh-ed25519 {BLOB[:-4]}", "damaged or cut off"),
        (f"ssh-ed25519 {BLOB[:-1]}", "damaged or cut off"),
        (f"ssh-ed25519 {BLOB}AAAA", "damaged or cut off"),
        (f"ssh-ed25519 {BLOB}AA==", "damaged or cut off"),
        (f"ssh-ed25519 {BLOB}é", "damaged or cut off"),
        ("ssh-ed25519 AAAA", "damaged or cut off"),
        ("ssh-ed25519 AAAA/////w==", "damaged or cut off"),
    ],
)
def test_a_blob_that_is_not_a_good_host_key_is_refused(line: str, why: str) -> None:
    assert why in reason(line)


def test_a_key_that_is_refused_does_not_take_the_others_with_it() -> None:
    found = offer(pub("ssh-dss", b"p") + ED25519)
    assert found.keys == {KEY}
    assert [refusal.line for refusal in found.refusals] == [1]


# -- the file as a whole --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["\n" * (MAX_LINES + 1), "#" * MAX_OCTETS + "\n"],
)
def test_a_file_too_large_is_refused(text: str) -> None:
    assert "has more than" in reason(ED25519 + text)


def test_a_host_of_too_many_keys_has_none() -> None:
    lines = [pub("ssh-ed25519", bytes([number]) * 32) for number in range(MAX_KEYS + 1)]
    assert len(offer("".join(lines[1:])).keys) == MAX_KEYS
    assert "keys" in reason("".join(lines))


@pytest.mark.parametrize(
    ("text", "is_young"),
    [("", True), ("# SSH-2.0\n", True), (ED25519[:-30], True), (ED25519[:-30] + "\n", False)],
)
def test_only_a_file_without_an_end_may_still_come(text: str, is_young: bool) -> None:
    (refusal,) = offer(text).refusals
    assert refusal.is_young is is_young


_PIECES = st.sampled_from(
    [NAME, HOST, "ssh-rsa", "ssh-ed25519", BLOB, "IN", "SSHFP", "TYPE44", "\\#", "34", "4", "2",
     KEY.fingerprint, "0402" + KEY.fingerprint, "@revoked", "|1|AAAA|AAAA", "#", " ", "\t", "\n",
     "\r", "\0", "\x85", "é", "AAAA", "=", P256, "[", "]:22", ","]
)  # fmt: skip


@given(st.binary(max_size=400) | st.lists(_PIECES, max_size=30).map(lambda p: "".join(p).encode()))
def test_whatever_the_octets_only_a_fingerprint_comes_out(data: bytes) -> None:
    found = read_offer(HOST, data)
    assert found.keys or found.refusals
    assert all(key.algorithm in (1, 3, 4) and is_fingerprint(key.fingerprint) for key in found.keys)


@given(st.binary(max_size=120), st.sampled_from(["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp521"]))
def test_whatever_the_blob_no_reason_quotes_it(rest: bytes, kind: str) -> None:
    secret = "AAAA" + base64.b64encode(b"\1" + rest).decode()
    found = read_key(kind, secret)
    assert isinstance(found, str)
    assert secret[4:12] not in found


# -- hosts and fingerprints -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("www.example.org", HOST), ("WWW.example.org.", HOST), ("localhost", "localhost."),
        ("", None), (".", None), ("www..org", None), ("www.example.org..", None), ("-a.org", None),
        ("a-.org", None), ("a_b.org", None), ("*.org", None), ("..", None), ("a/b", None),
        ("www.example.org\n", None), ("ẃ.org", None), ("\u212a.org", None),
        ("a" * 64, None), ("a." * 127 + "a", None), ("a." * 126 + "a", "a." * 127),
    ],
)  # fmt: skip
def test_a_file_is_named_for_a_host(written: str, host: str | None) -> None:
    assert read_host(written) == host


@pytest.mark.parametrize(
    ("entry", "expected"),
    [(HOST, True), ("*.example.org.", True), ("example.org.", False), ("*.org.", False)],
)
def test_an_entry_lets_in_its_name_or_one_label_below(entry: str, expected: bool) -> None:
    assert is_allowed(HOST, [entry]) is expected


def test_a_hash_of_another_host_does_not_name_this_one() -> None:
    hashed = "|1|e9+eI0vJS0UaJaP2MchIVEo2thE=|La2QLWB8QY+vnL4xK9a8HerrrU0="  # ssh-keygen -H
    assert names_host(hashed, HOST)
    assert not names_host(hashed, "ww.example.org.")


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_is_read_as_ssh_prints_it(digest: bytes) -> None:
    assert read_fingerprint(shown(digest.hex())) == digest.hex()
    assert read_fingerprint(digest.hex().upper()) == digest.hex()


@pytest.mark.parametrize(
    "text",
    ["", "SHA256:", "MD5:aa:bb", KEY.fingerprint[1:], shown(KEY.fingerprint)[:-1],
     "SHA256:" + "/" * 43, "SHA256:é" + "A" * 42, KEY.fingerprint[:-1] + "٠"],
)  # fmt: skip
def test_what_is_no_fingerprint_is_not_read(text: str) -> None:
    assert read_fingerprint(text) is None
