"""What OKX says about an account, as domain values. Pure; strict as :class:`Row` is: a missing or
unreadable field raises :class:`bot.errors.MalformedReport`, which names it, and never counts as
zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.equity import read_margin_coins
from bot.adapters.ccxt.faces import read_leg
from bot.adapters.ccxt.okx_markets import Contract, data, single
from bot.domain.account import Balance, EntryKind, LedgerEntry, MarginMode, Position, Wallet
from bot.domain.orders import Fill, FillCause, OrderReport, OrderStatus, Side
from bot.domain.quantities import ZERO, ClientOrderId

MARGIN_MODES: Final = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_FLAGS: Final = {"true": True, "false": False}
_STATUSES: Final = {
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "mmp_canceled": OrderStatus.CANCELLED,
}
_MAKER: Final = {"M": True, "T": False}
_LIQUIDATIONS: Final = frozenset({*map(str, range(100, 108)), "110", "111"})
_DELEVERAGINGS: Final = frozenset(["125", "126", "127", "128"])
_DELIVERIES: Final = frozenset(["112", "113", "117", "118"])

TRANSFERRED: Final = "1"
FUNDING: Final = "8"
_TRADE_KINDS: Final = {
    "2": EntryKind.FEE,
    "3": EntryKind.FEE,
    "5": EntryKind.LIQUIDATION,
    "9": EntryKind.LIQUIDATION,
}
"""The types of bills of trades (also by delivery, liquidation, deleveraging), which tell a profit,
and what the rest of their change is."""

_NOTHING_USD: Final = Decimal(1)


class Contracts:
    """Every inverse swap, by OKX's id and by its unified symbol, and the ids of all other swaps."""

    def __init__(self, known: Collection[Contract], others: Collection[str]) -> None:
        self._by_market = {contract.market: contract for contract in known}
        self._by_symbol = {contract.symbol: contract for contract in known}
        self._others = frozenset(others)

    def of(self, row: Facts) -> Contract | None:
        """The inverse swap that a row is about; None where it is about a swap of another kind.
        Raises :class:`MalformedReport` for one that nobody listed."""
        market = row.text("instId")
        known = self._by_market.get(market)
        if known is None and market not in self._others:
            row.malformed("instId", f"is {market!r}, which was not listed among the contracts")
        return known

    def must(self, row: Facts) -> Contract:
        """The same where it has to be an inverse one."""
        known = self.of(row)
        if known is None:
            row.malformed("instId", f"is {row.text('instId')!r}, which is no inverse contract")
        return known

    def symbol(self, market: str) -> str:
        """The unified symbol, or OKX's own id for what is none of them."""
        known = self._by_market.get(market)
        return market if known is None else known.symbol

    def get(self, symbol: str) -> Contract | None:
        """A contract by its unified symbol; None where there is none."""
        return self._by_symbol.get(symbol)


def trading_balances(answer: object, assets: Collection[str]) -> tuple[Balance, ...]:
    """The trading account, from ``account/balance``, as the margin wallet: spot coins and margin
    are one there. The total is without unrealised profit.

    OKX leaves out coins of which there are none. What is bound is what is there, with unrealised
    profit, and yet not available; None where OKX does not say.
    """
    account = single(answer, "okx balance")
    found = []
    for row in account.rows("details"):
        coins = read_margin_coins("okx", row.raw)
        if coins.wallet_coin is None or coins.equity_coin is None:
            row.malformed("cashBal", "is missing")
        if coins.wallet_coin or coins.equity_coin or coins.asset in assets:
            used = _used_coin(row, coins.equity_coin)
            found.append(Balance(Wallet.MARGIN, coins.asset, coins.wallet_coin, used))
    if not found and account.number("totalEq") > _NOTHING_USD:
        account.malformed("details", "lists no coins, although the account is worth something")
    return tuple(found)


def _used_coin(row: Facts, equity_coin: Decimal) -> Decimal | None:
    if row.has("availEq"):
        used_coin = equity_coin - row.number("availEq")
    elif row.has("frozenBal"):
        used_coin = row.number("frozenBal")
    else:
        return None
    return None if used_coin < ZERO else used_coin


def binds_orders(answer: object) -> bool:
    """Whether orders bind anything in the trading account, or it is not told."""
    details = single(answer, "okx balance").rows("details")
    return any(not row.has("ordFrozen") or bool(row.number("ordFrozen")) for row in details)


def funding_balances(answer: object, assets: Collection[str]) -> tuple[Balance, ...]:
    """The funding account, from ``asset/balances``: what holds anything, and ``assets`` if told."""
    return tuple(
        Balance(Wallet.FUNDING, row.text("ccy"), row.size("bal"), row.size("frozenBal"))
        for row in data(answer, "okx funding account")
        if row.size("bal") or row.text("ccy") in assets
    )


