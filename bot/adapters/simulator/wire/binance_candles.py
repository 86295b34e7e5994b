"""The public past: candles of spot and contract, and the funding rates that were settled.

The venue remembers it since it opened, and no further than :mod:`bot.adapters.simulator.tape` does.
A candle's volume is nothing: nobody else trades here. The last candle is the one that is not over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from bot.adapters.simulator.tape import MINUTE_MS, Candle
from bot.adapters.simulator.wire.binance_words import contract_id, market_asked, price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import Rejection
from bot.domain.quantities import plain

Line = TypeVar("Line")

_HOUR_MS: Final = 60 * MINUTE_MS
INTERVALS_MS: Final = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": _HOUR_MS,
    "2h": 2 * _HOUR_MS,
    "4h": 4 * _HOUR_MS,
    "6h": 6 * _HOUR_MS,
    "8h": 8 * _HOUR_MS,
    "12h": 12 * _HOUR_MS,
    "1d": 24 * _HOUR_MS,
}
LONGEST_SPAN: Final = timedelta(days=200)
"""So much may lie between both ends of a question about contracts."""


def spot_candles(call: Call) -> Json:
    """Candles of the index price of a coin, which stands for its pair with USDT."""
    wanted = call.params.text("symbol")
    for asset in call.assets:
        if wanted == f"{asset}USDT":
            return _answer(call, call.tape.spot(asset), most=1_000)
    raise Rejection(400, -1121, "Invalid symbol.")


def contract_candles(call: Call) -> Json:
    """Candles of a contract's last price."""
    asset = market_asked(call).spec.instrument.base
    start_ms, end_ms = _period(call)
    if (
        start_ms is not None
        and end_ms is not None
        and end_ms - start_ms > LONGEST_SPAN // timedelta(milliseconds=1)
    ):
        raise Rejection(400, -4133, "Interval between startTime and endTime is too long.")
    return _answer(call, call.tape.perp(asset), most=1_500)


def funding_rates(call: Call) -> Json:
    """Funding rates of a contract that were settled, oldest first."""
    instrument = market_asked(call).spec.instrument
    rows: list[tuple[int, dict[str, object]]] = []
    for at, rate in call.tape.settled(instrument.base):
        at_ms = call.ms(at)
        rows.append(
            (
                at_ms,
                {
                    "symbol": contract_id(instrument),
                    "fundingTime": at_ms,
                    "fundingRate": plain(rate),
                },
            )
        )
    return [row for _, row in _picked(call, rows, call.params.limit(100, 1_000))]


def _answer(call: Call, minutes: Iterable[Candle], *, most: int) -> Json:
    name = call.params.text("interval")
    length_ms = INTERVALS_MS.get(name)
    if length_ms is None:
        raise Rejection(400, -1120, "Invalid interval.")
    limit = call.params.limit(500, most)
    found = [(candle.opened_ms, candle) for candle in _joined(minutes, length_ms)]
    return [_row(candle, length_ms) for _, candle in _picked(call, found, limit)]


def _joined(minutes: Iterable[Candle], length_ms: int) -> Iterator[Candle]:
    """Longer candles out of those of a minute."""
    made: Candle | None = None
    for minute in minutes:
        opened_ms = minute.opened_ms // length_ms * length_ms
        if made is not None and made.opened_ms == opened_ms:
            made.then(minute)
            continue
        if made is not None:
            yield made
        made = replace(minute, opened_ms=opened_ms)
    if made is not None:
        yield made


def _period(call: Call) -> tuple[int | None, int | None]:
    return call.params.whole("startTime"), call.params.whole("endTime")


def _picked(
    call: Call, lines: Sequence[tuple[int, Line]], limit: int
) -> Sequence[tuple[int, Line]]:
    """Lines from ``startTime`` to ``endTime``: the oldest ones where a beginning is given, else
    the newest."""
    start_ms, end_ms = _period(call)
    found = [
        (at_ms, line)
        for at_ms, line in lines
        if (start_ms is None or at_ms >= start_ms) and (end_ms is None or at_ms <= end_ms)
    ]
    return found[-limit:] if start_ms is None else found[:limit]


def _row(candle: Candle, length_ms: int) -> list[object]:
    return [
        candle.opened_ms,
        price(candle.open_usd),
        price(candle.high_usd),
        price(candle.low_usd),
        price(candle.close_usd),
        "0",
        candle.opened_ms + length_ms - 1,
        "0",
        0,
        "0",
        "0",
        "0",
    ]
