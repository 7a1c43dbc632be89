"""The serial of a built zone: only forward, only with the content, remembered and learnt."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from tests.sites import DAY, HEAD, NOW, SITE, TODAY, SmallSite

ZONE = "a.example"


def policy(folder: Path, name: str) -> SmallSite:
    """Return a site with one zone under the serial policy *name*."""
    site = SmallSite(folder / "site", [])
    site.add_zone(ZONE, yaml=f"serial: {name}\n")
    return site


def edits(site: SmallSite, count: int, now: int = NOW) -> list[int]:
    """Change the zone *count* times; return the serial after each run."""
    serials = []
    for number in range(count):
        site.append(f"primary/{ZONE}", f"h{number}-{now} A 192.0.2.1\n")
        assert site.run(now).code == 0
        serials.append(site.serial(ZONE))
    return serials


def test_a_date_counts_on_past_99_changes_a_day_and_into_the_next(tmp_path: Path) -> None:
    site = policy(tmp_path, "date")
    assert edits(site, 102) == list(range(TODAY, TODAY + 102))
    assert edits(site, 1, NOW + DAY) == [TODAY + 102]
    assert edits(site, 1, NOW + 2 * DAY) == [TODAY + 200]


@pytest.mark.parametrize(
    ("name", "serials"), [("unixtime", [NOW, NOW + 1, NOW + 2]), ("counter", [1, 2, 3])]
)
def test_the_other_policies(tmp_path: Path, name: str, serials: list[int]) -> None:
    assert edits(policy(tmp_path, name), 3) == serials


def test_the_clock_set_back_sets_no_serial_back(tmp_path: Path) -> None:
    for name in ("date", "unixtime"):
        site = policy(tmp_path / name, name)
        first, second = edits(site, 1) + edits(site, 1, NOW - 30 * DAY)
        assert second == first + 1


def test_from_date_to_unixtime_is_refused_with_the_way_out(tmp_path: Path) -> None:
    site = policy(tmp_path, "date")
    site.run()
    site.write(f"zones/{ZONE}.yaml", "serial: unixtime\n")
    site.append(f"primary/{ZONE}", "new A 192.0.2.7\n")
    run = site.run()
    assert (run.code, run.errors) == (1, {"serial-unknown"})
    assert str(TODAY + 2**31 - 1) in run.told  # the first of two steps (RFC 1982)
    assert site.serial(ZONE) == TODAY


KEPT = HEAD.replace("{{ serial }}", "7")


def test_a_written_serial_must_rise_with_the_content(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [ZONE])
    site.write(f"soa/{ZONE}", KEPT)
    assert (site.run().code, site.serial(ZONE)) == (0, 7)  # without history it passes
    site.append(f"primary/{ZONE}", "new A 192.0.2.7\n")
    run = site.run()
    assert (run.code, run.errors) == (1, {"serial-not-raised"})
    assert "new 3600 A 192.0.2.7" not in site.records(ZONE)
    site.write(f"extra/{ZONE}/script", "token TXT t\n")
    assert site.run().code == 1
    assert "token 3600 TXT t" in site.records(ZONE)  # machines need no new serial
    site.write(f"soa/{ZONE}", KEPT.replace("7", "8"))
    assert (site.run().code, site.serial(ZONE)) == (0, 8)
    assert "new 3600 A 192.0.2.7" in site.records(ZONE)


def test_a_lost_state_is_learnt_from_what_is_built(tmp_path: Path) -> None:
    site = policy(tmp_path, "counter")
    edits(site, 5)
    site.forget("state", ".zonebuild")
    assert edits(site, 1, NOW + 1) == [6]


@pytest.fixture
def server() -> Iterator[int]:
    """An authoritative server on loopback that knows the serial 41; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                wire, client = listening.recvfrom(4096)
                if not wire:
                    return
                query = dns.message.from_wire(wire)
                reply = dns.message.make_response(query)
                reply.flags |= dns.flags.AA
                apex, soa = query.question[0].name, "a. b. 41 1 1 1 1"
                reply.answer.append(dns.rrset.from_text(apex, 60, "IN", "SOA", soa))
                listening.sendto(reply.to_wire(), client)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", listening.getsockname())
        thread.join()


