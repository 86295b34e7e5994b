"""Bars that cannot matter: found in bulk, with room to spare, so that skipping them is exact.

Between two steps a bag is constant but for the funding it receives. Its gap to the target is a
line in the mark price (:func:`bot.domain.targets.raw_gap_line`) that funding shifts and turns, and
so is each edge of the band, so whether a bar matters is a comparison of lines. It is made in
float64 for a whole window of bars; a bar counts as idle only where it holds by more than any error
of that arithmetic. Every other bar is left to the decision itself, in exact decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from bot.domain.account import MarginMode
from bot.domain.decision import Pursuit
from bot.domain.margin import LiquidationPrice, Never, liquidation_price
from bot.domain.quantities import ONE, WALLET_GRAIN_COIN, ZERO
from bot.domain.targets import raw_gap_line
from bot.replay.bars import Floats, Truths
from bot.replay.hedged_run import HedgedRun
from bot.replay.minding import acts_from, is_minded

_SLACK: Final = 1e-9
"""Room between what is computed here and an edge, as a share of all dollars involved. The error of
the arithmetic is a millionth of it."""


def first_that_may_matter(state: HedgedRun, start: int, stop: int) -> int:
    """The first bar from ``start`` on at which a step might do anything; ``stop`` for none.

    Everything before ``start`` is settled. Flows before ``stop`` are the caller's business.
    """
    mind = state.mind
    if not state.skips_idle_bars or mind.is_held or mind.is_shrinking:
        return start
    short_usd = -state.books.futures.face_usd
    if short_usd == ZERO:
        return stop if _stays_flat(state) else start
    if short_usd < ZERO or state.pursuit is not Pursuit.NONE:
        return start
    window = _window(state, start, stop)
    matters = _leaves_band(state, window) | _may_need_margin(state, window)
    if state.plan.margin is not None and state.plan.margin.sweep_distance is not None:
        matters |= _may_have_too_much(state, window, state.plan.margin.sweep_distance)
    first = int(matters.argmax())
    return start + first if matters[first] else stop


@dataclass(frozen=True, slots=True)
class _Window:
    """Some bars, and at each of them the coins that funding has brought by then.

    ``rounding_coin`` is how far the ledger's rounding of them can add up.
    """

    mark_usd: Floats
    funded_coin: Floats
    rounding_coin: float


def _window(state: HedgedRun, start: int, stop: int) -> _Window:
    run, first = state.run, state.settled
    last = run.due.item(stop - 1)
    payments = slice(first, last)
    paid_at = run.mark_usd[run.settlements.priced_at[payments]]
    paid = -float(state.books.futures.face_usd) * run.settlements.rate[payments] / paid_at
    funded = np.concatenate([np.zeros(1), np.cumsum(paid)])[run.due[start:stop] - first]
    return _Window(run.mark_usd[start:stop], funded, (last - first) * float(WALLET_GRAIN_COIN))


def _stays_flat(state: HedgedRun) -> bool:
    """Whether a bag without a short opens none, at any price.

    Either there is nothing to post as margin, or the target asks for no short: with none its line
    starts at zero and never rises, or is below zero everywhere.
    """
    if state.books.margin.wallet_coin <= ZERO:
        return True
    constant_usd, slope_coin = raw_gap_line(
        state.plan.policy.target,
        delta_coin=state.books.delta_coin,
        short_usd=ZERO,
        base_coin=state.base_coin,
    )
    return constant_usd <= ZERO and slope_coin <= ZERO


def _leaves_band(state: HedgedRun, window: _Window) -> Truths:
    """Bars at which the decision might be anything but a hold."""
    policy, books, mark = state.plan.policy, state.books, window.mark_usd
    short, delta = -books.futures.face_usd, books.delta_coin

    def line(delta_coin: Decimal) -> tuple[Decimal, Decimal]:
        return raw_gap_line(
            policy.target, delta_coin=delta_coin, short_usd=short, base_coin=state.base_coin
        )

    constant_usd, slope = line(delta)
    slope_per_coin = float(line(delta + ONE)[1] - slope)
    short_usd, outer_share = float(short), float(policy.band.outer_share)
    exposed = short_usd + (float(delta) + window.funded_coin) * mark
    gap = float(constant_usd) + (float(slope) + slope_per_coin * window.funded_coin) * mark
    gap = np.maximum(np.minimum(gap, exposed - short_usd), -short_usd)
    outer = np.maximum(outer_share * exposed, float(policy.band.least_usd))
    slack = _SLACK * (np.abs(exposed) + short_usd)
    slack += (1 + outer_share) * window.rounding_coin * mark
    return np.abs(gap) >= outer - slack


def _may_need_margin(state: HedgedRun, window: _Window) -> Truths:
    """Bars at which the mark might reach the lowest price that liquidates within the window, or
    come so near that the margin is minded."""
    margin = state.plan.margin
    near = 0.0 if margin is None or not is_minded(state.plan) else float(acts_from(margin))
    lowest = min(0.0, float(window.funded_coin.min()))
    price = _liquidation(state, Decimal(lowest) - _room(state, window, lowest))
    if isinstance(price, Never):
        return np.zeros(len(window.mark_usd), dtype=np.bool_)
    return window.mark_usd >= float(price) / (1 + near) * (1 - _SLACK)


def _may_have_too_much(state: HedgedRun, window: _Window, distance: Decimal) -> Truths:
    """Bars at which liquidation might be so far away that coins go back."""
    if not is_minded(state.plan):
        return np.zeros(len(window.mark_usd), dtype=np.bool_)
    highest = max(0.0, float(window.funded_coin.max()))
    price = _liquidation(state, Decimal(highest) + _room(state, window, highest))
    if isinstance(price, Never):
        return np.ones(len(window.mark_usd), dtype=np.bool_)
    return window.mark_usd <= float(price) / (1 + float(distance)) * (1 + _SLACK)


def _room(state: HedgedRun, window: _Window, funded_coin: float) -> Decimal:
    """Room in coins for the errors of this arithmetic and for the ledger's rounding."""
    involved = abs(float(_backing(state))) + abs(float(state.books.futures.coin_cost))
    return Decimal(_SLACK * (involved + abs(funded_coin)) + window.rounding_coin)


def _backing(state: HedgedRun) -> Decimal:
    if state.plan.margin_mode is MarginMode.ISOLATED:
        return state.books.leg.isolated_coin
    return state.books.margin.wallet_coin


def _liquidation(state: HedgedRun, more_coin: Decimal) -> LiquidationPrice:
    """The price that liquidates with so many more coins behind the short."""
    rules = state.plan.instrument
    return liquidation_price(
        state.books.futures,
        _backing(state) + more_coin,
        rules.maintenance,
        rules.maintenance_convention,
    )
