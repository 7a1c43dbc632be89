"""Five services whose certificate is replaced: the need is seen, cured, and then gone."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.endpoint_servers import certificate, ec_key, write_pair
from tests.live.namespaces import run, started
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.endpoints.fetch import fetch_one

pytestmark = pytest.mark.live

START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Started:
    """A service's name, its foreground command, its configuration, and how TLS begins.

    stop: what ends it, where to end the foreground command leaves the service running.
    """

    name: str
    command: list[str]
    config: Path
    starttls: str = "none"
    stop: tuple[str, ...] = ()


def nginx(folder: Path, port: int) -> Started:
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events {}\nhttp { access_log off;\n"
        f"  server {{ listen 127.0.0.1:{port} ssl; server_name mx.example.org;\n"
        f"    ssl_certificate {folder}/fullchain.pem;\n"
        f"    ssl_certificate_key {folder}/privkey.pem; }} }}\n"
    )
    return Started("nginx", ["nginx", "-c", str(config)], config)


def apache(folder: Path, port: int) -> Started:
    config = folder / "httpd.conf"
    modules = ("mpm_event", "authz_core", "ssl", "socache_shmcb")
    loads = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in modules)
    config.write_text(
        f"ServerRoot {folder}\nPidFile {folder}/httpd.pid\nDefaultRuntimeDir {folder}\n"
        f"Listen 127.0.0.1:{port}\nServerName mx.example.org\nErrorLog {folder}/error.log\n{loads}"
        f"User www-data\nGroup www-data\n<VirtualHost 127.0.0.1:{port}>\n"
        " ServerName mx.example.org\n SSLEngine on\n SSLCertificateFile fullchain.pem\n"
        ' SSLCertificateKeyFile "privkey.pem"\n</VirtualHost>\n'
    )
    return Started("apache", ["apache2", "-f", str(config), "-D", "FOREGROUND"], config)


def nghttpx(folder: Path, port: int) -> Started:
    config = folder / "nghttpx.conf"
    config.write_text(
        f"frontend=127.0.0.1,{port}\nbackend=127.0.0.1,9;;no-tls\nworkers=1\n"
        f"private-key-file={folder}/privkey.pem\ncertificate-file={folder}/fullchain.pem\n"
        f"pid-file={folder}/nghttpx.pid\nerrorlog-file={folder}/error.log\n"
        "accesslog-file=/dev/null\n"
    )
    return Started("nghttpx", ["nghttpx", f"--conf={config}"], config)


def postfix(folder: Path, port: int) -> Started:
    config = folder / "etc"
    for made in (config, folder / "spool", folder / "data"):
        made.mkdir()
    shutil.chown(folder / "data", "postfix")
    (config / "main.cf").write_text(
        f"compatibility_level = 3.6\nqueue_directory = {folder}/spool\n"
        f"data_directory = {folder}/data\ncommand_directory = /usr/sbin\n"
        "daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\n"
        "setgid_group = postdrop\nmyhostname = mx.example.org\ninet_interfaces = 127.0.0.1\n"
        "inet_protocols = ipv4\nalias_maps =\nalias_database =\n"
        f"maillog_file = {folder}/mail.log\nmaillog_file_prefixes = {folder}\n"
        f"cert = {folder}/fullchain.pem\nsmtpd_tls_cert_file = $cert\n"
        f"smtpd_tls_key_file = {folder}/privkey.pem\nsmtpd_tls_security_level = may\n"
    )
    proto = Path("/usr/share/postfix/master.cf.dist").read_text().split("\n")
    lines = []
    for line in proto:
        words = line.split()
        if len(words) >= 8 and not line.startswith(("#", " ")):
            words[4] = "n"
            words[0] = f"127.0.0.1:{port}" if words[:2] == ["smtp", "inet"] else words[0]
            lines.append(" ".join(words))
    (config / "master.cf").write_text("\n".join([*lines, ""]))
    command = ["postfix", "-c", str(config)]
    return Started("postfix", [*command, "start-fg"], config, "smtp", (*command, "stop"))


def slapd(folder: Path, port: int) -> Started:
    config = folder / "slapd.d"
    config.mkdir()
    ldif = folder / "init.ldif"
    ldif.write_text(
        "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n"
        f"olcPidFile: {folder}/slapd.pid\nolcArgsFile: {folder}/slapd.args\n"
        f"olcTLSCertificateFile: {folder}/fullchain.pem\n"
        f"olcTLSCertificateKeyFile: {folder}/privkey.pem\n\n"
        "dn: olcDatabase=config,cn=config\nobjectClass: olcDatabaseConfig\nolcDatabase: config\n"
        "olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth"
        " manage\n"
    )
    said = run(["slapadd", "-n", "0", "-F", config, "-l", ldif])
    assert said.returncode == 0, said.stderr
    urls = f"ldap://127.0.0.1:{port} ldapi://{quote(str(folder / 'ldapi'), safe='')}"
    return Started("slapd", ["slapd", "-d", "0", "-F", str(config), "-h", urls], config, "ldap")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the users of the services may enter."""
    with tempfile.TemporaryDirectory(prefix="zonebuild-restart-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def restart(service: Started, *more: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "zonebuild", "restart", service.name]
    said = run([*command, "--config", service.config, *more])
    return said.returncode, said.stdout + said.stderr


def is_served(service: Started, port: int) -> bool:
    return bool(fetch_one(Endpoint("127.0.0.1", port, starttls=service.starttls)).chain)


def new_pair(folder: Path) -> None:
    key = ec_key()
    write_pair(folder, key, certificate(key))


@pytest.mark.parametrize("make", [nginx, apache, nghttpx, postfix, slapd])
def test_a_replaced_certificate_is_seen_and_cured_and_a_wrong_pair_refused(
    make: Callable[[Path, int], Started], folder: Path
) -> None:
    port = free_port()
    new_pair(folder)
    service = make(folder, port)
    with ExitStack() as stack:
        log = stack.enter_context((folder / "output").open("ab"))
        stack.enter_context(started(service.command, log.fileno()))
        if service.stop:
            stack.callback(run, service.stop)
        deadline = time.monotonic() + START_SECONDS
        while not is_served(service, port):
            assert time.monotonic() < deadline, (folder / "output").read_text()
            time.sleep(0.05)
        code, said = restart(service)
        assert code == 0, said
        new_pair(folder)
        code, said = restart(service)
        assert code == 1, said
        assert "restart needed: 127.0.0.1:" in said
        code, said = restart(service, "--do")
        assert (code, "done: " in said) == (0, True), said
        assert restart(service)[0] == 0
        write_pair(folder, ec_key(), certificate(ec_key()))
        code, said = restart(service, "--do")
        assert code == 1, said
        assert "is not the key of the certificate" in said
        assert is_served(service, port)
