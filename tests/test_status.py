"""Status says the truth by the clock of now, in each form: headline, exit code, JSON, plugin.

The states are made by the commands that people and cron use, at clocks that are moved for them.
docs/monitoring.md has the same table.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.endpoint_servers import certificate, ec_key, tls_server
from tests.sites import (
    DODO,
    DOIT,
    HEAD,
    PRIMARY,
    REPOSITORY,
    SITE,
    ZONEBUILD,
    SmallSite,
    environment,
)
from tests.test_probe import serving
from tests.test_probe_serials import soa
from zonebuild.acme.memory import Memory, memories_text
from zonebuild.acme.renew import Schedule
from zonebuild.cli.status import show_status
from zonebuild.status import overview
from zonebuild.status.spans import span
from zonebuild.tlsa.pin import Pin
from zonebuild.tlsa.state import DEFAULT_POLICY, Key, Order, State
from zonebuild.tlsa.state_text import states_text

CLOCK = Path(__file__).parent / "live/daemons/clock"
SCHEMA = json.loads((REPOSITORY / "docs/status.schema.json").read_text())
MINUTE, HOUR, DAY = 60, 3600, 86_400
SIGNED = SITE.replace("signer: none", "signer: local")
ZONE = "a.example"
OK, WARNING, CRITICAL, UNKNOWN = range(4)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Watched(SmallSite):
    """A small signed site whose commands run as programs, at a clock of their own.

    now: seconds by which it is ahead.
    """

    def __init__(self, root: Path, site: str = SIGNED) -> None:
        super().__init__(root, [ZONE, "b.example"], site)
        self.write("dodo.py", DODO)
        self.now = 0
        self.stack = ExitStack()

    def do(self, *words: str, later: int = 0) -> Said:
        """Run a command, *later* seconds after the last one."""
        self.now += later
        path = f"{CLOCK}:{REPOSITORY}"
        done = subprocess.run(
            words,
            cwd=self.root,
            env=environment(PYTHONPATH=path, TESTS_CLOCK_SECONDS=str(self.now)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def poll(self, later: int = 0) -> Said:
        """Poll it, as cron does."""
        return self.do(*ZONEBUILD, "poll", later=later)

    def doit(self, later: int = 0) -> Said:
        """Run doit, as a person does."""
        return self.do(*DOIT, later=later)

    def status(self, *options: str, later: int = 0) -> Said:
        """Ask for its status."""
        return self.do(*ZONEBUILD, "status", *options, later=later)

    def document(self) -> dict[str, Any]:
        """Return the status as a program reads it, which is as its schema says."""
        found: dict[str, Any] = json.loads(self.status("--format", "json").out)
        jsonschema.validate(found, SCHEMA)
        return found

    def certify(
        self,
        made: x509.Certificate,
        place: str = "{host: www.a.example, port: 443}",
        *,
        look: bool = False,
    ) -> None:
        """Give it a lineage with the certificate *made*."""
        self.write("certs/www.pem", made.public_bytes(Encoding.PEM))
        self.write(
            "tlsa-map.yaml",
            f"look: {str(look).lower()}\nlineages:\n  www:\n    certificate: certs/www.pem\n"
            f"    first: at-once\n    places:\n    - {place}\n",
        )


def valid(begin: float, end: float) -> x509.Certificate:
    """Return a certificate that is valid between these days from now."""
    return certificate(ec_key(), subject="www.a.example", days=(begin, end))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path / "site")
    with made.stack:
        yield made


# -- the states -----------------------------------------------------------------------------------


def all_is_well(site: Watched) -> None:
    site.poll()
    site.status(later=40)


def cron_dead_for_an_hour(site: Watched) -> None:
    site.poll()
    site.poll(later=MINUTE)
    site.status(later=HOUR)


def cron_dead_for_an_hour_and_a_person_built(site: Watched) -> None:
    site.poll()
    site.doit(later=HOUR)


def cron_dead_for_120_days(site: Watched) -> None:
    site.poll()
    site.status(later=120 * DAY)


def nobody_built_for_120_days(site: Watched) -> None:
    site.doit()
    site.status(later=120 * DAY)


def built_by_hand_last_month(site: Watched) -> None:
    site.write("site.yaml", SITE)
    site.doit()
    site.status(later=30 * DAY)


def signatures_end_in_two_days(site: Watched) -> None:
    site.doit()
    site.status(later=54 * DAY)


def certificate_ends_tomorrow(site: Watched) -> None:
    site.certify(valid(-89, 1))
    site.poll()


def certificate_of_six_days_ends_tomorrow(site: Watched) -> None:
    site.certify(valid(-5, 1))
    site.poll()


def certificate_ended_yesterday(site: Watched) -> None:
    site.certify(valid(-90, -1))
    site.poll()


def plan_held(site: Watched) -> None:
    hosts = "".join(f"host{number} A 192.0.2.{number}\n" for number in range(20))
    site.append("primary/a.example", hosts)
    site.poll()
    site.write("primary/a.example", PRIMARY)
    assert site.poll(later=MINUTE).code == 1


def zone_broken(site: Watched) -> None:
    site.poll()
    site.append("primary/a.example", "x A 192.0.2.256\n")
    assert site.poll(later=MINUTE).code == 1


def secondary_dead_for_a_day(site: Watched) -> None:
    with serving(lambda query: soa(query, 1).to_wire()) as server:
        site.write("site.yaml", SIGNED + "arrival: {deadline: 0}\n")
        site.write(f"zones/{ZONE}.yaml", f"servers: ['127.0.0.1:{server.port}']\n")
        site.poll()
    site.poll(later=DAY)


def secondary_dead_for_a_week(site: Watched) -> None:
    secondary_dead_for_a_day(site)
    for _ in range(8):
        site.poll(later=DAY)


def poll_hangs(site: Watched) -> None:
    site.poll()
    path = site.root / ".zonebuild/poll.lock"
    site.now += 2 * HOUR
    begun = time.time() + HOUR
    os.utime(path, (begun, begun))


def endpoint_not_reloaded(site: Watched) -> None:
    host, old = "tls.a.example", ec_key()
    served, newer = (certificate(key, subject=host, days=(-1, 89)) for key in (old, ec_key()))
    site.append("primary/a.example", "tls A 127.0.0.1\n")
    site.write(f"zones/{ZONE}.yaml", "allow: [{check: address-not-public, reason: a test}]\n")
    with tls_server((old, served)) as port:
        site.certify(served, f"{{host: {host}, port: {port}}}", look=True)
        site.doit()
        site.doit(later=MINUTE)
        site.write("certs/www.pem", newer.public_bytes(Encoding.PEM))
        for later in (MINUTE, MINUTE, MINUTE, 90 * MINUTE, MINUTE):
            site.doit(later=later)


def endpoint_not_reloaded_for_days(site: Watched) -> None:
    endpoint_not_reloaded(site)
    site.status(later=2 * DAY)


def audited(site: Watched, ds: dict[str, object]) -> None:
    """Leave what the audit keeps of the parent's servers, which no test can ask."""
    site.poll()
    zones = {f"{ZONE}.": {"ds": {"checked": int(time.time()), **ds}}}
    site.write("state/audit.json", json.dumps({"version": 1, "at": 1, "zones": zones}))


