"""The contract: an inverse perpetual, sized in dollars, margined and settled in its own coin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.margin import MaintenanceConvention, MaintenanceTier
from bot.domain.quantities import ZERO, is_multiple, plain
from bot.errors import ConfigError


@dataclass(frozen=True, slots=True)
class InversePerpetual:
    """One coin-margined perpetual contract, as its venue describes it.

    A contract is worth ``contract_usd`` dollars at any price; at price P that is
    ``contract_usd / P`` coins. Fee rates are shares of that coin value; ``maintenance`` are the
    venue's tiers by position value in coin, smallest first.
    """

    symbol: str  # unified: BTC/USD:BTC
    base: str
    contract_usd: Decimal
    tick_usd: Decimal
    lot_contracts: Decimal
    min_contracts: Decimal
    max_contracts: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    maintenance: tuple[MaintenanceTier, ...]
    maintenance_convention: MaintenanceConvention = MaintenanceConvention.MARK_VALUE
    funding_interval_s: int = 8 * 3600

    def face_usd(self, contracts: Decimal) -> Decimal:
        """Dollars of a number of contracts; the sign is kept."""
        return contracts * self.contract_usd

    def contracts(self, face_usd: Decimal) -> Decimal:
        """Contracts, perhaps a fraction, of a face in dollars; the sign is kept."""
        return face_usd / self.contract_usd

    def coin(self, contracts: Decimal, price_usd: Decimal) -> Decimal:
        """Coins that a number of contracts is worth at a price; the sign is kept."""
        return contracts * self.contract_usd / price_usd

    def is_whole(self, contracts: Decimal) -> bool:
        """Whether the venue could take this size: a whole number of lots, not zero."""
        return contracts > ZERO and is_multiple(contracts, self.lot_contracts)


@dataclass(frozen=True, slots=True)
class ContractChange:
    """A figure of a contract that is not what it was when somebody last agreed to it.

    ``field`` is that of :class:`InversePerpetual`; ``kept`` is the figure agreed to, ``live`` the
    venue's.
    """

    symbol: str
    field: str
    kept: Decimal
    live: Decimal

    def __str__(self) -> str:
        """The change as a person reads it."""
        return (
            f"{AGREED_FIGURES[self.field]} of {self.symbol} was {plain(self.kept)} and is now "
            f"{plain(self.live)}"
        )


AGREED_FIGURES: Final = {
    "contract_usd": "the dollars of a contract",
    "tick_usd": "the tick",
    "lot_contracts": "the lot",
    "min_contracts": "the smallest order",
}
"""What may not change of a contract without somebody's consent, in words."""


def agreed_figures(instrument: InversePerpetual) -> dict[str, Decimal]:
    """The figures of a contract that somebody agrees to by trading it."""
    return {field: getattr(instrument, field) for field in AGREED_FIGURES}


def contract_changes(
    agreed: Mapping[str, Decimal], instrument: InversePerpetual
) -> tuple[ContractChange, ...]:
    """Every figure of a contract that differs from the agreed one; all of them must be agreed."""
    return tuple(
        ContractChange(instrument.symbol, field, agreed[field], live)
        for field, live in agreed_figures(instrument).items()
        if live != agreed[field]
    )


def symbol_parts(symbol: str) -> tuple[str, str, str | None]:
    """Base, quote and settlement coin of a unified symbol; None where it names no settlement.

    Raises :class:`ConfigError` where the text is no unified symbol.
    """
    pair, _, settle = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    if not (base and slash and quote):
        raise ConfigError(
            f"contract {symbol!r} is no symbol: write it like 'BTC/USD:BTC', or 'auto'"
        )
    return base, quote, settle or None


def choose_contract(
    asset: str, contract: str, instruments: Iterable[InversePerpetual], *, where: str
) -> InversePerpetual:
    """The inverse perpetual to hedge ``asset`` with: the named one, or the asset's own for "auto".

    ``where`` names the place in the settings for the sentence of a :class:`ConfigError`, which is
    raised for a linear, quanto, dated or unknown contract, and for an asset that has none.
    """
    known = tuple(instruments)
    if contract == "auto":
        for instrument in known:
            if instrument.base == asset:
                return instrument
        offered = ", ".join(sorted({i.base for i in known})) or "none"
        raise ConfigError(
            f"{where}: there is no inverse perpetual for {asset!r} here; assets with one: {offered}"
        )
    for instrument in known:
        if instrument.symbol == contract:
            if instrument.base != asset:
                raise ConfigError(
                    f"{where}: contract {contract!r} is a contract on {instrument.base}, not on "
                    f"{asset}; choose one on {asset}, or 'auto'"
                )
            return instrument
    try:
        base, _, settle = symbol_parts(contract)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    if settle is not None and "-" in settle:
        kind = "a dated future, which expires; a hedge that lasts needs a perpetual"
    elif settle is None:
        kind = "a spot pair, not a contract"
    elif settle != base:
        kind = f"settled in {settle}, so it is not coin-margined (linear or quanto)"
    else:
        kind = "not offered here"
    offered = ", ".join(sorted(i.symbol for i in known)) or "none"
    raise ConfigError(f"{where}: contract {contract!r} is {kind}; inverse perpetuals: {offered}")
