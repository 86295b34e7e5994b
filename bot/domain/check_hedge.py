"""Findings about a planned hedge: its contract, the size of its bag, its margin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.account import AccountSnapshot, Quote
from bot.domain.check import Finding, Level, failure, ok, warning
from bot.domain.exposure import Exposure, assess_bag, buckets_of
from bot.domain.judgement import HedgePlan, liquidation_after, liquidation_now
from bot.domain.margin import NEVER, LiquidationPrice, initial_margin_coin
from bot.domain.orders import OrderIntent, Side, TimeInForce, client_order_id
from bot.domain.quantities import ONE, ZERO, as_price, ceil_to, floor_to, in_coin, in_usd, plain
from bot.domain.targets import target_short_usd
from bot.errors import IncompleteSnapshot

FEW_CONTRACTS: Final = 10
"""With fewer smallest orders than this in a bag, one more or less is a tenth of it."""

DEAR_FEE_RATE: Final = Decimal("0.001")
"""A taker fee above ten basis points is no usual one."""


def contract_findings(plan: HedgePlan, quote: Quote) -> tuple[Finding, ...]:
    """The fees of the plan's contract and the rhythm of its funding."""
    instrument, bag = plan.instrument, plan.bag
    fees = f"{bag.hedge_account}: fees of {bag.symbol}"
    text = (
        f"maker {_percent(instrument.maker_fee_rate)}, taker {_percent(instrument.taker_fee_rate)}"
    )
    funding = f"{bag.hedge_account}: funding of {bag.symbol}"
    return (
        warning(fees, text, "look up the account's fee level: that is far more than usual")
        if instrument.taker_fee_rate > DEAR_FEE_RATE
        else ok(fees, text),
        _funding(funding, instrument.funding_interval_s, quote),
    )


def _funding(subject: str, expected_s: int, quote: Quote) -> Finding:
    if quote.funding_rate is None or quote.funding_interval_s is None:
        return warning(
            subject,
            "the venue does not tell rate and interval",
            f"an interval of {expected_s / 3600:g} hours is reckoned with: look it up",
        )
    text = f"{_percent(quote.funding_rate)} every {quote.funding_interval_s / 3600:g} hours"
    if quote.funding_interval_s != expected_s:
        return warning(
            subject,
            f"{text}, but the contract says every {expected_s / 3600:g} hours",
            "what the hedge costs may be told wrongly until both agree: look it up at the venue",
        )
    return ok(subject, text)


@dataclass(frozen=True, slots=True)
class Planned:
    """The short that a plan will ask for first: ``contracts`` more than there are, and where the
    whole of it would be liquidated (None: not known)."""

    short_usd: Decimal
    contracts: Decimal
    liquidation: LiquidationPrice | None


def bag_findings(
    plan: HedgePlan, snapshots: Mapping[str, AccountSnapshot], quote: Quote
) -> tuple[Finding, ...]:
    """Whether the bag is large enough for its contract, and the planned short safe with its margin.

    ``snapshots`` are by account; one that is missing is a failure.
    """
    bag = plan.bag
    try:
        buckets = buckets_of(bag, snapshots)
        exposure = assess_bag(bag, snapshots, quote, buckets)
    except (IncompleteSnapshot, KeyError):
        return (not_seen(bag.name),)
    held = ", ".join(f"{bucket.place} {in_coin(bucket.amount_coin)}" for bucket in buckets)
    size = _size(plan, exposure, f" ({held})" if held else "")
    if size.level is Level.FAILURE:
        return (size,)
    legs = snapshots[bag.hedge_account].position_of(bag.symbol)
    isolated = [leg.isolated_coin for leg in legs if leg.isolated_coin is not None]
    isolated_coin = sum(isolated, ZERO) if isolated else None
    planned = planned_short(plan, exposure, quote, isolated_coin=isolated_coin)
    return size, _margin(plan, exposure, planned), _liquidation(plan, exposure, planned)


def not_seen(bag: str) -> Finding:
    """A bag that could not be judged, because something of it was not seen."""
    return failure(
        f"{bag}: bag",
        "it cannot be judged: not everything that it needs was seen",
        "mend the failures of its accounts first, then check again",
    )


