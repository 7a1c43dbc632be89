"""nginx with a certificate, at port 443."""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.host import Daemon, Host

ADDRESS, PORT = "127.0.0.1", 443
_CONFIG = """\
user root root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
{temporary}  server {{
    listen {address}:{port} ssl;
    ssl_certificate {pair}/fullchain.pem;
    ssl_certificate_key {pair}/privkey.pem;
    location / {{ return 200 "here\\n"; }}
  }}
}}
"""
_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(Daemon):
    """An nginx in *folder*. pair: the folder of its fullchain.pem and privkey.pem."""

    def __init__(
        self, host: Host, folder: Path, pair: Path, *, address: str = ADDRESS, port: int = PORT
    ) -> None:
        folder.mkdir()
        temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in _KINDS)
        self.config = folder / "nginx.conf"
        self.config.write_text(
            _CONFIG.format(
                folder=folder, pair=pair, temporary=temporary, address=address, port=port
            )
        )
        probe = ["openssl", "s_client", "-connect", f"{address}:{port}"]
        words = ["nginx", "-c", self.config]
        super().__init__(host, words, folder / "log", lambda: host.run(probe).returncode == 0)
        self._host = host

    def reload(self) -> None:
        """Have it read its certificate again."""
        self._host.do("nginx", "-c", self.config, "-s", "reload")
