"""From tlsa-map.yaml and certificates to TLSA records in built zones, and what stays when not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.host_file import allow_paths
from tests.sites import DAY, NOW, REPOSITORY, SmallSite
from tests.tlsa_material import octets
from tests.tlsa_sites import (
    CERTIFICATE,
    MAP,
    NEXT,
    ONE,
    PRIMARY,
    ZONE,
    Wanted,
    chain,
    digest,
    make_site,
    records,
    status,
)
from zonebuild.site.tlsa_map import read_map


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    return make_site(tmp_path / "site")


# -- the whole way --------------------------------------------------------------------------------


def test_a_certificate_becomes_records_in_the_zone(site: SmallSite) -> None:
    run = site.run()
    assert (run.code, run.findings) == (0, ())
    assert records(site) == ONE


def test_nothing_is_done_where_nothing_changed(site: SmallSite) -> None:
    site.run(settle=True)
    site.run(settle=True)
    before = site.outputs()
    run = site.run(settle=True)
    assert (run.stages, run.fed) == ((), ())
    assert site.outputs() == before


def test_the_next_key_is_listed_beside_the_current_one(site: SmallSite) -> None:
    site.write(NEXT, octets("public key", "rsa"))
    site.write("tlsa-map.yaml", MAP.replace("first:", f"next: {NEXT}\n    first:"))
    site.run()
    assert records(site) == ONE | {f"_25._tcp.mx {digest('rsa')}"}


def test_a_folder_has_the_chain_and_the_next_key_under_their_usual_names(site: SmallSite) -> None:
    site.write("certs/mx/fullchain.pem", chain(Wanted()))
    site.write("certs/mx/next.pub", octets("public key", "rsa"))
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, "certs/mx"))
    assert site.run().code == 0
    assert records(site) == ONE | {f"_25._tcp.mx {digest('rsa')}"}


@pytest.mark.parametrize("name", ["fullchain.pem", "next.pub", "key.pub", "issued.pem"])
def test_what_changes_in_a_folder_far_away_is_seen(
    site: SmallSite, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "far"
    folder.mkdir()
    (folder / "fullchain.pem").write_bytes(chain(Wanted()))
    allow_paths(site.root)
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, str(folder)))
    site.run(settle=True)
    site.run(settle=True)
    assert site.run(settle=True).fed == ()
    content = octets("public key", "ecdsa") if name.endswith(".pub") else chain(Wanted(end=90))
    (folder / name).write_bytes(content)
    assert site.run(settle=True).fed == ("tlsa",)


def test_a_renewal_with_the_same_key_changes_nothing(site: SmallSite) -> None:
    site.run()
    serial = site.serial(ZONE)
    site.write(CERTIFICATE, chain(Wanted(end=90)))
    run = site.run(settle=True)
    assert "tlsa" in run.fed
    assert site.serial(ZONE) == serial


def test_an_unplanned_key_is_listed_beside_the_old_one_which_nobody_saw_go(
    site: SmallSite,
) -> None:
    site.run()
    site.write(CERTIFICATE, chain(Wanted("rsa")))
    run = site.run()
    assert run.errors == {"exported-key-not-listed"}
    both = ONE | {f"_25._tcp.mx {digest('rsa')}"}
    assert records(site) == both
    for days in range(1, 60, 10):
        site.run(NOW + days * DAY)
    assert records(site) == both


def test_two_lineages_share_an_owner(site: SmallSite) -> None:
    site.write("certs/rsa.pem", chain(Wanted("rsa")))
    other = MAP.removeprefix("lineages:\n").replace("mx:", "rsa:").replace("mx.pem", "rsa.pem")
    site.write("tlsa-map.yaml", MAP + other)
    assert site.run().code == 0
    assert records(site) == ONE | {f"_25._tcp.mx {digest('rsa')}"}


def test_the_records_stand_where_the_cname_of_the_service_leads_to(site: SmallSite) -> None:
    place = "{host: www.example.org, port: 25, alias: _dane.example.org}"
    site.write(CERTIFICATE, chain(Wanted(names=("*.example.org",))))
    site.write("tlsa-map.yaml", MAP.replace("{host: mx.example.org, port: 25}", place))
    run = site.run()
    assert (run.code, run.findings) == (0, ())
    assert records(site) == {f"_dane {digest('ecdsa')}"}


def test_first_records_wait_for_the_service_unless_the_map_vouches_for_it(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", MAP.replace("at-once", "when-seen"))
    assert site.run().code == 0
    assert records(site) == set()
    assert "the first TLSA records of _25._tcp.mx.example.org." in status(site)


# -- what is wrong --------------------------------------------------------------------------------


def test_what_was_published_outlives_a_broken_map_and_a_missing_one(site: SmallSite) -> None:
    site.run()
    site.write("tlsa-map.yaml", MAP + "nonsense: 1\n")
    assert site.run().errors == {"unknown-key"}
    assert records(site) == ONE
    site.forget("tlsa-map.yaml")
    assert site.run().errors == {"tlsa-map-missing"}
    assert records(site) == ONE


def test_an_empty_map_takes_all_records_out(site: SmallSite) -> None:
    site.run()
    site.write("tlsa-map.yaml", "")
    assert site.run().code == 0
    assert records(site) == set()


@pytest.mark.parametrize(
    ("content", "check"),
    [
        (b"", "certificate-unreadable"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "certificate-unreadable",
        ),
        (octets("public key", "rsa"), "certificate-unreadable"),
        (chain(Wanted()) + octets("private key", "rsa"), "certificate-unreadable"),
        (chain(Wanted("rsa", begin=1)), "certificate-not-yet-valid"),
        (chain(Wanted("rsa", staple=True)), "certificate-must-staple"),
    ],
    ids=["empty", "damaged", "no certificate", "another key", "not yet valid", "must-staple"],
)
def test_a_certificate_that_is_refused_changes_no_record(
    site: SmallSite, content: bytes, check: str
) -> None:
    site.run()
    site.write(CERTIFICATE, content)
    run = site.run()
    assert (run.code, run.errors) == (1, {check})
    (finding,) = (f for f in run.findings if f.check == check)
    assert str(finding.location) == "tlsa-map.yaml:3:18"
    assert records(site) == ONE


@pytest.mark.parametrize(
    ("wanted", "check"),
    [
        (Wanted(end=-1), "certificate-expired"),
        (Wanted(names=("example.org",)), "certificate-of-another-host"),
        (Wanted(names=("*.mx.example.org",)), "certificate-of-another-host"),
    ],
    ids=["expired", "another name", "another wildcard"],
)
def test_what_clients_of_3_1_1_do_not_look_at_is_a_warning(
    site: SmallSite, wanted: Wanted, check: str
) -> None:
    site.write(CERTIFICATE, chain(wanted))
    run = site.run()
    assert (run.code, run.warnings) == (0, {check})
    assert records(site) == ONE


def test_a_key_that_is_not_the_certificates_is_refused(site: SmallSite) -> None:
    site.write("certs/key.pub", octets("public key", "rsa"))
    site.write("tlsa-map.yaml", MAP.replace("first:", "public_key: certs/key.pub\n    first:"))
    assert site.run().errors == {"certificate-key-mismatch"}
    assert records(site) == set()


def test_a_next_key_that_is_private_is_refused_and_not_told(site: SmallSite) -> None:
    site.write(NEXT, octets("private key", "rsa"))
    site.write("tlsa-map.yaml", MAP.replace("first:", f"next: {NEXT}\n    first:"))
    run = site.run()
    assert run.errors == {"certificate-unreadable"}
    assert "is a private key, want its public part alone" in run.told


def test_a_chain_in_the_wrong_order_is_told(site: SmallSite) -> None:
    site.write(CERTIFICATE, chain(Wanted()) + chain(Wanted("rsa")))
    assert site.run().warnings == {"certificate-chain-order"}


def test_a_certificate_in_a_private_folder_is_not_read(site: SmallSite) -> None:
    site.write("state/mx.pem", chain(Wanted()))
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, "state/mx.pem"))
    assert site.run().errors == {"host-only"}


@pytest.mark.parametrize(
    ("place", "check", "message"),
    [
        ("host: nowhere.example.org, port: 25", "tlsa-host-without-address", "has no A or AAAA"),
        ("host: alias.example.org, port: 25", "tlsa-host-without-address", "is an alias"),
        ("host: mx.other.test, port: 25", "tlsa-outside-site", "is in no zone of this site"),
        ("host: www.example.org, port: 25", "tlsa-alias", "is a CNAME, want `alias:`"),
        (
            "host: mx.example.org, port: 25, alias: _d.example.org",
            "tlsa-alias",
            "write `_25._tcp.mx.example.org. CNAME _d.example.org.`",
        ),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    site: SmallSite, place: str, check: str, message: str
) -> None:
    names = ("*.example.org", "mx.other.test")
    site.write(CERTIFICATE, chain(Wanted(names=names)))
    site.write("tlsa-map.yaml", MAP.replace("host: mx.example.org, port: 25", place))
    run = site.run()
    (finding,) = run.findings
    assert (run.code, finding.check, str(finding.location)) == (1, check, "tlsa-map.yaml:6:9")
    assert message in finding.message
    assert records(site) == set()


def test_a_zone_that_is_no_longer_signed_keeps_its_records_and_is_told(site: SmallSite) -> None:
    site.run()
    site.write(f"zones/{ZONE}.yaml", "signing: {enabled: false}\n")
    assert "tlsa-zone-unsigned" in site.run().errors
    assert records(site) == ONE


def test_an_unsigned_zone_gets_no_first_record(site: SmallSite) -> None:
    site.write(f"zones/{ZONE}.yaml", "signing: {enabled: false}\n")
    assert "tlsa-zone-unsigned" in site.run().errors
    assert records(site) == set()


def test_a_record_for_each_renewal_is_warned_of(site: SmallSite) -> None:
    site.write("tlsa-map.yaml", MAP.replace("port: 25", "port: 25, tlsa: 3 0 1"))
    run = site.run()
    assert run.warnings == {"tlsa-of-each-renewal"}
    assert "10800 s and the lag" in run.findings[0].message
    assert len(records(site)) == 1


def test_records_whose_host_has_lost_its_address_are_left_out_and_told(site: SmallSite) -> None:
    site.run()
    site.write(f"primary/{ZONE}", PRIMARY.replace("mx A", "other A"))
    assert "misplaced-record" in site.run().warnings
    assert records(site) == set()


# -- what is lost ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [("state/tlsa",), ("state/tlsa", "extra")])
def test_lost_state_keeps_what_is_published_although_the_key_changed(
    site: SmallSite, lost: tuple[str, ...]
) -> None:
    site.run()
    site.forget(*lost)
    site.write(CERTIFICATE, chain(Wanted("rsa")))
    site.run()
    assert records(site) == ONE | {f"_25._tcp.mx {digest('rsa')}"}


def test_damaged_state_is_told_and_removes_nothing(site: SmallSite) -> None:
    site.run()
    text = (site.root / "state/tlsa").read_text()
    site.write("state/tlsa", re.sub("exported|owner", "x", text))
    site.write("certs/new.pem", chain(Wanted("rsa")))
    site.write("tlsa-map.yaml", MAP.replace(CERTIFICATE, "certs/new.pem"))
    assert "tlsa-state-lost" in site.run().warnings
    assert records(site) >= ONE


def test_lost_state_and_a_damaged_certificate_at_once_keep_what_is_published(
    site: SmallSite,
) -> None:
    site.run()
    site.forget("state/tlsa")
    site.write(CERTIFICATE, b"")
    assert site.run().code == 1
    assert records(site) == ONE


def test_equal_certificates_and_state_give_equal_octets(site: SmallSite) -> None:
    site.run()
    first = (site.root / f"extra/{ZONE}/tlsa").read_bytes()
    site.forget(".zonebuild", f"extra/{ZONE}/tlsa")
    site.run()
    assert (site.root / f"extra/{ZONE}/tlsa").read_bytes() == first


def test_the_map_of_this_repository_is_right_and_its_files_are_there() -> None:
    found, findings = read_map((REPOSITORY / "tlsa-map.yaml").read_bytes())
    assert findings == []
    assert found is not None
    owners = {place.owner for e in found.entries.values() for place in e.lineage.places}
    assert owners == {"_443._tcp.www.example.org.", "_25._tcp.mx1.example.org."}
    for entry in found.entries.values():
        assert (REPOSITORY / entry.certificate).is_file()
        assert (REPOSITORY / entry.next).is_file()
