"""What has happened to a customer of Bybit: trades, and the lines of the one wallet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.wire.binance_words import coin, line_number, price
from bot.adapters.simulator.wire.bybit_errors import params_error
from bot.adapters.simulator.wire.bybit_words import (
    INVERSE,
    SIDE_WORDS,
    contract_id_of,
    in_page,
    line_id,
    markets_asked,
    order_id,
    page,
    usd,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Fill, FillCause
from bot.domain.quantities import ZERO, plain

LONGEST_SPAN_MS: Final = timedelta(days=7) // timedelta(milliseconds=1)
LOG_SPAN_MS: Final = timedelta(days=1) // timedelta(milliseconds=1)
"""How much of the log is told where only one end, or none, is named."""
_EXEC_TYPES: Final = {
    FillCause.ORDER: "Trade",
    FillCause.LIQUIDATION: "BustTrade",
    FillCause.DELEVERAGING: "AdlTrade",
    FillCause.SETTLEMENT: "Settle",
}
_TRADE_LINES: Final = {
    FillCause.ORDER: "TRADE",
    FillCause.LIQUIDATION: "LIQUIDATION",
    FillCause.DELEVERAGING: "ADL",
    FillCause.SETTLEMENT: "DELIVERY",
}
_TOLD_BY_TRADES: Final = frozenset({EntryKind.REALISED, EntryKind.FEE})
_ONE_WALLET: Final = frozenset({Wallet.SPOT, Wallet.MARGIN})


def executions(call: Call) -> Json:
    """Trades and funding payments, newest first."""
    symbols = {market.spec.instrument.symbol for market in markets_asked(call)}
    kind, named = call.params.find("execType"), call.params.find("orderId")
    link = call.params.find("orderLinkId")
    start_ms, end_ms = _span(call, LONGEST_SPAN_MS)
    trades = [
        (call.times.ms(fill.at), _trade(call, fill))
        for fill in call.ledger.fills
        if fill.symbol in symbols and link in (None, fill.client_order_id)
    ]
    payments = [
        (call.times.ms(entry.at), _payment(call, entry))
        for entry in call.ledger.entries
        if entry.kind is EntryKind.FUNDING and entry.symbol in symbols and link is None
    ]
    found = [
        row
        for at_ms, row in sorted([*trades, *payments], key=lambda pair: pair[0])[::-1]
        if start_ms <= at_ms <= end_ms
        and kind in (None, row["execType"])
        and named in (None, row["orderId"])
    ]
    return in_page(call, found, usual=50, most=100)


def _instrument(call: Call, symbol: str) -> InversePerpetual:
    return call.simulation.market.by_symbol[symbol].spec.instrument


def _trade(call: Call, fill: Fill) -> dict[str, object]:
    instrument = _instrument(call, fill.symbol)
    rate = instrument.maker_fee_rate if fill.maker else instrument.taker_fee_rate
    return {
        "symbol": contract_id_of(fill.symbol),
        "orderId": order_id(fill.venue_order_id),
        "orderLinkId": fill.client_order_id or "",
        "side": SIDE_WORDS[fill.side],
        "orderPrice": price(fill.price_usd),
        "orderQty": usd(instrument, fill.contracts),
        "leavesQty": "0",
        "createType": "CreateByUser",
        "orderType": "Market",
        "stopOrderType": "",
        "execFee": coin(fill.fee_coin or ZERO),
        "execId": line_id(fill.trade_id),
        "execPrice": price(fill.price_usd),
        "execQty": usd(instrument, fill.contracts),
        "execType": _EXEC_TYPES[fill.cause],
        "execValue": coin(fill.face_usd / fill.price_usd),
        "execTime": str(call.ms(fill.at)),
        "feeCurrency": "",
        "isMaker": bool(fill.maker),
        "feeRate": plain(rate),
        "markPrice": price(fill.price_usd),
        "indexPrice": "",
        "closedSize": "",
        "seq": line_number(fill.trade_id),
    }


def _payment(call: Call, entry: LedgerEntry) -> dict[str, object]:
    """A funding payment in the dress of a trade: here a fee is what was paid."""
    return {
        "symbol": contract_id_of(entry.symbol or ""),
        "orderId": line_id(entry.entry_id),
        "orderLinkId": "",
        "side": "",
        "execFee": coin(-entry.amount_coin),
        "execId": line_id(entry.entry_id),
        "execPrice": "0",
        "execQty": "0",
        "execType": "Funding",
        "execValue": "0",
        "execTime": str(call.ms(entry.at)),
        "feeRate": "" if entry.funding_rate is None else plain(entry.funding_rate),
        "isMaker": False,
    }


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the log before its balance is known."""

    at_ms: int
    currency: str
    change_coin: Decimal
    row: dict[str, object]