def test_a_zone_that_nobody_remembers_learns_from_its_servers(tmp_path: Path, server: int) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, yaml=f"serial: counter\nservers: [127.0.0.1:{server}]\n")
    assert (site.run().code, site.serial(ZONE)) == (0, 42)


def test_or_stops_and_says_the_way_out(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [])
    site.add_zone(ZONE, yaml="serial: counter\nservers: [127.0.0.1:1]\n")  # nothing answers
    run = site.run()
    assert (run.code, run.errors) == (1, {"serial-unknown"})
    assert "state/serials" in run.told
    assert site.built(ZONE) == ""
    site.write("state/serials", f"{ZONE}. 41 counter\n")
    site.append(f"primary/{ZONE}", "; mended\n")
    assert (site.run().code, site.serial(ZONE)) == (0, 42)


def test_every_place_that_names_the_serial_has_it(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [ZONE], SITE)
    site.write("soa/default", HEAD + '@ TXT "serial {{ serial }}"\n')
    site.run()
    site.append(f"primary/{ZONE}", "new A 192.0.2.7\n")
    site.run()
    assert site.serial(ZONE) == TODAY + 1
    assert f'@ 3600 TXT "serial {TODAY + 1}"' in site.records(ZONE)


def test_ten_new_zones_do_not_wait_for_one_silent_server_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.builder.outside.server_serials._PATIENCE", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        mute.setblocking(False)
        site = SmallSite(tmp_path / "site", [])
        for number in range(10):
            servers = f"servers: ['127.0.0.1:{mute.getsockname()[1]}']\n"
            site.add_zone(f"z{number}.example", yaml=servers)
        run = site.run()
        mute.recv(512)  # the first zone's question, and none after it
        with pytest.raises(BlockingIOError):
            mute.recv(512)
    assert run.code == 1
    assert run.told.count("the last serial is not known") == 10


LITERAL = HEAD.replace("{{ serial }}", "7")
TOKEN = f'_acme-challenge.a.example. 60 IN TXT "{"a" * 43}"\n'


def literal_site(folder: Path, more: str = "") -> SmallSite:
    """Return a site with a feed, whose one zone has its serial written out, built once."""
    site = SmallSite(folder, [], f"{SITE}{more}feeds: {{box: box}}\n")
    site.add_zone("a.example", yaml="acme: {box: [a.example]}\n")
    site.write("box/.zonebuild-feed", "")
    site.write("soa/a.example", LITERAL)
    site.run()
    return site


def test_a_policy_below_defaults_holds_for_a_serial_that_is_written_out(tmp_path: Path) -> None:
    site = literal_site(tmp_path, "  serial: counter\n")
    before = site.serial("a.example")
    site.write("box/_acme-challenge.a.example", TOKEN)
    assert site.run().code == 0
    assert site.serial("a.example") == before + 1


@pytest.mark.parametrize("path", ["box/_acme-challenge.a.example", "extra/a.example/inventory"])
def test_a_machines_change_under_a_kept_serial_is_never_silent(tmp_path: Path, path: str) -> None:
    site = literal_site(tmp_path)
    site.write(path, TOKEN)
    run = site.run()
    assert (run.code, run.errors) == (1, {"serial-not-raised"})
    assert "records of a.example. that machines make have changed" in run.told
    assert "write `serial: date`" in run.told


def test_under_a_kept_serial_that_rises_a_machines_change_is_no_error(tmp_path: Path) -> None:
    site = literal_site(tmp_path)
    site.write("box/_acme-challenge.a.example", TOKEN)
    site.write("soa/a.example", LITERAL.replace(" 7 ", " 8 "))
    assert site.run().code == 0


def test_a_signer_that_numbers_by_itself_needs_no_new_serial(tmp_path: Path) -> None:
    site = literal_site(tmp_path)
    site.write("site.yaml", (tmp_path / "site.yaml").read_text().replace("none", "local"))
    site.run(handoff=True)
    site.write("box/_acme-challenge.a.example", TOKEN)
    assert site.run(handoff=True).code == 0
