"""The stage `arrival`: what was built is read back from the signer and waited for at servers."""

from __future__ import annotations

import gc
import re
import stat
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from tests.sites import NOW, SITE, SmallSite
from tests.test_probe import serving
from tests.test_probe_serials import soa
from zonebuild.builder.delivery import arrival
from zonebuild.builder.outcome import read_outcome
from zonebuild.builder.outside import held_copy
from zonebuild.builder.outside.vantage import Vantage
from zonebuild.builder.run import Run, open_run
from zonebuild.diagnostic import Waiting
from zonebuild.probe.answers import Server
from zonebuild.probe.trust import Anchor
from zonebuild.site.config import ZoneConfig

ZONE = "a.example"
QUICK = "arrival: {deadline: 0}\n"


class Secondary:
    """A name server that has whatever serial it is told to have."""

    def __init__(self, serial: int = 1) -> None:
        self.serial = serial
        self.asked = 0

    def __call__(self, query: dns.message.Message) -> bytes:
        self.asked += 1
        return soa(query, self.serial).to_wire()


@contextmanager
def site_with(
    tmp_path: Path, reply: Callable[[dns.message.Message], bytes | None], signer: str = "none"
) -> Iterator[SmallSite]:
    with serving(reply) as server:
        site = SmallSite(tmp_path / "site", [], SITE.replace("none", signer, 1) + QUICK)
        site.add_zone(ZONE, yaml=f"servers: ['127.0.0.1:{server.port}']\n")
        yield site


def waitings(site: SmallSite) -> list[Waiting]:
    return read_outcome(site.root / "state" / "outcome.json").waitings()


def signed_serial(site: SmallSite) -> int:
    found = re.search(r"\bSOA\s+\S+ \S+ (\d+)", (site.root / "signed" / ZONE).read_text())
    assert found
    return int(found[1])


