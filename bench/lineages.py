"""Build a site whose map has 2,000 lineages with 10,000 owners of TLSA records.

    python -m bench.lineages [--rounds N] [--json FILE]

Targets: `doit build` in 3 s cold, in 0.4 s with nothing changed. Each lineage is a self-signed
certificate with a key of its own (ECDSA P-256) that answers at five ports of one host; ten zones of
200 hosts. Cold means: nothing was ever built.
"""

from __future__ import annotations

import datetime
import shutil
import sys
import tempfile
from pathlib import Path

from bench import measure, options

ZONES, HOSTS, PORTS = 10, 200, (25, 443, 465, 587, 993)
_MADE = ("unsigned", "state", "extra", ".zonebuild")
_SITE = """\
signer: local
defaults:
  ns: [ns1.test., ns2.test.]
  soa: {rname: hostmaster.test.}
"""
_HEAD = """\
$TTL {{ ttl }}
@ SOA {{ soa.mname }} {{ soa.rname }} {{ serial }} 14400 3600 2419200 600
{% for server in ns %}
@ NS {{ server }}
{% endfor %}
"""
_DODO = "from zonebuild.tasks import *\n\nDOIT_CONFIG = configuration()\n"
_LINEAGE = """\
  {name}:
    certificate: certs/{name}.pem
    first: at-once
    places: [{{host: {name}, port: [{ports}]}}]
"""


def main(arguments: list[str]) -> None:
    """Make the tree, measure, print."""
    chosen = options.parser(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        write_site(site)
        comparison = compare(site, chosen.rounds)
    measure.report([comparison], chosen.json)


def write_site(site: Path) -> None:
    """Write zones, certificates and the map."""
    for name in ("zones", "soa", "primary", "certs"):
        (site / name).mkdir(parents=True)
    for name, text in (("site.yaml", _SITE), ("soa/default", _HEAD), ("dodo.py", _DODO)):
        (site / name).write_text(text)
    entries = []
    for zone in (f"z{number}.test" for number in range(ZONES)):
        names = [f"mx{number}" for number in range(HOSTS)]
        (site / "zones" / f"{zone}.yaml").touch()
        (site / "primary" / zone).write_text("".join(f"{name} A 9.9.9.9\n" for name in names))
        for host in (f"{name}.{zone}" for name in names):
            (site / "certs" / f"{host}.pem").write_bytes(_certificate(host))
            entries.append(_LINEAGE.format(name=host, ports=", ".join(map(str, PORTS))))
    (site / "tlsa-map.yaml").write_text("lineages:\n" + "".join(entries))


def _certificate(host: str) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def compare(site: Path, rounds: int) -> measure.Comparison:
    """Build *site* from nothing, then with nothing to do, in turns."""
    build = (sys.executable, "-m", "doit", "build")

    def forget() -> None:
        for name in _MADE:
            shutil.rmtree(site / name, ignore_errors=True)

    commands = (
        measure.Command("doit build, cold", build, site, ready=forget),
        measure.Command("doit build, nothing changed", build, site),
    )
    title = f"{ZONES * HOSTS:,} lineages, {ZONES * HOSTS * len(PORTS):,} TLSA owners"
    return measure.compare(title, commands, rounds=rounds, versions=[])


if __name__ == "__main__":
    main(sys.argv[1:])
