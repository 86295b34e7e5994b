"""What may become of a plan: its hedge on many random paths, and how the outcomes are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

import numpy as np

from bot.domain.account import MarginMode, Wallet
from bot.domain.judgement import HedgePlan
from bot.domain.margin import MarginedPosition
from bot.domain.margin_sizes import backing_told_coin
from bot.domain.payoff import FLAT, InverseBook
from bot.domain.quantities import ONE, ZERO
from bot.domain.records import Sight
from bot.domain.targets import Static
from bot.replay.bars import Floats
from bot.replay.cores import Progress, Workers
from bot.replay.report import Json
from bot.replay.sampled import Market, sample
from bot.replay.vector_margin import MarginRule
from bot.replay.vector_paths import Fates, run_paths
from bot.replay.vector_rule import Rule
from bot.replay.vector_run import Holding

_CELLS_PER_CHUNK: Final = 3_000_000
_MOST_PER_CHUNK: Final = 1_250
QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Question:
    """A bag as it stands, its rules (``margin`` None: nobody minds it), its market, and how many
    paths of how many steps to try."""

    rule: Rule
    margin: MarginRule | None
    held: Holding
    market: Market
    steps: int
    paths: int
    seed: int

    @property
    def days(self) -> float:
        """How far ahead it looks."""
        return self.steps * self.market.step_s / 86_400


@dataclass(frozen=True, slots=True)
class Range:
    """How a number is spread over the paths. ``cvar5`` is the mean of the lowest twentieth;
    ``quantiles`` are those of :data:`QUANTILES`."""

    mean: float
    sd: float
    lowest: float
    cvar5: float
    quantiles: tuple[float, ...]
    highest: float

    @classmethod
    def of(cls, values: Floats) -> Range:
        """The spread of at least one number."""
        worst = -(-len(values) // 20)
        return cls(
            mean=float(values.mean()),
            sd=float(values.std(ddof=1)) if len(values) > 1 else 0.0,
            lowest=float(values.min()),
            cvar5=float(np.partition(values, worst - 1)[:worst].mean()),
            quantiles=tuple(np.quantile(values, QUANTILES).tolist()),
            highest=float(values.max()),
        )

    def as_json(self) -> dict[str, Json]:
        """The spread under names such as ``p05``."""
        quantiles: dict[str, Json] = {
            f"p{100 * share:02.0f}": value
            for share, value in zip(QUANTILES, self.quantiles, strict=True)
        }
        return {
            "mean": self.mean,
            "sd": self.sd,
            "lowest": self.lowest,
            "cvar5": self.cvar5,
            **quantiles,
            "highest": self.highest,
        }


@dataclass(frozen=True, slots=True)
class Odds:
    """The outcomes of all paths.

    ``cost_usd`` are fees, half spreads and what liquidations kept, less funding: negative where
    the hedge was paid for. ``liquidated``, ``moved`` and ``reduced`` are shares of the paths: with
    at least one liquidation, with coins moved to the margin wallet or back, and with a short that
    had to shrink for want of coins.
    """

    question: Question
    fates: Fates
    change_usd: Range
    unhedged_change_usd: Range
    cost_usd: Range
    funding_usd: Range
    worst_fall_usd: Range
    orders: float
    turnover_usd: float
    liquidated: float
    moved: float
    reduced: float

    @property
    def start_usd(self) -> float:
        """What the bag is worth now, before any order, over the paths' first bases."""
        return self.fates.start_usd

    def as_json(self) -> dict[str, Json]:
        """The question and the spreads under their names."""
        return {
            "days": self.question.days,
            "paths": self.question.paths,
            "seed": self.question.seed,
            "start_usd": self.start_usd,
            "change_usd": self.change_usd.as_json(),
            "unhedged_change_usd": self.unhedged_change_usd.as_json(),
            "cost_usd": self.cost_usd.as_json(),
            "funding_usd": self.funding_usd.as_json(),
            "worst_fall_usd": self.worst_fall_usd.as_json(),
            "orders_mean": self.orders,
            "turnover_usd_mean": self.turnover_usd,
            "liquidated_share": self.liquidated,
            "margin_moved_share": self.moved,
            "reduced_share": self.reduced,
        }


