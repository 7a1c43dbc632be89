"""What each kind of program is told, and what its answers mean; real ones are in tests/live/."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.control_programs import ControlProgram, bad, ok
from zonebuild.probe.answers import Answer, Server, Status
from zonebuild.signers import command, opendnssec
from zonebuild.signers.bind import BIND
from zonebuild.signers.exec import Exec
from zonebuild.signers.knot import Knot
from zonebuild.signers.nsd import NSD
from zonebuild.signers.opendnssec import OpenDNSSEC
from zonebuild.signers.table import PROGRAMS, program_of
from zonebuild.signers.told import (
    Job,
    Told,
    Unreadable,
    Verdict,
    file_serial,
    has_reached,
    with_serial,
)
from zonebuild.site.load import load_site
from zonebuild.site.signers import SERVERS, SIGNERS

A, B = (Job(apex, Path(f"/unsigned/{apex[:-1]}"), 7) for apex in ("a.test.", "b.test."))
TOLD, REFUSED, UNREACHED = Verdict


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_PAUSES", (0.01, 0.01))


@pytest.fixture
def control(tmp_path: Path) -> ControlProgram:
    return ControlProgram(tmp_path / "program")


def config(kind: str, **options: Any) -> Any:
    """Return the options of *kind*, defaults but for *options*."""
    key = "serve" if kind == "nsd" else "signer"
    needed = ", command: [x]" if kind == "exec" else ""
    text = f"{key}: {{kind: {kind}{needed}}}\n".encode()
    site, _ = load_site(lambda path, limit: text, [])
    found = site.handoff.server if kind == "nsd" else site.handoff.signer
    assert found is not None
    return replace(found, **options)


def verdicts(told: Mapping[str, Told]) -> dict[str, Verdict]:
    return {apex: each.verdict for apex, each in sorted(told.items())}


def test_every_kind_of_site_yaml_has_a_program_but_for_the_embedded_signer_and_none() -> None:
    kinds = {variant.kind for variant in (*SIGNERS, *SERVERS)}
    assert kinds - PROGRAMS.keys() == {"local", "none"}
    assert all(program_of(config(kind)).kind == kind for kind in PROGRAMS)  # type: ignore[union-attr]
    assert program_of(config("local")) is None
    assert program_of(None) is None


# Serials in zone files.


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("@\t60\tSOA\tns h 7 1 1 1 1\n", 7),
        ("$TTL 60\na.test. 60 IN SOA ns. h. 4294967295 1 1 1 1\n", 4294967295),
        ("; SOA\n@ IN SOA ns. h. (\n 2026010100 1 1 1 1)\n", 2026010100),
        ("@ IN 60 soa ns. h. 9 1 1 1 1\n", 9),
        ("@ IN SOA ns. h.(13 1 1 1 1)\n", 13),
        ("@ IN SOA ns. h\\(h.x. 14 1 1 1 1\n", 14),
        ('@ 60 TXT "x SOA a b 3"\n@ 60 SOA ns. h. 4 1 1 1 1\n', 4),
        ("@ 60 SOA ns. h. 4294967296 1 1 1 1\n", None),
        ("@ 60 A 192.0.2.1\n", None),
        ("", None),
    ],
)
def test_the_serial_of_a_file_is_that_of_its_first_soa(text: str, serial: int | None) -> None:
    assert file_serial(text) == serial
    if serial is not None:
        changed = with_serial(text, 12)
        assert file_serial(changed) == 12
        assert changed.replace("12", "", 1) == text.replace(str(serial), "", 1)


@pytest.mark.parametrize(
    ("served", "wanted", "is_there"),
    [(7, 7, True), (8, 7, True), (6, 7, False), (2, 4294967290, True), (4294967290, 2, False)],
)
def test_a_later_serial_has_reached_an_earlier_one(
    served: int, wanted: int, is_there: bool
) -> None:
    assert has_reached(served, wanted) is is_there


# OpenDNSSEC.

NOW, SOON, LATER = (f"Sat Nov 28 06:{minute}:00 2026" for minute in ("10", "10", "25"))


def queue(*tasks: str) -> tuple[int, str, str]:
    return ok(f"It is now {NOW}\n\nThere are {len(tasks)} tasks scheduled.\n" + "".join(tasks))


def task(word: str, when: str, zone: str) -> str:
    return f"On {when} I will [{word}] zone {zone}\n"


HALF = "a.test.\t60\tIN\tRRSIG\tSOA 13 2 60 20270128003937 20261128133113 1 a.test. AAAA==\n"
SIGNED = HALF + HALF.replace("SOA", "DNSKEY")


class ODS:
    """OpenDNSSEC with stand-ins for its control programs; *zones* are known to it."""

    def __init__(self, folder: Path, *zones: str, deadline: int = 1) -> None:
        self.signer, self.enforcer = (ControlProgram(folder / name) for name in ("s", "e"))
        self.signed, self.signconf = folder / "signed", folder / "conf"
        for made in (self.signed, self.signconf):
            made.mkdir()
        for zone in zones:
            (self.signconf / f"{zone}.xml").touch()
        self.signer.when("zones", ok("".join(f"- {zone}\n" for zone in zones)))
        self.program = OpenDNSSEC(
            config(
                "opendnssec",
                signer_command=(str(self.signer.path),),
                enforcer_command=(str(self.enforcer.path),),
                signed=self.signed,
                signconf=self.signconf,
                deadline=deadline,
            )
        )

    def sign_soon(self, zone: str, text: str = SIGNED, *, after: str = "queue") -> None:
        """Write the signed file of *zone* once the signer is asked *after*, as it does."""

        def write() -> None:
            while not self.signer.told(after):
                time.sleep(0.01)
            (self.signed / "new").write_text(text)
            (self.signed / "new").rename(self.signed / zone)

        threading.Thread(target=write, daemon=True).start()


def test_opendnssec_is_asked_to_sign_and_waited_for(tmp_path: Path) -> None:
    ods = ODS(tmp_path, "a.test", deadline=20)
    (ods.signed / "a.test").write_text("old\n")
    ods.sign_soon("a.test")
    assert verdicts(ods.program.apply([A])) == {"a.test.": TOLD}
    assert ods.signer.told("sign") == ["sign a.test"]
    assert ods.enforcer.told() == []
    assert ods.program.read_back("a.test.") == SIGNED


def test_opendnssec_gets_new_zones_with_their_policy_and_places(tmp_path: Path) -> None:
    ods = ODS(tmp_path, "b.test", deadline=20)
    ods.sign_soon("a.test")
    assert verdicts(ods.program.apply([A])) == {"a.test.": TOLD}
    paths = f"-i /unsigned/a.test -o {ods.signed}/a.test -s {ods.signconf}/a.test.xml"
    assert ods.enforcer.told() == [f"zone add -z a.test -p default {paths}"]
    assert ods.signer.told("sign") == []


def test_opendnssec_is_told_of_many_by_one_process(tmp_path: Path) -> None:
    ods = ODS(tmp_path)
    jobs = [Job(f"z{i}.test.", Path(f"/u/z{i}.test"), 1) for i in range(50)]
    ods.signer.when("zones", ok("".join(f"- {job.name}\n" for job in jobs)))
    ods.program.apply(jobs)
    is_one_process = ["zones", "", *(f"sign {job.name}" for job in jobs)]
    assert ods.signer.told()[:52] == is_one_process
    assert set(ods.signer.told()[52:]) == {"queue"}


def test_opendnssec_refuses_where_a_zone_is_due_later_and_its_file_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opendnssec, "_KEYS", 0.5)
    ods = ODS(tmp_path, "b.test", deadline=30)
    (ods.signconf / "a.test.xml").touch()
    (ods.signed / "b.test").write_text("old\n")
    failed = task("read", LATER, "a.test")
    both = failed + task("sign", LATER, "b.test")
    ods.signer.when("queue", queue(), queue(failed + task("sign", SOON, "b.test")), queue(both))
    begun = time.monotonic()
    told = ods.program.apply([A, B])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": REFUSED}
    assert "ods-signerd" in told["a.test."].why
    assert time.monotonic() - begun < 15
    assert ods.signer.told("sign a.test") == ["sign a.test"] * 3
    assert ods.signer.told("sign b.test") == ["sign b.test"] * 3


def test_opendnssec_is_waited_for_while_a_new_zone_has_no_keys(tmp_path: Path) -> None:
    ods = ODS(tmp_path)
    ods.signer.when("queue", queue(task("configure", LATER, "a.test")))
    told = ods.program.apply([A])
    assert told["a.test."] == (UNREACHED, "nothing was signed within 1 s")


DOWN = bad('Unable to connect to engine. connect() failed: Connection refused ("/run/x")\n', 201)


def test_opendnssec_is_down_where_its_signer_is(tmp_path: Path) -> None:
    ods = ODS(tmp_path)
    ods.signer.when("zones", DOWN)
    told = ods.program.apply([A, B])
    assert verdicts(told) == {"a.test.": UNREACHED, "b.test.": UNREACHED}
    assert "exit code 201" in told["a.test."].why
    assert len(ods.signer.told("zones")) == 3


def test_opendnssec_that_restarts_is_reached_a_moment_later(tmp_path: Path) -> None:
    ods = ODS(tmp_path, "a.test", deadline=20)
    ods.signer.when("zones", DOWN, ok("- a.test\n"))
    ods.sign_soon("a.test")
    assert verdicts(ods.program.apply([A])) == {"a.test.": TOLD}


@pytest.mark.parametrize("jobs", [[A], [A, B]], ids=["one", "two"])
def test_opendnssec_takes_no_new_zone_while_its_enforcer_is_down(
    tmp_path: Path, jobs: list[Job]
) -> None:
    ods = ODS(tmp_path)
    ods.enforcer.when("", DOWN)
    assert set(verdicts(ods.program.apply(jobs)).values()) == {UNREACHED}


def test_opendnssec_refuses_a_policy_that_it_has_not(tmp_path: Path) -> None:
    ods = ODS(tmp_path, "b.test", deadline=20)
    ods.enforcer.when(
        "zone add", bad("Unable to find policy default needed for adding the zone!\n")
    )
    ods.sign_soon("b.test")
    told = ods.program.apply([A, B])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": TOLD}
    assert told["a.test."].why.startswith('says "Unable to find policy default')


def test_opendnssec_is_to_look_again_at_new_zones_whose_keys_were_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opendnssec, "_KEYS", 0.05)
    ods = ODS(tmp_path, "b.test", deadline=1)
    told = ods.program.apply([A, B])
    assert set(verdicts(told).values()) == {UNREACHED}
    assert told["a.test."].why == "nothing was signed within 1 s"
    again = [line for line in ods.enforcer.told() if line.startswith("enforce")]
    assert len(again) > 1
    assert set(again) == {"enforce -z a.test"}
    assert ods.signer.told("update") == []
    (ods.signconf / "a.test.xml").touch()
    ods.program.apply([A, B])
    assert "update --all" in ods.signer.told()


@pytest.mark.parametrize("zones", [(), ("a.test",)], ids=["new", "known"])
def test_opendnssec_is_waited_for_until_both_sorts_of_keys_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zones: Sequence[str]
) -> None:
    monkeypatch.setattr(opendnssec, "_KEYS", 0.05)
    ods = ODS(tmp_path, *zones, deadline=20)
    ods.sign_soon("a.test", HALF)
    ods.sign_soon("a.test", after="clear a.test")
    assert verdicts(ods.program.apply([A])) == {"a.test.": TOLD}
    assert (ods.signed / "a.test").read_text() == SIGNED


def test_opendnssec_that_signs_with_one_sort_of_keys_alone_has_not_signed(tmp_path: Path) -> None:
    ods = ODS(tmp_path, "a.test")
    ods.sign_soon("a.test", HALF)
    assert ods.program.apply([A])["a.test."].why == "not all of it was signed within 1 s"


def test_opendnssec_that_lost_its_database_gets_no_zone_anew(tmp_path: Path) -> None:
    ods = ODS(tmp_path, deadline=20)
    there = "b.test    default    09:00:00    /conf/b.test.xml \n"
    ods.enforcer.when("zone list", ok(f"Zones:\n{there}"))
    ods.enforcer.when("zone add", bad("Unable to add zone, zone already exists!\n"))
    ods.sign_soon("b.test")
    told = ods.program.apply([replace(job, was_given=True) for job in (A, B)])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": TOLD}
    assert told["a.test."].why.startswith("knows the zone no more")
    assert [line for line in ods.enforcer.told("zone add") if "a.test" in line] == []


def test_opendnssec_that_is_told_of_a_zone_twice_takes_it(tmp_path: Path) -> None:
    ods = ODS(tmp_path, deadline=20)
    ods.enforcer.when("zone add", bad("Unable to add zone, zone already exists!\n"))
    ods.sign_soon("a.test")
    assert verdicts(ods.program.apply([A])) == {"a.test.": TOLD}


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (ok("Deleted zone a.test successfully\n"), TOLD),
        (bad("Unable to delete zone, zone a.test not found!\n"), TOLD),
        (bad("Unable to delete zone, the database is locked\n"), REFUSED),
        (DOWN, UNREACHED),
    ],
)
def test_opendnssec_removes(tmp_path: Path, reply: Any, verdict: Verdict) -> None:
    ods = ODS(tmp_path)
    ods.enforcer.when("zone delete -z a.test", reply)
    assert ods.program.remove(A).verdict is verdict


# Knot.

OFF = bad("error: failed to connect to socket '/run/knot.sock' (connection refused)\n")


def knot(control: ControlProgram, *zones: str) -> Knot:
    status = "".join(f"[{zone}.] role: master | serial: 1\n" for zone in zones)
    control.when("zone-status", ok(status))
    return Knot(config("knot", command=(str(control.path),)))


def test_knot_reloads_what_it_knows_and_is_given_the_rest_in_one_go(
    control: ControlProgram,
) -> None:
    assert verdicts(knot(control, "a.test").apply([A, B])) == {"a.test.": TOLD, "b.test.": TOLD}
    assert control.told("conf") == [
        "conf-begin",
        "conf-set zone[b.test]",
        "conf-set zone[b.test].template zonebuild",
        "conf-set zone[b.test].file /unsigned/b.test",
        "conf-commit",
    ]
    assert control.told("-b") == ["-b -t 120 zone-reload a.test b.test"]


def test_knot_leaves_zones_unsigned_that_are_to_be(control: ControlProgram) -> None:
    knot(control).apply([replace(A, is_signed=False)])
    assert "conf-set zone[a.test].template zonebuild-unsigned" in control.told()


def test_knot_reads_no_placeholder_in_a_path(control: ControlProgram) -> None:
    knot(control).apply([Job("0/25.test.", Path("/u/0%2F25.test"), 1)])
    assert "conf-set zone[0/25.test].file /u/0%%2F25.test" in control.told()


def test_knot_names_what_it_could_not_load(control: ControlProgram) -> None:
    program = knot(control, "a.test", "b.test")
    control.when("-b", (1, "error: [b.test.] (failed)\n", ""))
    told = program.apply([A, B])
    assert verdicts(told) == {"a.test.": TOLD, "b.test.": REFUSED}
    assert told["b.test."].why == 'says "failed"; the log of knotd says why'


def test_what_knot_did_not_come_to_in_time_is_not_told(
    control: ControlProgram, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    fault = "echo 'error: [b.test.] (failed)'; exec sleep 60"
    slow.write_text(f'#!/bin/sh\n[ "$1" != -b ] || {{ {fault}; }}\nexec {control.path} "$@"\n')
    slow.chmod(0o755)
    program = knot(control, "a.test", "b.test")
    program = Knot(replace(program.config, command=(str(slow),), deadline=1))
    assert verdicts(program.apply([A, B])) == {"a.test.": UNREACHED, "b.test.": REFUSED}


def test_knot_without_the_template_takes_no_new_zone_but_reloads_others(
    control: ControlProgram,
) -> None:
    program = knot(control, "a.test")
    control.when("conf-set zone[b.test].template", bad("error: (not exists) zonebuild\n"))
    assert verdicts(program.apply([A, B])) == {"a.test.": TOLD, "b.test.": REFUSED}
    assert control.told("conf-")[-1] == "conf-abort"


def test_one_zone_that_knot_cannot_configure_stops_no_other(control: ControlProgram) -> None:
    program = knot(control)
    control.when("conf-set zone[b.test].template", bad("error: (invalid item)\n"))
    assert verdicts(program.apply([A, B])) == {"a.test.": TOLD, "b.test.": REFUSED}


def test_knot_is_waited_for_while_another_changes_its_configuration(
    control: ControlProgram,
) -> None:
    program = knot(control)
    control.when("conf-begin", bad("error: (too many transactions)\n"))
    assert verdicts(program.apply([A])) == {"a.test.": UNREACHED}


def test_knot_is_down(control: ControlProgram) -> None:
    program = knot(control)
    control.when("", OFF)
    assert verdicts(program.apply([A, B])) == {"a.test.": UNREACHED, "b.test.": UNREACHED}
    assert program.remove(A).verdict is UNREACHED


def test_knot_goes_down_meanwhile(control: ControlProgram) -> None:
    program = knot(control, "a.test")
    control.when("-b", OFF)
    assert verdicts(program.apply([A])) == {"a.test.": UNREACHED}


def test_knot_is_told_of_thousands_by_few_commands(control: ControlProgram) -> None:
    jobs = [Job(f"z{i}.test.", Path(f"/u/z{i}.test"), 1) for i in range(1200)]
    program = knot(control, *(job.name for job in jobs))
    assert set(verdicts(program.apply(jobs)).values()) == {TOLD}
    assert len(control.told()) == 1 + 3


def test_knot_says_what_it_holds(control: ControlProgram) -> None:
    program = knot(control, "a.test")
    control.when("zone-read a.test", ok("[a.test.] a.test. 60 NS ns.a.test.\n"))
    assert program.read_back("a.test.") == "a.test. 60 NS ns.a.test.\n"
    control.when("zone-read b.test", bad("error: [b.test.] (no such zone found)\n"))
    with pytest.raises(Unreadable, match="no such zone found"):
        program.read_back("b.test.")


@pytest.mark.parametrize(
    ("words", "reply", "verdict"),
    [
        ("nothing", ok(), TOLD),
        ("conf-unset", bad("error: (not exists) zone[a.test]\n"), TOLD),
        ("conf-commit", bad("error: (semantic check)\n"), REFUSED),
        ("conf-begin", bad("error: (too many transactions)\n"), UNREACHED),
    ],
)
def test_knot_removes(control: ControlProgram, words: str, reply: Any, verdict: Verdict) -> None:
    program = knot(control, "a.test")
    control.when(words, reply)
    assert program.remove(A).verdict is verdict


# BIND.

NO_ZONE = bad("rndc: 'reload' failed: not found\nno matching zone 'a.test' in any view\n")


def bind(control: ControlProgram) -> BIND:
    return BIND(config("bind", command=(str(control.path),), deadline=1, keys=Path('/k"eys')))


def test_bind_is_believed_when_the_zone_has_the_serial(control: ControlProgram) -> None:
    control.when("reload", ok("zone reload queued\n"))
    control.when("zonestatus", ok("serial: 6\nsigned serial: 7\n"), ok("serial: 7\n"))
    assert verdicts(bind(control).apply([A])) == {"a.test.": TOLD}
    assert len(control.told("zonestatus a.test")) == 2


def test_bind_that_says_success_and_loads_nothing_refused_the_zone(
    control: ControlProgram,
) -> None:
    control.when("reload", ok("zone reload queued\n"))
    control.when("zonestatus a.test", ok("serial: 6\n"))
    control.when("zonestatus b.test", ok("serial: 7\n"))
    told = bind(control).apply([A, B])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": TOLD}
    assert told["a.test."].why == "did not load it within 1 s; the log of named says why"


def test_bind_gets_new_zones_with_policy_and_keys(control: ControlProgram) -> None:
    control.when("reload", NO_ZONE)
    control.when("zonestatus", ok("serial: 7\n"))
    unsigned = replace(B, is_signed=False)
    assert verdicts(bind(control).apply([A, unsigned])) == {"a.test.": TOLD, "b.test.": TOLD}
    signing = 'inline-signing yes; dnssec-policy "default"; key-directory "/k\\"eys";'
    assert sorted(control.told("addzone")) == [
        f'addzone a.test {{ type primary; file "/unsigned/a.test"; {signing} }};',
        'addzone b.test { type primary; file "/unsigned/b.test"; };',
    ]


def test_bind_refuses_what_it_cannot_add(control: ControlProgram) -> None:
    control.when("reload", NO_ZONE)
    control.when("addzone", bad("rndc: 'addzone' failed: unknown class/type\n"))
    told = bind(control).apply([A])
    assert told["a.test."] == (REFUSED, "says \"rndc: 'addzone' failed: unknown class/type\"")


def test_bind_whose_policy_wants_smaller_ttls_is_understood(control: ControlProgram) -> None:
    control.when("reload", NO_ZONE)
    control.when("addzone", bad("rndc: 'addzone' failed: out of range\n"))
    why = bind(control).apply([A])["a.test."].why
    assert "; a TTL may be over the max-zone-ttl of its dnssec-policy" in why


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (ok(), TOLD),
        (bad("rndc: 'delzone' failed: not found\n"), TOLD),
        (bad("rndc: 'delzone' failed: permission denied\n"), REFUSED),
        (bad("rndc: connect failed: 127.0.0.1#953: connection refused\n"), UNREACHED),
    ],
)
def test_bind_removes(control: ControlProgram, reply: Any, verdict: Verdict) -> None:
    control.when("delzone a.test", reply)
    assert bind(control).remove(A).verdict is verdict


def test_bind_is_down(control: ControlProgram) -> None:
    control.when("", bad("rndc: connect failed: 127.0.0.1#953: connection refused\n"))
    assert verdicts(bind(control).apply([A, B])) == {"a.test.": UNREACHED, "b.test.": UNREACHED}


# NSD.


class Answering:
    """What NSD answers: by apex, a serial, or a status that stands for no answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.serials: dict[str, int | Status] = {}
        monkeypatch.setattr("zonebuild.probe.ask.ask_server", self._ask)

    def _ask(self, server: Server, apex: str, rdtype: str, *, deadline: float) -> Answer:
        found = self.serials.get(apex, Status.SERVFAIL)
        if isinstance(found, Status):
            return Answer(server, found)
        return Answer(server, Status.ANSWERED, (f"ns. h. {found} 1 1 1 1",))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def nsd(control: ControlProgram, *zones: str) -> NSD:
    listed = "".join(f"zone:\t{zone}\n\tpattern: zonebuild\n\tstate: master\n" for zone in zones)
    control.when("zonestatus", ok(listed))
    return NSD(config("nsd", command=(str(control.path),), deadline=1))


