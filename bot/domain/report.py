"""The record of a bag's cycle: the numbers that were seen, and where each of them came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.account import Quote
from bot.domain.decision import Decision
from bot.domain.exposure import Bucket, BucketKind, Exposure
from bot.domain.judgement import HedgePlan, Judgement, effective_leverage
from bot.domain.limits import Denied
from bot.domain.margin import LiquidationPrice, Never
from bot.domain.orders import Side
from bot.domain.quantities import BPS, ZERO, as_price, plain
from bot.domain.records import Action, CycleRecord, Figure, Outcome, Sight
from bot.domain.targets import describe

FIGURE_PLACES: Final = 12
"""To where a figure is written out: the grain of a wallet, finer than any price or rate."""


def sight_of(
    exposure: Exposure,
    decision: Decision,
    *,
    funding_rate: Decimal | None,
    liquidation_price: LiquidationPrice | None,
) -> Sight:
    """The numbers of a bag as they are recorded."""
    exposed_usd = exposure.exposed_usd
    return Sight(
        outside_coin=exposure.outside_coin,
        wallet_coin=exposure.wallet_coin,
        unrealised_coin=exposure.unrealised_coin,
        equity_coin=exposure.equity_coin,
        short_usd=exposure.short_usd,
        short_coin=exposure.short_coin,
        coin_cost=exposure.coin_cost,
        delta_coin=exposure.delta_coin,
        hedge_ratio=exposure.hedge_ratio,
        target_short_usd=decision.target_short_usd,
        target_ratio=decision.target_short_usd / exposed_usd if exposed_usd > ZERO else None,
        gap_usd=decision.gap_usd,
        mark_usd=exposure.mark_usd,
        index_usd=exposure.index_usd,
        basis_bps=exposure.basis / BPS,
        funding_rate=funding_rate,
        liquidation_price=liquidation_price,
        effective_leverage=effective_leverage(exposure),
    )


def action_of(judgement: Judgement) -> tuple[Action, Decimal]:
    """What a judgement asks for, and how many contracts of it."""
    intent = judgement.intent
    if intent is None:
        return Action.HOLD, ZERO
    return (Action.SELL if intent.side is Side.SELL else Action.BUY), intent.contracts


def reason_of(judgement: Judgement) -> str:
    """Why, in words; a guard's no with its rule."""
    if isinstance(judgement.verdict, Denied):
        return (
            f"{judgement.decision.reason}; denied by the guard "
            f"({judgement.verdict.rule}): {judgement.verdict.detail}"
        )
    return judgement.decision.reason


@dataclass(frozen=True, slots=True)
class Denial:
    """The guard that said no in a cycle and why; ``times`` is how often it had by then since the
    process began, None where nobody counted."""

    guard: str
    detail: str
    times: int | None


_DENIED: Final = re.compile(r"; denied by the guard \((\w+)\): (.*)", re.DOTALL)
_TIMES: Final = re.compile(r"; that guard has said no (\d+) times? since the start")


def times_denied(times: int) -> str:
    """How a reason says how often a guard has said no; :func:`denial_of` reads it back."""
    return f"that guard has said no {times} {'time' if times == 1 else 'times'} since the start"


def denial_of(record: CycleRecord) -> Denial | None:
    """The guard's no in a cycle, read off its reason; None where it did not say no."""
    if record.outcome not in (Outcome.DENIED, Outcome.IN_DOUBT):
        return None
    denied = _DENIED.search(record.reason)
    if denied is None:
        return None
    guard, detail = denied.groups()
    counted = _TIMES.search(detail)
    if counted is None:
        return Denial(guard, detail, None)
    return Denial(guard, detail[: counted.start()], int(counted[1]))


def _age_s(now: datetime, at: datetime) -> float:
    return (now - at).total_seconds()


