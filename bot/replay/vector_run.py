"""Many bags through many paths at once, in floats: what :class:`HedgedRun` does, path by path.

At a row, in this order: funding, liquidation at the mark, one decision, one order. Most rows of
most paths are idle, so the decision is made for the columns in bulk, and what follows from it only
for the paths that trade. The two are held together by a test on sampled paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.replay.bars import Floats, Integers, Truths
from bot.replay.vector_margin import Shorts, VectorMind
from bot.replay.vector_rule import Rule

_NONE: Final = 0
_EDGE: Final = 1
_TARGET: Final = 2


@dataclass(frozen=True, slots=True)
class Holding:
    """A bag at the start: ``cost_coin`` is negative for a short (face over entry); ``base_coin`` is
    the base of a static target, None for all coins."""

    outside_coin: float
    wallet_coin: float
    short_usd: float = 0.0
    cost_coin: float = 0.0
    isolated_coin: float = 0.0
    movable_coin: float = 0.0
    base_coin: float | None = None


class VectorRun:
    """The state of a bag on every path."""

    def __init__(
        self, rule: Rule, held: Holding, paths: int, mind: VectorMind | None = None
    ) -> None:
        self.rule = rule
        self.mind = mind
        self.outside = np.full(paths, held.outside_coin)
        self.coins = held.outside_coin + held.wallet_coin
        self.base = self.coins if held.base_coin is None else held.base_coin
        self.wallet = np.full(paths, held.wallet_coin)
        self.short = np.full(paths, held.short_usd)
        self.cost = np.full(paths, held.cost_coin)
        self.isolated = np.full(paths, held.isolated_coin)
        self.pursuit = np.zeros(paths, dtype=np.int8)
        self.fees = np.zeros(paths)
        self.execution = np.zeros(paths)
        self.funding = np.zeros(paths)
        self.turnover = np.zeros(paths)
        self.orders = np.zeros(paths, dtype=np.int64)
        self.liquidated = np.zeros(paths, dtype=np.int64)

    def step(self, spot: Floats, mark: Floats, rate: Floats) -> None:
        """Everything that can happen at a row of prices."""
        if rate.any():
            self._settle(spot, mark, rate)
        taken = self._liquidate(spot, mark)
        self._decide(spot, mark, taken)

    def value_usd(self, spot: Floats, mark: Floats) -> Floats:
        """What each bag is worth at these prices."""
        value: Floats = spot * (self.outside + self.wallet + self.cost + self.short / mark)
        return value

    def _settle(self, spot: Floats, mark: Floats, rate: Floats) -> None:
        received = self.short * rate / mark
        self.wallet += received
        if self.rule.isolated:
            self.isolated += received
        self.funding += spot * received

    def _backing(self) -> Floats:
        return self.isolated if self.rule.isolated else self.wallet

    def _liquidate(self, spot: Floats, mark: Floats) -> Integers:
        """Take the positions whose margin is used up; which paths those are."""
        rule, worth = self.rule, self.short / mark
        equity = self._backing() + self.cost + worth
        held = self.short > 0
        due = held & (equity <= rule.maintenance.needed_coin(worth, self.cost))
        taken = np.flatnonzero(due)
        if len(taken):
            realised = self.cost[taken] + worth[taken]
            self.wallet[taken] += realised
            left = equity[taken] if rule.isolated else self.wallet[taken]
            kept = np.minimum(left, worth[taken] * rule.clearance_rate)
            self.wallet[taken] -= kept
            self.fees[taken] += spot[taken] * np.maximum(0.0, kept)
            # A loss beyond the margin is made good: in effect a better price than the mark.
            self.execution[taken] += spot[taken] * np.minimum(0.0, kept)
            self.short[taken] = self.cost[taken] = self.isolated[taken] = 0.0
            self.liquidated[taken] += 1
        return taken

    def _decide(self, spot: Floats, mark: Floats, taken: Integers) -> None:
        rule, short = self.rule, self.short
        delta = self.outside + self.wallet + self.cost
        exposed = delta * mark + short
        wanted = short + rule.line.gap_usd(delta, short, self.base, mark)
        wanted = np.maximum(np.minimum(wanted, exposed), 0.0)
        unwinds = self._mind(mark, wanted)
        gap = wanted - short
        outer = np.maximum(rule.outer_share * exposed, rule.least_usd)
        inner = np.maximum(rule.inner_share * exposed, 0.0)
        at_once = (short == 0) | (exposed <= 0)
        at_once[taken] = True
        at_once |= unwinds & (gap < 0)
        acts = (gap != 0) & (at_once | (self.pursuit != _NONE) | (np.abs(gap) > outer))
        self.pursuit[~acts] = _NONE
        rows = np.flatnonzero(acts)
        if not len(rows):
            return
        started = np.where(self.pursuit[rows] == _NONE, _EDGE, self.pursuit[rows])
        pursuit = np.where(at_once[rows], _TARGET, started)
        gap, edge = gap[rows], inner[rows]
        beyond = np.sign(gap) * np.maximum(np.abs(gap) - edge, 0.0)
        trade = np.where(pursuit == _EDGE, beyond, gap)
        self.pursuit[rows] = _NONE
        asks = trade != 0
        if asks.any():
            self._order(
                rows[asks],
                trade[asks],
                pursuit[asks],
                wanted=wanted[rows][asks],
                exposed=exposed[rows][asks],
                unwinds=unwinds[rows][asks],
                spot=spot,
                mark=mark,
            )

    def _mind(self, mark: Floats, wanted: Floats) -> Truths:
        """Let the margin be minded: coins move, and what it does not carry is taken off ``wanted``.
        Which paths that concerns."""
        if self.mind is None:
            return np.zeros(len(wanted), dtype=np.bool_)
        shorts = Shorts(self.wallet, self.outside, self.short, self.cost, mark)
        moved, caps = self.mind.look(self.rule, shorts, wanted)
        self.wallet += moved
        self.outside -= moved
        unwinds: Truths = caps < wanted
        wanted[unwinds] = caps[unwinds]
        return unwinds

    def _order(
        self,
        rows: Integers,
        trade: Floats,
        pursuit: Integers,
        *,
        wanted: Floats,
        exposed: Floats,
        unwinds: Truths,
        spot: Floats,
        mark: Floats,
    ) -> None:
        """Size an order for some paths, ask guard and margin, and fill it whole or not at all."""
        rule, mark = self.rule, mark[rows]
        sells = trade > 0
        side = np.where(sells, 1.0, -1.0)
        price = mark * (1 - side * rule.half_spread)
        coins_per_usd = (1 + side * rule.fee_rate) / price
        share = np.where(wanted == exposed, 1.0, rule.coin_share)
        share = np.where((wanted == 0) | unwinds, 0.0, share)
        face = np.abs(trade) / (1 - share + share * coins_per_usd * mark)
        delta = self.outside[rows] + self.wallet[rows] + self.cost[rows]
        face = np.where(sells & (wanted > 0), np.minimum(face, delta / coins_per_usd), face)
        asked = face / rule.contract_usd
        whole = np.floor(self.short[rows] / (rule.contract_usd * rule.lot)) * rule.lot
        contracts = self._whole(np.where(sells, asked, np.minimum(asked, whole)))
        if rule.max_slice_usd is not None:
            slice_ = np.floor(rule.max_slice_usd / rule.contract_usd / rule.lot) * rule.lot
            least = np.ceil(rule.min_contracts / rule.lot) * rule.lot
            contracts = np.where(
                contracts * rule.contract_usd > rule.max_slice_usd, max(slice_, least), contracts
            )
        is_slice = self._whole(asked - contracts) > 0
        amount = contracts * rule.contract_usd
        some = contracts > 0
        fills = some & (~sells | self._may_grow(rows, amount, price, mark, exposed, spot[rows]))
        self.pursuit[rows[some & (~fills | is_slice)]] = pursuit[some & (~fills | is_slice)]
        self._fill(rows[fills], side[fills] * amount[fills], price[fills], mark[fills], spot)

    def _whole(self, asked: Floats) -> Floats:
        """Whole lots, rounded up only for more than half a lot that is no more than half a
        contract; none below the venue's smallest order."""
        rule = self.rule
        down = np.floor(asked / rule.lot) * rule.lot
        missing = asked - down
        over = rule.lot - missing
        lots = np.where((over < missing) & (over <= 0.5), down + rule.lot, down)
        most = np.floor(rule.max_contracts / rule.lot) * rule.lot
        return np.where(lots < rule.min_contracts, 0.0, np.minimum(lots, most))

    def _may_grow(
        self,
        rows: Integers,
        amount: Floats,
        price: Floats,
        mark: Floats,
        exposed: Floats,
        spot: Floats,
    ) -> Truths:
        """Whether guard and margin let a short grow by so many dollars."""
        rule, short, cost = self.rule, self.short[rows], self.cost[rows]
        after = short + amount
        fee = rule.fee_rate * amount / price
        free_usd = (self.outside[rows] + self.wallet[rows] + cost) * price
        allowed: Truths = amount <= free_usd + rule.contract_usd / 2
        if rule.max_short_usd is not None:
            allowed &= after <= rule.max_short_usd
        if rule.max_short_share is not None:
            allowed &= after <= rule.max_short_share * exposed + rule.contract_usd / 2
        if rule.max_deviation is not None:
            allowed &= np.abs(mark / spot - 1) <= rule.max_deviation
        bound = amount / price / rule.leverage
        if rule.isolated:
            backing = self.isolated[rows] + bound
            free = self.wallet[rows] - self.isolated[rows]
        else:
            backing = self.wallet[rows] - fee
            free = self.wallet[rows] + cost + short / mark - short / mark / rule.leverage
        if rule.min_distance:
            cost_after = cost - amount / price
            far = after / (mark * (1 + rule.min_distance))
            needed = rule.maintenance.needed_coin(far, cost_after)
            allowed &= backing + cost_after + far >= needed
        allowed &= bound + np.maximum(0.0, fee) <= free
        return allowed

    def _fill(
        self, rows: Integers, sold: Floats, price: Floats, mark: Floats, spot: Floats
    ) -> None:
        """Book orders of signed dollars (positive: sold) at their prices, fees paid in coin."""
        rule, short, cost = self.rule, self.short[rows], self.cost[rows]
        after = short + sold
        sells = sold > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            kept_part = np.where(sells, 1.0, after / short)
        cost_after = np.where(sells, cost - sold / price, cost * kept_part)
        realised = np.where(sells, 0.0, cost - sold / price - cost_after)
        fee = rule.fee_rate * np.abs(sold) / price
        self.wallet[rows] += realised - fee
        self.short[rows], self.cost[rows] = after, cost_after
        if rule.isolated:
            bound = np.where(sells, sold / price / rule.leverage, 0.0)
            self.isolated[rows] = self.isolated[rows] * kept_part + bound
        dollars = spot[rows]
        self.fees[rows] += dollars * fee
        self.execution[rows] += dollars * sold * (1 / price - 1 / mark)
        self.turnover[rows] += np.abs(sold)
        self.orders[rows] += 1
