"""The past of the simulated market is what it went through, recomputed and never saved."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.simulator.market import EPOCH
from bot.adapters.simulator.spec import CsvPath, PathSpec, PriceMove
from bot.adapters.simulator.tape import Candle, Tape
from tests.kit.domain import NOON
from tests.kit.simulator import Stage, a_market, a_model, a_script, a_venue_spec

D = Decimal
MINUTE = timedelta(minutes=1)


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def a_tape(stage: Stage, keep: int = 1_000) -> Tape:
    return Tape(stage.venue.simulation.market, ms, keep=keep)


def lived(stage: Stage, minutes: int) -> list[tuple[int, list[Decimal], list[Decimal]]]:
    """Go on by so many minutes, step by step, and note the prices of each."""
    market = stage.venue.simulation.market
    found = []
    for _ in range(minutes):
        spot, perp, opened = [], [], ms(market.at())
        for _ in range(6):
            prices = market.assets["BTC"].prices
            spot.append(prices.index_usd)
            perp.append(prices.mid_usd)
            stage.advance(10)
        found.append((opened, spot, perp))
    return found


def candle(opened: int, prices: list[Decimal]) -> Candle:
    return Candle(opened, prices[0], max(prices), min(prices), prices[-1])


PATHS: dict[str, PathSpec] = {
    "random": a_model(),
    "script": a_script((0, 50_000), (600, 40_000), basis="0.001"),
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_candles_are_the_prices_that_there_were(path: PathSpec) -> None:
    stage = Stage(
        a_venue_spec(path=path, events=(PriceMove(130.0, "BTC", D("-0.2"), over_s=200.0),))
    )
    minutes = lived(stage, 20)
    tape = a_tape(stage)
    spot, perp = list(tape.spot("BTC"))[:-1], list(tape.perp("BTC"))[:-1]
    assert spot == [candle(opened, prices) for opened, prices, _ in minutes]
    assert perp == [candle(opened, prices) for opened, _, prices in minutes]


def test_it_makes_no_difference_when_somebody_asks() -> None:
    early, late = (Stage(a_venue_spec(path=a_model())) for _ in range(2))
    asked, asked_once = a_tape(early), a_tape(late)
    for stage, tape in ((early, asked), (late, None)):
        for number in range(20):
            stage.advance(47)
            if number == 9:
                stage.venue.happen(PriceMove(0.0, "BTC", D("0.1"), over_s=60.0))
            if tape is not None:
                list(tape.spot("BTC"))
    assert list(asked.spot("BTC")) == list(asked_once.spot("BTC"))
    assert list(asked.perp("BTC")) == list(asked_once.perp("BTC"))


def test_a_move_by_hand_is_in_the_candle_of_its_moment() -> None:
    stage = Stage()
    tape = a_tape(stage)
    stage.advance(50)
    assert [c.close_usd for c in tape.perp("BTC")] == [D(50_000)]
    stage.venue.happen(PriceMove(0.0, "BTC", D("-0.5")))
    stage.advance(600)
    first, *others = tape.perp("BTC")
    assert (first.open_usd, first.low_usd, first.close_usd) == (D(50_000), D(25_000), D(25_000))
    assert {c.close_usd for c in others} == {D(25_000)}


def test_after_a_restart_the_past_is_the_same(tmp_path: Path) -> None:
    spec, file = a_venue_spec(path=a_model()), tmp_path / "venue.json"
    stage = Stage(spec, file=file)
    stage.advance(1_000)
    stage.venue.happen(PriceMove(0.0, "BTC", D("0.1"), over_s=60.0))
    stage.advance(1_000)
    stage.venue.save()
    again = Stage(spec, start=stage.clock.now(), file=file)
    assert list(a_tape(again).perp("BTC")) == list(a_tape(stage).perp("BTC"))


def test_funding_is_what_was_settled() -> None:
    markets = (a_market("BTC", a_model("BTC")), a_market("ETH", a_script(funding="0.0003")))
    stage = Stage(a_venue_spec(markets=markets, step_s=60.0))
    tape = a_tape(stage)
    seen = []
    for _ in range(3):
        quote = stage.venue.simulation.market.quote("BTC/USD:BTC", stage.clock.now())
        assert quote is not None
        assert quote.next_funding_at is not None
        left_s = (quote.next_funding_at - stage.clock.now()).total_seconds()
        own = stage.venue.simulation.market.assets["BTC"]
        stage.advance(left_s - 60)
        before = own.funding_step
        stage.advance(60)
        assert own.funding_step > before
        seen.append(quote.next_funding_at)
    assert [at for at, _ in tape.settled("BTC")] == seen
    assert tape.settled("ETH") == tuple((at, D("0.0003")) for at in seen)
    assert seen[0] == NOON + timedelta(hours=4)


def test_no_quote_is_no_candle(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    rows = [f"{NOON + n * MINUTE:%Y-%m-%dT%H:%M:%SZ},{50_000 + n},{50_001 + n}" for n in range(10)]
    rows[4:7] = [f"{row.split(',')[0]},," for row in rows[4:7]]
    file.write_text("\n".join(["ts,spot,perp", *rows]) + "\n")
    stage = Stage(a_venue_spec(path=CsvPath(file)))
    stage.advance(9 * 60)
    opened = [(c.opened_ms - ms(NOON)) // 60_000 for c in a_tape(stage).spot("BTC")]
    assert opened == [0, 1, 2, 3, 4, 7, 8, 9]  # a quote is as old as nothing when it ends


def test_the_oldest_minutes_are_forgotten() -> None:
    stage = Stage(a_venue_spec(path=a_model()))
    stage.advance(30 * 60)
    every, some = list(a_tape(stage).spot("BTC")), list(a_tape(stage, keep=10).spot("BTC"))
    assert len(every) == 31
    assert some == every[-11:]


def test_time_is_that_of_whoever_asks() -> None:
    stage = Stage(a_venue_spec(path=a_model()))
    stage.advance(3_600)
    tape = Tape(stage.venue.simulation.market, lambda at: ms(NOON + (at - NOON) / 60))
    assert [c.opened_ms - ms(NOON) for c in tape.spot("BTC")] == [0, 60_000]
