"""The prices between which a decision cannot change, in closed form.

With constant coins and contracts every gap is a line in the mark price (see
:mod:`bot.domain.targets`), and so is every edge of a band::

    gap(M)   = a + b·M
    outer(M) = max(s·(Δ·M + N), lot)

``|gap(M)| ≤ outer(M)`` therefore holds on an interval around a price where it holds, and its ends
are roots of lines. A replay uses it to pass over bars that cannot matter; every bar at or beyond
an end is decided by :func:`bot.domain.decision.decide` itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.decision import HedgePolicy
from bot.domain.exposure import Exposure
from bot.domain.quantities import ZERO
from bot.domain.targets import raw_gap_line

_INFINITE: Final = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class MarkRange:
    """Open interval of mark prices in USD; ``high_usd`` may be infinite."""

    low_usd: Decimal
    high_usd: Decimal

    def meet(self, other: MarkRange) -> MarkRange:
        """What both contain."""
        return MarkRange(max(self.low_usd, other.low_usd), min(self.high_usd, other.high_usd))


_ANY: Final = MarkRange(ZERO, _INFINITE)


def _not_above_zero(constant: Decimal, slope: Decimal) -> MarkRange | None:
    """Positive prices at which ``constant + slope·M ≤ 0``; None where there is none."""
    if slope == ZERO:
        return _ANY if constant <= ZERO else None
    root = -constant / slope
    if slope > ZERO:
        return MarkRange(ZERO, root) if root > ZERO else None
    return MarkRange(max(ZERO, root), _INFINITE)


def _either(first: MarkRange | None, second: MarkRange | None, mark: Decimal) -> MarkRange | None:
    """The piece of the union of two ranges that contains ``mark``."""
    with_mark = [r for r in (first, second) if r is not None and r.low_usd <= mark <= r.high_usd]
    if len(with_mark) == 2:
        a, b = with_mark
        return MarkRange(min(a.low_usd, b.low_usd), max(a.high_usd, b.high_usd))
    return with_mark[0] if with_mark else None


def hold_range(
    exposure: Exposure,
    policy: HedgePolicy,
    *,
    base_coin: Decimal,
    short_cap_usd: Decimal | None = None,
) -> MarkRange | None:
    """Mark prices at which :func:`decide` surely holds while coins and contracts stay as they are.

    Only for a bag with a short and no pursuit under way. None where the present price itself is
    not surely a hold (then nothing may be passed over). The range may be narrower than the true
    one, never wider, up to the rounding of the arithmetic (1e-25 of the price).
    """
    if exposure.short_usd <= ZERO or exposure.equity_coin <= ZERO or short_cap_usd is not None:
        return None
    delta = exposure.delta_coin
    short = exposure.short_usd
    mark = exposure.mark_usd
    share = policy.band.outer_share
    least = policy.band.least_usd
    a, b = raw_gap_line(policy.target, delta_coin=delta, short_usd=short, base_coin=base_coin)

    # gap ≤ outer: below the share edge or below the lot; the same for −gap. The third pair covers
    # the cut to the bag's value, where the gap is what the bag itself lacks: Δ·M.
    ranges = (
        _either(
            _not_above_zero(a - share * short, b - share * delta),
            _not_above_zero(a - least, b),
            mark,
        ),
        _either(
            _not_above_zero(-a - share * short, -b - share * delta),
            _not_above_zero(-a - least, -b),
            mark,
        ),
        _either(
            _not_above_zero(-share * short, -delta - share * delta),
            _not_above_zero(-least, -delta),
            mark,
        ),
        # equity stays positive: Δ·M + N − O > 0, O the dollars of positions in other contracts
        _not_above_zero(exposure.other_coin * mark - short, -delta),
    )
    whole = _ANY
    for one in ranges:
        if one is None:
            return None
        whole = whole.meet(one)
    return whole if whole.low_usd < mark < whole.high_usd else None
