"""`fragments:` into files: order, alternatives, globs, the flat layout, what is missing."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from zonebuild.files.read import SourceError
from zonebuild.site.config import ZoneConfig
from zonebuild.site.fragments import FragmentFinder, FragmentSource
from zonebuild.site.load import load_site
from zonebuild.site.patterns import parse_paths
from zonebuild.site.values import Wrong


def configs(text: str, *apexes: str) -> dict[str, ZoneConfig]:
    files = {f"zones/{apex[:-1] or '@'}.yaml": text.encode() for apex in apexes}

    def read(path: str, limit: int) -> bytes:
        if path == "site.yaml":
            return b""
        if path not in files:
            raise SourceError("does not exist")
        return files[path]

    site, findings = load_site(read, [path.removeprefix("zones/") for path in files])
    assert findings == []
    return dict(site.zones)


def listing_of(paths: Collection[str]):  # type: ignore[no-untyped-def]
    def listing(directory: str) -> list[str]:
        split = [path.rpartition("/") for path in paths]
        return [name for parent, _, name in split if parent == directory]

    return listing


def find(
    text: str, paths: Collection[str], apex: str = "example.org.", *others: str
) -> tuple[tuple[FragmentSource, ...], list[str]]:
    finder = FragmentFinder(listing_of(paths), [apex, *others])
    sources, findings = finder.find(configs(text, apex)[apex])
    return sources, [f"{f.location} {f.check} {f.message}" for f in findings]


def found(text: str, paths: Collection[str], apex: str = "example.org.", *others: str) -> list[str]:
    sources, findings = find(text, paths, apex, *others)
    assert findings == []
    return [source.path for source in sources]


TREE = [
    "soa/default",
    "primary/example.org",
    "extra/example.org/tlsa",
    "extra/example.org/acme",
    "extra/example.org/.zonebuild-tmp.x",
    "extra/example.org/acme~",
    "extra/example.org/#acme#",
    "extra/example.net/acme",
]


def test_the_default_list_finds_the_three_kinds_in_order() -> None:
    sources, findings = find("", TREE)
    assert findings == []
    assert [(s.path, s.is_head, s.is_machine) for s in sources] == [
        ("soa/default", True, False),
        ("primary/example.org", False, False),
        ("extra/example.org/acme", False, True),
        ("extra/example.org/tlsa", False, True),
    ]


def test_a_zone_s_own_head_comes_before_the_default() -> None:
    assert found("", [*TREE, "soa/example.org"])[0] == "soa/example.org"


def test_the_root_and_a_slash_have_file_names_of_their_own() -> None:
    assert found("", ["soa/@", "primary/@"], ".") == ["soa/@", "primary/@"]


def test_what_is_missing_is_told_at_its_place() -> None:
    assert find("", [])[1] == [
        "zones/example.org.yaml missing-fragment none of soa/example.org, soa/default exists",
        "zones/example.org.yaml missing-fragment primary/example.org does not exist",
    ]
    assert find("fragments:\n- a/b\n- c/*\n", [])[1] == [
        "zones/example.org.yaml:2:3 missing-fragment a/b does not exist"
    ]


def test_many_zones_share_one_file() -> None:
    paths = ["primary/parking", "soa/default"]
    assert found("fragments: [soa/default, primary/parking]", paths) == paths[::-1]


def test_a_rule_goes_with_the_file() -> None:
    text = 'fragments: [{path: "primary/{zone}.d/*", owners: [www], types: [A]}]'
    (source,), _ = find(text, ["primary/example.org.d/web"])
    assert source.rule is not None
    assert (source.rule.owners, source.rule.types) == (("www",), ("A",))
    assert source.location.line == 1


def test_a_file_that_two_entries_name_comes_once() -> None:
    paths = ["extra/example.org/acme", "extra/example.org/z"]
    text = 'fragments:\n- {path: "extra/{zone}/z", types: [A]}\n- "extra/{zone}/*"\n'
    sources, _ = find(text, paths)
    assert [s.path for s in sources] == ["extra/example.org/z", "extra/example.org/acme"]
    assert sources[0].rule is not None


FLAT = ["extra/acme.example.org", "extra/sshfp.www.example.org", "extra/tlsa.org", "extra/x"]


@pytest.mark.parametrize(
    ("apex", "others", "expected"),
    [
        ("example.org.", (), ["extra/acme.example.org", "extra/sshfp.www.example.org"]),
        ("example.org.", ("www.example.org.",), ["extra/acme.example.org"]),
        ("www.example.org.", ("example.org.",), ["extra/sshfp.www.example.org"]),
        ("org.", ("example.org.", "www.example.org."), ["extra/tlsa.org"]),
        ("org.", (), ["extra/acme.example.org", "extra/sshfp.www.example.org", "extra/tlsa.org"]),
    ],
)
def test_a_flat_file_belongs_to_the_longest_zone_that_fits(
    apex: str, others: tuple[str, ...], expected: list[str]
) -> None:
    assert found('fragments: ["extra/*.{zone}"]', FLAT, apex, *others) == expected


def test_the_zone_may_come_before_the_star() -> None:
    paths = ["extra/example.org-acme", "extra/example.org", "extra/example.org-", "extra/org-x"]
    assert found('fragments: ["extra/{zone}-*"]', paths) == ["extra/example.org-acme"]


def test_a_star_without_the_zone_matches_for_all() -> None:
    paths = ["common/a.txt", "common/b.txt", "common/c", "common/.txt"]
    assert found('fragments: ["common/*.txt"]', paths) == ["common/a.txt", "common/b.txt"]


def test_a_directory_is_listed_once_for_all_zones() -> None:
    asked: list[str] = []

    def listing(directory: str) -> list[str]:
        asked.append(directory)
        return ["a.example.org"]

    zones = configs('fragments: ["extra/*.{zone}", "extra/*"]', "example.org.", "example.net.")
    finder = FragmentFinder(listing, zones)
    for config in zones.values():
        finder.find(config)
    assert sorted(asked) == ["extra", "extra/example.net", "extra/example.org"]


def test_a_zone_called_keys_does_not_open_keys() -> None:
    assert find('fragments: ["{zone}/x"]', ["keys/x"], "keys.") == (
        (),
        ["zones/keys.yaml:1:13 fragment-path keys/x is in keys/, where no fragment may lie"],
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "./a",
        "a/",
        "keys/x",
        "state/x",
        "unsigned/{zone}",
        "signed/*",
        ".zonebuild/x",
        "a/{apex}",
        "a/{zone",
        "a/b}",
        "a/*/b",
        "a/*x*",
        "a/?",
        "a/[b]",
        "a/* or b",
        "a or ",
        "a\nb",
        "a/*{zone}{zone}",
    ],
)
def test_what_is_no_path_of_a_fragment(text: str) -> None:
    assert isinstance(parse_paths(text), Wrong)
