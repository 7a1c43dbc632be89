"""Debian's ACME clients get certificates from pebble through the drop-box, all at the same time.

pebble asks a real authoritative server. A small loop stands for the builder here: it copies what
lies in the drop-box into the zones that Knot serves. Each client issues for the same apex with
its wildcard, so up to ten values stand at one owner. acme.sh is no Debian package: its calling
convention is driven instead. Everything runs in a network namespace of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from tests.live.namespaces import Namespace, network_namespace
from zonebuild.certstore import Outcome, Store, open_store
from zonebuild.certstore.sources import read_source
from zonebuild.diagnostic import Location
from zonebuild.site.certstore import CertstoreConfig
from zonebuild.site.source import Source
from zonebuild.tlsa.orders_text import Orders

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "contrib" / "acme"
ZONE = "example.test"
NAMES = (ZONE, f"*.{ZONE}")
DIRECTORY = "https://localhost:14000/dir"
ADDRESSES = ("127.0.0.1", "::1")
START_SECONDS = 20
EXPORTED = Outcome.EXPORTED
HEAD = f"""{ZONE}. 60 IN SOA ns1.{ZONE}. hostmaster.{ZONE}. 1 3600 600 86400 1
{ZONE}. 60 IN NS ns1.{ZONE}.
ns1.{ZONE}. 60 IN A 127.0.0.1
ns1.{ZONE}. 60 IN AAAA ::1
"""


class Lab:
    """A namespace with Knot, pebble and a builder; `box` is the drop-box."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self.namespace, self.folder = namespace, folder
        self.box = folder / "dnsextra"
        self.authority = folder / "ca.pem"
        self.settings = {
            "ZONEBUILD_COMMAND": str(folder / "zonebuild"),
            "ZONEBUILD_DNSEXTRA": str(self.box),
            "ZONEBUILD_RESOLVER": "127.0.0.1",
            "ZONEBUILD_TIMEOUT": "30",
            "HOME": str(folder),
            "REQUESTS_CA_BUNDLE": str(self.authority),
            "LEGO_CA_CERTIFICATES": str(self.authority),
        }

    def run(self, *command: str | Path, **settings: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a client inside, with the settings of the hooks."""
        given = self.settings | {name: str(value) for name, value in settings.items()}
        return self.namespace.run(
            ["env", *(f"{name}={value}" for name, value in given.items()), *command]
        )

    def hook(self, name: str) -> Path:
        """Return the path of a hook."""
        return HOOKS / name


def write_program(folder: Path) -> None:
    program = folder / "zonebuild"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m zonebuild "$@"\n')
    program.chmod(0o755)


def write_certificates(folder: Path) -> None:
    """Make the CA of pebble's own listener, and the listener's certificate."""
    make: list[str] = [
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]
    commands: list[list[str]] = [
        [*make, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=lab"],
        [
            *make, "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "key.pem",
            "-out", "cert.pem", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:false",
        ],
    ]  # fmt: skip
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


@contextmanager
def knot(lab: Lab) -> Iterator[Callable[..., None]]:
    """Serve the zone; yield a function that makes Knot read its file again."""
    folder = lab.folder
    (folder / "db").mkdir()
    listen = ", ".join(f"{address}@53" for address in ADDRESSES)
    (folder / "knot.conf").write_text(
        f'server:\n  rundir: "{folder}"\n  listen: [ {listen} ]\n'
        f'database:\n  storage: "{folder}/db"\n'
        f'control:\n  listen: "{folder}/knot.sock"\n'
        f'template:\n  - id: default\n    storage: "{folder}"\n    file: "%s.zone"\n'
        "    zonefile-load: difference-no-serial\n    zonefile-sync: -1\n"
        "    journal-content: all\n"
        f"zone:\n  - domain: {ZONE}\n"
    )
    (folder / f"{ZONE}.zone").write_text(HEAD)
    log = folder / "knot.log"

    def reload() -> None:
        said = lab.namespace.run(["knotc", "-b", "-s", folder / "knot.sock", "zone-reload", ZONE])
        assert said.returncode == 0, said.stderr + log.read_text()

    with lab.namespace.daemon(["knotd", "-c", folder / "knot.conf"], log):
        _until(lambda: _answers(lab), log)
        yield reload


def _answers(lab: Lab) -> bool:
    query = ["dig", "@127.0.0.1", "+short", "+time=1", "+tries=1", ZONE, "SOA"]
    return bool(lab.namespace.run(query).stdout.strip())


def _until(is_ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@contextmanager
def pebble(lab: Lab) -> Iterator[None]:
    config, log = lab.folder / "pebble.json", lab.folder / "pebble.log"
    settings = {
        "listenAddress": "127.0.0.1:14000",
        "managementListenAddress": "127.0.0.1:15000",
        "certificate": str(lab.folder / "cert.pem"),
        "privateKey": str(lab.folder / "key.pem"),
        "httpPort": 5002,
        "tlsPort": 5001,
    }
    config.write_text(json.dumps({"pebble": settings}))
    variables = ("PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0")
    command: list[str | Path] = ["env", *variables, "pebble", "-strict", "-config", config]
    with lab.namespace.daemon([*command, "-dnsserver", "127.0.0.1:53"], log):
        _until(lambda: "Listening on: 127.0.0.1:14000" in log.read_text(), log)
        yield


@contextmanager
def builder(lab: Lab, reload: Callable[[], None]) -> Iterator[None]:
    """Copy the lines of the drop-box into the zone, whenever they change."""
    stop = threading.Event()

    def lines() -> str:
        found = []
        for path in sorted(lab.box.glob("[!.]*")):
            try:
                found.append(path.read_text())
            except FileNotFoundError:  # removed meanwhile
                continue
        return "".join(found)

    def build() -> None:
        built = ""
        while not stop.wait(0.05):
            wanted = lines()
            if wanted != built:
                made = lab.folder / "made"
                made.write_text(HEAD + wanted)
                made.rename(lab.folder / f"{ZONE}.zone")
                reload()
                built = wanted

    thread = threading.Thread(target=build)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One CA and one zone for every client."""
    folder = tmp_path_factory.mktemp("lab")
    folder.chmod(0o755)
    with ExitStack() as stack:
        made = Lab(stack.enter_context(network_namespace()), folder)
        made.box.mkdir()
        write_program(folder)
        write_certificates(folder)
        reload = stack.enter_context(knot(made))
        stack.enter_context(builder(made, reload))
        stack.enter_context(pebble(made))
        yield made


def _certbot(lab: Lab, *more: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = lab.folder / "certbot"
    places = [f"--{kind}-dir={folder / kind}" for kind in ("config", "work", "logs")]
    names = [word for name in NAMES for word in ("-d", name)]
    said = lab.run(
        "certbot", "certonly", "--non-interactive", "--agree-tos", "-m", "a@example.test",
        "--server", DIRECTORY, *places, "--manual", "--preferred-challenges", "dns",
        "--manual-auth-hook", lab.hook("certbot-auth"),
        "--manual-cleanup-hook", lab.hook("certbot-cleanup"), *names, *more,
    )  # fmt: skip
    return said, folder / "config" / "live" / ZONE / "fullchain.pem"


def _dehydrated(lab: Lab, *more: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = lab.folder / "dehydrated"
    folder.mkdir(exist_ok=True)
    (folder / "domains.txt").write_text(f"{' '.join(NAMES)} > both\n")
    config = folder / "config"
    config.write_text(
        f'CA="{DIRECTORY}"\nCHALLENGETYPE=dns-01\nBASEDIR={folder}\nHOOK_CHAIN=yes\n'
        f'HOOK={lab.hook("dehydrated-hook")}\nCURL_OPTS="--cacert {lab.authority}"\n'
        f"{'PRIVATE_KEY_RENEW=no' if more else ''}\n"
    )
    lab.run("dehydrated", "-f", config, "--register", "--accept-terms")
    said = lab.run("dehydrated", "-f", config, "-c", *more)
    return said, folder / "certs" / "both" / "fullchain.pem"


def _lego(lab: Lab, *more: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run lego without its own look at the servers: it finds them by the system's resolver."""
    folder = lab.folder / "lego"
    names = [word for name in NAMES for word in ("-d", name)]
    said = lab.run(
        "lego", "--path", folder, "--server", DIRECTORY, "--accept-tos", "--email",
        "a@example.test", "--dns", "exec", "--dns.disable-cp", "--dns.resolvers", "127.0.0.1:53",
        *names, *(more or ("run",)),
        EXEC_PATH=lab.hook("lego-exec"), EXEC_SEQUENCE_INTERVAL="0", EXEC_POLLING_INTERVAL="1",
    )  # fmt: skip
    return said, folder / "certificates" / f"{ZONE}.crt"


def _uacme(lab: Lab, *more: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run uacme, which takes a CA from nowhere but the system's bundle, with one of its own."""
    folder = lab.folder / "uacme"
    mounted = 'mount --bind "$REQUESTS_CA_BUNDLE" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
    inside = ["unshare", "-m", "--propagation", "private", "sh", "-c", mounted, "sh"]
    uacme: list[str | Path] = [*inside, "uacme", "-a", DIRECTORY, "-c", folder]
    lab.run(*uacme, "-y", "new", "a@example.test")
    said = lab.run(*uacme, "-h", lab.hook("uacme-hook"), "-t", "EC", *more, "issue", *NAMES)
    return said, folder / ZONE / "cert.pem"


CLIENTS = {"certbot": _certbot, "dehydrated": _dehydrated, "lego": _lego, "uacme": _uacme}
# What `source:` in tlsa-map.yaml names, of the path of a chain.
SOURCES: dict[str, Callable[[Path], Path]] = {
    "certbot": lambda chain: chain.parent,
    "dehydrated": lambda chain: chain.parent,
    "lego": lambda chain: chain.with_suffix(""),
    "uacme": lambda chain: chain.parent,
}
# What makes each client renew at once, with the key that it has.
KEEPING = {
    "certbot": ("--force-renewal", "--reuse-key"),
    "dehydrated": ("--force",),
    "lego": ("renew", "--no-random-sleep", "--days", "99999", "--reuse-key"),
    "uacme": ("-f",),
}
# The same with a key that nobody planned; uacme makes one only where its own has been taken away.
CHANGING = {
    "certbot": ("--force-renewal",),
    "lego": ("renew", "--no-random-sleep", "--days", "99999"),
}


@pytest.fixture(scope="module")
def issued(lab: Lab) -> dict[str, tuple[subprocess.CompletedProcess[str], Path]]:
    """What each client said and where its certificate is; they all ran at the same time."""
    with ThreadPoolExecutor(len(CLIENTS)) as pool:
        running = {name: pool.submit(client, lab) for name, client in CLIENTS.items()}
        return {name: future.result() for name, future in running.items()}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_a_certificate_for_an_apex_and_its_wildcard(
    issued: dict[str, tuple[subprocess.CompletedProcess[str], Path]], client: str
) -> None:
    said, path = issued[client]
    assert said.returncode == 0, said.stdout + said.stderr
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == set(NAMES)


def test_the_clients_leave_nothing_in_the_drop_box(
    lab: Lab, issued: dict[str, tuple[subprocess.CompletedProcess[str], Path]]
) -> None:
    assert len(issued) == len(CLIENTS)
    assert os.listdir(lab.box) == []


@pytest.fixture(scope="module")
def kept(
    lab: Lab, issued: dict[str, tuple[subprocess.CompletedProcess[str], Path]]
) -> dict[str, tuple[Store, Source]]:
    """By client, a store that took its first chain and exported it."""
    found = {}
    for name, (_, chain) in issued.items():
        store = open_store(lab.folder / "stores" / name, CertstoreConfig())
        source = Source(name, str(SOURCES[name](chain)), Location("tlsa-map.yaml"))
        assert _take(store, source) == 1
        assert store.export(name, _orders(store, name), int(time.time())).outcome is EXPORTED
        found[name] = store, source
    return found


def _take(store: Store, source: Source) -> int:
    pair = read_source(Path("/"), source)
    full = pair.files["fullchain.pem"]
    return store.keep_issued(source.layout, full, pair.key, int(time.time()), names=NAMES)


def _orders(store: Store, name: str) -> Orders:
    """Return the orders that let go what has the key that was issued last."""
    newest = store.shelf(name).newest()
    assert newest is not None
    return Orders({"key": frozenset({newest.pins["key"]})})


@pytest.mark.parametrize("client", CLIENTS)
def test_a_renewal_with_the_settings_for_dane_keeps_its_key_and_is_exported(
    lab: Lab, kept: dict[str, tuple[Store, Source]], client: str
) -> None:
    store, source = kept[client]
    orders = _orders(store, client)
    said, _ = CLIENTS[client](lab, *KEEPING[client])
    assert said.returncode == 0, said.stdout + said.stderr
    assert _take(store, source) == 2
    assert store.export(client, orders, int(time.time())).outcome is EXPORTED


@pytest.mark.parametrize("client", CHANGING)
def test_a_key_that_nobody_planned_waits_for_the_orders(
    lab: Lab, kept: dict[str, tuple[Store, Source]], client: str
) -> None:
    store, source = kept[client]
    orders, before = _orders(store, client), store.newest_number(client)
    said, _ = CLIENTS[client](lab, *CHANGING[client])
    assert said.returncode == 0, said.stdout + said.stderr
    assert _take(store, source) == before + 1
    assert store.export(client, orders, int(time.time())).outcome is Outcome.HELD
    assert store.export(client, _orders(store, client), int(time.time())).outcome is EXPORTED


ACME_SH = """
set -eu
_err() { echo "$*" >&2; }
_info() { echo "$*"; }
_readaccountconf_mutable() { :; }
_saveaccountconf_mutable() { :; }
. "$PLUGIN"
owner=_acme-challenge.$1
dns_zonebuild_add "$owner" "$2" && dns_zonebuild_add "$owner" "$3"
"$ZONEBUILD_COMMAND" token wait -- "$1" "$2" "$3"
ls "$ZONEBUILD_DNSEXTRA" | wc -l
dns_zonebuild_rm "$owner" "$2" && dns_zonebuild_rm "$owner" "$3"
"""


def test_the_way_acme_sh_calls_its_plug_in_publishes_both_values(lab: Lab) -> None:
    values = ("-" * 43, "_" * 43)
    plugin = lab.hook("dns_zonebuild.sh")
    said = lab.run("sh", "-c", ACME_SH, "sh", ZONE, *values, PLUGIN=plugin)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("served by 2 servers; the slowest was ns1.example.test. (")
    assert said.stdout.splitlines()[1:] == ["2"]
    assert os.listdir(lab.box) == []


def test_a_value_that_is_not_served_fails_the_hook_and_leaves_nothing(lab: Lab) -> None:
    arguments = ["begin", "dns-01", "absent.test", "token", "a" * 43]
    said = lab.run(lab.hook("uacme-hook"), *arguments, ZONEBUILD_TIMEOUT="1")
    assert said.returncode == 1
    assert "--resolver" in said.stderr
    assert os.listdir(lab.box) == []


def test_every_client_of_the_table_is_installed() -> None:
    assert [client for client in (*CLIENTS, "pebble") if shutil.which(client) is None] == []
