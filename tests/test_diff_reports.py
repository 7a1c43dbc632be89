"""How a difference reads: for people, in a comment on a merge request, for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from zonebuild.builder.judging.compare import Compared
from zonebuild.cli import run as zonebuild
from zonebuild.diff import compare_versions
from zonebuild.model import Change, Records, ZoneDiff
from zonebuild.report.diff_markdown import MOST_CHARACTERS, code, site_markdown, zone_markdown
from zonebuild.report.diff_text import diff_lines
from zonebuild.zonefile import decode_source, read_fragment

APEX = "example.org."
OLD = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1 hostmaster 1 14400 3600 2419200 600
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.80
mail A 192.0.2.25
mail A 192.0.2.26
old A 192.0.2.99
old AAAA 2001:db8::99
"""
NEW = """\
$ORIGIN example.org.
$TTL 1h
@ SOA ns1 hostmaster 2 4h 1h 4w 10m ; the serial has risen
@ NS ns1
mail 300 A 192.0.2.25
mail 300 A 192.0.2.26
ns1 A 192.0.2.53
www A 192.0.2.81
"""
TEXT = """\
~ mail.example.org. A TTL 3600 -> 300
    mail A: the old TTL holds until 1 h after publication
- old.example.org. 3600 A 192.0.2.99
- old.example.org. 3600 AAAA 2001:db8::99
    old A, AAAA: still answered from caches until 1 h after publication, then NXDOMAIN
- www.example.org. 3600 A 192.0.2.80
+ www.example.org. 3600 A 192.0.2.81
    www A: the old address is cached until 1 h after publication
"""
MARKDOWN = """\
### `example.org.`

1 added, 3 removed, 1 with another TTL

```diff
! mail.example.org. A TTL 3600 -> 300
- old.example.org. 3600 A 192.0.2.99
- old.example.org. 3600 AAAA 2001:db8::99
- www.example.org. 3600 A 192.0.2.80
+ www.example.org. 3600 A 192.0.2.81
```

What resolvers will see:

- `mail A: the old TTL holds until 1 h after publication`
- `old A, AAAA: still answered from caches until 1 h after publication, then NXDOMAIN`
- `www A: the old address is cached until 1 h after publication`
"""
JSON = {
    "origin": "example.org.",
    "added": [{"owner": "www.example.org.", "ttl": 3600, "type": "A", "rdata": "192.0.2.81"}],
    "removed": [
        {"owner": "old.example.org.", "ttl": 3600, "type": "A", "rdata": "192.0.2.99"},
        {"owner": "old.example.org.", "ttl": 3600, "type": "AAAA", "rdata": "2001:db8::99"},
        {"owner": "www.example.org.", "ttl": 3600, "type": "A", "rdata": "192.0.2.80"},
    ],
    "ttl_changed": [{"owner": "mail.example.org.", "type": "A", "old": 3600, "new": 300}],
    "soa": {},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").write_text(OLD)
    (tmp_path / "new").write_text(NEW)
    return tmp_path


@pytest.mark.parametrize(("form", "wanted"), [("text", TEXT), ("markdown", MARKDOWN)])
def test_a_merge_request_shows_as_exactly_what_it_changes(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, wanted: str
) -> None:
    assert zonebuild(["diff", "--format", form, "old", "new"]) == 1
    assert capsys.readouterr() == (wanted, "")


def test_the_json_of_a_merge_request_is_exactly_what_it_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zonebuild(["diff", "--format", "json", "old", "new"]) == 1
    assert json.loads(capsys.readouterr().out) == JSON


@pytest.mark.parametrize(("form", "wanted"), [("text", ""), ("markdown", "no difference")])
def test_the_same_zone_has_nothing_to_tell(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, wanted: str
) -> None:
    assert zonebuild(["diff", "--format", form, "new", "new"]) == 0
    assert wanted in capsys.readouterr().out


def test_what_signers_make_is_shown_when_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "signed").write_text(OLD + "www NSEC ns1 A\n")
    assert zonebuild(["diff", "old", "signed"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "1 DNSSEC record left out; --dnssec shows them\n")
    assert zonebuild(["diff", "--dnssec", "old", "signed"]) == 1
    assert capsys.readouterr().out.startswith("+ www.example.org. 3600 NSEC ns1.example.org. A\n")


# -- text -----------------------------------------------------------------------------------------

KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"


def txt(value: str) -> Change:
    return Change(f"k.{APEX}", 60, "TXT", f'"{value}"')


def test_what_differs_inside_a_long_value_has_a_line_of_its_own() -> None:
    diff = ZoneDiff(APEX, (txt(KEY.replace("9w0", "9W0")),), (txt(KEY),))
    *_, line = diff_lines(diff)
    assert line == "? ...jANBgkqhkiG9{-w-}{+W+}0BAQEFAAOCAQ..."


def test_a_value_that_is_replaced_whole_is_shortened_in_that_line() -> None:
    diff = ZoneDiff(APEX, (txt("y" * 200),), (txt("x" * 200),))
    *_, line = diff_lines(diff)
    assert line == f'? "{{-{"x" * 60}...-}}{{+{"y" * 60}...+}}"'


def test_with_colour_what_differs_is_reversed_and_the_rest_is_not() -> None:
    diff = ZoneDiff(APEX, (txt("a b d"),), (txt("a c d"),))
    gone, come = diff_lines(diff, colour=True)
    assert gone == '\x1b[31m- k.example.org. 60 TXT "a \x1b[7mc\x1b[27m d"\x1b[0m'
    assert come == '\x1b[32m+ k.example.org. 60 TXT "a \x1b[7mb\x1b[27m d"\x1b[0m'


def many(number: int) -> ZoneDiff:
    changes = (Change(f"h{i:04}.{APEX}", 60, "A", "192.0.2.1") for i in range(number))
    return ZoneDiff(APEX, removed=tuple(changes))


def test_very_many_changes_are_counted_and_not_all_shown() -> None:
    *shown, last = diff_lines(many(1500), limit=300)
    assert (len(shown), last) == (300, "... and 1,200 removed more")
    assert "... and 1,400 removed more" in zone_markdown(many(1500))


def test_json_never_leaves_anything_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new").write_text(OLD + "".join(f"h{i} A 192.0.2.1\n" for i in range(1500)))
    zonebuild(["diff", "--format", "json", "old", "new"])
    assert len(json.loads(capsys.readouterr().out)["added"]) == 1500


def test_soa_fields_are_shown_before_the_records_of_the_apex() -> None:
    new = OLD.replace("14400", "7200") + "@ MX 0 .\n"
    found = compare_versions(APEX, _records(OLD), _records(new))
    assert list(diff_lines(found.diff, found.effects)) == [
        "! example.org. SOA refresh 14400 -> 7200",
        "+ example.org. 3600 MX 0 .",
        "    @ SOA: the old SOA is cached until 1 h after publication",
        "    @ MX: new type: negative answers (NODATA) for up to 10 min",
    ]


def _records(text: str) -> Records:
    return read_fragment(decode_source("z", text.encode()), apex=APEX).records


def test_octets_that_move_a_terminal_are_escaped() -> None:
    diff = ZoneDiff(APEX, (txt("\x1b[2J"),))
    assert list(diff_lines(diff)) == ['+ k.example.org. 60 TXT "\\x1b[2J"']


# -- markdown -------------------------------------------------------------------------------------

HOSTILE = ("```", "````diff", "`a`", "</code><script>", "@everyone", "| a | b", "[x](y)", "\n# h")


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_inside_its_fence(text: str) -> None:
    made = zone_markdown(ZoneDiff(APEX, (txt(text),)))
    opening = re.search(r"^(`{3,})diff$", made, re.MULTILINE)
    assert opening
    inside, _, rest = made[opening.end() :].partition(f"\n{opening[1]}\n")
    assert opening[1] not in inside
    assert "k.example.org." in inside
    assert "k.example.org." not in rest
    assert all(line[:2] in ("", "+ ") for line in inside.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_inside_its_code_span(text: str) -> None:
    made = code(text)
    ticks = re.match(r"`+", made)
    assert ticks
    assert "\n" not in made
    assert ticks[0] not in re.findall(r"`+", made[len(ticks[0]) : -len(ticks[0])])
    assert made.endswith(ticks[0])


def test_zones_without_a_difference_to_show_say_why() -> None:
    compared = [
        Compared(APEX, None, "now: cannot be built: primary/a:1: `x`"),
        Compared("b.", ZoneDiff("b.", (Change("b.", 1, "A", "192.0.2.1"),)), "the zone is new"),
        Compared("c.", ZoneDiff("c."), "", (), 2, ("a note",)),
    ]
    made = "".join(site_markdown(compared))
    assert "### `example.org.`\n\n`` now: cannot be built: primary/a:1: `x` ``\n" in made
    assert "### `b.`\n\nthe zone is new; 1 added\n" in made
    assert "2 DNSSEC records left out; --dnssec shows them\n\n`a note`\n" in made


def test_a_comment_stays_short_enough_to_be_taken() -> None:
    compared = [Compared(APEX, many(100))] * 40
    made = "".join(site_markdown(compared))
    assert len(made) < MOST_CHARACTERS + 200
    assert re.search(r"\n\d+ more zones are not shown", made)


def test_a_very_long_value_is_cut_in_a_comment() -> None:
    made = zone_markdown(ZoneDiff(APEX, (txt("x" * 60_000),)))
    assert len(made) < 2_000
    assert "characters)" in made
