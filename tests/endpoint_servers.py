"""Certificates with names and times, and TLS servers that show them, for tests."""

from __future__ import annotations

import datetime
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "mx.example.org"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Dialogue = Sequence[tuple[bytes, bytes]]  # what is said, what must come then


def ec_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key() -> Key:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    key: Key,
    *,
    issuer: tuple[str, Key] | None = None,
    subject: str = HOST,
    days: tuple[float, float] = (-1, 30),
) -> x509.Certificate:
    """Return a certificate for HOST, valid between *days* from now, signed by *issuer*."""
    now = datetime.datetime.now(datetime.UTC)
    name, signer = issuer or (subject, key)
    return (
        x509.CertificateBuilder(_name(name), _name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days[0]))
        .not_valid_after(now + datetime.timedelta(days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def der(made: x509.Certificate) -> bytes:
    return made.public_bytes(Encoding.DER)


def write_pair(folder: Path, key: Key, made: x509.Certificate) -> tuple[Path, Path]:
    """Write certificate and key into *folder*; return their paths."""
    paths = folder / "fullchain.pem", folder / "privkey.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    paths[1].write_bytes(secret)
    return paths


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give each connection to *answer*; yield the port, on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    if stop.is_set():
                        return
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            stop.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


@contextmanager
def tls_server(*pairs: tuple[Key, x509.Certificate], dialogue: Dialogue = ()) -> Iterator[int]:
    """Speak the *dialogue*, then TLS with the certificates of *pairs*; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for key, made in pairs:
        with tempfile.TemporaryDirectory() as folder:
            context.load_cert_chain(*write_pair(Path(folder), key, made))

    def answer(connection: socket.socket) -> None:
        for said, wanted in dialogue:
            connection.sendall(said)
            if wanted and wanted not in connection.recv(4096):
                return
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with listening(answer) as port:
        yield port