def positions(answer: object, contracts: Contracts) -> tuple[Position, ...]:
    """Every open leg in an inverse swap, from ``account/positions``; rows of nothing and of other
    swaps are left out."""
    found = []
    for row in data(answer, "okx position"):
        if not row.number("pos"):
            continue
        known = contracts.of(row)
        if known is None:
            continue
        leg = read_leg("okx", row.raw, known.contract_usd)
        if leg is None or leg.mark_usd is None:
            row.malformed("markPx", "is missing")
        mode = row.one_of("mgnMode", MARGIN_MODES)
        liquidation_usd = row.size("liqPx") if row.has("liqPx") else ZERO
        found.append(
            Position(
                symbol=known.symbol,
                side=leg.side,
                contracts=leg.face_usd / known.contract_usd,
                face_usd=leg.face_usd,
                entry_usd=leg.entry_usd,
                mark_usd=leg.mark_usd,
                unrealised_coin=row.number("upl"),
                liquidation_price=liquidation_usd or None,
                margin_mode=mode,
                leverage=row.positive("lever"),
                isolated_coin=row.size("margin") if mode is MarginMode.ISOLATED else None,
            )
        )
    return tuple(found)


def order(row: Facts, contracts: Contracts) -> OrderReport:
    """An order, from ``trade/order`` or a list of them."""
    filled, asked = row.size("accFillSz"), row.positive("sz")
    if filled > asked:
        row.malformed("accFillSz", f"of {filled} exceeds the {asked} that were asked")
    ours = row.text("clOrdId") if row.has("clOrdId") else None
    return OrderReport(
        client_order_id=None if ours is None else ClientOrderId(ours),
        venue_order_id=row.text("ordId"),
        symbol=contracts.must(row).symbol,
        side=row.one_of("side", _SIDES),
        status=row.one_of("state", _STATUSES),
        contracts=asked,
        filled_contracts=filled,
        average_usd=row.positive("avgPx") if filled else None,
        limit_usd=None if row.text("ordType") == "market" else row.positive("px"),
        reduce_only=row.flag("reduceOnly"),
        updated_at=row.moment("uTime"),
    )


def orders(listed: Iterable[Facts], contracts: Contracts) -> tuple[OrderReport, ...]:
    """Every order of a list that is about an inverse swap."""
    return tuple(order(row, contracts) for row in listed if contracts.of(row) is not None)


def fill(row: Facts, contracts: Contracts) -> Fill:
    """A trade, from ``trade/fills``. OKX numbers trades by market, and one may be on both sides of
    it; the number of its bill is the account's own."""
    known = contracts.must(row)
    amount = row.positive("fillSz")
    ours = row.text("clOrdId") if row.has("clOrdId") else None
    own_coin = row.text("feeCcy") == known.base
    return Fill(
        trade_id=row.text("billId"),
        venue_order_id=row.text("ordId"),
        client_order_id=None if ours is None else ClientOrderId(ours),
        symbol=known.symbol,
        side=row.one_of("side", _SIDES),
        contracts=amount,
        face_usd=amount * known.contract_usd,
        price_usd=row.positive("fillPx"),
        fee_coin=-row.number("fee") if own_coin else None,
        realised_coin=row.number("fillPnl"),
        maker=row.one_of("execType", _MAKER) if row.has("execType") else None,
        cause=_cause(row.text("subType")),
        at=row.moment("ts"),
    )


def _cause(sub_type: str) -> FillCause:
    if sub_type in _LIQUIDATIONS:
        return FillCause.LIQUIDATION
    if sub_type in _DELEVERAGINGS:
        return FillCause.DELEVERAGING
    return FillCause.SETTLEMENT if sub_type in _DELIVERIES else FillCause.ORDER


def entries(row: Facts, contracts: Contracts) -> Iterator[LedgerEntry]:
    """What a bill of the trading account comes to: of a trade in a swap the profit and the rest,
    which is mostly its fee; of anything else one line."""
    number, kind, change = row.text("billId"), row.text("type"), row.number("balChg")
    market = row.text("instId") if row.has("instId") else None
    of_swap = row.has("instType") and row.text("instType") == "SWAP"
    parts = [("", _kind(kind), change)]
    if kind in _TRADE_KINDS and of_swap:
        profit = row.number("pnl")
        rest = "fee" if _TRADE_KINDS[kind] is EntryKind.FEE else "liquidation"
        parts = [
            (":profit", EntryKind.REALISED, profit),
            (f":{rest}", _TRADE_KINDS[kind], change - profit),
        ]
    for suffix, meaning, amount_coin in parts:
        if amount_coin:
            yield LedgerEntry(
                entry_id=f"{number}{suffix}",
                at=row.moment("ts"),
                wallet=Wallet.MARGIN,
                asset=row.text("ccy"),
                kind=meaning,
                amount_coin=amount_coin,
                symbol=None if market is None else contracts.symbol(market),
            )


def _kind(kind: str) -> EntryKind:
    known = {TRANSFERRED: EntryKind.TRANSFER, FUNDING: EntryKind.FUNDING}
    return known.get(kind, EntryKind.OTHER)
