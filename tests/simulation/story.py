"""What a seed stands for: the bag and its settings, the price, and how much happens.

Everything is drawn from one ``random.Random`` of the seed, so a seed tells the same story for ever.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from math import exp, log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bot.adapters.simulator.calibration import BTC
from bot.adapters.simulator.spec import ModelPath, PathSpec, ScriptPath, VenueSpec
from bot.app.dry_run import rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.domain.judgement import HedgePlan
from bot.settings import Settings, load_settings

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR_S: Final = 3600.0
POINT_S: Final = 600.0
START_USD: Final = 50_000.0
LOWEST, HIGHEST = log(0.5 * START_USD), log(1.7 * START_USD)
"""A person keeps the margin filled, but not for every price: beyond 1.7 the story turns back."""
RALLY: Final = log(3.5 * START_USD)
"""How far it goes where the bot is alone with its margin."""

SETTINGS: Final = """
[accounts.main]
venue = "simulator"
leverage = 5

[[bags]]
name = "savings"
asset = "BTC"
holdings = [{{ account = "main", wallets = ["spot"] }}]
hedge = {{ account = "main" }}
target = {target}

[bags.execution]
max_slice_usd = {slice_usd}

[limits]
max_order_usd = {most_order_usd}
max_short_usd = {most_short_usd}
max_orders_per_hour = 240
max_turnover_usd_per_day = 100_000_000

[breaker]
failures_to_halt = {halt_after}

[journal]
url = "sqlite:///never-opened.db"

[simulator]
start = 2026-01-01T00:00:00Z
step_s = 60

[simulator.wallets.main]
spot = {{ BTC = {spot} }}
margin = {{ BTC = {margin} }}

[simulator.markets.BTC]
path = {{ kind = "script", points = [[0, 50_000]] }}
book = {{ first_usd = {depth_usd}, growth_usd = 8_000 }}
"""

TARGETS: Final = (
    '{ kind = "full" }',
    '{ kind = "full" }',
    '{ kind = "full" }',
    '{ kind = "static", share = 0.6 }',
    '{ kind = "constant-ratio", ratio = 0.5 }',
    '{ kind = "usd", amount_usd = 200_000 }',
    '{ kind = "keep-coins", coins = 3 }',
)


@dataclass(frozen=True, slots=True)
class Story:
    """One seed's settings and venue, and the mean time between two things that happen."""

    seed: int
    hours: float
    settings: Settings
    spec: VenueSpec
    plans: tuple[HedgePlan, ...]
    capped: bool
    tended: bool  # whether a person keeps the margin filled
    event_every_s: float
    fault_every_s: float
    kill_every_passages: float
    chance: random.Random


def tell(seed: int, hours: float) -> Story:
    """The story of a seed."""
    chance = random.Random(f"story {seed}")
    capped = chance.random() < 0.15
    tended = chance.random() < 0.4
    margin = 5 if tended else 3
    text = SETTINGS.format(
        target=chance.choice(TARGETS),
        slice_usd=chance.choice(['"off"', "100_000", "30_000"]),
        most_order_usd='"off"' if not capped else "120_000",
        most_short_usd='"off"' if not capped else chance.choice(["150_000", "400_000"]),
        halt_after=chance.choice(["10", "10", "40", "1_000_000"]),
        spot=10 - margin,
        margin=margin,
        depth_usd=chance.choice(["50_000_000", "60_000", "10_000"]),
    )
    settings, bare, plans = _from_settings(text)
    (market,) = (m for m in bare.markets if m.instrument.base == "BTC")
    spec = replace(
        bare, seed=seed, markets=(replace(market, path=_path(chance, hours, tended=tended)),)
    )
    busy = chance.uniform(0.5, 2.0)
    return Story(
        seed,
        hours,
        settings,
        spec,
        plans,
        capped,
        tended,
        event_every_s=1_800 * busy,
        fault_every_s=1_200 * busy,
        kill_every_passages=2_500 * busy,
        chance=chance,
    )


@lru_cache(maxsize=512)
def _from_settings(text: str) -> tuple[Settings, VenueSpec, tuple[HedgePlan, ...]]:
    """Settings as a person would write them in a file, and what the product makes of them."""
    with TemporaryDirectory(prefix="hedgehold-") as folder:
        file = Path(folder) / "hedge.toml"
        file.write_text(text, encoding="utf-8")
        settings = load_settings([file], environ={}, dotenv=None)
    spec = venue_spec(settings)
    return settings, spec, rehearsal_plans(settings, spec)


def _path(chance: random.Random, hours: float, *, tended: bool) -> PathSpec:
    """A walk between two walls with crashes and rallies in it, or now and then the model's path."""
    if chance.random() < 0.2:
        return ModelPath(Decimal(50_000), BTC)
    points: list[tuple[float, Decimal]] = []
    basis: list[tuple[float, Decimal]] = []
    at_s, price, apart = 0.0, log(START_USD), 0.0
    wild = chance.choice([0.001, 0.003, 0.006])
    trend = 0.0 if tended else chance.choice([0.0, 1.0]) * log(3.5) / (hours * HOUR_S / POINT_S)
    while at_s <= hours * HOUR_S + 24 * POINT_S:
        points.append((at_s, _usd(price)))
        basis.append((at_s, _usd(price + apart)))
        apart = 0.9 * apart + chance.gauss(0, 0.0004)
        price += chance.gauss(trend, wild)
        if chance.random() < 0.01:  # a crash or a rally, sudden or within the ten minutes
            price += chance.choice([-1, 1]) * chance.uniform(0.05, 0.25)
            if chance.random() < 0.5:
                jump_s = at_s + chance.uniform(1, POINT_S - 1)
                points += [(jump_s, points[-1][1]), (jump_s, _usd(price))]
                basis += [(jump_s, basis[-1][1]), (jump_s, _usd(price + apart))]
        highest = HIGHEST if tended else RALLY
        price = min(2 * highest - price, max(2 * LOWEST - price, price))
        at_s += POINT_S
    rate = Decimal(chance.choice(["0.0001", "0.0001", "-0.0005", "0.0015"]))
    return ScriptPath(tuple(points), tuple(basis), funding_rate=rate)


def _usd(log_price: float) -> Decimal:
    return Decimal(round(exp(log_price), 1)).quantize(Decimal("0.1"))