def test_a_site_without_servers_and_signer_asks_nobody(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site", [ZONE])
    site.run(handoff=True, settle=True)
    assert not (site.root / "state" / "arrivals").exists()
    assert site.run(handoff=True, settle=True).stages == ()


def test_what_has_arrived_is_remembered_and_not_asked_again(tmp_path: Path) -> None:
    server = Secondary()
    with site_with(tmp_path, server) as site:
        site.run(handoff=True, settle=True)
        server.serial = site.serial(ZONE)
        site.run(NOW + 400, handoff=True, settle=True)
        asked = server.asked
        assert site.run(NOW + 800, handoff=True, settle=True).stages == ()
    assert server.asked == asked
    assert f"{ZONE}. {site.serial(ZONE)} " in (site.root / "state" / "arrivals").read_text()


def test_the_served_serial_is_the_signers_own(tmp_path: Path) -> None:
    server = Secondary()
    with site_with(tmp_path, server, "local") as site:
        site.run(handoff=True, settle=True)
        assert waitings(site)
        server.serial = signed_serial(site)
        site.run(NOW + 60, handoff=True, settle=True)
        assert not [w for w in waitings(site) if "servers" in w.what]


def test_what_is_pending_waits_then_warns_and_fails_no_build(tmp_path: Path) -> None:
    server = Secondary()
    with site_with(tmp_path, server) as site:
        first = site.run(handoff=True, settle=True)
        assert (first.code, first.warnings) == (0, set())
        (waiting,) = waitings(site)
        assert "has serial 1" in waiting.why
        late = site.run(NOW + 1000, handoff=True, settle=True)
        assert (late.code, late.warnings) == (0, {"server-behind"})
        server.serial = site.serial(ZONE)
        cured = site.run(NOW + 2000, handoff=True, settle=True)
    assert cured.warnings == set()
    assert waitings(site) == []


def test_a_server_that_is_asked_again_is_asked_less_and_less_often(tmp_path: Path) -> None:
    server = Secondary()
    with site_with(tmp_path, server) as site:
        site.run(handoff=True, settle=True)
        assert site.run(NOW + 2, handoff=True, settle=True).stages == ("arrival",)
        site.run(NOW + 4000, handoff=True, settle=True)
        assert site.run(NOW + 4060, handoff=True, settle=True).stages == ()
        assert site.run(NOW + 4301, handoff=True, settle=True).stages == ("arrival",)


def test_refusals_and_silence_are_told_as_what_they_are(tmp_path: Path) -> None:
    replies = [Secondary()]

    def refuse(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.REFUSED)
        return response.to_wire()

    with site_with(tmp_path, lambda query: replies[-1](query)) as site:
        site.run(handoff=True, settle=True)
        replies.append(refuse)
        site.run(NOW + 60, handoff=True, settle=True)
    (waiting,) = waitings(site)
    assert "REFUSED" in waiting.why


def test_a_server_ahead_of_the_signer_is_a_warning_at_once(tmp_path: Path) -> None:
    server = Secondary()
    with site_with(tmp_path, server) as site:
        site.run(handoff=True, settle=True)
        server.serial = 2_100_000_000
        assert site.run(NOW + 60, handoff=True, settle=True).warnings == {"server-ahead"}


def test_a_zone_that_leaves_is_forgotten(tmp_path: Path) -> None:
    with site_with(tmp_path, Secondary()) as site:
        site.run(handoff=True, settle=True)
        site.write(f"zones/{ZONE}.yaml", "")
        site.run(NOW + 60, handoff=True, settle=True)
    assert f"{ZONE}." not in (site.root / "state" / "arrivals").read_text()
    assert waitings(site) == []


def test_a_key_file_that_all_may_read_is_an_error_and_the_server_is_not_asked(
    tmp_path: Path,
) -> None:
    server = Secondary()
    with serving(server) as at:
        key = tmp_path / "hidden.key"
        key.write_text(
            'key "hidden" { algorithm hmac-sha256; secret "MDEyMzQ1Njc4OWFiY2RlZg=="; };'
        )
        key.chmod(stat.S_IRUSR | stat.S_IROTH)
        site = SmallSite(tmp_path / "site", [], f"{SITE}{QUICK}tsig: {{hidden: {key}}}\n")
        place = f"{{address: 127.0.0.1, port: {at.port}, key: hidden}}"
        site.add_zone(ZONE, yaml=f"servers: [{place}]\n")
        run = site.run(handoff=True, settle=True)
    assert "tsig-key" in run.errors
    assert server.asked == 0


# -- another program signs -----------------------------------------------------------------------

SIGN = """\
import re, sys
for name in sys.stdin.read().split():
    text = open(f"{root}/unsigned/{{name}}").read()
    open(f"{root}/elsewhere/{{name}}", "w").write({change})
"""


def exec_site(tmp_path: Path, change: str) -> SmallSite:
    root = tmp_path / "site"
    program = tmp_path / "sign.py"
    program.write_text(SIGN.format(root=root, change=change))
    signer = f"{{kind: exec, command: [{sys.executable}, {program}], signed: {root}/elsewhere}}"
    site = SmallSite(root, [ZONE], SITE.replace("none", signer, 1) + QUICK)
    (root / "elsewhere").mkdir()
    return site


def test_a_signers_copy_may_have_another_serial_and_what_signers_make(tmp_path: Path) -> None:
    change = r"""re.sub(r"(SOA\t\S+ \S+ )(\d+)", r"\g<1>77", text) + "@ 60 IN NSEC www A\n" """
    site = exec_site(tmp_path, change.strip())
    run = site.run(handoff=True, settle=True)
    assert (run.code, waitings(site)) == (0, [])
    assert f"{ZONE}. 77 " in (site.root / "state" / "arrivals").read_text()


def test_a_signers_copy_that_is_another_zone_waits_and_then_warns(tmp_path: Path) -> None:
    site = exec_site(tmp_path, 'text.replace("192.0.2.1", "192.0.2.9")')
    site.run(handoff=True, settle=True)
    (waiting,) = waitings(site)
    assert "differs from the built zone in 2 records" in waiting.why
    assert site.run(NOW + 1000, handoff=True, settle=True).warnings == {"signer-differs"}


DAY = 86_400
END = NOW - NOW % 60 + 3 * DAY
RRSIGS = {
    "in one line": "@ 60 IN RRSIG A 13 2 60 {end} 20250101000000 7 a.example. AAAA\\n",
    "in several": "@ 60 IN RRSIG A 13 2 60 (\\n  {end} 20250101000000\\n 7 a.example. AAAA )\\n",
    "with tabs": "@\\t60\\tRRSIG\\tA 13 2 60 {end} 20250101000000 7 a.example. AAAA\\n",
}


@pytest.mark.parametrize("line", RRSIGS.values(), ids=RRSIGS)
def test_signatures_that_the_signer_does_not_renew_are_an_error_until_it_does(
    tmp_path: Path, line: str
) -> None:
    later, first = (time.strftime("%Y%m%d%H%M%S", time.gmtime(at)) for at in (END + DAY, END))
    lines = line.format(end=later) + line.format(end=first)
    site = exec_site(tmp_path, f'text + "{lines}"')
    assert site.run(handoff=True, settle=True).errors == set()
    assert site.run(END - DAY - 1, handoff=True, settle=True).stages == ()
    late = site.run(END - DAY, handoff=True, settle=True)
    assert (late.code, late.errors) == (1, {"signatures-expiring"})
    ends = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(END))
    (waiting,) = waitings(site)
    assert waiting.why == f"a signature ends at {ends} and has not been renewed"
    copy = site.root / "elsewhere" / ZONE
    copy.write_text(copy.read_text().replace(first, later))
    assert site.run(END - DAY + 600, handoff=True, settle=True).errors == set()


