"""The margin of many shorts at once: what :mod:`bot.replay.minding` does, path by path, in floats.

Most paths are far from liquidation at most rows, so how near they are is asked of all of them, and
the controller's arithmetic is done for the few that are near, or were.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bot.domain.account import MarginMode
from bot.domain.judgement import HedgePlan
from bot.domain.margin_growth import REGROW_SHARE
from bot.domain.margin_sizes import COIN_STEP
from bot.replay.bars import Floats, Integers, Truths
from bot.replay.vector_rule import Maintenance, Rule, or_none

_STEP: Final = float(COIN_STEP)
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class MarginRule:
    """The policy in floats; None switches a trigger off."""

    warn_distance: float | None
    top_up_distance: float | None
    top_up_to: float
    reduce_distance: float | None
    reduce_to: float
    sweep_distance: float | None
    sweep_to: float
    keep_share: float
    day_share: float
    least_share: float


def margin_rule_of(plan: HedgePlan) -> MarginRule | None:
    """The margin policy of a plan; None where nobody minds it, as in isolated mode."""
    policy = plan.margin
    if policy is None or plan.margin_mode is not MarginMode.CROSS:
        return None
    return MarginRule(
        or_none(policy.warn_distance),
        or_none(policy.top_up_distance),
        float(policy.top_up_to),
        or_none(policy.reduce_distance),
        float(policy.reduce_to),
        or_none(policy.sweep_distance),
        float(policy.sweep_to),
        float(policy.keep_share),
        float(policy.day_share),
        float(policy.least_share),
    )


class Shorts(NamedTuple):
    """Some shorts with the coins behind and beside them, at their mark prices."""

    wallet: Floats
    outside: Floats
    short: Floats
    cost: Floats
    mark: Floats

    def at(self, rows: Integers | Truths) -> Shorts:
        """Some of them."""
        return Shorts(*(column[rows] for column in self))

    def is_nearer(self, rules: Maintenance, distance: float | None) -> Truths:
        """Whether liquidation is nearer than so far from the mark; never where that is off."""
        if distance is None:
            return np.zeros(len(self.short), dtype=np.bool_)
        far = self.short / (self.mark * (1 + distance))
        short_of: Truths = self.wallet + self.cost + far < rules.needed_coin(far, self.cost)
        return short_of & (self.short > 0)

    def needed_coin(self, rules: Maintenance, distance: float) -> Floats:
        """Coins that must be behind them to be so far from liquidation."""
        far = self.short / (self.mark * (1 + distance))
        needed: Floats = rules.needed_coin(far, self.cost) - far - self.cost
        return needed


class VectorMind:
    """What is remembered of every path: coins that may be moved, moves of a day, shorts held."""

    def __init__(self, rule: MarginRule, movable_coin: float, paths: int, step_s: float) -> None:
        self.rule = rule
        self.movable = np.full(paths, movable_coin)
        self.moved = np.zeros(paths)
        self.moves = np.zeros(paths, dtype=np.int64)
        self.reductions = np.zeros(paths, dtype=np.int64)
        self.shrinking = np.zeros(paths, dtype=np.bool_)
        self.held = np.zeros(paths, dtype=np.bool_)
        self._recent: deque[tuple[int, Integers, Floats]] = deque()
        self._day = _DAY_S / step_s
        self._row = -1

    def look(self, hedge: Rule, all_shorts: Shorts, wanted: Floats) -> tuple[Floats, Floats]:
        """Coins that go to each margin wallet now (negative: back), and the largest short that it
        carries, infinite where that is no limit. ``wanted`` are the shorts of the targets."""
        rule, rules = self.rule, hedge.maintenance
        self._forget()
        moved, caps = np.zeros(len(wanted)), np.full(len(wanted), np.inf)
        near = all_shorts.is_nearer(
            rules, max(rule.top_up_distance or 0, rule.reduce_distance or 0)
        )
        minded = near | self.held | self.shrinking
        if rule.sweep_distance is not None:
            far = (all_shorts.short > 0) & ~all_shorts.is_nearer(rules, rule.sweep_distance)
            minded |= far
        rows = np.flatnonzero(minded)
        if not len(rows):
            return moved, caps
        shorts = all_shorts.at(rows)
        low = shorts.is_nearer(rules, rule.top_up_distance)
        urgent = shorts.is_nearer(rules, rule.reduce_distance)
        if rule.reduce_distance is not None:
            urgent |= self.shrinking[rows] & shorts.is_nearer(rules, rule.reduce_to)
        amount = np.where(low, self._top_up(rules, shorts, rows), 0.0)
        reduces = urgent & (amount == 0)
        quiet = ~low & ~urgent & ~shorts.is_nearer(rules, rule.warn_distance)
        if rule.sweep_distance is not None:
            sweeps = quiet & ~shorts.is_nearer(rules, rule.sweep_distance)
            amount -= np.where(sweeps, self._sweep(hedge, shorts, rows), 0.0)
        cut = rows[reduces]
        self.shrinking[rows] = reduces
        self.held[cut] = True
        self.reductions[cut] += 1
        caps[cut] = self._reduced(hedge, shorts.at(reduces))
        grows = self.held[rows] & ~reduces
        carried = self._carried(hedge, shorts.at(grows), wanted[rows[grows]])
        is_held = carried < wanted[rows[grows]]
        self.held[rows[grows]] = is_held
        caps[rows[grows]] = np.where(is_held, carried, np.inf)
        moved[rows] = amount
        self._note(rows[amount != 0], amount[amount != 0])
        return moved, caps

    def _forget(self) -> None:
        """A row has passed: moves of more than a day ago count no more."""
        self._row += 1
        while self._recent and self._row - self._recent[0][0] >= self._day:
            _, rows, amounts = self._recent.popleft()
            self.moved[rows] -= amounts

    def _note(self, rows: Integers, amounts: Floats) -> None:
        if len(rows):
            self.movable[rows] -= amounts
            self.moved[rows] += np.abs(amounts)
            self.moves[rows] += 1
            self._recent.append((self._row, rows, np.abs(amounts)))

    def _left(self, shorts: Shorts, rows: Integers) -> tuple[Floats, Floats]:
        """What may still be moved today, and the least that is worth it."""
        bag = shorts.outside + shorts.wallet
        least = np.ceil(np.maximum(self.rule.least_share * bag, 100 * _STEP) / _STEP) * _STEP
        return self.rule.day_share * bag - self.moved[rows], least

    def _top_up(self, rules: Maintenance, shorts: Shorts, rows: Integers) -> Floats:
        """Coins that bring them to their goal, or as many as there are; zero for none."""
        there = np.clip(np.minimum(self.movable[rows], shorts.outside), 0.0, None)
        spare = there - self.rule.keep_share * (shorts.outside + shorts.wallet)
        left, least = self._left(shorts, rows)
        wanted = shorts.needed_coin(rules, self.rule.top_up_to) - shorts.wallet
        wanted = np.maximum(np.ceil(wanted / _STEP) * _STEP, least)
        amount = np.minimum(np.minimum(wanted, spare), np.minimum(left, there))
        amount = np.floor(amount / _STEP + 1e-6) * _STEP
        found: Floats = np.where((spare < least) | (left < least) | (amount < least), 0.0, amount)
        return found

    def _sweep(self, hedge: Rule, shorts: Shorts, rows: Integers) -> Floats:
        """Coins that they can do without, down to the goal; zero for none."""
        unrealised = shorts.cost + shorts.short / shorts.mark
        free = shorts.wallet + unrealised - shorts.short / shorts.mark / hedge.leverage
        free = np.clip(free - np.maximum(0.0, unrealised), 0.0, None)
        left, least = self._left(shorts, rows)
        spare = shorts.wallet - shorts.needed_coin(hedge.maintenance, self.rule.sweep_to)
        amount = np.minimum(np.minimum(spare, free), left)
        amount = np.floor(amount / _STEP + 1e-6) * _STEP
        found: Floats = np.where(amount < least, 0.0, amount)
        return found

    def _reduced(self, hedge: Rule, shorts: Shorts) -> Floats:
        """The largest shorts, fewest lots bought back, that are as far away as they should be."""
        lot = hedge.contract_usd * hedge.lot
        ask = shorts.mark * (1 + hedge.half_spread)
        low = np.zeros(len(shorts.short))
        high = np.floor(shorts.short / lot)
        while (low < high).any():
            middle = np.floor((low + high) / 2)
            bought = middle * lot
            left = shorts._replace(
                wallet=shorts.wallet + bought / ask * (1 - hedge.fee_rate),
                short=shorts.short - bought,
            )
            near = left.is_nearer(hedge.maintenance, self.rule.reduce_to) & (low < high)
            low, high = np.where(near, middle + 1, low), np.where(near, high, middle)
        found: Floats = shorts.short - low * lot
        return found

    def _carried(self, hedge: Rule, shorts: Shorts, wanted: Floats) -> Floats:
        """The largest shorts that the margin carries again, in steps that are worth it."""
        lot = hedge.contract_usd * hedge.lot
        bid = shorts.mark * (1 - hedge.half_spread)
        missing = wanted - shorts.short
        most = np.ceil(np.maximum(missing, 0.0) / lot)
        low, high = np.zeros(len(wanted)), most.copy()
        while (low < high).any():
            middle = np.floor((low + high + 1) / 2)
            sold = middle * lot
            grown = shorts._replace(
                wallet=shorts.wallet - sold / bid * hedge.fee_rate,
                short=shorts.short + sold,
                cost=shorts.cost - sold / bid,
            )
            open_ = low < high
            near = grown.is_nearer(hedge.maintenance, self.rule.reduce_to)
            high = np.where(near & open_, middle - 1, high)
            low = np.where(~near & open_, middle, low)
        worth_it = low * lot >= float(REGROW_SHARE) * wanted
        carried = np.where(worth_it, shorts.short + low * lot, shorts.short)
        return np.where((missing <= 0) | (low == most), wanted, carried)
