"""The whole way: the simulated Binance on the wire, an unmodified ccxt client, a file, a replay."""

from __future__ import annotations

import csv
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.ccxt.history_manners import MANNERS
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.spec import (
    CsvPath,
    FaultKind,
    FaultSpec,
    PathSpec,
    PriceMove,
    VenueSpec,
)
from bot.app.downloading import Downloaded, bars_asked, download, open_source
from bot.app.history_rows import EPOCH, Grid, Missing
from bot.domain.targets import Full
from bot.errors import ConfigError, ForbiddenHost, Unavailable
from bot.replay import BandChoice, ReplayRequest, run_replay
from bot.replay.history import read_history
from tests.downloading.past import HOUR
from tests.kit.simulator import a_model, a_venue_spec
from tests.kit.wire import Wire, a_wire

DAYS = 4


def some_days_ago() -> datetime:
    """A whole hour some days ago, and half an hour of it gone."""
    hour = EPOCH + (datetime.now(UTC) - EPOCH) // HOUR * HOUR
    return hour - timedelta(days=DAYS) + HOUR / 2


def a_long_spec(*faults: FaultSpec, path: PathSpec | None = None) -> VenueSpec:
    return a_venue_spec(
        path=path or a_model(),
        events=(PriceMove(90_000.0, "BTC", Decimal("-0.2"), over_s=7_200.0),),
        faults=faults,
        step_s=60.0,
        start=some_days_ago(),
    )


@asynccontextmanager
async def served(spec: VenueSpec) -> AsyncIterator[Wire]:
    async with a_wire(spec) as wire:
        yield wire


async def fetched(wire: Wire, grid: Grid, path: Path, venue: str = "binance") -> Downloaded:
    clock = SystemClock()
    async with open_source(venue, wire.base, asset="BTC", interval="1h", clock=clock) as history:
        return await download(history, grid, path, clock)


