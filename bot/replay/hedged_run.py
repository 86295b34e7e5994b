"""A bag on its way through one run: what a step at a bar does, the same for every engine.

At a bar, in this order: the funding that came due, coins that came or left, liquidation if the
margin is used up at the mark, and one decision by the code that the daemon trades with. An order
fills at once, a half spread from the mark, if the margin carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.domain.account import MarginMode, Quote
from bot.domain.attribution import Attribution, Flowed, Marks
from bot.domain.decision import Pursuit, Why
from bot.domain.exposure import Exposure, assess
from bot.domain.judgement import Circumstances, judge
from bot.domain.limits import Approved, TradingState
from bot.domain.margin import initial_margin_coin
from bot.domain.orders import Side
from bot.domain.payoff import fee_coin
from bot.domain.quantities import ONE, ZERO, plain
from bot.replay.bars import Run, exact
from bot.replay.books import Books
from bot.replay.course import Outlook
from bot.replay.happened import FilledOrder, Levels, Refusal, recent_orders
from bot.replay.minding import MarginMind, Minded, is_minded
from bot.replay.request import Terms


class HedgedRun:
    """The state of a bag along a run, and what happened to it so far.

    ``skips_idle_bars``: its decisions are those of the domain, which are known to hold between two
    lines in the price; another rule is asked at every bar.
    """

    skips_idle_bars: ClassVar[bool] = True

    __slots__ = (
        "base_coin",
        "books",
        "first_refusal",
        "flows",
        "funded",
        "levels",
        "liquidations",
        "mind",
        "orders",
        "plan",
        "pursuit",
        "run",
        "settled",
        "stops",
        "terms",
    )

    def __init__(self, terms: Terms, run: Run, flows: Mapping[int, Flowed]) -> None:
        """A bag without a short before the first bar; ``flows`` are to happen at their bars.

        ``stops`` are the bars at which the course of the request has a word, ``plan`` what it
        made of the plan so far.
        """
        plan = terms.plan
        self.plan = plan
        self.stops = frozenset(terms.course.stops(run))
        margin = CoinMargin(
            plan.instrument, terms.wallet_coin, leverage=plan.leverage, mode=plan.margin_mode
        )
        self.terms = terms
        self.run = run
        self.flows = flows
        self.books = Books(terms.outside_coin, margin, self.marks(0))
        self.base_coin = terms.outside_coin + terms.wallet_coin
        self.pursuit = Pursuit.NONE
        self.mind = MarginMind(terms.movable_coin)
        self.settled = 0
        self.funded: list[tuple[int, float]] = []
        self.orders: list[FilledOrder] = []
        self.liquidations: list[int] = []
        self.first_refusal: Refusal | None = None
        self.levels = Levels()
        self._note_level(0)

    def marks(self, bar: int) -> Marks:
        """The prices of a bar, exact."""
        return Marks(self.run.spot(bar), self.run.mark(bar))

    def step(self, bar: int) -> None:
        """Everything that can happen at a bar. Funding of the bars before it is settled first."""
        self.settle_until(bar)
        marks = self.marks(bar)
        occasions: list[str] = []
        flowed = self.flows.get(bar)
        if flowed is not None:
            occasions.extend(self._flow(bar, flowed, marks))
        if self.books.margin.due(marks.mark_usd):
            self.books.liquidate(marks)
            self.liquidations.append(bar)
            self._note_level(bar)
            occasions.append("a liquidation closed the position")
        exposure = self._exposure(marks)
        if bar in self.stops:
            occasions.extend(self._turn(bar, marks, exposure))
        cap_usd = None
        if is_minded(self.plan):
            minded = self._mind(bar, exposure)
            cap_usd = minded.cap_usd
            if minded.moved_coin:
                self.books.flow(-minded.moved_coin, minded.moved_coin, marks)
                exposure = self._exposure(marks)
        self._decide(bar, marks, exposure, "; ".join(occasions), cap_usd)

    def settle_until(self, bar: int) -> None:
        """Settle the funding that comes before the decision at a bar, payment by payment."""
        due = self.run.due.item(bar)
        if self.settled == due:
            return
        books, run, settlements = self.books, self.run, self.run.settlements
        if books.futures.face_usd:
            pending = slice(self.settled, due)
            priced_at = settlements.priced_at[pending]
            for mark, spot, rate, seen_at in zip(
                run.mark_usd[priced_at].tolist(),
                run.spot_usd[priced_at].tolist(),
                settlements.rate[pending].tolist(),
                settlements.seen_at[pending].tolist(),
                strict=True,
            ):
                received_coin = books.settle_funding(exact(mark), exact(spot), exact(rate))
                self.funded.append((seen_at, float(received_coin)))
        self.settled = due

    def finish(self) -> Attribution:
        """Settle what came due until the last bar, and give the account of the run there."""
        last = len(self.run) - 1
        self.settle_until(last)
        return self.books.account(self.marks(last))

    def _flow(self, bar: int, flowed: Flowed, marks: Marks) -> list[str]:
        self.books.flow(flowed.outside_coin, flowed.wallet_coin, marks)
        self._note_level(bar)
        total = flowed.outside_coin + flowed.wallet_coin
        self.base_coin += total
        if total == ZERO:
            return []  # a transfer inside the bag is no news to it
        note = "deposit" if total > ZERO else "withdrawal"
        return [f"{note}: {plain(total)} {self.plan.bag.asset}"]

    def _exposure(self, marks: Marks) -> Exposure:
        books = self.books
        return assess(
            outside_coin=books.outside_coin,
            wallet_coin=books.margin.wallet_coin,
            face_usd=books.futures.face_usd,
            coin_cost=books.futures.coin_cost,
            mark_usd=marks.mark_usd,
            index_usd=marks.spot_usd,
        )

    def _turn(self, bar: int, marks: Marks, exposure: Exposure) -> list[str]:
        """Let the course have its word on the plan."""
        asked = self.terms.plan
        outlook = Outlook(self.run, bar, marks, exposure, self.base_coin, asked, self.plan)
        turned = self.terms.course.turn(outlook)
        self.plan = turned.plan
        return [turned.occasion] if turned.occasion else []

    def _mind(self, bar: int, exposure: Exposure) -> Minded:
        """Ask the margin controller."""
        return self.mind.look(
            self.plan,
            exposure,
            base_coin=self.base_coin,
            free_coin=self.books.margin.withdrawable_coin(exposure.mark_usd),
            half_spread=self.terms.half_spread,
            now_ms=self.run.opened_ms.item(bar),
        )

    def _decide(
        self,
        bar: int,
        marks: Marks,
        exposure: Exposure,
        occasion: str,
        cap_usd: Decimal | None,
    ) -> None:
        books, plan, half_spread = self.books, self.plan, self.terms.half_spread
        bid_usd = marks.mark_usd * (ONE - half_spread)
        ask_usd = marks.mark_usd * (ONE + half_spread)
        quote = Quote(
            symbol=plan.bag.symbol,
            at=self.run.at(bar),
            mark_usd=marks.mark_usd,
            index_usd=marks.spot_usd,
            bid_usd=bid_usd,
            ask_usd=ask_usd,
            last_usd=None,
            funding_rate=self._last_rate(),
            next_funding_at=None,
            funding_interval_s=plan.instrument.funding_interval_s,
        )
        recent = recent_orders(self.orders, self.run, bar, plan)
        isolated = plan.margin_mode is MarginMode.ISOLATED
        circumstances = Circumstances(
            cycle=bar,
            state=TradingState.ACTIVE,
            base_coin=self.base_coin,
            pursuit=self.pursuit,
            occasion=occasion,
            short_cap_usd=cap_usd,
            orders_last_hour=recent.in_an_hour,
            turnover_last_day_usd=recent.day_usd,
            isolated_coin=books.leg.isolated_coin if isolated else None,
            fees_last_day_usd=recent.day_fees_usd,
        )
        judgement = judge(plan, exposure, quote, circumstances)
        filled = ZERO
        if isinstance(judgement.verdict, Approved):
            intent = judgement.verdict.intent
            price_usd = bid_usd if intent.side is Side.SELL else ask_usd
            face_usd = intent.notional_usd * intent.side.sign
            if self.trade(bar, face_usd, price_usd, marks, judgement.decision.why):
                filled = intent.contracts
        self.pursuit = judgement.pursuit_after(filled)

    def trade(
        self, bar: int, face_usd: Decimal, price_usd: Decimal, marks: Marks, why: Why
    ) -> bool:
        """Fill an order of so many dollars (negative: sold) whole, or not at all where the margin
        cannot carry a larger short. Whether it filled."""
        plan, books = self.plan, self.books
        fee_rate = plan.instrument.taker_fee_rate
        if face_usd < ZERO:
            needed = initial_margin_coin(face_usd, price_usd, plan.leverage)
            needed += max(ZERO, fee_coin(face_usd, price_usd, fee_rate))
            available = books.margin.available_coin(marks.mark_usd)
            if needed > available:
                if self.first_refusal is None:
                    self.first_refusal = Refusal(bar, needed, available)
                return False
        books.trade(face_usd, price_usd, fee_rate, marks)
        contracts = plan.instrument.contracts(face_usd)
        self.orders.append(FilledOrder(bar, contracts, face_usd, price_usd, why))
        self._note_level(bar)
        return True

    def _last_rate(self) -> Decimal | None:
        """The last funding rate that was settled; the running one is not in a history."""
        return exact(self.run.settlements.rate.item(self.settled - 1)) if self.settled else None

    def _note_level(self, bar: int) -> None:
        self.levels.put(bar, self.books.unfunded_coin, self.books.futures.face_usd)
