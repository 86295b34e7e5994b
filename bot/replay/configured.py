"""From the settings of a bag to a request: a replay of what the live bot would be told.

What a history cannot tell is left out: how old a look is, two clocks, a price that jumped since the
last look, orders by the hour. An order that is live cut into slices takes as many as cycles fit
into a bar.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.calibration import BTC, ETH
from bot.adapters.simulator.spec import ModelPath
from bot.app.rehearsal import venue_spec
from bot.domain.account import Wallet
from bot.domain.instrument import choose_contract
from bot.domain.judgement import HedgePlan
from bot.domain.limits import RiskLimits
from bot.domain.quantities import ZERO
from bot.domain.records import Sight
from bot.errors import ConfigError
from bot.replay.request import HALF_SPREAD, BandChoice, ReplayRequest
from bot.replay.sampled import USUAL_FUNDING_CAP, Market
from bot.replay.vector_margin import margin_rule_of
from bot.replay.vector_rule import rule_of
from bot.replay.what_if import Question, holding_of
from bot.settings import Settings
from bot.settings.bags import AccountHolding, BagSettings, ExternalHolding
from bot.settings.convert import domain_target, margin_policy, risk_limits

_MOVABLE: Final = (Wallet.SPOT, Wallet.FUNDING)


def request_of(
    settings: Settings,
    bag: BagSettings,
    *,
    coins: Decimal | None = None,
    collateral: Decimal | None = None,
) -> ReplayRequest:
    """What is asked for a bag. Its coins are those that the settings know of (the wallets of the
    simulated venue, and coins that no account shows) unless they are given.

    Raises :class:`ConfigError` for a bag whose coins or whose contract nobody knows.
    """
    account = settings.accounts[bag.hedge.account]
    offered = tuple(market.instrument for market in venue_spec(settings).markets)
    where = f"bags[{bag.name}].hedge.contract"
    instrument = choose_contract(bag.asset, bag.hedge.contract, offered, where=where)
    outside_coin, margin_coin = _known_coins(settings, bag)
    total_coin = outside_coin + margin_coin if coins is None else coins
    posted_coin = margin_coin if collateral is None and coins is None else collateral
    if total_coin <= ZERO:
        raise ConfigError(
            f"bags[{bag.name}]: the settings do not say how many {bag.asset} it holds (a live bot "
            "asks the venue); give --coins and --collateral, or fill simulator.wallets"
        )
    if posted_coin is None:
        raise ConfigError(
            f"bags[{bag.name}]: --coins says how many {bag.asset} there are, but not how many of "
            "them lie in the margin wallet; give --collateral too"
        )
    defaults = settings.band
    return ReplayRequest(
        asset=bag.asset,
        coins=total_coin,
        collateral=posted_coin,
        target=domain_target(bag.target),
        band=BandChoice(
            outer_share=bag.band.outer,
            inner_share=bag.band.inner,
            tracking_error_budget=defaults.tracking_error_budget,
            volatility=defaults.volatility,
            risk_aversion=defaults.risk_aversion,
            noise_share=defaults.noise_share,
        ),
        contract=instrument.symbol,
        instruments=offered,
        max_slippage=bag.execution.max_slippage,
        max_slice_usd=bag.execution.max_slice_usd,
        leverage=account.leverage,
        margin_mode=account.margin_mode,
        limits=limits_on_bars(risk_limits(settings)),
        cycle_s=float(settings.cycle.interval_s),
        margin=margin_policy(settings.margin),
        movable=_movable_coin(settings, bag),
    )


def question_of(
    settings: Settings, plan: HedgePlan, sight: Sight, *, horizon_s: float, paths: int, seed: int
) -> Question:
    """What may become of a bag that was seen, by the hour. Prices move as on the simulated venue of
    the settings, or as they were measured where that has no random path for the coin."""
    spec = next(
        (m for m in venue_spec(settings).markets if m.instrument.base == plan.bag.asset), None
    )
    model = ModelPath(sight.index_usd, BTC if plan.bag.asset == "BTC" else ETH)
    if spec is not None and isinstance(spec.path, ModelPath):
        model = replace(spec.path, start_usd=sight.index_usd)
    market = Market(
        model,
        tick_usd=float(plan.instrument.tick_usd),
        funding_cap=float(USUAL_FUNDING_CAP if spec is None else spec.funding_cap),
        funding_every_s=float(plan.instrument.funding_interval_s),
    )
    slices = max(1, int(market.step_s / float(settings.cycle.interval_s)))
    return Question(
        rule=rule_of(plan, half_spread=HALF_SPREAD, slices_per_step=slices),
        margin=margin_rule_of(plan),
        held=holding_of(plan, sight),
        market=market,
        steps=max(1, round(horizon_s / market.step_s)),
        paths=paths,
        seed=seed,
    )


def limits_on_bars(limits: RiskLimits) -> RiskLimits:
    """The limits that mean the same on bars as live; the others are off."""
    return replace(
        limits,
        max_order_usd=None,
        max_orders_per_hour=None,
        max_price_jump=None,
        max_snapshot_age_s=None,
        max_clock_skew_s=None,
    )


def _known_coins(settings: Settings, bag: BagSettings) -> tuple[Decimal, Decimal]:
    """Coins outside the margin wallet of the bag's hedge, and in it, as far as settings know."""
    wallets = settings.simulator.wallets
    hedge = bag.hedge.account
    outside_coin = ZERO
    for held in bag.holdings:
        match held:
            case ExternalHolding():
                outside_coin += held.coins
            case AccountHolding():
                for wallet in held.wallets:
                    if (held.account, wallet) != (hedge, Wallet.MARGIN):
                        coins = wallets.get(held.account, {}).get(wallet, {})
                        outside_coin += coins.get(bag.asset, ZERO)
    return outside_coin, wallets.get(hedge, {}).get(Wallet.MARGIN, {}).get(bag.asset, ZERO)


def _movable_coin(settings: Settings, bag: BagSettings) -> Decimal | None:
    """Coins that can be moved to the margin wallet: those in a spot or funding wallet of its
    account. None for all that lie outside it, where the bag has no others."""
    hedge, coins, others = bag.hedge.account, ZERO, False
    for held in bag.holdings:
        if isinstance(held, ExternalHolding) or held.account != hedge:
            others = True
            continue
        for wallet in held.wallets:
            if wallet in _MOVABLE:
                there = settings.simulator.wallets.get(hedge, {}).get(wallet, {})
                coins += there.get(bag.asset, ZERO)
            else:
                others = others or wallet is not Wallet.MARGIN
    return coins if others or not bag.holdings else None
