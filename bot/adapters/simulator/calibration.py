"""Figures of the random price paths, each with the observed statistic that it reproduces.

Observed were the coin-margined perpetual of Binance on BTC against its spot market (hourly,
2020-08 to 2024-06), the dollar-margined one on ETH (hourly, 2019-12 to 2024-06) for its prices and
basis, and the funding settled on the coin-margined ones (BTC 2020-08 to 2024-06, ETH 2023-01 to
2024-06). One basis point is 0.01 %; times are hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Calibration:
    """Parameters of one asset's price, basis and premium.

    The logarithm of the spot price is a Brownian motion of ``diffusion_vol`` (share, per square
    root of a year) with Gaussian jumps; ``common_share`` is the weight of the randomness that all
    assets share. The basis is ``basis_mean_bps`` plus two mean-reverting parts, given by stationary
    standard deviation and relaxation time; a price jump also kicks the fast one, by
    ``jump_basis_slope_bps`` per per cent of jump and a random part. ``last_gap`` is how far trades
    stray from the mark price.

    ``premium_knots`` map a standard normal number to the funding premium in bps, straight lines in
    between; that number is made of the slow basis (``premium_slow_share`` of its variance) and of
    noise that keeps ``premium_memory`` of itself from one settlement to the next.
    """

    diffusion_vol: float
    jumps_per_year: float
    jump_sd: float
    common_share: float
    basis_mean_bps: float
    slow_sd_bps: float
    slow_hours: float
    fast_sd_bps: float
    fast_hours: float
    jump_basis_slope_bps: float
    jump_basis_sd_bps: float
    last_gap_sd_bps: float
    last_gap_hours: float
    premium_knots: tuple[tuple[float, float], ...]
    premium_slow_share: float
    premium_memory: float


# The knots are the quantiles of the settled rates, taken back through the clamp: a rate above
# 1 bp came from a premium 5 bp higher, one below from a premium 5 bp lower, and all premiums
# between -4 and +6 bp settle at exactly 1 bp. The numbers on the left are the normal quantiles of
# 0.1, 1, 5 %, the share of negative rates, the share below 1 bp, the share not above 1 bp, 95, 99
# and 99.9 %.
_BTC_PREMIUM: Final = (
    (-3.090, -14.50),  # 0.1 % of the rates are below -9.50 bp
    (-2.326, -7.38),  # 1 % below -2.38
    (-1.645, -6.00),  # 5 % below -1.00
    (-0.963, -5.00),  # 16.8 % negative
    (-0.628, -4.00),  # 26.5 % below 1 bp ...
    (0.693, 6.00),  # ... and 49.1 % at exactly 1 bp
    (1.645, 9.80),  # 5 % above 4.80
    (2.326, 15.51),  # 1 % above 10.51
    (3.090, 21.47),  # 0.1 % above 16.47
)
_ETH_PREMIUM: Final = (
    (-3.090, -15.06),  # 0.1 % below -10.06 bp
    (-2.326, -6.74),  # 1 % below -1.74
    (-1.645, -5.54),  # 5 % below -0.54
    (-1.176, -5.00),  # 12.0 % negative
    (-0.440, -4.00),  # 33 % below 1 bp ...
    (1.340, 6.00),  # ... and 57.8 % at exactly 1 bp
    (1.645, 6.48),  # 5 % above 1.48
    (2.326, 8.52),  # 1 % above 3.52
    (3.090, 11.09),  # 0.1 % above 6.09
)

BTC: Final = Calibration(
    # Variance 0.549² + 126·0.03² = 0.644² a year: 64.4 % annualised volatility.
    # Fourth moment 3·126·0.03⁴: excess kurtosis of hourly returns 15.6; the largest of the
    # 440 jumps in 3.5 years is about 9 % (worst hour observed: -8.9 %).
    diffusion_vol=0.549,
    jumps_per_year=126.0,
    jump_sd=0.03,
    # Together with ETH's: correlation of daily returns 0.83.
    common_share=0.93,
    # Mean 1.57 bp. Autocorrelation 0.505 after a week and 0.705 after a day: a slow part with
    # 75 % of the variance of 10.27² bp² that relaxes in 18 days. The rest is fast: 0.903 after an
    # hour, standard deviation of the hourly change 4.5 bp.
    basis_mean_bps=1.57,
    slow_sd_bps=8.9,
    slow_hours=431.0,
    fast_sd_bps=4.0,
    fast_hours=2.1,
    # In hours beyond 3 % the basis changes by 30 bp (standard deviation); in hours below -5 % its
    # mean is between -6 bp (against spot in USD) and -26 bp (in USDT).
    jump_basis_slope_bps=3.0,
    jump_basis_sd_bps=25.0,
    # Last price minus mark price: standard deviation 4 bp.
    last_gap_sd_bps=4.0,
    last_gap_hours=0.1,
    premium_knots=_BTC_PREMIUM,
    # Autocorrelation of settled rates 0.66 at once and 0.59 a day later; correlation with the mean
    # basis of the eight hours before 0.47.
    premium_slow_share=0.5,
    premium_memory=0.6,
)

ETH: Final = Calibration(
    # Variance 0.684² + 97·0.05² = 0.842²: 84.2 % a year; excess kurtosis of hours 31.6.
    diffusion_vol=0.684,
    jumps_per_year=97.0,
    jump_sd=0.05,
    common_share=0.93,
    # Mean 0.96, standard deviation 7.7 bp; autocorrelation 0.593 after a week, 0.716 after a day,
    # 0.858 after an hour; standard deviation of the hourly change 4.1 bp.
    basis_mean_bps=0.96,
    slow_sd_bps=6.6,
    slow_hours=764.0,
    fast_sd_bps=3.7,
    fast_hours=1.3,
    # In hours beyond 3 % the basis changes by 15 bp; in hours below -5 % its mean is -6 bp.
    jump_basis_slope_bps=1.0,
    jump_basis_sd_bps=15.0,
    last_gap_sd_bps=4.1,
    last_gap_hours=0.1,
    premium_knots=_ETH_PREMIUM,
    # Autocorrelation of settled rates 0.62 at once and 0.42 a day later.
    premium_slow_share=0.35,
    premium_memory=0.7,
)
