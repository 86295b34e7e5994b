"""Exposure, decision and guard in one pure step: the same for the daemon, a plan and a replay."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.account import MarginMode, Quote
from bot.domain.aftermath import USUAL, ByHand, Reactions
from bot.domain.carry import funding_per_year
from bot.domain.decision import Adjust, Decision, HedgePolicy, Pursuit, decide, too_small
from bot.domain.exposure import Bag, Exposure
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import (
    Ages,
    Approved,
    Denied,
    GuardFacts,
    RiskLimits,
    TradingState,
    review,
)
from bot.domain.margin import (
    NEVER,
    LiquidationPrice,
    MarginedPosition,
    initial_margin_coin,
    liquidation_price,
)
from bot.domain.margin_control import MarginPolicy
from bot.domain.margin_sizes import Backed, backing_told_coin
from bot.domain.orders import OrderIntent, Side
from bot.domain.payoff import FLAT, InverseBook, apply_fill, fee_coin
from bot.domain.quantities import ONE, ZERO
from bot.domain.sizing import (
    ExecutionPolicy,
    contracts_wanted,
    expected_price_usd,
    propose,
    whole_contracts,
)
from bot.domain.targets import coin_share
from bot.domain.values import quick


@dataclass(frozen=True, slots=True)
class HedgePlan:
    """Everything that stays the same from cycle to cycle: the bag and what is asked for it."""

    bag: Bag
    instrument: InversePerpetual
    policy: HedgePolicy
    execution: ExecutionPolicy
    limits: RiskLimits
    margin_mode: MarginMode
    leverage: Decimal
    margin: MarginPolicy | None = None  # None: nobody minds the margin
    reactions: Reactions = USUAL


@quick
@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside exposure and prices when a bag is judged.

    ``isolated_coin`` are the coins bound to the position in isolated mode. ``contract_changes``
    says what of the contract is not as it was when somebody last agreed to it. ``by_hand`` are
    trades by hand that are respected, ``awaited_coin`` coins that left and may come back.
    ``other_short_usd`` is the short that a second source speaks of where it contradicts the
    position read. ``origin`` goes into the ids of orders. What else is None is not known;
    :class:`bot.domain.guard_facts.GuardFacts` says what the guard makes of that.
    """

    cycle: int
    state: TradingState
    base_coin: Decimal
    pursuit: Pursuit = Pursuit.NONE
    occasion: str = ""
    short_cap_usd: Decimal | None = None
    orders_last_hour: int = 0
    turnover_last_day_usd: Decimal = ZERO
    in_doubt: tuple[str, ...] = ()
    isolated_coin: Decimal | None = None
    contract_changes: tuple[str, ...] = ()
    by_hand: ByHand | None = None
    awaited_coin: Decimal = ZERO
    other_short_usd: Decimal | None = None
    fees_last_day_usd: Decimal = ZERO
    believed_mark_usd: Decimal | None = None
    ages: Ages | None = None
    origin: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision, the order that it asks for, and the guard's word on it.

    ``is_slice``: the order was cut, so that another one remains to be sent when it has filled.
    """

    exposure: Exposure
    decision: Decision
    verdict: Approved | Denied | None
    is_slice: bool = False

    @property
    def intent(self) -> OrderIntent | None:
        """The order that was proposed, approved or not."""
        return None if self.verdict is None else self.verdict.intent

    @property
    def pursuit(self) -> Pursuit:
        """What the next cycle goes on with if nothing of the order has filled."""
        decision = self.decision
        return decision.pursuit if isinstance(decision, Adjust) else Pursuit.NONE

    def pursuit_after(self, filled_contracts: Decimal) -> Pursuit:
        """What the next cycle goes on with once so much of the order has filled.

        Nothing, where that was the whole trade: what its price or its rounding left is the band's
        to judge. Going on would follow a target that moves with the price at every step, and turn
        just under half a contract into an order as soon as the price has risen a little.
        """
        intent = self.intent
        if intent is None or (filled_contracts >= intent.contracts and not self.is_slice):
            return Pursuit.NONE
        return self.pursuit


def judge(
    plan: HedgePlan, exposure: Exposure, quote: Quote, circumstances: Circumstances
) -> Judgement:
    """Decide what to do about an exposure and ask the guard. Pure and total."""
    now = circumstances
    by_hand, offset_usd = now.by_hand, ZERO
    if by_hand is not None:
        offset_usd = by_hand.offset_usd(exposure.mark_usd, coin_share(plan.policy.target))
    decision = decide(
        exposure,
        plan.policy,
        base_coin=now.base_coin,
        pursuit=now.pursuit,
        occasion=now.occasion,
        short_cap_usd=now.short_cap_usd,
        offset_usd=offset_usd,
        awaited_coin=now.awaited_coin,
    )
    if not isinstance(decision, Adjust):
        return Judgement(exposure, decision, None)
    price_usd = expected_price_usd(decision, quote)
    intent = propose(
        decision,
        bag=plan.bag,
        instrument=plan.instrument,
        quote=quote,
        execution=plan.execution,
        cycle=now.cycle,
        origin=now.origin,
    )
    if intent is None:
        return Judgement(exposure, too_small(decision), None)
    instrument = plan.instrument
    left = contracts_wanted(decision, instrument, price_usd) - intent.contracts
    facts = guard_facts(plan, exposure, quote, now, intent, price_usd=price_usd)
    is_slice = whole_contracts(left, instrument) > ZERO
    return Judgement(exposure, decision, review(intent, plan.limits, facts), is_slice)


def guard_facts(
    plan: HedgePlan,
    exposure: Exposure,
    quote: Quote,
    now: Circumstances,
    intent: OrderIntent,
    *,
    price_usd: Decimal,
) -> GuardFacts:
    """What the guard must know about an order that is expected to fill at ``price_usd``.

    What only one limit reads is left out where that limit is off.
    """
    limits, instrument = plan.limits, plan.instrument
    selling = intent.side is Side.SELL
    liquidation = fees_usd = funding = None
    if selling and limits.min_liquidation_distance is not None:
        liquidation = liquidation_after(
            plan, exposure, intent, price_usd=price_usd, isolated_coin=now.isolated_coin
        )
    if selling and limits.max_fees_usd_per_day is not None:
        fees_usd = now.fees_last_day_usd + intent.notional_usd * instrument.taker_fee_rate
    if limits.max_funding_cost_per_year is not None:
        rate, interval_s = quote.funding_rate, quote.funding_interval_s
        if rate is not None and interval_s is not None:
            funding = funding_per_year(rate, interval_s)
    return GuardFacts(
        state=now.state,
        exposure=exposure,
        contract_usd=instrument.contract_usd,
        bid_usd=quote.bid_usd,
        ask_usd=quote.ask_usd,
        liquidation_after=liquidation,
        orders_last_hour=now.orders_last_hour,
        turnover_last_day_usd=now.turnover_last_day_usd,
        in_doubt=now.in_doubt,
        contract_changes=now.contract_changes,
        other_short_usd=now.other_short_usd,
        last_usd=quote.last_usd,
        believed_mark_usd=now.believed_mark_usd,
        fees_after_usd=fees_usd,
        funding_per_year=funding,
        ages=now.ages,
    )


def liquidation_after(
    plan: HedgePlan,
    exposure: Exposure,
    intent: OrderIntent,
    *,
    price_usd: Decimal,
    isolated_coin: Decimal | None = None,
) -> LiquidationPrice | None:
    """The liquidation price once an order has filled whole at ``price_usd``, fee paid.

    In cross mode the whole margin wallet backs the position, and what other positions have gained
    or lost; in isolated mode the coins bound to it, and for what is added the initial margin at
    the leverage that is set. None where the coins bound to a position are not known.
    """
    book, locked_coin = _book(exposure)
    change_usd = intent.notional_usd * intent.side.sign
    after, realised_coin = apply_fill(book, change_usd, price_usd)
    fee = fee_coin(change_usd, price_usd, plan.instrument.taker_fee_rate)
    if plan.margin_mode is MarginMode.CROSS:
        backing_coin = _cross_backing(exposure) + realised_coin - fee
    else:
        bound = isolated_coin if exposure.short_usd else ZERO
        if bound is None:
            return None
        added = initial_margin_coin(change_usd, price_usd, max(plan.leverage, ONE))
        backing_coin = bound + added if intent.side is Side.SELL else bound
    return liquidation_price(
        after,
        backing_coin + locked_coin,
        plan.instrument.maintenance,
        plan.instrument.maintenance_convention,
    )


def liquidation_now(
    plan: HedgePlan, exposure: Exposure, *, isolated_coin: Decimal | None = None
) -> LiquidationPrice | None:
    """The liquidation price of the position as it stands, by our own arithmetic.

    None in isolated mode where the coins bound to the position are not known.
    """
    if not exposure.short_usd:
        return NEVER
    cross = plan.margin_mode is MarginMode.CROSS
    backing_coin = _cross_backing(exposure) if cross else isolated_coin
    if backing_coin is None:
        return None
    book, locked_coin = _book(exposure)
    return liquidation_price(
        book,
        backing_coin + locked_coin,
        plan.instrument.maintenance,
        plan.instrument.maintenance_convention,
    )


def backed_now(
    plan: HedgePlan,
    exposure: Exposure,
    *,
    told: LiquidationPrice | None,
    isolated_coin: Decimal | None = None,
) -> Backed | None:
    """The short as it stands and the coins behind it: what we reckon, or what the venue must reckon
    where it tells a nearer liquidation price.

    None where neither is known.
    """
    book, locked_coin = _book(exposure)
    instrument, is_cross = plan.instrument, plan.margin_mode is MarginMode.CROSS
    position = MarginedPosition(
        book, exposure.mark_usd, instrument.maintenance, instrument.maintenance_convention
    )
    own_coin = _cross_backing(exposure) if is_cross else isolated_coin
    if own_coin is not None:
        own_coin += locked_coin
    told_coin = None if told is None else backing_told_coin(position, told)
    if own_coin is None or (told_coin is not None and told_coin < own_coin):
        own_coin = told_coin
    return None if own_coin is None else Backed(position, own_coin, is_cross)


def effective_leverage(exposure: Exposure) -> Decimal | None:
    """Coins short over coins that back them, ``(N/M)/(w + u)``; 0 without a short, None where a
    short has no equity left behind it."""
    if exposure.short_usd == ZERO:
        return ZERO
    margin_coin = exposure.wallet_coin + exposure.unrealised_coin
    return abs(exposure.short_coin) / margin_coin if margin_coin > ZERO else None


def _cross_backing(exposure: Exposure) -> Decimal:
    """The margin wallet, and what other positions in the coin have gained or lost."""
    if not exposure.other_coin:
        return exposure.wallet_coin
    own_coin = exposure.coin_cost + exposure.short_coin
    return exposure.wallet_coin + exposure.unrealised_coin - own_coin


def _book(exposure: Exposure) -> tuple[InverseBook, Decimal]:
    """The net position, and the coins that a long and a short leg side by side have locked in."""
    face_usd, cost_coin = -exposure.short_usd, exposure.coin_cost
    if not face_usd:
        return FLAT, cost_coin
    if (face_usd > ZERO) is (cost_coin > ZERO):
        return InverseBook(face_usd, cost_coin), ZERO
    at_mark_coin = face_usd / exposure.mark_usd
    return InverseBook(face_usd, at_mark_coin), cost_coin - at_mark_coin
