"""The venue itself, without doors: prices move, events happen, funding is settled, orders match.

Synchronous and a pure function of its spec, of what was asked of it, and when. Everything happens
on the grid of steps, so it makes no difference in what strides time comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.market import AssetMarket, Market, Move
from bot.adapters.simulator.matching import accept, match_resting, trade_by_hand
from bot.adapters.simulator.orders import Flaw, FlawedOrder, VenueOrder
from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    EventSpec,
    ManualTrade,
    Outage,
    PriceMove,
    VenueSpec,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.account import EntryKind, Wallet
from bot.domain.orders import FillCause, OrderIntent, OrderStatus, Side
from bot.domain.quantities import WALLET_GRAIN_COIN, ZERO, ClientOrderId, book_coin, floor_to
from bot.errors import OrderNotFound


class Simulation:
    """Market, accounts and what happens to them, from ``started_at`` on.

    ``changes`` counts every change of an account, so that a caller sees whether there was one.
    """

    def __init__(self, spec: VenueSpec, started_at: datetime) -> None:
        self.spec = spec
        self.now = started_at
        self.changes = 0
        self.orders_taken = 0
        self.silent_until: datetime | None = None
        self._united = False
        self.market = Market(
            spec.markets, seed=spec.seed, step_s=spec.step_s, started_at=started_at
        )
        markets = {market.instrument.base: market for market in spec.markets}
        self.holders = {account.name: Holder(account, markets) for account in spec.accounts}
        planned: list[Move] = []
        self._script: list[tuple[int, EventSpec]] = []
        for event in spec.events:
            if isinstance(event, PriceMove):
                planned.append(self._move(event, self.market.step_from(event.at_s)))
            else:
                self._script.append((self.market.step_from(event.at_s), event))
        self._script.sort(key=lambda due: due[0])
        self.events_done = 0
        self.countdowns: dict[tuple[str, str], datetime] = {}
        self.market.plan(planned)

    def open(self) -> None:
        """Book what the accounts hold, one step before the start, and begin."""
        for holder in self.holders.values():
            holder.ledger.open(self.now - timedelta(seconds=self.spec.step_s))
        self.changes += 1
        self._run_script()

    def advance_to(self, now: datetime) -> None:
        """Live through every step up to now. Time never runs backwards here."""
        if now <= self.now:
            return
        market = self.market
        last = market.step_at(now)
        while market.step < last:
            market.next_step()
            if self.countdowns:
                self._count_down(market.at())
            self._live()
        self.now = now
        if self.countdowns:
            self._count_down(now)

    def submit(self, account: str, intent: OrderIntent) -> VenueOrder:
        """Take an order in, or raise why not. See :func:`matching.accept`."""
        market = self.market.by_symbol.get(intent.symbol)
        if market is None:
            why = f"there is no contract {intent.symbol!r}"
            raise FlawedOrder(why, Flaw.NO_CONTRACT, symbol=intent.symbol)
        holder = self.holders[account]
        order = accept(holder, market, intent, str(self.orders_taken + 1), self.now)
        self.orders_taken += 1
        self.changes += 1
        self._liquidate(holder, market)
        return order

    def cancel(self, account: str, client_order_id: ClientOrderId, symbol: str) -> VenueOrder:
        """End a resting order; one that ended before stays as it is."""
        order = self.holders[account].orders.find(client_order_id)
        if order is None or order.symbol != symbol:
            raise OrderNotFound(
                f"no order {client_order_id} in {symbol}", operation="cancel", symbol=symbol
            )
        return self.cancel_order(account, order)

    def cancel_order(self, account: str, order: VenueOrder) -> VenueOrder:
        """The same for an order at hand, whoever placed it."""
        if not order.status.is_final:
            self.holders[account].orders.end(order, OrderStatus.CANCELLED, self.now)
            self.changes += 1
        return order

    def cancel_all_after(self, account: str, symbol: str, timeout_s: float) -> None:
        """Begin a countdown anew that ends every resting order in a market; 0 calls it off."""
        if symbol not in self.market.by_symbol:
            raise FlawedOrder(f"there is no contract {symbol!r}", Flaw.NO_CONTRACT, symbol=symbol)
        self.countdowns.pop((account, symbol), None)
        if timeout_s > 0:
            self.countdowns[account, symbol] = self.now + timedelta(seconds=timeout_s)
        self.changes += 1

    def _count_down(self, at: datetime) -> None:
        for (account, symbol), due in list(self.countdowns.items()):
            if at < due:
                continue
            del self.countdowns[account, symbol]
            shelf = self.holders[account].orders
            for order in list(shelf.open.values()):
                if order.symbol == symbol:
                    shelf.end(order, OrderStatus.CANCELLED, due)
            self.changes += 1

    def happen(self, event: EventSpec) -> None:
        """Let an event happen now, whatever its ``at_s`` says."""
        match event:
            case Deposit():
                self._flow(event.account, event.wallet, event.asset, event.amount_coin)
            case Withdrawal():
                self._flow(event.account, event.wallet, event.asset, -event.amount_coin)
            case WalletTransfer():
                self._transfer(event)
            case ManualTrade() | Deleveraging():
                self._foreign_trade(event)
            case PriceMove():
                self.market.add(self._move(event, self.market.step))
            case Outage():
                self.silent_until = self.now + timedelta(seconds=event.duration_s)
            case _:
                assert_never(event)
        self.changes += 1

    def unite_wallets(self) -> None:
        """Make spot and margin one wallet, as at a venue with a unified account: the coins in spot
        move over, and from now on whatever happens to spot happens to margin. Coins without a
        market have no margin wallet and stay."""
        self._united = True
        for holder in self.holders.values():
            for (wallet, asset), coins in list(holder.ledger.coins.items()):
                home = self._home(wallet, asset)
                if coins and home is not wallet:
                    holder.ledger.move(wallet, asset, EntryKind.TRANSFER, -coins, self.now)
                    holder.ledger.move(home, asset, EntryKind.TRANSFER, coins, self.now)
                    self.changes += 1

    def _home(self, wallet: Wallet, asset: str) -> Wallet:
        """The wallet that the coins of a wallet are really in."""
        moved = self._united and wallet is Wallet.SPOT and asset in self.market.assets
        return Wallet.MARGIN if moved else wallet

    def _live(self) -> None:
        """What comes with a step, in this order: events, funding, resting orders, liquidation."""
        market = self.market
        if self.events_done < len(self._script):
            self._run_script()
        for asset, own in market.assets.items():
            if market.step >= own.funding_step:
                self._settle_funding(asset, own)
        for holder in self.holders.values():
            if holder.orders.open:
                for own in market.assets.values():
                    if match_resting(holder, own, market.at()):
                        self.changes += 1
            if holder.ledger.margins:
                for own in market.assets.values():
                    self._liquidate(holder, own)

    def _run_script(self) -> None:
        script = self._script
        while self.events_done < len(script) and script[self.events_done][0] <= self.market.step:
            self.now = max(self.now, self.market.at())
            self.happen(script[self.events_done][1])
            self.events_done += 1

    def _settle_funding(self, asset: str, market: AssetMarket) -> None:
        rate = self.market.settle(market)
        if rate is None:
            return
        at = self.market.at()
        for holder in self.holders.values():
            if asset in holder.ledger.margins:
                holder.ledger.settle_funding(asset, market.mark_usd, rate, at)
                self.changes += 1

    def _liquidate(self, holder: Holder, market: AssetMarket) -> None:
        """Take what the mark price has used up; the coin's resting orders go first."""
        asset, mark_usd = market.spec.instrument.base, market.mark_usd
        margin = holder.ledger.margins.get(asset)
        if margin is None or margin.is_flat:
            return
        if not holder.reach(asset, margin, mark_usd).is_hit_by(mark_usd):
            return
        at = max(self.now, self.market.at())
        symbol = market.spec.instrument.symbol
        if not margin.due(mark_usd):
            return
        for order in list(holder.orders.open.values()):
            if order.symbol == symbol:
                holder.orders.end(order, OrderStatus.EXPIRED, at)
        self.orders_taken += 1
        holder.ledger.liquidate(asset, mark_usd, str(self.orders_taken), at)
        self.changes += 1

    def _flow(self, account: str, wallet: Wallet, asset: str, amount_coin: Decimal) -> None:
        kind, wallet = EntryKind.DEPOSIT, self._home(wallet, asset)
        if amount_coin < ZERO:
            kind = EntryKind.WITHDRAWAL
            amount_coin = max(amount_coin, -self.free_coin(account, wallet, asset))
        ledger = self.holders[account].ledger
        ledger.move(wallet, asset, kind, book_coin(amount_coin), self.now)

    def _transfer(self, event: WalletTransfer) -> None:
        source = self._home(event.source, event.asset)
        destination = self._home(event.destination, event.asset)
        if source is destination:
            return
        free = self.free_coin(event.account, source, event.asset)
        coins = book_coin(min(event.amount_coin, free))
        ledger = self.holders[event.account].ledger
        ledger.move(source, event.asset, EntryKind.TRANSFER, -coins, self.now)
        ledger.move(destination, event.asset, EntryKind.TRANSFER, coins, self.now)

    def free_coin(self, account: str, wallet: Wallet, asset: str) -> Decimal:
        """Coins that may leave a wallet, in whole grains."""
        holder = self.holders[account]
        margin = holder.ledger.margins.get(asset)
        if wallet is not Wallet.MARGIN or margin is None:
            return holder.ledger.held_coin(wallet, asset)
        mark_usd = self.market.assets[asset].mark_usd
        free = margin.withdrawable_coin(mark_usd, holder.order_margin_coin(asset, mark_usd))
        return floor_to(free, WALLET_GRAIN_COIN)

    def _foreign_trade(self, event: ManualTrade | Deleveraging) -> None:
        holder = self.holders[event.account]
        market = self.market.by_symbol[event.symbol]
        self.orders_taken += 1
        order = VenueOrder(
            venue_order_id=str(self.orders_taken),
            client_order_id=None,
            symbol=event.symbol,
            side=Side.BUY,
            position_side=event.position_side,
            contracts=event.contracts,
            limit_usd=None,
            reduce_only=False,
            status=OrderStatus.OPEN,
            updated_at=self.now,
        )
        if isinstance(event, ManualTrade):
            order.side = event.side
            trade_by_hand(holder, market, order, self.now)
            return
        margin = holder.ledger.margin_of(market.spec.instrument.base)
        held_usd = margin.legs[event.position_side].book.face_usd
        order.side = Side.BUY if held_usd < ZERO else Side.SELL
        held = market.spec.instrument.contracts(abs(held_usd))
        price_usd = market.mark_usd if event.price_usd is None else event.price_usd
        if held:
            cause = FillCause.DELEVERAGING
            contracts = min(held, event.contracts)
            holder.ledger.trade(order, contracts, price_usd, self.now, maker=None, cause=cause)

    def _move(self, event: PriceMove, from_step: int) -> Move:
        return Move(event.asset, event.share, from_step, self.market.step_from(event.over_s))