def test_nsd_reloads_one_zone_by_name(control: ControlProgram, answering: Answering) -> None:
    answering.serials = {"a.test.": 7}
    assert verdicts(nsd(control, "a.test").apply([A])) == {"a.test.": TOLD}
    assert control.told() == ["zonestatus a.test", "reload a.test"]


def test_nsd_adds_new_zones_at_once_by_their_pattern(
    control: ControlProgram, answering: Answering
) -> None:
    answering.serials = {"a.test.": 7, "b.test.": 8, "c.test.": 7}
    third = replace(A, apex="c.test.", is_signed=False)
    assert set(verdicts(nsd(control, "a.test").apply([A, B, third])).values()) == {TOLD}
    added = ["addzones", "b.test zonebuild", "c.test zonebuild-unsigned"]
    assert control.told() == ["zonestatus", *added, "reload a.test"]


def test_nsd_that_serves_the_old_serial_refused_the_zone(
    control: ControlProgram, answering: Answering
) -> None:
    answering.serials = {"a.test.": 6, "b.test.": 7}
    told = nsd(control, "a.test", "b.test").apply([A, B])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": TOLD}
    assert told["a.test."].why.startswith("still serves serial 6 after 1 s; ")


def test_nsd_that_serves_nothing_refused_the_zone(
    control: ControlProgram, answering: Answering
) -> None:
    told = nsd(control, "a.test").apply([A])
    assert told["a.test."].why.startswith("still serves nothing of it after 1 s; ")


