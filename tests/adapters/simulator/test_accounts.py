"""Wallets, outside events, liquidation and forced trades, as the account's owner sees them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    EventSpec,
    ManualTrade,
    Outage,
    PriceMove,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.account import Balance, EntryKind, MarginMode, PositionSide, Wallet
from bot.domain.margin import NEVER
from bot.domain.orders import FillCause, OrderStatus, Side, TimeInForce
from bot.domain.payoff import fee_coin
from bot.domain.quantities import ClientOrderId
from bot.errors import InsufficientMargin, InvalidOrder, Unavailable
from tests.kit.domain import BTC_USD, NOON
from tests.kit.simulator import Stage, a_model, a_script, a_venue_spec, an_account, an_approved

D = Decimal
BEFORE = NOON - timedelta(days=1)


async def wallets(stage: Stage) -> dict[Wallet, Balance]:
    return {balance.wallet: balance for balance in await stage.account.balances()}


async def delta_coin(stage: Stage) -> Decimal:
    """Coins left exposed, from what the ports tell: all coins and profit, less the short."""
    coins = sum((b.total_coin for b in await stage.account.balances()), D(0))
    for position in await stage.account.positions():
        coins += position.unrealised_coin + position.face_usd / position.mark_usd
    return coins


# --- wallets and their ledger -----------------------------------------------------------------

amounts = st.integers(1, 40).map(lambda tenths: D(tenths) / 10)
events: st.SearchStrategy[EventSpec] = st.one_of(
    st.builds(
        Deposit, st.just(0.0), st.just("main"), st.just("BTC"), amounts, st.sampled_from(Wallet)
    ),
    st.builds(
        Withdrawal, st.just(0.0), st.just("main"), st.just("BTC"), amounts, st.sampled_from(Wallet)
    ),
    st.builds(
        WalletTransfer,
        st.just(0.0),
        st.just("main"),
        st.just("BTC"),
        amounts,
        st.sampled_from(Wallet),
        st.sampled_from(Wallet),
    ),
    st.builds(
        ManualTrade,
        st.just(0.0),
        st.just("main"),
        st.just(BTC_USD),
        st.sampled_from(Side),
        st.integers(1, 3_000).map(D),
    ),
    st.builds(
        PriceMove, st.just(0.0), st.just("BTC"), st.integers(-60, 90).map(lambda p: D(p) / 100)
    ),
    st.builds(Deleveraging, st.just(0.0), st.just("main"), st.just(BTC_USD), amounts),
)


@pytest.mark.parametrize("mode", list(MarginMode))
@settings(max_examples=40)
@given(st.lists(st.tuples(events, st.sampled_from([0, 10, 30_000])), max_size=15))
async def test_every_wallet_is_the_sum_of_its_ledger_lines_whatever_happens(
    mode: MarginMode, story: list[tuple[EventSpec, int]]
) -> None:
    path = a_script(funding="0.0003")
    stage = Stage(a_venue_spec(path=path, accounts=(an_account(mode=mode),)))
    for event, pause in story:
        stage.venue.happen(event)
        stage.advance(pause)
    booked: dict[Wallet, Decimal] = defaultdict(Decimal)
    for entry in await stage.account.ledger(BEFORE):
        booked[entry.wallet] += entry.amount_coin
    for wallet, balance in (await wallets(stage)).items():
        assert balance.total_coin == booked[wallet]
        assert balance.total_coin >= 0 or wallet is Wallet.MARGIN
    held = await stage.account.positions()
    margin = (await wallets(stage))[Wallet.MARGIN]
    assert (margin.used_coin != 0) is bool(held)
    fills = await stage.account.fills(BTC_USD, BEFORE)
    assert sum((fill.signed_contracts for fill in fills), D(0)) == sum(
        (position.contracts for position in held), D(0)
    )


@settings(max_examples=30)
@given(st.lists(st.integers(-50, 100), min_size=1, max_size=8), st.integers(100, 4_000))
async def test_price_alone_never_changes_the_delta(moves: list[int], contracts: int) -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(margin=10),)))
    await stage.account.submit(an_approved(contracts=contracts))
    before = await delta_coin(stage)
    for move in moves:
        stage.venue.happen(PriceMove(0.0, "BTC", D(move) / 100))
        stage.advance(10)
        if not await stage.account.positions():
            return  # the price went past the liquidation
        assert abs(await delta_coin(stage) - before) < D("1e-20")


async def test_moving_coins_between_wallets_changes_neither_their_sum_nor_the_delta() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=2_000))
    before = await delta_coin(stage)
    stage.venue.happen(WalletTransfer(0, "main", "BTC", D("1.5"), Wallet.SPOT, Wallet.MARGIN))
    stage.venue.happen(WalletTransfer(0, "main", "BTC", D(2), Wallet.SPOT, Wallet.EARN))
    assert abs(await delta_coin(stage) - before) < D("1e-20")
    found = await wallets(stage)
    assert found[Wallet.SPOT].total_coin == D("1.5")
    assert found[Wallet.EARN].total_coin == 2
    lines = [e for e in await stage.account.ledger(NOON) if e.kind is EntryKind.TRANSFER]
    assert sum(line.amount_coin for line in lines) == 0


async def test_no_more_leaves_the_margin_wallet_than_positions_leave_free() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(leverage=2),)))
    await stage.account.submit(an_approved(contracts=2_500))
    free = stage.venue.simulation.holders["main"].ledger.margins["BTC"].withdrawable_coin(D(50_000))
    stage.venue.happen(WalletTransfer(0, "main", "BTC", D(100), Wallet.MARGIN, Wallet.SPOT))
    found = await wallets(stage)
    assert D(5) < found[Wallet.SPOT].total_coin <= 5 + free
    with pytest.raises(InsufficientMargin):
        await stage.account.submit(an_approved(contracts=10))


async def test_opening_balances_are_booked_before_the_start() -> None:
    stage = Stage()
    assert await stage.account.ledger(NOON) == ()
    opening = await stage.account.ledger(BEFORE)
    assert [(e.kind, e.amount_coin) for e in opening] == [(EntryKind.DEPOSIT, D(5))] * 2


async def test_a_wallet_that_was_emptied_is_still_listed() -> None:
    stage = Stage()
    stage.venue.happen(Withdrawal(0, "main", "BTC", D(5), Wallet.MARGIN))
    assert (await wallets(stage))[Wallet.MARGIN].total_coin == 0


# --- events -----------------------------------------------------------------------------------


async def test_events_of_the_script_happen_at_their_time_in_order() -> None:
    script = (
        Withdrawal(120.0, "main", "BTC", D(2)),
        Deposit(60.0, "main", "BTC", D(3)),
    )
    stage = Stage(a_venue_spec(events=script))
    stage.advance(3_600)
    lines = await stage.account.ledger(NOON)
    assert [((e.at - NOON).seconds, e.kind, e.amount_coin) for e in lines] == [
        (60, EntryKind.DEPOSIT, D(3)),
        (120, EntryKind.WITHDRAWAL, D(-2)),
    ]


async def test_a_withdrawal_takes_no_more_than_there_is() -> None:
    stage = Stage()
    stage.venue.happen(Withdrawal(0, "main", "BTC", D(70)))
    assert (await wallets(stage))[Wallet.SPOT].total_coin == 0
    assert (await stage.account.ledger(NOON))[-1].amount_coin == -5


async def test_a_manual_trade_is_a_fill_without_our_id() -> None:
    stage = Stage()
    stage.venue.happen(ManualTrade(0, "main", BTC_USD, Side.SELL, D(40)))
    (fill,) = await stage.account.fills(BTC_USD, NOON)
    assert fill.client_order_id is None
    assert fill.cause is FillCause.ORDER
    assert fill.fee_coin is not None
    (position,) = await stage.account.positions()
    assert position.contracts == -40


async def test_an_outage_answers_nobody_while_the_market_goes_on() -> None:
    stage = Stage(a_venue_spec(path=a_model(), events=(Outage(100.0, 60.0),)))
    before = (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd
    stage.advance(110)
    with pytest.raises(Unavailable):
        await stage.account.balances()
    with pytest.raises(Unavailable):
        await stage.account.submit(an_approved(order_id="hhout"))
    stage.advance(51)
    assert await stage.account.find(ClientOrderId("hhout"), BTC_USD) is None
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd != before


async def test_deleveraging_closes_part_of_the_position_at_the_given_price_without_a_fee() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=100))
    stage.venue.happen(Deleveraging(0, "main", BTC_USD, D(30), price_usd=D(49_000)))
    (position,) = await stage.account.positions()
    assert position.contracts == -70
    fill = (await stage.account.fills(BTC_USD, NOON))[-1]
    assert (fill.cause, fill.side, fill.price_usd) == (FillCause.DELEVERAGING, Side.BUY, D(49_000))
    assert fill.fee_coin == 0
    stage.venue.happen(Deleveraging(0, "main", BTC_USD, D(300)))
    assert await stage.account.positions() == ()


# --- liquidation ------------------------------------------------------------------------------


async def shorted(contracts: int, coins: str, **account: object) -> Stage:
    """A short with few coins behind it."""
    spec = an_account(spot=8, margin=coins, leverage=20, **account)  # type: ignore[arg-type]
    stage = Stage(a_venue_spec(accounts=(spec,)))
    side = "short" if spec.hedge_mode else "net"
    await stage.account.submit(an_approved(contracts=contracts, position_side=side))
    return stage


def move_to(stage: Stage, price: Decimal) -> None:
    mark = stage.venue.simulation.market.assets["BTC"].mark_usd
    stage.venue.happen(PriceMove(0, "BTC", price / mark - 1))
    stage.advance(10)


@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize("hedge_mode", [False, True])
async def test_a_short_is_liquidated_at_the_price_that_was_shown_and_not_a_tick_before(
    mode: MarginMode, hedge_mode: bool
) -> None:
    stage = await shorted(5_000, "1.5", mode=mode, hedge_mode=hedge_mode)
    (position,) = await stage.account.positions()
    price = position.liquidation_price
    assert isinstance(price, Decimal)
    tick_below = (price / D("0.1")).to_integral_value(rounding="ROUND_FLOOR") * D("0.1")
    move_to(stage, tick_below)
    assert len(await stage.account.positions()) == 1
    move_to(stage, tick_below + D("0.1"))
    assert await stage.account.positions() == ()


async def test_a_liquidation_is_told_by_a_fill_and_a_ledger_line_and_empties_the_wallet() -> None:
    stage = await shorted(5_000, "1.5")
    resting = an_approved(
        Side.BUY, 10, limit=30_000, time_in_force=TimeInForce.GTC, order_id="hhrest"
    )
    await stage.account.submit(resting)
    before = (await wallets(stage))[Wallet.MARGIN].total_coin
    move_to(stage, D(70_000))
    fill = (await stage.account.fills(BTC_USD, NOON))[-1]
    assert (fill.cause, fill.side, fill.contracts) == (FillCause.LIQUIDATION, Side.BUY, D(5_000))
    assert fill.client_order_id is None
    lines = (await stage.account.ledger(NOON))[-2:]
    assert [line.kind for line in lines] == [EntryKind.REALISED, EntryKind.LIQUIDATION]
    assert lines[0].amount_coin == fill.realised_coin
    after = (await wallets(stage))[Wallet.MARGIN]
    assert after.total_coin == before + sum(line.amount_coin for line in lines) == 0
    assert after.used_coin == 0
    assert (await wallets(stage))[Wallet.SPOT].total_coin == 8
    ended = await stage.account.find(ClientOrderId("hhrest"), BTC_USD)
    assert ended is not None
    assert ended.status is OrderStatus.EXPIRED


async def test_liquidation_looks_at_the_mark_and_only_at_the_mark() -> None:
    stage = await shorted(5_000, "1.5")
    (position,) = await stage.account.positions()
    price = position.liquidation_price
    assert isinstance(price, Decimal)
    simulation = stage.venue.simulation
    simulation.market.assets["BTC"].book.renew(price * 2)
    simulation.advance_to(simulation.now + timedelta(seconds=5))
    assert len(await stage.account.positions()) == 1


async def test_a_short_with_all_its_coins_behind_it_shows_that_it_is_never_liquidated() -> None:
    stage = Stage(a_venue_spec(accounts=(an_account(margin=10, leverage=1),)))
    await stage.account.submit(an_approved(contracts=4_900))
    (position,) = await stage.account.positions()
    assert position.liquidation_price is NEVER
    move_to(stage, D(5_000_000))
    assert len(await stage.account.positions()) == 1


async def test_funding_alone_can_use_up_the_margin() -> None:
    spec = an_account(margin="0.2", leverage=50)
    stage = Stage(a_venue_spec(path=a_script(funding="-0.003"), accounts=(spec,)))
    await stage.account.submit(an_approved(contracts=4_000))
    stage.advance(24 * 3600)
    assert len(await stage.account.positions()) == 1
    stage.advance(48 * 3600)
    assert await stage.account.positions() == ()
    assert (await stage.account.fills(BTC_USD, NOON))[-1].cause is FillCause.LIQUIDATION


async def test_more_coins_in_the_wallet_move_the_liquidation_away() -> None:
    stage = await shorted(5_000, "1.5")
    first = (await stage.account.positions())[0].liquidation_price
    stage.venue.happen(WalletTransfer(0, "main", "BTC", D(1), Wallet.SPOT, Wallet.MARGIN))
    second = (await stage.account.positions())[0].liquidation_price
    assert isinstance(first, Decimal)
    assert isinstance(second, Decimal)
    assert second > first * D("1.09")


async def test_isolated_margin_shows_the_coins_that_are_bound_and_risks_only_those() -> None:
    stage = await shorted(5_000, "4", mode=MarginMode.ISOLATED)
    (position,) = await stage.account.positions()
    assert position.isolated_coin is not None
    assert abs(position.isolated_coin - D("0.5")) < D("0.001")
    fee = fee_coin(D(500_000), position.entry_usd, D("0.0005"))
    move_to(stage, D(70_000))
    left = (await wallets(stage))[Wallet.MARGIN].total_coin
    assert abs(left - (D("4") - position.isolated_coin - fee)) < D("0.0000001")


async def test_a_leg_cannot_be_reduced_by_more_than_it_holds() -> None:
    stage = await shorted(100, "4", hedge_mode=True)
    stage.venue.happen(
        ManualTrade(0, "main", BTC_USD, Side.BUY, D(500), position_side=PositionSide.SHORT)
    )
    assert await stage.account.positions() == ()
    with pytest.raises(InvalidOrder):
        await stage.account.submit(an_approved(Side.BUY, 1, position_side="short"))
