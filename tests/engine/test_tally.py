"""What a run did to a bag: every cause under its name, and the rest never hidden."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    PriceMove,
    Withdrawal,
)
from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.orders import Side
from bot.domain.quantities import ZERO
from bot.domain.records import Outcome
from bot.engine.changes import News
from bot.engine.summary import BagSummary, summarise
from bot.engine.tally import Tally
from bot.errors import JournalError
from tests.kit.domain import BTC_USD, NOON, a_fill, an_exposure
from tests.kit.engine import DEEP_BOOK, INTERVAL_S, Bench, Broken, a_bench
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account

CENT = Decimal("0.01")


def summary(bench: Bench) -> BagSummary:
    """What the run has done to its bag, after the identity was checked."""
    (bag,) = summarise(bench.desk.bags, cycles=1).bags
    assert bag.change_usd is not None
    explained = bag.attribution.usd.total + bag.unexplained_usd
    assert abs(explained - bag.change_usd) < Decimal("1e-9")
    return bag


async def test_a_bag_that_was_never_seen_has_no_figures() -> None:
    bench = await a_bench()
    (bag,) = summarise(bench.desk.bags, cycles=0).bags
    assert (bag.start_usd, bag.end_usd, bag.change_usd, bag.unhedged_change_usd) == (None,) * 4
    assert (bag.trades, bag.turnover_usd, bag.attribution.usd.total) == (0, ZERO, ZERO)


async def test_price_alone_is_spot_against_futures() -> None:
    bench = await a_bench(path=a_script((0, 50_000), (3_600, 100_000)))
    await bench.run(60)
    bag = summary(bench)
    assert bag.start_usd is not None
    assert bag.unhedged_change_usd is not None
    assert bag.unexplained_usd == pytest.approx(ZERO, abs=CENT)
    terms = bag.attribution.usd
    assert terms.spot + terms.futures == pytest.approx(ZERO, abs=100)
    assert terms.fees == pytest.approx(Decimal(-250), abs=5)
    assert bag.unhedged_change_usd == pytest.approx(bag.start_usd, rel=Decimal("0.05"))
    assert bag.trades == 1
    assert bag.turnover_usd == -bench.contracts() * 100


async def test_funding_fees_and_flows_stand_under_their_names() -> None:
    bench = await a_bench(path=a_script(funding="0.0001"))
    await bench.run(3)
    bench.happen(Deposit(0, "main", "BTC", Decimal(2)))
    await bench.run(2)
    bench.happen(Withdrawal(0, "main", "BTC", Decimal(1)))
    await bench.run(30, every_s=3_600)
    bag = summary(bench)
    assert bag.unexplained_usd == pytest.approx(ZERO, abs=CENT)
    assert bag.attribution.usd.flows == 50_000
    assert bag.attribution.coin.funding == bench.booked(EntryKind.FUNDING)
    assert bag.attribution.coin.fees == bench.booked(EntryKind.FEE)
    assert bag.short_usd == -bench.contracts() * 100
    assert bag.delta_coin == pytest.approx(bench.delta_coin(), abs=Decimal("1e-9"))


@pytest.mark.parametrize(
    "event",
    [
        ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(1000)),
        ManualTrade(0, "main", BTC_USD, Side.SELL, Decimal(200)),
        Deleveraging(0, "main", BTC_USD, Decimal(2000)),
        Deleveraging(0, "main", BTC_USD, Decimal(2000), Decimal(49_000)),
    ],
    ids=["bought by hand", "sold by hand", "deleveraged", "deleveraged off the mark"],
)
async def test_trades_of_others_are_accounted_for(event: EventSpec) -> None:
    bench = await a_bench()
    await bench.run(2)
    bench.clock.advance(10)
    bench.happen(event)
    await bench.run(2)
    assert summary(bench).unexplained_usd == pytest.approx(ZERO, abs=CENT)


async def test_a_liquidation_is_accounted_for() -> None:
    accounts = (an_account(spot=8, margin=2, leverage=20),)
    bench = await a_bench(spec=a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts))
    await bench.run(2)
    bench.happen(PriceMove(0, "BTC", Decimal("0.245")))
    record = await bench.cycle(INTERVAL_S)
    assert "a liquidation" in record.reason
    bag = summary(bench)
    assert bag.attribution.coin.fees < Decimal("-0.01")  # what the venue kept is a fee
    assert bag.unexplained_usd == pytest.approx(ZERO, abs=CENT)


async def test_what_nobody_reports_is_a_rest_of_its_own() -> None:
    """Interest, say: a booking of a kind that no term is about."""
    bench = await a_bench()
    await bench.run(2)
    ledger = bench.venue.simulation.holders["main"].ledger
    ledger.move(Wallet.MARGIN, "BTC", EntryKind.OTHER, Decimal("0.1"), bench.clock.now())
    await bench.cycle(INTERVAL_S)
    bag = summary(bench)
    assert bag.unexplained_usd == pytest.approx(Decimal(5_000), abs=CENT)
    assert bag.attribution.usd.flows == 0


SPOILED = FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1)


async def test_an_order_in_doubt_is_accounted_for_once_it_is_settled() -> None:
    """Its position is seen before its trades are known."""
    bench = await a_bench(faults=(SPOILED,))
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1, duration_s=100))
    records = await bench.run(4)
    assert [r.outcome for r in records] == [Outcome.IN_DOUBT] * 2 + [Outcome.HELD] * 2
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    await bench.run(2)
    bag = summary(bench)
    assert bag.trades == 2
    assert bag.unexplained_usd == pytest.approx(ZERO, abs=CENT)
    assert bag.attribution.coin.fees == bench.booked(EntryKind.FEE)


@pytest.mark.parametrize("method", ["journal.record", "journal.settle", "journal.intend"])
async def test_what_could_not_be_written_down_is_not_counted_twice(method: str) -> None:
    bench = await a_bench()
    broken = Broken(JournalError("disk full"), method, times=0)
    await bench.start(broken)
    await bench.run(2)
    bench.happen(Deposit(0, "main", "BTC", Decimal(1)))
    broken.left = 2
    for _ in range(2):
        try:
            await bench.cycle(INTERVAL_S)
        except JournalError:
            continue
    await bench.run(3)
    bag = summary(bench)
    assert bag.attribution.usd.flows == 50_000
    assert bag.unexplained_usd == pytest.approx(ZERO, abs=CENT)
    assert bag.attribution.coin.fees == bench.booked(EntryKind.FEE)
    assert bag.trades == 2


async def test_a_new_process_counts_from_its_own_first_look() -> None:
    bench = await a_bench()
    await bench.run(2)
    await bench.start()
    await bench.run(2)
    bag = summary(bench)
    assert (bag.trades, bag.change_usd, bag.attribution.usd.fees) == (0, ZERO, ZERO)


def test_a_booking_of_another_kind_is_in_no_term() -> None:
    tally = Tally()
    tally.see(an_exposure(), None)
    entry = LedgerEntry("1", NOON, Wallet.MARGIN, "BTC", EntryKind.TRANSFER, Decimal(1), None)
    news = News(Decimal(11), ZERO, 0, ledger=(("main", entry),))
    tally.see(an_exposure(wallet=6), news)
    assert tally.total().usd.total == 0
    assert tally.unexplained_usd == 50_000


def test_without_news_a_change_is_a_rest() -> None:
    tally = Tally()
    tally.see(an_exposure(), None)
    tally.see(an_exposure(wallet=6), None)
    assert tally.unexplained_usd == 50_000


def test_a_trade_whose_fee_is_not_known_is_valued_without_it() -> None:
    tally = Tally()
    tally.see(an_exposure(), None)
    tally.credit((replace(a_fill(contracts=1000), fee_coin=None),))
    tally.see(an_exposure(short_usd=100_000), None)
    assert tally.total().usd.fees == 0
    assert tally.unexplained_usd == 0
