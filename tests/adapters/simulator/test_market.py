"""Prices, funding and the grid of time."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.simulator.market import Market
from bot.adapters.simulator.paths import settled_rate
from bot.adapters.simulator.saved import written
from bot.adapters.simulator.spec import CsvPath, Deposit, PriceMove, Withdrawal
from bot.domain.account import EntryKind, Wallet
from bot.domain.orders import TimeInForce
from bot.errors import ConfigError
from tests.kit.domain import BTC_USD, NOON
from tests.kit.simulator import (
    Stage,
    a_market,
    a_model,
    a_script,
    a_venue_spec,
    an_account,
    an_approved,
)

D = Decimal
CAP = D("0.003")
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def the_text(stage: Stage) -> str:
    """Everything about a venue, to the last digit."""
    return written(stage.venue.simulation, stage.venue.faults, {})


# --- the grid ---------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.1, 4_000), min_size=1, max_size=20),
    st.integers(0, 2**32),
)
def test_it_makes_no_difference_in_what_strides_time_comes(strides: list[float], seed: int) -> None:
    spec = a_venue_spec(
        markets=(a_market("BTC", a_model("BTC")), a_market("ETH", a_model("ETH", 3_000))),
        events=(
            Deposit(995.0, "main", "BTC", D("1.5")),
            PriceMove(1_200.0, "BTC", D("-0.2"), over_s=600.0),
            Withdrawal(2_000.0, "main", "BTC", D(1), Wallet.MARGIN),
        ),
        seed=seed,
    )
    order = an_approved(contracts=4_000, order_id="hhsame")
    rest = an_approved(limit=50_400, time_in_force=TimeInForce.GTC, order_id="hhrest")
    at_once, in_strides = Stage(spec), Stage(spec)
    for stage in (at_once, in_strides):
        for sent in (order, rest):
            stage.venue.simulation.submit("main", sent.intent)
    for stride in strides:
        in_strides.advance(stride)
    at_once.clock.advance((in_strides.clock.now() - NOON).total_seconds())
    at_once.venue.advance()
    assert the_text(in_strides) == the_text(at_once)


def test_the_same_seed_gives_the_same_path_and_another_seed_another() -> None:
    def path(seed: int) -> list[Decimal]:
        stage = Stage(a_venue_spec(path=a_model(), seed=seed))
        marks = []
        for _ in range(50):
            stage.advance(10)
            marks.append(stage.venue.simulation.market.assets["BTC"].mark_usd)
        return marks

    assert path(1) == path(1)
    assert path(1) != path(2)


def test_one_coin_does_not_change_the_path_of_another() -> None:
    alone = Stage(a_venue_spec(markets=(a_market("BTC", a_model("BTC")),)))
    both = Stage(
        a_venue_spec(
            markets=(a_market("ETH", a_model("ETH", 3_000)), a_market("BTC", a_model("BTC")))
        )
    )
    for stage in (alone, both):
        stage.advance(1_000)
    first, second = (s.venue.simulation.market.assets["BTC"].prices for s in (alone, both))
    assert first == second


async def test_prices_stand_on_the_tick_and_do_not_change_within_a_step() -> None:
    stage = Stage(a_venue_spec(path=a_model()))
    stage.advance(123)
    first = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    stage.advance(6)
    second = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert first.mark_usd == second.mark_usd
    assert second.at - first.at == timedelta(seconds=6)
    for price in (first.mark_usd, first.bid_usd, first.ask_usd, first.last_usd):
        assert price is not None
        assert price % D("0.1") == 0


# --- scripts and moves ------------------------------------------------------------------------


async def test_a_script_runs_in_straight_lines_and_jumps_where_two_points_meet() -> None:
    path = a_script((0, 50_000), (100, 60_000), (100, 30_000), (200, 30_000), basis="0.001")
    stage = Stage(a_venue_spec(path=path))
    seen = []
    for _ in range(4):
        quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
        seen.append((quote.index_usd, quote.mark_usd))
        stage.advance(50)
    assert seen == [
        (D(50_000), D(50_050)),
        (D(55_000), D(55_055)),
        (D(30_000), D(30_030)),
        (D(30_000), D(30_030)),
    ]


async def test_perp_points_replace_the_basis() -> None:
    path = a_script((0, 4_000), (20, 3_500), perp=((0, 4_001), (20, 3_498)))
    stage = Stage(a_venue_spec(path=path))
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd == 4_001
    stage.advance(20)
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert (quote.index_usd, quote.mark_usd) == (D(3_500), D(3_498))


async def test_a_price_move_is_gradual_lasting_and_on_top_of_the_path() -> None:
    move = PriceMove(100.0, "BTC", D("-0.2"), over_s=40.0)
    stage = Stage(
        a_venue_spec(path=a_script((0, 50_000), (120, 50_000), (120, 100_000)), events=(move,))
    )
    seen = {}
    for at in range(0, 160, 10):
        seen[at] = (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd
        stage.advance(10)
    assert (seen[90], seen[100], seen[110]) == (D(50_000), D(50_000), D(47_500))
    assert (seen[120], seen[140], seen[150]) == (D(90_000), D(80_000), D(80_000))


# --- funding ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("premium_bps", "rate_bps"),
    [
        ("-4", "1"),
        ("6", "1"),
        ("1", "1"),
        ("9.8", "4.8"),
        ("-6", "-1"),
        ("90", "30"),
        ("-90", "-30"),
    ],
)
def test_the_rate_is_the_interest_unless_the_premium_is_far_from_it(
    premium_bps: str, rate_bps: str
) -> None:
    assert settled_rate(D(premium_bps) / 10_000, CAP) == D(rate_bps) / 10_000


async def test_funding_is_settled_at_0_8_and_16_utc_on_the_mark_price() -> None:
    path = a_script((0, 50_000), (3 * 3600, 40_000), basis="0.01", funding="0.0002")
    stage = Stage(a_venue_spec(path=path), start=datetime(2026, 1, 1, 6, 0, 3, tzinfo=UTC))
    await stage.account.submit(an_approved(contracts=1_000))
    stage.advance(20 * 3600)
    paid = [e for e in await stage.account.ledger(MIDNIGHT) if e.kind is EntryKind.FUNDING]
    assert [e.at.hour for e in paid] == [8, 16, 0]
    assert [e.at.second for e in paid] == [3, 3, 3]
    assert all(e.funding_rate == D("0.0002") for e in paid)
    # At 08:00:03, the first step after eight, spot is 43,333.33 and the mark 1 % above it.
    assert paid[0].amount_coin == (100_000 / D("43766.7") * D("0.0002")).quantize(D("1e-12"))
    assert paid[1].amount_coin == (100_000 / D("40400.0") * D("0.0002")).quantize(D("1e-12"))


async def test_positive_rates_are_paid_by_longs_to_shorts() -> None:
    for rate, side_contracts, gains in (("0.0001", -10, True), ("-0.0001", -10, False)):
        stage = Stage(a_venue_spec(path=a_script(funding=rate)))
        await stage.account.submit(an_approved(contracts=-side_contracts))
        stage.advance(4 * 3600)
        (entry,) = [e for e in await stage.account.ledger(NOON) if e.kind is EntryKind.FUNDING]
        assert (entry.amount_coin > 0) is gains


async def test_a_flat_account_pays_no_funding() -> None:
    stage = Stage(a_venue_spec(path=a_script(funding="0.001")))
    stage.advance(24 * 3600)
    assert await stage.account.ledger(NOON) == ()


async def test_the_quote_tells_the_running_rate_and_when_it_is_settled() -> None:
    stage = Stage(a_venue_spec(path=a_script(funding="0.0002")))
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert quote.funding_rate == D("0.0002")
    assert quote.next_funding_at == MIDNIGHT + timedelta(hours=16)
    assert quote.funding_interval_s == 8 * 3600


async def test_the_rate_that_was_shown_last_is_the_one_that_is_settled() -> None:
    stage = Stage(a_venue_spec(path=a_model(), step_s=60))
    await stage.account.submit(an_approved(contracts=100))
    for _ in range(6):
        quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
        assert quote.next_funding_at is not None
        stage.advance((quote.next_funding_at - stage.clock.now()).total_seconds() - 1)
        shown = (await stage.account.quotes([BTC_USD]))[BTC_USD].funding_rate
        stage.advance(1)
        entry = (await stage.account.ledger(NOON))[-1]
        assert entry.kind is EntryKind.FUNDING
        assert shown is not None
        assert entry.funding_rate is not None
        assert abs(entry.funding_rate - shown) < D("0.00005")


# --- files ------------------------------------------------------------------------------------

ROWS = """ts,spot,perp,funding_rate
2024-01-01T08:00:00Z,50000,50010,0.0001
2024-01-01T09:00:00Z,51000,51010,
2024-01-01T10:00:00Z,,51500,
2024-01-01T11:00:00Z,52000,52010,
2024-01-01T16:00:00Z,53000,53010,-0.0005
"""


def a_file(folder: Path, text: str = ROWS, name: str = "prices.csv") -> CsvPath:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return CsvPath(path)


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz"])
async def test_a_file_gives_its_prices_from_the_venues_start_on(tmp_path: Path, name: str) -> None:
    stage = Stage(a_venue_spec(path=a_file(tmp_path, name=name)), start=MIDNIGHT)
    stage.advance(3_599)
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert (quote.index_usd, quote.mark_usd, quote.at) == (D(50_000), D(50_010), stage.clock.now())
    stage.advance(1)
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd == 51_010


async def test_a_row_without_a_price_leaves_the_last_one_which_grows_old(tmp_path: Path) -> None:
    stage = Stage(a_venue_spec(path=a_file(tmp_path)), start=MIDNIGHT)
    stage.advance(2 * 3600 + 600)
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert quote.mark_usd == 51_010
    assert stage.clock.now() - quote.at == timedelta(minutes=10)
    stage.advance(3_000)
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].at == stage.clock.now()


async def test_after_the_last_row_the_price_stands_and_grows_old(tmp_path: Path) -> None:
    stage = Stage(a_venue_spec(path=a_file(tmp_path)), start=MIDNIGHT)
    stage.advance(15 * 3600)
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert quote.mark_usd == 53_010
    assert stage.clock.now() - quote.at == timedelta(hours=2)


async def test_a_files_own_rates_are_settled_and_none_where_it_has_none(tmp_path: Path) -> None:
    stage = Stage(a_venue_spec(path=a_file(tmp_path)), start=MIDNIGHT + timedelta(hours=8))
    await stage.account.submit(an_approved(contracts=100))
    stage.advance(30 * 3600)
    paid = [e for e in await stage.account.ledger(MIDNIGHT) if e.kind is EntryKind.FUNDING]
    assert [(e.at, e.funding_rate) for e in paid] == [
        (MIDNIGHT + timedelta(hours=16), D("-0.0005"))
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ts,spot\n2024-01-01T00:00:00Z,1\n", "no column 'perp'"),
        ("ts,spot,perp\n", "no row with both"),
        ("ts,spot,perp\n2024-01-01T00:00:00Z,nan,1\n", "line 2: spot 'nan'"),
        ("ts,spot,perp\n2024-01-01T00:00:00Z,1,x\n", "line 2: perp 'x' is no number"),
        ("ts,spot,perp\n2024-01-01T00:00:00Z,1,-5\n", "line 2: perp -5 is no price"),
        ("ts,spot,perp\nyesterday,1,1\n", "line 2: 'yesterday' is no time"),
        (
            "ts,spot,perp\n2024-01-01T01:00:00Z,1,1\n2024-01-01T00:00:00Z,1,1\n",
            "line 3: the times do not increase",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Stage(a_venue_spec(path=a_file(tmp_path, text)))


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"price file .*absent\.csv cannot be read"):
        Stage(a_venue_spec(path=CsvPath(tmp_path / "absent.csv")))


# --- calibration ------------------------------------------------------------------------------

HOURS = 24_000


def simulated(base: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hourly log returns, basis in bp, and settled rates in bp of the random path."""
    market = Market(
        (a_market(base, a_model(base, 1_000_000)),), seed=seed, step_s=3600, started_at=MIDNIGHT
    )
    asset, spot, mark, rates = market.assets[base], [], [], []
    for _ in range(HOURS):
        market.next_step()
        spot.append(float(asset.prices.index_usd))
        mark.append(float(asset.prices.mark_usd))
        if market.step >= asset.funding_step:
            rate = market.settle(asset)
            assert rate is not None
            rates.append(float(rate) * 1e4)
    prices, marks = np.array(spot), np.array(mark)
    return np.diff(np.log(prices)), (marks / prices - 1) * 1e4, np.array(rates)


