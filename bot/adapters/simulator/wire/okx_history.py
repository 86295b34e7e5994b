"""What has happened to a customer of OKX: trades, and the bills of the trading account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.wire.binance_words import coin, line_number, order_number, price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_words import SWAP, contract_id_of, page, symbols_asked
from bot.domain.account import EntryKind, LedgerEntry, PositionSide, Wallet
from bot.domain.orders import Fill, FillCause, Side
from bot.domain.quantities import ZERO, plain

Line = tuple[int, dict[str, object]]

_TRADE_BILLS: Final = {
    FillCause.ORDER: "2",
    FillCause.LIQUIDATION: "5",
    FillCause.DELEVERAGING: "9",
    FillCause.SETTLEMENT: "3",
}
_BILLS: Final = {EntryKind.FUNDING: "8", EntryKind.LIQUIDATION: "5", EntryKind.OTHER: "12"}
TRANSFERRED: Final = "1"
"""The kinds of bills. Coins come to this account and leave it by transfer alone."""
_FORCED: Final = {
    (FillCause.LIQUIDATION, Side.BUY): "106",
    (FillCause.LIQUIDATION, Side.SELL): "107",
    (FillCause.DELEVERAGING, Side.BUY): "127",
    (FillCause.DELEVERAGING, Side.SELL): "128",
    (FillCause.SETTLEMENT, Side.BUY): "113",
    (FillCause.SETTLEMENT, Side.SELL): "112",
}
_TOLD_BY_TRADES: Final = frozenset({EntryKind.REALISED, EntryKind.FEE})


def fills(call: Call) -> Json:
    """Trades, newest first."""
    symbols, number = symbols_asked(call), call.params.find("ordId")
    legs = {o.venue_order_id: o.position_side for o in call.holder.orders.every()}
    rows = (
        (call.times.ms(fill.at), _trade(call, fill, legs.get(fill.venue_order_id)))
        for fill in reversed([*call.ledger.fills])
        if fill.symbol in symbols and number in (None, _order_id(fill))
    )
    kind = call.params.find("subType")
    return page(call, ((ms, row) for ms, row in rows if kind in (None, row["subType"])), "billId")


def bills(call: Call) -> Json:
    """The lines of the trading account, newest first, each with the balance that it left."""
    params = call.params
    names = ("ccy", "type", "subType", "instType", "instId", "mgnMode")
    asked = {name: params.find(name) for name in names}
    left = {a: call.ledger.held_coin(Wallet.MARGIN, a) for a in call.ledger.margins}
    rows: list[Line] = []
    newest_first = [*_lines(call)]
    newest_first.reverse()
    newest_first.sort(key=lambda line: -line[0])
    for at_ms, row in newest_first:
        asset = str(row["ccy"])
        full = {**row, "bal": coin(left[asset])}
        left[asset] -= Decimal(str(row["balChg"]))
        if all(value in (None, full[name]) for name, value in asked.items()):
            rows.append((at_ms, full))
    return page(call, rows, "billId")


def _lines(call: Call) -> Iterator[Line]:
    """Every line: a trade is one with its profit and its fee."""
    for fill in call.ledger.fills:
        asset, profit, fee = _asset(fill.symbol), fill.realised_coin or ZERO, fill.fee_coin or ZERO
        bill = _bill(call, _trade_bill(fill), asset, _TRADE_BILLS[fill.cause], profit - fee)
        bill |= {
            "subType": _sub_type(fill),
            "instType": SWAP,
            "instId": contract_id_of(fill.symbol),
            "mgnMode": call.ledger.margin_of(asset).mode.value,
            "ordId": _order_id(fill),
            "clOrdId": fill.client_order_id or "",
            "tradeId": str(line_number(fill.trade_id)),
            "execType": "M" if fill.maker else "T",
            "pnl": coin(profit),
            "fee": coin(-fee),
            "px": price(fill.price_usd),
            "sz": plain(fill.contracts),
            "ts": str(call.ms(fill.at)),
        }
        yield call.times.ms(fill.at), bill
    for entry in call.ledger.entries:
        if entry.wallet is Wallet.MARGIN and entry.kind not in _TOLD_BY_TRADES:
            yield call.times.ms(entry.at), _entry(call, entry)


def _entry(call: Call, entry: LedgerEntry) -> dict[str, object]:
    amount, came_in = entry.amount_coin, entry.amount_coin > ZERO
    kind = _BILLS.get(entry.kind, TRANSFERRED)
    row = _bill(call, f"{line_number(entry.entry_id)}2", entry.asset, kind, amount)
    match kind:
        case "8":
            row |= {"subType": "174" if came_in else "173", "pnl": coin(amount)}
        case "5":
            row |= {"subType": "108", "fee": coin(amount)}
        case "1":
            row |= {"subType": "11" if came_in else "12", "from": "6", "to": "18"}
            if not came_in:
                row |= {"from": "18", "to": "6"}
        case _:
            row |= {"subType": "230"}
    if entry.symbol is not None:
        row |= {"instType": SWAP, "instId": contract_id_of(entry.symbol)}
        row["mgnMode"] = call.ledger.margin_of(entry.asset).mode.value
    return row | {"ts": str(call.ms(entry.at))}


def _bill(
    call: Call, number: str, asset: str, kind: str, amount_coin: Decimal
) -> dict[str, object]:
    empty = "instType instId mgnMode ordId clOrdId tradeId execType px sz from to notes tag"
    return {
        **dict.fromkeys(empty.split(), ""),
        "billId": number,
        "ccy": asset,
        "type": kind,
        "subType": "",
        "balChg": coin(amount_coin),
        "pnl": "0",
        "fee": "0",
        "interest": "0",
        "posBal": "0",
        "posBalChg": "0",
        "ts": str(call.now_ms),
    }


def _trade(call: Call, fill: Fill, leg: PositionSide | None) -> dict[str, object]:
    if leg is None:
        leg = PositionSide.NET
        if call.ledger.hedge_mode:
            leg = PositionSide.SHORT if fill.side is Side.BUY else PositionSide.LONG
    fee = fill.fee_coin or ZERO
    at = str(call.ms(fill.at))
    return {
        "instType": SWAP,
        "instId": contract_id_of(fill.symbol),
        "tradeId": str(line_number(fill.trade_id)),
        "ordId": _order_id(fill),
        "clOrdId": fill.client_order_id or "",
        "billId": _trade_bill(fill),
        "subType": _sub_type(fill),
        "tag": "",
        "side": fill.side.value,
        "posSide": leg.value,
        "fillPx": price(fill.price_usd),
        "fillSz": plain(fill.contracts),
        "fillPnl": coin(fill.realised_coin or ZERO),
        "fillIdxPx": "",
        "fillMarkPx": "",
        "execType": "M" if fill.maker else "T",
        "feeCcy": _asset(fill.symbol),
        "fee": coin(-fee),
        "feeRate": "",
        "ts": at,
        "fillTime": at,
    }


def _sub_type(fill: Fill) -> str:
    usual = "1" if fill.side is Side.BUY else "2"
    return _FORCED.get((fill.cause, fill.side), usual)


def _trade_bill(fill: Fill) -> str:
    """Trades and other lines are numbered apart; the last digit tells them from each other."""
    return f"{line_number(fill.trade_id)}1"


def _order_id(fill: Fill) -> str:
    return str(order_number(fill.venue_order_id))


def _asset(symbol: str) -> str:
    return symbol.partition("/")[0]
