"""A CA for tests: acme2certifier behind a layer that can make it fail in any way.

    python tests/acme_server.py FOLDER PORT DNS_PORT

It asks the name server at 127.0.0.1:DNS_PORT, writes what it was asked to FOLDER/requests.jsonl,
and answers as the first fitting entry of FOLDER/faults.json says, as often as `times` says.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
CONFIG = """[DEFAULT]
debug: False
dns_server_list: ["127.0.0.1"]
[CAhandler]
handler_module: acme2certifier.cahandlers.openssl_ca_handler
issuing_ca_key: {folder}/ca.key
issuing_ca_cert: {folder}/ca.pem
issuing_ca_crl: {folder}/ca.crl
cert_validity_days: 90
cert_save_path: {folder}/certs
ca_cert_chain_list: []
[DBhandler]
handler: wsgi
dbfile: {folder}/a2c.db
[Account]
contact_check_disable: True
[Order]
profiles: {{"classic": "https://ca.test/classic", "short": "https://ca.test/short"}}
[Directory]
caaidentities: ["ca.test"]
"""


def payload_of(body: bytes) -> object:
    """Return what a signed request says."""
    try:
        text = json.loads(body)["payload"]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) or "null")
    except (ValueError, KeyError):
        return None


class Layer:
    """The WSGI application between the test and the CA."""

    def __init__(self, application: Callable[..., Iterable[bytes]], folder: Path) -> None:
        self._application, self._folder = application, folder

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        with (self._folder / "requests.jsonl").open("a") as log:
            log.write(json.dumps([what, payload_of(body)]) + "\n")
        fault = self._fault(what)
        if fault is not None:
            return self._answer(fault, start)
        import io

        environ["wsgi.input"] = io.BytesIO(body)
        return self._application(environ, start)

    def _fault(self, what: str) -> dict[str, Any] | None:
        path = self._folder / "faults.json"
        faults = json.loads(path.read_text()) if path.exists() else []
        for fault in faults:
            if fault["times"] > 0 and re.search(fault["match"], what):
                fault["times"] -= 1
                path.write_text(json.dumps(faults))
                return dict(fault)
        return None

    def _answer(self, fault: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = fault.get("body", "")
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        headers = {"Content-Type": "application/problem+json"}
        headers |= fault.get("headers", {})
        start(f"{fault['status']} Injected", list(headers.items()))
        return [data]


def write_issuer(folder: Path) -> None:
    """Make the CA's own certificate."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate.public_bytes(encoding))
    crl = x509.CertificateRevocationListBuilder(name, now, now + datetime.timedelta(days=365))
    (folder / "ca.crl").write_bytes(crl.sign(key, hashes.SHA256()).public_bytes(encoding))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "ca.key").write_bytes(key.private_bytes(encoding, form, plain))


def main(folder: Path, port: int, dns_port: int) -> None:
    """Serve until the process is ended."""
    write_issuer(folder)
    (folder / "certs").mkdir(exist_ok=True)
    (folder / "acme_srv.cfg").write_text(CONFIG.format(folder=folder))
    os.environ["ACME_SRV_CONFIGFILE"] = str(folder / "acme_srv.cfg")
    os.environ["ACME2CERTIFIER_BASE_DIR"] = str(folder)
    import dns.resolver

    usual = dns.resolver.Resolver.__init__

    def at_port(self: Any, *arguments: Any, **options: Any) -> None:
        usual(self, *arguments, **options)
        self.port = dns_port

    dns.resolver.Resolver.__init__ = at_port  # type: ignore[method-assign]
    from wsgiref.simple_server import make_server

    from acme2certifier.share import acme2certifier_wsgi as served

    application = Layer(served.application, folder)
    with make_server(
        "127.0.0.1", port, application, handler_class=served.get_handler_cls()
    ) as server:
        (folder / "ready").write_text("ready")
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