def transaction_log(call: Call) -> Json:
    """The lines of the one wallet, newest first, each with the balance that it left."""
    start_ms, end_ms = _span(call, LOG_SPAN_MS)
    params = call.params
    asked = {"currency": params.find("currency"), "type": params.find("type")}
    kind, base = params.find("category"), params.find("baseCoin")
    left: dict[str, Decimal] = {}
    rows: list[object] = []
    for line in sorted(_lines(call), key=lambda line: line.at_ms)[::-1]:
        currency = line.currency
        if currency not in left:
            left[currency] = sum(
                (call.ledger.held_coin(wallet, currency) for wallet in _ONE_WALLET), ZERO
            )
        row = {**line.row, "cashBalance": coin(left[currency])}
        left[currency] -= line.change_coin
        meant = all(value in (None, row[name]) for name, value in asked.items())
        if (
            meant
            and start_ms <= line.at_ms <= end_ms
            and kind in (None, row["category"])
            and base in (None, currency)
        ):
            rows.append(row)
    return page(call, rows, usual=20, most=50)


def _lines(call: Call) -> Iterator[_Line]:
    """Every line. A trade is one with its profit and its fee; what only moved between the two
    halves of the one wallet is none."""
    for fill in call.ledger.fills:
        asset = fill.symbol.partition("/")[0]
        profit, fee = fill.realised_coin or ZERO, fill.fee_coin or ZERO
        yield _Line(
            call.times.ms(fill.at),
            asset,
            profit - fee,
            {
                **_row(call, f"t{line_number(fill.trade_id)}", asset, _TRADE_LINES[fill.cause]),
                "symbol": contract_id_of(fill.symbol),
                "category": INVERSE,
                "side": SIDE_WORDS[fill.side],
                "transactionTime": str(call.ms(fill.at)),
                "qty": usd(_instrument(call, fill.symbol), fill.contracts),
                "tradePrice": price(fill.price_usd),
                "cashFlow": coin(profit),
                "fee": coin(fee),
                "change": coin(profit - fee),
                "tradeId": line_id(fill.trade_id),
                "orderId": order_id(fill.venue_order_id),
                "orderLinkId": fill.client_order_id or "",
            },
        )
    for entry in _of_the_wallet(call):
        amount = entry.amount_coin
        flow, fee, funding = amount, ZERO, ZERO
        match entry.kind:
            case EntryKind.FUNDING:
                flow, funding, name = ZERO, amount, "SETTLEMENT"
            case EntryKind.LIQUIDATION:
                flow, fee, name = ZERO, -amount, "LIQUIDATION"
            case _:
                name = "TRANSFER_IN" if amount > ZERO else "TRANSFER_OUT"
        about = (
            {"symbol": contract_id_of(entry.symbol), "category": INVERSE} if entry.symbol else {}
        )
        rate = entry.funding_rate
        yield _Line(
            call.times.ms(entry.at),
            entry.asset,
            amount,
            {
                **_row(call, f"e{line_number(entry.entry_id)}", entry.asset, name),
                **about,
                "transactionTime": str(call.ms(entry.at)),
                "cashFlow": coin(flow),
                "fee": coin(fee),
                "funding": coin(funding) if funding else "",
                "feeRate": "" if rate is None else plain(rate),
                "change": coin(amount),
            },
        )


def _of_the_wallet(call: Call) -> list[LedgerEntry]:
    """Lines of spot and margin, but for those that the trades tell and for pairs within."""
    lines = {
        line_number(entry.entry_id): entry
        for entry in call.ledger.entries
        if entry.wallet in _ONE_WALLET and entry.kind not in _TOLD_BY_TRADES
    }
    within: set[int] = set()
    for number, out in lines.items():
        back = lines.get(number + 1)
        if (
            out.kind is EntryKind.TRANSFER
            and out.amount_coin < ZERO
            and back is not None
            and back.kind is EntryKind.TRANSFER
        ):
            within |= {number, number + 1}
    return [entry for number, entry in lines.items() if number not in within]


def _row(call: Call, name: str, asset: str, kind: str) -> dict[str, object]:
    return {
        "id": f"{call.account}_{name}",
        "symbol": "",
        "category": "",
        "side": "None",
        "type": kind,
        "transSubType": "",
        "qty": "0",
        "size": "0",
        "currency": asset,
        "tradePrice": "0",
        "funding": "",
        "feeRate": "",
        "bonusChange": "",
        "tradeId": "",
        "orderId": "",
        "orderLinkId": "",
        "extraFees": "",
    }


def _span(call: Call, usual_ms: int) -> tuple[int, int]:
    """From when to when, in milliseconds: at most a week where both ends are named."""
    start_ms, end_ms = call.params.whole("startTime"), call.params.whole("endTime")
    if start_ms is None:
        end_ms = call.times.ms(call.simulation.now) if end_ms is None else end_ms
        return end_ms - usual_ms, end_ms
    if end_ms is None:
        return start_ms, start_ms + usual_ms
    if end_ms < start_ms or end_ms - start_ms > LONGEST_SPAN_MS:
        raise params_error("The time range between startTime and endTime cannot exceed 7 days")
    return start_ms, end_ms
