"""The venue's own memory: killed at any moment, it goes on as the market left it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.clock import VirtualClock
from bot.adapters.simulator import ledger, orders
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.history import History
from bot.adapters.simulator.saved import written
from bot.adapters.simulator.spec import (
    Deposit,
    FaultKind,
    FaultSpec,
    Outage,
    PriceMove,
    VenueSpec,
)
from bot.adapters.simulator.state import saved_at, start_over
from bot.domain.account import MarginMode
from bot.domain.orders import OrderStatus, Side, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import ConfigError, OutcomeUnknown, RateLimited, Unavailable
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


def the_text(venue: SimulatedVenue) -> str:
    """Everything about a venue, to the last digit."""
    return written(venue.simulation, venue.faults, {})


def restarted(stage: Stage, file: Path) -> Stage:
    """The venue as a new process finds it, at the same time."""
    return Stage(stage.spec, start=stage.clock.now(), file=file)


def a_busy_spec(seed: int = 1) -> VenueSpec:
    return a_venue_spec(
        markets=(a_market("BTC", a_model("BTC")), a_market("ETH", a_model("ETH", 3_000))),
        accounts=(
            an_account("main", leverage=10),
            an_account("spare", hedge_mode=True, mode=MarginMode.ISOLATED),
        ),
        events=(Deposit(500.0, "main", "BTC", D("0.25")), Outage(90_000.0, 5.0)),
        faults=(FaultSpec(FaultKind.SLOW, "positions", chance=0.0),),
        seed=seed,
    )


steps = st.lists(
    st.tuples(
        st.sampled_from(["sell", "buy", "rest", "leg", "wait", "move"]), st.integers(1, 3_000)
    ),
    min_size=1,
    max_size=12,
)


def act(stage: Stage, number: int, what: str, size: int) -> None:
    """One thing that a customer or the world does."""
    order_id = f"hhstep{number}"
    simulation = stage.venue.simulation
    match what:
        case "wait":
            stage.advance(size * 10)
        case "move":
            stage.venue.happen(PriceMove(0, "BTC", D(size - 1_500) / 10_000, over_s=100))
        case "leg":
            intent = an_approved(contracts=size, order_id=order_id, position_side="short").intent
            simulation.submit("spare", intent)
        case "rest":
            mark = simulation.market.assets["BTC"].mark_usd
            limit = (mark * D("1.01")).quantize(D("0.1"))
            order = an_approved(
                contracts=size, limit=limit, time_in_force=TimeInForce.GTC, order_id=order_id
            )
            simulation.submit("main", order.intent)
        case _:
            side = Side.SELL if what == "sell" else Side.BUY
            simulation.submit("main", an_approved(side, size, order_id=order_id).intent)
    stage.venue.persist()


@settings(max_examples=25)
@given(before=steps, after=steps, seed=st.integers(0, 1_000))
def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
    seed: int,
) -> None:
    file = tmp_path_factory.mktemp("venue") / "venue.json"
    stage = Stage(a_busy_spec(seed), file=file)
    for number, (what, size) in enumerate(before):
        act(stage, number, what, size % 400 + 1)
    stage.venue.save()
    again = restarted(stage, file)
    assert the_text(again.venue) == the_text(stage.venue)
    for number, (what, size) in enumerate(after, start=len(before)):
        for each in (stage, again):
            act(each, number, what, size % 400 + 1)
        stage.venue.save()
    assert the_text(again.venue) == the_text(stage.venue)


async def test_an_accepted_order_is_on_disk_before_its_answer_leaves(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    lost = FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1)
    stage = Stage(a_venue_spec(faults=(lost,)), file=file)
    with pytest.raises(OutcomeUnknown):
        await stage.account.submit(an_approved(contracts=12, order_id="hhkill"))
    again = restarted(stage, file)
    found = await again.account.find(ClientOrderId("hhkill"), BTC_USD)
    assert found is not None
    assert found.status is OrderStatus.FILLED
    (position,) = await again.account.positions()
    assert position.contracts == -12


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.kit.simulator import Stage, a_venue_spec, an_approved

async def main():
    stage = Stage(a_venue_spec(), file=Path(sys.argv[1]))
    await stage.account.submit(an_approved(contracts=12, order_id="hhkill"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_an_order_survives_the_death_of_its_process(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    root = str(Path(__file__).resolve().parents[3])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(root=root), str(file)], check=False, cwd=root
    )
    assert killed.returncode == -9
    again = Stage(a_venue_spec(), file=file).venue.simulation
    (leg,) = again.holders["main"].ledger.margins["BTC"].legs.values()
    assert leg.book.face_usd == -1_200


async def test_time_alone_is_written_now_and_then_and_never_loses_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [0.0]
    monkeypatch.setattr("bot.adapters.simulator.exchange.time.monotonic", lambda: wall[0])
    file = tmp_path / "venue.json"
    stage = Stage(a_venue_spec(path=a_model()), file=file)
    await stage.account.submit(an_approved(contracts=5))
    for _ in range(10):
        stage.clock.advance(10)
        await stage.account.balances()
    assert saved_at(file) == NOON
    wall[0] += 1.0
    stage.clock.advance(10)
    await stage.account.balances()
    assert saved_at(file) == stage.clock.now()


async def test_the_saved_time_lets_the_clock_go_on(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    assert saved_at(file) is None
    stage = Stage(file=file)
    assert stage.venue.saved_at is None
    stage.advance(1_234)
    stage.venue.save()
    assert saved_at(file) == NOON + timedelta(seconds=1_234)
    again = Stage(stage.spec, start=NOON + timedelta(seconds=1_234), file=file)
    assert again.venue.saved_at == NOON + timedelta(seconds=1_234)


async def test_a_fault_that_struck_does_not_strike_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    lost = FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1)
    stage = Stage(a_venue_spec(faults=(lost,)), file=file)
    await stage.account.balances()
    with pytest.raises(OutcomeUnknown):
        await stage.account.submit(an_approved())
    await restarted(stage, file).account.submit(an_approved())


async def test_a_settlement_is_booked_once_whether_or_not_there_was_a_restart(
    tmp_path: Path,
) -> None:
    file = tmp_path / "venue.json"
    stage = Stage(a_venue_spec(path=a_script(funding="0.0001")), file=file)
    await stage.account.submit(an_approved(contracts=100))
    stage.advance(5 * 3600)
    stage.venue.save()
    again = restarted(stage, file)
    again.advance(5 * 3600)
    assert len(await again.account.ledger(NOON + timedelta(hours=1))) == 1
    again.advance(3 * 3600)
    assert len(await again.account.ledger(NOON + timedelta(hours=1))) == 2


async def test_an_outage_and_a_ban_outlast_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    ban = FaultSpec(FaultKind.BANNED, "balances", nth=1, duration_s=120.0)
    stage = Stage(a_venue_spec(faults=(ban,)), file=file)
    with pytest.raises(RateLimited):
        await stage.account.balances()
    stage.venue.happen(Outage(0, 60.0))
    stage.clock.advance(30)
    for seen in (Unavailable, RateLimited):
        again = restarted(stage, file)
        with pytest.raises(Unavailable) as trouble:
            await again.account.positions()
        assert type(trouble.value) is seen
        stage.clock.advance(60)
    await restarted(stage, file).account.positions()


def test_starting_over_forgets_everything(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    Stage(a_venue_spec(seed=7), file=file).venue.save()
    start_over(file)
    assert list(tmp_path.iterdir()) == []
    start_over(file)
    assert Stage(a_venue_spec(seed=8), file=file).venue.saved_at is None


async def test_a_clock_that_is_behind_the_saved_time_waits_for_it(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    stage = Stage(a_venue_spec(path=a_model()), file=file)
    stage.advance(1_000)
    stage.venue.save()
    again = Stage(stage.spec, start=NOON, file=file)
    quote = (await again.account.quotes([BTC_USD]))[BTC_USD]
    assert quote.at == NOON + timedelta(seconds=1_000)
    assert again.venue.simulation.market.step == 100


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "hedgehold simulated venue 1"}', "ts,spot,perp\n1,2,3\n"]
)
def test_a_damaged_or_foreign_file_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "venue.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"venue\.json is no state .* --fresh$"):
        Stage(file=file)
    assert file.read_text() == text


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    Stage(file=file).venue.save()
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ConfigError, match="damaged"):
        Stage(file=file)


def test_a_file_of_a_later_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    Stage(file=file).venue.save()
    file.write_text(file.read_text().replace("simulated venue 1", "simulated venue 2"))
    with pytest.raises(ConfigError, match="another format"):
        Stage(file=file)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (a_venue_spec(seed=8), "seed was 7, now 8"),
        (a_venue_spec(seed=7, step_s=5), "step was 10 s, now 5 s"),
        (a_venue_spec(seed=7, path=a_script((0, 60_000))), "settings of market BTC/USD:BTC"),
        (a_venue_spec(seed=7, accounts=(an_account(spot=9),)), "settings of account main"),
        (
            a_venue_spec(seed=7, accounts=(an_account(), an_account("spare"))),
            "account spare was not there before",
        ),
        (a_venue_spec(seed=7, markets=(a_market("ETH"),), accounts=()), "is not there any more"),
    ],
)
def test_another_market_is_told_apart_and_said(tmp_path: Path, other: VenueSpec, says: str) -> None:
    file = tmp_path / "venue.json"
    Stage(a_venue_spec(seed=7), file=file).venue.save()
    with pytest.raises(ConfigError, match=f"{says}.*--fresh"):
        SimulatedVenue(other, VirtualClock(NOON), file)


async def test_other_faults_make_no_other_venue_but_count_anew(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    second = FaultSpec(FaultKind.LOST_REQUEST, "positions", nth=2)
    stage = Stage(a_venue_spec(faults=(second,)), file=file)
    await stage.account.positions()
    stage.venue.save()
    with pytest.raises(Unavailable):
        await restarted(stage, file).account.positions()
    calmer = a_venue_spec(faults=(replace(second, nth=3),))
    for _ in range(2):
        await Stage(calmer, file=file).account.positions()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone/venue\.json cannot be written"):
        Stage(file=tmp_path / "gone" / "venue.json").venue.save()


def test_nothing_half_written_is_left_beside_the_file(tmp_path: Path) -> None:
    stage = Stage(file=tmp_path / "venue.json")
    stage.venue.save()
    assert [file.name for file in tmp_path.iterdir()] == ["venue.json"]


async def test_the_file_stops_growing_with_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "KEEP_FILLS", 40)
    monkeypatch.setattr(ledger, "KEEP_ENTRIES", 60)
    monkeypatch.setattr(orders, "KEEP_ORDERS", 20)
    file = tmp_path / "venue.json"
    stage = Stage(file=file)
    sizes = []
    for number in range(120):
        side = Side.SELL if number % 2 else Side.BUY
        stage.advance(10)
        await stage.account.submit(an_approved(side, order_id=f"hhgrow{number:03}"))
        sizes.append(file.stat().st_size)
    assert abs(sizes[-1] - sizes[60]) < 200
    again = restarted(stage, file)
    assert the_text(again.venue) == the_text(stage.venue)
    for each in (stage, again):
        assert await each.account.find(ClientOrderId("hhgrow119"), BTC_USD) is not None
        assert await each.account.find(ClientOrderId("hhgrow099"), BTC_USD) is None


def test_history_forgets_the_oldest_and_writes_each_line_once() -> None:
    history: History[int] = History(3)
    seen: list[int] = []

    def write(line: int) -> str:
        seen.append(line)
        return str(line)

    assert [history.append(line) for line in (1, 2)] == [None, None]
    assert list(history.texts(write)) == ["1", "2"]
    assert [history.append(line) for line in (3, 4)] == [None, 1]
    assert list(history.texts(write)) == ["2", "3", "4"]
    assert sorted(seen) == [1, 2, 3, 4]
    for line in (5, 6, 7, 8):
        history.append(line)
    assert list(history.texts(write)) == ["6", "7", "8"]
