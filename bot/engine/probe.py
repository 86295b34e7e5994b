"""A rehearsal in small of everything that the bot does with orders, each step a finding.

One smallest post-only order far from the market is placed, looked up by our id and cancelled; then
one smallest order opens a short, and another one closes it. Every order passes the guard and the
journal as any other. Never on a live account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.domain.check import Finding, failure, ok, passed
from bot.domain.judgement import HedgePlan
from bot.domain.limits import Denied
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ONE, ZERO, ClientOrderId, as_price, ceil_to, plain
from bot.domain.sizing import limit_price_usd
from bot.engine.execute import Placed, credit, uncut
from bot.engine.observe import AccountPorts
from bot.engine.probe_orders import Bench, Seen
from bot.errors import AccessDenied, ExchangeError, SnapshotError
from bot.ports import Clock, Journal

FAR: Final = Decimal("0.03")
"""How far above the mark the resting order is: venues take a limit within some five per cent."""

_STAND: Final = (OrderStatus.OPEN, OrderStatus.PARTLY_FILLED)
_AGAIN: Final = "look at the account at the venue, then run the check again"


async def probe(
    plan: HedgePlan,
    accounts: Mapping[str, AccountPorts],
    *,
    journal: Journal,
    clock: Clock,
    deadline_s: float,
    is_rehearsal: bool,
) -> tuple[Finding, ...]:
    """Send the orders of a probe for one bag and tell how each step went.

    ``accounts`` are all that the bag needs; ``is_rehearsal`` says that nothing real is traded in
    the one that is hedged with, without which nothing is sent. Once begun, a step is finished even
    where the caller is cancelled. Raises :class:`bot.errors.JournalError` alone.
    """
    subject = f"{plan.bag.name}: probe"
    if not is_rehearsal:
        return (
            failure(
                subject,
                f"not made: {plan.bag.hedge_account} is not known to be a rehearsal",
                "probe on a testnet, a demo or the simulated venue, never on a live account",
            ),
        )
    made = _Probe(Bench(plan, accounts, journal, clock, deadline_s))
    for step in (made.rest_and_cancel, made.open_and_close):
        try:
            await uncut(step())
        except (ExchangeError, SnapshotError) as error:
            made.fails("", str(error), _AGAIN)
        if not passed(made.findings):
            break  # no further order before a person has looked
    return tuple(made.findings)


@dataclass(slots=True)
class _Probe:
    bench: Bench
    findings: list[Finding] = field(default_factory=list)

    @property
    def plan(self) -> HedgePlan:
        """What is asked for the bag."""
        return self.bench.plan

    @property
    def smallest(self) -> Decimal:
        """The contracts of the smallest order."""
        instrument = self.plan.instrument
        return ceil_to(
            max(instrument.min_contracts, instrument.lot_contracts), instrument.lot_contracts
        )

    def works(self, step: str, text: str) -> None:
        """A step went as it should."""
        self.findings.append(ok(self._subject(step), text))

    def fails(self, step: str, text: str, advice: str) -> None:
        """A step did not."""
        self.findings.append(failure(self._subject(step), text, advice))

    def _subject(self, step: str) -> str:
        return f"{self.plan.bag.name}: probe" + (f", {step}" if step else "")

    async def rest_and_cancel(self) -> None:
        """Place an order that rests, look it up, cancel it."""
        seen = await self.bench.look()
        price_usd = ceil_to(seen.quote.mark_usd * (ONE + FAR), self.plan.instrument.tick_usd)
        step = "resting order"
        intended_at = self.bench.clock.now()
        placed = await self._send(
            step, seen, Side.SELL, self.smallest, price_usd, TimeInForce.POST_ONLY
        )
        if placed is None:
            return
        if placed.status in _STAND:
            self.works(
                step,
                f"the smallest order ({plain(self.smallest)}) rests at {as_price(price_usd)} USD",
            )
        else:
            why = placed.note or "a post-only order far from the market has to rest"
            self.fails(step, f"it is {placed.status.value}: {why}", _AGAIN)
        if placed.status.is_final:
            return
        order_id, symbol = placed.client_order_id, self.plan.bag.symbol
        await self._look_up(order_id, symbol)
        try:
            ended = await self.bench.ports.gateway.cancel(order_id, symbol)
        except ExchangeError as error:
            self.fails(
                "cancel",
                f"{order_id} may still rest: {error}",
                "cancel it at the venue, or start the bot, which cancels it first of all",
            )
            return
        await credit(
            order_id,
            ended,
            intended_at,
            ports=self.bench.ports,
            journal=self.bench.journal,
            clock=self.bench.clock,
        )
        if ended.status is OrderStatus.CANCELLED and not ended.filled_contracts:
            self.works("cancel", "it was cancelled, and nothing of it had filled")
        else:
            self.fails("cancel", f"it ended as {ended.status.value}, not cancelled", _AGAIN)

    async def _look_up(self, order_id: ClientOrderId, symbol: str) -> None:
        try:
            found = await self.bench.ports.gateway.find(order_id, symbol)
        except ExchangeError as error:
            self.fails("look-up", f"the order cannot be looked up: {error}", _AGAIN)
            return
        if found is not None and found.client_order_id == order_id and found.status in _STAND:
            self.works("look-up", f"the venue knows it by our id {order_id}")
        else:
            what = "does not know it" if found is None else f"says {found.status.value}"
            self.fails(
                "look-up",
                f"asked for {order_id}, the venue {what}",
                "do not trade here: an order whose answer is lost could not be found again",
            )

    async def open_and_close(self) -> None:
        """Grow the short by the smallest order, and shrink it by as much again."""
        before = await self.bench.look()
        opened = await self._fill("open", before, Side.SELL, self.smallest)
        if not opened:
            return
        between = await self.bench.look()
        self._moved("open", before.contracts - opened, between.contracts)
        closed = await self._fill("close", between, Side.BUY, opened)
        if closed:
            after = await self.bench.look()
            self._moved("close", between.contracts + closed, after.contracts)

    async def _fill(self, step: str, seen: Seen, side: Side, contracts: Decimal) -> Decimal:
        """Trade at once and answer the contracts that filled, with a finding where not all did."""
        plan = self.plan
        price_usd = limit_price_usd(
            side, plan.instrument, seen.quote.mark_usd, plan.execution.max_slippage
        )
        placed = await self._send(step, seen, side, contracts, price_usd, TimeInForce.IOC)
        if placed is None:
            return ZERO
        filled = placed.filled_contracts
        if filled != contracts:
            self.fails(
                step,
                f"{plain(filled)} of {plain(contracts)} contracts filled, the order is "
                f"{placed.status.value}{f': {placed.note}' if placed.note else ''}",
                "look at the book: it may be empty near the mark; the journal keeps the order, "
                "and what is open now is the bag's own",
            )
        return filled

    def _moved(self, step: str, expected: Decimal, found: Decimal) -> None:
        text = f"the position is {plain(found)} contracts"
        if found == expected:
            self.works(step, f"{text}, as the order says")
        else:
            self.fails(step, f"{text}, and {plain(expected)} after this order", _AGAIN)

    async def _send(
        self,
        step: str,
        seen: Seen,
        side: Side,
        contracts: Decimal,
        price_usd: Decimal,
        time_in_force: TimeInForce,
    ) -> Placed | None:
        """Send once; None with a finding where nothing was sent."""
        try:
            placed = await self.bench.send(
                seen, side, contracts, price_usd=price_usd, time_in_force=time_in_force
            )
        except AccessDenied as error:
            self.fails(step, str(error), "permit futures trading for the key at the venue")
            return None
        if isinstance(placed, Denied):
            self.fails(
                step,
                f"the guard denies it ({placed.rule}): {placed.detail}",
                "a probe needs a contract that is not hedged yet, and limits that allow one order",
            )
            return None
        return placed
