"""The record of a cycle: every number that was seen, its unit, its source and its age."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.account import Quote, Wallet
from bot.domain.exposure import Bucket, BucketKind, Exposure, External, assess, buckets_of
from bot.domain.judgement import HedgePlan, Judgement, judge
from bot.domain.limits import Denied, TradingState
from bot.domain.margin import NEVER
from bot.domain.records import Action, CycleRecord, Figure, Outcome, Sight
from bot.domain.report import (
    SIGHT_NAMES,
    Denial,
    action_of,
    denial_of,
    figures_of,
    liquidation_text,
    reason_of,
    record_fields,
    sight_of,
    times_denied,
)
from bot.domain.targets import KeepCoins
from tests.kit.domain import (
    NOON,
    a_bag,
    a_balance,
    a_plan,
    a_quote,
    a_snapshot,
    an_exposure,
    some_circumstances,
)

D = Decimal


def judged(exposure: Exposure, plan: HedgePlan | None = None, **now: object) -> Judgement:
    circumstances = replace(some_circumstances(), **now)  # type: ignore[arg-type]
    quote = a_quote(exposure.mark_usd, index=exposure.index_usd)
    return judge(a_plan() if plan is None else plan, exposure, quote, circumstances)


def a_sight(exposure: Exposure, plan: HedgePlan | None = None) -> Sight:
    return sight_of(
        exposure,
        judged(exposure, plan).decision,
        funding_rate=D("0.0001"),
        liquidation_price=NEVER,
    )


def test_a_sight_holds_what_was_seen_and_what_is_wanted() -> None:
    exposure = an_exposure(
        outside=6, wallet=4, short_usd=400_000, entry=50_000, mark=40_000, index=50_000
    )
    assert a_sight(exposure, a_plan(target=KeepCoins(D(3)))) == Sight(
        outside_coin=D(6),
        wallet_coin=D(4),
        unrealised_coin=D(2),
        equity_coin=D(12),
        short_usd=D(400_000),
        short_coin=D(10),
        coin_cost=D(-8),
        delta_coin=D(2),
        hedge_ratio=D(10) / D(12),
        target_short_usd=D(360_000),
        target_ratio=D("0.75"),
        gap_usd=D(-40_000),
        mark_usd=D(40_000),
        index_usd=D(50_000),
        basis_bps=D(-2_000),
        funding_rate=D("0.0001"),
        liquidation_price=NEVER,
        effective_leverage=D(10) / D(6),
    )


def test_a_bag_without_worth_has_no_ratios() -> None:
    sight = a_sight(an_exposure(outside=-5, short_usd=100))
    assert (sight.hedge_ratio, sight.target_ratio) == (None, None)


def test_the_action_is_that_of_the_order() -> None:
    assert action_of(judged(an_exposure())) == (Action.SELL, D(4_998))
    assert action_of(judged(an_exposure(short_usd=600_000)))[0] is Action.BUY
    assert action_of(judged(an_exposure(short_usd=500_000))) == (Action.HOLD, D(0))


def test_the_reason_is_that_of_the_decision() -> None:
    judgement = judged(an_exposure())
    assert reason_of(judgement) == judgement.decision.reason


def test_a_denied_order_says_by_which_rule() -> None:
    judgement = judged(an_exposure(), state=TradingState.REDUCING)
    assert isinstance(judgement.verdict, Denied)
    assert reason_of(judgement) == judgement.decision.reason + (
        "; denied by the guard (reducing): the state is reducing: only orders that shrink the "
        "short pass"
    )


# --- figures ---


def the_figures(
    exposure: Exposure, *, quote: Quote | None = None, buckets: tuple[Bucket, ...] = ()
) -> dict[str, Figure]:
    figures = figures_of(
        a_plan(),
        buckets,
        a_quote(exposure.mark_usd) if quote is None else quote,
        judged(exposure),
        base_coin=D("10.50"),
        balances_at=NOON,
        now=NOON + timedelta(seconds=2),
    )
    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names)
    return {figure.name: figure for figure in figures}


def test_every_number_has_its_unit_its_source_and_its_age() -> None:
    quote = replace(a_quote(40_000), at=NOON + timedelta(seconds=1.5))
    figures = the_figures(an_exposure(short_usd=400_000, entry=50_000, mark=40_000), quote=quote)
    position, ticker = "position in BTC/USD:BTC of main", "quote of BTC/USD:BTC"
    assert list(figures.values()) == [
        Figure("mark price", "40000", "USD", ticker, 0.5),
        Figure("index price", "40000", "USD", ticker, 0.5),
        Figure("funding rate", "0.0001", "per interval", ticker, 0.5),
        Figure("short", "400000", "USD", position, 2.0),
        Figure("average entry", "50000", "USD", position, 2.0),
        Figure("unrealised profit", "2", "BTC", "coin cost + short / mark", None),
        Figure("equity", "12", "BTC", "all coins + unrealised profit", None),
        Figure("short in coin", "10", "BTC", "short / mark", None),
        Figure("delta", "2", "BTC", "equity − short in coin", None),
        Figure("base coins", "10.5", "BTC", "coins at the start + net flows", None),
        Figure("target short", "480000", "USD", "full hedge", None),
        Figure("gap", "80000", "USD", "target short − short", None),
        Figure("band, outer edge", "2400", "USD", "settings of the bag", None),
    ]


def test_coins_are_listed_by_place_and_what_was_declared_has_no_age() -> None:
    bag = a_bag(external=(External("cold wallet", D("30.0")),))
    snapshot = a_snapshot(a_balance("1.50"), a_balance(2, Wallet.MARGIN))
    buckets = buckets_of(bag, {"main": snapshot}, D("0.25"))
    assert buckets[-1].kind is BucketKind.TRANSIT
    listed = list(the_figures(an_exposure(), buckets=buckets).values())[:4]
    assert listed == [
        Figure("coins in main/spot", "1.5", "BTC", "balance of main/spot", 2.0),
        Figure("coins in main/margin", "2", "BTC", "balance of main/margin", 2.0),
        Figure("coins in cold wallet", "30", "BTC", "declared in the settings", None),
        Figure("coins in transit", "0.25", "BTC", "transfers under way", 2.0),
    ]


def test_what_is_not_known_is_not_listed() -> None:
    figures = the_figures(an_exposure(), quote=a_quote(funding_rate=None))
    assert "funding rate" not in figures
    assert "average entry" not in figures
    assert figures["short"].value == "0"


def test_two_legs_whose_entries_cannot_be_averaged_show_none() -> None:
    legs = assess(
        outside_coin=D(5),
        wallet_coin=D(5),
        face_usd=D(-1_000),
        coin_cost=D("0.05"),
        mark_usd=D(50_000),
        index_usd=D(50_000),
    )
    assert "average entry" not in the_figures(legs)


def test_no_figure_carries_the_noise_of_28_digits() -> None:
    figures = the_figures(an_exposure(short_usd=100_000, entry=30_000, mark=70_000))
    assert figures["average entry"].value == "30000"
    assert figures["short in coin"].value == "1.428571428571"


@pytest.mark.parametrize(
    ("price", "text"),
    [(None, "unknown"), (NEVER, "never"), (D("63999.999"), "64,000.00"), (D("0.15"), "0.150000")],
)
def test_a_liquidation_price_is_unknown_never_or_a_number(price: object, text: str) -> None:
    assert liquidation_text(price) == text  # type: ignore[arg-type]


# --- one name for one thing ---


def a_record(sight: Sight | None) -> CycleRecord:
    return CycleRecord(
        cycle=7,
        bag="savings",
        asset="BTC",
        account="main",
        symbol="BTC/USD:BTC",
        mode="dry-run",
        at=NOON,
        age_s=0.12345,
        took_s=1.98765,
        state=TradingState.ACTIVE,
        outcome=Outcome.HELD,
        action=Action.HOLD,
        contracts=D(0),
        reason="because",
        orders=("hh01",),
        sight=sight,
        figures=(),
    )


def test_a_record_is_reported_under_the_names_of_every_report() -> None:
    sight = a_sight(an_exposure(short_usd=500_000))
    reported = record_fields(a_record(sight))
    assert tuple(field.name for field in fields(Sight)) == SIGHT_NAMES
    assert {name: reported[name] for name in SIGHT_NAMES} == {
        name: getattr(sight, name) for name in SIGHT_NAMES
    }
    told = {name: value for name, value in reported.items() if name not in SIGHT_NAMES}
    assert told == {
        "name": "savings",
        "asset": "BTC",
        "cycle": 7,
        "at": NOON,
        "mode": "dry-run",
        "state": TradingState.ACTIVE,
        "outcome": Outcome.HELD,
        "action": Action.HOLD,
        "contracts": D(0),
        "reason": "because",
        "denied_by": None,
        "denied_times": None,
        "orders": ["hh01"],
        "age_s": 0.123,
        "took_s": 1.988,
    }


def test_what_was_not_seen_is_reported_as_unknown_and_never_as_zero() -> None:
    reported = record_fields(a_record(None))
    assert {reported[name] for name in SIGHT_NAMES} == {None}


# --- the guard's no ---


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (1, "that guard has said no 1 time since the start"),
        (2, "that guard has said no 2 times since the start"),
    ],
)
def test_a_denial_is_read_back_from_its_reason(times: int, words: str) -> None:
    assert times_denied(times) == words
    why = "sell; denied by the guard (max_order_usd): 2 USD is more; than 1"
    denied = replace(a_record(None), outcome=Outcome.DENIED, reason=why)
    counted = replace(denied, reason=f"{why}; {words}")
    assert denial_of(denied) == Denial("max_order_usd", "2 USD is more; than 1", None)
    assert denial_of(counted) == Denial("max_order_usd", "2 USD is more; than 1", times)
    assert denial_of(replace(counted, outcome=Outcome.IN_DOUBT)) == denial_of(counted)
    assert denial_of(replace(counted, outcome=Outcome.TRADED)) is None
    assert denial_of(replace(denied, reason="hold")) is None