def test_nsd_that_is_silent_was_not_reached(control: ControlProgram, answering: Answering) -> None:
    answering.serials = {"a.test.": Status.SILENT}
    told = nsd(control, "a.test").apply([A])
    assert told["a.test."] == (UNREACHED, "127.0.0.1 is silent")


def test_nsd_without_the_pattern_refuses(control: ControlProgram, answering: Answering) -> None:
    answering.serials = {"a.test.": 7, "b.test.": 7}
    program = nsd(control, "b.test")
    control.when("addzones", ok("error for input line 'a.test zonebuild'\nadded 0 zones\n"))
    told = program.apply([A, B])
    assert verdicts(told) == {"a.test.": REFUSED, "b.test.": TOLD}


def test_nsd_cannot_be_told_of_a_zone_with_a_slash(
    control: ControlProgram, answering: Answering
) -> None:
    told = nsd(control).apply([Job("0/25.test.", Path("/u/0%2F25.test"), 1)])
    assert verdicts(told) == {"0/25.test.": REFUSED}
    assert "include nsd-patterns.conf" in told["0/25.test."].why
    assert control.told("addzone") == []


def test_nsd_is_down(control: ControlProgram) -> None:
    program = nsd(control)
    control.when("", bad("error: connect (/run/nsd.sock): Connection refused\n"))
    assert verdicts(program.apply([A, B])) == {"a.test.": UNREACHED, "b.test.": UNREACHED}
    assert program.remove(A).verdict is UNREACHED


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (ok("ok\n"), TOLD),
        (ok("warning zone a.test not present\n"), TOLD),
        ((1, "error zone defined in nsd.conf, cannot delete zone in static config\n", ""), REFUSED),
    ],
)
def test_nsd_removes(control: ControlProgram, reply: Any, verdict: Verdict) -> None:
    control.when("delzone a.test", reply)
    assert nsd(control).remove(A).verdict is verdict


