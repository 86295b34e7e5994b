"""Trades, income and positions closed by force, as the simulated Binance lists them.

The venue opened ten hours ago, so there is something to tell.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.adapters.simulator.spec import Deleveraging, EventSpec, ManualTrade, PathSpec, VenueSpec
from bot.domain.account import PositionSide
from bot.domain.orders import Side
from tests.kit.simulator import a_script, a_venue_spec, an_account
from tests.kit.wire import PERP, SWAP, Wire, a_wire

INCOME, TRADES, FORCED = "/dapi/v1/income", "/dapi/v1/userTrades", "/dapi/v1/forceOrders"


def sold(contracts: int = 100, leg: PositionSide = PositionSide.NET) -> ManualTrade:
    """A short that was opened a minute after the venue."""
    return ManualTrade(60.0, "main", SWAP, Side.SELL, Decimal(contracts), leg)


def since_this_morning(
    *events: EventSpec, path: PathSpec | None = None, hedge_mode: bool = False
) -> VenueSpec:
    return a_venue_spec(
        path=a_script(funding="0.0001") if path is None else path,
        accounts=(an_account(hedge_mode=hedge_mode),),
        events=events,
        start=datetime.now(UTC) - timedelta(hours=10),
    )


async def listed(wire: Wire, path: str, **params: object) -> Any:
    return (await wire.sign("GET", path, **params)).document


async def test_the_lines_of_the_margin_wallet_add_up_to_what_is_in_it() -> None:
    async with a_wire(since_this_morning(sold())) as wire:
        rows = await listed(wire, INCOME)
        kinds = [row["incomeType"] for row in rows]
        assert kinds[:2] == ["TRANSFER", "COMMISSION"]
        assert "FUNDING_FEE" in kinds
        assert len({row["tranId"] for row in rows}) == len(rows)
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        [wallet] = (await listed(wire, "/dapi/v1/account"))["assets"]
        total = sum(Decimal(row["income"]) for row in rows)
        assert total == Decimal(wallet["walletBalance"])


async def test_funding_is_a_line_of_its_contract_that_ccxt_reads_with_its_sign() -> None:
    async with a_wire(since_this_morning(sold())) as wire:
        client = wire.client()
        await client.load_markets()
        paid = await client.fetch_funding_history(SWAP)
        assert paid
        assert all(row["code"] == "BTC" and Decimal(row["amount"]) > 0 for row in paid)
        assert {row["symbol"] for row in paid} == {SWAP}
        await client.close()


async def test_a_period_has_both_ends_and_the_oldest_lines_come_first() -> None:
    async with a_wire(since_this_morning(sold())) as wire:
        rows = await listed(wire, INCOME)
        commission = rows[1]["time"]
        later = await listed(wire, INCOME, startTime=commission)
        assert later == rows[1:]
        assert await listed(wire, INCOME, startTime=commission, endTime=commission) == rows[1:2]
        assert await listed(wire, INCOME, startTime=0, limit=1) == rows[:1]
        assert await listed(wire, INCOME, limit=1) == rows[-1:]
        assert await listed(wire, INCOME, startTime=rows[-1]["time"] + 1) == []
        said = await wire.sign("GET", INCOME, startTime=10**17)
        assert (said.status, said.code) == (400, -1130)


async def test_trades_are_listed_from_an_id_by_order_and_by_time(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    since = client.milliseconds() - 60_000
    placed = [
        await client.create_order(SWAP, "market", side, "10") for side in ("sell", "buy", "sell")
    ]
    ids = [order["id"] for order in placed]
    trades = await client.fetch_my_trades(SWAP, since)
    assert [trade["order"] for trade in trades] == ids
    assert [trade["side"] for trade in trades] == ["sell", "buy", "sell"]
    assert {trade["takerOrMaker"] for trade in trades} == {"taker"}
    assert {trade["fee"]["currency"] for trade in trades} == {"BTC"}
    assert [row["id"] for row in await listed(wire, TRADES, symbol=PERP, fromId=2)] == [2, 3]
    assert [row["id"] for row in await listed(wire, TRADES, symbol=PERP, limit=2)] == [2, 3]
    [row] = await listed(wire, TRADES, pair="BTCUSD", orderId=ids[1])
    assert (row["id"], row["buyer"]) == (2, True)
    assert Decimal(row["realizedPnl"]) < 0
    assert (await wire.sign("GET", TRADES)).code == -1102
    await client.close()


async def test_a_liquidation_is_a_trade_a_forced_order_and_what_the_venue_kept() -> None:
    path = a_script((0.0, 50_000), (7_200.0, 50_000), (10_800.0, 80_000))
    async with a_wire(since_this_morning(sold(10_000), path=path)) as wire:
        [forced] = await listed(wire, FORCED, symbol=PERP)
        assert forced["clientOrderId"].startswith("autoclose-")
        assert (forced["side"], forced["executedQty"]) == ("BUY", "10000")
        trades = await listed(wire, TRADES, symbol=PERP)
        assert trades[-1]["orderId"] == forced["orderId"]
        kinds = [row["incomeType"] for row in await listed(wire, INCOME, symbol=PERP)]
        assert kinds[-2:] == ["REALIZED_PNL", "INSURANCE_CLEAR"]
        [row] = await listed(wire, "/dapi/v1/positionRisk")
        assert row["positionAmt"] == "0"
        assert await listed(wire, FORCED, autoCloseType="ADL") == []


async def test_two_legs_that_are_liquidated_at_once_are_two_orders() -> None:
    path = a_script((0.0, 50_000), (7_200.0, 50_000), (10_800.0, 100_000))
    legs = (
        sold(10_000, PositionSide.SHORT),
        ManualTrade(60.0, "main", SWAP, Side.BUY, Decimal(10), PositionSide.LONG),
    )
    async with a_wire(since_this_morning(*legs, path=path, hedge_mode=True)) as wire:
        forced = await listed(wire, FORCED, symbol=PERP)
        assert {row["positionSide"] for row in forced} == {"LONG", "SHORT"}
        assert len({row["orderId"] for row in forced}) == 2


async def test_deleveraging_is_told_apart_from_liquidation() -> None:
    async with a_wire(since_this_morning(sold(leg=PositionSide.SHORT), hedge_mode=True)) as wire:
        assert await listed(wire, FORCED) == []
        leg = PositionSide.SHORT
        wire.venue.happen(Deleveraging(0.0, "main", SWAP, Decimal(40), position_side=leg))
        [forced] = await listed(wire, FORCED, autoCloseType="ADL")
        assert (forced["clientOrderId"], forced["positionSide"]) == ("adl_autoclose", "SHORT")
        assert abs(forced["time"] - time.time() * 1_000) < 60_000
        assert (await wire.sign("GET", FORCED, autoCloseType="OTHER")).code == -1130
