"""Settings become values of the domain: bags, targets, bands, limits."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.app.wiring import cycle_policy
from bot.domain.account import MarginMode, Wallet
from bot.domain.aftermath import ManualChanges, Reactions
from bot.domain.bands import automatic_band
from bot.domain.decision import Band
from bot.domain.exposure import Bag, External, Holding
from bot.domain.judgement import HedgePlan
from bot.domain.limits import RiskLimits
from bot.domain.sizing import ExecutionPolicy
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError
from bot.settings import hedge_plans, load_settings, risk_limits
from bot.settings.convert import margin_policy
from tests.kit.domain import an_instrument
from tests.settings.setting import VALID, loaded

ON_OFFER = {"main": (an_instrument("ETH"), an_instrument("BTC"))}


def the_plan(toml: str = VALID) -> HedgePlan:
    (plan,) = hedge_plans(loaded(toml).settings, ON_OFFER)
    return plan


def with_target(target: str) -> HedgePlan:
    return the_plan(VALID.replace('{ kind = "full" }', target))


def test_a_bag_becomes_a_plan() -> None:
    toml = VALID.replace(
        '[{ account = "main", wallets = ["spot"] }]',
        '[{ account = "main", wallets = ["spot", "funding"] }, { external = "cold", coins = 1.5 }]',
    ).replace('venue = "simulator"', 'venue = "simulator"\nleverage = 3\nmargin_mode = "isolated"')
    plan = the_plan(toml)
    instrument = an_instrument("BTC")
    assert plan == HedgePlan(
        bag=Bag(
            name="savings",
            asset="BTC",
            holdings=(Holding("main", (Wallet.SPOT, Wallet.FUNDING)),),
            external=(External("cold", Decimal("1.5")),),
            hedge_account="main",
            symbol="BTC/USD:BTC",
        ),
        instrument=instrument,
        policy=plan.policy,
        execution=ExecutionPolicy(Decimal("0.005"), Decimal(100_000), hedge_mode=False),
        limits=risk_limits(loaded(toml).settings),
        margin_mode=MarginMode.ISOLATED,
        leverage=Decimal(3),
        margin=margin_policy(loaded(toml).settings.margin),
    )


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ('{ kind = "full" }', Full()),
        ('{ kind = "static", share = 0.5 }', Static(Decimal("0.5"))),
        ('{ kind = "constant-ratio", ratio = "0.25" }', ConstantRatio(Decimal("0.25"))),
        ('{ kind = "usd", amount_usd = 100_000 }', FixedUsd(Decimal(100_000))),
        ('{ kind = "keep-coins", coins = 2 }', KeepCoins(Decimal(2))),
    ],
)
def test_each_kind_of_target_keeps_its_meaning(written: str, target: Target) -> None:
    assert with_target(written).policy.target == target


def test_a_band_is_automatic_unless_it_is_chosen() -> None:
    assert the_plan().policy.band == automatic_band(
        Full(),
        an_instrument("BTC"),
        tracking_error_budget=Decimal("0.01"),
        volatility=Decimal("0.8"),
        risk_aversion=Decimal(5),
        noise_share=Decimal("0.0025"),
    )
    chosen = the_plan(VALID + "[bags.band]\nouter = 0.02\ninner = 0.005\n").policy.band
    assert chosen == Band(Decimal("0.02"), Decimal("0.005"), Decimal(100))


def test_an_inner_edge_beyond_the_automatic_outer_one_is_refused() -> None:
    settings = loaded(VALID + "[bags.band]\ninner = 0.02\n").settings
    with pytest.raises(ConfigError) as caught:
        hedge_plans(settings, ON_OFFER)
    assert str(caught.value) == (
        "bags[savings].band: the inner edge of 2.0000% lies beyond the automatic outer edge of "
        "0.2500%; make the inner one smaller, or 'auto'"
    )


def test_limits_keep_their_numbers_and_off_is_none() -> None:
    toml = VALID + '[limits]\nmax_turnover_usd_per_day = "off"\nmax_short_usd = 1e6\n'
    assert risk_limits(loaded(toml).settings) == RiskLimits(
        max_order_usd=Decimal(250_000),
        max_short_usd=Decimal(1_000_000),
        max_orders_per_hour=60,
        max_turnover_usd_per_day=None,
        min_liquidation_distance=Decimal("0.25"),
        max_price_deviation=Decimal("0.02"),
        max_short_share=None,
        max_fees_usd_per_day=Decimal(2_500),
        max_price_jump=Decimal("0.1"),
        max_funding_cost_per_year=None,
        max_snapshot_age_s=20.0,
        max_clock_skew_s=5.0,
    )


def test_every_limit_can_be_switched_off() -> None:
    names = list(loaded().settings.limits.model_dump())
    off = "".join(f'{name} = "off"\n' for name in names)
    off = f'[margin]\nreduce_distance = "off"\n[limits]\n{off}'
    limits = risk_limits(loaded(f"{VALID}{off}").settings)
    none = RiskLimits(None, None, None, None, None, None, max_snapshot_age_s=20.0)
    assert limits == none  # an age always has a limit: it is what a look means


def test_a_hedge_mode_account_has_orders_for_a_leg() -> None:
    toml = VALID.replace('venue = "simulator"', 'venue = "simulator"\nposition_mode = "hedge"')
    assert the_plan(toml).execution.hedge_mode


def test_slicing_can_be_switched_off() -> None:
    toml = VALID + '[bags.execution]\nmax_slice_usd = "off"\n'
    assert the_plan(toml).execution.max_slice_usd is None


def test_settings_without_a_bag_have_nothing_to_hedge() -> None:
    with pytest.raises(ConfigError) as caught:
        hedge_plans(load_settings(environ={}), {})
    assert str(caught.value) == (
        "bags: there is nothing to hedge; describe a bag in a file and name it with --config "
        "(config/dry-run.toml is an example)"
    )


def test_a_contract_that_the_venue_does_not_offer_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"^bags\[savings\]\.hedge\.contract: there is no inverse"
    ):
        hedge_plans(loaded().settings, {"main": (an_instrument("ETH"),)})


def test_a_fingerprint_stays_the_same_however_numbers_are_written() -> None:
    half = with_target('{ kind = "static", share = 0.5 }').policy.fingerprint
    assert with_target('{ kind = "static", share = "0.50" }').policy.fingerprint == half
    assert half == "e1ba98f3e0da"


def test_a_fingerprint_changes_with_target_and_band() -> None:
    policies = [
        the_plan().policy,
        the_plan(VALID + "[bags.band]\nouter = 0.02\n").policy,
        the_plan(VALID + "[bags.band]\nouter = 0.02\ninner = 0.01\n").policy,
        with_target('{ kind = "static", share = 1 }').policy,
        with_target('{ kind = "static", share = 0.5 }').policy,
        with_target('{ kind = "constant-ratio", ratio = 0.5 }').policy,
        with_target('{ kind = "keep-coins", coins = 0.5 }').policy,
    ]
    assert len({policy.fingerprint for policy in policies}) == len(policies)


def test_a_fingerprint_does_not_move_with_fees_or_the_defaults_of_bands() -> None:
    settings = loaded().settings
    dearer = replace(an_instrument("BTC"), taker_fee_rate=Decimal("0.01"))
    other = loaded(VALID + "[band]\nnoise_share = 0.001\n").settings
    (plan,) = hedge_plans(settings, ON_OFFER)
    (with_other_fee,) = hedge_plans(settings, {"main": (dearer,)})
    (with_other_noise,) = hedge_plans(other, ON_OFFER)
    assert with_other_noise.policy.band != plan.policy.band
    assert with_other_fee.policy.fingerprint == plan.policy.fingerprint
    assert with_other_noise.policy.fingerprint == plan.policy.fingerprint


def test_a_bag_reacts_at_once_and_towards_its_target_unless_it_is_told_otherwise() -> None:
    assert the_plan().reactions == Reactions(ManualChanges.TOWARDS_TARGET, follow_after_s=0)
    toml = VALID.replace(
        'asset = "BTC"', 'asset = "BTC"\nmanual_changes = "respect"\nfollow_after_s = 1_800'
    )
    assert the_plan(toml).reactions == Reactions(ManualChanges.RESPECT, follow_after_s=1_800)


def test_reminders_come_once_a_day_or_as_they_are_set_or_not_at_all() -> None:
    assert cycle_policy(loaded(VALID).settings).remind_every_s == 86_400
    hourly = loaded(VALID + "[remind]\nevery_s = 3_600\n").settings
    assert cycle_policy(hourly).remind_every_s == 3_600
    never = loaded(VALID + '[remind]\nevery_s = "off"\n').settings
    assert cycle_policy(never).remind_every_s is None
