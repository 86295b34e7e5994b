"""What happened to a bag along a run: its orders, the first that was refused, its levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from bot.domain.decision import Why
from bot.domain.judgement import HedgePlan
from bot.domain.quantities import ZERO
from bot.replay.bars import Run

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS


@dataclass(frozen=True, slots=True)
class FilledOrder:
    """An order of the hedge: contracts are signed, negative for sold."""

    bar: int
    contracts: Decimal
    face_usd: Decimal
    price_usd: Decimal
    why: Why


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first order that the margin could not carry."""

    bar: int
    needed_coin: Decimal
    available_coin: Decimal


class Levels:
    """The coins and the position of a bag as steps: each pair holds from its bar to the next.

    ``coins`` include the coin cost of the position, and leave out the funding received so far.
    """

    __slots__ = ("bars", "coins", "face_usd")

    def __init__(self) -> None:
        self.bars: list[int] = []
        self.coins: list[float] = []
        self.face_usd: list[float] = []

    def put(self, bar: int, coins: Decimal, face_usd: Decimal) -> None:
        """What the bag holds from this bar on."""
        self.bars.append(bar)
        self.coins.append(float(coins))
        self.face_usd.append(float(face_usd))


class Recent(NamedTuple):
    """Orders of the last hour, and of the last day their dollars and what they cost in fees."""

    in_an_hour: int = 0
    day_usd: Decimal = ZERO
    day_fees_usd: Decimal = ZERO


def recent_orders(orders: Sequence[FilledOrder], run: Run, bar: int, plan: HedgePlan) -> Recent:
    """What the limits of a plan ask for; nothing is counted where none of them asks."""
    limits = plan.limits
    if (
        limits.max_orders_per_hour is None
        and limits.max_turnover_usd_per_day is None
        and limits.max_fees_usd_per_day is None
    ):
        return Recent()
    now_ms = run.opened_ms.item(bar)
    count, turnover = 0, ZERO
    for order in reversed(orders):
        age_ms = now_ms - run.opened_ms.item(order.bar)
        if age_ms >= _DAY_MS:
            break
        turnover += abs(order.face_usd)
        count += age_ms < _HOUR_MS
    return Recent(count, turnover, turnover * plan.instrument.taker_fee_rate)