# A command of the site's own: tests/test_handoff.py has its runs.


def test_what_fills_a_place_is_no_place_itself(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("sh", "-c", f'printf %s "$1" > {out}', "sh", "{zone}={unsigned}={unsigned}")
    job = Job("a.test.", Path("/u/{signed}{zone}"), 1)
    assert verdicts(Exec(config("exec", command=words)).apply([job])) == {"a.test.": TOLD}
    assert out.read_text() == "a.test=/u/{signed}{zone}=/u/{signed}{zone}"


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    program = Exec(config("exec", command=("sleep", "60"), deadline=1))
    told = program.apply([A])
    assert told["a.test."] == (UNREACHED, '"sleep 60" did not end within 1 s')
    with pytest.raises(Unreadable, match="want `signed:`"):
        program.read_back("a.test.")


def test_a_command_of_another_user_that_does_not_end_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[int] = []

    def refuse(group: int, number: int) -> None:
        started.append(group)
        raise PermissionError  # what sudo runs is root's

    monkeypatch.setattr(command.os, "killpg", refuse)
    told = Exec(config("exec", command=("sleep", "3"), deadline=1)).apply([A])
    assert told["a.test."] == (UNREACHED, '"sleep 3" did not end within 1 s')
    assert len(started) == 1


def test_a_full_disk_is_a_command_that_cannot_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(command.tempfile, "TemporaryFile", full)
    done = command.run_command(["true"], deadline=1)
    assert str(done) == '"true" cannot be run: no space left on device'


def test_a_path_that_is_no_utf_8_is_given_as_it_is() -> None:
    done = command.run_command(["od", "-An", "-tx1"], deadline=9, given="a\udcff")
    assert done.out.split() == ["61", "ff"]


def test_what_holds_no_soa_is_seen_in_a_moment() -> None:
    start = time.process_time()
    for text in (f"x {'1' * 20_000}\n", f"x SOA a {'(' * 20_000}x\n"):
        assert file_serial(text) is None
    assert time.process_time() - start < 1
