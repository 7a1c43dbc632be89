"""From a token file in a feed to the built zone and back, and what does not get that far."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sites import DAY, NOW, SITE, SmallSite
from zonebuild.builder.machines.challenges import (
    Challenge,
    Rules,
    SeenTokens,
    read_seen,
    seen_text,
    take_challenges,
)
from zonebuild.dropbox import Token
from zonebuild.files.feed import Feed, FeedFile

VALUE = "gfj9Xq-Rg_85nM0abcdefghijklmnopqrstuvwxyz01"
OTHER = VALUE[::-1]
ZONE = "a.example"
OWNER = f"_acme-challenge.{ZONE}."
WITH_FEED = SITE + "feeds: {box: box}\n"
ALLOW = 'acme: {box: [a.example, www.a.example, "*.sub.a.example"]}\n'


def line(owner: str = OWNER, value: str = VALUE) -> str:
    return f'{owner} 60 IN TXT "{value}"\n'


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    small = SmallSite(tmp_path / "site", [], WITH_FEED)
    small.add_zone(
        ZONE, "www A 9.9.9.9\nalias CNAME www\n*.wild A 9.9.9.9\nh.sub A 9.9.9.9\n", ALLOW
    )
    small.write("box/.zonebuild-feed", "")
    small.run()
    return small


def challenges(site: SmallSite) -> set[str]:
    """Return the challenges of the built zone, owner and value."""
    found = (record.split() for record in site.records(ZONE) if "_acme-challenge" in record)
    return {
        f"{owner.removesuffix(f'.{ZONE}.')} {rdata.strip(chr(34))}"
        for owner, _ttl, _type, rdata in found
    }


def drop(site: SmallSite, owner: str = OWNER, value: str = VALUE) -> Path:
    return site.write(f"box/{owner.rstrip('.')}", line(owner, value))


# -- the whole way --------------------------------------------------------------------------------


def test_a_token_is_published_in_the_next_run_and_gone_in_the_one_after_its_file(
    site: SmallSite,
) -> None:
    drop(site)
    assert site.run().code == 0
    assert challenges(site) == {f"_acme-challenge {VALUE}"}
    site.forget(f"box/{OWNER.rstrip('.')}")
    assert site.run().code == 0
    assert challenges(site) == set()
    assert not (site.root / "extra/a.example/acme").exists()


def test_nothing_is_done_where_no_feed_has_changed(site: SmallSite) -> None:
    drop(site)
    site.run(settle=True)
    site.run(settle=True)
    run = site.run(settle=True)
    assert (run.stages, run.fed) == ((), ())


def test_apex_and_wildcard_share_an_owner(site: SmallSite) -> None:
    site.write(f"box/{OWNER}.0123456789abcdef", line())
    site.write(f"box/{OWNER}.fedcba9876543210", line(value=OTHER))
    site.run()
    assert challenges(site) == {f"_acme-challenge {VALUE}", f"_acme-challenge {OTHER}"}


def test_a_token_joins_the_ttl_of_text_that_stands_there(site: SmallSite) -> None:
    site.append(f"primary/{ZONE}", '_acme-challenge 300 TXT "by hand"\n')
    drop(site)
    run = site.run()
    assert (run.code, run.warnings) == (0, set())
    assert f'_acme-challenge 300 TXT "{VALUE}"' in {
        record.replace(f".{ZONE}.", "") for record in site.records(ZONE)
    }


def test_a_typo_of_people_stops_no_token(site: SmallSite) -> None:
    site.append(f"primary/{ZONE}", "oops A 300.1.1.1\n")
    drop(site)
    assert site.run().code == 1
    assert challenges(site) == {f"_acme-challenge {VALUE}"}


def test_a_broken_zone_file_keeps_its_last_list_of_names(site: SmallSite) -> None:
    site.write(f"zones/{ZONE}.yaml", ALLOW + "nonsense: 1\n")
    drop(site)
    assert site.run().code == 1
    assert challenges(site) == {f"_acme-challenge {VALUE}"}


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("mail.a.example.", "may have no challenge from this feed"),
        ("www.other.test.", "is in no zone of this site"),
    ],
)
def test_a_name_that_is_not_listed_gets_none(site: SmallSite, host: str, why: str) -> None:
    drop(site, f"_acme-challenge.{host}")
    run = site.run()
    assert (run.code, run.warnings) == (0, {"challenge-refused"})
    assert why in run.told
    assert challenges(site) == set()
    assert site.run().told == ""  # said once


@pytest.mark.parametrize("host", ["alias", "x.wild", "gone", "x.alias"])
def test_where_no_host_is_or_an_alias_no_token_stands(site: SmallSite, host: str) -> None:
    site.write(f"zones/{ZONE}.yaml", f'acme: {{box: ["{host}.{ZONE}"]}}\n')
    drop(site, f"_acme-challenge.{host}.{ZONE}.")
    run = site.run()
    assert (run.code, run.warnings) == (0, {"misplaced-record"})
    assert challenges(site) == set()


def test_one_refused_token_takes_no_other_with_it(site: SmallSite) -> None:
    site.write(f"zones/{ZONE}.yaml", ALLOW.replace("www.a.example", "alias.a.example"))
    drop(site)
    drop(site, f"_acme-challenge.alias.{ZONE}.")
    drop(site, f"_acme-challenge.h.sub.{ZONE}.")
    site.run()
    assert challenges(site) == {f"_acme-challenge {VALUE}", f"_acme-challenge.h.sub {VALUE}"}


def test_a_token_ends_with_its_age_and_touching_its_file_does_not_help(site: SmallSite) -> None:
    path = drop(site)
    site.run()
    path.unlink()
    drop(site)
    os.utime(path, (NOW + 2 * DAY, NOW + 2 * DAY))
    site.run(now=NOW + DAY - 1)
    assert challenges(site) != set()
    run = site.run(now=NOW + DAY)
    assert challenges(site) == set()
    assert "older than" in run.told


def test_a_value_that_went_and_came_back_is_no_younger(site: SmallSite) -> None:
    path = drop(site)
    site.run()
    path.unlink()
    site.run(now=NOW + 60)  # a build that does not see it
    drop(site, f"_acme-challenge.www.{ZONE}.", VALUE)  # nor does another owner make it younger
    drop(site)
    site.run(now=NOW + DAY - 1)
    assert challenges(site) == {f"_acme-challenge {VALUE}", f"_acme-challenge.www {VALUE}"}
    run = site.run(now=NOW + DAY)
    assert challenges(site) == set()
    assert "older than 1 d" in run.told


def test_a_missing_feed_brings_back_no_value_that_was_taken_away(site: SmallSite) -> None:
    drop(site).unlink()
    drop(site)
    site.run()
    site.forget(f"box/{OWNER.rstrip('.')}")
    site.run(now=NOW + 60)
    site.forget("box")
    site.run(now=NOW + 120)
    assert challenges(site) == set()


def test_a_missing_feed_keeps_its_tokens_until_their_age(site: SmallSite) -> None:
    drop(site)
    site.run()
    site.forget("box")
    run = site.run()
    assert "the feed is not there" in run.told
    assert challenges(site) == {f"_acme-challenge {VALUE}"}
    site.run(now=NOW + DAY)
    assert challenges(site) == set()


def test_a_fragment_that_somebody_else_wrote_is_not_removed(site: SmallSite) -> None:
    site.write("extra/a.example/acme", line())
    site.run()
    assert (site.root / "extra/a.example/acme").exists()


# -- the pure part --------------------------------------------------------------------------------

RULES = Rules(allowed={"a.example.": {"box": ("a.example.",)}}, ttl=60, max_age=DAY)


def feed(*files: FeedFile, there: bool = True, left: int = 0) -> dict[str, Feed]:
    return {"box": Feed(files, is_there=there, left=left)}


def file(data: str, changed: float = NOW) -> FeedFile:
    return FeedFile(OWNER, data.encode(), changed)


def test_a_file_that_is_being_written_is_looked_at_again_and_only_then_told() -> None:
    half = line()[:-5]
    first = take_challenges(feed(file(half)), RULES, SeenTokens(), now=NOW + 1)
    assert (first.findings, first.due) == ([], NOW + 10)
    later = take_challenges(feed(file(half)), RULES, SeenTokens(), now=NOW + 10)
    assert [finding.check for finding in later.findings] == ["challenge-refused"]


def test_a_time_in_the_future_makes_no_file_young() -> None:
    taken = take_challenges(feed(file(line()[:-5], NOW + DAY)), RULES, SeenTokens(), now=NOW)
    assert [finding.check for finding in taken.findings] == ["challenge-refused"]


@pytest.mark.parametrize(("ahead", "kept"), [(3600, NOW + 3600), (400 * DAY, NOW)])
def test_a_clock_that_went_back_ends_no_token_early_and_keeps_none_for_ever(
    ahead: int, kept: int
) -> None:
    known = {Challenge("box", Token(OWNER, VALUE)): NOW + ahead}
    taken = take_challenges(feed(file(line())), RULES, SeenTokens(known), now=NOW)
    assert set(taken.seen.now.values()) == {kept}


def test_more_files_than_are_read_is_told() -> None:
    (finding,) = take_challenges(feed(left=7), RULES, SeenTokens(), now=NOW).findings
    assert "7 files more" in finding.message


def test_the_longest_zone_that_fits_takes_a_token() -> None:
    allowed = {"example.": {"box": ("a.example.",)}, **RULES.allowed}
    rules = Rules(allowed=allowed, ttl=60, max_age=DAY)
    taken = take_challenges(feed(file(line())), rules, SeenTokens(), now=NOW)
    assert list(taken.fragments) == ["a.example."]


def test_what_is_remembered_comes_back() -> None:
    sights = {Challenge("box", Token(OWNER, VALUE)): 5, Challenge("b", Token(OWNER, OTHER)): 6}
    assert read_seen(seen_text(SeenTokens(sights))) == SeenTokens(sights)


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"x y z w\n", b"99999999999999 a b c\n", b"5 a\n"])
def test_a_damaged_line_is_forgotten(damage: bytes) -> None:
    assert read_seen(damage + b"\n") == SeenTokens()


def test_a_token_joins_a_zone_that_lists_its_fragments_without_it(site: SmallSite) -> None:
    site.write(f"zones/{ZONE}.yaml", ALLOW + 'fragments: [soa/default, "primary/{zone}"]\n')
    drop(site)
    site.run()
    assert challenges(site) == {f"_acme-challenge {VALUE}"}
    site.forget(f"box/{OWNER.rstrip('.')}")
    site.run()
    assert challenges(site) == set()
