"""What Bybit says about a unified account, as domain values. Pure; strict as :class:`Row` is: a
missing or unreadable field raises :class:`bot.errors.MalformedReport`, which names it, and never
counts as zero.

Spot and margin are one wallet there. It is told once, as the margin wallet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.binance import Contracts
from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.bybit_markets import CONTRACT_USD, listed, result
from bot.adapters.ccxt.equity import read_margin_coins
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
from bot.domain.quantities import ZERO, ClientOrderId
from bot.errors import MalformedReport

MARGIN_MODES: Final = {
    "REGULAR_MARGIN": MarginMode.CROSS,
    "ISOLATED_MARGIN": MarginMode.ISOLATED,
}
UNIFIED: Final = "UNIFIED"
FUNDING: Final = "FUND"

_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_STATUSES: Final = {
    "New": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTLY_FILLED,
    "PartiallyFilledCanceled": OrderStatus.CANCELLED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "Rejected": OrderStatus.REJECTED,
    "Deactivated": OrderStatus.CANCELLED,
}
_UNTRIGGERED: Final = frozenset({"Untriggered", "Triggered"})
_CAUSES: Final = {
    "Trade": FillCause.ORDER,
    "BlockTrade": FillCause.ORDER,
    "MovePosition": FillCause.ORDER,
    "BustTrade": FillCause.LIQUIDATION,
    "AdlTrade": FillCause.DELEVERAGING,
    "Delivery": FillCause.SETTLEMENT,
    "Settle": FillCause.SETTLEMENT,
}
_NO_TRADES: Final = frozenset({"Funding", "SessionSettlePnL"})
_TRADES: Final = {
    "TRADE": EntryKind.FEE,
    "ADL": EntryKind.FEE,
    "DELIVERY": EntryKind.FEE,
    "LIQUIDATION": EntryKind.LIQUIDATION,
}
"""Lines of an inverse contract that carry a profit and a fee, and what the fee is then."""
_KINDS: Final = {
    "TRANSFER_IN": EntryKind.TRANSFER,
    "TRANSFER_OUT": EntryKind.TRANSFER,
}


def balances(answer: object, assets: tuple[str, ...]) -> tuple[Balance, ...]:
    """The one wallet, from ``wallet-balance``: what holds anything, and ``assets`` even when empty.

    The total is without unrealised profit. What is bound is the margin of positions and orders and
    what spot orders lock; None where one of them is not told. A coin of ``assets`` has to add up
    and must not be owed.
    """
    found, where = {}, "bybit wallet"
    accounts = listed(answer, where)
    if not accounts:
        raise MalformedReport(f"{where}: the account is not listed; that is not the same as empty")
    for account in accounts:
        if account.text("accountType") != UNIFIED:
            account.malformed("accountType", f"is not {UNIFIED}")
        for row in account.rows("coin"):
            asset, total_coin = row.text("coin"), row.number("walletBalance")
            if asset in assets:
                total_coin = _checked(row, total_coin)
            elif not total_coin:
                continue
            used_coin = bound_coin(row, "totalPositionIM", "totalOrderIM", "locked")
            found[asset] = Balance(Wallet.MARGIN, asset, total_coin, used_coin)
    for asset in assets:
        found.setdefault(asset, Balance(Wallet.MARGIN, asset, ZERO, ZERO))
    return tuple(found.values())


def _checked(row: Facts, total_coin: Decimal) -> Decimal:
    coins = read_margin_coins("bybit", row.raw)
    if row.has("borrowAmount") and row.number("borrowAmount"):
        row.malformed("borrowAmount", "is not zero: coins that are owed are not understood")
    return total_coin if coins.wallet_coin is None else coins.wallet_coin


def bound_coin(row: Facts, *fields: str) -> Decimal | None:
    """The sum of these amounts; None where one of them is not told."""
    if not all(row.has(field) for field in fields):
        return None
    return sum((row.size(field) for field in fields), ZERO)


def order_margin_coin(answer: object) -> Decimal | None:
    """What resting orders bind, coins of all kinds together, so that zero is zero; None where it is
    not told."""
    bound = [
        bound_coin(row, "totalOrderIM", "locked")
        for account in listed(answer, "bybit wallet")
        for row in account.rows("coin")
    ]
    told = [coin for coin in bound if coin is not None]
    return sum(told, ZERO) if len(told) == len(bound) else None


def funding_balances(answer: object, assets: tuple[str, ...]) -> tuple[Balance, ...]:
    """The funding wallet: what holds anything, and ``assets`` even when empty."""
    told = result(answer, "bybit funding wallet")
    if told.text("accountType") != FUNDING:
        told.malformed("accountType", f"is not {FUNDING}")
    found = {}
    for row in told.rows("balance"):
        asset, total_coin = row.text("coin"), row.size("walletBalance")
        if total_coin or asset in assets:
            free_coin = row.size("transferBalance") if row.has("transferBalance") else None
            used_coin = None if free_coin is None else max(ZERO, total_coin - free_coin)
            found[asset] = Balance(Wallet.FUNDING, asset, total_coin, used_coin)
    for asset in assets:
        found.setdefault(asset, Balance(Wallet.FUNDING, asset, ZERO, ZERO))
    return tuple(found.values())


def positions(
    rows: Iterable[Facts], contracts: Contracts, mode: MarginMode
) -> tuple[Position, ...]:
    """Every open leg, from the rows of ``position/list``; those of nothing are left out. ``mode``
    is that of the account: rows do not tell it."""
    found = []
    for row in rows:
        leg = read_leg("bybit", row.raw, CONTRACT_USD)
        if leg is None:
            continue
        if leg.mark_usd is None:
            row.malformed("markPrice", "is missing")
        known = contracts.of(row)
        found.append(
            Position(
                symbol=known.symbol,
                side=leg.side,
                contracts=leg.face_usd / known.contract_usd,
                face_usd=leg.face_usd,
                entry_usd=leg.entry_usd,
                mark_usd=leg.mark_usd,
                unrealised_coin=row.number("unrealisedPnl"),
                liquidation_price=(row.size("liqPrice") or None) if row.has("liqPrice") else None,
                margin_mode=mode,
                leverage=row.positive("leverage"),
                isolated_coin=_isolated(row) if mode is MarginMode.ISOLATED else None,
            )
        )
    return tuple(found)


def _isolated(row: Facts) -> Decimal:
    return row.size("positionBalance" if row.has("positionBalance") else "positionIM")


def is_conditional(row: Facts) -> bool:
    """Whether an order waits for a price to be reached before it becomes one: it does not rest."""
    return row.text("orderStatus") in _UNTRIGGERED


def order(row: Facts, contracts: Contracts) -> OrderReport:
    """An order, from ``order/realtime`` or ``order/history``."""
    filled, asked = row.size("cumExecQty"), row.positive("qty")
    if filled > asked:
        row.malformed("cumExecQty", f"of {filled} exceeds the {asked} that were asked")
    known = contracts.of(row)
    limited = row.text("orderType") == "Limit"
    return OrderReport(
        client_order_id=ClientOrderId(row.text("orderLinkId")) if row.has("orderLinkId") else None,
        venue_order_id=row.text("orderId"),
        symbol=known.symbol,
        side=row.one_of("side", _SIDES),
        status=row.one_of("orderStatus", _STATUSES),
        contracts=asked / known.contract_usd,
        filled_contracts=filled / known.contract_usd,
        average_usd=row.positive("avgPrice") if filled else None,
        limit_usd=row.positive("price") if limited else None,
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("updatedTime"),
    )


def is_trade(row: Facts) -> bool:
    """Whether a row of ``execution/list`` is a trade, and no payment in the dress of one."""
    return row.text("execType") not in _NO_TRADES


def fill(row: Facts, contracts: Contracts, profits: Mapping[str, Decimal]) -> Fill:
    """A trade, from ``execution/list``. ``profits`` has what it realised by its id, as the log
    tells; it is None where the log does not tell it yet."""
    known = contracts.of(row)
    face_usd, trade_id = row.positive("execQty"), row.text("execId")
    return Fill(
        trade_id=trade_id,
        venue_order_id=row.text("orderId"),
        client_order_id=ClientOrderId(row.text("orderLinkId")) if row.has("orderLinkId") else None,
        symbol=known.symbol,
        side=row.one_of("side", _SIDES),
        contracts=face_usd / known.contract_usd,
        face_usd=face_usd,
        price_usd=row.positive("execPrice"),
        fee_coin=row.number("execFee") if row.has("execFee") else None,
        realised_coin=profits.get(trade_id),
        maker=row.flag("isMaker"),
        cause=row.one_of("execType", _CAUSES),
        at=row.moment("execTime"),
    )


def profit(row: Facts) -> tuple[str, Decimal] | None:
    """The id of a trade and what it realised, from a line of the log; None for any other line."""
    if not row.has("tradeId") or not _is_inverse_trade(row):
        return None
    return row.text("tradeId"), row.number("cashFlow")


def entries(row: Facts, contracts: Contracts) -> Iterator[LedgerEntry]:
    """A line of the log, from ``transaction-log``. That of an inverse trade is two: its profit and
    its fee, which come to its change together; a remainder is a line of its own."""
    change_coin, number = row.number("change"), row.text("id")
    if _is_inverse_trade(row):
        fee_coin = row.number("fee") if row.has("fee") else ZERO
        profit_coin = row.number("cashFlow")
        parts = (
            (EntryKind.REALISED, "profit", profit_coin),
            (_TRADES[row.text("type")], "fee", -fee_coin),
            (EntryKind.OTHER, "rest", change_coin - profit_coin + fee_coin),
        )
        for kind, name, amount_coin in parts:
            if amount_coin:
                yield _entry(row, contracts, f"{number}:{name}", kind, amount_coin)
    elif change_coin:
        kind = _KINDS.get(row.text("type"), EntryKind.OTHER)
        if row.text("type") == "SETTLEMENT" and _is_inverse(row):
            kind = EntryKind.FUNDING
        yield _entry(row, contracts, number, kind, change_coin)


def _entry(
    row: Facts, contracts: Contracts, name: str, kind: EntryKind, amount_coin: Decimal
) -> LedgerEntry:
    rated = kind is EntryKind.FUNDING and row.has("feeRate")
    return LedgerEntry(
        entry_id=name,
        at=row.moment("transactionTime"),
        wallet=Wallet.MARGIN,
        asset=row.text("currency"),
        kind=kind,
        amount_coin=amount_coin,
        symbol=contracts.symbol(row.text("symbol")) if row.has("symbol") else None,
        funding_rate=row.number("feeRate") if rated else None,
    )


def _is_inverse(row: Facts) -> bool:
    return row.has("category") and row.text("category") == "inverse"


def _is_inverse_trade(row: Facts) -> bool:
    return _is_inverse(row) and row.text("type") in _TRADES


def margin_mode(answer: object) -> MarginMode:
    """The margin mode of the whole account, from ``account/info``."""
    return account(answer).one_of("marginMode", MARGIN_MODES)


def account(answer: object) -> Facts:
    """The account, from ``account/info``."""
    return result(answer, "bybit account")


def accepted(answer: object, order_id: ClientOrderId) -> str:
    """Bybit's id of an order that it has accepted or cancelled, or :class:`MalformedReport` where
    the answer is about another one."""
    row = Facts(answer, "bybit order")
    if row.text("orderLinkId") != order_id:
        raise MalformedReport("the answer is about another order than the one that was sent")
    return row.text("orderId")
