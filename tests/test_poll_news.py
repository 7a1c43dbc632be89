"""What is told, when it is told again, and when it is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.poll.news import (
    BUILD,
    EDIT,
    UPDATE,
    Memory,
    Told,
    Trouble,
    memory_text,
    parse_memory,
    tell,
)

NOW, HOUR, DAY = 1_800_000_000, 3600, 86_400
KINDS = (BUILD, UPDATE, EDIT)


def told(memory: Memory, text: str, *, after: int = 0, kind: str = BUILD) -> tuple[str, Memory]:
    troubles = [Trouble(kind, text, 1)] if text else []
    return tell(memory, troubles, looked=[kind], now=NOW + after)


@pytest.mark.parametrize(("kind", "again"), [(BUILD, HOUR), (UPDATE, DAY), (EDIT, DAY)])
def test_a_trouble_is_told_again_after_its_time(kind: str, again: int) -> None:
    said, memory = told({}, "it fails", kind=kind)
    assert said == "zonebuild poll: it fails\n"
    assert told(memory, "it fails", after=again - 1, kind=kind) == ("", memory)
    said, memory = told(memory, "it fails", after=again, kind=kind)
    assert said.endswith(": it fails\n")
    assert told(memory, "it fails", after=again + 1, kind=kind)[0] == ""


NEXT = {
    "the same": ("a\nb", ""),
    "less of it": ("a", ""),
    "one line more": ("a\nb\nc", "zonebuild poll: a\nb\nc\n"),
}


@pytest.mark.parametrize(("text", "said"), NEXT.values(), ids=NEXT)
def test_only_new_lines_are_told_at_once(text: str, said: str) -> None:
    _, memory = told({}, "a\nb")
    assert told(memory, text, after=60)[0] == said


def test_numbers_make_a_line_new_only_where_they_name_a_place() -> None:
    _, memory = told({}, "held by pid 17\nprimary/a:57:1: error: x [y]")
    assert told(memory, "held by pid 18\nprimary/a:57:1: error: x [y]", after=60)[0] == ""
    assert told(memory, "held by pid 18\nprimary/a:58:1: error: x [y]", after=60)[0] != ""


def test_the_end_is_told_in_one_line() -> None:
    _, memory = told({}, "it fails\nin two lines")
    said, memory = told(memory, "", after=3 * HOUR)
    assert said == "zonebuild poll: all is well again after 3 h; this is over: it fails\n"
    assert memory == {}


def test_a_trouble_that_was_not_looked_for_is_not_over() -> None:
    _, memory = told({}, "edited", kind=EDIT)
    assert tell(memory, [], looked=[BUILD], now=NOW) == ("", memory)


def test_a_clock_set_back_keeps_nothing_silent() -> None:
    _, memory = told({}, "it fails")
    assert told(memory, "it fails", after=-HOUR)[0] != ""


TOLD = st.builds(Told, st.integers(), st.integers(), st.text(), st.lists(st.text()).map(tuple))


@given(st.dictionaries(st.sampled_from(KINDS), TOLD))
def test_what_is_remembered_is_read_again(memory: dict[str, Told]) -> None:
    assert parse_memory(memory_text(memory)) == memory


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "7", '{"build": 7}', '{"build": {"since": "x"}}', "[" * 10_000, "null"],
)
def test_a_damaged_memory_is_none(text: str) -> None:
    assert parse_memory(text) == {}
