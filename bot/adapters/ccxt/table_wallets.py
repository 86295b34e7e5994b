"""The coins of an account at a venue of the table, wallet by wallet. Pure; strict as :class:`Row`
is: a missing or unreadable field raises :class:`bot.errors.MalformedReport`, and is never zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from bot.adapters.ccxt.equity import read_margin_coins, without_profit
from bot.adapters.ccxt.figures import Row
from bot.adapters.ccxt.table_override import Override
from bot.adapters.ccxt.table_reading import Held
from bot.adapters.ccxt.table_words import Market
from bot.domain.account import Balance, Wallet
from bot.errors import MalformedReport


def coin_balances(
    answer: object, assets: Collection[str], wallet: Wallet, venue: str
) -> tuple[Balance, ...]:
    """A wallet of coins alone, from ``fetch_balance``: what holds anything, and ``assets`` even if
    it holds none of them.

    Raises :class:`bot.errors.MalformedReport` where the answer has no totals.
    """
    where = f"{venue} {wallet.value} balance"
    whole = Row(answer, where)
    totals, used = whole.row("total"), whole.row("used")
    listed = answer.get("total") if isinstance(answer, Mapping) else None
    names = (
        [name for name in listed if isinstance(name, str)] if isinstance(listed, Mapping) else []
    )
    found = []
    for asset in dict.fromkeys((*names, *assets)):
        if not totals.has(asset):
            if asset in names and asset in assets:
                totals.malformed(asset, "is missing")
            continue
        total_coin = totals.size(asset)
        if total_coin or asset in assets:
            bound = used.size(asset) if used.has(asset) else None
            found.append(Balance(wallet, asset, total_coin, bound))
    return tuple(found)


def _names(totals: object) -> list[str]:
    return [n for n in totals if isinstance(n, str)] if isinstance(totals, Mapping) else []


def margin_balance(
    venue: str, override: Override, answer: object, market: Market, held: Sequence[Held]
) -> Balance:
    """An asset's margin wallet, without unrealised profit, from the raw answer to
    ``fetch_balance``; ``held`` are the positions that settle in it."""
    info = answer.get("info") if isinstance(answer, Mapping) else None
    entry = override.coins(info, market)
    if entry is None:
        return Balance(Wallet.MARGIN, market.base, Decimal(0), None)
    coins = read_margin_coins(venue, entry)
    if coins.asset.upper() != market.base_id.upper() and coins.asset != market.base:
        raise MalformedReport(
            f"{venue} balance: it is of {coins.asset}, but {market.base} was asked for"
        )
    total_coin = coins.wallet_coin
    if total_coin is None:
        if coins.equity_coin is None:
            raise MalformedReport(f"{venue} balance: there is neither wallet nor equity")
        total_coin = coins.equity_coin
        for own in held:
            if own.leg.mark_usd is None:
                raise MalformedReport(f"{venue} position: {own.market.symbol} has no mark price")
            total_coin = without_profit(total_coin, [own.leg], own.leg.mark_usd)
    return Balance(Wallet.MARGIN, market.base, total_coin, None)