def ds_missing(site: Watched) -> None:
    audited(site, {"state": "missing"})


def ds_of_another_key(site: Watched) -> None:
    audited(site, {"state": "other"})


def server_silent_for_a_day(site: Watched) -> None:
    site.poll()
    answered = int(time.time()) - DAY
    server = {"serial": 1, "checked": answered, "answered": answered, "problem": "no answer"}
    zones = {f"{ZONE}.": {"servers": {"192.0.2.1:53": server}}}
    site.write("state/audit.json", json.dumps({"version": 1, "at": 1, "zones": zones}))


def never_built(site: Watched) -> None:
    site.status()


def outcome_damaged(site: Watched) -> None:
    site.poll()
    site.write("state/outcome.json", "{")


def clock_years_ahead(site: Watched) -> None:
    site.poll()
    assert site.poll(later=3650 * DAY).code == 2


def clock_back(site: Watched) -> None:
    site.poll()
    site.status(later=-3 * DAY)


def cron_dead_since_a_clock_leapt(site: Watched) -> None:
    clock_years_ahead(site)
    site.status(later=-3650 * DAY + HOUR)


@dataclass(frozen=True, slots=True)
class Case:
    """A state, and what is said of it. code: of plain status. check: of the worst finding."""

    make: Callable[[Watched], None]
    level: int
    code: int
    headline: str
    check: str = ""


