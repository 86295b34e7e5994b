"""What changed since the last cycle: explained by our fills and the venue's books, or an event."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.simulator.contracts import BTC_PERPETUAL, ETH_PERPETUAL
from bot.adapters.simulator.spec import (
    Deleveraging,
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    PriceMove,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.account import EntryKind, Wallet
from bot.domain.exposure import Holding
from bot.domain.limits import TradingState
from bot.domain.orders import FillCause, Side
from bot.domain.records import Action, Flow, Outcome
from bot.domain.targets import Static
from bot.engine.changes import SeenEntries
from bot.errors import JournalError
from tests.kit.domain import BTC_USD, ETH_USD, NOON, a_bag
from tests.kit.engine import DEEP_BOOK, INTERVAL_S, Bench, Bent, Call, Watch, a_bench, a_full_plan
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account

HALF_A_CONTRACT = Decimal(50) / 50_000
ONE_COIN = Decimal(1)


async def hedged(**more: Any) -> Bench:
    """A bench whose bag has been hedged, and seen so."""
    bench = await a_bench(**more)
    await bench.run(3)
    bench.clock.advance(10)
    return bench


async def flows(bench: Bench) -> list[tuple[Decimal, str]]:
    return [(flow.amount_coin, flow.note) for flow in await bench.journal.flows()]


async def test_a_deposit_is_hedged_in_the_very_next_cycle_after_a_second_look() -> None:
    bench = await hedged()
    bench.happen(Deposit(0, "main", "BTC", ONE_COIN))
    bench.watch.calls.clear()
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.SELL)
    assert "deposit: 1 BTC, which is acted on at once" in record.reason
    assert bench.watch.count("main.balances") == 2
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT
    (flow,) = await bench.journal.flows()
    assert flow == Flow("savings", bench.clock.now(), ONE_COIN, Decimal(50_000), "deposit")
    await bench.run(2)
    assert len(bench.orders()) == 2


async def test_a_withdrawal_is_bought_back_in_the_very_next_cycle() -> None:
    bench = await hedged()
    bench.happen(Withdrawal(0, "main", "BTC", Decimal(2)))
    record = await bench.cycle(INTERVAL_S)
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.BUY)
    assert "withdrawal: -2 BTC, which is acted on at once" in record.reason
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT
    assert await flows(bench) == [(Decimal(-2), "withdrawal")]


@pytest.mark.parametrize(
    ("events", "note"),
    [
        ([Deposit(0, "main", "BTC", ONE_COIN), Withdrawal(0, "main", "BTC", Decimal(2))], "left"),
        ([Withdrawal(0, "main", "BTC", ONE_COIN), Deposit(0, "main", "BTC", Decimal(2))], "came"),
    ],
    ids=["more left", "more came"],
)
async def test_a_flow_of_several_kinds_is_told_by_its_sum(
    events: list[EventSpec], note: str
) -> None:
    bench = await hedged()
    for event in events:
        bench.happen(event)
    await bench.cycle(INTERVAL_S)
    ((amount, told),) = await flows(bench)
    assert amount == (-1 if note == "left" else 1)
    assert f"coins {note}" in told


@pytest.mark.parametrize(
    ("source", "target", "note", "sign"),
    [
        (Wallet.FUNDING, Wallet.SPOT, "transfer from outside the bag", 1),
        (Wallet.SPOT, Wallet.FUNDING, "transfer out of the bag", -1),
    ],
    ids=["in", "out"],
)
async def test_a_wallet_that_is_no_part_of_the_bag_is_outside(
    source: Wallet, target: Wallet, note: str, sign: int
) -> None:
    account = an_account()
    account = replace(account, holdings=(*account.holdings, (Wallet.FUNDING, "BTC", Decimal(3))))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=(account,))
    bench = await hedged(spec=spec)
    bench.happen(WalletTransfer(0, "main", "BTC", ONE_COIN, source, target))
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.TRADED
    assert await flows(bench) == [(sign * ONE_COIN, note)]


async def test_coins_that_move_between_wallets_of_the_bag_are_no_event() -> None:
    bench = await hedged()
    bench.happen(WalletTransfer(0, "main", "BTC", ONE_COIN, Wallet.SPOT, Wallet.MARGIN))
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.HELD
    assert record.sight is not None
    assert record.sight.outside_coin == 4
    assert await flows(bench) == []


async def test_funding_is_no_flow_and_waits_for_the_band() -> None:
    bench = await hedged(path=a_script(funding="0.0001"))
    records = await bench.run(50, every_s=3_600)  # a settlement every eight hours
    assert bench.booked(EntryKind.FUNDING) > Decimal("0.005")
    assert await flows(bench) == []
    assert all(record.outcome is Outcome.HELD for record in records)
    lines = [e for _, e in await bench.journal.ledger() if e.kind is EntryKind.FUNDING]
    assert sum(line.amount_coin for line in lines) == bench.booked(EntryKind.FUNDING)


async def test_funding_beyond_the_band_is_traded_to_its_inner_edge() -> None:
    bench = await hedged(path=a_script(funding="0.003"))
    records = await bench.run(3 * 24, every_s=3_600)
    traded = [record for record in records if record.outcome is Outcome.TRADED]
    assert traded
    assert all("left the band" in record.reason for record in traded)
    assert await flows(bench) == []


async def test_the_fee_of_our_own_trade_is_no_flow() -> None:
    bench = await hedged()
    assert bench.booked(EntryKind.FEE) < 0
    assert await flows(bench) == []


async def test_a_ledger_that_lacks_our_fee_for_a_while_makes_no_flow_of_it() -> None:
    behind = Behind("main.ledger")
    bench = await a_bench(a_full_plan(target=Static(Decimal("0.5"))), watch=behind)
    await bench.cycle()
    behind.shown["main.ledger"] = ()
    behind.lag(True)
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.UNSEEN
    assert "the ledger does not show what our last trade in BTC/USD:BTC cost yet" in record.reason
    behind.lag(False)
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    assert await flows(bench) == []
    assert bench.bag.memory is not None
    assert bench.bag.memory.base_coin == 10


async def test_a_ledger_that_never_shows_our_fee_does_not_stop_the_bot() -> None:
    behind = Behind("main.ledger")
    behind.shown["main.ledger"] = ()
    bench = await a_bench(watch=behind)
    await bench.cycle()
    behind.lag(True)
    outcomes = [(await bench.cycle(INTERVAL_S)).outcome for _ in range(3)]
    assert outcomes == [Outcome.UNSEEN, Outcome.UNSEEN, Outcome.HELD]
    (flow,) = await flows(bench)
    assert flow[0] == pytest.approx(bench.booked(EntryKind.FEE))


async def test_what_was_booked_before_the_first_look_explains_nothing_later() -> None:
    """The account had a past: a fee of a trade by hand, part of the coins as they are found."""
    bench = await a_bench()
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.SELL, Decimal(4000)))
    fee_coin = bench.booked(EntryKind.FEE)
    assert fee_coin < 0
    await bench.run(2)
    bench.happen(Withdrawal(0, "main", "BTC", ONE_COIN))
    await bench.cycle(INTERVAL_S)
    assert await flows(bench) == [(-ONE_COIN, "withdrawal")]


async def test_a_restart_does_not_make_old_bookings_new() -> None:
    bench = await hedged()
    await bench.start()
    bench.happen(Deposit(0, "main", "BTC", ONE_COIN))
    await bench.cycle(INTERVAL_S)
    assert await flows(bench) == [(ONE_COIN, "deposit")]


async def test_a_trade_by_hand_is_named_and_undone() -> None:
    bench = await hedged()
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(1000)))
    record = await bench.cycle(INTERVAL_S)
    assert "a trade that is not ours changed the position by 1000 contracts" in record.reason
    assert (record.outcome, record.action) == (Outcome.TRADED, Action.SELL)
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT
    assert await flows(bench) == []
    fills = [fill for _, fill in await bench.journal.fills() if fill.client_order_id is None]
    assert sum(fill.signed_contracts for fill in fills) == 1000


async def test_a_position_closed_by_hand_is_opened_again() -> None:
    bench = await hedged()
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(4997)))
    assert bench.contracts() == 0
    record = await bench.cycle(INTERVAL_S)
    assert "a trade that is not ours" in record.reason
    assert bench.contracts() == pytest.approx(-4992, abs=4)


async def test_auto_deleveraging_is_named_and_the_hedge_built_up_again() -> None:
    bench = await hedged()
    bench.happen(Deleveraging(0, "main", BTC_USD, Decimal(2000)))
    record = await bench.cycle(INTERVAL_S)
    assert "auto-deleveraging changed the position by 2000 contracts" in record.reason
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT
    fills = [fill for _, fill in await bench.journal.fills() if fill.cause is not FillCause.ORDER]
    assert [fill.cause for fill in fills] == [FillCause.DELEVERAGING]


async def test_a_liquidation_is_named_and_what_is_left_is_hedged() -> None:
    accounts = (an_account(spot=8, margin=2, leverage=20),)
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bench = await hedged(spec=spec)
    before = bench.contracts()
    bench.happen(PriceMove(0, "BTC", Decimal("0.3")))
    bench.clock.advance(20)
    bench.happen(Deposit(0, "main", "BTC", Decimal(5), Wallet.MARGIN))
    record = await bench.cycle(INTERVAL_S)
    assert before < -4000
    assert "a liquidation changed the position by" in record.reason
    assert record.outcome is Outcome.TRADED
    assert abs(bench.delta_coin()) <= HALF_A_CONTRACT


async def test_two_looks_that_disagree_are_not_acted_on() -> None:
    """One answer has a deposit that was never made."""
    bench = await hedged()
    once = iter([True])

    def glitch(balances: Any) -> Any:
        if not next(once, False):
            return balances
        spot, margin = balances
        return replace(spot, total_coin=spot.total_coin + 1), margin

    await bench.start(Bent(main__balances=glitch))
    record = await bench.cycle(INTERVAL_S)
    assert record.outcome is Outcome.UNSEEN
    assert "two looks disagree about what happened (coins came in: 1 BTC; then nothing)" in (
        record.reason
    )
    assert len(bench.orders()) == 1
    assert (await bench.cycle(INTERVAL_S)).outcome is Outcome.HELD
    assert await flows(bench) == []


async def test_coins_held_in_several_accounts_are_one_bag() -> None:
    accounts = (an_account("main", spot=0), an_account("cold", spot=5, margin=0))
    spec = a_venue_spec(markets=(a_market(book=DEEP_BOOK),), accounts=accounts)
    bag = a_bag(holdings=(Holding("cold", (Wallet.SPOT,)),))
    bench = await a_bench(a_full_plan(bag=bag), spec=spec)
    await bench.run(2)
    assert bench.contracts() == -4997
    bench.happen(Deposit(0, "cold", "BTC", ONE_COIN))
    record = await bench.cycle(INTERVAL_S)
    assert "deposit: 1 BTC" in record.reason
    assert bench.contracts() == pytest.approx(-5497, abs=1)


async def test_two_bags_of_one_account_share_one_look_and_trade_each_its_own() -> None:
    account = an_account()
    coins = ((Wallet.SPOT, "ETH", Decimal(50)), (Wallet.MARGIN, "ETH", Decimal(50)))
    spec = a_venue_spec(
        markets=(
            a_market(book=DEEP_BOOK),
            a_market("ETH", a_script((0, 4_000)), book=DEEP_BOOK),
        ),
        accounts=(replace(account, holdings=(*account.holdings, *coins)),),
    )
    ether = a_full_plan(
        instrument=ETH_PERPETUAL, bag=a_bag(name="ether", asset="ETH", symbol=ETH_USD)
    )
    bench = await a_bench(a_full_plan(instrument=BTC_PERPETUAL), ether, spec=spec)
    records = await bench.cycles()
    assert [r.outcome for r in records] == [Outcome.TRADED, Outcome.TRADED]
    assert {record.cycle for record in records} == {1}
    assert bench.watch.count("main.balances") == bench.watch.count("main.quotes") == 1
    assert [order.symbol for order in bench.orders()] == [BTC_USD, ETH_USD]
    bench.happen(Deposit(0, "main", "ETH", Decimal(10)))
    records = await bench.cycles(INTERVAL_S)
    assert [r.outcome for r in records] == [Outcome.HELD, Outcome.TRADED]
    assert [r.outcome for r in await bench.cycles(INTERVAL_S)] == [Outcome.HELD, Outcome.HELD]


async def test_the_base_of_a_static_target_follows_the_flows() -> None:
    bench = await a_bench(a_full_plan(target=Static(Decimal("0.5"))))
    await bench.run(2)
    assert bench.bag.memory is not None
    base_coin = bench.bag.memory.base_coin
    bench.happen(Deposit(0, "main", "BTC", Decimal(2)))
    await bench.run(2)
    assert bench.bag.memory.base_coin == base_coin + 2
    assert bench.contracts() == pytest.approx(-3000, abs=3)


class Behind(Watch):
    """The venue shows balances and positions as they were at some moment, for a while: its
    surfaces lag behind its own trades."""

    def __init__(self, *surfaces: str) -> None:
        super().__init__()
        self.surfaces = surfaces
        self.shown: dict[str, Any] = {}
        self.lagging = False
        self.failing = ""

    async def before(self, call: Call) -> None:
        if str(call) == self.failing:
            raise JournalError("disk full")

    async def after(self, call: Call, answer: Any) -> Any:
        if str(call) not in self.surfaces:
            return answer
        if not self.lagging:
            self.shown[str(call)] = answer
        return self.shown[str(call)]

    def lag(self, on: bool) -> None:
        self.lagging = on


BOTH = ("main.positions", "main.balances")


@pytest.mark.parametrize("surfaces", [("main.positions",), BOTH], ids=["positions", "both"])
async def test_a_position_that_does_not_show_our_trade_yet_is_not_hedged_again(
    surfaces: tuple[str, ...],
) -> None:
    behind = Behind(*surfaces)
    bench = await a_bench(watch=behind)
    await bench.cycle()
    behind.lag(True)
    record = await bench.cycle(10)
    assert record.outcome is Outcome.UNSEEN
    assert record.reason == (
        "not seen: the position in BTC/USD:BTC does not show our last fill of -4997 contracts yet"
        if surfaces == BOTH
        else "not seen: main lists neither position nor order in BTC, but margin is bound"
    )
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 1
    assert await flows(bench) == []


@pytest.mark.parametrize("surfaces", [("main.positions",), BOTH], ids=["positions", "both"])
async def test_nor_by_the_next_process(surfaces: tuple[str, ...]) -> None:
    behind = Behind(*surfaces)
    bench = await a_bench(watch=behind)
    await bench.cycle()
    await bench.start(behind)
    behind.lag(True)
    assert (await bench.cycle(10)).outcome is Outcome.UNSEEN
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 1


async def test_nor_by_a_process_that_follows_on_one_that_died_in_its_first_trade() -> None:
    behind = Behind(*BOTH)
    bench = await a_bench(watch=behind)
    fault = FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1)
    bench.trouble(fault)
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1))
    await bench.cycle()
    bench.journal._memories.clear()  # type: ignore[attr-defined]
    await bench.start(behind)
    behind.lag(True)
    assert (await bench.cycle(10)).outcome is Outcome.UNSEEN
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 1


async def test_nor_where_the_trade_could_not_be_written_down_at_first() -> None:
    behind = Behind(*BOTH)
    bench = await a_bench(watch=behind)
    await bench.run(2)
    remembered = dict(behind.shown)
    bench.happen(Deposit(0, "main", "BTC", ONE_COIN))
    bench.clock.advance(INTERVAL_S)
    behind.failing = "journal.settle"
    with pytest.raises(JournalError):
        await bench.cycle()
    behind.failing = ""
    assert bench.contracts() == pytest.approx(-5497, abs=1)
    behind.shown = remembered  # neither the deposit nor its hedge, as in the last recorded cycle
    behind.lag(True)
    assert (await bench.cycle(10)).outcome is Outcome.UNSEEN
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 2


async def test_nor_once_a_doubt_is_settled() -> None:
    behind = Behind(*BOTH)
    bench = await a_bench(watch=behind)
    bench.trouble(FaultSpec(FaultKind.LOST_ANSWER, "submit", nth=1))
    bench.trouble(FaultSpec(FaultKind.LOST_REQUEST, "find", nth=1, duration_s=15))
    assert (await bench.cycle()).outcome is Outcome.IN_DOUBT
    behind.lag(True)
    assert (await bench.cycle(10)).outcome is Outcome.IN_DOUBT
    assert (await bench.cycle(10)).outcome is Outcome.UNSEEN
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 1


async def test_a_position_that_shows_a_part_of_our_trade_is_not_hedged_again() -> None:
    def half(positions: Any) -> Any:
        return tuple(
            replace(p, contracts=p.contracts + 997, face_usd=p.face_usd + 99_700) for p in positions
        )

    bench = await a_bench()
    await bench.cycle()
    bent = Bent(main__positions=half)
    await bench.start(bent)
    record = await bench.cycle(10)
    assert record.outcome is Outcome.UNSEEN
    bent.bends.clear()
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert len(bench.orders()) == 1


async def test_what_the_venue_still_denies_after_the_grace_is_believed() -> None:
    """Our trade was undone by hand at once, which looks the same until the grace is over."""
    bench = await a_bench()
    await bench.cycle()
    bench.happen(ManualTrade(0, "main", BTC_USD, Side.BUY, Decimal(4997)))
    early = await bench.cycle(20)
    assert early.outcome is Outcome.UNSEEN
    late = await bench.cycle(20)
    assert "a trade that is not ours changed the position by 4997" in late.reason
    assert late.outcome is Outcome.TRADED


async def test_a_trade_that_is_not_shown_for_as_long_as_you_like_is_not_made_again() -> None:
    """A frozen copy of the account: positions and balances agree, and both are old."""
    behind = Behind(*BOTH)
    bench = await a_bench(watch=behind)
    await bench.run(2)
    bench.happen(Deposit(0, "main", "BTC", ONE_COIN))
    await bench.cycle(10)
    behind.lag(True)
    early = await bench.cycle(10)
    assert early.outcome is Outcome.UNSEEN
    assert "does not show our last fill" in early.reason
    for record in await bench.run(8):
        assert record.state is TradingState.REDUCING
        assert "our own ledger of trades has -5497" in record.reason
    assert len(bench.orders()) == 2
    behind.lag(False)
    assert (await bench.cycle(10)).outcome is Outcome.HELD
    assert bench.contracts() == pytest.approx(-5497, abs=1)


async def test_lines_that_change_nothing_together_are_read_when_something_does() -> None:
    """Coins that moved between two wallets of the bag, long before the next change."""
    bench = await a_bench()
    await bench.run(2)
    bench.happen(WalletTransfer(0, "main", "BTC", ONE_COIN, Wallet.SPOT, Wallet.MARGIN))
    await bench.run(60)
    bench.happen(Deposit(0, "main", "BTC", ONE_COIN))
    await bench.run(2)
    venue = bench.venue.simulation.holders["main"].ledger.entries
    assert {e.entry_id for _, e in await bench.journal.ledger()} == {e.entry_id for e in venue}


def test_known_lines_are_forgotten_when_there_are_many_and_they_are_old() -> None:
    seen = SeenEntries()
    for number in range(2_001):
        seen.ids["main", str(number)] = NOON.replace(microsecond=number)
    seen.forget_before(NOON.replace(microsecond=1_500))
    assert len(seen.ids) == 501
