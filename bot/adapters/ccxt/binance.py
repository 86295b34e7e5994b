"""What Binance says about an account, spot and COIN-M, as domain values. Pure; strict as
:class:`Row` is: a missing or unreadable field raises :class:`bot.errors.MalformedReport`, which
names it, and never counts as zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from bot.adapters.ccxt.binance_markets import Contract, Facts, rows
from bot.adapters.ccxt.faces import read_leg
from bot.domain.account import (
    Balance,
    EntryKind,
    LedgerEntry,
    MarginMode,
    Position,
    Wallet,
)
from bot.domain.orders import Fill, FillCause, OrderReport, OrderStatus, Side
from bot.domain.quantities import ClientOrderId
from bot.errors import MalformedReport

_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
MARGIN_MODES: Final = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_STATUSES: Final = {
    "NEW": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}
_KINDS: Final = {
    "FUNDING_FEE": EntryKind.FUNDING,
    "COMMISSION": EntryKind.FEE,
    "REALIZED_PNL": EntryKind.REALISED,
    "DELIVERED_SETTELMENT": EntryKind.REALISED,
    "INSURANCE_CLEAR": EntryKind.LIQUIDATION,
    "TRANSFER": EntryKind.TRANSFER,
    "INTERNAL_TRANSFER": EntryKind.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": EntryKind.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": EntryKind.TRANSFER,
    "COIN_SWAP_DEPOSIT": EntryKind.DEPOSIT,
    "COIN_SWAP_WITHDRAW": EntryKind.WITHDRAWAL,
}
_CAUSES: Final = (
    ("adl_autoclose", FillCause.DELEVERAGING),
    ("settlement_autoclose", FillCause.SETTLEMENT),
    ("delivery_autoclose", FillCause.SETTLEMENT),
    ("autoclose", FillCause.LIQUIDATION),
)
"""How the client id begins of an order that Binance itself places."""


class Contracts:
    """Every coin-margined contract, by Binance's id and by its unified symbol."""

    def __init__(self, known: Collection[Contract]) -> None:
        self._by_market = {contract.market: contract for contract in known}
        self._by_symbol = {contract.symbol: contract for contract in known}

    def of(self, row: Facts) -> Contract:
        """The contract that a row is about. Raises :class:`MalformedReport` for an unknown one."""
        market = row.text("symbol")
        if market not in self._by_market:
            row.malformed("symbol", f"is {market!r}, which the venue does not list")
        return self._by_market[market]

    def symbol(self, market: str) -> str:
        """The unified symbol, or Binance's own id for a contract that is listed no more."""
        known = self._by_market.get(market)
        return market if known is None else known.symbol

    def get(self, symbol: str) -> Contract | None:
        """A contract by its unified symbol; None where there is none."""
        return self._by_symbol.get(symbol)


def spot_balances(answer: object, assets: Collection[str]) -> tuple[Balance, ...]:
    """The spot wallet, from ``account``: what holds anything, and ``assets`` even when empty."""
    found = []
    for row in Facts(answer, "binance spot account").rows("balances"):
        free_coin, locked_coin = row.size("free"), row.size("locked")
        asset = row.text("asset")
        if free_coin or locked_coin or asset in assets:
            found.append(Balance(Wallet.SPOT, asset, free_coin + locked_coin, locked_coin))
    return tuple(found)


def margin_balances(answer: object, assets: Collection[str]) -> tuple[Balance, ...]:
    """The coin-margined wallet, from ``balance``: the total is without unrealised profit.

    What is bound is what is there, with the profit of cross positions, and yet not available:
    isolated coins and the margin of positions and orders. It is read from the wallet's own figures,
    so that it can contradict the list of positions. None where the figures make no sense of it.
    """
    found = []
    for row in rows(answer, "binance COIN-M balance"):
        total_coin, asset = row.number("balance"), row.text("asset")
        if not total_coin and asset not in assets:
            continue
        used_coin = total_coin + row.number("crossUnPnl") - row.number("availableBalance")
        found.append(
            Balance(Wallet.MARGIN, asset, total_coin, None if used_coin < 0 else used_coin)
        )
    return tuple(found)


