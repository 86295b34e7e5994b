"""What a venue of the table says, as domain values. Pure; strict as :class:`Row` is: a missing or
unreadable field raises :class:`bot.errors.MalformedReport`, which names it, and is never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.adapters.ccxt.faces import Leg, read_leg
from bot.adapters.ccxt.table_markets import Markets
from bot.adapters.ccxt.table_override import Override
from bot.adapters.ccxt.table_rows import Facts, rows
from bot.adapters.ccxt.table_words import Market, Prices, Standing, Told, ToldEntry, ToldTrade
from bot.domain.account import (
    LedgerEntry,
    Position,
    PositionSide,
    Quote,
    Wallet,
)
from bot.domain.orders import Fill, OrderReport, OrderStatus
from bot.domain.payoff import book_at_entry, unrealised_coin
from bot.domain.quantities import ONE, ClientOrderId
from bot.errors import MalformedReport


@dataclass(frozen=True, slots=True)
class Held:
    """A leg with its market and what else its row tells."""

    market: Market
    leg: Leg
    standing: Standing


def held(venue: str, override: Override, answer: object, markets: Markets) -> tuple[Held, ...]:
    """Every open leg in an inverse contract. A row of nothing is left out, and one that is about a
    contract not margined in its own coin; one about an unknown market is an error."""
    if not isinstance(answer, list):
        raise MalformedReport(f"{venue} position: a list was expected, not {type(answer).__name__}")
    found = []
    for fields in answer:
        row = Facts(fields, f"{venue} position")
        name = next((n for n in _MARKET_FIELDS if row.has(n)), "symbol")
        market = markets.find(row.text(name))
        if market is None:
            if _is_flat(venue, fields):
                continue  # nothing, in what may be listed no more
            row.malformed(name, f"is {row.text(name)!r}, a market that is not listed")
        if not market.inverse:
            continue
        leg = read_leg(venue, fields, market.contract_usd)
        if leg is not None:
            found.append(Held(market, leg, override.read_standing(row)))
    return tuple(found)


def _is_flat(venue: str, fields: object) -> bool:
    try:
        return read_leg(venue, fields, ONE) is None
    except MalformedReport:
        return False  # what cannot be read is something


_MARKET_FIELDS = ("contract_code", "instrument_name", "contract", "symbol")


def positions(
    legs: Sequence[Held], marks: Mapping[str, Decimal], *, one_way: bool
) -> tuple[Position, ...]:
    """The legs as positions. ``marks`` has the mark price of each market whose rows have none. A
    leg that stands alone where the venue always keeps two apart is a net position."""
    found = []
    for own in legs:
        leg = own.leg
        mark_usd = leg.mark_usd if leg.mark_usd is not None else marks.get(own.market.symbol)
        if mark_usd is None:
            raise MalformedReport(f"position in {own.market.symbol}: there is no mark price")
        alone = sum(other.market is own.market for other in legs) == 1
        found.append(
            Position(
                symbol=own.market.symbol,
                side=PositionSide.NET if alone and not one_way else leg.side,
                contracts=leg.face_usd / own.market.contract_usd,
                face_usd=leg.face_usd,
                entry_usd=leg.entry_usd,
                mark_usd=mark_usd,
                unrealised_coin=unrealised_coin(
                    book_at_entry(leg.face_usd, leg.entry_usd), mark_usd
                ),
                liquidation_price=own.standing.liquidation_usd,
                margin_mode=own.standing.margin_mode,
                leverage=own.standing.leverage or ONE,
                isolated_coin=own.standing.isolated_coin,
            )
        )
    return tuple(found)


def report(told: Told, markets: Markets, names: Callable[[str], str | None]) -> OrderReport:
    """An order. ``names`` has our id by the one that the venue knows the order under."""
    market = markets.of(told.market, "order")
    if told.filled > told.amount:
        raise MalformedReport(f"order {told.id}: {told.filled} of {told.amount} are filled")
    if told.filled and told.average_usd is None:
        raise MalformedReport(f"order {told.id}: it is filled, but at no price")
    status = told.status
    if status is OrderStatus.OPEN and told.filled:
        status = OrderStatus.PARTLY_FILLED
    if status is OrderStatus.FILLED and told.filled < told.amount:
        status = OrderStatus.CANCELLED
    ours = None if told.client_id is None else names(told.client_id)
    return OrderReport(
        client_order_id=None if ours is None else ClientOrderId(ours),
        venue_order_id=told.id,
        symbol=market.symbol,
        side=told.side,
        status=status,
        contracts=told.amount / market.amount_per_contract,
        filled_contracts=told.filled / market.amount_per_contract,
        average_usd=told.average_usd if told.filled else None,
        limit_usd=told.limit_usd,
        reduce_only=bool(told.reduce_only),
        updated_at=told.updated_at,
    )


def merged(found: Sequence[Told], asked: str) -> Told | None:
    """The one order behind what a look-up found: None, one row, or the trades of one that the
    venue has forgotten. Raises :class:`bot.errors.MalformedReport` where two orders carry the id:
    it was sent twice, and no program can say which of them counts."""
    if not found:
        return None
    ids = {told.id for told in found}
    if len(ids) > 1:
        raise MalformedReport(f"order {asked}: {len(ids)} orders carry this id")
    if len(found) == 1:
        return found[0]
    amount = sum((told.filled for told in found), Decimal(0))
    worth = sum((told.filled / told.average_usd for told in found if told.average_usd), Decimal(0))
    if not worth:
        return max(found, key=lambda told: told.updated_at)
    last = max(found, key=lambda told: told.updated_at)
    return replace(last, amount=amount, filled=amount, average_usd=amount / worth)


def fill(told: ToldTrade, markets: Markets, ours: str | None) -> Fill:
    """A trade; ``ours`` is our id of its order, None where it is not known."""
    market = markets.of(told.market, "trade")
    contracts = told.amount / market.amount_per_contract
    return Fill(
        trade_id=told.id,
        venue_order_id=told.order_id,
        client_order_id=None if ours is None else ClientOrderId(ours),
        symbol=market.symbol,
        side=told.side,
        contracts=contracts,
        face_usd=contracts * market.contract_usd,
        price_usd=told.price_usd,
        fee_coin=told.fee_coin,
        realised_coin=told.realised_coin,
        maker=told.maker,
        cause=told.cause,
        at=told.at,
    )


def entry(told: ToldEntry, asset: str, markets: Markets) -> LedgerEntry:
    """A booking line of an asset's margin wallet."""
    return LedgerEntry(
        entry_id=told.id,
        at=told.at,
        wallet=Wallet.MARGIN,
        asset=asset,
        kind=told.kind,
        amount_coin=told.amount_coin,
        symbol=markets.symbol(told.market),
        funding_rate=told.funding_rate,
    )


def quote(prices: Prices, market: Market, now: datetime) -> Quote:
    """A quote; sizes at the touch become contracts."""
    scale = market.amount_per_contract
    return Quote(
        symbol=market.symbol,
        at=prices.at or now,
        mark_usd=prices.mark_usd,
        index_usd=prices.index_usd,
        bid_usd=prices.bid_usd,
        ask_usd=prices.ask_usd,
        last_usd=prices.last_usd,
        funding_rate=prices.funding_rate,
        next_funding_at=prices.next_funding_at,
        funding_interval_s=prices.funding_interval_s,
        bid_contracts=None if prices.bid_amount is None else prices.bid_amount / scale,
        ask_contracts=None if prices.ask_amount is None else prices.ask_amount / scale,
    )


def listed(answer: object, where: str) -> tuple[Facts, ...]:
    """The rows of an answer that is a list, or one row."""
    if isinstance(answer, list):
        return rows(answer, where)
    return (Facts(answer, where),)