CASES = {
    "all is well": Case(all_is_well, OK, 0, r"all is well: 2 zones; .*last run 4\d s ago; next"),
    "cron dead for an hour": Case(
        cron_dead_for_an_hour, CRITICAL, 1, r"1 error: no poll for 6\d min, ", "run-overdue"
    ),
    "cron dead, a person built": Case(
        cron_dead_for_an_hour_and_a_person_built,
        CRITICAL,
        1,
        r"1 error: no poll for 6\d min, .*; last run \d+ s ago",
        "run-overdue",
    ),
    "cron dead for 120 days": Case(
        cron_dead_for_120_days, CRITICAL, 1, r"3 errors: no poll for 120 d, ", "run-overdue"
    ),
    "nobody built for 120 days": Case(
        nobody_built_for_120_days,
        CRITICAL,
        1,
        r"2 errors: a\.example\.: signatures ended 64 d ago",
        "signatures-ended",
    ),
    "built by hand last month": Case(
        built_by_hand_last_month, OK, 0, r"all is well: 2 zones; last run 30 d ago$"
    ),
    "signatures end in two days": Case(
        signatures_end_in_two_days,
        CRITICAL,
        1,
        r"2 errors: a\.example\.: signatures end in (2 d|4\d h) and were not renewed",
        "signatures-end-soon",
    ),
    "certificate ends tomorrow": Case(
        certificate_ends_tomorrow,
        CRITICAL,
        1,
        r"1 error: www: the certificate ends in 2\d h: .*; 2 zones, 1 lineage; ",
        "certificate-ends-soon",
    ),
    "certificate of six days ends tomorrow": Case(
        certificate_of_six_days_ends_tomorrow,
        WARNING,
        0,
        r"1 warning: www: the certificate ends in 2\d h",
        "certificate-ends-soon",
    ),
    "certificate ended yesterday": Case(
        certificate_ended_yesterday,
        CRITICAL,
        1,
        r"1 error: www: the certificate ended 2\d h ago",
        "certificate-ended",
    ),
    "plan held": Case(
        plan_held, WARNING, 1, r"1 warning: the change of a\.example\. is held: ", "plan-held"
    ),
    "zone broken": Case(zone_broken, CRITICAL, 1, r"1 error: A rdata", "rdata-syntax"),
    "secondary dead for a day": Case(
        secondary_dead_for_a_day,
        WARNING,
        0,
        r"1 warning: a\.example\. at its servers: ",
        "server-behind",
    ),
    "secondary dead for a week": Case(
        secondary_dead_for_a_week,
        CRITICAL,
        1,
        r"1 error: a\.example\.: 127\.0\.0\.1:\d+ has lacked what the signer has for [89] d",
        "server-expiring",
    ),
    "a poll that hangs": Case(poll_hangs, CRITICAL, 1, r"1 error: no poll for 2 h", "run-overdue"),
    "a server silent for a day": Case(
        server_silent_for_a_day,
        WARNING,
        0,
        r"1 warning: a\.example\.: 192\.0\.2\.1:53 has not answered for 24 h",
        "server-silent",
    ),
    "endpoint not reloaded": Case(
        endpoint_not_reloaded,
        WARNING,
        0,
        r"1 warning: www: 127\.0\.0\.1:\d+ \(\S+\) did not show, ",
        "endpoint-not-reloaded",
    ),
    "endpoint not reloaded for days": Case(
        endpoint_not_reloaded_for_days, CRITICAL, 1, r"1 error: www: ", "endpoint-not-reloaded"
    ),
    "DS missing": Case(
        ds_missing, WARNING, 0, r"1 warning: a\.example\.: the parent has no DS", "ds-missing"
    ),
    "DS of another key": Case(
        ds_of_another_key,
        CRITICAL,
        1,
        r"1 error: a\.example\.: the parent's DS is of another key",
        "ds-of-another-key",
    ),
    "never built": Case(never_built, UNKNOWN, 0, r"nothing is built here yet, run `doit`; 2 zones"),
    "outcome damaged": Case(outcome_damaged, UNKNOWN, 2, r"unknown: state/outcome.json cannot be"),
    "clock years ahead": Case(
        clock_years_ahead, CRITICAL, 1, r"\d errors?: the clock shows 2\d", "clock-distrusted"
    ),
    "cron dead since a clock leapt": Case(
        cron_dead_since_a_clock_leapt,
        CRITICAL,
        1,
        r"\d errors?: the last poll noted a time 9 years from now",
        "run-in-future",
    ),
    "clock three days back": Case(
        clock_back, CRITICAL, 1, r"1 error: the clock shows .* 3 days before", "clock-distrusted"
    ),
}
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
HARMS = (b"", b"\xff\x00", b"[" * 5000, b"[1]", b'{"zones": {"a.example.": 1}}')
DATUM = re.compile(r"\w+=-?\d+(s|)(;\d*:?){0,4}")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_form_says_how_the_site_stands(site: Watched, case: Case) -> None:
    case.make(site)
    plain = site.status()
    first = plain.out.split("\n")[0]
    assert re.match(case.headline, first), first
    assert plain.code == case.code
    assert site.do(*DOIT, "status").code == case.code

    plugin = site.status("--nagios")
    assert plugin.code == case.level
    line, _, data = plugin.out.split("\n")[0].partition(" | ")
    assert line.startswith(f"ZONEBUILD {WORDS[case.level]} - ")
    assert all(DATUM.fullmatch(each) for each in data.split(" ")), data
    assert plugin.out.count("|") == 1

    document = site.document()
    assert document["level"] == WORDS[case.level].lower()
    assert [each["check"] for each in document["failures"]][:1] == [case.check][: bool(case.check)]