def _coins_figure(bucket: Bucket, asset: str, age_s: float) -> Figure:
    amount = plain(bucket.amount_coin)
    match bucket.kind:
        case BucketKind.EXTERNAL:
            return Figure(
                f"coins in {bucket.place}", amount, asset, "declared in the settings", None
            )
        case BucketKind.TRANSIT:
            return Figure("coins in transit", amount, asset, "transfers under way", age_s)
        case _:
            source = f"balance of {bucket.place}"
            return Figure(f"coins in {bucket.place}", amount, asset, source, age_s)


def figures_of(
    plan: HedgePlan,
    buckets: Sequence[Bucket],
    quote: Quote,
    judgement: Judgement,
    *,
    base_coin: Decimal,
    balances_at: datetime,
    now: datetime,
) -> tuple[Figure, ...]:
    """Every number behind a judgement with its unit, source and age, in the order of the sum."""
    exposure, decision = judgement.exposure, judgement.decision
    asset, account, symbol = plan.bag.asset, plan.bag.hedge_account, plan.bag.symbol
    age = _age_s(now, balances_at)
    quoted = _age_s(now, quote.at)
    figures = [_coins_figure(bucket, asset, age) for bucket in buckets]

    def seen(name: str, value: Decimal, unit: str, source: str, age_s: float | None) -> None:
        figures.append(Figure(name, plain(value, FIGURE_PLACES), unit, source, age_s))

    seen("mark price", exposure.mark_usd, "USD", f"quote of {symbol}", quoted)
    seen("index price", exposure.index_usd, "USD", f"quote of {symbol}", quoted)
    if quote.funding_rate is not None:
        seen("funding rate", quote.funding_rate, "per interval", f"quote of {symbol}", quoted)
    seen("short", exposure.short_usd, "USD", f"position in {symbol} of {account}", age)
    if exposure.short_usd * exposure.coin_cost < ZERO:  # else none, or two legs side by side
        entry = -exposure.short_usd / exposure.coin_cost
        seen("average entry", entry, "USD", f"position in {symbol} of {account}", age)
    seen("unrealised profit", exposure.unrealised_coin, asset, "coin cost + short / mark", None)
    seen("equity", exposure.equity_coin, asset, "all coins + unrealised profit", None)
    seen("short in coin", exposure.short_coin, asset, "short / mark", None)
    seen("delta", exposure.delta_coin, asset, "equity − short in coin", None)
    seen("base coins", base_coin, asset, "coins at the start + net flows", None)
    seen("target short", decision.target_short_usd, "USD", describe(decision.target), None)
    seen("gap", decision.gap_usd, "USD", "target short − short", None)
    seen("band, outer edge", decision.outer_usd, "USD", "settings of the bag", None)
    return tuple(figures)


def liquidation_text(price: LiquidationPrice | None) -> str:
    """A liquidation price as people read it."""
    if price is None:
        return "unknown"
    return "never" if isinstance(price, Never) else as_price(price)


def record_fields(record: CycleRecord) -> dict[str, object]:
    """A record under the names that every report uses: the log line, ``plan``, ``status``.

    Numbers stay decimals, moments stay moments; whoever prints decides on the form. Without a
    sight its numbers are None.
    """
    sight, denial = record.sight, denial_of(record)
    fields: dict[str, object] = {
        "name": record.bag,
        "asset": record.asset,
        "cycle": record.cycle,
        "at": record.at,
        "mode": record.mode,
        "state": record.state,
        "outcome": record.outcome,
        "action": record.action,
        "contracts": record.contracts,
        "reason": record.reason,
        "denied_by": None if denial is None else denial.guard,
        "denied_times": None if denial is None else denial.times,
        "orders": list(record.orders),
        "age_s": round(record.age_s, 3),
        "took_s": round(record.took_s, 3),
    }
    for name in SIGHT_NAMES:
        fields[name] = None if sight is None else getattr(sight, name)
    return fields


SIGHT_NAMES = tuple(Sight.__dataclass_fields__)
"""The numbers of a sight, in the order in which they are reported."""