def autocorrelation(series: np.ndarray, lag: int) -> float:
    centred = series - series.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / centred.var())


@dataclass(frozen=True, slots=True)
class Observed:
    """Statistics of the real market that the random path has to come near."""

    annual_vol: float
    hourly_kurtosis: float
    basis_mean_bps: float
    basis_sd_bps: float
    basis_after_an_hour: float
    basis_after_a_day: float
    rates_of_one_bp: float
    negative_rates: float


OBSERVED = {
    "BTC": Observed(0.644, 15.6, 1.57, 10.3, 0.90, 0.70, 0.49, 0.17),
    "ETH": Observed(0.842, 31.6, 0.96, 7.7, 0.86, 0.72, 0.58, 0.12),
}


@pytest.mark.parametrize("base", OBSERVED)
def test_the_random_path_has_the_moments_that_were_observed(base: str) -> None:
    observed = OBSERVED[base]
    runs = [simulated(base, seed) for seed in (1, 2)]
    returns, basis, rates = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    spread = returns - returns.mean()
    kurtosis = (spread**4).mean() / spread.var() ** 2 - 3
    assert returns.std() * np.sqrt(8760) == pytest.approx(observed.annual_vol, rel=0.05)
    assert kurtosis == pytest.approx(observed.hourly_kurtosis, rel=0.4)
    assert basis.mean() == pytest.approx(observed.basis_mean_bps, abs=3)
    assert basis.std() == pytest.approx(observed.basis_sd_bps, rel=0.15)
    first = runs[0]
    assert autocorrelation(first[1], 1) == pytest.approx(observed.basis_after_an_hour, abs=0.05)
    assert autocorrelation(first[1], 24) == pytest.approx(observed.basis_after_a_day, abs=0.08)
    one_bp = (np.abs(rates - 1) < 1e-9).mean()
    assert one_bp == pytest.approx(observed.rates_of_one_bp, abs=0.08)
    assert (rates < 0).mean() == pytest.approx(observed.negative_rates, abs=0.06)
    assert autocorrelation(first[2], 1) == pytest.approx(0.65, abs=0.2)


def test_the_two_coins_move_together() -> None:
    market = Market(
        (a_market("BTC", a_model("BTC")), a_market("ETH", a_model("ETH"))),
        seed=3,
        step_s=86_400,
        started_at=MIDNIGHT,
    )
    prices: dict[str, list[float]] = {"BTC": [], "ETH": []}
    for _ in range(2_000):
        market.next_step()
        for base, asset in market.assets.items():
            prices[base].append(float(asset.prices.index_usd))
    daily = [np.diff(np.log(np.array(path))) for path in prices.values()]
    assert np.corrcoef(*daily)[0, 1] == pytest.approx(0.83, abs=0.05)


def test_an_account_beside_another_changes_nothing_for_it() -> None:
    alone = Stage(a_venue_spec(path=a_model()))
    crowd = Stage(a_venue_spec(path=a_model(), accounts=(an_account(), an_account("other"))))
    for stage in (alone, crowd):
        stage.advance(600)
        stage.venue.simulation.submit("main", an_approved(order_id="hhcrowd").intent)
        stage.advance(40_000)
    first, second = (s.venue.simulation.holders["main"] for s in (alone, crowd))
    assert list(first.ledger.entries) == list(second.ledger.entries)
