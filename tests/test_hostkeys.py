"""The stage `sshfp`: which host's keys of which feed come into which zone, and what is said."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from zonebuild.builder.machines.approved_keys import add_approval, read_approvals
from zonebuild.builder.machines.hostkeys import (
    Home,
    Rules,
    Taken,
    read_phonehome,
    recall,
    take_host_keys,
)
from zonebuild.diagnostic import Finding
from zonebuild.files.feed import MARKER, Feed, FeedFile
from zonebuild.files.read import SourceTree
from zonebuild.sshfp.approval import NONE
from zonebuild.sshfp.given import Terms
from zonebuild.sshfp.place import read_fragment
from zonebuild.sshfp.state import State, state_text

NOW = 1_800_000_000
DAY = 86_400
TERMS = Terms(ttl=3600, expire=14 * DAY)
FEED = "phonehome"
HOST = "www.example.org."
NAME = HOST[:-1]


def pub(number: int) -> bytes:
    """Return a .pub file with an Ed25519 key of its own."""
    fields = (b"ssh-ed25519", number.to_bytes(32, "big"))
    blob = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return b"ssh-ed25519 " + base64.b64encode(blob) + b" root@host\n"


def feed_of(files: Mapping[str, bytes | None], *, age: int = 3600, left: int = 0) -> Feed:
    """Return a feed of these files. age: seconds since they changed; data None: unreadable."""
    made = (
        FeedFile(name, data, NOW - age, "" if data is not None else "is a named pipe")
        for name, data in files.items()
    )
    return Feed(tuple(made), is_there=True, left=left)


def rules(**homes: Mapping[str, tuple[str, ...]]) -> Rules:
    """Return the rules of a site; by default its one zone takes each host one label below."""
    allowed = homes or {"example.org": {FEED: ("*.example.org.",)}}
    return Rules(homes={f"{apex}.": Home(TERMS, feeds) for apex, feeds in allowed.items()})


RULES = rules()


def take(
    feeds: Mapping[str, Feed] | Mapping[str, bytes | None],
    state: State | None = None,
    *,
    by: Rules = RULES,
    now: int = NOW,
) -> Taken:
    """Return what a run takes from feeds, or from the one feed that has these files."""
    given = {n: f for n, f in feeds.items() if isinstance(f, Feed)}
    files = {n: f for n, f in feeds.items() if not isinstance(f, Feed)}
    return take_host_keys(
        given or {FEED: feed_of(files)}, by, state or State(), approvals={}, gone={}, now=now
    )


def checks(taken: Taken) -> list[tuple[str, str]]:
    """Return the place and the check of each finding."""
    return [(str(found.location), found.check) for found in taken.findings]


def test_each_host_is_published_in_the_zone_that_it_belongs_to() -> None:
    by = rules(
        **{
            "example.org": {FEED: ("*.example.org.",)},
            "sub.example.org": {FEED: ("*.sub.example.org.",)},
            "example.net": {},
        }
    )
    taken = take({NAME: pub(1), "Db.sub.example.org.": pub(2)}, by=by)
    assert list(taken.fragments) == ["example.org.", "sub.example.org."]
    (record,) = read_fragment(taken.fragments["sub.example.org."])
    assert (record.owner, record.ttl) == ("db.sub.example.org.", 3600)
    assert not taken.findings
    assert not taken.waitings


@pytest.mark.parametrize(
    ("file_name", "data", "message"),
    [
        ("README", pub(1), "may have no SSHFP from this feed"),
        ("a_b.example.org", pub(1), "its name is not that of a host"),
        ("a\nb.example.org", pub(1), "its name is not that of a host"),
        ("a.www.example.org", pub(1), "may have no SSHFP from this feed"),
        ("www.example.com", pub(1), "may have no SSHFP from this feed"),
        (NAME, None, "it is a named pipe"),
        (NAME, b"", "it has no key"),
        (NAME, b"root:$6$secret\n", "the line is no line of"),
    ],
)
def test_what_is_refused_is_said_and_not_quoted(
    file_name: str, data: bytes | None, message: str
) -> None:
    taken = take({file_name: data})
    (finding,) = taken.findings
    assert finding.check == "sshfp-refused"
    assert message in finding.message
    assert "secret" not in finding.message
    assert not taken.fragments
    assert not taken.state.entries


def test_a_host_without_an_address_is_not_remembered() -> None:
    by = Rules(homes=RULES.homes, is_host=lambda host: host != HOST)
    taken = take({NAME: pub(1), "a.example.org": pub(2)}, by=by)
    assert [slot.host for slot in taken.state.entries] == ["a.example.org."]


def test_a_feed_speaks_for_its_own_hosts_only() -> None:
    by = rules(**{"example.org": {"one": (HOST,), "two": ("mail.example.org.",)}})
    feeds = {"one": feed_of({NAME: pub(1)}), "two": feed_of({NAME: pub(2)})}
    taken = take(feeds, by=by)
    assert len(taken.state.entries) == 1
    assert checks(taken) == [(f"two/{NAME}", "sshfp-refused")]


def test_a_file_that_may_still_be_written_is_waited_for() -> None:
    young = feed_of({NAME: pub(1)[:-20]}, age=4)
    taken = take({FEED: young})
    assert not taken.findings
    assert taken.due == NOW + 6
    assert checks(take({FEED: young}, now=NOW + 6)) == [(f"{FEED}/{NAME}:1", "sshfp-refused")]


def test_a_file_or_a_feed_full_of_rubbish_is_told_in_few_words() -> None:
    taken = take({NAME: b"x\n" * 200})
    assert [finding.location.line for finding in taken.findings] == [0, 1, 2, 3]
    assert taken.findings[0].message == "it has 200 lines that are refused, the first of them:"
    taken = take({f"h{i}.example.org": b"x\n" for i in range(150)})
    assert len(taken.findings) == 101
    assert taken.findings[-1].message == "50 more of its files and lines are refused"


def test_one_key_on_several_hosts_is_a_warning() -> None:
    taken = take({f"h{i}.example.org": pub(7) for i in range(12)})
    (finding,) = taken.findings
    assert finding.check == "sshfp-shared-key"
    assert "12 hosts have the same Ed25519 key: h0.example.org., " in finding.message
    assert "and 2 more" in finding.message
    assert len(taken.state.entries) == 12


def test_what_is_held_is_told_at_the_file_that_offers_it() -> None:
    state = take({NAME: pub(1)}).state
    taken = take({NAME: pub(2)}, state)
    assert checks(taken) == [(f"{FEED}/{NAME}", "sshfp-held")]
    assert len(taken.waitings) == 1
    assert taken.fragments == take({NAME: pub(1)}).fragments


# -- a feed that is missing, stale, or not read to its end -----------------------------------------

LONG = 100 * DAY


@pytest.mark.parametrize(
    ("feed", "check"),
    [
        (Feed((), is_there=False), "sshfp-feed-stale"),
        (feed_of({}), "sshfp-feed-stale"),
        (feed_of({NAME: pub(9)}, age=2 * DAY - LONG), "sshfp-feed-stale"),
        (feed_of({"a.example.org": pub(3)}, age=-LONG, left=1), "sshfp-refused"),
        (feed_of({NAME: None}, age=-LONG), "sshfp-refused"),
    ],
    ids=["missing", "empty", "stale", "left", "unreadable"],
)
def test_without_the_whole_feed_the_last_state_holds(feed: Feed, check: str) -> None:
    state = take({NAME: pub(1)}).state
    for now in (NOW + LONG, NOW + LONG + 8 * DAY):
        newer = Feed(
            tuple(f._replace(changed=f.changed + now - NOW - LONG) for f in feed.files),
            is_there=feed.is_there, left=feed.left,
        )  # fmt: skip
        taken = take({FEED: newer}, state, now=now)
        state = taken.state
        assert (FEED, check) in checks(taken) or (f"{FEED}/{NAME}", check) in checks(taken)
    assert HOST in taken.fragments["example.org."]
    assert taken.fragments["example.org."].count("SSHFP\t4 2") == len(state.entries)


def test_a_feed_is_looked_at_again_when_it_would_be_stale() -> None:
    taken = take({NAME: pub(1)})
    assert taken.due == NOW - 3600 + 2 * DAY + 1
    assert checks(take({FEED: feed_of({NAME: pub(1)})}, now=taken.due)) == [
        (FEED, "sshfp-feed-stale")
    ]


def test_a_key_is_missing_only_when_every_feed_of_its_host_was_read() -> None:
    by = rules(**{"example.org": {"one": (HOST,), "two": (HOST,)}})
    there = {"one": feed_of({NAME: pub(1)}), "two": feed_of({"x": b""})}
    state = take(there, by=by).state
    gone = {"one": feed_of({"x": b""}), "two": Feed((), is_there=False)}
    assert not take(gone, state, by=by).waitings
    assert len(take({**gone, "two": feed_of({"x": b""})}, state, by=by).waitings) == 1


# -- what is remembered --------------------------------------------------------------------------


def test_the_first_run_begins_with_nothing() -> None:
    assert recall(None, {"example.org.": ""}, RULES, now=NOW) == (State(), [])


def test_a_state_that_is_kept_goes_on() -> None:
    state = take({NAME: pub(1)}).state
    assert recall(state_text(state), {}, RULES, now=NOW) == (state, [])


@pytest.mark.parametrize("data", [None, b"damaged"])
def test_a_lost_state_keeps_what_is_published_and_lets_nothing_new_in_at_once(
    data: bytes | None,
) -> None:
    before = take({NAME: pub(1)})
    state, (finding,) = recall(data, before.fragments, RULES, now=NOW)
    assert finding.check == "sshfp-state-lost"
    files: dict[str, bytes | None] = {NAME: pub(2), "new.example.org": pub(3)}
    taken = take(files, state)
    assert taken.fragments == before.fragments
    assert len(taken.waitings) == 2
    later = NOW + 14 * DAY + 3600
    fresh = {FEED: feed_of(files, age=NOW - later)}
    assert "new.example.org." in take(fresh, taken.state, now=later).fragments["example.org."]


# -- approvals -----------------------------------------------------------------------------------


def approvals_in(root: Path) -> tuple[dict[str, Mapping[int, str]], list[Finding]]:
    """Return what is approved in the site at *root*, and what is damaged."""
    with SourceTree(root) as tree:
        found, findings = read_approvals(root, tree)
    return dict(found), findings


def test_what_is_approved_is_read_and_the_rest_kept(tmp_path: Path) -> None:
    assert approvals_in(tmp_path) == ({}, [])
    path = add_approval(tmp_path, HOST, {4: "a" * 64}, "somebody")
    add_approval(tmp_path, HOST, {1: NONE}, "somebody else")
    assert path == f"approved/sshfp/{NAME}"
    assert approvals_in(tmp_path) == ({HOST: {4: "a" * 64, 1: NONE}}, [])


@pytest.mark.parametrize(
    ("file_name", "text", "place"),
    [
        (NAME, "ed25519\n", f"approved/sshfp/{NAME}:1"),
        (NAME + ".", f"rsa {'a' * 64}\n", f"approved/sshfp/{HOST}"),
        (NAME.upper(), f"rsa {'a' * 64}\n", f"approved/sshfp/{NAME.upper()}"),
        (NAME, "#" * 5000, f"approved/sshfp/{NAME}"),
    ],
)
def test_an_approval_without_effect_is_said(
    tmp_path: Path, file_name: str, text: str, place: str
) -> None:
    (tmp_path / "approved/sshfp").mkdir(parents=True)
    (tmp_path / "approved/sshfp" / file_name).write_text(text)
    approvals, (finding,) = approvals_in(tmp_path)
    assert not approvals
    assert (str(finding.location), finding.check) == (place, "sshfp-approval-damaged")


def test_an_editors_leftover_is_no_approval(tmp_path: Path) -> None:
    (tmp_path / "approved/sshfp").mkdir(parents=True)
    (tmp_path / f"approved/sshfp/{NAME}~").write_text("x\n")
    assert approvals_in(tmp_path) == ({}, [])


# -- a directory -----------------------------------------------------------------------------------


def test_a_directory_full_of_traps_gives_the_good_keys_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(pub(6))
    folder = tmp_path / FEED
    folder.mkdir()
    (folder / MARKER).touch()
    (folder / NAME).write_bytes(pub(1))
    (folder / "link.example.org").symlink_to(secret)
    os.mkfifo(folder / "pipe.example.org")
    (folder / "folder.example.org").mkdir()
    (folder / "large.example.org").write_bytes(pub(1) * 2000)
    with (folder / "sparse.example.org").open("wb") as file:
        file.truncate(1 << 40)
    feed = read_phonehome(folder, FEED, RULES)
    now = int((folder / NAME).stat().st_ctime) + 60
    taken = take({FEED: feed}, now=now)
    assert [slot.host for slot in taken.state.entries] == [HOST]
    assert len(taken.findings) == 5
