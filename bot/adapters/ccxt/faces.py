"""The raw row of a position, as each venue sends it, becomes the signed dollars that it is worth.

ccxt's own fields (contracts, contract size, notional, side) mean something else on almost every
venue, so none of them is used. A leg is read from the venue's fields, negative when short, and then
held against a second figure of the same row: the coins or the margin that the venue itself puts the
position at. Where the two are more than 1 % apart, a unit is not what it was taken for, and nothing
is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.figures import Row
from bot.domain.account import PositionSide
from bot.domain.quantities import ONE, in_usd
from bot.errors import MalformedReport

APART: Final = Decimal("0.01")
"""How far, as a share, a second figure may lie from the first."""

FEES_IN_MARGIN: Final = Decimal("0.001")
"""Some venues put the fees of opening and closing into the margin: about so much of the face."""

LONG, SHORT, NET = PositionSide.LONG, PositionSide.SHORT, PositionSide.NET


@dataclass(frozen=True, slots=True)
class Leg:
    """One open position. ``face_usd`` is signed, negative when short, never zero.

    ``mark_usd`` is None where the venue's row has none: it comes with the quote then. ``checked``
    says whether a second figure of the row agreed with the face; a venue that sends none is not
    checked, and one whose figure disagrees is never read at all.
    """

    market: str  # the venue's own id
    side: PositionSide
    face_usd: Decimal
    entry_usd: Decimal
    mark_usd: Decimal | None
    checked: bool


def read_leg(venue: str, position: object, contract_usd: Decimal) -> Leg | None:
    """The leg in a raw row (ccxt's ``position['info']``), or None where the row says it is flat.

    ``contract_usd`` is the dollars of one contract (a multiplier and its factor together); venues
    that give sizes in dollars or coins do not ask for it. Raises
    :class:`bot.errors.MalformedReport`, which names the field, for anything that cannot be read or
    does not agree with itself: a missing size is that, never flat. Also for a venue whose rows are
    not known.
    """
    reader = READERS.get(venue)
    if reader is None:
        raise MalformedReport(f"how {venue} writes a position is not known to this version")
    return reader(Row(position, f"{venue} position"), contract_usd)


def _binance(row: Row, contract_usd: Decimal) -> Leg | None:
    face_usd = row.number("positionAmt") * contract_usd
    if not face_usd:
        return None
    side = row.one_of("positionSide", {"BOTH": NET, "LONG": LONG, "SHORT": SHORT})
    leg = _leg(row, "symbol", side, face_usd, "entryPrice", "markPrice")
    return _check_coin(row, "notionalValue", leg, leg.mark_usd)


def _bybit(row: Row, _: Decimal) -> Leg | None:
    size_usd = row.size("size")
    if not size_usd:
        return None
    side = row.one_of("positionIdx", {"0": NET, "1": LONG, "2": SHORT})
    face_usd = size_usd * row.one_of("side", {"Buy": ONE, "Sell": -ONE})
    leg = _leg(row, "symbol", side, face_usd, "avgPrice", "markPrice")
    return _check_coin(row, "positionValue", leg, leg.mark_usd, leg.entry_usd)


def _okx(row: Row, contract_usd: Decimal) -> Leg | None:
    contracts = row.number("pos")
    if not contracts:
        return None
    side = row.one_of("posSide", {"net": NET, "long": LONG, "short": SHORT})
    face_usd = contracts * contract_usd * (-ONE if side is SHORT else ONE)
    leg = _leg(row, "instId", side, face_usd, "avgPx", "markPx")
    return _check(row, "notionalUsd", leg, abs(row.number("notionalUsd")))


def _deribit(row: Row, _: Decimal) -> Leg | None:
    face_usd = row.number("size")
    if not face_usd:
        return None
    if row.one_of("direction", {"buy": ONE, "sell": -ONE}) * face_usd < 0:
        row.malformed("direction", "contradicts the sign of size")
    leg = _leg(row, "instrument_name", NET, face_usd, "average_price", "mark_price")
    return _check_coin(row, "size_currency", leg, leg.mark_usd)


def _krakenfutures(row: Row, _: Decimal) -> Leg | None:
    size_usd = row.size("size")
    if not size_usd:
        return None
    face_usd = size_usd * row.one_of("side", {"long": ONE, "short": -ONE})
    return replace(_leg(row, "symbol", NET, face_usd, "price", None), checked=False)


def _kucoin(row: Row, contract_usd: Decimal) -> Leg | None:
    face_usd = row.number("currentQty") * contract_usd
    if not face_usd:
        return None
    side = NET
    if row.has("positionSide"):
        side = row.one_of("positionSide", {"BOTH": NET, "LONG": LONG, "SHORT": SHORT})
    leg = _leg(row, "symbol", side, face_usd, "avgEntryPrice", "markPrice")
    return _check_coin(row, "markValue", leg, leg.mark_usd)


def _gate(row: Row, contract_usd: Decimal) -> Leg | None:
    face_usd = row.number("size") * contract_usd
    if not face_usd:
        return None
    side = row.one_of("mode", {"single": NET, "dual_long": LONG, "dual_short": SHORT})
    leg = _leg(row, "contract", side, face_usd, "entry_price", "mark_price")
    return _check_coin(row, "value", leg, leg.mark_usd)


def _htx(row: Row, contract_usd: Decimal) -> Leg | None:
    volume = row.size("volume")
    if not volume:
        return None
    side = row.one_of("direction", {"buy": LONG, "sell": SHORT})
    face_usd = volume * contract_usd * (-ONE if side is SHORT else ONE)
    # Profit is settled into the wallet, and from then on counted from cost_hold, not cost_open.
    leg = _leg(row, "contract_code", side, face_usd, "cost_hold", None)
    coin = row.positive("position_margin") * row.positive("lever_rate")
    return _check(row, "position_margin", leg, coin * row.positive("last_price"))


def _bitget(row: Row, _: Decimal) -> Leg | None:
    coin = row.size("total")
    if not coin:
        return None
    mode = row.one_of("posMode", {"one_way_mode": False, "hedge_mode": True})
    held = row.one_of("holdSide", {"long": LONG, "short": SHORT})
    face_usd = coin * row.positive("openPriceAvg") * (-ONE if held is SHORT else ONE)
    # Whether the coins are those of the entry or those of the mark is not known: read only where
    # both come to the same.
    leg = _leg(row, "symbol", held if mode else NET, face_usd, "openPriceAvg", "markPrice")
    return _check_coin(row, "total", leg, leg.mark_usd)


def _bingx(row: Row, contract_usd: Decimal) -> Leg | None:
    contracts = row.number("positionAmt")
    if not contracts:
        return None
    side = row.one_of("positionSide", {"BOTH": NET, "LONG": LONG, "SHORT": SHORT})
    face_usd = contracts * contract_usd * (-ONE if side is SHORT else ONE)
    leg = _leg(row, "symbol", side, face_usd, "avgPrice", "markPrice")
    return _check_margin(row, "initialMargin", leg, leg.entry_usd, leg.mark_usd)


def _mexc(row: Row, contract_usd: Decimal) -> Leg | None:
    contracts = row.size("holdVol")
    if not contracts:
        return None
    face_usd = contracts * contract_usd * row.one_of("positionType", {"1": ONE, "2": -ONE})
    leg = _leg(row, "symbol", NET, face_usd, "holdAvgPrice", None)
    return _check_margin(row, "oim", leg, leg.entry_usd)


def _phemex(row: Row, contract_usd: Decimal) -> Leg | None:
    size = row.size("size")
    if not size:
        return None
    face_usd = size * contract_usd * row.one_of("side", {"Buy": ONE, "Sell": -ONE})
    leg = _leg(row, "symbol", NET, face_usd, "avgEntryPrice", "markPrice")
    return _check_coin(row, "value", leg, leg.entry_usd, leg.mark_usd)


READERS: Final[Mapping[str, Callable[[Row, Decimal], Leg | None]]] = {
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "deribit": _deribit,
    "krakenfutures": _krakenfutures,
    "kucoinfutures": _kucoin,
    "gate": _gate,
    "htx": _htx,
    "bitget": _bitget,
    "bingx": _bingx,
    "mexc": _mexc,
    "phemex": _phemex,
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`."""


def _leg(
    row: Row,
    market: str,
    side: PositionSide,
    face_usd: Decimal,
    entry: str,
    mark: str | None,
) -> Leg:
    if (side is LONG and face_usd < 0) or (side is SHORT and face_usd > 0):
        row.malformed(market, f"has a {side.value} leg of {face_usd} USD, which contradicts itself")
    mark_usd = None if mark is None else row.positive(mark)
    return Leg(row.text(market), side, face_usd, row.positive(entry), mark_usd, checked=True)


def _check(row: Row, field: str, leg: Leg, *said_usd: Decimal, apart: Decimal = APART) -> Leg:
    """The leg, if one of the dollars that a second figure comes to is near enough to its face."""
    face_usd = abs(leg.face_usd)
    if not any(abs(usd - face_usd) <= apart * face_usd for usd in said_usd):
        nearest = min(said_usd, key=lambda usd: abs(usd - face_usd))
        row.malformed(
            field,
            f"comes to {in_usd(nearest)} USD, but the size to {in_usd(face_usd)} USD; "
            "do not trade here before it is known which of them is right",
        )
    return leg


def _check_coin(row: Row, field: str, leg: Leg, *prices_usd: Decimal | None) -> Leg:
    """The same by a worth in coins, at any of the prices at which the venue may have put it."""
    coin = abs(row.number(field))
    return _check(row, field, leg, *(coin * price for price in prices_usd if price is not None))


def _check_margin(row: Row, field: str, leg: Leg, *prices_usd: Decimal | None) -> Leg:
    """The same by the initial margin and the leverage, with room for fees held in the margin."""
    leverage = row.positive("leverage")
    coin = row.positive(field) * leverage
    said = (coin * price for price in prices_usd if price is not None)
    return _check(row, field, leg, *said, apart=APART + leverage * FEES_IN_MARGIN)