def since_the_start(wire: Wire) -> Grid:
    market = wire.venue.simulation.market
    return bars_asked(market.started_at, None, "1h", datetime.now(UTC))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bars an answer, so that there are many parts."""
    small = replace(MANNERS["binance"], bars=20)
    monkeypatch.setattr("bot.adapters.ccxt.history.MANNERS", {**MANNERS, "binance": small})


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def cut(path: Path, lines: int) -> None:
    """Leave so many whole lines, and a part of the next."""
    kept = path.read_text().splitlines(keepends=True)
    path.write_text("".join(kept[:lines]) + kept[lines][:25])


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_the_file_has_what_the_venue_went_through(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    async with served(a_long_spec()) as wire:
        grid = since_the_start(wire)
        done = await fetched(wire, grid, path)
        assert (done.spot_market, done.perp_market) == ("BTC/USDT", "BTC/USD:BTC")
        assert done.tally.holes == []
        assert done.added == done.tally.rows == len(grid) >= DAYS * 24 - 2
        again = wire.venue.simulation.market.from_the_start()
    rows = {row["ts"]: row for row in table(path)}
    settled = 0
    while again.at() < grid.until - timedelta(minutes=1):
        again.next_step()
        asset = again.assets["BTC"]
        opened = EPOCH + (again.at() - EPOCH) // HOUR * HOUR
        if again.step >= asset.funding_step:
            rate = again.settle(asset)
            row = rows.get(f"{opened:%Y-%m-%dT%H:%M:%SZ}")
            assert row is None or Decimal(row["funding_rate"]) == rate
            settled += row is not None
        is_last = (again.at() + timedelta(minutes=1) - EPOCH) % HOUR < timedelta(minutes=1)
        if is_last and opened >= grid.since:
            row = rows[f"{opened:%Y-%m-%dT%H:%M:%SZ}"]
            assert Decimal(row["spot_close"]) == asset.prices.index_usd
            assert Decimal(row["perp_close"]) == asset.prices.mid_usd
    assert sum(row["funding_rate"] != "" for row in rows.values()) == settled
    assert done.tally.funding_rows == settled >= 3 * DAYS - 1


@pytest.mark.usefixtures("small_pages")
async def test_interrupted_and_gone_on_with_it_is_the_same_file(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    async with served(a_long_spec()) as wire:
        grid = since_the_start(wire)
        await fetched(wire, grid, whole)
        await fetched(wire, Grid(grid.since, grid.since + 37 * HOUR, HOUR), broken)
        cut(broken, 31)
        wire.seen.clear()
        done = await fetched(wire, grid, broken)
        assert wire.count("GET", "/dapi/v1/klines") == -(-(len(grid) - 30) // 20) + 1
    assert done.added == len(grid) - 30
    assert content(broken) == content(whole)


@pytest.mark.usefixtures("small_pages")
async def test_it_stops_where_the_venue_falls_silent_and_goes_on_later(tmp_path: Path) -> None:
    path, whole = tmp_path / "x.csv", tmp_path / "whole.csv"
    ban = FaultSpec(FaultKind.BANNED, operation="quotes", nth=8, duration_s=3_600.0)
    spec = a_long_spec(ban)
    async with served(spec) as wire:
        grid = since_the_start(wire)
        with pytest.raises(Unavailable, match=r"has 40 of .* rows; the same command goes on"):
            await fetched(wire, grid, path)
        asked = len(wire.seen)
    async with served(replace(spec, faults=())) as wire:
        await fetched(wire, grid, path)
        await fetched(wire, grid, whole)
    assert asked == 2 + 8
    assert content(path) == content(whole)


async def test_replay_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    async with served(a_long_spec()) as wire:
        done = await fetched(wire, since_the_start(wire), path)
    bars = read_history([path], columns={})
    assert len(bars) == done.tally.rows
    assert bars.length_ms == 3_600_000
    report = run_replay(
        ReplayRequest(
            asset="BTC",
            coins=Decimal(2),
            collateral=Decimal(1),
            target=Full(),
            files=(path,),
            band=BandChoice(),
        )
    )
    assert report.runs


async def test_a_time_without_quotes_is_a_hole_in_the_file(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv.gz"
    start = some_days_ago()
    with gzip.open(prices, "wt") as file:
        file.write("ts,spot,perp\n")
        for half in range(DAYS * 48 + 4):
            quoted = not 40 <= half < 50
            cells = f"{50_000 + half},{50_010 + half}" if quoted else ","
            file.write(f"{(start + half * HOUR / 2).isoformat()},{cells}\n")
    async with served(a_long_spec(path=CsvPath(prices))) as wire:
        done = await fetched(wire, since_the_start(wire), tmp_path / "x.csv")
    first = start + HOUR / 2
    [hole] = done.tally.holes
    assert hole.missing is Missing.BOTH
    assert (hole.since, hole.until) == (first + 20 * HOUR, first + 24 * HOUR)


async def test_before_the_venue_opened_there_is_nothing(tmp_path: Path) -> None:
    async with served(a_long_spec()) as wire:
        grid = since_the_start(wire)
        early = Grid(grid.since - 10 * HOUR, grid.until, HOUR)
        done = await fetched(wire, early, tmp_path / "x.csv")
    [hole] = done.tally.holes
    assert (hole.since, hole.until) == (early.since, early.since + 9 * HOUR)


async def test_a_coin_a_venue_and_an_address_that_will_not_do_are_sentences(tmp_path: Path) -> None:
    clock = SystemClock()
    async with served(a_long_spec()) as wire:
        for venue, base, asset, interval, why in (
            (
                "binance",
                wire.base,
                "DOGE",
                "1h",
                "no inverse perpetual on DOGE; coins with one: BTC",
            ),
            ("binance", wire.base, "BTC", "7h", "Binance has no bars of 7h"),
            ("binance", "http://192.0.2.1", "BTC", "1h", "api_url"),
            ("binance", "https://demo-dapi.binance.com", "BTC", "1h", "another environment"),
            ("bitmex", None, "BTC", "1h", "is refused"),
            ("weex", None, "BTC", "1h", "no inverse perpetual to fetch the history of"),
            ("nowhere", None, "BTC", "1h", "is not one whose history is known"),
        ):
            with pytest.raises(ConfigError, match=why):
                async with open_source(venue, base, asset=asset, interval=interval, clock=clock):
                    pass


async def test_nothing_is_signed_and_no_other_host_is_named() -> None:
    async with (
        served(a_long_spec()) as wire,
        open_source(
            "binance", wire.base, asset="BTC", interval="1h", clock=SystemClock()
        ) as history,
    ):
        grid = since_the_start(wire)
        await history.spot_closes(grid.since, grid.until)
        await history.perp_closes(grid.since, grid.until)
        await history.funding(grid.since, grid.until)
        client = getattr(history, "perp")  # noqa: B009 - the port has none
        with pytest.raises(ForbiddenHost):
            await client.fapiPublicGetTime()
    assert {asked.method for asked in wire.seen} == {"GET"}
    signed = [a for a in wire.seen if "x-mbx-apikey" in a.headers or "signature" in a.query]
    assert signed == []
