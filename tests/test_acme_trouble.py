"""What goes wrong between here and a CA, and what comes of it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from time import sleep, time
from typing import Any

import pytest

from tests.acme_lab import (
    FolderStore,
    Lab,
    NameServer,
    TestCa,
    acme_ca,
    free_port,
    name_server,
    problem,
)
from tests.host_file import write_host_file
from zonebuild.acme.batch import Job
from zonebuild.acme.due import next_moment
from zonebuild.acme.ledger import What
from zonebuild.acme.memory import Pending
from zonebuild.acme.problem import AcmeError
from zonebuild.acme.state import waiting_certificates

ORDER = "POST /acme/neworder"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestCa, NameServer]]:
    """One CA and one name server for all tests here."""
    folder = tmp_path_factory.mktemp("ca")
    with name_server(folder) as server, acme_ca(folder, server.port) as ca:
        yield ca, server


@pytest.fixture
def lab(tmp_path: Path, served: tuple[TestCa, NameServer]) -> Lab:
    """A fresh site with one lineage; the CA has forgotten what it was asked."""
    ca, server = served
    ca.forget()
    server.box, server.aliases, server.lagging = tmp_path / "dnsextra", {}, set()
    server.box.mkdir()
    made = Lab(tmp_path, ca, server)
    made.lineages(web="{names: [www.example.test]}")
    return made


def only_message(lab: Lab) -> str:
    """Run, and return the one thing that is told."""
    (finding,) = lab.run().findings
    assert str(finding.location) == "tlsa-map.yaml:2:8"
    return finding.message


# -- what passes ----------------------------------------------------------------------------------

PASSING = {
    "bad nonces": {**problem("badNonce", 400), "times": 8},
    "server trouble": problem("serverInternal", 500),
    "busy, seconds": {**problem("rateLimited", 429), "headers": {"Retry-After": "7"}},
    "down": {"status": 503, "body": "<html>down</html>", "times": 3},
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("where", [ORDER, "POST /acme/authz", "POST /acme/chall", "finalize"])
def test_what_passes_stops_nothing(lab: Lab, fault: dict[str, object], where: str) -> None:
    lab.ca.fail({**fault, "match": where})
    report = lab.run()
    assert (list(report.issued), report.findings) == (["web"], [])


def test_retry_after_is_followed_in_seconds(lab: Lab) -> None:
    lab.ca.fail({"match": ORDER, "status": 503, "headers": {"Retry-After": "7"}})
    lab.run()
    assert lab.time.slept[0] == 7


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_retry_after_is_followed_as_a_date_wherever_this_runs(
    lab: Lab, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time as clock

    monkeypatch.setenv("TZ", zone)
    clock.tzset()
    date = formatdate(time() + 20, usegmt=True)
    lab.ca.fail({"match": ORDER, "status": 429, "headers": {"Retry-After": date}})
    report = lab.run()
    monkeypatch.undo()
    clock.tzset()
    assert list(report.issued) == ["web"]
    assert 17 <= lab.time.slept[0] <= 20


# -- what does not --------------------------------------------------------------------------------


def test_a_limit_of_the_ca_is_waited_for_as_long_as_it_says(lab: Lab) -> None:
    fault = problem("rateLimited", 429, headers={"Retry-After": "86400"})
    lab.ca.fail({"match": ORDER, **fault})
    assert 'rateLimited: "said rateLimited"; wait; the ledger' in only_message(lab)
    lab.time.ahead += 86000
    (waiting,) = lab.run().waitings
    assert waiting.until is not None
    assert waiting.why.startswith("it failed: ")
    lab.time.ahead += 500
    assert list(lab.run().issued) == ["web"]


STAYING = {
    "nonsense": ({"status": 200, "body": "<html>"}, 'answers "<html>", want a JSON object'),
    "a list": ({"status": 200, "body": ["x"]}, "want a JSON object"),
    "no order": ({"status": 201, "body": {"status": "pending"}}, "want an order"),
    "no words": ({"status": 403, "body": ""}, "answers with HTTP status 403"),
    "odd status": ({"status": 418, "body": {"type": 7, "detail": ["x"]}}, "HTTP status 418"),
    "much": ({"status": 200, "body": "x" * (1 << 21)}, "more than 1048576 octets"),
    "caa": (problem("caa", 403), "CAA records of the zone do not let this CA issue"),
    "rejected": (problem("rejectedIdentifier", 400), "take it out of the lineage"),
    "invented": (problem("whatever", 400), 'whatever: "said whatever"'),
    "profile": (problem("invalidProfile", 400), "the CA's directory lists the profiles"),
}


@pytest.mark.parametrize(("fault", "words"), STAYING.values(), ids=STAYING)
def test_what_stays_is_told_with_a_way_on_and_tried_again_later(
    lab: Lab, fault: dict[str, object], words: str
) -> None:
    lab.ca.fail({"match": ORDER, **fault})
    message = only_message(lab)
    assert message.startswith("web: no certificate from ours: ")
    assert words in message
    assert lab.run().issued == {}
    lab.time.ahead += 61
    assert list(lab.run().issued) == ["web"]


def test_words_of_the_ca_are_quoted(lab: Lab) -> None:
    fault = problem("malformed", 400, detail='x\n"\x1b[31m' + "y" * 1000)
    lab.ca.fail({"match": ORDER, **fault})
    message = only_message(lab)
    assert r"x\n\"\x1b[31my" in message
    assert len(message) < 700


def test_subproblems_name_their_names(lab: Lab) -> None:
    each = {"type": "x", "detail": "no", "identifier": {"type": "dns", "value": "www.example.test"}}
    lab.ca.fail({"match": ORDER, **problem("compound", 403, subproblems=[each])})
    assert '"www.example.test": "no"' in only_message(lab)


def test_a_ca_that_is_out_of_reach_is_told_once_for_each_lineage(lab: Lab) -> None:
    lab.lineages(a="{names: [a.example.test]}", b="{names: [b.example.test]}")
    lab.site = re.sub(r"127.0.0.1:\d+", f"127.0.0.1:{free_port()}", lab.site)
    messages = [finding.message for finding in lab.run().findings]
    assert [message[:31] for message in messages] == [
        "a: no certificate from ours: ht",
        "b: no certificate from ours: ht",
    ]
    assert all("cannot be asked: no connection" in message for message in messages)


def test_what_is_no_directory_is_told(lab: Lab) -> None:
    lab.ca.fail({"match": "GET /directory", "status": 200, "body": {"newNonce": "http://a/"}})
    assert "is no ACME directory: it has no newAccount, newOrder" in only_message(lab)


def test_a_directory_that_moves_is_followed(lab: Lab) -> None:
    url = lab.ca.url.replace("/directory", "/directory?moved")
    lab.ca.fail({"match": "GET /directory", "status": 301, "headers": {"Location": url}})
    assert list(lab.run().issued) == ["web"]


def test_resources_that_move_while_we_talk_are_found_again(lab: Lab) -> None:
    base = lab.ca.url.removesuffix("/directory")
    old = {name: f"{base}/acme/{name.lower()}" for name in ("newNonce", "newAccount")}
    body = {**old, "newOrder": f"{base}/old/orders"}
    lab.ca.fail(
        {"match": "GET /directory", "status": 200, "body": body},
        {"match": "POST /old/orders", "status": 404, "body": ""},
    )
    assert list(lab.run().issued) == ["web"]


# -- a CA that takes its time ---------------------------------------------------------------------

SWALLOWED = {"match": "POST /acme/chall", "status": 200, "body": {}}


def lineages(lab: Lab, *names: str, wait: int) -> None:
    """Write lineages of one name each, and how long servers and the CA may take."""
    lab.lineages(**{name: f"{{names: [{name}.example.test]}}" for name in names})
    lab.site = lab.site.replace("wait: 2", f"wait: {wait}")


def test_patience_is_one_for_all_that_a_run_asks_for(lab: Lab) -> None:
    lineages(lab, *"abcd", wait=100)
    lab.ca.fail({**SWALLOWED, "times": 99})
    messages = [finding.message for finding in lab.run().findings]
    assert len(messages) == 4
    assert all("is still pending after 100 s" in message for message in messages)
    assert 99 <= lab.time.ahead < 120


def test_a_name_that_the_ca_never_looks_at_keeps_no_other_from_its_certificate(lab: Lab) -> None:
    lineages(lab, *"abc", wait=50)
    lab.ca.fail(SWALLOWED)
    report = lab.run()
    assert list(report.issued) == ["b", "c"]
    assert [finding.message[:2] for finding in report.findings] == ["a:"]


@pytest.mark.parametrize("where", [ORDER, "POST /acme/chall"])
def test_a_ca_that_is_down_holds_a_run_no_longer_for_many_lineages(lab: Lab, where: str) -> None:
    lineages(lab, *"abcdef", wait=5)
    lab.ca.fail({"match": where, "status": 503, "times": 999})
    messages = [finding.message for finding in lab.run().findings]
    assert len(messages) == 6
    assert lab.time.ahead <= 5 + 60


def test_a_ca_that_gives_no_windows_holds_a_run_no_longer_for_many_lineages(lab: Lab) -> None:
    lineages(lab, *"abcdef", wait=5)
    lab.run()
    begun = lab.time.ahead
    lab.ca.fail({"match": "GET /acme/renewal-info", "status": 503, "times": 999})
    assert lab.run().findings == []
    assert len(lab.ca.asked("GET /acme/renewal-info")) > 6
    assert lab.time.ahead - begun <= 5 + 60


# -- accounts and orders --------------------------------------------------------------------------


def test_an_account_that_vanished_is_made_again_with_the_same_key(lab: Lab) -> None:
    lab.run()
    key = (lab.root / "state/acme/accounts/ours/key.pem").read_bytes()
    url = lab.root / "state/acme/accounts/ours/account"
    url.write_text(lab.ca.url.replace("/directory", "/acme/acct/gone\n"))
    lab.time.ahead += 3600
    assert list(lab.run(forced=True).issued) == ["web"]
    assert (lab.root / "state/acme/accounts/ours/key.pem").read_bytes() == key
    assert "gone" not in url.read_text()


def test_an_order_of_an_earlier_run_is_gone_on_with(lab: Lab) -> None:
    lab.ca.fail({"match": "finalize", **problem("malformed", 400)})
    lab.run()
    order = lab.state.memories["web"].order
    assert isinstance(order, Pending)
    lab.time.ahead += 61
    lab.ca.forget()
    assert list(lab.run().issued) == ["web"]
    assert lab.ca.asked("neworder") == []
    assert lab.state.memories["web"].order is None


def test_an_order_whose_challenges_are_no_longer_published_is_not_gone_on_with(lab: Lab) -> None:
    lab.ca.fail({"match": "finalize", **problem("malformed", 400)})
    lab.run()
    lab.time.ahead += 86_400  # `acme.max_age`
    lab.ca.forget()
    assert list(lab.run(forced=True).issued) == ["web"]
    assert len(lab.ca.asked("neworder")) == 1


def test_an_order_that_the_ca_forgot_is_made_anew(lab: Lab) -> None:
    lab.ca.fail({"match": "finalize", **problem("malformed", 400)})
    lab.run()
    lab.time.ahead += 61
    lab.ca.fail({"match": "POST /acme/order/", **problem("malformed", 404)})
    assert list(lab.run().issued) == ["web"]


def test_a_challenge_that_no_server_shows_is_never_answered(lab: Lab) -> None:
    lab.dns.lagging.add("_acme-challenge.www.example.test.")
    assert "the challenge is not served everywhere" in only_message(lab)
    assert lab.ca.asked("POST /acme/chall") == []
    assert os.listdir(lab.box) == []


def test_a_name_that_is_not_served_stops_no_other_lineage(lab: Lab) -> None:
    lab.lineages(a="{names: [a.example.test]}", b="{names: [b.example.test]}")
    lab.dns.lagging.add("_acme-challenge.a.example.test.")
    report = lab.run()
    assert list(report.issued) == ["b"]
    assert [finding.message[:2] for finding in report.findings] == ["a:"]


def test_a_name_that_the_ca_does_not_accept_is_counted_and_spoils_the_order(lab: Lab) -> None:
    lab.lineages(web="{names: [www.example.test]}", b="{names: [b.example.test]}")
    document = {
        "identifier": {"type": "dns", "value": "www.example.test"},
        "status": "invalid",
        "challenges": [
            {
                "type": "dns-01",
                "url": "http://127.0.0.1/c",
                "token": "dG9rZW4",
                "error": {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "wrong"},
            }
        ],
    }
    headers = {"Content-Type": "application/json"}
    lab.ca.fail({"match": "POST /acme/authz", "status": 200, "body": document, "headers": headers})
    report = lab.run()
    assert list(report.issued) == ["b"]
    assert 'unauthorized: "wrong"' in report.findings[0].message
    failed = [event.names for event in lab.state.events if event.what is What.FAILED]
    assert failed == [("www.example.test",)]
    assert lab.state.memories["web"].order is None


def test_failures_wait_longer_each_time_and_across_runs(lab: Lab) -> None:
    pauses = []
    for _ in range(4):
        lab.ca.fail({"match": ORDER, **problem("malformed", 400)})
        lab.run()
        (waiting,) = lab.run().waitings
        now = int(time()) + lab.time.ahead
        pauses.append(round(((waiting.until or 0) - now) / 60))
        lab.time.ahead = (waiting.until or 0) - int(time()) + 1
    assert pauses == [1, 10, 100, 1440]


def test_caa_that_names_another_account_is_told_before_the_ca_is_asked(lab: Lab) -> None:
    lab.dns.caa = '0 issue "ca.test; accounturi=https://ca.test/1"'
    message = only_message(lab)
    lab.dns.caa = ""
    assert "its accounturi is https://ca.test/1, and ours is http://127.0.0.1" in message
    assert lab.ca.asked("neworder") == []


def test_a_broken_map_renews_by_its_last_good_copy(lab: Lab) -> None:
    lab.run()
    (lab.root / "tlsa-map.yaml").write_text("lineages: [")
    assert lab.world().plan.findings
    assert list(lab.run(forced=True).issued) == ["web"]


def write_hook(lab: Lab, text: str, argument: str = "x") -> None:
    """Write the hook of a lineage."""
    hook = lab.root / "hook"
    hook.write_text(f"#!/bin/sh\n{text}\n")
    hook.chmod(0o755)
    define_hook(lab, str(hook), argument)


def define_hook(lab: Lab, *words: str) -> None:
    """Have the host's own file define the hook `it`, and the lineage name it."""
    write_host_file(lab.root, f"hooks: {{it: {json.dumps(words)}}}\n")
    lab.lineages(web="{names: [www.example.test], hook: it}")