# -- what else is said ----------------------------------------------------------------------------


def test_the_agenda_names_what_happens_and_what_ends_within_so_many_days(site: Watched) -> None:
    site.certify(valid(-60, 29))
    site.doit()
    for zone in ("a.example", "b.example"):
        assert f"{zone}. is signed again" in site.do(*ZONEBUILD, "agenda").out
    assert "the certificate of www ends" in site.do(*ZONEBUILD, "agenda").out
    assert "signatures of a.example. end" not in site.do(*ZONEBUILD, "agenda").out
    assert "signatures of a.example. end" in site.do(*ZONEBUILD, "agenda", "--days", "57").out
    assert "signatures of a.example. end" in site.status("--all").out
    said = site.do(*ZONEBUILD, "agenda", "--days", "3")
    assert "is signed again" not in said.out
    assert "no time is known" in said.out
    assert "DS of a.example.: give the parent zone: a.example. IN DS" in said.out


def test_an_empty_agenda_says_so(site: Watched) -> None:
    site.write("site.yaml", SITE)
    site.doit()
    said = site.do(*ZONEBUILD, "agenda", "--days", "3")
    assert said == Said(0, "nothing is known to happen or to end in 3 days\n", "")
    assert site.do(*ZONEBUILD, "agenda", "--days", "x").code == 2


