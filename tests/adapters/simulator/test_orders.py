"""Orders on the simulated venue: what trades at once, what rests, what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.simulator.contracts import BTC_BOOK, BTC_PERPETUAL
from bot.domain.account import EntryKind, PositionSide
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import InsufficientMargin, InvalidOrder
from tests.kit.domain import BTC_USD, NOON
from tests.kit.simulator import (
    Stage,
    a_market,
    a_script,
    a_venue_spec,
    an_account,
    an_approved,
)

D = Decimal


async def test_a_small_order_trades_at_the_touch_and_a_large_one_walks_the_book() -> None:
    stage = Stage()
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    small = await stage.account.submit(an_approved(contracts=600))
    assert small.average_usd == quote.bid_usd
    stage.advance(10)
    large = await stage.account.submit(an_approved(contracts=6_000))
    assert large.average_usd is not None
    assert quote.bid_usd is not None
    cost_bps = (1 - large.average_usd / quote.bid_usd) * 10_000
    assert 1 < cost_bps < 3


async def test_what_is_taken_comes_back_with_the_next_step() -> None:
    stage = Stage()
    first = await stage.account.submit(an_approved(contracts=600))
    second = await stage.account.submit(an_approved(contracts=600))
    assert second.average_usd is not None
    assert first.average_usd is not None
    assert second.average_usd < first.average_usd
    stage.advance(10)
    third = await stage.account.submit(an_approved(contracts=600))
    assert third.average_usd == first.average_usd


async def test_an_order_finds_what_earlier_ones_in_the_step_have_left() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=1_000))  # levels of 600 and 680
    await stage.account.submit(an_approved(contracts=300))
    prices = [(f.price_usd, f.contracts) for f in await stage.account.fills(BTC_USD, NOON)]
    bid, second = prices[0][0], prices[1][0]
    assert second == (bid * (1 - D("0.00005"))).quantize(D("0.1"), rounding="ROUND_FLOOR")
    assert prices[:3] == [(bid, D(600)), (second, D(400)), (second, D(280))]
    assert prices[3][1] == 20


async def test_the_average_price_is_dollars_over_coins() -> None:
    stage = Stage()
    report = await stage.account.submit(an_approved(contracts=3_000))
    fills = await stage.account.fills(BTC_USD, NOON)
    assert len(fills) > 1
    coins = sum((fill.face_usd / fill.price_usd for fill in fills), D(0))
    assert report.average_usd == (300_000 / coins).quantize(D("1e-10"))


async def test_a_market_order_beyond_the_book_trades_what_there_is_and_ends() -> None:
    book = replace(BTC_BOOK, levels=2)
    account = an_account(margin=100)
    stage = Stage(a_venue_spec(markets=(a_market(book=book),), accounts=(account,)))
    report = await stage.account.submit(an_approved(contracts=2_000))
    assert report.status is OrderStatus.EXPIRED
    assert report.filled_contracts == 600 + 680


async def test_an_ioc_order_trades_down_to_its_limit_and_the_rest_ends() -> None:
    stage = Stage()
    bid = (await stage.account.quotes([BTC_USD]))[BTC_USD].bid_usd
    report = await stage.account.submit(an_approved(contracts=900, limit=bid))
    assert (report.status, report.filled_contracts) == (OrderStatus.EXPIRED, D(600))
    assert await stage.account.open_orders() == ()


async def test_a_fok_order_trades_whole_or_not_at_all() -> None:
    stage = Stage()
    bid = (await stage.account.quotes([BTC_USD]))[BTC_USD].bid_usd
    whole = an_approved(contracts=900, limit=bid, time_in_force=TimeInForce.FOK)
    report = await stage.account.submit(whole)
    assert (report.status, report.filled_contracts) == (OrderStatus.EXPIRED, D(0))
    fitting = an_approved(contracts=600, limit=bid, time_in_force=TimeInForce.FOK)
    assert (await stage.account.submit(fitting)).status is OrderStatus.FILLED


async def test_a_gtc_order_takes_what_it_crosses_and_rests_with_the_rest() -> None:
    stage = Stage()
    bid = (await stage.account.quotes([BTC_USD]))[BTC_USD].bid_usd
    order = an_approved(contracts=900, limit=bid, time_in_force=TimeInForce.GTC)
    report = await stage.account.submit(order)
    assert (report.status, report.filled_contracts) == (OrderStatus.PARTLY_FILLED, D(600))
    (resting,) = await stage.account.open_orders()
    assert resting.remaining_contracts == 300


async def test_a_resting_order_fills_as_a_maker_at_its_own_price_when_the_market_comes() -> None:
    stage = Stage(a_venue_spec(path=a_script((0, 50_000), (100, 51_000))))
    order = an_approved(limit=50_500, time_in_force=TimeInForce.POST_ONLY, order_id="hhmaker")
    assert (await stage.account.submit(order)).status is OrderStatus.OPEN
    stage.advance(40)
    assert await stage.account.fills(BTC_USD, NOON) == ()
    stage.advance(60)
    (fill,) = await stage.account.fills(BTC_USD, NOON)
    assert (fill.price_usd, fill.maker, fill.contracts) == (D(50_500), True, D(10))
    assert fill.fee_coin == (D(1_000) / 50_500 * D("0.0002")).quantize(D("1e-12"))
    found = await stage.account.find(ClientOrderId("hhmaker"), BTC_USD)
    assert found is not None
    assert found.status is OrderStatus.FILLED
    assert found.average_usd == 50_500


async def test_a_large_resting_order_fills_step_by_step_as_far_as_the_book_reaches() -> None:
    stage = Stage(a_venue_spec(path=a_script((0, 50_000), (10, 50_500))))
    order = an_approved(contracts=2_000, limit=50_499, time_in_force=TimeInForce.GTC)
    await stage.account.submit(order)
    seen = []
    for _ in range(6):
        stage.advance(10)
        reports = await stage.account.open_orders()
        seen.append(reports[0].filled_contracts if reports else D(2_000))
    assert seen == [600, 1_200, 1_800, 2_000, 2_000, 2_000]


async def test_two_resting_orders_share_what_the_book_has() -> None:
    stage = Stage(a_venue_spec(path=a_script((0, 50_000), (10, 50_500))))
    for order_id in ("hhfirst", "hhsecond"):
        order = an_approved(
            contracts=400, limit=50_499, time_in_force=TimeInForce.GTC, order_id=order_id
        )
        await stage.account.submit(order)
    stage.advance(10)
    fills = await stage.account.fills(BTC_USD, NOON)
    assert [(f.client_order_id, f.contracts) for f in fills] == [
        ("hhfirst", D(400)),
        ("hhsecond", D(200)),
    ]


async def test_a_resting_order_cannot_outlive_the_position_it_reduces() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=10))
    crossing = an_approved(
        Side.BUY, 25, limit=51_000, time_in_force=TimeInForce.GTC, reduce_only=True
    )
    report = await stage.account.submit(crossing)
    assert (report.status, report.filled_contracts) == (OrderStatus.EXPIRED, D(10))
    assert await stage.account.open_orders() == ()


async def test_reduce_only_never_trades_through_zero() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=10))
    report = await stage.account.submit(
        an_approved(Side.BUY, contracts=25, reduce_only=True, time_in_force=TimeInForce.IOC)
    )
    assert (report.status, report.filled_contracts) == (OrderStatus.EXPIRED, D(10))
    assert await stage.account.positions() == ()


async def test_a_reduce_only_order_on_the_wrong_side_is_refused() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=10))
    with pytest.raises(InvalidOrder, match="no position"):
        await stage.account.submit(an_approved(Side.SELL, contracts=5, reduce_only=True))


async def test_a_resting_reduce_only_order_ends_when_its_position_is_gone() -> None:
    stage = Stage(a_venue_spec(path=a_script((0, 50_000), (60, 49_000))))
    await stage.account.submit(an_approved(contracts=10))
    resting = an_approved(
        Side.BUY, 10, limit=49_500, time_in_force=TimeInForce.GTC, reduce_only=True
    )
    await stage.account.submit(resting)
    await stage.account.submit(an_approved(Side.BUY, 10, reduce_only=True))
    stage.advance(60)
    assert await stage.account.open_orders() == ()
    assert await stage.account.positions() == ()


@pytest.mark.parametrize(
    ("contracts", "limit", "says"),
    [
        ("2.5", None, "whole lots"),
        ("0", None, "whole lots"),
        ("9", None, "under 10"),
        ("1001", None, "over 1000"),
        ("10", "50000.05", "tick"),
        ("10", "-1", "tick"),
    ],
)
async def test_what_the_contract_does_not_allow_is_refused_with_the_reason(
    contracts: str, limit: str | None, says: str
) -> None:
    instrument = replace(BTC_PERPETUAL, min_contracts=D(10), max_contracts=D(1_000))
    stage = Stage(a_venue_spec(markets=(a_market(instrument=instrument),)))
    with pytest.raises(InvalidOrder, match=says):
        await stage.account.submit(an_approved(contracts=contracts, limit=limit))
    assert await stage.account.fills(BTC_USD, NOON) == ()


async def test_an_unknown_contract_is_refused() -> None:
    with pytest.raises(InvalidOrder, match="SOL"):
        await Stage().account.submit(an_approved(symbol="SOL/USD:SOL"))


async def test_leverage_decides_how_much_the_wallet_carries() -> None:
    # Five coins at 50,000 carry 250,000 dollars once, 1,250,000 five times.
    for leverage, carried, refused in ((1, 2_490, 2_510), (5, 12_400, 12_510)):
        account = an_account(leverage=leverage)
        stage = Stage(a_venue_spec(accounts=(account,)))
        with pytest.raises(InsufficientMargin):
            await stage.account.submit(an_approved(contracts=refused))
        report = await stage.account.submit(an_approved(contracts=carried))
        assert report.status is OrderStatus.FILLED


async def test_a_resting_order_binds_margin_and_a_cancelled_one_frees_it() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(leverage=1),)))
    order = an_approved(
        contracts=2_000, limit=60_000, time_in_force=TimeInForce.GTC, order_id="hhbind"
    )
    await stage.account.submit(order)
    bound = (await stage.account.balances())[1].used_coin
    assert bound == D(200_000) / 50_000
    with pytest.raises(InsufficientMargin):
        await stage.account.submit(an_approved(contracts=1_000))
    await stage.account.cancel(ClientOrderId("hhbind"), BTC_USD)
    assert (await stage.account.balances())[1].used_coin == 0
    await stage.account.submit(an_approved(contracts=1_000))


async def test_an_order_that_shrinks_the_position_needs_no_margin() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(leverage=1),)))
    await stage.account.submit(an_approved(contracts=2_480))
    report = await stage.account.submit(an_approved(Side.BUY, contracts=2_480))
    assert report.status is OrderStatus.FILLED


async def test_hedge_mode_keeps_two_legs_and_asks_for_the_leg() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(hedge_mode=True),)))
    await stage.account.submit(an_approved(contracts=10, position_side="short"))
    await stage.account.submit(an_approved(Side.BUY, contracts=4, position_side="long"))
    legs = {p.side: p.contracts for p in await stage.account.positions()}
    assert legs == {PositionSide.LONG: 4, PositionSide.SHORT: -10}
    with pytest.raises(InvalidOrder, match="long or short"):
        await stage.account.submit(an_approved(contracts=1))


async def test_in_hedge_mode_a_buy_on_the_short_leg_only_closes_it() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(hedge_mode=True),)))
    with pytest.raises(InvalidOrder, match="no position"):
        await stage.account.submit(an_approved(Side.BUY, 1, position_side="short"))
    await stage.account.submit(an_approved(contracts=10, position_side="short"))
    report = await stage.account.submit(an_approved(Side.BUY, 15, position_side="short"))
    assert report.filled_contracts == 10
    assert await stage.account.positions() == ()


async def test_one_way_mode_knows_no_legs() -> None:
    with pytest.raises(InvalidOrder, match="'short', this account has net"):
        await Stage().account.submit(an_approved(position_side="short"))


async def test_a_fee_is_booked_in_coin_for_every_fill() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=1_000))
    fills = await stage.account.fills(BTC_USD, NOON)
    fees = [e for e in await stage.account.ledger(NOON) if e.kind is EntryKind.FEE]
    assert [-entry.amount_coin for entry in fees] == [fill.fee_coin for fill in fills]
    assert all(
        fill.fee_coin == (fill.face_usd / fill.price_usd * D("0.0005")).quantize(D("1e-12"))
        for fill in fills
    )
