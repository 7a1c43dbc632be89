"""Names as text: escapes decide where a label ends (RFC 1035 section 5.1)."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.checks.names import ancestors, is_below, parent_of, without_doubled_origin

LABEL = st.lists(st.sampled_from([b"a", b"b", b".", b"\\", b"*"]), min_size=1, max_size=3)
NAMES = st.lists(LABEL.map(b"".join), max_size=4).map(lambda labels: dns.name.Name([*labels, b""]))


@given(NAMES)
def test_the_parent_is_one_label_shorter(name: dns.name.Name) -> None:
    parent = name if name == dns.name.root else name.parent()
    assert parent_of(name.to_text()) == parent.to_text()


@given(NAMES, NAMES)
def test_below_means_all_labels_and_more(name: dns.name.Name, above: dns.name.Name) -> None:
    below = name.is_subdomain(above) and name != above
    assert is_below(name.to_text(), above.to_text()) == below
    assert is_below(name.to_text(), above.to_text()) == (above.to_text() in ancestors_of(name))


def ancestors_of(name: dns.name.Name) -> list[str]:
    return list(ancestors(name.to_text()))


def test_the_root_has_no_ancestors() -> None:
    assert list(ancestors(".")) == []
    assert list(ancestors("a.b.")) == ["b.", "."]


@pytest.mark.parametrize(
    ("name", "origin", "meant"),
    [
        ("www.example.org.example.org.", "example.org.", "www.example.org."),
        ("www.example.org.sub.example.org.", "sub.example.org.", "www.example.org."),
        ("example.org.example.org.", "example.org.", "example.org."),
        ("www.example.org.", "example.org.", None),
        ("www.example.net.example.org.", "example.org.", None),
        ("example.org.", "example.org.", None),
        ("www.example.org.", ".", None),
    ],
)
def test_a_doubled_origin_is_taken_off(name: str, origin: str, meant: str | None) -> None:
    assert without_doubled_origin(name, apex="example.org.", origin=origin) == meant


def test_nothing_is_doubled_in_the_root_zone() -> None:
    assert without_doubled_origin("a.org.org.", apex=".", origin=".") is None