def odds_of(question: Question, workers: Workers, progress: Progress | None = None) -> Odds:
    """Try all paths. The same question has the same answer, however many share the work."""
    size = max(1, min(_MOST_PER_CHUNK, _CELLS_PER_CHUNK // (question.steps + 1)))
    starts = range(0, question.paths, size)
    chunks = [(place, min(size, question.paths - start)) for place, start in enumerate(starts)]
    fates = _together(workers.spread(_try_chunk, question, chunks, progress))
    cost = fates.fees_usd + fates.execution_usd - fates.funding_usd
    return Odds(
        question=question,
        fates=fates,
        change_usd=Range.of(fates.end_usd - fates.start_usd),
        unhedged_change_usd=Range.of(fates.unhedged_end_usd - fates.seen_unhedged_usd[0]),
        cost_usd=Range.of(cost),
        funding_usd=Range.of(fates.funding_usd),
        worst_fall_usd=Range.of(fates.worst_fall_usd),
        orders=float(fates.orders.mean()),
        turnover_usd=float(fates.turnover_usd.mean()),
        liquidated=float((fates.liquidated > 0).mean()),
        moved=float((fates.margin_moves > 0).mean()),
        reduced=float((fates.reductions > 0).mean()),
    )


def _try_chunk(question: Question, chunk: tuple[int, int]) -> Fates:
    """Some of the paths, with a seed of their own."""
    place, paths = chunk
    seed = np.random.SeedSequence(question.seed, spawn_key=(place,))
    sampled = sample(question.market, steps=question.steps, paths=paths, seed=seed)
    return run_paths(question.rule, question.held, sampled, margin=question.margin)


def _together(parts: Sequence[Fates]) -> Fates:
    """The fates of all chunks side by side."""
    first = parts[0]
    weights = [len(part.end_usd) for part in parts]
    columns: dict[str, object] = {}
    for field in fields(Fates):
        pieces = [getattr(part, field.name) for part in parts]
        if field.name == "start_usd":
            columns[field.name] = float(np.average(pieces, weights=weights))
        elif field.name == "rows":
            columns[field.name] = first.rows
        else:
            columns[field.name] = np.concatenate(pieces, axis=-1)
    return Fates(**columns)  # type: ignore[arg-type]


def holding_of(plan: HedgePlan, sight: Sight) -> Holding:
    """The bag as it was seen."""
    isolated_coin = ZERO
    if plan.margin_mode is MarginMode.ISOLATED and sight.short_usd > ZERO:
        isolated_coin = _bound_coin(plan, sight)
    return Holding(
        outside_coin=float(sight.outside_coin),
        wallet_coin=float(sight.wallet_coin),
        short_usd=float(max(ZERO, sight.short_usd)),
        cost_coin=float(sight.coin_cost) if sight.short_usd > ZERO else 0.0,
        isolated_coin=float(isolated_coin),
        movable_coin=float(_movable_coin(plan, sight)),
        base_coin=float(_base_coin(plan, sight)),
    )


def _bound_coin(plan: HedgePlan, sight: Sight) -> Decimal:
    """The coins that back an isolated position: those that its liquidation price tells of."""
    book = InverseBook(-sight.short_usd, sight.coin_cost) if sight.short_usd else FLAT
    rules = plan.instrument
    position = MarginedPosition(
        book, sight.mark_usd, rules.maintenance, rules.maintenance_convention
    )
    told = None
    if sight.liquidation_price is not None:
        told = backing_told_coin(position, sight.liquidation_price)
    return sight.wallet_coin if told is None else max(ZERO, min(told, sight.wallet_coin))


def _movable_coin(plan: HedgePlan, sight: Sight) -> Decimal:
    """Coins that can be moved to the margin wallet, as far as it is known: none where some lie in
    another account or are earning, because what was seen tells only their sum."""
    bag = plan.bag
    near = {Wallet.SPOT, Wallet.FUNDING, Wallet.MARGIN}
    for held in bag.holdings:
        if held.account != bag.hedge_account or not near.issuperset(held.wallets):
            return ZERO
    if not bag.holdings:
        return ZERO
    return max(ZERO, sight.outside_coin - sum((one.amount_coin for one in bag.external), ZERO))


def _base_coin(plan: HedgePlan, sight: Sight) -> Decimal:
    """The base of a static target, taken back from the short that it wants; else all coins."""
    match plan.policy.target:
        case Static(share) if sight.target_short_usd > ZERO and share < ONE:
            gap_coin = (sight.target_short_usd - sight.short_usd) / sight.mark_usd
            return (sight.delta_coin - gap_coin) / (ONE - share)
    return sight.outside_coin + sight.wallet_coin
