"""What is read of an OKX account: coins, positions, trades, bookings, contracts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import AccountSpec, Deposit, ManualTrade, PriceMove
from bot.domain.account import EntryKind, MarginMode, Wallet
from bot.domain.orders import FillCause, Side
from bot.errors import (
    InsufficientMargin,
    MalformedReport,
    OutcomeUnknown,
    Refused,
)
from tests.adapters.ccxt.okx.opened import (
    POSITION,
    START,
    at_market,
    enveloped,
    offering,
    opened,
    swap,
)
from tests.kit.okx_wire import SWAP, OkxWire, an_okx_wire
from tests.kit.simulator import a_venue_spec, an_account


async def test_a_short_of_3000_usd_at_60000_is_minus_3000_usd_and_a_twentieth_of_a_coin(
    wire: OkxWire,
) -> None:
    async with opened(wire) as account:
        await account.submit(at_market(contracts=30))
        (position,) = await account.positions()
    assert position.face_usd == -3_000
    assert position.contracts == -30
    assert position.face_usd / position.mark_usd == Decimal("-0.05")
    assert abs(position.entry_usd - 60_000) < 1
    assert position.margin_mode is MarginMode.CROSS
    assert position.leverage == 5


async def test_the_trading_account_is_counted_once_as_margin(wire: OkxWire) -> None:
    async with opened(wire) as account:
        (trading,) = await account.balances()
    assert (trading.wallet, trading.asset) == (Wallet.MARGIN, "BTC")
    assert trading.total_coin == 10
    assert trading.used_coin == 0
    for wallets in ({Wallet.SPOT}, {Wallet.MARGIN}):
        async with opened(wire, wallets=frozenset(wallets)) as account:
            assert [b.wallet for b in await account.balances()] == [Wallet.MARGIN]


async def test_coins_that_come_to_spot_are_in_the_trading_account_too(wire: OkxWire) -> None:
    async with opened(wire) as account:
        since = datetime.now(UTC)
        wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(2)))
        (trading,) = await account.balances()
        entries = await account.ledger(since)
    assert trading.total_coin == 12
    (entry,) = entries
    assert entry.kind is EntryKind.TRANSFER
    assert entry.amount_coin == 2


async def test_the_funding_account_is_read_where_it_is_in_use_and_coins_move_both_ways() -> None:
    accounts = (
        AccountSpec(
            "main", ((Wallet.MARGIN, "BTC", Decimal(5)), (Wallet.FUNDING, "BTC", Decimal(1)))
        ),
    )
    wallets = frozenset({Wallet.MARGIN, Wallet.FUNDING})
    async with (
        an_okx_wire(a_venue_spec(accounts=accounts)) as wire,
        opened(wire, wallets=wallets) as account,
    ):

        async def held() -> dict[Wallet, Decimal]:
            return {b.wallet: b.total_coin for b in await account.balances()}

        assert await held() == {Wallet.MARGIN: 5, Wallet.FUNDING: 1}
        await account.transfer("BTC", Decimal("0.123456789"), Wallet.FUNDING, Wallet.MARGIN)
        assert (await held())[Wallet.FUNDING] == Decimal("0.876543211")
        await account.transfer("BTC", Decimal(2), Wallet.MARGIN, Wallet.FUNDING)
        assert await held() == {
            Wallet.MARGIN: Decimal("3.123456789"),
            Wallet.FUNDING: Decimal("2.876543211"),
        }
        with pytest.raises(InsufficientMargin, match="58350"):
            await account.transfer("BTC", Decimal(99), Wallet.MARGIN, Wallet.FUNDING)
        wire.seen.clear()
        for source, target, amount in [
            (Wallet.SPOT, Wallet.MARGIN, 1),
            (Wallet.EARN, Wallet.MARGIN, 1),
            (Wallet.MARGIN, Wallet.MARGIN, 1),
            (Wallet.FUNDING, Wallet.MARGIN, 0),
        ]:
            with pytest.raises(Refused):
                await account.transfer("BTC", Decimal(amount), source, target)
        assert wire.seen == []


async def test_a_transfer_without_an_id_in_its_answer_is_unknown(wire: OkxWire) -> None:
    async with opened(wire) as account:
        wire.spoilt_path = "/api/v5/asset/transfer"
        wire.spoil = enveloped([{}])
        with pytest.raises(OutcomeUnknown):
            await account.transfer("BTC", Decimal(1), Wallet.MARGIN, Wallet.FUNDING)
        assert len(wire.seen) == 1


async def test_a_wallet_of_funding_alone_has_no_contracts(wire: OkxWire) -> None:
    async with opened(wire, wallets=frozenset({Wallet.FUNDING})) as account:
        assert await account.balances() == ()
        assert await account.positions() == ()
        assert await account.open_orders() == ()
        assert await account.ledger(START) == ()
        assert await account.instruments() == ()
        assert await account.quotes([SWAP]) == {}
        assert await account.fills(SWAP, START) == ()
    assert wire.lines() == ["GET asset/balances"]


async def test_bills_of_a_trade_add_up_to_the_change_of_the_wallet(wire: OkxWire) -> None:
    async with opened(wire) as account:
        since = datetime.now(UTC)
        (before,) = await account.balances()
        await account.submit(at_market(contracts=30))
        await account.submit(at_market(Side.BUY, 10, reduce_only=True, order_id="hh0002"))
        (after,) = await account.balances()
        entries = await account.ledger(since)
        fills = await account.fills(SWAP, since)
    assert {e.kind for e in entries} == {EntryKind.FEE, EntryKind.REALISED}
    assert sum(e.amount_coin for e in entries) == after.total_coin - before.total_coin
    assert {e.symbol for e in entries} == {SWAP}
    assert all(fill.fee_coin is not None and fill.fee_coin > 0 for fill in fills)
    assert sum(fill.signed_contracts for fill in fills) == -20


async def test_long_lists_are_read_to_their_end_each_row_once(wire: OkxWire) -> None:
    trades = tuple(
        ManualTrade(0.0, "main", SWAP, side, Decimal(1)) for side in [Side.SELL, Side.BUY] * 120
    )
    async with opened(wire) as account:
        since = datetime.now(UTC)
        for trade in trades:
            wire.venue.happen(trade)
        wire.seen.clear()
        fills = await account.fills(SWAP, since)
        assert len(fills) == len({fill.trade_id for fill in fills}) == 240
        assert [fill.at for fill in fills] == sorted(fill.at for fill in fills)
        assert len(wire.seen) == 3
        assert all(fill.client_order_id is None for fill in fills)
        old = await account.fills(SWAP, since - timedelta(days=4))
        assert len(old) == 240
        assert "trade/fills-history" in wire.lines()[-1]


async def test_a_list_that_does_not_end_is_not_believed(wire: OkxWire) -> None:
    async with opened(wire) as account:
        row = {"billId": "1", "ts": "1"}

        async def page(_: object) -> object:
            return {"code": "0", "data": [row] * 100, "msg": ""}

        account.link.clients.reader.privateGetAccountBills = page
        with pytest.raises(MalformedReport, match="does not end"):
            await account.ledger(datetime.now(UTC))


async def test_a_liquidation_is_told_as_such_and_its_bills_add_up() -> None:
    spec = a_venue_spec(accounts=(an_account(spot=0, margin=1),), step_s=0.01)
    async with an_okx_wire(spec) as wire, opened(wire) as account:
        since = datetime.now(UTC)
        await account.submit(at_market(contracts=2_000))
        wire.venue.happen(PriceMove(0.0, "BTC", Decimal("0.4")))
        inside = wire.venue.account("main")  # asking over the wire would use up its limit
        while await inside.positions():
            pass
        assert await account.positions() == ()
        fills = await account.fills(SWAP, since)
        entries = await account.ledger(since)
        left = sum(balance.total_coin for balance in await account.balances())
    assert {fill.cause for fill in fills} == {FillCause.ORDER, FillCause.LIQUIDATION}
    assert {e.kind for e in entries} == {
        EntryKind.FEE,
        EntryKind.REALISED,
        EntryKind.LIQUIDATION,
    }
    assert left == 1 + sum(e.amount_coin for e in entries)


UM = swap(instId="BTC-USD_UM-SWAP", uly="BTC-USD_UM", settleCcy="USD", instFamily="BTC-USD_UM")
LINEAR = swap(
    instId="BTC-USDT-SWAP", uly="BTC-USDT", settleCcy="USDT", ctType="linear", ctValCcy="BTC"
)
PREOPEN = {"instId": "ETH-USD_UM-SWAP", "instType": "SWAP", "state": "preopen"}


async def test_a_contract_is_worth_its_value_times_its_multiplier(wire: OkxWire) -> None:
    async with offering(wire, swap(ctVal="10", ctMult="10"), UM, LINEAR, PREOPEN) as account:
        (instrument,) = await account.instruments()
        assert instrument.symbol == SWAP
        assert instrument.contract_usd == 100
        assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (
            Decimal("0.0002"),
            Decimal("0.0005"),
        )
        assert instrument.max_contracts == 20_000
        assert instrument.funding_interval_s == 8 * 3600


@pytest.mark.parametrize("other", [UM, LINEAR, {**UM, "ctType": "inverse"}])
async def test_what_is_margined_in_dollars_is_no_hedge_and_no_position_of_ours(
    wire: OkxWire, other: dict[str, object]
) -> None:
    async with offering(wire, other) as account:
        assert await account.instruments() == ()
        wire.spoilt_path = "/api/v5/account/positions"
        row = {"instId": other["instId"], "instType": "SWAP", "pos": "-7", "posSide": "net"}
        wire.spoil = enveloped([row])
        assert await account.positions() == ()
        wire.spoil = enveloped([{**row, "instId": "XYZ-USD-SWAP"}])
        with pytest.raises(MalformedReport, match="not listed"):
            await account.positions()


@pytest.mark.parametrize("field", ["ctVal", "ctMult", "state", "tickSz"])
async def test_an_unreadable_contract_in_use_is_not_opened(wire: OkxWire, field: str) -> None:
    with pytest.raises(MalformedReport, match=field):
        async with offering(wire, swap(**{field: ""})):
            pass


async def test_a_contract_that_is_not_traded_now_is_not_offered(wire: OkxWire) -> None:
    async with offering(wire, swap(state="suspend")) as account:
        assert await account.instruments() == ()


async def test_a_position_in_isolated_margin_gets_orders_in_its_own_mode(wire: OkxWire) -> None:
    async with opened(wire) as account:
        wire.spoilt_path, wire.spoil = "/api/v5/account/positions", enveloped([POSITION])
        (position,) = await account.positions()
        assert (position.margin_mode, position.isolated_coin) == (
            MarginMode.ISOLATED,
            Decimal("0.01"),
        )
        assert position.liquidation_price is None
        wire.seen.clear()
        await account.submit(at_market())
        assert json.loads(wire.seen[0].body)[0]["tdMode"] == "isolated"


@pytest.mark.parametrize("field", ["pos", "avgPx", "markPx", "upl", "lever", "mgnMode", "posSide"])
async def test_a_position_without_one_of_its_figures_is_not_read(wire: OkxWire, field: str) -> None:
    async with opened(wire) as account:
        wire.spoilt_path, wire.spoil = (
            "/api/v5/account/positions",
            enveloped([{**POSITION, field: ""}]),
        )
        with pytest.raises(MalformedReport, match=field):
            await account.positions()


async def test_a_size_that_its_own_dollars_contradict_is_not_read(wire: OkxWire) -> None:
    async with opened(wire) as account:
        wire.spoilt_path, wire.spoil = (
            "/api/v5/account/positions",
            enveloped([{**POSITION, "notionalUsd": "30000"}]),
        )
        with pytest.raises(MalformedReport, match="notionalUsd"):
            await account.positions()


@pytest.mark.parametrize(
    "rows", [[], [{}], [{"details": [], "totalEq": "99999"}], [{"details": [{"ccy": "BTC"}]}]]
)
async def test_a_balance_with_something_missing_is_not_an_empty_one(
    wire: OkxWire, rows: list[object]
) -> None:
    async with opened(wire) as account:
        wire.spoilt_path, wire.spoil = "/api/v5/account/balance", enveloped(rows)
        with pytest.raises(MalformedReport):
            await account.balances()
