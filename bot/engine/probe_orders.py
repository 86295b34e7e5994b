"""Looks and orders of a probe: every order passes the guard and the journal as any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.account import Quote
from bot.domain.exposure import Exposure, assess_bag, buckets_of
from bot.domain.judgement import Circumstances, HedgePlan, guard_facts
from bot.domain.limits import Ages, Approved, Denied, review
from bot.domain.orders import OrderIntent, Side, TimeInForce, client_order_id
from bot.domain.quantities import ZERO
from bot.engine.desk import SentOrders, control_for
from bot.engine.execute import Placed, place
from bot.engine.guard_memory import DAY, fees_paid
from bot.engine.observe import AccountPorts, Look, ages_of, contracts_held, look_with_patience
from bot.ports import Clock, Journal


@dataclass(frozen=True, slots=True)
class Seen:
    """What the guard must know, from one look. ``contracts`` is the signed position."""

    exposure: Exposure
    quote: Quote
    contracts: Decimal
    isolated_coin: Decimal | None
    ages: Ages


@dataclass(frozen=True, slots=True)
class Bench:
    """The bag that is probed. ``accounts`` are all that it needs."""

    plan: HedgePlan
    accounts: Mapping[str, AccountPorts]
    journal: Journal
    clock: Clock
    deadline_s: float

    @property
    def ports(self) -> AccountPorts:
        """The doors of the account that is hedged with."""
        return self.accounts[self.plan.bag.hedge_account]

    async def look(self) -> Seen:
        """The bag as it is now. Raises what the venue raises, and ``SnapshotError``."""
        bag = self.plan.bag
        seen = await self._seen()
        if None in (seen.quotes[bag.symbol].bid_usd, seen.quotes[bag.symbol].ask_usd):
            seen = await self._seen()  # the touch may be left out of a first look
        quote = seen.quotes[bag.symbol]
        exposure = assess_bag(bag, seen.snapshots, quote, buckets_of(bag, seen.snapshots))
        legs = seen.snapshots[bag.hedge_account].position_of(bag.symbol)
        isolated = [leg.isolated_coin for leg in legs if leg.isolated_coin is not None]
        return Seen(
            exposure,
            quote,
            contracts_held(bag, seen),
            sum(isolated, ZERO) if isolated else None,
            ages_of(bag, seen, now=self.clock.now()),
        )

    async def _seen(self) -> Look:
        return await look_with_patience(
            self.accounts,
            {self.plan.bag.hedge_account: (self.plan.bag.symbol,)},
            clock=self.clock,
            deadline_s=self.deadline_s,
        )

    async def send(
        self,
        seen: Seen,
        side: Side,
        contracts: Decimal,
        *,
        price_usd: Decimal,
        time_in_force: TimeInForce,
    ) -> Placed | Denied:
        """Ask the guard and send once. Raises :class:`bot.errors.AccessDenied` and
        :class:`bot.errors.JournalError`."""
        cycle = await self.journal.last_cycle() + 1
        intent = self._intent(side, contracts, price_usd, time_in_force, cycle)
        verdict = await self._reviewed(intent, seen)
        if isinstance(verdict, Denied):
            return verdict
        return await place(
            verdict, ports=self.ports, journal=self.journal, clock=self.clock, cycle=cycle
        )

    def _intent(
        self,
        side: Side,
        contracts: Decimal,
        price_usd: Decimal,
        time_in_force: TimeInForce,
        cycle: int,
    ) -> OrderIntent:
        plan, bag = self.plan, self.plan.bag
        return OrderIntent(
            client_order_id=client_order_id(
                bag=bag.name,
                account=bag.hedge_account,
                symbol=bag.symbol,
                cycle=cycle,
                side=side,
                contracts=contracts,
            ),
            bag=bag.name,
            account=bag.hedge_account,
            symbol=bag.symbol,
            side=side,
            contracts=contracts,
            notional_usd=plan.instrument.face_usd(contracts),
            limit_usd=price_usd,
            time_in_force=time_in_force,
            reduce_only=side is Side.BUY,
            position_side="short" if plan.execution.hedge_mode else "net",
        )

    async def _reviewed(self, intent: OrderIntent, seen: Seen) -> Approved | Denied:
        plan, bag, now = self.plan, self.plan.bag, self.clock.now()
        state, _ = control_for(bag.name, await self.journal.controls(), account=bag.hedge_account)
        sent = SentOrders()
        for order in reversed(await self.journal.orders(bag=bag.name, since=now - DAY)):
            sent.add(order.intended_at, order.intent.notional_usd)
        orders, turnover_usd = sent.rates(now)
        fees = await fees_paid(plan, self.journal, now=now)
        known = Circumstances(
            cycle=0,
            state=state,
            base_coin=seen.exposure.equity_coin,
            orders_last_hour=orders,
            turnover_last_day_usd=turnover_usd,
            isolated_coin=seen.isolated_coin,
            contract_changes=self.ports.changes_of(bag.symbol),
            fees_last_day_usd=fees.last_day_usd(now),
            ages=seen.ages,
            in_doubt=tuple(
                record.intent.client_order_id
                for record in await self.journal.unsettled()
                if record.intent.symbol == bag.symbol and record.intent.account == bag.hedge_account
            ),
        )
        facts = guard_facts(
            plan,
            seen.exposure,
            seen.quote,
            known,
            intent,
            price_usd=intent.limit_usd or seen.quote.mark_usd,
        )
        return review(intent, plan.limits, facts)
