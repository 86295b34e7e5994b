"""Which of a venue's markets can carry a hedge, and why each of the others cannot. Pure.

``inverse`` of ccxt is not believed: at many venues it only says "not linear". A contract is taken
if it is a perpetual on a coin, priced in dollars, settled in that coin, traded now, and of the size
that the table expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.figures import Row
from bot.adapters.ccxt.spec import FeeRates
from bot.adapters.ccxt.table_words import Market
from bot.adapters.ccxt.venue_facts import AmountUnit, Contracts
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier, fault_in_tiers
from bot.domain.quantities import ONE, plain
from bot.errors import MalformedReport

NEVER_MS: Final = 32_503_680_000_000
"""The year 3000, in which perpetuals expire at a venue that has to name a day."""

MOST_CONTRACTS: Final = Decimal(1_000_000)
"""The largest order where a venue tells no limit."""


def market(listed: object, contracts: Contracts, where: str) -> Market | None:
    """A market of ``load_markets``, or None for what is no contract at all.

    Raises :class:`bot.errors.MalformedReport` where it cannot be read.
    """
    row = Row(listed, where)
    if not isinstance(listed, Mapping) or not listed.get("contract"):
        return None
    symbol, base = row.text("symbol"), row.text("base")
    inverse = bool(listed.get("inverse")) and row.text("settle") == base
    size = row.positive("contractSize") if inverse else ONE
    expected = contracts.expected_size(base)
    contract_usd, amount = size, ONE
    if contracts.amount is AmountUnit.USD:
        amount = size
    info = listed.get("info")
    return Market(
        id=row.text("id"),
        symbol=symbol,
        base=base,
        base_id=row.text("settleId" if inverse else "baseId"),  # some write contracts for the base
        contract_usd=contract_usd,
        amount_per_contract=amount,
        inverse=inverse,
        refusal=_refusal(listed, row, size, expected),
        info=info if isinstance(info, Mapping) else {},
    )


def _refusal(
    listed: Mapping[object, object], row: Row, size: Decimal, expected: Decimal | None
) -> str | None:
    base, quote, settle = row.text("base"), row.text("quote"), row.text("settle")
    info = listed.get("info")
    quanto = isinstance(info, Mapping) and str(info.get("isQuanto")).lower() == "true"
    refusal = None
    if settle != base or not listed.get("inverse") or quanto:
        refusal = f"it is settled in {settle}, so it is not coin-margined (linear or quanto)"
    elif quote != "USD":
        refusal = f"it is priced in {quote}, not in dollars"
    elif not listed.get("swap"):
        refusal = "it is a dated future or an option, which expires; a hedge needs a perpetual"
    elif listed.get("expiry") is not None and row.number("expiry") < NEVER_MS:
        refusal = "it is a dated future, which expires; a hedge that lasts needs a perpetual"
    elif listed.get("active") is False:
        refusal = "it is not traded now"
    elif expected is None:
        refusal = f"this version knows of no contract on {base} here"
    elif size != expected:
        refusal = f"its contract is of {plain(size)}, not of the known {plain(expected)}"
    return refusal


def instrument(
    known: Market, listed: object, maintenance: tuple[MaintenanceTier, ...], rates: FeeRates | None
) -> InversePerpetual:
    """The contract with everything that an order must respect.

    Raises :class:`bot.errors.MalformedReport` where anything is missing or makes no sense.
    """
    row = Row(listed, f"contract {known.symbol}")
    precision, bounds = Row(_of(listed, "precision"), "precision"), _of(listed, "limits")
    amounts = Row(_of(bounds, "amount"), "limits of the amount")
    fault = fault_in_tiers(maintenance)
    if fault is not None:
        raise MalformedReport(f"contract {known.symbol}: {fault}")
    scale = known.amount_per_contract
    lot = precision.positive("amount") / scale if precision.has("amount") else ONE
    least = amounts.size("min") / scale if amounts.has("min") else lot
    most = amounts.positive("max") / scale if amounts.has("max") else MOST_CONTRACTS
    return InversePerpetual(
        symbol=known.symbol,
        base=known.base,
        contract_usd=known.contract_usd,
        tick_usd=precision.positive("price"),
        lot_contracts=lot,
        min_contracts=max(least, lot),
        max_contracts=most,
        maker_fee_rate=row.number("maker") if rates is None else rates.maker,
        taker_fee_rate=row.number("taker") if rates is None else rates.taker,
        maintenance=maintenance,
    )


def in_dollars(known: InversePerpetual) -> InversePerpetual:
    """The contract of a venue that counts coins: one dollar each, whole ones, never ordered."""
    return replace(known, contract_usd=ONE, lot_contracts=ONE, min_contracts=ONE)


def _of(listed: object, name: str) -> object:
    return listed.get(name) if isinstance(listed, Mapping) else None


class Markets:
    """Every contract of a venue, by its own id and by its unified symbol. Some venues write an id
    in large letters here and in small ones there."""

    def __init__(self, known: Mapping[str, Market]) -> None:
        self._by_symbol = dict(known)
        self._by_id = {market.id.upper(): market for market in known.values()}

    def of(self, market_id: str, where: str) -> Market:
        """The market of a row. Raises :class:`bot.errors.MalformedReport` for an unknown one:
        what cannot be placed cannot be left out either."""
        found = self.find(market_id)
        if found is None:
            raise MalformedReport(f"{where}: {market_id!r} is a market that is not listed")
        return found

    def find(self, market_id: str) -> Market | None:
        """A market by the venue's own id; None where it is not listed."""
        return self._by_id.get(market_id.upper())

    def get(self, symbol: str) -> Market | None:
        """A market by its unified symbol; None where there is none."""
        return self._by_symbol.get(symbol)

    def symbol(self, market_id: str | None) -> str | None:
        """The unified symbol, or the venue's own id for what is listed no more."""
        if market_id is None:
            return None
        found = self._by_id.get(market_id.upper())
        return market_id if found is None else found.symbol

    def refusals(self, assets: tuple[str, ...]) -> tuple[str, ...]:
        """Each perpetual priced in dollars on the assets in use that cannot carry a hedge, and
        why, in a sentence."""
        return tuple(
            f"{market.symbol}: {market.refusal}"
            for market in self._by_symbol.values()
            if market.refusal is not None and market.base in assets and market.inverse
        )
