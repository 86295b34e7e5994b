"""What a hedge costs or earns while it is held: funding, basis, the way in and out.

Rates are shares of the notional. Funding is received by a short while positive; its dollar value
is rate times notional at any price. Basis is ``mark/spot − 1``; a short loses while it widens.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Final

from bot.domain.margin import NEVER, Never
from bot.domain.quantities import HALF, ONE, ZERO

SECONDS_PER_YEAR: Final = 365 * 86_400


def intervals_per_year(interval_s: int) -> Decimal:
    """Funding intervals in a year of 365 days; 1 095 for eight hours."""
    return Decimal(SECONDS_PER_YEAR) / interval_s


def funding_per_year(rate: Decimal, interval_s: int) -> Decimal:
    """A rate per interval as a simple yearly rate: receipts are set aside."""
    return rate * intervals_per_year(interval_s)


def funding_per_year_compounded(rate: Decimal, interval_s: int) -> Decimal:
    """A rate per interval as a yearly rate if every receipt is shorted again."""
    return (ONE + rate) ** intervals_per_year(interval_s) - ONE


def break_even_intervals(round_trip_rate: Decimal, funding_rate: Decimal) -> int | Never:
    """Whole funding intervals until funding has paid for fees and spreads of the way in and out.

    NEVER if the rate is not positive and there is something to pay for.
    """
    if round_trip_rate <= ZERO:
        return 0
    if funding_rate <= ZERO:
        return NEVER
    return int((round_trip_rate / funding_rate).to_integral_value(rounding=ROUND_CEILING))


def basis_profit_usd(short_usd: Decimal, basis_before: Decimal, basis_after: Decimal) -> Decimal:
    """What a move of the basis does to a fully hedged bag: ``N/(1+b1) − N/(1+b0)``, exact."""
    return short_usd / (ONE + basis_after) - short_usd / (ONE + basis_before)


def carry_usd(
    short_usd: Decimal,
    *,
    funding_rate_sum: Decimal,
    round_trip_rate: Decimal,
    basis_now: Decimal,
    basis_then: Decimal,
) -> Decimal:
    """What holding a short over a horizon earns: ``N·(ΣF − fees + b_now − b_then)``.

    ``funding_rate_sum`` adds the expected rates of all intervals, ``round_trip_rate`` the fees and
    spreads of opening and closing. First order in the basis.
    """
    return short_usd * (funding_rate_sum - round_trip_rate + basis_now - basis_then)


def ewma_rate(rates: Iterable[Decimal], half_life_intervals: Decimal) -> Decimal | None:
    """The exponentially weighted mean of past rates, oldest first; None without any.

    A rate counts half as much as one that is ``half_life_intervals`` younger. The mean starts at
    the first rate. A half-life of one to three days forecasts funding best up to a week ahead.
    """
    gain = ONE - HALF ** (ONE / half_life_intervals)
    mean: Decimal | None = None
    for rate in rates:
        mean = rate if mean is None else mean + gain * (rate - mean)
    return mean


def expected_funding_rate_sum(
    intervals: int,
    *,
    running_rate: Decimal,
    recent_rate: Decimal,
    long_run_rate: Decimal,
    interval_s: int,
) -> Decimal:
    """The sum of the funding rates to expect over the next intervals.

    The venue's own rate for the running interval, the recent (:func:`ewma_rate`) rate for the rest
    of a week, and half of it plus half of the long-run mean beyond.
    """
    if intervals <= 0:
        return ZERO
    week = max(1, 7 * 86_400 // interval_s)
    near, beyond = min(intervals, week) - 1, max(0, intervals - week)
    return running_rate + near * recent_rate + beyond * HALF * (recent_rate + long_run_rate)
