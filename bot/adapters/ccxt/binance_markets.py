"""Binance's COIN-M contracts and prices, from its raw answers. Pure; strict as :class:`Row` is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.figures import Row
from bot.adapters.ccxt.spec import FeeRates
from bot.domain.account import Quote
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier, fault_in_tiers
from bot.domain.quantities import ZERO
from bot.errors import MalformedReport

FUNDING_INTERVAL_S: Final = 8 * 3600
"""Binance settles the funding of its inverse perpetuals every eight hours; no answer says so."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS: Final = 32_503_680_000_000  # the year 3000


@dataclass(frozen=True, slots=True)
class Contract:
    """What must be known of any coin-margined contract, dated ones too, to read a position in it.

    ``refusal`` says in words why it cannot carry a hedge, and is None where it can.
    """

    market: str  # Binance's own id: BTCUSD_PERP
    symbol: str  # unified: BTC/USD:BTC
    base: str
    settle: str
    contract_usd: Decimal
    refusal: str | None


class Facts(Row):
    """A row of Binance's, with its ways of writing a moment and a yes or no."""

    __slots__ = ()

    def moment(self, field: str) -> datetime:
        """A time, written in milliseconds since 1970."""
        ms = self.positive(field)
        if ms != ms.to_integral_value() or ms > _LATEST_MS:
            self.malformed(field, f"is no time in milliseconds: {ms}")
        return _EPOCH + timedelta(milliseconds=int(ms))

    def flag(self, field: str) -> bool:
        """A yes or no, as such or as text."""
        value = self._fields.get(field)
        if isinstance(value, bool):
            return value
        return self.one_of(field, {"true": True, "false": False})

    def rows(self, field: str) -> tuple[Facts, ...]:
        """The objects of a list inside."""
        return rows(self._fields.get(field), f"{self._where}: {field}")


def rows(answer: object, where: str) -> tuple[Facts, ...]:
    """The objects of a list. Raises :class:`MalformedReport` where it is none."""
    if not isinstance(answer, list):
        raise MalformedReport(f"{where}: a list was expected, not {type(answer).__name__}")
    return tuple(Facts(element, where) for element in answer)


def in_milliseconds(moment: datetime) -> int:
    """A time as Binance asks for it; what is below a millisecond is cut off."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def contract(symbol: str, raw: object) -> Contract:
    """A contract of ``exchangeInfo``; ``symbol`` is its unified name."""
    row = Facts(raw, f"binance contract {symbol}")
    base, quote = row.text("baseAsset"), row.text("quoteAsset")
    settle, kind = row.text("marginAsset"), row.text("contractType")
    status = row.text("contractStatus" if row.has("contractStatus") else "status")
    refusal = None
    if settle != base:
        refusal = f"it is settled in {settle}, so it is not coin-margined (linear or quanto)"
    elif quote != "USD":
        refusal = f"it is priced in {quote}, not in dollars"
    elif kind != "PERPETUAL":
        refusal = "it is a dated future, which expires; a hedge that lasts needs a perpetual"
    elif status != "TRADING":
        refusal = f"it is not traded now (status {status})"
    return Contract(row.text("symbol"), symbol, base, settle, row.positive("contractSize"), refusal)


def tiers(answer: object, market: str) -> tuple[MaintenanceTier, ...]:
    """The maintenance tiers of one market out of the answer of ``leverageBracket``."""
    where = f"binance brackets of {market}"
    listed = rows(answer if isinstance(answer, list) else [answer], where)
    for row in listed:
        if row.text("symbol") != market:
            continue
        found = tuple(
            MaintenanceTier(b.positive("qtyCap"), b.positive("maintMarginRatio"), b.size("cum"))
            for b in sorted(row.rows("brackets"), key=lambda b: b.number("qtyCap"))
        )
        fault = fault_in_tiers(found)
        if fault is not None:
            raise MalformedReport(f"{where}: {fault}")
        return found
    raise MalformedReport(f"{where}: there are none")


def fees(answer: object, market: str) -> FeeRates:
    """The account's own rates in one market, from ``commissionRate``."""
    row = Facts(answer, f"binance fees of {market}")
    return FeeRates(row.number("makerCommissionRate"), row.number("takerCommissionRate"))


def instrument(
    known: Contract, raw: object, maintenance: tuple[MaintenanceTier, ...], rates: FeeRates
) -> InversePerpetual:
    """The contract with everything that an order must respect.

    The largest order is the smaller of what a limit order and what a market order may have.
    """
    row = Facts(raw, f"binance contract {known.symbol}")
    filters = {f.text("filterType"): f for f in row.rows("filters")}
    missing = [name for name in ("PRICE_FILTER", "LOT_SIZE") if name not in filters]
    if missing:
        row.malformed("filters", f"has no {missing[0]}")
    lots = filters["LOT_SIZE"]
    largest = lots.positive("maxQty")
    at_market = filters.get("MARKET_LOT_SIZE")
    if at_market is not None:
        largest = min(largest, at_market.positive("maxQty"))
    return InversePerpetual(
        symbol=known.symbol,
        base=known.base,
        contract_usd=known.contract_usd,
        tick_usd=filters["PRICE_FILTER"].positive("tickSize"),
        lot_contracts=lots.positive("stepSize"),
        min_contracts=lots.positive("minQty"),
        max_contracts=largest,
        maker_fee_rate=rates.maker,
        taker_fee_rate=rates.taker,
        maintenance=maintenance,
        funding_interval_s=FUNDING_INTERVAL_S,
    )


def quotes(premiums: object, books: object, contracts: Iterable[Contract]) -> Mapping[str, Quote]:
    """A quote per contract that both ``premiumIndex`` and ``ticker/bookTicker`` tell about.

    The moment is that of the mark price. An empty side of the book is None, and both are where
    ``books`` is None, which is to say that nobody asked.
    """
    marks = {row.text("symbol"): row for row in rows(premiums, "binance premiumIndex")}
    if books is None:
        touches: Mapping[str, Facts | None] = dict.fromkeys(marks)
    else:
        touches = {row.text("symbol"): row for row in rows(books, "binance bookTicker")}
    return {
        known.symbol: _quote(known.symbol, marks[known.market], touches[known.market])
        for known in contracts
        if known.market in marks and known.market in touches
    }


def _quote(symbol: str, mark: Facts, touch: Facts | None) -> Quote:
    bid_usd, bid_contracts = _side(touch, "bid")
    ask_usd, ask_contracts = _side(touch, "ask")
    return Quote(
        symbol=symbol,
        at=mark.moment("time"),
        mark_usd=mark.positive("markPrice"),
        index_usd=mark.positive("indexPrice"),
        bid_usd=bid_usd,
        ask_usd=ask_usd,
        last_usd=None,
        funding_rate=mark.number("lastFundingRate"),
        next_funding_at=mark.moment("nextFundingTime"),
        funding_interval_s=FUNDING_INTERVAL_S,
        bid_contracts=bid_contracts,
        ask_contracts=ask_contracts,
    )


def _side(touch: Facts | None, side: str) -> tuple[Decimal | None, Decimal | None]:
    if touch is None:
        return None, None
    price_usd, contracts = touch.size(f"{side}Price"), touch.size(f"{side}Qty")
    return (None, None) if ZERO in (price_usd, contracts) else (price_usd, contracts)
