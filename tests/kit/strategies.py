"""Hypothesis strategies for money, prices, targets and bands: ordinary values and extreme ones."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bot.domain.decision import Band
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals from ``low`` to ``high`` with so many places; never NaN or infinite."""
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


prices = decimals("0.01", "1000000", 2)
"""Prices in USD from a cent to a million."""

entries = decimals("100", "200000", 1)
"""Prices at which a hedge is opened."""

moves = decimals("0.01", "20", 4)
"""Prices as multiples of where they were: from a hundredth to twenty times."""

coins = decimals("0", "1000", 8)
"""Coins in a wallet, or none."""

shares = decimals("0", "1", 4)
"""Shares of a whole, both ends included."""

fee_rates = decimals("0", "0.002", 5)
"""Taker fees up to twenty basis points."""


@st.composite
def bands(draw: st.DrawFn, least: str = "100") -> Band:
    """Bands, the inner edge anywhere from the target to the outer one."""
    outer = draw(decimals("0", "0.2", 4))
    return Band(outer, outer * draw(shares), Decimal(least))


targets: st.SearchStrategy[Target] = st.one_of(
    st.just(Full()),
    st.builds(Static, shares),
    st.builds(ConstantRatio, shares),
    st.builds(FixedUsd, decimals("0", "100000000", 2)),
    st.builds(KeepCoins, coins),
)
"""Every kind of target."""

pinned_targets: st.SearchStrategy[Target] = st.one_of(
    st.just(Full()),
    st.builds(Static, shares),
    st.builds(KeepCoins, coins),
)
"""Targets that count coins and that no price moves."""
