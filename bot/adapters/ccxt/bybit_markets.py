"""Bybit's inverse contracts and prices, from its raw answers. Pure; strict as :class:`Row` is.

A size is a number of dollars here. What ccxt calls the contract size is the smallest order, so it
is not used; it is held against the one dollar that it has always been, because a change of it may
mean a change of the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.binance_markets import Contract, Facts
from bot.adapters.ccxt.spec import FeeRates
from bot.domain.account import Quote
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier, fault_in_tiers
from bot.domain.quantities import ONE, ZERO, plain
from bot.errors import MalformedReport

CONTRACT_USD: Final = ONE
CATEGORY: Final = "inverse"

_PERCENT: Final = Decimal(100)
_NEAR: Final = Decimal("0.05")
_MINUTE_S: Final = 60


def result(answer: object, where: str) -> Facts:
    """What an answer holds, out of its envelope."""
    if not isinstance(answer, Mapping):
        raise MalformedReport(f"{where}: an object was expected, not {type(answer).__name__}")
    return Facts(answer.get("result"), where)


def listed(answer: object, where: str) -> tuple[Facts, ...]:
    """The rows of an answer that is a list."""
    return result(answer, where).rows("list")


def contract(symbol: str, raw: object) -> Contract:
    """A contract of ``instruments-info``; ``symbol`` is its unified name."""
    row = Facts(raw, f"bybit contract {symbol}")
    base, quote = row.text("baseCoin"), row.text("quoteCoin")
    settle, kind, status = row.text("settleCoin"), row.text("contractType"), row.text("status")
    smallest_usd = row.row("lotSizeFilter").positive("minOrderQty")
    refusal = None
    if settle != base or not kind.startswith("Inverse"):
        refusal = f"it is settled in {settle}, so it is not coin-margined ({kind})"
    elif quote != "USD":
        refusal = f"it is priced in {quote}, not in dollars"
    elif kind != "InversePerpetual":
        refusal = "it is a dated future, which expires; a hedge that lasts needs a perpetual"
    elif status != "Trading":
        refusal = f"it is not traded now (status {status})"
    elif smallest_usd != CONTRACT_USD:
        refusal = size_fault(symbol, smallest_usd)
    return Contract(row.text("symbol"), symbol, base, settle, CONTRACT_USD, refusal)


def size_fault(symbol: str, smallest_usd: Decimal) -> str:
    """What is wrong with a smallest order that is not one dollar."""
    return (
        f"the smallest order in {symbol} is {plain(smallest_usd)}, and 1 dollar as this version "
        f"knows it: sizes may be counted in another unit now"
    )


def tiers(answer: object, market: str) -> tuple[MaintenanceTier, ...]:
    """The maintenance tiers of one market out of the answer of ``risk-limit``.

    Rates are written in percent for some contracts and as shares for others: the highest leverage
    beside them tells which. A deduction that is not told follows from the tiers before, because
    where one ends and the next begins both ask for the same.
    """
    where = f"bybit risk limits of {market}"
    own = [row for row in listed(answer, where) if row.text("symbol") == market]
    found: list[MaintenanceTier] = []
    end = rate_before = deduction = ZERO
    for row in sorted(own, key=lambda row: row.positive("riskLimitValue")):
        rate = row.positive("maintenanceMargin") / _unit(row)
        deduction += end * (rate - rate_before)
        if row.has("mmDeduction"):
            deduction = row.size("mmDeduction")
        end, rate_before = row.positive("riskLimitValue"), rate
        found.append(MaintenanceTier(end, rate, deduction))
    fault = fault_in_tiers(found) if found else "there are none"
    if fault is not None:
        raise MalformedReport(f"{where}: {fault}")
    return tuple(found)


def _unit(row: Facts) -> Decimal:
    """What the rates of a row are to be divided by."""
    full = row.positive("initialMargin") * row.positive("maxLeverage")
    unit = next((u for u in (ONE, _PERCENT) if abs(full / u - ONE) <= _NEAR), None)
    if unit is None:
        row.malformed("initialMargin", f"and maxLeverage make {full}, neither 1 nor 100 percent")
    return unit


def fees(answer: object, market: str) -> FeeRates:
    """The account's own rates in one market, from ``fee-rate``."""
    where = f"bybit fees of {market}"
    for row in listed(answer, where):
        if row.text("symbol") == market:
            return FeeRates(row.number("makerFeeRate"), row.number("takerFeeRate"))
    raise MalformedReport(f"{where}: there are none")


def instrument(
    known: Contract, raw: object, maintenance: tuple[MaintenanceTier, ...], rates: FeeRates
) -> InversePerpetual:
    """The contract with everything that an order must respect.

    The largest order is the smaller of what a limit order and what a market order may have.
    """
    row = Facts(raw, f"bybit contract {known.symbol}")
    lots = row.row("lotSizeFilter")
    largest = lots.positive("maxOrderQty")
    if lots.has("maxMktOrderQty"):
        largest = min(largest, lots.positive("maxMktOrderQty"))
    return InversePerpetual(
        symbol=known.symbol,
        base=known.base,
        contract_usd=known.contract_usd,
        tick_usd=row.row("priceFilter").positive("tickSize"),
        lot_contracts=lots.positive("qtyStep"),
        min_contracts=lots.positive("minOrderQty"),
        max_contracts=largest,
        maker_fee_rate=rates.maker,
        taker_fee_rate=rates.taker,
        maintenance=maintenance,
        funding_interval_s=_funding_s(row),
    )


def _funding_s(row: Facts) -> int:
    minutes = row.positive("fundingInterval")
    if minutes != minutes.to_integral_value():
        row.malformed("fundingInterval", f"is no whole number of minutes: {minutes}")
    return int(minutes) * _MINUTE_S


def quotes(
    answer: object, contracts: Iterable[Contract], intervals_s: Mapping[str, int]
) -> Mapping[str, Quote]:
    """A quote per contract that ``tickers`` tells about. The moment is that of the answer: Bybit
    gives none for the prices themselves. An empty side of the book is None."""
    at = Facts(answer, "bybit tickers").moment("time")
    rows = {row.text("symbol"): row for row in listed(answer, "bybit ticker")}
    found = {}
    for known in contracts:
        row = rows.get(known.market)
        if row is None:
            continue
        bid_usd, bid_contracts = _side(row, "bid1")
        ask_usd, ask_contracts = _side(row, "ask1")
        found[known.symbol] = Quote(
            symbol=known.symbol,
            at=at,
            mark_usd=row.positive("markPrice"),
            index_usd=row.positive("indexPrice"),
            bid_usd=bid_usd,
            ask_usd=ask_usd,
            last_usd=row.positive("lastPrice"),
            funding_rate=row.number("fundingRate") if row.has("fundingRate") else None,
            next_funding_at=row.moment("nextFundingTime") if _is_set(row) else None,
            funding_interval_s=intervals_s.get(known.symbol),
            bid_contracts=bid_contracts,
            ask_contracts=ask_contracts,
        )
    return found


def _is_set(row: Facts) -> bool:
    return row.has("nextFundingTime") and row.size("nextFundingTime") > ZERO


def _side(row: Facts, side: str) -> tuple[Decimal | None, Decimal | None]:
    price, size = f"{side}Price", f"{side}Size"
    if not (row.has(price) and row.has(size)):
        return None, None
    price_usd, size_usd = row.size(price), row.size(size)
    return (None, None) if ZERO in (price_usd, size_usd) else (price_usd, size_usd)
