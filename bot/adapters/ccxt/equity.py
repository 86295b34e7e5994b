"""The coins in a margin wallet, from the field that means them at each venue.

What ccxt calls ``total`` is the equity at one venue, the wallet without unrealised profit at
another, and at a third something in between. Here both are read apart, and where a venue tells
wallet, equity and profit they have to add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.faces import APART, Leg
from bot.adapters.ccxt.figures import Row
from bot.domain.quantities import ZERO
from bot.errors import MalformedReport

_DUST_COIN: Final = Decimal("0.000001")
_SATOSHIS: Final = Decimal(100_000_000)


@dataclass(frozen=True, slots=True)
class MarginCoins:
    """One asset in a margin wallet.

    ``wallet_coin`` is without unrealised profit; None where the venue counts profit into it at
    times of its own, so that it has to be worked out of the legs (:func:`without_profit`).
    ``equity_coin`` is with it; None where the venue does not say.
    """

    asset: str  # as the venue writes it
    wallet_coin: Decimal | None
    equity_coin: Decimal | None


def read_margin_coins(venue: str, entry: object) -> MarginCoins:
    """One asset's entry of a raw balance answer (binance ``assets[]``, bybit ``coin[]``, okx
    ``details[]``, else the account object itself).

    Raises :class:`bot.errors.MalformedReport`, which names the field, where it cannot be read or
    does not add up, and for a venue whose answers are not known.
    """
    reader = READERS.get(venue)
    if reader is None:
        raise MalformedReport(f"how {venue} writes a balance is not known to this version")
    return reader(Row(entry, f"{venue} balance"))


def without_profit(equity_coin: Decimal, legs: Iterable[Leg], mark_usd: Decimal) -> Decimal:
    """The wallet behind an equity: less the profit of each leg, N·(1/E − 1/M) for N signed dollars
    entered at E and marked at M (profit of an inverse contract)."""
    profits = (leg.face_usd * (1 / leg.entry_usd - 1 / mark_usd) for leg in legs)
    return equity_coin - sum(profits, ZERO)


def _sum(
    row: Row, asset: str, *, wallet: str, profit: str, equity: str | None = None
) -> MarginCoins:
    wallet_coin = row.number(wallet)
    equity_coin = wallet_coin + row.number(profit)
    if equity is not None:
        said = row.number(equity)
        if abs(said - equity_coin) > max(APART * abs(said), _DUST_COIN):
            row.malformed(
                equity,
                f"is {said}, but {wallet} and {profit} come to {equity_coin}: something is in this "
                "wallet that is not understood, such as a loan or an option",
            )
        equity_coin = said
    return MarginCoins(row.text(asset), wallet_coin, equity_coin)


def _less(row: Row, asset: str, *, equity: str, profit: str) -> MarginCoins:
    equity_coin = row.number(equity)
    return MarginCoins(row.text(asset), equity_coin - row.number(profit), equity_coin)


def _krakenfutures(row: Row) -> MarginCoins:
    if row.text("type") != "marginAccount":
        row.malformed("type", "is not marginAccount, the wallet of one coin and its own contract")
    auxiliary = row.row("auxiliary")
    equity_coin = auxiliary.number("pv")
    return MarginCoins(row.text("currency"), equity_coin - auxiliary.number("pnl"), equity_coin)


def _phemex(row: Row) -> MarginCoins:
    asset, scaled = row.text("currency"), row.number("accountBalanceEv")
    if asset != "BTC" or scaled != scaled.to_integral_value():
        row.malformed("accountBalanceEv", f"is read in hundred-millionths of a BTC, not of {asset}")
    return MarginCoins(asset, scaled / _SATOSHIS, None)


READERS: Final[Mapping[str, Callable[[Row], MarginCoins]]] = {
    "binance": lambda row: _sum(
        row, "asset", wallet="walletBalance", profit="unrealizedProfit", equity="marginBalance"
    ),
    "bybit": lambda row: _sum(
        row, "coin", wallet="walletBalance", profit="unrealisedPnl", equity="equity"
    ),
    "okx": lambda row: _sum(row, "ccy", wallet="cashBal", profit="upl", equity="eq"),
    "deribit": lambda row: MarginCoins(row.text("currency"), None, row.number("equity")),
    "krakenfutures": _krakenfutures,
    "kucoinfutures": lambda row: _less(
        row, "currency", equity="accountEquity", profit="unrealisedPNL"
    ),
    "gate": lambda row: _sum(row, "currency", wallet="total", profit="unrealised_pnl"),
    "htx": lambda row: _sum(
        row, "symbol", wallet="margin_static", profit="profit_unreal", equity="margin_balance"
    ),
    "bitget": lambda row: _less(row, "marginCoin", equity="accountEquity", profit="unrealizedPL"),
    "bingx": lambda row: _sum(
        row, "asset", wallet="balance", profit="unrealizedProfit", equity="equity"
    ),
    "mexc": lambda row: _less(row, "currency", equity="equity", profit="unrealized"),
    "phemex": _phemex,
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`."""