def test_a_hook_is_run_once_without_a_shell(lab: Lab) -> None:
    write_hook(lab, 'echo "$1 $ZONEBUILD_LINEAGE $ZONEBUILD_NAMES" >> told', "$(x)")
    assert [lab.run().findings for _ in range(3)] == [[], [], []]
    assert (lab.root / "told").read_text() == "$(x) web www.example.test\n"


def test_a_hook_that_fails_is_told_and_repeated_once_a_run_until_it_succeeds(lab: Lab) -> None:
    write_hook(lab, "echo >> told; [ -e mended ]")
    assert "its hook failed, the next run repeats it: " in only_message(lab)
    assert "ended with exit code 1" in only_message(lab)
    assert [waiting.what for waiting in waiting_certificates(lab.root, 0)] == ["the hook of web"]
    now = int(time())
    assert next_moment(lab.state.memories.values(), now) == now + 1
    (lab.root / "mended").touch()
    assert [lab.run().findings for _ in range(3)] == [[], [], []]
    assert (lab.root / "told").read_text() == "\n" * 3
    assert waiting_certificates(lab.root, 0) == []


def test_of_a_hook_that_prints_much_the_beginning_and_the_end_are_told(lab: Lab) -> None:
    write_hook(lab, "echo first words; seq 1000000; echo last words >&2; exit 1")
    message = only_message(lab)
    assert '"first words' in message
    assert 'last words"' in message
    assert len(message) < 1000