def _size(plan: HedgePlan, exposure: Exposure, held: str) -> Finding:
    instrument = plan.instrument
    subject = f"{plan.bag.name}: bag"
    least = ceil_to(
        max(instrument.min_contracts, instrument.lot_contracts), instrument.lot_contracts
    )
    least_usd = instrument.face_usd(least)
    exposed_usd = exposure.exposed_usd
    text = (
        f"{in_coin(exposure.equity_coin)} {plan.bag.asset}{held}, "
        f"{in_usd(exposed_usd)} USD to hedge; the smallest order is {in_usd(least_usd)} USD"
    )
    if exposed_usd < least_usd:
        return failure(
            subject, f"too small for one contract: {text}", "add coins, or do not hedge this bag"
        )
    if exposed_usd < FEW_CONTRACTS * least_usd:
        share = least_usd / exposed_usd
        return warning(
            subject,
            f"less than {FEW_CONTRACTS} contracts: {text}",
            f"expect the hedge to be off by up to {share / 2:.0%} of the bag",
        )
    return ok(subject, text)


def planned_short(
    plan: HedgePlan, exposure: Exposure, quote: Quote, *, isolated_coin: Decimal | None = None
) -> Planned:
    """The short that the target asks for at this moment, in whole lots, and its liquidation."""
    instrument, bag = plan.instrument, plan.bag
    wanted_usd = target_short_usd(plan.policy.target, exposure, exposure.equity_coin)
    missing = instrument.contracts(wanted_usd - exposure.short_usd)
    contracts = max(floor_to(missing, instrument.lot_contracts), ZERO)
    if not contracts:
        return Planned(
            exposure.short_usd, ZERO, liquidation_now(plan, exposure, isolated_coin=isolated_coin)
        )
    price_usd = quote.mark_usd if quote.bid_usd is None else quote.bid_usd
    intent = OrderIntent(
        client_order_id=client_order_id(
            bag=bag.name,
            account=bag.hedge_account,
            symbol=bag.symbol,
            cycle=0,
            side=Side.SELL,
            contracts=contracts,
        ),
        bag=bag.name,
        account=bag.hedge_account,
        symbol=bag.symbol,
        side=Side.SELL,
        contracts=contracts,
        notional_usd=instrument.face_usd(contracts),
        limit_usd=None,
        time_in_force=TimeInForce.IOC,
        reduce_only=False,
    )
    return Planned(
        exposure.short_usd + intent.notional_usd,
        contracts,
        liquidation_after(plan, exposure, intent, price_usd=price_usd, isolated_coin=isolated_coin),
    )


def _margin(plan: HedgePlan, exposure: Exposure, planned: Planned) -> Finding:
    """Whether the margin wallet can carry the whole short at the leverage that is wanted."""
    subject = f"{plan.bag.name}: margin"
    leverage = max(plan.leverage, ONE)
    bound_coin = initial_margin_coin(planned.short_usd, exposure.mark_usd, leverage)
    backing_coin = exposure.wallet_coin + exposure.unrealised_coin
    text = (
        f"a short of {in_usd(planned.short_usd)} USD binds {in_coin(bound_coin)} "
        f"{plan.bag.asset} at leverage {plain(leverage)}; the margin wallet has "
        f"{in_coin(backing_coin)}"
    )
    if bound_coin <= backing_coin:
        return ok(subject, text)
    return failure(
        subject,
        text,
        f"move {in_coin(bound_coin - backing_coin)} {plan.bag.asset} or more into the margin "
        f"wallet of {plan.bag.hedge_account}, or raise its leverage",
    )


def _liquidation(plan: HedgePlan, exposure: Exposure, planned: Planned) -> Finding:
    """How far a rise of the price would have to go to liquidate the whole short."""
    subject = f"{plan.bag.name}: liquidation"
    least, at = plan.limits.min_liquidation_distance, planned.liquidation
    move = "move coins into the margin wallet, or hedge less"
    if at is None:
        return warning(
            subject,
            "where the planned short would be liquidated cannot be told",
            "the guard allows no larger short while min_liquidation_distance is set: use cross "
            "margin, or look the price up at the venue",
        )
    short = f"a short of {in_usd(planned.short_usd)} USD"
    if at is NEVER:
        return ok(subject, f"no price can liquidate {short}")
    away = at / exposure.mark_usd - ONE
    text = f"{short} would be liquidated at {as_price(at)} USD, {away:.2%} from the mark"
    if least is None:
        return warning(
            subject,
            f"{text}; no distance is asked for",
            "set limits.min_liquidation_distance, so that the bot stops before it is too near",
        )
    if away < least:
        return failure(subject, f"{text}; {least:.2%} is the least", move)
    return ok(subject, f"{text}; {least:.2%} is the least")


def _percent(share: Decimal) -> str:
    return f"{plain(share * 100)} %"
