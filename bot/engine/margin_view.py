"""What the margin controller sees of a bag in a look, and what it asks for; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.account import MarginMode, Wallet
from bot.domain.exposure import Exposure
from bot.domain.judgement import HedgePlan, backed_now
from bot.domain.limits import TradingState
from bot.domain.margin import (
    NEVER,
    LiquidationPrice,
    Never,
    distance_to_liquidation,
)
from bot.domain.margin_control import (
    Calm,
    MarginAction,
    MarginFacts,
    MarginPolicy,
    Reduce,
    Source,
    SweepBack,
    TopUp,
    Warn,
    Way,
    control,
)
from bot.domain.margin_growth import growth_cap_usd, isolated_cap_usd
from bot.domain.margin_sizes import far_text, worse
from bot.domain.quantities import ONE, ZERO, in_coin, in_usd
from bot.domain.targets import target_short_usd
from bot.engine.desk import BagState, Desk
from bot.engine.observe import Look

_OTHERS: Final = (Wallet.SPOT, Wallet.FUNDING)
"""Wallets that coins can be moved from and back to, in this order."""


@dataclass(frozen=True, slots=True)
class MarginView:
    """The controller's word on a bag. ``distance`` is by the worse of the venue's figure and ours,
    None where neither is known.

    ``cap_usd`` is the largest short that the margin carries now, where that is less than
    ``wanted_usd``; ``is_released``: it carries again what it did not. ``wallets`` are the coins
    seen in the account, and ``is_steady`` says that a second look showed the same.
    """

    action: MarginAction
    distance: Decimal | Never | None = NEVER
    cap_usd: Decimal | None = None
    wanted_usd: Decimal | None = None
    is_released: bool = False
    wallets: Mapping[Wallet, Decimal] = field(default_factory=dict)
    is_steady: bool = False

    @property
    def wants_to_act(self) -> bool:
        """Whether coins or contracts would be moved, which asks for a second look."""
        return isinstance(self.action, TopUp | SweepBack | Reduce)

    def after(self, first: MarginView) -> MarginView:
        """The same, seen for the second time."""
        return replace(self, is_steady=self.wallets == first.wallets)

    @property
    def note(self) -> str:
        """What the record of the cycle says of it; empty for nothing."""
        parts = [part for part in (self._asked(), self._carried()) if part]
        return f"margin: {'; '.join(parts)}" if parts else ""

    def _asked(self) -> str:
        away = f"the price is {far_text(self.distance)} from liquidation"
        match self.action:
            case TopUp(amount_coin, source):
                return (
                    f"{away}, so {in_coin(amount_coin)} coins of the {source.value} wallet go there"
                )
            case SweepBack(amount_coin, destination):
                coins = in_coin(amount_coin)
                return f"{away}, so {coins} coins go back to the {destination.value} wallet"
            case Reduce(to_usd, because, _):
                return f"{away} and {because}, so the short goes down to {in_usd(to_usd)} USD"
            case Warn(stuck_because, is_waiting):
                if stuck_because:
                    return f"{away} and {stuck_because}"
                return f"{away}, coins are on their way" if is_waiting else away
        return ""

    def _carried(self) -> str:
        if self.cap_usd is None or self.wanted_usd is None or isinstance(self.action, Reduce):
            return ""
        return f"it carries {in_usd(self.cap_usd)} of {in_usd(self.wanted_usd)} USD for now"


CALM: Final = MarginView(Calm())


def margin_view(
    desk: Desk,
    bag: BagState,
    seen: Look,
    exposure: Exposure,
    *,
    ours: LiquidationPrice | None,
    isolated_coin: Decimal | None,
    base_coin: Decimal,
    in_doubt: bool,
) -> MarginView:
    """Ask the controller about a bag. Cheap while the margin is ample."""
    plan, mind = bag.plan, bag.margin
    policy = plan.margin
    if policy is None or (exposure.short_usd <= ZERO and not mind.is_held):
        return CALM
    legs = seen.snapshots[plan.bag.hedge_account].position_of(plan.bag.symbol)
    told: LiquidationPrice | None = None
    for leg in legs:
        if leg.face_usd < ZERO:
            told = worse(told, leg.liquidation_price)
    liquidation = worse(told, ours)
    if liquidation is None:
        return MarginView(Warn("nobody knows how near liquidation is"), None)
    distance = distance_to_liquidation(liquidation, exposure.mark_usd, -ONE)
    if not mind.is_held and not mind.is_shrinking and policy.is_calm(distance):
        return CALM if distance is NEVER else MarginView(CALM.action, distance)
    bound_coin = isolated_coin if exposure.short_usd else ZERO
    backed = backed_now(plan, exposure, told=told, isolated_coin=bound_coin)
    if backed is None:
        return MarginView(Calm(), distance)
    state = bag.state(desk.controls)
    way, why = _way(desk, bag, policy, state, now=desk.clock.now())
    sources = _sources(bag, seen)
    facts = MarginFacts(
        backed=backed,
        sources=sources,
        bag_coin=exposure.outside_coin + exposure.wallet_coin,
        moved_coin=mind.moved_coin(desk.clock.now()),
        way=way,
        closed_because=why,
        lot_usd=plan.instrument.contract_usd * plan.instrument.lot_contracts,
        buy_price_usd=exposure.mark_usd * (ONE + plan.execution.max_slippage),
        fee_rate=plan.instrument.taker_fee_rate,
        is_shrinking=mind.is_shrinking,
        free_coin=_free_coin(plan, exposure),
        sweep_to=(
            sources[0].wallet if sources and state is TradingState.ACTIVE and not in_doubt else None
        ),
    )
    view = MarginView(
        control(policy, facts), distance, wallets=_wallets(plan.bag.hedge_account, bag, seen)
    )
    return _capped(view, bag, facts, exposure, base_coin=base_coin)


def _capped(
    view: MarginView, bag: BagState, facts: MarginFacts, exposure: Exposure, *, base_coin: Decimal
) -> MarginView:
    """The view with the largest short that the margin carries, where that is less than wanted."""
    plan, policy = bag.plan, bag.plan.margin
    shrinks = isinstance(view.action, Reduce)
    if policy is None or not (shrinks or bag.margin.is_held):
        return view
    wanted_usd = target_short_usd(plan.policy.target, exposure, base_coin)
    if isinstance(view.action, Reduce):
        cap_usd = view.action.to_usd
    elif plan.margin_mode is MarginMode.ISOLATED:
        cap_usd = isolated_cap_usd(plan, policy, facts, exposure, wanted_usd)
    else:
        least = plan.limits.min_liquidation_distance or ZERO
        cap_usd = growth_cap_usd(
            replace(policy, reduce_to=max(policy.reduce_to, least)),
            facts,
            wanted_usd,
            price_usd=exposure.mark_usd * (ONE - plan.execution.max_slippage),
        )
    if cap_usd >= wanted_usd:
        return replace(view, is_released=not shrinks)
    return replace(view, cap_usd=cap_usd, wanted_usd=wanted_usd)


def _way(
    desk: Desk, bag: BagState, policy: MarginPolicy, state: TradingState, *, now: datetime
) -> tuple[Way, str]:
    """How far moving coins can be relied on, and why not where it cannot."""
    mind, account = bag.margin, bag.plan.bag.hedge_account
    if bag.plan.margin_mode is MarginMode.ISOLATED:
        return Way.CLOSED, "the margin is isolated, where no coins can be added to a position"
    if desk.accounts[account].mover is None:
        return Way.CLOSED, f"no coins can be moved between the wallets of {account}"
    if state is TradingState.HALTED:
        return Way.CLOSED, "trading is halted, so that nothing is sent"
    for transfer in desk.transfers:
        if transfer.account == account:
            if (now - transfer.at).total_seconds() <= policy.patience_s:
                return Way.UNDER_WAY, "coins are on their way"
            return Way.CLOSED, (
                f"{in_coin(transfer.amount_coin)} {transfer.asset} were sent on their way at "
                f"{transfer.at:%H:%M:%S}, and nobody has seen them arrive"
            )
    if mind.retry_at is not None and now < mind.retry_at:
        return Way.CLOSED, (
            f"transfers fail ({mind.trouble}); the next try is after {mind.retry_at:%H:%M:%S}"
        )
    return (Way.FAILING if mind.failures else Way.OPEN), ""


def _sources(bag: BagState, seen: Look) -> tuple[Source, ...]:
    """The wallets of the hedge account that belong to the bag, with what can leave them."""
    asset, account = bag.plan.bag.asset, bag.plan.bag.hedge_account
    ours = {w for h in bag.plan.bag.holdings if h.account == account for w in h.wallets}
    return tuple(
        Source(
            balance.wallet,
            balance.total_coin - (balance.used_coin or ZERO),
            (balance.wallet, Wallet.MARGIN) in bag.margin.proven,
        )
        for wallet in _OTHERS
        if wallet in ours
        for balance in seen.snapshots[account].balances
        if balance.asset == asset and balance.wallet is wallet
    )


def _wallets(account: str, bag: BagState, seen: Look) -> Mapping[Wallet, Decimal]:
    balances = seen.snapshots[account].balances
    return {b.wallet: b.total_coin for b in balances if b.asset == bag.plan.bag.asset}


def _free_coin(plan: HedgePlan, exposure: Exposure) -> Decimal:
    """Coins that may leave the margin wallet: what no loss eats and no initial margin binds."""
    loss_coin = min(exposure.unrealised_coin, ZERO)
    bound_coin = (abs(exposure.short_coin) + abs(exposure.other_coin)) / max(plan.leverage, ONE)
    return exposure.wallet_coin + loss_coin - bound_coin
