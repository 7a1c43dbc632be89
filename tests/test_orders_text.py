"""The file of orders from the builder to the holder of keys: round trips, refusals, meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonebuild.tlsa.orders_text import HEAD, MAX_RETIRED, Orders, orders_text, read_orders
from zonebuild.tlsa.parameters import UNITS, Wrong

A, B, C = ("a" * 64, "b" * 64, "c" * 128)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(
    st.builds(
        Orders,
        st.dictionaries(st.sampled_from(list(UNITS.values())), st.frozensets(DIGESTS)),
        st.just("") | DIGESTS,
        st.booleans(),
        st.lists(DIGESTS, max_size=MAX_RETIRED).map(tuple),
    )
)
def test_what_is_written_is_read_back(orders: Orders) -> None:
    assert read_orders(orders_text(orders)) == orders


def test_the_text_is_the_one_that_is_documented() -> None:
    export = {"key": frozenset({B, A}), "certificate": frozenset[str](), "issuer": frozenset({C})}
    assert orders_text(Orders(export, A, True, (B,))).decode().splitlines() == [
        HEAD,
        "track certificate",
        "track issuer",
        f"export-issuer {C}",
        "track key",
        f"export {A}",
        f"export {B}",
        f"use {A}",
        "wants-next",
        f"retired {B}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        f"{HEAD}\n\n",
        f"{HEAD[:-1]}2\n",
        f"{HEAD}\nexport {A}\n",
        f"{HEAD}\ntrack key\ntrack key\n",
        f"{HEAD}\ntrack moon\n",
        f"{HEAD}\ntrack key\nexport {A.upper()}\n",
        f"{HEAD}\ntrack key\nexport {A} \n",
        f"{HEAD}\ntrack key\nexport-certificate {A}\n",
        f"{HEAD}\nuse {A}\nuse {B}\n",
        f"{HEAD}\nwants-next now\n",
        f"{HEAD}\nretired x\n",
        f"{HEAD}\nburn {A}\n",
        f"{HEAD}\ntrack key\nexport {A}",
    ],
)
def test_what_is_not_understood_permits_nothing(text: str) -> None:
    assert isinstance(read_orders(text.encode()), Wrong)


def test_octets_of_any_kind_are_refused() -> None:
    assert isinstance(read_orders(b"\xff\x00" * 40), Wrong)


def test_a_chain_goes_out_only_where_every_track_lets_it() -> None:
    orders = Orders({"key": frozenset({A}), "certificate": frozenset({B})})
    assert orders.may_export({"key": A, "certificate": B, "issuer": C})
    assert not orders.may_export({"key": A, "certificate": A})
    assert not orders.may_export({"key": A})
    assert not Orders({"key": frozenset()}).may_export({"key": A})
    assert Orders().may_export({"key": A})


def test_a_key_is_used_where_it_is_named_or_where_none_is_listed() -> None:
    assert Orders({"key": frozenset()}, use=A).may_use(A)
    assert not Orders({"key": frozenset({A})}, use=A).may_use(B)
    assert not Orders({"key": frozenset({A})}).may_use(A)
    assert Orders({"certificate": frozenset({A})}).may_use(B)


def test_only_the_last_retired_keys_are_told() -> None:
    retired = tuple(f"{number:064x}" for number in range(MAX_RETIRED + 4))
    told = read_orders(orders_text(Orders(retired=retired)))
    assert isinstance(told, Orders)
    assert told.retired == retired[4:]