def positions(answer: object, contracts: Contracts) -> tuple[Position, ...]:
    """Every open leg, from ``positionRisk``; rows of nothing are left out.

    A liquidation price of 0 is how Binance gives none.
    """
    found = []
    for fields, row in zip(_listed(answer), rows(answer, "binance position"), strict=True):
        amount = row.number("positionAmt")
        if not amount:
            continue
        known = contracts.of(row)
        leg = read_leg("binance", fields, known.contract_usd)
        if leg is None or leg.mark_usd is None:
            row.malformed("markPrice", "is missing")
        mode = row.one_of("marginType", MARGIN_MODES)
        liquidation_usd = row.size("liquidationPrice")
        found.append(
            Position(
                symbol=known.symbol,
                side=leg.side,
                contracts=amount,
                face_usd=leg.face_usd,
                entry_usd=leg.entry_usd,
                mark_usd=leg.mark_usd,
                unrealised_coin=row.number("unRealizedProfit"),
                liquidation_price=liquidation_usd or None,
                margin_mode=mode,
                leverage=row.positive("leverage"),
                isolated_coin=row.size("isolatedWallet") if mode is MarginMode.ISOLATED else None,
            )
        )
    return tuple(found)


def _listed(answer: object) -> list[object]:
    if not isinstance(answer, list):
        raise MalformedReport(f"binance position: a list was expected, not {type(answer).__name__}")
    return answer


def order(answer: object, contracts: Contracts) -> OrderReport:
    """An order, from the answer to placing, finding, listing or cancelling it."""
    row = Facts(answer, "binance order")
    filled, contracts_asked = row.size("executedQty"), row.positive("origQty")
    if filled > contracts_asked:
        row.malformed("executedQty", f"of {filled} exceeds the {contracts_asked} that were asked")
    limited = row.text("type").startswith("LIMIT")
    return OrderReport(
        client_order_id=ClientOrderId(row.text("clientOrderId")),
        venue_order_id=row.text("orderId"),
        symbol=contracts.of(row).symbol,
        side=row.one_of("side", _SIDES),
        status=row.one_of("status", _STATUSES),
        contracts=contracts_asked,
        filled_contracts=filled,
        average_usd=row.positive("avgPrice") if filled else None,
        limit_usd=row.positive("price") if limited else None,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("updateTime"),
    )


def orders(answer: object, contracts: Contracts) -> tuple[OrderReport, ...]:
    """Every order of a list, from ``openOrders``."""
    return tuple(order(fields, contracts) for fields in _listed(answer))


def fill(row: Facts, contracts: Contracts, order_ids: Mapping[str, ClientOrderId | None]) -> Fill:
    """A trade, from ``userTrades``, which does not name the client id: ``order_ids`` has it by
    Binance's id of the order, None where it cannot be found out any more."""
    known = contracts.of(row)
    amount, venue_order_id = row.positive("qty"), row.text("orderId")
    order_id = order_ids[venue_order_id]
    own_coin = row.text("commissionAsset") == known.settle
    return Fill(
        trade_id=row.text("id"),
        venue_order_id=venue_order_id,
        client_order_id=order_id,
        symbol=known.symbol,
        side=row.one_of("side", _SIDES),
        contracts=amount,
        face_usd=amount * known.contract_usd,
        price_usd=row.positive("price"),
        fee_coin=row.number("commission") if own_coin else None,
        realised_coin=row.number("realizedPnl"),
        maker=row.flag("maker"),
        cause=_cause(order_id),
        at=row.moment("time"),
    )


def _cause(order_id: ClientOrderId | None) -> FillCause:
    for beginning, cause in _CAUSES:
        if order_id is not None and order_id.startswith(beginning):
            return cause
    return FillCause.ORDER


def entry(row: Facts, contracts: Contracts) -> LedgerEntry:
    """A booking line of the coin-margined wallet, from ``income``.

    Binance numbers the lines of each type apart, and one line may stand under several contracts.
    """
    kind, number = row.text("incomeType"), row.text("tranId")
    market = row.text("symbol") if row.has("symbol") else None
    amount_coin = row.number("income")
    return LedgerEntry(
        entry_id=f"{kind}:{number}" if market is None else f"{kind}:{number}:{market}",
        at=row.moment("time"),
        wallet=Wallet.MARGIN,
        asset=row.text("asset"),
        kind=_KINDS.get(kind, EntryKind.OTHER),
        amount_coin=amount_coin,
        symbol=None if market is None else contracts.symbol(market),
    )
