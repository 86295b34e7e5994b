"""What is found out about an account before a bot gets it: each defect named, with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.account import MarginMode, Wallet
from bot.domain.check import (
    AccountUse,
    Finding,
    Level,
    MarketUse,
    failure,
    ok,
    passed,
    use_of,
    warning,
)
from bot.domain.check_account import WITHDRAWALS_ACCEPTED, account_findings, twice_findings
from bot.domain.check_hedge import bag_findings, contract_findings, planned_short
from bot.domain.check_holdings import balance_findings, order_findings, position_findings
from bot.domain.exposure import External
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.domain.orders import OrderStatus
from bot.domain.targets import KeepCoins
from tests.kit.domain import (
    BTC_USD,
    a_bag,
    a_balance,
    a_plan,
    a_position,
    a_quote,
    a_snapshot,
    an_exposure,
    an_instrument,
    an_order,
    some_limits,
)

SOUND = AccountFacts(
    account_id="4711",
    kind="SPOT",
    kind_fault=None,
    may_trade=True,
    may_withdraw=False,
    may_transfer=True,
    is_ip_bound=True,
    hedge_mode=False,
    clock_skew_s=0.1,
    terms=(MarketTerms(BTC_USD, MarginMode.CROSS, Decimal(2), is_open=False),),
    contract_faults=(),
)
USE = AccountUse(hedge_mode=False, markets={BTC_USD: MarketUse(MarginMode.CROSS, Decimal("2.0"))})
ONLY_COINS = AccountUse(hedge_mode=False, markets={})


def found(findings: Iterable[Finding], subject: str) -> Finding:
    """The one finding about a subject."""
    (one,) = [finding for finding in findings if finding.subject == subject]
    return one


def test_a_sound_account_is_ok_in_every_respect() -> None:
    findings = account_findings("main", SOUND, USE)
    assert {finding.level for finding in findings} == {Level.OK}
    assert [finding.subject for finding in findings] == [
        "main: clock",
        "main: account",
        "main: trading",
        "main: withdrawals",
        "main: addresses",
        "main: position mode",
        f"main: margin mode of {BTC_USD}",
        f"main: leverage of {BTC_USD}",
        "main: contracts",
    ]


ACCOUNT = [
    ("clock", {"clock_skew_s": 0.99}, Level.OK, "0.99 s ahead"),
    ("clock", {"clock_skew_s": -1.5}, Level.WARNING, "1.50 s behind"),
    ("clock", {"clock_skew_s": 5.0}, Level.FAILURE, "5.00 s ahead"),
    ("clock", {"clock_skew_s": -7.0}, Level.FAILURE, "7.00 s behind"),
    ("clock", {"clock_skew_s": None}, Level.WARNING, "does not tell"),
    ("account", {"kind_fault": "it is a portfolio"}, Level.FAILURE, "it is a portfolio"),
    ("account", {"account_id": None}, Level.OK, "gives no number"),
    ("trading", {"may_trade": False}, Level.FAILURE, "may not trade"),
    ("trading", {"may_trade": None}, Level.WARNING, "does not say"),
    ("withdrawals", {"may_withdraw": True}, Level.FAILURE, "can take the coins"),
    ("withdrawals", {"may_withdraw": None}, Level.WARNING, "does not say"),
    ("addresses", {"is_ip_bound": False}, Level.WARNING, "from every address"),
    ("addresses", {"is_ip_bound": None}, Level.WARNING, "does not say"),
    ("position mode", {"hedge_mode": True}, Level.FAILURE, "it is hedge, not one-way"),
    ("position mode", {"hedge_mode": None}, Level.WARNING, "does not tell"),
    ("contracts", {"contract_faults": ("it is worth 10 USD",)}, Level.FAILURE, "10 USD"),
]


@pytest.mark.parametrize(("subject", "changes", "level", "words"), ACCOUNT)
def test_a_defect_of_an_account_is_named_with_what_to_do(
    subject: str, changes: dict[str, object], level: Level, words: str
) -> None:
    facts = replace(SOUND, **changes)  # type: ignore[arg-type]  # one field of several types
    finding = found(account_findings("main", facts, USE), f"main: {subject}")
    assert finding.level is level
    assert words in finding.text
    assert bool(finding.advice) is (level is not Level.OK)


@pytest.mark.parametrize(
    ("terms", "subject", "level", "words"),
    [
        (
            MarketTerms(BTC_USD, MarginMode.ISOLATED, Decimal(2), is_open=True),
            "margin mode",
            Level.FAILURE,
            "it is isolated, not cross as in the settings (a position is open there)",
        ),
        (
            MarketTerms(BTC_USD, MarginMode.CROSS, Decimal(20), is_open=False),
            "leverage",
            Level.WARNING,
            "it is 20, not 2 as in the settings",
        ),
        (MarketTerms(BTC_USD, None, None, is_open=False), "leverage", Level.WARNING, "not tell"),
        (None, "margin mode", Level.WARNING, "not tell"),
    ],
)
def test_terms_of_a_market_that_are_not_as_wanted(
    terms: MarketTerms | None, subject: str, level: Level, words: str
) -> None:
    facts = replace(SOUND, terms=() if terms is None else (terms,))
    finding = found(account_findings("main", facts, USE), f"main: {subject} of {BTC_USD}")
    assert finding.level is level
    assert words in finding.text
    assert finding.advice


def test_a_key_that_may_withdraw_is_accepted_in_the_very_words_alone() -> None:
    facts = replace(SOUND, may_withdraw=True)
    for words, level in ((WITHDRAWALS_ACCEPTED, Level.WARNING), ("yes", Level.FAILURE)):
        use = replace(USE, confirmed=(words,))
        finding = found(account_findings("main", facts, use), "main: withdrawals")
        assert finding.level is level
        if level is Level.FAILURE:
            assert WITHDRAWALS_ACCEPTED in finding.advice


def test_the_account_that_is_meant_has_to_be_the_one_that_the_key_opens() -> None:
    for meant, level in ((None, Level.OK), ("4711", Level.OK), ("4712", Level.FAILURE)):
        finding = found(
            account_findings("main", SOUND, replace(USE, account_id=meant)), "main: account"
        )
        assert finding.level is level
    nameless = replace(SOUND, account_id=None)
    use = replace(USE, account_id="4711")
    assert found(account_findings("main", nameless, use), "main: account").level is Level.FAILURE


def test_an_account_whose_coins_alone_count_needs_no_trading_and_no_terms() -> None:
    facts = replace(SOUND, may_trade=False, hedge_mode=True)
    findings = account_findings("cold", facts, ONLY_COINS)
    assert passed(findings)
    assert found(findings, "cold: trading").level is Level.OK
    assert not any("mode" in finding.subject for finding in findings)
    more = found(account_findings("cold", SOUND, ONLY_COINS), "cold: trading")
    assert more.level is Level.WARNING
    assert "read" in more.advice


def test_where_no_order_is_sent_a_key_that_only_reads_is_enough() -> None:
    facts = replace(SOUND, may_trade=False)
    use = replace(USE, sends_orders=False)
    assert found(account_findings("main", facts, use), "main: trading").level is Level.OK


def test_two_names_for_one_account_would_count_its_coins_twice() -> None:
    other, nameless = replace(SOUND, account_id="4712"), replace(SOUND, account_id=None)
    facts = {"a": SOUND, "b": other, "c": SOUND, "d": nameless, "e": nameless}
    (finding,) = twice_findings(facts)
    assert finding.level is Level.FAILURE
    assert "a, c" in finding.text


def test_a_use_is_what_the_plans_of_an_account_ask_for() -> None:
    plan = a_plan(leverage=3, margin_mode=MarginMode.ISOLATED)
    use = use_of("main", [plan], sends_orders=True)
    assert use.markets == {BTC_USD: MarketUse(MarginMode.ISOLATED, Decimal(3))}
    assert use.is_traded
    assert not use_of("other", [plan], sends_orders=True).is_traded
    assert not use_of("main", [plan], sends_orders=False).is_traded


def test_a_check_has_passed_where_nothing_is_a_failure() -> None:
    fine = [ok("a", "b"), warning("a", "b", "c")]
    assert passed(fine)
    assert not passed([*fine, failure("a", "b", "c")])


def test_wallets_are_told_with_what_they_hold_and_how_that_was_asked() -> None:
    held = (a_balance(2), a_balance("0.5", Wallet.MARGIN), a_balance(0, Wallet.FUNDING))
    (finding,) = balance_findings("main", held, "api/v3/account")
    assert finding.text == "spot 2 BTC, margin 0.5 BTC (by api/v3/account)"
    (empty,) = balance_findings("main", (a_balance(0),))
    assert empty.level is Level.WARNING
    assert "wallets" in empty.advice


def test_positions_of_nobody_and_longs_are_warned_of() -> None:
    markets = frozenset({BTC_USD})
    (none,) = position_findings("main", (), markets, "positionRisk")
    assert none.text == "none is open (by positionRisk)"
    mixed = (a_position(), a_position(-100), a_position(symbol="ETH/USD:ETH"))
    listed, short, long, strange = position_findings("main", mixed, markets)
    assert "-500,000.00 USD" in listed.text
    assert short.level is Level.OK
    assert (long.level, strange.level) == (Level.WARNING, Level.WARNING)
    assert "sell it" in long.text
    assert "no bag" in strange.text


def test_orders_of_somebody_else_are_warned_of_also_unseen_ones() -> None:
    ours, foreign = an_order(OrderStatus.OPEN), an_order(OrderStatus.OPEN, order_id="web_1")
    (fine,) = order_findings("main", (ours,), None)
    assert (fine.level, fine.text) == (Level.OK, "1 of ours")
    (strange,) = order_findings("main", (ours, foreign), None)
    assert (strange.level, strange.text[:6]) == (Level.WARNING, "1 of 2")
    (unseen,) = order_findings("main", (), replace(SOUND, resting_orders=1))
    assert unseen.level is Level.WARNING


def test_fees_and_funding_are_told_and_what_is_unusual_is_warned_of() -> None:
    fees, funding = contract_findings(a_plan(), replace(a_quote(), funding_interval_s=8 * 3600))
    assert fees.text == "maker 0.02 %, taker 0.05 %"
    assert funding.text == "0.01 % every 8 hours"
    dear = a_plan(instrument=an_instrument(taker_fee_rate="0.002"))
    fees, funding = contract_findings(dear, replace(a_quote(), funding_interval_s=4 * 3600))
    assert (fees.level, funding.level) == (Level.WARNING, Level.WARNING)
    assert "every 4 hours, but the contract says every 8 hours" in funding.text
    _, unknown = contract_findings(a_plan(), a_quote(funding_rate=None))
    assert unknown.level is Level.WARNING


def bag(spot: str, margin: str = "0", **plan: object) -> tuple[Finding, ...]:
    """What is found of a bag with so many coins, at 50,000 USD and contracts of 100."""
    asked = a_plan(leverage=2, **plan)  # type: ignore[arg-type]  # passed on as it is
    snapshot = a_snapshot(a_balance(spot), a_balance(margin, Wallet.MARGIN))
    return bag_findings(asked, {"main": snapshot}, a_quote())


@pytest.mark.parametrize(
    ("coins", "level", "words"),
    [
        ("0", Level.FAILURE, "too small for one contract"),
        ("0.0019", Level.FAILURE, "too small for one contract"),
        ("0.002", Level.WARNING, "less than 10 contracts"),
        ("0.0199", Level.WARNING, "less than 10 contracts"),
        ("0.02", Level.OK, "the smallest order is 100.00 USD"),
    ],
)
def test_a_bag_has_to_be_large_against_one_contract(coins: str, level: Level, words: str) -> None:
    finding = found(bag(coins), "savings: bag")
    assert finding.level is level
    assert words in finding.text
    assert bool(finding.advice) is (level is not Level.OK)


def test_the_smallest_order_may_be_more_than_one_contract() -> None:
    finding = found(bag("0.1", instrument=an_instrument(lot=10, least=25)), "savings: bag")
    assert finding.level is Level.WARNING
    assert "3,000.00 USD" in finding.text


def test_a_short_that_the_margin_wallet_cannot_carry_fails_with_the_coins_that_are_missing() -> (
    None
):
    finding = found(bag("8", "2"), "savings: margin")
    assert finding.level is Level.FAILURE
    assert "binds 5 BTC at leverage 2; the margin wallet has 2" in finding.text
    assert "move 3 BTC" in finding.advice
    assert found(bag("5", "5"), "savings: margin").level is Level.OK


def test_the_planned_short_has_to_keep_its_distance_to_liquidation() -> None:
    near = found(
        bag("8", "2", limits=some_limits(min_liquidation_distance="0.25")), "savings: liquidation"
    )
    assert near.level is Level.FAILURE
    assert "500,000.00 USD would be liquidated at" in near.text
    assert "25.00% is the least" in near.text
    assert near.advice
    far = found(
        bag("5", "5", limits=some_limits(min_liquidation_distance="0.25")), "savings: liquidation"
    )
    assert far.level is Level.OK


def test_a_distance_that_nobody_asks_for_is_warned_of() -> None:
    finding = found(bag("8", "2"), "savings: liquidation")
    assert finding.level is Level.WARNING
    assert "min_liquidation_distance" in finding.advice


def test_a_bag_without_a_short_cannot_be_liquidated() -> None:
    findings = bag("5", "5", target=KeepCoins(Decimal(20)))
    assert passed(findings)
    assert (
        found(findings, "savings: liquidation").text == "no price can liquidate a short of 0.00 USD"
    )


def test_an_isolated_short_is_judged_by_the_coins_bound_to_it() -> None:
    plan = a_plan(
        leverage=2,
        margin_mode=MarginMode.ISOLATED,
        limits=some_limits(min_liquidation_distance="0.25"),
    )
    position = a_position(200_000, isolated="2")
    snapshot = a_snapshot(positions=(position,))
    finding = found(bag_findings(plan, {"main": snapshot}, a_quote()), "savings: liquidation")
    assert finding.level is Level.OK
    loose = replace(position, isolated_coin=None)
    snapshot = a_snapshot(positions=(loose,))
    unknown = found(bag_findings(plan, {"main": snapshot}, a_quote()), "savings: liquidation")
    assert unknown.level is Level.WARNING
    assert "cannot be told" in unknown.text


def test_a_bag_of_an_account_that_was_not_seen_cannot_be_judged() -> None:
    (finding,) = bag_findings(a_plan(), {}, a_quote())
    assert (finding.level, finding.subject) == (Level.FAILURE, "savings: bag")


def test_coins_declared_by_hand_count_but_carry_no_margin() -> None:
    plan = a_plan(bag=a_bag(external=(External("cold", Decimal(10)),)))
    findings = bag_findings(plan, {"main": a_snapshot()}, a_quote())
    assert "20 BTC" in found(findings, "savings: bag").text
    assert found(findings, "savings: margin").level is Level.FAILURE


def test_how_far_off_a_small_bag_may_be_is_told() -> None:
    finding = found(bag("0.004"), "savings: bag")
    assert finding.advice == "expect the hedge to be off by up to 25% of the bag"


def test_an_interval_that_is_not_told_is_the_contracts_own() -> None:
    _, unknown = contract_findings(a_plan(), replace(a_quote(), funding_interval_s=None))
    assert unknown.advice == "an interval of 8 hours is reckoned with: look it up"


def test_a_fee_of_ten_basis_points_is_not_dear() -> None:
    fees, _ = contract_findings(a_plan(instrument=an_instrument(taker_fee_rate="0.001")), a_quote())
    assert fees.level is Level.OK


def test_the_places_of_the_coins_are_told() -> None:
    assert "10 BTC (main/spot 8, main/margin 2)" in found(bag("8", "2"), "savings: bag").text


def test_the_planned_short_is_what_is_missing_in_whole_lots() -> None:
    """Five coins at a bid of 49,990: what the target lacks, sold at the bid."""
    lots = a_plan(instrument=an_instrument(lot=7), leverage=2)
    exposure = an_exposure(outside="2.5", wallet="2.5", short_usd=100_000)
    planned = planned_short(lots, exposure, a_quote(spread=20))
    assert [planned.contracts, planned.short_usd] == [1_498, 249_800]
    without_a_bid = replace(a_quote(spread=20), bid_usd=None)
    at_bid, at_mark = (
        planned_short(lots, exposure, quote).liquidation
        for quote in (a_quote(spread=20), without_a_bid)
    )
    assert isinstance(at_bid, Decimal)
    assert isinstance(at_mark, Decimal)
    assert at_bid < at_mark
    assert at_mark == planned_short(lots, exposure, a_quote()).liquidation


def test_a_short_that_is_large_enough_plans_no_order() -> None:
    exposure = an_exposure(short_usd=600_000)
    planned = planned_short(a_plan(), exposure, a_quote())
    assert [planned.contracts, planned.short_usd] == [0, 600_000]
    one = planned_short(a_plan(), an_exposure(short_usd=499_900), a_quote())
    assert [one.contracts, one.short_usd] == [1, 500_000]


def test_a_loss_of_the_short_is_missing_in_its_margin() -> None:
    """Five coins in the margin wallet, and a short entered at 40,000 that has lost half of one."""
    position = replace(a_position(100_000), entry_usd=Decimal(40_000))
    snapshot = a_snapshot(a_balance(1), a_balance(5, Wallet.MARGIN), positions=(position,))
    findings = bag_findings(a_plan(leverage="0.5"), {"main": snapshot}, a_quote())
    margin = found(findings, "savings: margin")
    assert "binds 5.5 BTC at leverage 1; the margin wallet has 4.5" in margin.text
    assert "move 1 BTC" in margin.advice


def test_a_distance_may_be_as_near_as_the_least() -> None:
    """Two coins behind a short of ten: 0.995·500,000 / (10 − 2) dollars, less the fee."""
    asked = a_plan(leverage=2)
    snapshot = a_snapshot(a_balance(5), a_balance(5, Wallet.MARGIN))
    planned = planned_short(asked, an_exposure(), a_quote()).liquidation
    assert isinstance(planned, Decimal)
    away = planned / 50_000 - 1
    for least, level in ((away, Level.OK), (away + Decimal("1e-20"), Level.FAILURE)):
        limited = a_plan(leverage=2, limits=some_limits(min_liquidation_distance=least))
        finding = found(
            bag_findings(limited, {"main": snapshot}, a_quote()), "savings: liquidation"
        )
        assert finding.level is level
