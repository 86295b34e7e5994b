"""How many decisions a core makes in a second: from coins and prices to hold, or to an order."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import cycle, islice
from math import ceil, floor

from bot.domain.account import Quote
from bot.domain.decision import Adjust, decide
from bot.domain.exposure import Exposure, assess
from bot.domain.judgement import Circumstances, HedgePlan, judge, liquidation_after
from bot.domain.limits import Approved, GuardFacts, RiskLimits, TradingState, review
from bot.domain.margin import LiquidationPrice
from bot.domain.orders import OrderIntent
from tests.benchmarks.measure import Effort, Row, Unit, cpu_rate, in_turn, row
from tests.kit.domain import a_band, a_plan, a_quote, an_execution

REQUIRED_PER_S = 100_000.0
DECISIONS = 20_000
FLOAT_LOOP = "the same rule in plain floats"

PLAN: HedgePlan = a_plan(
    band=a_band("0.0025", "0.00125", 100),
    execution=an_execution(max_slippage="0.005", max_slice_usd=100_000),
    limits=RiskLimits(
        max_order_usd=Decimal(250_000),
        max_short_usd=Decimal(2_000_000),
        max_orders_per_hour=60,
        max_turnover_usd_per_day=Decimal(5_000_000),
        min_liquidation_distance=Decimal("0.25"),
        max_price_deviation=Decimal("0.02"),
    ),
    leverage=3,
)
PRICES = [48_000 + 731 * step for step in range(32)]
QUOTES = [a_quote(price, index=Decimal(price) - 7, spread="0.1") for price in PRICES]
SHORT_USD, COINS_SOLD, WALLET_COIN = Decimal(480_000), Decimal(8), Decimal(4)
ENOUGH_COIN, MORE_COIN = Decimal("4.0008"), Decimal("4.4")
"""Coins beside the margin wallet with which the short is right, and with which it is too small."""


def measure(effort: Effort) -> list[Row]:
    """Decisions that hold, that adjust and are reviewed, and that end in a whole order."""
    count = effort.times(DECISIONS)
    lines = (
        ("decision-hold", "decision: hold", judge_all, ENOUGH_COIN, REQUIRED_PER_S),
        ("decision-adjust", "decision: adjust, reviewed", review_all, MORE_COIN, REQUIRED_PER_S),
        ("decision-order", "the same, its order sized and named", judge_all, MORE_COIN, None),
    )
    rows = []
    for name, what, decide_all, outside_coin, required in lines:
        exact = partial(decide_all, outside_coin, count)
        plain = partial(in_floats, float(outside_coin), count)
        if (exact() > 0) is not (plain() > 0):
            raise AssertionError(f"{name}: the float loop is not the same rule")
        figures = in_turn(
            partial(cpu_rate, exact, count), partial(cpu_rate, plain, count), effort.rounds
        )
        rows.append(row(name, what, Unit.PER_S, figures, beside=FLOAT_LOOP, required=required))
    return rows


def judge_all(outside_coin: Decimal, count: int) -> int:
    """Assess and judge so many times; how many orders came of it and were approved."""
    approved, now = 0, _now(outside_coin)
    for quote in islice(cycle(QUOTES), count):
        exposure = _assess(outside_coin, quote.mark_usd, quote.index_usd)
        approved += isinstance(judge(PLAN, exposure, quote, now).verdict, Approved)
    return approved


def review_all(outside_coin: Decimal, count: int) -> int:
    """Assess, decide and review a given order so many times; how many were approved."""
    approved, now = 0, _now(outside_coin)
    orders = [(quote, *_order_at(outside_coin, quote)) for quote in QUOTES]
    for quote, intent, liquidation in islice(cycle(orders), count):
        exposure = _assess(outside_coin, quote.mark_usd, quote.index_usd)
        decision = decide(exposure, PLAN.policy, base_coin=now.base_coin, pursuit=now.pursuit)
        if isinstance(decision, Adjust):
            facts = GuardFacts(
                state=now.state,
                exposure=exposure,
                contract_usd=PLAN.instrument.contract_usd,
                bid_usd=quote.bid_usd,
                ask_usd=quote.ask_usd,
                liquidation_after=liquidation,
                orders_last_hour=now.orders_last_hour,
                turnover_last_day_usd=now.turnover_last_day_usd,
            )
            approved += isinstance(review(intent, PLAN.limits, facts), Approved)
    return approved


def in_floats(outside_coin: float, count: int) -> int:
    """The rule of a full hedge with band, sizing and limits as one would jot it down."""
    approved = 0
    short_usd, cost, wallet = float(SHORT_USD), float(COINS_SOLD), float(WALLET_COIN)
    prices = [
        (float(q.mark_usd), float(q.index_usd), float(q.bid_usd or 0), float(q.ask_usd or 0))
        for q in QUOTES
    ]
    for mark, index, bid, ask in islice(cycle(prices), count):
        short_coin = short_usd / mark
        equity = outside_coin + wallet + short_coin - cost
        delta = equity - short_coin
        gap = delta * mark
        exposed = gap + short_usd
        outer = max(0.0025 * exposed, 100.0)
        if abs(gap) <= outer:
            continue
        trade = gap - 0.00125 * exposed if gap > 0 else gap + 0.00125 * exposed
        price = bid if trade > 0 else ask
        contracts = floor(min(abs(trade) * price / mark / 1.0005 + 50, 100_000) / 100)
        limit = ceil(mark * 0.995 * 10) / 10
        after_usd = short_usd + contracts * 100
        after_cost = cost + contracts * 100 / price
        liquidation = after_usd * 0.995 / (after_cost - wallet + 0.0005 * contracts * 100 / price)
        approved += (
            bid <= ask
            and limit <= mark
            and contracts * 100 <= min(250_000, delta * bid + 50)
            and after_usd <= 2_000_000
            and abs(mark / index - 1) <= 0.02
            and abs(bid / mark - 1) <= 0.02
            and liquidation / mark - 1 >= 0.25
        )
    return approved


def _assess(outside_coin: Decimal, mark_usd: Decimal, index_usd: Decimal) -> Exposure:
    return assess(
        outside_coin=outside_coin,
        wallet_coin=WALLET_COIN,
        face_usd=-SHORT_USD,
        coin_cost=-COINS_SOLD,
        mark_usd=mark_usd,
        index_usd=index_usd,
    )


def _now(outside_coin: Decimal) -> Circumstances:
    return Circumstances(cycle=1, state=TradingState.ACTIVE, base_coin=outside_coin + WALLET_COIN)


def _order_at(outside_coin: Decimal, quote: Quote) -> tuple[OrderIntent, LiquidationPrice | None]:
    """The order that is right at a quote, and where its position would be liquidated."""
    exposure = _assess(outside_coin, quote.mark_usd, quote.index_usd)
    intent = judge(PLAN, exposure, quote, _now(outside_coin)).intent
    if intent is None:
        raise AssertionError(f"nothing is to be traded at {quote.mark_usd} USD")
    price_usd = quote.mark_usd if quote.bid_usd is None else quote.bid_usd
    return intent, liquidation_after(PLAN, exposure, intent, price_usd=price_usd)
