"""Both sides of the book are needed for a trade alone, and asked for then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.domain.account import Quote
from bot.domain.records import Action, Outcome
from tests.kit.domain import BTC_USD
from tests.kit.engine import INTERVAL_S, Bent, a_bench

Side = dict[str, None]
NEITHER: Side = {"bid_usd": None, "ask_usd": None}
NO_BID: Side = {"bid_usd": None}
NO_ASK: Side = {"ask_usd": None}


def first_without(sides: Side, *, times: int | None = 1) -> Callable[[Any], Any]:
    """Quotes that leave something of the touch out, the first times or for ever."""
    left = [times]

    def bend(quotes: Any) -> Any:
        if left[0] == 0:
            return quotes
        left[0] = None if left[0] is None else left[0] - 1
        return {symbol: replace(quote, **sides) for symbol, quote in quotes.items()}

    return bend


def nothing(quotes: Any) -> Any:
    """An answer in which the symbol is missing."""
    return {}


def in_turn(*bends: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Each answer is bent in its own way."""
    left = list(bends)

    def bend(quotes: Any) -> Any:
        return left.pop(0)(quotes)

    return bend


@pytest.mark.parametrize("sides", [NEITHER, NO_BID, NO_ASK], ids=["neither", "no bid", "no ask"])
async def test_a_market_without_a_touch_at_first_is_asked_again_and_traded_in_the_same_cycle(
    sides: Side,
) -> None:
    bench = await a_bench(watch=Bent(main__quotes=first_without(sides)))
    record = await bench.cycle()
    assert record.outcome is Outcome.TRADED
    assert bench.contracts() == -4997
    assert bench.watch.count("main.quotes") == 2
    assert bench.watch.count("main.balances") == 1


async def test_a_book_that_stays_empty_is_denied_by_the_guard() -> None:
    bench = await a_bench(watch=Bent(main__quotes=first_without(NEITHER, times=None)))
    record = await bench.cycle()
    assert (record.outcome, record.action) == (Outcome.DENIED, Action.SELL)
    assert "denied by the guard (empty_book): one side of the book is empty" in record.reason
    assert bench.orders() == ()
    assert bench.bag.breaker.failures == 0


async def test_who_wants_no_trade_needs_no_touch() -> None:
    bench = await a_bench()
    await bench.cycle()
    await bench.start(Bent(main__quotes=first_without(NEITHER, times=None)))
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    assert bench.watch.count("main.quotes") == 1


async def test_a_touch_that_cannot_be_had_leaves_the_bag_unseen() -> None:
    bench = await a_bench(watch=Bent(main__quotes=first_without(NEITHER)))
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "quotes", nth=2))
    record = await bench.cycle()
    assert (record.outcome, record.reason) == (Outcome.UNSEEN, "not seen: no answer in time")


async def test_a_symbol_that_is_missing_in_the_second_answer_keeps_its_first_quote() -> None:
    bent = Bent(main__quotes=in_turn(first_without(NEITHER), nothing))
    bench = await a_bench(watch=bent)
    assert "empty_book" in (await bench.cycle()).reason


async def test_a_second_quote_is_held_to_the_same_age_as_the_first() -> None:
    def old(quotes: Any) -> Any:
        quote: Quote = quotes[BTC_USD]
        return {BTC_USD: replace(quote, at=quote.at - timedelta(seconds=30))}

    bent = Bent(main__quotes=in_turn(first_without(NEITHER), old))
    bench = await a_bench(watch=bent)
    record = await bench.cycle()
    assert (record.outcome, bench.orders()) == (Outcome.UNSEEN, ())
    assert "is 30.0 s old" in record.reason


async def test_prices_that_moved_meanwhile_are_judged_anew() -> None:
    def moved(quotes: Any) -> Any:
        quote: Quote = quotes[BTC_USD]
        return {BTC_USD: replace(quote, index_usd=quote.index_usd * 2)}

    bent = Bent(main__quotes=in_turn(first_without(NEITHER), moved))
    bench = await a_bench(watch=bent)
    record = await bench.cycle()
    assert record.sight is not None
    assert record.sight.index_usd == 100_000
