"""From a gap in dollars to an order: whole lots, slices, a price that is still acceptable."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.account import Quote
from bot.domain.decision import Adjust
from bot.domain.exposure import Bag
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import OrderIntent, Side, TimeInForce, client_order_id
from bot.domain.quantities import HALF, ONE, ZERO, ceil_to, floor_to


@dataclass(frozen=True, slots=True)
class ExecutionPolicy:
    """How orders are placed. ``max_slippage`` is a share of the mark beyond which nothing is
    traded; ``max_slice_usd`` the largest single order, None for no slicing."""

    max_slippage: Decimal
    max_slice_usd: Decimal | None
    hedge_mode: bool = False


def whole_contracts(wanted_contracts: Decimal, instrument: InversePerpetual) -> Decimal:
    """The wanted size in whole lots: nearest, but never over by more than half a contract.

    The answer is 0 where that is under the venue's minimum, and cut at its maximum.
    """
    lot = instrument.lot_contracts
    lots_down = floor_to(wanted_contracts, lot)
    missing = wanted_contracts - lots_down
    over = lot - missing
    contracts = lots_down + lot if over < missing and over <= HALF else lots_down
    if contracts < instrument.min_contracts:
        return ZERO
    return min(contracts, floor_to(instrument.max_contracts, lot))


def contracts_wanted(adjust: Adjust, instrument: InversePerpetual, price_usd: Decimal) -> Decimal:
    """Contracts, perhaps a fraction, that close the gap when traded at ``price_usd`` for a taker.

    The part of the gap that is counted in coins stands at the mark, while the order trades coins at
    its price and pays its fee in coin: selling n dollars at P lowers the delta by ``n(1+φ)/P``,
    buying raises it by ``n(1−φ)/P``. The part that is counted in dollars closes by n itself; a
    sale never takes more coins than are without a hedge.
    """
    selling = adjust.trade_usd > ZERO
    share, fee_rate = adjust.coin_share, instrument.taker_fee_rate
    coins_per_usd = (ONE + fee_rate if selling else ONE - fee_rate) / price_usd
    closed_per_usd = ONE - share + share * coins_per_usd * adjust.exposure.mark_usd
    face_usd = abs(adjust.trade_usd) / closed_per_usd
    if selling and adjust.target_short_usd:
        face_usd = min(face_usd, adjust.exposure.delta_coin / coins_per_usd)
    return face_usd / instrument.contract_usd


def size(
    adjust: Adjust,
    instrument: InversePerpetual,
    *,
    price_usd: Decimal,
    max_slice_usd: Decimal | None = None,
) -> Decimal:
    """Contracts to trade now (positive; the side is the sign of ``adjust.trade_usd``), 0 for none.

    A buy is never larger than the short; a slice is never smaller than the venue's minimum.
    """
    lot = instrument.lot_contracts
    wanted = contracts_wanted(adjust, instrument, price_usd)
    if adjust.trade_usd < ZERO:
        wanted = min(wanted, floor_to(instrument.contracts(adjust.exposure.short_usd), lot))
    contracts = whole_contracts(wanted, instrument)
    if max_slice_usd is not None and instrument.face_usd(contracts) > max_slice_usd:
        contracts = max(
            floor_to(max_slice_usd / instrument.contract_usd, lot),
            ceil_to(instrument.min_contracts, lot),
        )
    return contracts


def expected_price_usd(adjust: Adjust, quote: Quote) -> Decimal:
    """What a small order would trade at: the touch, or the mark where that side is empty."""
    touch = quote.bid_usd if adjust.trade_usd > ZERO else quote.ask_usd
    return quote.mark_usd if touch is None else touch


def limit_price_usd(
    side: Side, instrument: InversePerpetual, mark_usd: Decimal, max_slippage: Decimal
) -> Decimal:
    """The worst acceptable price on the tick grid, never beyond ``max_slippage`` of the mark."""
    if side is Side.SELL:
        return ceil_to(mark_usd * (ONE - max_slippage), instrument.tick_usd)
    return floor_to(mark_usd * (ONE + max_slippage), instrument.tick_usd)


def propose(
    adjust: Adjust,
    *,
    bag: Bag,
    instrument: InversePerpetual,
    quote: Quote,
    execution: ExecutionPolicy,
    cycle: int,
    origin: str = "",
) -> OrderIntent | None:
    """The order that a decision asks for, or None where it is too small to trade."""
    contracts = size(
        adjust,
        instrument,
        price_usd=expected_price_usd(adjust, quote),
        max_slice_usd=execution.max_slice_usd,
    )
    if contracts == ZERO:
        return None
    side = Side.SELL if adjust.trade_usd > ZERO else Side.BUY
    return OrderIntent(
        client_order_id=client_order_id(
            bag=bag.name,
            account=bag.hedge_account,
            symbol=bag.symbol,
            cycle=cycle,
            side=side,
            contracts=contracts,
            origin=origin,
        ),
        bag=bag.name,
        account=bag.hedge_account,
        symbol=bag.symbol,
        side=side,
        contracts=contracts,
        notional_usd=instrument.face_usd(contracts),
        limit_usd=limit_price_usd(side, instrument, quote.mark_usd, execution.max_slippage),
        time_in_force=TimeInForce.IOC,
        reduce_only=side is Side.BUY,
        position_side="short" if execution.hedge_mode else "net",
    )