# -- whom to ask, whom to believe ----------------------------------------------------------------


def test_all_zones_are_asked_about_at_their_name_servers_where_the_site_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, tuple[Server, ...]] = {}

    def wait(wanted: object, servers: dict[str, tuple[Server, ...]], **_: object) -> object:
        asked.update(servers)
        return {}

    monkeypatch.setattr(arrival, "wait_for_serials", wait)
    site = SmallSite(tmp_path / "site", [], f"{SITE}arrival: {{ask: all, deadline: 0}}\n")
    site.add_zone("test", "ns1 A 192.0.2.53\nns2 AAAA 2001:db8::53\n")
    site.add_zone(ZONE)
    site.run(handoff=True, settle=True)
    servers = (Server("192.0.2.53"), Server("2001:db8::53"))
    assert asked == {"test.": servers, f"{ZONE}.": servers}


def test_one_copy_of_a_signer_is_held_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Text(str):  # of which it can be seen whether it is gone
        pass

    given: list[weakref.ref[Text]] = []
    alive: list[int] = []

    def copy_of(run: Run, config: ZoneConfig) -> held_copy.Copy:
        gc.collect()
        alive.append(sum(text() is not None for text in given))
        copy = held_copy.copy_of(run, config)
        text = Text(copy.text)
        given.append(weakref.ref(text))
        return copy._replace(text=text)

    monkeypatch.setattr(arrival, "copy_of", copy_of)
    site = SmallSite(tmp_path / "site", [], f"{SITE}arrival: {{ask: all, deadline: 0}}\n")
    for number in range(5):
        site.add_zone(f"zone{number}.test")
    site.run(handoff=True)
    assert alive == [0] * 5


def test_the_keys_of_a_foreign_signer_are_read_off_what_it_holds(tmp_path: Path) -> None:
    keys = (
        r'+ "@ 60 IN DNSKEY 257 3 13 AAAA\n@ 60 IN DNSKEY 256 3 13 BBBB\n'
        r'www 60 IN DNSKEY 257 3 13 CCCC\n"'
    )
    site = exec_site(tmp_path, f"text {keys}")
    site.run(handoff=True, settle=True)
    with open_run(site.root, now=NOW, command="", is_builder=False) as run:
        assert Vantage(run).anchors(f"{ZONE}.") == (Anchor(f"{ZONE}.", "DNSKEY", "257 3 13 AAAA"),)
