"""pebble, the ACME server for tests: it asks one name server whether a challenge is met.

It waits for nothing, and unless it is told otherwise refuses no good nonce and validates each order
anew. Its certificates run five years, and all that it knows is lost when it ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.live.daemons.host import Daemon, Host

ADDRESS = "127.0.0.1:14000"
DIRECTORY = "https://localhost:14000/dir"
_ENVIRONMENT = ("PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0")
_KEY = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Pebble(Daemon):
    """A pebble in *folder*. authority: the file of the CA that its own TLS is checked with.

    variables: of its environment, NAME=VALUE. bindings: the HMAC keys of external accounts, by kid.
    """

    def __init__(
        self,
        host: Host,
        folder: Path,
        name_server: str,
        *,
        variables: Sequence[str] = (),
        bindings: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir()
        self.authority = folder / "ca.pem"
        _make_certificates(host, folder)
        config, log = folder / "pebble.json", folder / "log"
        settings = {
            "listenAddress": ADDRESS,
            "managementListenAddress": "127.0.0.1:15000",
            "certificate": str(folder / "cert.pem"),
            "privateKey": str(folder / "key.pem"),
            "httpPort": 5002,
            "tlsPort": 5001,
            "externalAccountBindingRequired": bool(bindings),
            "externalAccountMACKeys": dict(bindings or {}),
        }
        config.write_text(json.dumps({"pebble": settings}))
        words = ["env", *_ENVIRONMENT, *variables, "pebble", "-strict", "-config", str(config)]
        command = [*words, "-dnsserver", f"{name_server}:53"]
        super().__init__(host, command, log, lambda: f"Listening on: {ADDRESS}" in log.read_text())


def _make_certificates(host: Host, folder: Path) -> None:
    """Make a CA and the certificate of the listener."""
    ca = ["-x509", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=lab"]
    host.do("openssl", *_KEY, *ca)
    host.do(
        "openssl", *_KEY, "-x509", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:false",
    )  # fmt: skip
