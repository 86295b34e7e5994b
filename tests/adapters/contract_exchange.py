"""What every exchange adapter must do: one suite over the three ports, run by each adapter's tests.

Derive a test class from :class:`ExchangeContract` and give it a ``doors`` fixture: a calm market,
whole contracts, and an account that is flat, has no orders and has coins in its margin wallet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest

from bot.domain.account import Balance, Quote, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import (
    FillCause,
    OrderIntent,
    OrderReport,
    OrderStatus,
    Side,
    TimeInForce,
    signed_filled,
)
from bot.domain.quantities import ClientOrderId
from bot.errors import DuplicateClientId, InsufficientMargin, OrderNotFound, Refused
from bot.ports import AccountReader, Clock, DeadManSwitch, MarketData, OrderGateway

_ids = count(1)


@dataclass(frozen=True, slots=True)
class Doors:
    """One account of one venue, seen through the ports."""

    reader: AccountReader
    market: MarketData
    gateway: OrderGateway
    clock: Clock
    symbol: str = "BTC/USD:BTC"
    account: str = "main"

    async def instrument(self) -> InversePerpetual:
        """The contract that the tests trade."""
        return next(i for i in await self.market.instruments() if i.symbol == self.symbol)

    async def quote(self) -> Quote:
        """Its quote."""
        return (await self.market.quotes([self.symbol]))[self.symbol]

    async def margin(self) -> Balance:
        """The margin wallet of its coin."""
        base = self.symbol.partition("/")[0]
        for balance in await self.reader.balances():
            if balance.wallet is Wallet.MARGIN and balance.asset == base:
                return balance
        raise AssertionError(f"the margin wallet of {base} is not listed")

    async def order(
        self,
        side: Side = Side.SELL,
        contracts: int = 5,
        *,
        limit_usd: Decimal | None = None,
        time_in_force: TimeInForce = TimeInForce.IOC,
        reduce_only: bool = False,
        order_id: str | None = None,
    ) -> Approved:
        """An order of a few contracts, at the market unless a limit is given."""
        instrument = await self.instrument()
        return Approved(
            OrderIntent(
                client_order_id=ClientOrderId(order_id or f"hhcontract{next(_ids)}"),
                bag="savings",
                account=self.account,
                symbol=self.symbol,
                side=side,
                contracts=Decimal(contracts),
                notional_usd=instrument.face_usd(Decimal(contracts)),
                limit_usd=limit_usd,
                time_in_force=time_in_force,
                reduce_only=reduce_only,
            )
        )

    async def resting(self, order_id: str | None = None) -> OrderReport:
        """A sell order well above the market, accepted."""
        instrument, quote = await self.instrument(), await self.quote()
        limit = (quote.mark_usd * 2 / instrument.tick_usd).to_integral_value() * instrument.tick_usd
        order = await self.order(limit_usd=limit, time_in_force=TimeInForce.GTC, order_id=order_id)
        return await self.gateway.submit(order)


class ExchangeContract:
    """The behaviour itself."""

    async def test_the_contract_is_on_offer_in_dollars(self, doors: Doors) -> None:
        instrument = await doors.instrument()
        assert instrument.base == doors.symbol.partition("/")[0]
        assert instrument.contract_usd > 0
        assert instrument.tick_usd > 0
        assert instrument.maintenance

    async def test_a_quote_is_fresh_and_its_sides_do_not_cross(self, doors: Doors) -> None:
        quote = await doors.quote()
        assert quote.symbol == doors.symbol
        assert quote.bid_usd is not None
        assert quote.ask_usd is not None
        assert 0 < quote.bid_usd <= quote.ask_usd
        assert quote.mark_usd > 0
        assert quote.index_usd > 0
        assert abs(doors.clock.now() - quote.at) < timedelta(minutes=1)
        assert quote.next_funding_at is not None
        assert quote.next_funding_at > doors.clock.now()

    async def test_a_symbol_without_a_market_has_no_quote(self, doors: Doors) -> None:
        quotes = await doors.market.quotes([doors.symbol, "NONE/USD:NONE"])
        assert set(quotes) == {doors.symbol}

    async def test_a_flat_account_has_no_positions_no_orders_and_nothing_bound(
        self, doors: Doors
    ) -> None:
        assert await doors.reader.positions() == ()
        assert await doors.reader.open_orders() == ()
        margin = await doors.margin()
        assert margin.total_coin > 0
        assert margin.used_coin == 0

    async def test_selling_opens_a_short_with_signed_contracts_and_face(self, doors: Doors) -> None:
        instrument = await doors.instrument()
        report = await doors.gateway.submit(await doors.order(contracts=5))
        assert report.status is OrderStatus.FILLED
        assert signed_filled(report) == -5
        assert report.average_usd is not None
        (position,) = await doors.reader.positions()
        assert position.contracts == -5
        assert position.face_usd == -5 * instrument.contract_usd
        assert abs(position.entry_usd / report.average_usd - 1) < Decimal("0.0001")
        bound = (await doors.margin()).used_coin
        assert bound is None or bound > 0

    async def test_fills_add_up_to_the_order_and_to_the_change_of_the_wallet(
        self, doors: Doors
    ) -> None:
        before, began_at = await doors.margin(), doors.clock.now()
        sold = await doors.gateway.submit(await doors.order(contracts=7))
        bought = await doors.gateway.submit(
            await doors.order(Side.BUY, contracts=3, reduce_only=True)
        )
        fills = await doors.reader.fills(doors.symbol, began_at)
        for report in (sold, bought):
            own = [f for f in fills if f.client_order_id == report.client_order_id]
            assert sum(f.contracts for f in own) == report.filled_contracts
            assert all(f.venue_order_id == report.venue_order_id for f in own)
            assert all(f.cause is FillCause.ORDER for f in own)
        assert len({f.trade_id for f in fills}) == len(fills)
        change = Decimal(0)
        for fill in fills:
            assert fill.fee_coin is not None
            assert fill.realised_coin is not None
            change += fill.realised_coin - fill.fee_coin
        after = await doors.margin()
        assert abs(after.total_coin - before.total_coin - change) < Decimal("1e-8")

    async def test_the_ledger_explains_the_change_of_the_wallet(self, doors: Doors) -> None:
        before, began_at = await doors.margin(), doors.clock.now()
        await doors.gateway.submit(await doors.order(contracts=7))
        lines = await doors.reader.ledger(began_at)
        booked = sum((e.amount_coin for e in lines if e.wallet is Wallet.MARGIN), Decimal(0))
        after = await doors.margin()
        assert abs(after.total_coin - before.total_coin - booked) < Decimal("1e-8")
        assert len({entry.entry_id for entry in lines}) == len(lines)

    async def test_fills_are_asked_for_from_a_moment_on_inclusive(self, doors: Doors) -> None:
        await doors.gateway.submit(await doors.order())
        fills = await doors.reader.fills(doors.symbol, doors.clock.now() - timedelta(hours=1))
        last = max(fill.at for fill in fills)
        assert await doors.reader.fills(doors.symbol, last)
        assert await doors.reader.fills(doors.symbol, last + timedelta(seconds=1)) == ()

    async def test_buying_all_back_leaves_no_position_and_binds_nothing(self, doors: Doors) -> None:
        await doors.gateway.submit(await doors.order(contracts=5))
        await doors.gateway.submit(await doors.order(Side.BUY, contracts=5, reduce_only=True))
        assert await doors.reader.positions() == ()
        assert (await doors.margin()).used_coin == 0

    async def test_a_reduce_only_order_with_nothing_to_reduce_is_refused(
        self, doors: Doors
    ) -> None:
        with pytest.raises(Refused):
            await doors.gateway.submit(await doors.order(Side.BUY, reduce_only=True))
        assert await doors.reader.positions() == ()

    async def test_an_order_is_found_by_our_id_and_only_by_it(self, doors: Doors) -> None:
        report = await doors.gateway.submit(await doors.order(order_id="hhfindme"))
        found = await doors.gateway.find(ClientOrderId("hhfindme"), doors.symbol)
        assert found is not None
        assert found.venue_order_id == report.venue_order_id
        assert found.status is OrderStatus.FILLED
        assert found.filled_contracts == report.filled_contracts
        assert await doors.gateway.find(ClientOrderId("hhnobody"), doors.symbol) is None

    async def test_a_client_id_is_taken_only_once(self, doors: Doors) -> None:
        await doors.resting(order_id="hhtwice")
        with pytest.raises(DuplicateClientId):
            await doors.resting(order_id="hhtwice")
        assert len(await doors.reader.open_orders()) == 1

    async def test_a_resting_order_is_listed_until_it_is_cancelled(self, doors: Doors) -> None:
        resting = await doors.resting(order_id="hhrest")
        assert resting.status is OrderStatus.OPEN
        (listed,) = await doors.reader.open_orders()
        assert listed.client_order_id == "hhrest"
        assert listed.remaining_contracts == resting.contracts
        cancelled = await doors.gateway.cancel(ClientOrderId("hhrest"), doors.symbol)
        assert cancelled.status is OrderStatus.CANCELLED
        assert await doors.reader.open_orders() == ()
        found = await doors.gateway.find(ClientOrderId("hhrest"), doors.symbol)
        assert found is not None
        assert found.status is OrderStatus.CANCELLED

    async def test_what_rests_is_cancelled_once_nothing_is_heard_for_so_long(
        self, doors: Doors
    ) -> None:
        switch = doors.gateway
        if not isinstance(switch, DeadManSwitch):
            pytest.skip("this adapter has no such switch")
        await doors.resting(order_id="hhsilent")
        await switch.cancel_all_after(doors.symbol, 0.5)
        await switch.cancel_all_after(doors.symbol, 0)  # called off
        await doors.clock.sleep(1)
        assert len(await doors.reader.open_orders()) == 1
        await switch.cancel_all_after(doors.symbol, 0.5)
        await doors.clock.sleep(1)
        assert await doors.reader.open_orders() == ()
        ended = await doors.gateway.find(ClientOrderId("hhsilent"), doors.symbol)
        assert ended is not None
        assert ended.status is OrderStatus.CANCELLED

    async def test_cancelling_what_has_ended_tells_how_it_ended(self, doors: Doors) -> None:
        await doors.gateway.submit(await doors.order(order_id="hhdone"))
        ended = await doors.gateway.cancel(ClientOrderId("hhdone"), doors.symbol)
        assert ended.status is OrderStatus.FILLED

    async def test_cancelling_what_nobody_knows_is_refused(self, doors: Doors) -> None:
        with pytest.raises(OrderNotFound):
            await doors.gateway.cancel(ClientOrderId("hhnobody"), doors.symbol)

    @pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
    async def test_an_order_that_may_not_wait_ends_unfilled_away_from_the_market(
        self, doors: Doors, time_in_force: TimeInForce
    ) -> None:
        instrument, quote = await doors.instrument(), await doors.quote()
        limit = (quote.mark_usd * 2 / instrument.tick_usd).to_integral_value() * instrument.tick_usd
        order = await doors.order(limit_usd=limit, time_in_force=time_in_force)
        try:
            report = await doors.gateway.submit(order)
        except Refused:
            assert time_in_force is TimeInForce.FOK  # some venues refuse what cannot be filled
        else:
            assert report.status.is_final
            assert report.filled_contracts == 0
        assert await doors.reader.open_orders() == ()
        assert await doors.reader.positions() == ()

    async def test_a_post_only_order_that_would_trade_is_refused(self, doors: Doors) -> None:
        instrument, quote = await doors.instrument(), await doors.quote()
        limit = (quote.mark_usd / 2 / instrument.tick_usd).to_integral_value() * instrument.tick_usd
        with pytest.raises(Refused):
            await doors.gateway.submit(
                await doors.order(limit_usd=limit, time_in_force=TimeInForce.POST_ONLY)
            )
        assert await doors.reader.positions() == ()

    async def test_an_order_that_the_wallet_cannot_carry_is_refused(self, doors: Doors) -> None:
        instrument, quote = await doors.instrument(), await doors.quote()
        margin = await doors.margin()
        worth = margin.total_coin * quote.mark_usd / instrument.contract_usd
        contracts = min(int(worth) * 200, int(instrument.max_contracts))
        with pytest.raises(InsufficientMargin):
            await doors.gateway.submit(await doors.order(contracts=contracts))
        assert await doors.reader.positions() == ()

    async def test_a_price_between_the_ticks_is_refused(self, doors: Doors) -> None:
        instrument, quote = await doors.instrument(), await doors.quote()
        with pytest.raises(Refused):
            await doors.gateway.submit(
                await doors.order(limit_usd=quote.mark_usd + instrument.tick_usd / 3)
            )
