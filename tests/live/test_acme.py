"""Certificates from pebble for a site that zonebuild builds and signs, and NSD serves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from tests.live.acme_site import ISSUE, YAML, ZONE, AcmeSite, acme_site
from tests.live.daemons.host import wait_until

pytestmark = pytest.mark.live

TLSA = f"_443._tcp.www.{ZONE}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AcmeSite]:
    """A site whose CA refuses good nonces now and then, and has two roots."""
    folder = tmp_path_factory.mktemp("acme")
    folder.chmod(0o755)
    variables = ["PEBBLE_WFE_NONCEREJECT=15", "PEBBLE_ALTERNATE_ROOTS=1"]
    with acme_site(folder, variables=variables) as made:
        yield made


@pytest.fixture
def fresh(site: AcmeSite) -> AcmeSite:
    """The site without a certificate, and with the usual files."""
    for path in ("state/acme", "state/lineages", "keys/lineages", "certs", "publication", "extra"):
        shutil.rmtree(site.root / path, ignore_errors=True)
    (site.root / "state/tlsa").unlink(missing_ok=True)
    site.configure()
    assert site.host.doit(site.root).returncode == 0
    return site


def newest(site: AcmeSite) -> list[x509.Certificate]:
    """Return the newest chain."""
    path = site.root / "keys/lineages/web/issued/current/fullchain.pem"
    return x509.load_pem_x509_certificates(path.read_bytes())


def names_of(certificate: x509.Certificate) -> set[str]:
    """Return the names of a certificate."""
    kind = x509.SubjectAlternativeName
    found = certificate.extensions.get_extension_for_class(kind).value
    return set(found.get_values_for_type(x509.DNSName))


def test_doit_acme_ends_with_tlsa_served_and_nothing_left(fresh: AcmeSite) -> None:
    said = fresh.host.doit(fresh.root, "acme")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    wait_until(lambda: fresh.nsd.ask(TLSA, "TLSA") != "", fresh.nsd.log)
    assert fresh.nsd.ask(TLSA, "TLSA").split()[:3] == ["3", "1", "1"]
    assert (fresh.root / "publication/web/current/privkey.pem").exists()
    fresh.forgets_challenges()


def test_a_second_run_does_nothing_and_a_forced_one_keeps_the_key(fresh: AcmeSite) -> None:
    assert fresh.acme("run").returncode == 0
    before = newest(fresh)[0]
    assert fresh.acme("run").returncode == 0
    assert newest(fresh)[0] == before
    said = fresh.acme("run", "--force", "--verbose", "web")
    assert "web: issued, until" in said.stdout, said.stderr
    after = newest(fresh)[0]
    assert after != before
    assert after.public_key() == before.public_key()


def test_apex_and_wildcard_stand_at_one_owner(fresh: AcmeSite) -> None:
    fresh.configure(issue=f"{{names: [{ZONE}, '*.{ZONE}']}}")
    said = fresh.acme("run")
    assert said.returncode == 0, said.stderr
    assert names_of(newest(fresh)[0]) == {ZONE, f"*.{ZONE}"}


def test_an_alternate_chain_is_taken_by_its_issuer(fresh: AcmeSite) -> None:
    fresh.acme("run")
    usual = newest(fresh)[-1].issuer
    said = fresh.host.do("curl", "-sk", "https://127.0.0.1:15000/roots/1")
    other = x509.load_pem_x509_certificate(said.encode()).subject
    name = other.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    fresh.configure(issue=ISSUE.replace("}", f", chain: {name}}}"))
    assert fresh.acme("run", "--force").returncode == 0
    assert newest(fresh)[-1].issuer == other != usual
    fresh.configure(issue=ISSUE.replace("}", ", chain: No Such Root}"))
    said_wrong = fresh.acme("run", "--force")
    assert said_wrong.returncode == 1
    assert "no chain of the CA ends at No Such Root; it has " in said_wrong.stderr


def test_a_profile_is_refused_by_us_where_the_ca_would_ignore_it(fresh: AcmeSite) -> None:
    fresh.configure(issue=ISSUE.replace("}", ", profile: shortlived}"))
    said = fresh.acme("run")
    assert said.returncode == 1
    assert 'the CA has no profiles, and would ignore "shortlived"' in said.stderr


def test_account_and_certificate_through_their_lives(fresh: AcmeSite) -> None:
    assert fresh.acme("account", "show").returncode == 1
    assert "lab: https://localhost:14000/" in fresh.acme("account", "register").stdout
    key = fresh.root / "state/acme/accounts/lab/key.pem"
    before = key.read_bytes()
    said = fresh.acme("account", "rekey")
    assert said.returncode == 0, said.stderr
    assert key.read_bytes() != before
    assert fresh.acme("account", "show").stdout.endswith(" valid\n")
    assert fresh.acme("run").returncode == 0
    said = fresh.acme("revoke", "web", "--reason", "superseded")
    assert said.returncode == 0, said.stderr
    assert fresh.acme("revoke", "web").returncode == 0
    assert "has ended" in fresh.acme("account", "deactivate").stdout
    assert fresh.acme("account", "show").returncode == 1


def test_apart_the_builder_publishes_what_lies_in_the_drop_box(fresh: AcmeSite) -> None:
    fresh.configure(mode="apart")
    stop = threading.Event()

    def cron() -> None:
        while not stop.wait(0.05):
            fresh.host.doit(fresh.root)

    builder = threading.Thread(target=cron)
    builder.start()
    try:
        said = fresh.acme("run")
    finally:
        stop.set()
        builder.join()
    assert said.returncode == 0, said.stderr
    assert names_of(newest(fresh)[0]) == {f"www.{ZONE}", f"mx.{ZONE}"}


def test_with_a_trust_anchor_only_challenges_that_validate_are_answered(fresh: AcmeSite) -> None:
    fresh.write("anchor", fresh.host.zonebuild(fresh.root, "ds", ZONE).stdout)
    fresh.configure(anchor="anchor")
    said = fresh.acme("run")
    assert said.returncode == 0, said.stderr
    before = newest(fresh)[0]
    assert names_of(before) == {f"www.{ZONE}", f"mx.{ZONE}"}
    fresh.write("anchor", f"{ZONE}. IN DS 1 13 2 {'00' * 32}\n")
    fresh.configure(anchor="anchor", wait=2)
    said = fresh.acme("run", "--force", "web")
    assert said.returncode == 1
    assert "has it with signatures that do not hold" in said.stderr
    assert "no key of example.test. is the one of the trust anchor" in said.stderr
    assert newest(fresh)[0] == before
    fresh.forgets_challenges()


def test_a_rehearsal_goes_through_all_and_keeps_nothing(fresh: AcmeSite) -> None:
    said = fresh.acme("rehearse", "--no-staging")
    assert said.returncode == 0, said.stdout + said.stderr
    stages = [line.split()[:2] for line in said.stdout.splitlines()[1:-1]]
    names = ["account", "order", "CAA", "issue", "TLSA", "export", "restart", "cleanup"]
    assert [name for name, _ in stages] == names
    assert said.stdout.splitlines()[-1] == "web: all went well"
    assert not (fresh.root / "publication").exists()
    fresh.forgets_challenges()


def test_a_rehearsal_fails_loudly_where_no_server_shows_the_challenge(fresh: AcmeSite) -> None:
    fresh.write(f"zones/{ZONE}.yaml", "servers: [127.0.0.2]\nacme: {dnsextra: []}\n")
    try:
        fresh.configure(wait=1)
        said = fresh.acme("rehearse", "--no-staging")
    finally:
        fresh.write(f"zones/{ZONE}.yaml", YAML)
    assert said.returncode == 1
    assert "issue    FAILED" in said.stdout
    assert "the challenge is not served everywhere" in said.stdout
    assert "THE REHEARSAL FAILED" in said.stdout


BINDINGS = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}


def test_an_account_is_bound_to_one_that_a_person_has(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with acme_site(tmp_path, bindings=BINDINGS, variables=["PEBBLE_AUTHZREUSE=100"]) as site:
        said = site.acme("run")
        assert said.returncode == 1
        assert "wants an External Account Binding; write `eab:`" in said.stderr
        secret = tmp_path / "hmac"
        secret.write_text(BINDINGS["kid-1"] + "\n")
        site.configure(more=f", eab: {{kid: kid-1, key_file: {secret}}}")
        said = site.acme("run", "--force")
        assert said.returncode == 0, said.stderr
        assert site.acme("run", "--force").returncode == 0  # all proofs are still valid
        said = site.acme("rehearse", "--no-staging")
        assert "2 challenges on every server" in said.stdout, said.stdout
