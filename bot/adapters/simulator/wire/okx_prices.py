"""Public questions about prices at OKX: mark, index, tickers, the book, funding.

The venue keeps no memory of a day: what a ticker says of it is that nothing happened. Of spot there
is a pair per coin to look at.
"""

from __future__ import annotations

from decimal import Decimal

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_words import price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import no_contract, wrong
from bot.adapters.simulator.wire.okx_words import (
    SPOT,
    SWAP,
    contract_id,
    family,
    kind_asked,
    market_asked,
    markets_asked,
    pair_id,
)
from bot.domain.account import EntryKind, Quote
from bot.domain.margin import INFINITY
from bot.domain.orders import Side
from bot.domain.quantities import ZERO, plain


def mark_price(call: Call) -> Json:
    """The mark price, one row per contract; a contract that is named needs no kind beside it."""
    if "instId" not in call.params and kind_asked(call) != SWAP:
        return []
    return [
        {
            "instType": SWAP,
            "instId": contract_id(market.spec.instrument),
            "markPx": price(quote.mark_usd),
            "ts": str(call.times.ms(quote.at)),
        }
        for market in markets_asked(call)
        for quote in [call.quote(market)]
    ]


def index_tickers(call: Call) -> Json:
    """The index, of the pair that is named or of all with this quote."""
    wanted, quoted = call.params.find("instId"), call.params.find("quoteCcy")
    if wanted is None and quoted is None:
        raise wrong("instId")
    rows: list[object] = [
        _index(call, name, call.quote(market))
        for market in call.assets.values()
        for name in (family(market.spec.instrument), pair_id(market.spec.instrument))
        if wanted in (None, name) and quoted in (None, name.partition("-")[2])
    ]
    if wanted is not None and not rows:
        raise no_contract()
    return rows


def _index(call: Call, name: str, quote: Quote) -> dict[str, object]:
    index = price(quote.index_usd)
    day = dict.fromkeys(("high24h", "low24h", "open24h", "sodUtc0", "sodUtc8"), index)
    return {"instId": name, "idxPx": index, **day, "ts": str(call.times.ms(quote.at))}


def ticker(call: Call) -> Json:
    """The touch and the last price of one contract or pair."""
    for market in call.assets.values():
        if call.params.find("instId") == pair_id(market.spec.instrument):
            return [_spot_ticker(call, market)]
    return [_swap_ticker(call, market_asked(call))]


def tickers(call: Call) -> Json:
    """The same, of all of a kind."""
    kind = kind_asked(call)
    if kind == SPOT:
        return [_spot_ticker(call, market) for market in call.assets.values()]
    return [_swap_ticker(call, market) for market in markets_asked(call) if kind == SWAP]


def _swap_ticker(call: Call, market: AssetMarket) -> dict[str, object]:
    quote = call.quote(market)
    sides = {
        "bidPx": _or_empty(quote.bid_usd),
        "bidSz": "" if quote.bid_contracts is None else plain(quote.bid_contracts),
        "askPx": _or_empty(quote.ask_usd),
        "askSz": "" if quote.ask_contracts is None else plain(quote.ask_contracts),
    }
    return _ticker(call, SWAP, contract_id(market.spec.instrument), quote, quote.last_usd, sides)


def _spot_ticker(call: Call, market: AssetMarket) -> dict[str, object]:
    quote = call.quote(market)
    index = price(quote.index_usd)
    sides = {"bidPx": index, "bidSz": "1", "askPx": index, "askSz": "1"}
    return _ticker(call, SPOT, pair_id(market.spec.instrument), quote, quote.index_usd, sides)


def _ticker(
    call: Call, kind: str, name: str, quote: Quote, last_usd: Decimal | None, sides: dict[str, str]
) -> dict[str, object]:
    last = _or_empty(last_usd)
    day = dict.fromkeys(("open24h", "high24h", "low24h", "sodUtc0", "sodUtc8"), last)
    return {
        "instType": kind,
        "instId": name,
        "last": last,
        "lastSz": "0",
        **sides,
        **day,
        "vol24h": "0",
        "volCcy24h": "0",
        "ts": str(call.times.ms(quote.at)),
    }


def _or_empty(price_usd: Decimal | None) -> str:
    return "" if price_usd is None else price(price_usd)


def books(call: Call) -> Json:
    """The order book, less what was taken from it in this step."""
    market = market_asked(call)
    levels = min(call.params.whole("sz") or 1, 400)

    def side(taker: Side) -> list[object]:
        offers = market.book.offers(taker, INFINITY, None)[:levels]
        return [
            [price(offer.price_usd * call.spike()), plain(offer.contracts), "0", "1"]
            for offer in offers
        ]

    return [
        {
            "asks": side(Side.BUY),
            "bids": side(Side.SELL),
            "ts": str(call.now_ms),
            "seqId": call.simulation.market.step,
        }
    ]


def funding_rate(call: Call) -> Json:
    """The running funding rate, and when it is settled."""
    market = market_asked(call)
    quote = call.quote(market)
    due = quote.next_funding_at
    interval_ms = market.spec.instrument.funding_interval_s * 1_000
    due_ms = 0 if due is None else call.ms(due)
    return [
        {
            "instType": SWAP,
            "instId": contract_id(market.spec.instrument),
            "method": "current_period",
            "formulaType": "noRate",
            "fundingRate": "" if quote.funding_rate is None else plain(quote.funding_rate),
            "nextFundingRate": "",
            "fundingTime": str(due_ms),
            "nextFundingTime": str(due_ms + int(interval_ms / call.times.speed)),
            "premium": plain((quote.mark_usd / quote.index_usd - 1).quantize(Decimal("1e-10"))),
            "interestRate": "0.0001",
            "minFundingRate": plain(-market.spec.funding_cap),
            "maxFundingRate": plain(market.spec.funding_cap),
            "settState": "settled",
            "settFundingRate": "",
            "ts": str(call.times.ms(quote.at)),
        }
    ]


def funding_history(call: Call) -> Json:
    """The rates of past settlements, newest first, as far as the books of some account tell them:
    the venue itself keeps none."""
    symbol = market_asked(call).spec.instrument.symbol
    known = {
        call.times.ms(entry.at): entry.funding_rate
        for holder in call.simulation.holders.values()
        for entry in holder.ledger.entries
        if entry.kind is EntryKind.FUNDING and entry.symbol == symbol
    }
    rows: list[tuple[int, dict[str, object]]] = [
        (
            at_ms,
            {
                "instType": SWAP,
                "instId": call.params.text("instId"),
                "formulaType": "noRate",
                "method": "current_period",
                "fundingRate": plain(rate or ZERO),
                "realizedRate": plain(rate or ZERO),
                "fundingTime": str(at_ms),
            },
        )
        for at_ms, rate in sorted(known.items(), reverse=True)
    ]
    after, before = call.params.whole("after"), call.params.whole("before")
    found: list[object] = [
        row
        for at_ms, row in rows
        if (after is None or at_ms < after) and (before is None or at_ms > before)
    ]
    return found[: call.params.limit(400, 400)]