def test_a_hook_that_does_not_end_is_killed_with_its_children(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zonebuild.acme.deliver._SECONDS", 0.5)
    write_hook(lab, "(sleep 2; touch late) & wait")
    assert "no end after 0.5 s" in only_message(lab)
    sleep(2)
    assert not (lab.root / "late").exists()


def test_a_hook_that_is_not_there_is_told(lab: Lab) -> None:
    define_hook(lab, "/nowhere/hook")
    assert "/nowhere/hook: cannot be run: No such file" in only_message(lab)


def test_a_hook_that_the_host_does_not_define_is_reported(lab: Lab) -> None:
    lab.lineages(web="{names: [www.example.test], hook: other}")
    assert "has no hook other" in only_message(lab)


def test_a_chain_that_the_store_refuses_stops_no_other_and_is_fetched_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.lineages(a="{names: [a.example.test]}", b="{names: [b.example.test]}")
    usual = FolderStore.keep_issued

    def refuse(store: FolderStore, lineage: str, *arguments: Any) -> None:
        if lineage == "a":
            raise AcmeError("the folder has mode 0755")
        usual(store, lineage, *arguments)

    monkeypatch.setattr(FolderStore, "keep_issued", refuse)
    report = lab.run()
    assert list(report.issued) == ["b"]
    assert "the chain cannot be kept: the folder has mode 0755" in report.findings[0].message
    monkeypatch.undo()
    lab.time.ahead += 61
    lab.ca.forget()
    assert list(lab.run().issued) == ["a"]
    assert lab.ca.asked("neworder") == []


def test_a_job_that_begins_again_keeps_what_was_asked_and_nothing_else() -> None:
    asked = {"lineage": "web", "names": ("a.example",), "key": b"k", "issuer": "i", "replaces": "r"}
    job = Job(**asked, profile="p")
    for one in dataclasses.fields(Job):
        if one.name not in {*asked, "profile"}:
            setattr(job, one.name, ["left over"])
    job.begin_again()
    assert job == Job(**asked, profile="p")
