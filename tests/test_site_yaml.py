"""YAML text into a tree: positions, limits, and every mistake as a finding."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zonebuild.diagnostic import Finding, Location
from zonebuild.site.tree import ListNode, MappingNode, Node, ScalarNode
from zonebuild.site.yaml import MAX_OCTETS, read_yaml


def read(text: str | bytes) -> tuple[MappingNode | None, list[Finding]]:
    return read_yaml(text if isinstance(text, bytes) else text.encode(), "site.yaml")


def told(text: str | bytes) -> list[tuple[int, int, str]]:
    return [(f.location.line, f.location.column, f.check) for f in read(text)[1]]


def plain(node: Node | None) -> object:
    if isinstance(node, ScalarNode):
        return None if node.is_null else node.text
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return None if node is None else {e.key: plain(e.value) for e in node.entries}


@pytest.fixture(params=["libyaml", "python"])
def any_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 'y']\nc: {d: e}\n", {"a": "1", "b": ["x", "y"], "c": {"d": "e"}}),
        ("no: off\n010: 1e3\n", {"no": "off", "010": "1e3"}),
        ("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n", {**dict.fromkeys("abc"), "d": "", "e": "null"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("---\na: 1\n...\n", {"a": "1"}),
        ("\ufeffa: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
        ("", {}),
        ("\n# only\n   # comments \n\n", {}),
        ("---\n", {}),
        ("---\n...\n", {}),
        ("a: é\n", {"a": "é"}),
    ],
)
@pytest.mark.usefixtures("any_parser")
def test_scalars_stay_text(text: str, value: object) -> None:
    root, findings = read(text)
    assert (plain(root), findings) == (value, [])


def test_keys_and_values_know_where_they_stand() -> None:
    root, _ = read("# c\na:\n  - x\n  - {b: é, c: z}\n")
    assert root is not None
    (entry,) = root.entries
    assert entry.location == Location("site.yaml", 2, 1)
    assert isinstance(entry.value, ListNode)
    assert [item.location[1:] for item in entry.value.items] == [(3, 5), (4, 5)]
    mapping = entry.value.items[1]
    assert isinstance(mapping, MappingNode)
    assert [e.value.location[1:] for e in mapping.entries] == [(4, 9), (4, 15)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: b: c\n", 1, 5),
        ("a: 1\n\tb: 2\n", 2, 1),
        ("x: 1\na: 'open\n", 2, 4),
        ("x: 1\na: [b, c\n", 2, 4),
        ("a: {b: c\n", 1, 4),
        ("a: [soa/{zone}]\n", 1, 4),
        ("- a\nb: 1\n", 2, 1),
        ("a: 1\n- b\n", 2, 1),
        ("a: @x\n", 1, 4),
        ("a: ]\n", 1, 4),
        ("a: - b\n", 1, 4),
        (" a: 1\nb: 2\n", 2, 1),
        ("'a' b: 1\n", 1, 5),
        ("a:\n  - b\n c: 1\n", 3, 2),
        ("%YAML 1.2\n---\na: 1\n", 1, 1),
    ],
)
@pytest.mark.usefixtures("any_parser")
def test_what_is_no_yaml_is_told_where_it_is(text: str, line: int, column: int) -> None:
    root, findings = read(text)
    assert root is None
    assert [(f.location[1:], f.check) for f in findings] == [((line, column), "yaml-syntax")]


@pytest.mark.parametrize(
    "text",
    ["a: \"\\q\"\n", 'a: "\\xZZ"\n', "a: &\n", "a: *\n", "a: !<x\n", "a: |x\n",
     "!foo!bar a: 1\n", "a: 1\n...\n...\nb\n", "a: !%ff b\n", "? [a\n", "a: [1,,2]\n"],
)  # fmt: skip
@pytest.mark.usefixtures("any_parser")
def test_no_words_of_the_parser_reach_a_message(text: str) -> None:
    (finding,) = read(text)[1]
    assert finding.check == "yaml-syntax"
    for word in ("expected", "found", "scanning", "mapping values", "token"):
        assert word not in finding.message


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1, "duplicate-key")),
        ("a: &x 1\n", (1, 4, "yaml-alias")),
        ("a: *x\n", (1, 4, "yaml-alias")),
        ("a: !!int 1\n", (1, 4, "yaml-tag")),
        ("a: !!python/object:os.system x\n", (1, 4, "yaml-tag")),
        ("a: 1\n---\nb: 2\n", (2, 1, "yaml-several-documents")),
        ("? [a]\n: 1\n", (1, 3, "yaml-syntax")),
        ("- a\n", (1, 1, "wrong-type")),
        ("word\n", (1, 1, "wrong-type")),
        ("'null'\n", (1, 1, "wrong-type")),
        ("a: [\n", (1, 5, "yaml-syntax")),
        (b"a: 1\nb: \xc3\xa9\xff\n", (2, 5, "yaml-encoding")),
        (b"a: \0\n", (1, 4, "yaml-encoding")),
        ("a: 1\n# \x85\n", (2, 3, "yaml-encoding")),
        ("a: \u202e\n", (1, 4, "yaml-encoding")),
        ("a: 1\rb: 2\n", (1, 5, "yaml-encoding")),
        ("a: 1\n".encode("utf-16"), (1, 1, "yaml-encoding")),
        (b"a" * (MAX_OCTETS + 1), (0, 0, "yaml-too-large")),
    ],
)
@pytest.mark.usefixtures("any_parser")
def test_what_a_file_may_not_hold(text: str | bytes, finding: tuple[int, int, str]) -> None:
    assert told(text) == [finding]


def test_a_duplicate_key_shows_the_first_one_and_keeps_it() -> None:
    root, (finding,) = read("a: 1\nb:\n  c: 1\n  c: 2\n")
    assert plain(root) == {"a": "1", "b": {"c": "1"}}
    assert finding.notes[0].location == Location("site.yaml", 3, 3)


def test_all_mistakes_that_leave_a_tree_are_told_in_one_pass() -> None:
    checks = [check for _, _, check in told("a: &x 1\na: 2\nb: *x\nc: !t d\n---\ne: 1\n")]
    assert checks == [
        "yaml-alias",
        "duplicate-key",
        "yaml-alias",
        "yaml-tag",
        "yaml-several-documents",
    ]


@pytest.mark.usefixtures("any_parser")
def test_twenty_levels_are_allowed_and_no_more() -> None:
    assert told("a: " + "[" * 19 + "]" * 19 + "\n") == []
    assert told("a: " + "[" * 20 + "]" * 20 + "\n") == [(1, 23, "yaml-too-deep")]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "a: " + "[" * 100_000 + "]" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "- ? " * 100_000,
        "\n".join(" " * i + "a:" for i in range(1_400)),
        "\n".join(" " * i + "-" for i in range(1_400)),
    ],
    ids=["lists", "mappings", "closed", "dashes", "keys", "both", "indented", "indented-dashes"],
)
@pytest.mark.usefixtures("any_parser")
def test_deep_nesting_is_a_finding(text: str) -> None:
    assert [check for _, _, check in told(text)] == ["yaml-too-deep"]


def test_an_empty_file_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    assert read(b"\xef\xbb\xbf# nothing\n\n")[1] == []
    with pytest.raises(ImportError):
        read("a: 1\n")


WORDS = """a b : , [ ] { } &x *x !t ' " # | > % @ --- ... ~ \\ é << - ?"""
SPACES = [": ", "- ", "? ", " ", "\n", "\n  ", "\t", "---\n", "...\n", "\0"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split() + SPACES), max_size=40).map("".join))
@example('a: "\\')
def test_any_yaml_like_text_ends_in_a_tree_or_findings(text: str) -> None:
    root, findings = read(text)
    assert root is not None or findings
    lines = text.count("\n") + 1
    assert all(0 <= f.location.line <= lines and f.message.isprintable() for f in findings)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_tree_or_findings(data: bytes) -> None:
    root, findings = read(data)
    assert root is not None or findings