def test_the_site_may_be_named(site: Watched) -> None:
    site.doit()
    for command in ("status", "agenda"):
        done = subprocess.run(
            [*ZONEBUILD, command, site.root], env=environment(), capture_output=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_silent_server_is_an_error_before_its_copy_expires(site: Watched) -> None:
    server_silent_for_a_day(site)
    assert site.status("--nagios").code == WARNING
    site.write("soa/default", HEAD.replace("2419200", "86400"))
    site.doit()
    assert site.status("--nagios").code == CRITICAL
    assert "192.0.2.1:53 has not answered for 24 h" in site.status().out.split("\n")[0]


@pytest.mark.parametrize(
    ("seen", "left", "level", "check"),
    [
        (-DAY, 3 * DAY, OK, ""),
        (-HOUR, 20 * HOUR, CRITICAL, "signatures-end-soon"),
        (-HOUR, -HOUR, CRITICAL, "signatures-ended"),
        (-30 * DAY, -2 * DAY, WARNING, "signatures-unseen"),
    ],
    ids=["in time", "not renewed", "ended", "not seen since"],
)
def test_another_signers_signatures_are_judged_by_when_they_were_seen(
    site: Watched, seen: int, left: int, level: int, check: str
) -> None:
    site.write("site.yaml", SITE)
    site.doit()
    now = int(time.time())
    zones = {f"{ZONE}.": {"signatures": {"first_end": now + left}}}
    site.write("state/audit.json", json.dumps({"version": 1, "at": now + seen, "zones": zones}))
    assert site.status("--nagios").code == level
    assert [each["check"] for each in site.document()["failures"]] == [check][: bool(check)]


def test_a_repository_out_of_reach_is_a_warning(site: Watched) -> None:
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
    site.poll()
    site.do("git", "init", "-q", "-b", "main")
    site.do("git", "add", "zones", "primary", "soa", "site.yaml", "dodo.py")
    site.do(*git, "commit", "-q", "-m", "x")
    for words in (("remote.origin.url", "/nowhere"), ("branch.main.remote", "origin")):
        site.do("git", "config", *words)
    site.do("git", "config", "branch.main.merge", "refs/heads/main")
    assert site.poll(later=MINUTE).code == 2
    said = site.status("--nagios", later=3 * MINUTE)
    assert said.code == WARNING
    assert "for 3 min: " in said.out


def test_a_freeze_is_on_the_agenda_and_ends_by_the_clock_of_now(site: Watched) -> None:
    site.doit()
    site.do(*ZONEBUILD, "freeze", "--until", "5h30m", "--reason", "the fair")
    assert "next event in 5 h (the freeze of every zone ends (the fair))" in site.status().out
    assert "frozen: the fair" in site.status().out
    assert "frozen" not in site.status(later=6 * HOUR).out


def test_the_numbers_for_prometheus_are_those_of_the_json(site: Watched) -> None:
    site.certify(valid(-60, 29))
    site.poll()
    document = site.document()
    numbers = dict(
        line.rsplit(" ", 1)
        for line in site.status("--format", "prometheus").out.splitlines()
        if line[0] != "#"
    )
    zone, end = document["zones"]["a.example."], document["lineages"]["www"]["end"]
    assert numbers["zonebuild_status"] == "0"
    assert numbers['zonebuild_certificate_end_timestamp_seconds{lineage="www"}'] == str(end)
    assert numbers['zonebuild_zone_serial{zone="a.example.",at="signed"}'] == str(
        zone["serials"]["signed"]
    )
    first_end = zone["signatures"]["first_end"]
    assert numbers['zonebuild_signature_end_timestamp_seconds{zone="a.example."}'] == str(first_end)


def test_a_site_that_runs_seldom_says_so_in_its_thresholds(site: Watched) -> None:
    site.write("site.yaml", SIGNED + "monitoring: {overdue: 1d}\n")
    site.doit()
    assert site.status("--nagios", later=23 * HOUR).code == OK
    assert site.status("--nagios", later=2 * HOUR).code == CRITICAL
    assert "no run for 25 h, expected one each 24 h" in site.status().out


def test_a_watch_that_comes_each_hour_is_not_overdue_before_two(site: Watched) -> None:
    site.poll()
    site.write("state/runs/watch", (site.root / "state/runs/poll").read_text()[:13] + "003600\n")
    site.forget("state/runs/poll")
    assert site.status("--nagios", later=119 * MINUTE).code == OK
    assert site.status("--nagios", later=2 * MINUTE).code == CRITICAL


def test_thresholds_move_what_is_a_warning_and_what_an_error(site: Watched) -> None:
    text = "monitoring: {certificate_warning: 2h, certificate_error: 1h, signature_error: 1h}\n"
    site.write("site.yaml", SIGNED + text)
    site.certify(valid(-89, 1))
    site.doit()
    assert site.status("--nagios").code == OK
    assert site.status("--nagios", later=23 * HOUR - 10 * MINUTE).code == WARNING
    assert site.status("--nagios", later=50 * MINUTE).code == CRITICAL


def test_what_may_not_be_read_is_not_called_well(site: Watched) -> None:
    site.poll()
    path = site.root / "state/outcome.json"
    path.unlink()
    path.mkdir()
    plugin = site.status("--nagios")
    assert (plugin.code, plugin.out.split(" - ")[0]) == (UNKNOWN, "ZONEBUILD UNKNOWN")
    assert site.status().code == 2


def test_a_plugin_outside_of_a_site_is_unknown(site: Watched) -> None:
    site.forget("zones")
    plugin = site.status("--nagios")
    assert (plugin.code, plugin.err) == (UNKNOWN, "")
    assert site.status().code == 2


@pytest.mark.parametrize("path", ["site.yaml", "tlsa-map.yaml", "state/audit.json", "state/tlsa"])
@pytest.mark.parametrize(
    "harm", [b"", b"\xff\x00", b"[" * 5000, b"[1]", b'{"zones": {"a.example.": 1}}']
)
def test_no_damage_keeps_status_from_answering(site: Watched, path: str, harm: bytes) -> None:
    site.poll()
    site.write(path, harm)
    said = site.status("--nagios")
    assert said.err == ""
    assert said.out.startswith("ZONEBUILD ")
    site.document()


def test_status_writes_nothing(site: Watched) -> None:
    site.poll()
    before = site.outputs()
    for options in ((), ("--all",), ("--nagios",), ("--format", "json")):
        site.status(*options)
    assert site.outputs() == before


def test_the_key_that_signs_is_named(site: Watched) -> None:
    site.doit()
    (ds,) = site.do(*ZONEBUILD, "ds", "a.example").out.splitlines()
    tag, algorithm = ds.split()[3:5]
    (key,) = site.document()["zones"]["a.example."]["keys"]
    assert (key["tag"], key["algorithm"]) == (int(tag), int(algorithm))


def test_a_plugin_that_breaks_is_unknown_and_not_a_warning(
    site: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr(overview, "gather", broken)
    assert show_status(site.root, "nagios") == UNKNOWN
    assert capsys.readouterr().out.startswith(
        "ZONEBUILD UNKNOWN - this is a bug of zonebuild: Zero"
    )


# -- what is known of the future ------------------------------------------------------------------


def test_a_renewal_is_what_happens_next_and_is_missed_after_a_day(site: Watched) -> None:
    site.certify(valid(-60, 29))
    text = (site.root / "tlsa-map.yaml").read_text()
    site.write("tlsa-map.yaml", text.replace("    first:", "    issue: {}\n    first:"))
    site.doit()
    schedule = Schedule("f" * 64, int(time.time()) + HOUR)
    site.write("state/acme/lineages", memories_text({"www": Memory("x", schedule)}))
    assert re.search(r"next event in (59|60) min \(www renews\)", site.status().out)
    assert site.status("--nagios", later=20 * HOUR).code == OK
    assert site.status("--nagios", later=6 * HOUR).code == WARNING
    assert "see that `zonebuild acme run` runs" in site.status().out


def test_the_steps_of_a_rollover_have_their_expected_times(site: Watched) -> None:
    site.certify(valid(-60, 29))
    site.doit()
    now, day = int(time.time()), DEFAULT_POLICY.hold
    current = Key(Pin("a" * 64), now, exported=now, is_current=True)
    following = Key(Pin("b" * 64), now, visible=now, waited=600, ttl=3600)
    old = Key(Pin("c" * 64), now, exported=now, cleared=now, held=DAY // 2)
    state = State("www", last=now, order=Order.ROLL, keys=(current, following, old))
    site.write("state/tlsa", states_text([state]))
    events = {e["what"]: e["at"] - now for e in site.document()["events"]}
    use = 2 * 3600 + DEFAULT_POLICY.margin - 600
    expected = {
        "www: the key bbbbbbbbbbbbbbbb… may be used: no cache lacks it": use,
        "www: the key aaaaaaaaaaaaaaaa… leaves the zone at the earliest": use + day,
        "www: the key cccccccccccccccc… leaves the zone": DAY // 2,
    }
    found = {what: events[what] for what in expected}
    assert {what: abs(found[what] - expected[what]) < MINUTE for what in expected} == dict.fromkeys(
        expected, True
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_800, "2 d"),
        (10 * 31_536_000, "10 years"),
    ],
)
def test_lengths_of_time_read_as_people_say_them(seconds: int, text: str) -> None:
    assert span(seconds) == text


def test_a_poll_that_hangs_is_named(site: Watched) -> None:
    poll_hangs(site)
    assert re.search(r"one that began (59|60) min ago has not ended", site.status().out)
