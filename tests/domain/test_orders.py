"""Orders: ids that are a function of the decision, and what orders and fills add up to."""

from __future__ import annotations

import string
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.orders import (
    OrderStatus,
    Side,
    client_order_id,
    is_ours,
    signed_filled,
)
from bot.domain.quantities import ClientOrderId
from tests.kit.domain import a_fill, an_order
from tests.kit.strategies import decimals

D = Decimal
Parts = tuple[str, str, str, int, Side, Decimal]
names = st.text(max_size=12)
decisions = st.tuples(
    names,
    names,
    names,
    st.integers(0, 10**9),
    st.sampled_from(Side),
    decimals("0.1", "1000000", 1),
)


def id_of(parts: Parts, origin: str = "") -> ClientOrderId:
    bag, account, symbol, cycle, side, contracts = parts
    return client_order_id(
        bag=bag,
        account=account,
        symbol=symbol,
        cycle=cycle,
        side=side,
        contracts=contracts,
        origin=origin,
    )


A_DECISION: Parts = ("savings", "main", "BTC/USD:BTC", 7, Side.SELL, D(10))


@given(decisions)
def test_the_same_decision_always_gets_the_same_id(parts: Parts) -> None:
    assert id_of(parts) == id_of(parts)


@given(decisions, st.text(min_size=1), st.text(min_size=1))
def test_two_bots_that_decide_the_same_get_ids_of_their_own(
    parts: Parts, here: str, there: str
) -> None:
    assume(here != there)
    assert len({id_of(parts), id_of(parts, here), id_of(parts, there)}) == 3
    assert id_of(parts, here) == id_of(parts, here)


def test_an_id_does_not_change_with_the_release() -> None:
    assert id_of(A_DECISION) == "hha2a8ec2ab98a88114d031232"


@given(decisions)
def test_an_id_fits_every_venue(parts: Parts) -> None:
    order_id = id_of(parts)
    assert len(order_id) <= 32
    assert set(order_id) <= set(string.ascii_lowercase + string.digits)
    assert is_ours(order_id)


@given(decisions, decisions)
def test_different_decisions_get_different_ids(one: Parts, other: Parts) -> None:
    assert (id_of(one) == id_of(other)) == (one == other)


@pytest.mark.parametrize(
    ("part", "value"),
    [(0, "spendings"), (1, "side"), (2, "ETH/USD:ETH"), (3, 8), (4, Side.BUY), (5, D(11))],
)
def test_an_id_changes_with_every_single_part(part: int, value: object) -> None:
    parts: list[object] = list(A_DECISION)
    parts[part] = value
    assert id_of(tuple(parts)) != id_of(A_DECISION)  # type: ignore[arg-type]


def test_names_that_run_into_each_other_are_kept_apart() -> None:
    together = ("a|b", "c", "BTC/USD:BTC", 1, Side.SELL, D(1))
    apart = ("a", "b|c", "BTC/USD:BTC", 1, Side.SELL, D(1))
    assert id_of(together) != id_of(apart)


def test_the_way_a_size_is_written_does_not_change_the_id() -> None:
    assert id_of((*A_DECISION[:5], D("10.00"))) == id_of((*A_DECISION[:5], D("1E+1")))


@pytest.mark.parametrize("order_id", [None, "", "web_123", "x-hh"])
def test_an_id_of_somebody_else_is_not_ours(order_id: str | None) -> None:
    assert not is_ours(order_id)


def test_only_what_can_change_no_more_is_final() -> None:
    final = {status for status in OrderStatus if status.is_final}
    assert final == {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
    }


def test_a_sale_takes_contracts_away_and_a_purchase_adds_them() -> None:
    assert (Side.SELL.sign, Side.BUY.sign) == (-1, 1)
    assert a_fill(side=Side.SELL, contracts=3).signed_contracts == D(-3)
    assert a_fill(side=Side.BUY, contracts=3).signed_contracts == D(3)


def test_a_report_knows_what_is_filled_and_what_remains() -> None:
    report = an_order(OrderStatus.PARTLY_FILLED, side=Side.SELL, contracts=10, filled=4)
    assert report.remaining_contracts == D(6)
    assert signed_filled(report) == D(-4)
    assert signed_filled(an_order(OrderStatus.OPEN)) == D(0)
