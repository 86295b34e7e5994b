"""The margin of a short through rallies and falls: coins move, the hedge does not, nobody dies."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.journal import open_journal
from bot.adapters.simulator.contracts import ETH_PERPETUAL
from bot.adapters.simulator.spec import (
    Deposit,
    FaultKind,
    FaultSpec,
    WalletTransfer,
)
from bot.domain.account import EntryKind, MarginMode, Wallet
from bot.domain.judgement import HedgePlan
from bot.domain.limits import TradingState
from bot.domain.records import Outcome, TransferStatus
from bot.engine.cycle import look_only
from bot.engine.observe import AccountPorts
from bot.errors import AccessDenied, JournalError
from tests.kit.domain import a_margin_policy, some_limits
from tests.kit.engine import (
    DEEP_BOOK,
    Bench,
    Bent,
    Broken,
    Call,
    Stopped,
    Watch,
    a_bench,
    a_full_plan,
)
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account

D = Decimal
HOUR = 3_600
RALLY = ((0, 50_000), (600, 50_000), (6 * HOUR, 125_000), (7 * HOUR, 125_000))
"""A rise of 150 % within six hours."""
OPENED = 4997


def a_plan(**policy: Any) -> HedgePlan:
    limits = some_limits(min_liquidation_distance="0.2")
    return a_full_plan(margin=a_margin_policy(**policy), limits=limits)


async def rally(
    *points: tuple[float, int],
    spot: str = "5",
    margin: str = "5",
    plan: HedgePlan | None = None,
    **more: Any,
) -> Bench:
    """A bag with its coins in spot and margin, on a price that goes by the points."""
    market = a_market(path=a_script(*(points or RALLY)), book=DEEP_BOOK)
    mode = MarginMode.CROSS if plan is None else plan.margin_mode
    leverage = 5 if plan is None else plan.leverage
    account = an_account(spot=spot, margin=margin, mode=mode, leverage=leverage)
    spec = a_venue_spec(markets=(market,), accounts=(account,))
    return await a_bench(a_plan() if plan is None else plan, spec=spec, **more)


def titles(bench: Bench) -> list[str]:
    return [alert.title.removeprefix("savings: ") for alert in bench.told.alerts]


def coins(bench: Bench, wallet: Wallet) -> Decimal:
    ledger = bench.venue.simulation.holders["main"].ledger
    if wallet is Wallet.MARGIN:
        return ledger.margin_of("BTC").wallet_coin
    return ledger.held_coin(wallet, "BTC")


def liquidations(bench: Bench) -> Decimal:
    return bench.booked(EntryKind.LIQUIDATION)


async def ends(bench: Bench) -> list[TransferStatus]:
    return [transfer.status for transfer in await bench.journal.transfers()]


def trouble(kind: FaultKind, hours: float = 24) -> FaultSpec:
    """Every transfer from the beginning on meets with this."""
    return FaultSpec(kind, operation="transfer", at_s=0, duration_s=hours * HOUR)


ARRIVED, FAILED = TransferStatus.ARRIVED, TransferStatus.FAILED

# --- a rally ---


@pytest.mark.parametrize(("spot", "margin"), [("5", "5"), ("7.5", "2.5")])
async def test_top_ups_keep_the_short_alive_through_a_rally_and_move_no_hedge(
    spot: str, margin: str
) -> None:
    bench = await rally(spot=spot, margin=margin)
    records = await bench.run(7 * 60)
    assert [r.outcome for r in records] == [Outcome.TRADED] + [Outcome.HELD] * (7 * 60 - 1)
    assert bench.sizes() == [-OPENED], "the opening, and no order beside it"
    assert liquidations(bench) == 0
    assert bench.contracts() == -OPENED
    assert abs(bench.delta_coin()) < D("0.0025")
    moved = await bench.journal.transfers()
    assert len(moved) >= 3
    assert {t.status for t in moved} == {ARRIVED}
    assert {(t.source, t.destination) for t in moved} == {(Wallet.SPOT, Wallet.MARGIN)}
    assert moved[0].amount_coin == D("0.0001"), "the first one is a small one"
    assert coins(bench, Wallet.SPOT) + coins(bench, Wallet.MARGIN) > 9
    assert await bench.journal.flows() == ()
    away = [
        sight.liquidation_price / sight.mark_usd - 1
        for sight in (record.sight for record in records)
        if sight is not None and isinstance(sight.liquidation_price, Decimal)
    ]
    assert min(away) > D("0.28")
    assert "margin-topped-up" in titles(bench)
    assert titles(bench)[0] == "margin-warning"
    assert "over: margin-warning" in titles(bench)
    assert not {"margin-exhausted", "margin-reduced", "transfer-failed"} & set(titles(bench))


async def test_the_same_rally_without_a_controller_ends_in_a_liquidation() -> None:
    bench = await rally(plan=a_full_plan())
    await bench.run(7 * 60)
    assert liquidations(bench) < 0


async def test_a_quiet_cycle_asks_nothing_more_of_venue_and_journal() -> None:
    minded = await rally((0, 50_000))
    plain = await rally(
        (0, 50_000), plan=a_full_plan(limits=some_limits(min_liquidation_distance="0.2"))
    )
    calls = []
    for bench in (minded, plain):
        await bench.run(3)
        bench.watch.calls.clear()
        await bench.run(5)
        calls.append([str(call) for call in bench.watch.calls])
    assert calls[0] == calls[1]


async def test_each_number_of_a_top_up_is_told_and_recorded() -> None:
    bench = await rally((0, 50_000), (60, 50_000), (61, 77_000))
    await bench.run(2)
    record = await bench.cycle(60)
    assert record.outcome is Outcome.HELD
    assert "margin: the price is 29.3% from liquidation, so 0.95913454" in record.reason
    (told,) = bench.told.alerts
    assert told.happened == "the price of 77,000.00 USD is 29.3% from liquidation"
    assert told.did == "0.95923454 coins of the spot wallet are moved there"
    await bench.run(2)
    last = bench.told.alerts[-2]
    assert last.kind.name == "margin-topped-up"
    assert last.happened.endswith("BTC from the spot to the margin wallet of main have arrived")
    over = bench.told.alerts[-1]
    assert (over.kind.name, over.is_over) == ("margin-warning", True)
    assert "60.0% from liquidation" in over.happened


async def test_the_venues_own_figure_counts_where_it_is_the_worse_one() -> None:
    def worse(found: Any) -> Any:
        return tuple(replace(p, liquidation_price=D(64_000)) for p in found)

    bench = await rally((0, 50_000), watch=Bent(main__positions=worse))
    await bench.run(3)
    moved = await bench.journal.transfers()
    assert moved[0].amount_coin == D("0.0001")
    assert moved[1].amount_coin > 1, "what brings 64,000 to 80,000"


async def test_coins_in_the_funding_wallet_serve_as_well() -> None:
    bench = await rally(spot="0")
    assert bench.bag.plan.bag.holdings[0].wallets == (Wallet.SPOT,)
    bag = replace(
        bench.plans[0].bag,
        holdings=(replace(bench.plans[0].bag.holdings[0], wallets=(Wallet.SPOT, Wallet.FUNDING)),),
    )
    bench.plans = (replace(bench.plans[0], bag=bag),)
    bench.happen(Deposit(0, "main", "BTC", D(5), Wallet.FUNDING))
    await bench.start()
    await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert {t.source for t in await bench.journal.transfers()} == {Wallet.FUNDING}
    assert len(bench.sizes()) == 1


async def test_two_bags_of_one_account_move_their_coins_one_after_the_other() -> None:
    leap = ((0.0, 3_000), (600.0, 3_000), (610.0, 5_000))
    bitcoin = a_market(path=a_script((0, 50_000), (600, 50_000), (610, 80_000)), book=DEEP_BOOK)
    ether = a_market("ETH", path=a_script(*leap), book=DEEP_BOOK)
    holdings = tuple(
        (wallet, asset, D(coins))
        for asset, coins in (("BTC", 5), ("ETH", 50))
        for wallet in (Wallet.SPOT, Wallet.MARGIN)
    )
    account = replace(an_account(), holdings=holdings)
    plan = a_plan()
    bag = replace(plan.bag, name="ether", asset="ETH", symbol=ETH_PERPETUAL.symbol)
    second = replace(plan, bag=bag, instrument=ETH_PERPETUAL)
    spec = a_venue_spec(markets=(bitcoin, ether), accounts=(account,))
    bench = await a_bench(plan, second, spec=spec)
    known = await bench.journal.transfers()
    for _ in range(20):
        sent = len(known)
        await bench.cycles(60)
        known = await bench.journal.transfers()
        assert len(known) - sent <= 1
        assert sum(1 for t in known if not t.status.is_final) <= 1
    assert {t.asset for t in known} == {"BTC", "ETH"}
    assert {t.status for t in known} == {ARRIVED}
    assert liquidations(bench) == 0


# --- nothing to move ---


async def test_with_nothing_to_move_the_short_is_reduced_before_the_venue_takes_it() -> None:
    bench = await rally(spot="0", margin="5", plan=a_plan())
    bench.happen(Deposit(0, "main", "BTC", D(5), Wallet.EARN))
    bag = bench.plans[0].bag
    holding = replace(bag.holdings[0], wallets=(Wallet.SPOT, Wallet.EARN))
    bench.plans = (replace(bench.plans[0], bag=replace(bag, holdings=(holding,))),)
    await bench.start()
    records = await bench.run(7 * 60)
    assert liquidations(bench) == 0
    sizes = bench.sizes()
    assert sizes[0] == -OPENED
    assert len(sizes) > 2
    assert all(size > 0 for size in sizes[1:]), "bought back, and not grown back at once"
    assert all(order.reduce_only for order in bench.orders()[1:])
    assert bench.contracts() < 0
    assert await ends(bench) == []
    last = records[-1].sight
    assert last is not None
    assert last.target_short_usd > 490_000, "the target stays"
    assert last.gap_usd == last.target_short_usd - last.short_usd
    assert "it carries 80,700.00 of 635,881.66 USD for now" in records[-1].reason
    assert [title for title in titles(bench) if not title.startswith("over")] == [
        "margin-warning",
        "margin-exhausted",
        "margin-reduced",
    ]
    reduced = next(a for a in bench.told.alerts if a.kind.name == "margin-reduced")
    assert "no coins are left in the bag's other wallets of the account" in reduced.happened
    assert reduced.did.startswith("the short of 499,700.00 USD is bought back to ")


async def test_what_was_reduced_grows_back_once_coins_arrive_and_not_before() -> None:
    bench = await rally(
        (0, 50_000), (600, 50_000), (3_600, 87_500), spot="0", margin="5", plan=a_plan()
    )
    bag = bench.plans[0].bag
    bench.plans = (replace(bench.plans[0], bag=bag),)
    bench.happen(Deposit(0, "main", "BTC", D(5), Wallet.EARN))
    holding = replace(bag.holdings[0], wallets=(Wallet.SPOT, Wallet.EARN))
    bench.plans = (replace(bench.plans[0], bag=replace(bag, holdings=(holding,))),)
    await bench.start()
    await bench.run(90)
    bought = len(bench.sizes())
    assert bought >= 2
    await bench.run(30)
    assert len(bench.sizes()) == bought, "a steady price: neither more nor less"
    bench.happen(WalletTransfer(0, "main", "BTC", D(3), Wallet.EARN, Wallet.SPOT))
    await bench.run(6)
    assert bench.contracts() == pytest.approx(-OPENED, abs=6)
    assert titles(bench)[-3:] == [
        "over: margin-exhausted",
        "over: margin-reduced",
        "margin-topped-up",
    ] or "over: margin-reduced" in titles(bench)


async def test_a_fall_lets_the_short_grow_back_by_itself() -> None:
    bench = await rally(
        (0, 50_000), (600, 50_000), (3_600, 87_500), (7_200, 50_000), spot="0", margin="5"
    )
    bag = bench.plans[0].bag
    bench.happen(Deposit(0, "main", "BTC", D(5), Wallet.EARN))
    holding = replace(bag.holdings[0], wallets=(Wallet.SPOT, Wallet.EARN))
    bench.plans = (replace(bench.plans[0], bag=replace(bag, holdings=(holding,))),)
    await bench.start()
    await bench.run(125)
    grown = [size for size in bench.sizes()[1:] if size < 0]
    assert grown
    assert len(grown) <= 8, "in steps that are worth it"
    assert abs(bench.delta_coin()) < D("0.03")
    assert "over: margin-reduced" in titles(bench)


async def test_after_a_leap_contracts_go_first_where_no_coin_has_ever_arrived() -> None:
    bench = await rally((0, 50_000), (600, 50_000), (610, 94_000), (20 * HOUR, 94_000))
    records = await bench.run(30)
    assert liquidations(bench) == 0
    opened, bought, *grown = bench.sizes()
    assert opened == -OPENED
    assert bought > 0
    reasons = [record.reason for record in records]
    assert any("and coins would come too late, so the short goes down" in r for r in reasons)
    assert {*await ends(bench)} == {ARRIVED}
    assert sum(grown) < 0, "and then coins carry the whole again"
    assert abs(bench.delta_coin()) < D("0.03")
    assert "over: margin-reduced" in titles(bench)
    assert "margin-exhausted" not in titles(bench)


async def test_one_wrong_price_neither_moves_nor_sells_anything() -> None:
    bench = await rally((0, 50_000))
    await bench.run(2)
    bench.trouble(FaultSpec(FaultKind.SPIKE, nth=1, size=D("0.9")))
    await bench.run(3)
    assert bench.sizes() == [-OPENED]
    assert await ends(bench) == []
    assert titles(bench) == []


async def test_the_guard_has_its_word_on_reducing() -> None:
    limits = some_limits(min_liquidation_distance="0.2", max_orders_per_hour=1)
    plan = a_full_plan(margin=a_margin_policy(), limits=limits)
    bench = await rally((0, 50_000), (60, 50_000), (100, 90_000), spot="0", plan=plan)
    bench.happen(Deposit(0, "main", "BTC", D(5), Wallet.SPOT))
    bench.plans = (replace(plan, margin=a_margin_policy(top_up=None)),)
    await bench.start()
    records = await bench.run(3)
    assert [r.outcome for r in records] == [Outcome.TRADED, Outcome.DENIED, Outcome.DENIED]
    assert "max_orders_per_hour" in records[1].reason
    reduced = next(a for a in bench.told.alerts if a.kind.name == "margin-reduced")
    assert reduced.did == "the short of 499,700.00 USD stays for now: the guard said no"


async def test_reducing_in_slices_goes_on_until_the_goal() -> None:
    plan = a_full_plan(slice_usd=20_000, margin=a_margin_policy(top_up=None, warn=None))
    bench = await rally((0, 50_000), (2_400, 50_000), (2_500, 88_000), plan=plan)
    await bench.run(75)
    bought = [size for size in bench.sizes() if size > 0]
    assert len(bought) > 3
    assert all(size <= 200 for size in bought)
    record = await bench.cycle(60)
    assert record.sight is not None
    at = record.sight.liquidation_price
    assert isinstance(at, Decimal)
    assert at / record.sight.mark_usd - 1 >= D("0.25")


# --- transfers that fail ---


@pytest.mark.parametrize(
    "kind",
    [FaultKind.REJECTED, FaultKind.LOST_REQUEST, FaultKind.RATE_LIMITED],
)
async def test_with_transfers_failing_a_person_is_told_and_the_short_reduced(
    kind: FaultKind,
) -> None:
    bench = await rally(faults=(trouble(kind),))
    await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert coins(bench, Wallet.SPOT) == 5
    assert titles(bench)[:4] == [
        "margin-warning",
        "transfer-failed",
        "margin-exhausted",
        "margin-reduced",
    ]
    assert all(size > 0 for size in bench.sizes()[1:])
    assert len(await bench.journal.transfers()) < 30, "each failure waits longer"
    assert {*await ends(bench)} <= {FAILED, TransferStatus.INTENDED}


@pytest.mark.parametrize(
    "kind", [FaultKind.LOST_ANSWER, FaultKind.TRUNCATED, FaultKind.EMPTY_SUCCESS]
)
async def test_coins_of_a_lost_answer_are_seen_to_arrive_and_not_sent_again(
    kind: FaultKind,
) -> None:
    bench = await rally(faults=(trouble(kind),))
    await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert bench.sizes() == [-OPENED]
    assert {*await ends(bench)} == {ARRIVED}
    moved = sum((t.amount_coin for t in await bench.journal.transfers()), D(0))
    assert coins(bench, Wallet.SPOT) == 5 - moved
    assert "transfer-failed" not in titles(bench)


async def test_a_venue_that_is_silent_for_a_while_finds_the_margin_minded_afterwards() -> None:
    bench = await rally(faults=(FaultSpec(FaultKind.LOST_REQUEST, at_s=3 * HOUR, duration_s=240),))
    await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert coins(bench, Wallet.SPOT) < 4


async def test_a_key_that_may_not_move_coins_halts_nothing() -> None:
    watch = Broken(AccessDenied("no permission to transfer"), "main.transfer")
    bench = await rally(watch=watch)
    records = await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert {r.state for r in records} == {TradingState.ACTIVE}
    assert "margin-reduced" in titles(bench)
    failed = next(a for a in bench.told.alerts if a.kind.name == "transfer-failed")
    assert "were not moved: no permission to transfer" in failed.happened


async def test_a_failure_that_passes_is_told_to_be_over() -> None:
    bench = await rally(faults=(FaultSpec(FaultKind.REJECTED, operation="transfer", nth=1),))
    await bench.run(7 * 60)
    assert liquidations(bench) == 0
    assert "transfer-failed" in titles(bench)
    assert "over: transfer-failed" in titles(bench)
    assert bench.sizes() == [-OPENED]


async def test_without_a_mover_a_person_is_told_why_nothing_is_moved() -> None:
    bench = await rally()
    ports = bench.desk.accounts["main"]
    bench.desk.accounts = {"main": AccountPorts(ports.reader, ports.market, ports.gateway)}
    await bench.run(6 * 60)
    stuck = next(a for a in bench.told.alerts if a.kind.name == "margin-exhausted")
    assert "no coins can be moved between the wallets of main" in stuck.happened
    assert liquidations(bench) == 0


async def test_the_days_most_is_kept_over_a_restart_and_then_the_short_is_reduced() -> None:
    bench = await rally(plan=a_plan(day_share="0.1"))
    for _ in range(7):
        await bench.run(60)
        await bench.start()
    assert liquidations(bench) == 0
    moved = sum((t.amount_coin for t in await bench.journal.transfers()), D(0))
    assert moved <= 1
    stuck = next(a for a in bench.told.alerts if a.kind.name == "margin-exhausted")
    assert "10% of the bag, a day's most, have been moved" in stuck.happened
    assert len(bench.sizes()) > 1


@pytest.mark.parametrize("leverage", [3, 5])
async def test_an_isolated_margin_is_not_topped_up_and_the_short_shrinks(leverage: int) -> None:
    plan = replace(a_plan(), margin_mode=MarginMode.ISOLATED, leverage=D(leverage))
    bench = await rally((0, 50_000), (600, 50_000), (6_000, 100_000), plan=plan)
    await bench.run(100)
    assert liquidations(bench) == 0
    assert await ends(bench) == []
    stuck = next(a for a in bench.told.alerts if a.kind.name == "margin-exhausted")
    assert "the margin is isolated, where no coins can be added to a position" in stuck.happened
    bought = [size for size in bench.sizes() if size > 0]
    assert len(bought) > 5
    sold = [size for size in bench.sizes() if size < 0]
    if leverage == 5:
        assert sold == [-OPENED], "a short that is opened anew would be too near again"
        assert bench.contracts() == 0
    else:
        assert 2 <= len(sold) <= 4, "opened anew, with margin of its own for the price of now"
        assert {r.outcome for r in bench.told.records} == {Outcome.TRADED, Outcome.HELD}


# --- trading states ---


async def test_in_reducing_coins_still_go_to_the_margin() -> None:
    bench = await rally((0, 50_000), (30, 50_000), (50, 80_000))
    await bench.cycle()
    await bench.control(TradingState.REDUCING)
    await bench.run(4)
    assert await ends(bench) == [ARRIVED, ARRIVED]


async def test_in_halted_nothing_is_sent_and_the_alert_says_so() -> None:
    bench = await rally((0, 50_000), (30, 50_000), (50, 90_000))
    await bench.cycle()
    await bench.control(TradingState.HALTED)
    await bench.run(4)
    assert await ends(bench) == []
    assert bench.sizes() == [-OPENED]
    stuck = next(a for a in bench.told.alerts if a.kind.name == "margin-exhausted")
    assert "trading is halted, so that nothing is sent" in stuck.happened
    assert stuck.did == "nothing: trading is halted, and no order and no transfer is sent"


async def test_a_last_look_and_a_plan_move_nothing() -> None:
    bench = await rally((0, 50_000), (60, 50_000), (100, 80_000))
    await bench.run(2)
    before = await ends(bench)
    (record,) = await bench.cycles(60, trade=False)
    assert len(await ends(bench)) == len(before)
    (planned,) = await look_only(bench.desk)
    assert len(await ends(bench)) == len(before)
    assert "coins of the spot wallet go there" in planned.reason
    assert record.outcome is Outcome.HELD


async def test_nothing_is_ordered_in_the_cycle_that_sends_coins() -> None:
    bench = await rally((0, 50_000), (30, 50_000), (50, 80_000))
    await bench.cycle()
    bench.happen(Deposit(0, "main", "BTC", D(1), Wallet.SPOT))
    record = await bench.cycle(60)
    assert record.outcome is Outcome.HELD
    assert "not sent: coins were sent on their way" in record.reason
    await bench.run(4)
    assert len(bench.sizes()) == 2
    assert abs(bench.delta_coin()) < D("0.0025")


# --- sweeping back ---


async def test_a_fall_swells_the_margin_and_coins_go_back() -> None:
    bench = await rally(
        (0, 50_000), (600, 50_000), (6_000, 25_000), spot="2", margin="8", plan=a_plan(sweep="1.5")
    )
    records = await bench.run(120)
    assert bench.sizes() == [-OPENED]
    assert {*await ends(bench)} == {ARRIVED}
    assert coins(bench, Wallet.SPOT) > 3
    assert "margin-swept" in titles(bench)
    assert await bench.journal.flows() == ()
    last = records[-1].sight
    assert last is not None
    assert isinstance(last.liquidation_price, Decimal)
    assert last.liquidation_price / last.mark_usd - 1 >= 1
    assert abs(bench.delta_coin()) < D("0.0025")


async def test_coins_go_to_and_fro_with_the_price_and_not_at_one_price() -> None:
    points = ((0, 50_000), (600, 50_000), (4_200, 20_000), (12_000, 90_000), (18_000, 30_000))
    bench = await rally(*points, spot="2", margin="8", plan=a_plan(sweep="1.5"))
    await bench.run(300)
    assert liquidations(bench) == 0
    moved = await bench.journal.transfers()
    assert {(t.source, t.destination) for t in moved} == {
        (Wallet.SPOT, Wallet.MARGIN),
        (Wallet.MARGIN, Wallet.SPOT),
    }
    assert len(moved) < 15
    count = len(moved)
    await bench.run(60)
    assert len(await bench.journal.transfers()) == count
    assert bench.sizes() == [-OPENED]


# --- a process that dies ---


class Dying(Watch):
    """The process ends at the nth transfer, before it leaves or after it arrived."""

    def __init__(self, nth: int, *, reached: bool) -> None:
        super().__init__()
        self.left, self.reached = nth, reached

    async def before(self, call: Call) -> None:
        await super().before(call)
        if str(call) == "main.transfer":
            self.left -= 1
            if not self.left and not self.reached:
                raise Stopped

    async def after(self, call: Call, answer: Any) -> Any:
        if str(call) == "main.transfer" and not self.left and self.reached:
            raise Stopped
        return answer


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("reached", [False, True])
async def test_a_kill_between_intent_and_send_of_a_top_up_or_after_it_loses_and_doubles_nothing(
    tmp_path: Path, nth: int, *, reached: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with open_journal(url, writer=True) as journal:
        bench = await rally(
            (0, 50_000),
            (60, 50_000),
            (100, 80_000),
            journal=journal,
            watch=Dying(nth, reached=reached),
        )
        with pytest.raises(Stopped):
            await bench.run(6)
    async with open_journal(url, writer=True) as journal:
        bench.journal = journal
        await bench.start()
        assert (await ends(bench))[-1] is TransferStatus.INTENDED
        await bench.run(8)
        known = await journal.transfers()
        arrived = sum((t.amount_coin for t in known if t.status is ARRIVED), D(0))
        assert coins(bench, Wallet.SPOT) == 5 - arrived
        lost = [t for t in known if t.status is FAILED]
        assert len(lost) == (0 if reached else 1)
        assert len({t.transfer_id for t in known}) == len(known)
        assert bench.sizes() == [-OPENED]
        assert await journal.flows() == ()
        record = await bench.cycle(60)
    assert record.sight is not None
    assert isinstance(record.sight.liquidation_price, Decimal)
    assert record.sight.liquidation_price / record.sight.mark_usd - 1 > D("0.55")


async def test_a_transfer_that_could_not_be_written_down_was_not_sent() -> None:
    watch = Broken(JournalError("disk full"), "journal.write_transfer", times=1)
    bench = await rally((0, 50_000), (30, 50_000), (50, 80_000), watch=watch)
    await bench.cycle()
    with pytest.raises(JournalError):
        await bench.cycle(60)
    assert bench.watch.count("main.transfer") == 0
    await bench.run(3)
    assert await ends(bench) == [ARRIVED, ARRIVED]
    assert bench.bag.margin.pending == {}
    moved = sum((t.amount_coin for t in await bench.journal.transfers()), D(0))
    assert bench.bag.margin.moved_coin(bench.clock.now()) == moved
