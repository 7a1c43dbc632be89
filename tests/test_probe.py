"""The probe: what each server says, in time, and the wait until all of them say the same."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rrset
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from zonebuild.cli import run as zonebuild
from zonebuild.probe.answers import Answer, Server, Status, parse_server
from zonebuild.probe.ask import ask, ask_server
from zonebuild.probe.servers import NotFound, locate
from zonebuild.probe.trust import Anchor, read_anchors
from zonebuild.probe.wait import Patience, wait_for

ZONE, OWNER = "example.test.", "_acme-challenge.example.test."
VALUE, OTHER = "-" + "a" * 42, "b" * 43
SECONDS = 10
Keys = tuple[DNSKEY, ec.EllipticCurvePrivateKey]
Reply = Callable[[dns.message.Message], bytes | None]


@contextmanager
def listening(kind: socket.SocketKind, address: str, port: int = 0) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as made:
        made.bind((address, port))
        yield made


@contextmanager
def serving(
    reply: Reply, address: str = "127.0.0.1", keyring: dict[dns.name.Name, bytes] | None = None
) -> Iterator[Server]:
    """Answer each datagram with what *reply* makes of it; keyring: TSIG keys of questions."""
    with listening(socket.SOCK_DGRAM, address) as udp:
        me = udp.getsockname()

        def answer() -> None:
            while wire_and_client := udp.recvfrom(4096):
                wire, client = wire_and_client
                if not wire:
                    return
                if (sent := reply(dns.message.from_wire(wire, keyring=keyring))) is not None:
                    udp.sendto(sent, client)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield Server(address, me[1])
        finally:
            with socket.socket(udp.family, socket.SOCK_DGRAM) as last:
                last.sendto(b"", me[:2])
            thread.join()


def says(
    *lines: str, rcode: int = 0, flags: int = dns.flags.AA
) -> Callable[[dns.message.Message], bytes]:
    """Make every answer out of these records, those of an SOA in the authority section."""

    def reply(query: dns.message.Message) -> bytes:
        made = dns.message.make_response(query)
        made.flags |= flags
        made.set_rcode(dns.rcode.Rcode(rcode))
        for line in lines:
            owner, rdtype, text = line.split(None, 2)
            section = made.authority if rdtype == "SOA" else made.answer
            section.append(dns.rrset.from_text(owner, 60, "IN", rdtype, text))
        return made.to_wire()

    return reply


TXT = f'{OWNER} TXT "{VALUE}"'
ALIAS = f"{OWNER} CNAME target.example.test."
SOA = f"{ZONE} SOA a. b. 1 1 1 1 1"


@pytest.mark.parametrize(
    ("reply", "status", "values"),
    [
        (says(TXT), Status.ANSWERED, (VALUE,)),
        (says(ALIAS, f'target.{ZONE} TXT "a" "b"'), Status.ANSWERED, ("ab",)),
        (says(SOA), Status.ABSENT, ()),
        (says(SOA, rcode=3), Status.ABSENT, ()),
        (says(f"{OWNER} CNAME elsewhere.example."), Status.ALIAS, ()),
        (says(ALIAS, SOA, rcode=3), Status.ABSENT, ()),
        (says(ALIAS, f"target.{ZONE} CNAME {OWNER}"), Status.BROKEN, ()),
        (says(TXT, flags=0), Status.NOT_AUTHORITATIVE, ()),
        (says(rcode=5), Status.REFUSED, ()),
        (says(rcode=2), Status.SERVFAIL, ()),
        (says(rcode=4), Status.BROKEN, ()),
        (lambda query: None, Status.SILENT, ()),
        (lambda query: b"noise", Status.SILENT, ()),
        (lambda query: says(TXT)(dns.message.make_query(OWNER, "TXT")), Status.SILENT, ()),
        (says(TXT, flags=dns.flags.AA | dns.flags.TC), Status.SILENT, ()),
    ],
    ids=[
        "value",
        "alias with its strings",
        "no RRset",
        "no name",
        "alias elsewhere",
        "alias to no name",
        "alias in a circle",
        "no authority",
        "refused",
        "failing",
        "not implemented",
        "silent",
        "noise",
        "another query's id",
        "truncated, and no TCP",
    ],
)
def test_what_a_server_says_is_told_apart(
    reply: Reply, status: Status, values: tuple[str, ...]
) -> None:
    with serving(reply) as server:
        answer = ask_server(server, OWNER, "TXT", deadline=0.3)
    assert (answer.status, answer.values) == (status, values)
    assert (answer.rtt is not None) == status.is_heard


def test_noise_before_the_answer_is_ignored() -> None:
    with listening(socket.SOCK_DGRAM, "127.0.0.1") as udp:

        def answer() -> None:
            wire, client = udp.recvfrom(4096)
            query = dns.message.from_wire(wire)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(says(f'{OWNER} TXT "{OTHER}"')(query), client)
            udp.sendto(b"\0\1", client)
            udp.sendto(says(TXT)(query), client)

        thread = threading.Thread(target=answer)
        thread.start()
        found = ask_server(Server(*udp.getsockname()), OWNER, "TXT")
        thread.join()
    assert found.values == (VALUE,)


@pytest.mark.parametrize("sent", [b"", b"\0\x0cnot a message", b"\xff\xff\0"])
def test_a_server_that_breaks_off_by_tcp_is_broken_or_silent(sent: bytes) -> None:
    with serving(says(flags=dns.flags.AA | dns.flags.TC)) as server, ExitStack() as stack:
        tcp = stack.enter_context(listening(socket.SOCK_STREAM, "127.0.0.1", server.port))
        tcp.listen()

        def answer() -> None:
            with tcp.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(sent)

        thread = threading.Thread(target=answer)
        thread.start()
        answer_given = ask_server(server, OWNER, "TXT", deadline=1.0)
        thread.join()
    assert answer_given.status in (Status.BROKEN, Status.SILENT)


def test_servers_are_asked_at_the_same_time_and_answered_in_their_order() -> None:
    together = threading.Barrier(5)

    def reply(query: dns.message.Message) -> bytes:
        together.wait(SECONDS)  # none of them answers before all are asked
        return says(TXT)(query)

    with ExitStack() as stack:
        servers = [stack.enter_context(serving(reply)) for _ in range(4)]
        six = stack.enter_context(serving(reply, "::1"))
        answers = ask([*servers, six], OWNER, "TXT")
    assert [answer.server for answer in answers] == [*servers, six]
    assert {answer.status for answer in answers} == {Status.ANSWERED}


def test_no_server_is_no_answer() -> None:
    assert ask((), OWNER, "TXT") == ()


def test_an_address_without_a_way_out_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(*_: object, **__: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(dns.query, "udp_with_fallback", no_way)
    answer = ask_server(Server("2001:db8::1"), OWNER, "TXT")
    assert answer.status is Status.UNREACHABLE


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", Server("192.0.2.1")),
        ("192.0.2.1:5353", Server("192.0.2.1", 5353)),
        ("2001:DB8::1", Server("2001:db8::1")),
        ("[2001:db8::1]", Server("2001:db8::1")),
        ("[2001:db8::1]:5353", Server("2001:db8::1", 5353)),
        ("", None),
        ("ns1.example.org", None),
        ("192.0.2.1:", None),
        ("192.0.2.1:0", None),
        ("192.0.2.1:65536", None),
        ("192.0.2.1:٥", None),
        ("[2001:db8::1", Server("2001:db8::1")),
    ],
)
def test_a_server_is_an_address_and_maybe_a_port(text: str, server: Server | None) -> None:
    assert parse_server(text) == server


# The wait, with servers that are functions.


def waiting(*behaviours: Callable[[float], Status], patience: Patience) -> SimpleNamespace:
    """Wait for VALUE at servers that behave so after so many seconds; return how it ended."""
    started = time.monotonic()

    def asked(server: Server, owner: str) -> Answer:
        status = behaviours[server.port - 1](time.monotonic() - started)
        values = (VALUE,) if status is Status.ANSWERED else ()
        return Answer(server, status, values)

    servers = [Server("192.0.2.1", port) for port in range(1, len(behaviours) + 1)]
    outcome = wait_for({s: {OWNER: frozenset({VALUE})} for s in servers}, asked, patience)
    return SimpleNamespace(
        ok=outcome.is_everywhere,
        seen=[server.port for _, server in outcome.seen],
        passed=[answer.server.port for answer in outcome.passed],
        lacking=[(lack.answer.server.port, lack.answer.status) for lack in outcome.lacking],
    )


def always(status: Status) -> Callable[[float], Status]:
    return lambda after: status


def after(seconds: float, first: Status, then: Status) -> Callable[[float], Status]:
    return lambda now: then if now >= seconds else first


SHORT = Patience(timeout=0.5, silent_after=0.1)
LONG = Patience(timeout=60.0, silent_after=0.1)
HAS = always(Status.ANSWERED)


def test_the_wait_ends_when_the_slowest_server_has_the_value() -> None:
    late = after(0.3, Status.ABSENT, Status.ANSWERED)
    ended = waiting(late, HAS, patience=LONG)
    assert (ended.ok, ended.seen, ended.passed, ended.lacking) == (True, [2, 1], [], [])


@pytest.mark.parametrize("status", [Status.SILENT, Status.UNREACHABLE])
def test_a_server_that_says_nothing_is_passed_over(status: Status) -> None:
    ended = waiting(always(status), HAS, patience=LONG)
    assert (ended.ok, ended.passed) == (True, [1])


@pytest.mark.parametrize(
    "status", [Status.ABSENT, Status.REFUSED, Status.SERVFAIL, Status.NOT_AUTHORITATIVE]
)
def test_a_server_that_answers_without_the_value_fails_the_wait(status: Status) -> None:
    ended = waiting(HAS, always(status), patience=SHORT)
    assert (ended.ok, ended.seen, ended.lacking) == (False, [1], [(2, status)])


def test_one_lost_datagram_at_the_end_does_not_make_a_lacking_server_silent() -> None:
    patience = Patience(timeout=0.5, silent_after=5.0)
    ended = waiting(HAS, after(0.1, Status.ABSENT, Status.SILENT), patience=patience)
    assert (ended.ok, ended.lacking) == (False, [(2, Status.ABSENT)])


def test_a_timeout_shorter_than_the_silence_still_passes_over_who_never_spoke() -> None:
    patience = Patience(timeout=0.4, silent_after=5.0)
    ended = waiting(HAS, always(Status.SILENT), patience=patience)
    assert (ended.ok, ended.passed) == (True, [2])


def test_servers_that_are_all_silent_are_no_success() -> None:
    ended = waiting(always(Status.SILENT), always(Status.UNREACHABLE), patience=SHORT)
    assert (ended.ok, ended.seen, ended.passed) == (False, [], [1, 2])


def test_every_value_of_every_name_is_waited_for() -> None:
    asked: list[str] = []

    def answer(server: Server, owner: str) -> Answer:
        asked.append(owner)
        return Answer(server, Status.ANSWERED, (VALUE,) if len(asked) < 4 else (OTHER, VALUE))

    server = Server("192.0.2.1")
    wanted = {"a.": frozenset({VALUE}), "b.": frozenset({VALUE, OTHER})}
    assert wait_for({server: wanted}, answer, LONG).is_everywhere
    assert asked == ["a.", "b.", "b.", "b."]


def test_a_value_that_is_withdrawn_meanwhile_is_waited_for_no_longer() -> None:
    left = {VALUE, OTHER}

    def answer(server: Server, owner: str) -> Answer:
        left.discard(OTHER)
        return Answer(server, Status.ANSWERED, (VALUE,))

    wanted = {Server("192.0.2.1"): {OWNER: frozenset({VALUE, OTHER})}}
    assert wait_for(wanted, answer, LONG, left.__contains__).is_everywhere


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_asking_is_no_silent_server() -> None:
    def broken(after: float) -> Status:
        raise ValueError

    ended = waiting(HAS, broken, patience=SHORT)
    assert (ended.ok, ended.lacking) == (False, [(2, Status.BROKEN)])


# The same against NSD, signed.


@pytest.fixture(scope="module")
def keys() -> Keys:
    private = ec.generate_private_key(ec.SECP256R1())
    return dns.dnssec.make_dnskey(private.public_key(), 13, flags=257), private


HEAD = f"""{ZONE} 60 IN SOA ns1.{ZONE} h.{ZONE} 1 3600 600 86400 60
{ZONE} 60 IN NS ns1.{ZONE}
{ZONE} 60 IN NS ns2.{ZONE}
ns1.{ZONE} 60 IN A 127.0.0.1
ns1.{ZONE} 60 IN AAAA ::1
*.wild.{ZONE} 60 IN TXT "{VALUE}"
_acme-challenge.alias.{ZONE} 60 IN CNAME {OWNER}
_acme-challenge.away.{ZONE} 60 IN CNAME _acme-challenge.other.test.
_acme-challenge.out.{ZONE} 60 IN CNAME _acme-challenge.elsewhere.example.
"""
OTHER_ZONE = f"""other.test. 60 IN SOA ns1.{ZONE} h. 1 3600 600 86400 60
other.test. 60 IN NS ns1.{ZONE}
_acme-challenge.other.test. 60 IN TXT "{VALUE}"
"""


def signed(text: str, keys: Keys, **times: datetime) -> str:
    zone = dns.zone.from_text(text, ZONE, relativize=False)
    public, private = keys
    now = datetime.now(UTC)
    times = {"inception": now - timedelta(hours=1), "expiration": now + timedelta(hours=1)} | times
    dns.dnssec.sign_zone(zone, keys=[(private, public)], add_dnskey=True, dnskey_ttl=60, **times)  # type: ignore[arg-type]
    return zone.to_text(relativize=False)


@contextmanager
def nsd(folder: Path, zones: dict[str, str]) -> Iterator[list[Server]]:
    """Serve *zones* at 127.0.0.1 and ::1, on a port that was free."""
    with listening(socket.SOCK_STREAM, "127.0.0.1") as free:
        port = free.getsockname()[1]
    for name, text in zones.items():
        (folder / name).write_text(text)
    (folder / "nsd.conf").write_text(
        f"server:\n  ip-address: 127.0.0.1@{port}\n  ip-address: ::1@{port}\n"
        f'  database: ""\n  username: ""\n  chroot: ""\n  pidfile: ""\n  server-count: 1\n'
        f'  zonelistfile: "{folder}/zone.list"\n  xfrdfile: "{folder}/xfrd.state"\n'
        f'  xfrdir: "{folder}"\n  zonesdir: "{folder}"\n  rrl-ratelimit: 0\n'
        "remote-control:\n  control-enable: no\n"
        + "".join(f'zone:\n  name: "{name}"\n  zonefile: "{name}"\n' for name in zones)
    )
    program = shutil.which("nsd", path="/usr/sbin:/usr/local/sbin:/sbin:/usr/bin")
    assert program, "nsd is missing"
    servers = [Server("127.0.0.1", port), Server("::1", port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-d", "-c", folder / "nsd.conf"], stderr=log)
        try:
            until = time.monotonic() + SECONDS
            while not all(
                a.status is Status.ANSWERED for a in ask(servers, ZONE, "SOA", deadline=0.1)
            ):
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.05)
            yield servers
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keys,
) -> Iterator[list[Server]]:
    long = "".join(f'long.{ZONE} 60 IN TXT "{number:0200d}"\n' for number in range(40))
    text = signed(f'{HEAD}{long}{OWNER} 60 IN TXT "{VALUE}"\n', keys)
    with nsd(tmp_path_factory.mktemp("nsd"), {ZONE: text, "other.test.": OTHER_ZONE}) as servers:
        yield servers


@pytest.fixture(params=["DS", "DNSKEY"])
def anchor(request: pytest.FixtureRequest, keys: Keys) -> Anchor:
    rdata = keys[0] if request.param == "DNSKEY" else dns.dnssec.make_ds(ZONE, keys[0], "SHA256")
    text = f"; anchors\n\n{ZONE.upper()} 60 IN {request.param} {rdata.to_text()} ; ours\n"
    anchors, findings = read_anchors(text, "file")
    assert findings == ()
    return anchors[0]


live = pytest.mark.live


@live
def test_nsd_answers_by_both_families_and_a_long_answer_by_tcp(served: list[Server]) -> None:
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with silent:
        silent.bind(("127.0.0.1", 0))
        quiet = Server(*silent.getsockname())
        answers = ask([*served, quiet], f"long.{ZONE}", "TXT", deadline=0.5)
    assert [len(answer.values) for answer in answers] == [40, 40, 0]
    assert [answer.ttl for answer in answers] == [60, 60, None]
    assert answers[2].status is Status.SILENT


@live
def test_what_nsd_says_of_other_names(served: list[Server]) -> None:
    def status(owner: str) -> Status:
        return ask_server(served[0], owner, "TXT").status

    assert status(f"absent.{ZONE}") is Status.ABSENT
    assert status("elsewhere.example.") is Status.REFUSED
    assert status(f"_acme-challenge.alias.{ZONE}") is Status.ANSWERED
    assert status(f"_acme-challenge.out.{ZONE}") is Status.ALIAS


@live
@pytest.mark.parametrize(
    ("owner", "rdtype", "status", "said"),
    [
        (OWNER, "TXT", Status.ANSWERED, ""),
        (f"_acme-challenge.alias.{ZONE}", "TXT", Status.ANSWERED, ""),
        (ZONE, "DNSKEY", Status.ANSWERED, ""),
        (f"x.wild.{ZONE}", "TXT", Status.BOGUS, "comes from a wildcard"),
        ("_acme-challenge.other.test.", "TXT", Status.BOGUS, "is not signed"),
        (f"absent.{ZONE}", "TXT", Status.ABSENT, ""),
    ],
)
def test_with_an_anchor_only_what_is_signed_counts(
    served: list[Server], anchor: Anchor, owner: str, rdtype: str, status: Status, said: str
) -> None:
    answer = ask_server(served[1], owner, rdtype, anchors=[anchor])
    assert answer.status is status, answer.detail
    assert said in answer.detail


@live
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{ZONE} DS 1 13 2 {'00' * 32}", "no key of example.test. is the one"),
        ("test. IN DS 1 13 2 " + "00" * 32, "no trust anchor of example.test. itself"),
    ],
)
def test_an_anchor_of_another_key_or_zone_proves_nothing(
    served: list[Server], line: str, said: str
) -> None:
    anchors, _ = read_anchors(line, "file")
    answer = ask_server(served[0], OWNER, "TXT", anchors=anchors)
    assert (answer.status, said in answer.detail) == (Status.BOGUS, True)


@live
@pytest.mark.parametrize("fault", ["altered", "expired", "stripped"])
def test_bad_signatures_are_bogus(
    tmp_path: Path,
    keys: Keys,
    anchor: Anchor,
    fault: str,
) -> None:
    times = {}
    if fault == "expired":
        past = datetime.now(UTC) - timedelta(hours=2)
        times = {"inception": past - timedelta(hours=9), "expiration": past}
    text = signed(f'{HEAD}{OWNER} 60 IN TXT "{OTHER}"\n', keys, **times)
    if fault == "altered":
        text = text.replace(OTHER, VALUE)
    if fault == "stripped":
        lines = text.splitlines(keepends=True)
        text = "".join(line for line in lines if "RRSIG TXT" not in line)
    with nsd(tmp_path, {ZONE: text}) as servers:
        answer = ask_server(servers[0], OWNER, "TXT", anchors=[anchor])
        plain = ask_server(servers[0], OWNER, "TXT")
    assert (answer.status, plain.status) == (Status.BOGUS, Status.ANSWERED)
    wanted = {"altered": "holds", "expired": "expired", "stripped": "not signed"}
    assert wanted[fault] in answer.detail


@pytest.mark.parametrize(
    "line", ["x", "example.org. IN", "example.org. IN A 192.0.2.1", "a..b DS 1 13 2 00", "a. DS x"]
)
def test_a_line_that_is_no_anchor_is_a_finding_at_its_place(line: str) -> None:
    anchors, (finding,) = read_anchors(f"\n{line}\n", "anchors")
    assert anchors == ()
    assert str(finding.location) == "anchors:2"


@live
@pytest.mark.parametrize(
    ("name", "owner"),
    [
        (OWNER, OWNER),
        (f"absent.{ZONE}", f"absent.{ZONE}"),
        (f"_acme-challenge.alias.{ZONE}", OWNER),
        (f"_acme-challenge.away.{ZONE}", "_acme-challenge.other.test."),
    ],
)
def test_the_servers_of_a_name_are_found_through_a_resolver(
    served: list[Server], name: str, owner: str
) -> None:
    found = locate(name, "TXT", resolver=served[0])
    assert found.owner == owner
    assert [server.address for server in found.servers] == ["127.0.0.1", "::1"]
    assert found.missing == (() if "other" in owner else (f"ns2.{ZONE}",))


@live
def test_a_resolver_that_knows_nothing_is_said_with_the_way_out(served: list[Server]) -> None:
    with pytest.raises(NotFound, match="--resolver"):
        locate("a.elsewhere.example.", "TXT", resolver=served[0], deadline=1.0)


@live
def test_the_command_waits_at_all_servers_and_names_the_slowest(
    served: list[Server], capsys: pytest.CaptureFixture[str], anchor: Anchor
) -> None:
    arguments = ["token", "wait", "--timeout", "5"]
    arguments += ["--trust-anchor", f"{anchor.zone} {anchor.rdtype} {anchor.rdata}"]
    for server in served:
        arguments += ["--server", str(server)]
    assert zonebuild([*arguments, "*.example.test", VALUE, "alias.example.test", VALUE]) == 0
    assert "2 servers; the slowest was " in capsys.readouterr().out


@live
def test_the_command_without_a_value_waits_for_those_in_the_drop_box(
    served: list[Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = ["token", "wait", "--timeout", "0.5", "--dir", str(tmp_path)]
    waits += ["--server", str(served[0]), "example.test"]
    for value, code in ((VALUE, 0), (OTHER, 1)):
        assert zonebuild(["token", "add", "--dir", str(tmp_path), "example.test", value]) == 0
        assert zonebuild(waits) == code
    assert f"has TXT at {OWNER}, but lacks the value" in capsys.readouterr().err


@live
def test_the_command_fails_when_a_server_answers_without_it(
    served: list[Server], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(says(TXT)) as other:
        arguments = ["token", "wait", "--timeout", "0.6", "--server", str(served[0])]
        arguments += ["--server", str(other), "absent.example.test", VALUE]
        assert zonebuild(arguments) == 1
    told = capsys.readouterr().err
    assert f"error: {served[0]} answers without it: _acme-challenge.absent.{ZONE}" in told


@live
def test_the_command_goes_on_past_a_silent_server_with_a_warning(
    served: list[Server], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda query: None) as silent:
        arguments = ["token", "wait", "--silent-after", "0.5", "--server", str(served[0])]
        assert zonebuild([*arguments, "--server", str(silent), "example.test", VALUE]) == 0
    told = capsys.readouterr()
    assert f"warning: {silent} is silent" in told.err
    assert f"1 server; the slowest was {served[0]}" in told.out


@live
def test_the_command_follows_an_alias_out_of_the_zone(
    served: list[Server], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.probe.servers.PORT", served[0].port)
    arguments = ["token", "wait", "--timeout", "5", "--resolver", str(served[0])]
    assert zonebuild([*arguments, "away.example.test", VALUE]) == 0
    with serving(says("_acme-challenge.x.org. CNAME _acme-challenge.other.test.")) as given:
        assert zonebuild([*arguments, "--server", str(given), "x.org", VALUE]) == 0
    assert capsys.readouterr().out.count("2 servers; the slowest was ns1.example.test. (") == 2
