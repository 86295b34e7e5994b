"""Trouble on the wire: what the caller sees, and that the venue did it once or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.domain.orders import OrderStatus, TimeInForce
from bot.domain.quantities import ClientOrderId
from bot.errors import (
    DuplicateClientId,
    ExchangeError,
    InsufficientMargin,
    MalformedReport,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.kit.domain import BTC_USD, NOON
from tests.kit.simulator import Stage, a_venue_spec, an_account, an_approved

D = Decimal
OURS = ClientOrderId("hhours")


def a_stage(kind: FaultKind, operation: str | None = None, **more: object) -> Stage:
    """A venue with one fault, at the first call of an operation unless told otherwise."""
    if not {"nth", "at_s", "chance"} & more.keys():
        more["nth"] = 1
    fault = FaultSpec(kind, operation, **more)  # type: ignore[arg-type]
    return Stage(a_venue_spec(accounts=(an_account(), an_account("spare")), faults=(fault,)))


async def contracts_held(stage: Stage) -> Decimal:
    return sum((p.contracts for p in await stage.account.positions()), D(0))


@pytest.mark.parametrize(
    ("fault", "seen", "arrived"),
    [
        (FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1), OutcomeUnknown, True),
        (FaultSpec(FaultKind.LOST_REQUEST, "submit", nth=1), OutcomeUnknown, False),
        (FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=True), OutcomeUnknown, True),
        (FaultSpec(FaultKind.RESET, "submit", nth=1, arrives=False), OutcomeUnknown, False),
        (FaultSpec(FaultKind.EMPTY_SUCCESS, "submit", nth=1), OutcomeUnknown, True),
        (FaultSpec(FaultKind.TRUNCATED, "submit", nth=1), OutcomeUnknown, True),
        (FaultSpec(FaultKind.REJECTED, "submit", nth=1), Refused, False),
        (FaultSpec(FaultKind.RATE_LIMITED, "submit", nth=1), RateLimited, False),
        (FaultSpec(FaultKind.BANNED, "submit", nth=1, duration_s=60), RateLimited, False),
        (FaultSpec(FaultKind.DUPLICATE_ACK, nth=1), DuplicateClientId, True),
    ],
    ids=lambda part: part.kind.value if isinstance(part, FaultSpec) else None,
)
async def test_a_spoiled_send_arrives_exactly_once_or_not_at_all(
    fault: FaultSpec, seen: type[ExchangeError], arrived: bool
) -> None:
    stage = Stage(a_venue_spec(faults=(fault,)))
    with pytest.raises(seen) as trouble:
        await stage.account.submit(an_approved(contracts=7, order_id=OURS))
    assert type(trouble.value) is seen
    assert (trouble.value.operation, trouble.value.symbol) == ("submit", BTC_USD)
    stage.advance(100)
    found = await stage.account.find(OURS, BTC_USD)
    if arrived:
        assert found is not None
        assert found.status is OrderStatus.FILLED
        with pytest.raises(DuplicateClientId):
            await stage.account.submit(an_approved(contracts=7, order_id=OURS))
    else:
        assert found is None
    assert await contracts_held(stage) == (-7 if arrived else 0)
    assert len(await stage.account.fills(BTC_USD, NOON)) == (1 if arrived else 0)


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (FaultKind.LOST_ANSWER, Unavailable),
        (FaultKind.LOST_REQUEST, Unavailable),
        (FaultKind.RESET, Unavailable),
        (FaultKind.TRUNCATED, MalformedReport),
        (FaultKind.REJECTED, Refused),
        (FaultKind.RATE_LIMITED, RateLimited),
    ],
)
async def test_a_spoiled_question_can_be_asked_again(
    kind: FaultKind, seen: type[ExchangeError]
) -> None:
    stage = a_stage(kind, "balances")
    with pytest.raises(seen) as trouble:
        await stage.account.balances()
    assert type(trouble.value) is seen
    assert len(await stage.account.balances()) == 2


async def test_an_empty_success_to_a_question_is_the_answer_that_there_is_nothing() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(order_id=OURS))
    for operation in ("balances", "positions", "quotes", "ledger", "fills", "find", "instruments"):
        stage.venue.faults.add(FaultSpec(FaultKind.EMPTY_SUCCESS, operation, nth=1))
    account = stage.account
    assert await account.balances() == ()
    assert await account.positions() == ()
    assert await account.quotes([BTC_USD]) == {}
    assert await account.ledger(NOON) == ()
    assert await account.fills(BTC_USD, NOON) == ()
    assert await account.find(OURS, BTC_USD) is None
    assert await account.instruments() == ()
    assert await account.find(OURS, BTC_USD) is not None


async def test_a_lost_answer_to_a_cancel_leaves_the_order_cancelled() -> None:
    stage = a_stage(FaultKind.LOST_ANSWER, "cancel")
    order = an_approved(limit=60_000, time_in_force=TimeInForce.GTC, order_id=OURS)
    await stage.account.submit(order)
    with pytest.raises(OutcomeUnknown):
        await stage.account.cancel(OURS, BTC_USD)
    found = await stage.account.find(OURS, BTC_USD)
    assert found is not None
    assert found.status is OrderStatus.CANCELLED


async def test_a_refusal_can_get_lost_like_any_answer_but_is_no_success() -> None:
    too_much = an_approved(contracts=900_000)
    with pytest.raises(OutcomeUnknown):
        await a_stage(FaultKind.LOST_ANSWER, "submit").account.submit(too_much)
    for kind in (FaultKind.EMPTY_SUCCESS, FaultKind.DUPLICATE_ACK):
        with pytest.raises(InsufficientMargin):
            await a_stage(kind, "submit").account.submit(too_much)


async def test_a_rate_limit_says_when_to_ask_again() -> None:
    stage = a_stage(FaultKind.RATE_LIMITED, "positions", delay_s=12.0)
    with pytest.raises(RateLimited) as trouble:
        await stage.account.positions()
    assert trouble.value.retry_after_s == 12.0


async def test_a_ban_holds_for_every_call_of_the_account_until_it_is_over() -> None:
    stage = a_stage(FaultKind.BANNED, "balances", account="main", duration_s=120.0)
    with pytest.raises(RateLimited):
        await stage.account.balances()
    stage.advance(50)
    with pytest.raises(RateLimited) as trouble:
        await stage.account.quotes([BTC_USD])
    assert trouble.value.retry_after_s == 70.0
    await stage.venue.account("spare").balances()
    stage.advance(70)
    await stage.account.balances()


async def test_a_slow_answer_takes_its_time_on_the_clock() -> None:
    stage = a_stage(FaultKind.SLOW, "positions", delay_s=45.0)
    await stage.account.positions()
    assert stage.clock.now() - NOON == timedelta(seconds=45)


async def test_a_stale_price_is_an_old_time_stamp() -> None:
    stage = a_stage(FaultKind.STALE_PRICE, delay_s=300.0, at_s=0.0, duration_s=60.0)
    for _ in range(3):
        quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
        assert stage.clock.now() - quote.at == timedelta(minutes=5)
        stage.advance(20)
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].at == stage.clock.now()


async def test_a_spike_throws_one_quote_far_off_and_the_index_stays() -> None:
    stage = a_stage(FaultKind.SPIKE, size=D("-0.5"))
    spiked = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    assert (spiked.mark_usd, spiked.index_usd) == (D(25_000), D(50_000))
    assert (await stage.account.quotes([BTC_USD]))[BTC_USD].mark_usd == 50_000


async def test_a_spike_liquidates_nobody() -> None:
    stage = a_stage(FaultKind.SPIKE, size=D(9))
    await stage.account.submit(an_approved(contracts=10_000))
    await stage.account.quotes([BTC_USD])
    stage.advance(10)
    assert await contracts_held(stage) == -10_000


async def test_an_empty_position_list_contradicts_the_margin_that_is_bound() -> None:
    stage = a_stage(FaultKind.NO_POSITIONS)
    await stage.account.submit(an_approved(contracts=10))
    assert await stage.account.positions() == ()
    margin = (await stage.account.balances())[1]
    assert margin.used_coin
    assert await contracts_held(stage) == -10


async def test_clock_skew_shifts_every_time_stamp_and_nothing_else() -> None:
    stage = a_stage(FaultKind.CLOCK_SKEW, at_s=0.0, duration_s=1e6, delay_s=90.0)
    report = await stage.account.submit(an_approved(order_id=OURS))
    (fill,) = await stage.account.fills(BTC_USD, NOON)
    (entry,) = await stage.account.ledger(NOON)
    quote = (await stage.account.quotes([BTC_USD]))[BTC_USD]
    found = await stage.account.find(OURS, BTC_USD)
    assert found is not None
    for at in (report.updated_at, fill.at, entry.at, quote.at, found.updated_at):
        assert at == NOON + timedelta(seconds=90)
    assert stage.venue.simulation.now == NOON


async def test_the_nth_call_is_counted_per_operation() -> None:
    stage = a_stage(FaultKind.LOST_REQUEST, "positions", nth=3)
    for _ in range(2):
        await stage.account.positions()
        await stage.account.balances()
    with pytest.raises(Unavailable):
        await stage.account.positions()
    await stage.account.positions()


async def test_a_fault_at_a_time_strikes_the_first_call_from_then_on_once() -> None:
    stage = a_stage(FaultKind.LOST_REQUEST, "positions", at_s=60.0)
    stage.advance(59)
    await stage.account.positions()
    stage.advance(30)
    await stage.account.balances()
    with pytest.raises(Unavailable):
        await stage.account.positions()
    await stage.account.positions()


async def test_chance_strikes_about_as_often_as_it_says_and_the_same_way_every_time() -> None:
    async def struck() -> list[int]:
        stage = a_stage(FaultKind.LOST_REQUEST, "positions", chance=0.2)
        hits = []
        for call in range(500):
            try:
                await stage.account.positions()
            except Unavailable:
                hits.append(call)
        return hits

    first = await struck()
    assert 70 < len(first) < 130
    assert first == await struck()


async def test_a_fault_for_one_account_spares_the_other() -> None:
    stage = a_stage(FaultKind.LOST_REQUEST, "positions", account="spare")
    await stage.account.positions()
    with pytest.raises(Unavailable):
        await stage.venue.account("spare").positions()
